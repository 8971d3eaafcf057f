package bidi

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"

	"github.com/citizens-portal/portal/app/bidi/line"
	"github.com/citizens-portal/portal/app/style"
)

// Align is where text stands in its box. Start is left in English, right in Urdu.
type Align uint8

// The alignments.
const (
	Start Align = iota
	Center
	End
)

// Order is what decides the direction of a text.
type Order uint8

// The orders. The app's own sentences follow the language; what a person wrote follows
// its first letter; codes, phone numbers and dates in figures run left to right.
const (
	ByLanguage Order = iota
	ByText
	Code
)

// Text says how to show a text. The zero value is body text in ink at the start.
type Text struct {
	Size  style.TextSize
	Bold  bool
	Role  fyne.ThemeColorName // "" is style.Ink
	Align Align
	Order Order
}

func (t Text) role() fyne.ThemeColorName {
	if t.Role == "" {
		return style.Ink
	}
	return t.Role
}

// direction returns the direction to shape with and the one to fall back to.
func (t Text) direction(e Env) (dir, fallback Direction) {
	switch t.Order {
	case ByText:
		return line.Auto, e.Dir
	case Code:
		return LTR, LTR
	}
	return e.Dir, e.Dir
}

// offset returns where a line of a width starts in a box, for an alignment that
// counts from the side given.
func offset(a Align, rtl bool, box, width float32) float32 {
	switch {
	case a == Center:
		return (box - width) / 2
	case (a == End) != rtl:
		return box - width
	}
	return 0
}

// paint makes the objects of a line, placed from its own left edge.
func (e Env) paint(l line.Line, t Text, role fyne.ThemeColorName) []*canvas.Text {
	var out []*canvas.Text
	fnt := e.font(t.Size, t.Bold)
	height := e.Faces.Height(fnt)
	for _, r := range l.Runs {
		if r.Text == "" || r.Width == 0 {
			continue
		}
		o := canvas.NewText(r.Text, e.Color(role))
		o.TextSize = fnt.Size
		o.TextStyle = fyne.TextStyle{Bold: t.Bold}
		if r.Covered { // else the theme finds another font, for emoji and the like
			o.FontSource = e.Style.Font(o.TextStyle)
		}
		o.Move(fyne.NewPos(r.X, 0))
		o.Resize(fyne.NewSize(r.Width, height))
		out = append(out, o)
	}
	return out
}

func objects(texts []*canvas.Text) []fyne.CanvasObject {
	out := make([]fyne.CanvasObject, len(texts))
	for i, t := range texts {
		out[i] = t
	}
	return out
}

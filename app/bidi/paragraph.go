package bidi

import (
	"math"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"

	"github.com/citizens-portal/portal/app/bidi/line"
)

// Paragraph is a text that wraps. Its height depends on its width, which the layouts
// of this package ask for with [HeightFor].
type Paragraph struct {
	widget.BaseWidget

	env  Env
	look Text
	text string
	most int // lines; 0 is as many as it needs

	lines []line.Line
	width float32 // for which lines are
}

var (
	_ fyne.Accessible = (*Paragraph)(nil)
	_ Flexible        = (*Paragraph)(nil)
)

// NewParagraph returns a text that wraps at the width it is given. Line ends in it
// start a new line.
func NewParagraph(env Env, text string, look Text) *Paragraph {
	p := &Paragraph{env: env, look: look, text: text}
	p.ExtendBaseWidget(p)
	return p
}

// NewCutParagraph returns a text without line ends that wraps into at most so many
// lines; the last one ends in an ellipsis when there is no room. It starts where its
// column does, whatever way it is read.
func NewCutParagraph(env Env, text string, most int, look Text) *Paragraph {
	p := NewParagraph(env, text, look)
	p.most = most
	return p
}

// Text returns the text as written.
func (p *Paragraph) Text() string { return p.text }

// SetText shows another text.
func (p *Paragraph) SetText(s string) {
	if s != p.text {
		p.text, p.lines = s, nil
		p.Refresh()
	}
}

// AccessibilityLabel implements [fyne.Accessible] with the text as written.
func (p *Paragraph) AccessibilityLabel() string { return p.text }

// AccessibilityRole implements [fyne.Accessible].
func (p *Paragraph) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleText }

// HeightFor implements [Flexible].
func (p *Paragraph) HeightFor(width float32) float32 {
	n := len(p.wrap(width))
	return ceil(float32(n) * p.env.LineHeight(p.look.Size, p.look.Bold))
}

// NaturalWidth returns the width at which nothing wraps.
func (p *Paragraph) NaturalWidth() float32 {
	w := float32(0)
	for _, l := range p.shaped(0) {
		w = max(w, l.Width)
	}
	return ceil(w)
}

func (p *Paragraph) wrap(width float32) []line.Line {
	if p.lines == nil || p.width != width {
		p.lines, p.width = p.shaped(width), width
	}
	return p.lines
}

func (p *Paragraph) shaped(width float32) []line.Line {
	dir, fallback := p.look.direction(p.env)
	fnt := p.env.font(p.look.Size, p.look.Bold)
	var out []line.Line
	for _, part := range strings.Split(p.text, "\n") {
		s := p.env.Faces.Shape([]rune(part), dir, fallback, fnt)
		out = append(out, s.Wrap(width)...)
	}
	if p.most == 0 || len(out) <= p.most {
		return out
	}
	dir = line.LTR
	if out[0].RTL {
		dir = line.RTL
	}
	rest := []rune(p.text)[out[p.most-1].From:]
	last, _ := p.env.Faces.Truncate(rest, dir, dir, fnt, width)
	return append(out[:p.most-1], last)
}

// CreateRenderer implements [fyne.Widget].
func (p *Paragraph) CreateRenderer() fyne.WidgetRenderer { return &paragraphRenderer{p: p} }

type paragraphRenderer struct {
	p     *Paragraph
	drawn []fyne.CanvasObject
}

func (r *paragraphRenderer) Destroy() {}

// MinSize has the height for the width given last. Before that it is one line.
func (r *paragraphRenderer) MinSize() fyne.Size {
	p := r.p
	least := min(p.NaturalWidth(), 4*p.env.Style.Text(p.look.Size))
	if w := p.Size().Width; w > 0 {
		return fyne.NewSize(least, p.HeightFor(w))
	}
	return fyne.NewSize(least, ceil(p.env.LineHeight(p.look.Size, p.look.Bold)))
}

func (r *paragraphRenderer) Layout(size fyne.Size) {
	p := r.p
	height := p.env.LineHeight(p.look.Size, p.look.Bold)
	inset := (height - p.env.Faces.Height(p.env.font(p.look.Size, p.look.Bold))) / 2
	r.drawn = r.drawn[:0]
	for i, l := range p.wrap(size.Width) {
		rtl := p.env.RTL()
		if p.look.Order == ByText && p.most == 0 { // what a person wrote starts where it is read from
			rtl = l.RTL
		}
		x := offset(p.look.Align, rtl, size.Width, l.Width)
		for _, t := range p.env.paint(l, p.look, p.look.role()) {
			t.Move(t.Position().AddXY(x, float32(i)*height+inset))
			r.drawn = append(r.drawn, t)
		}
	}
}

func (r *paragraphRenderer) Objects() []fyne.CanvasObject { return r.drawn }

func (r *paragraphRenderer) Refresh() {
	r.p.lines = nil
	r.Layout(r.p.Size())
	refresh(r.p)
}

func ceil(f float32) float32 { return float32(math.Ceil(float64(f))) }

func refresh(o fyne.CanvasObject) { canvas.Refresh(o) }

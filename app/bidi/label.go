package bidi

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"

	"github.com/citizens-portal/portal/app/bidi/line"
)

// Label is a text on one line. It asks for its whole width unless it may be cut.
type Label struct {
	widget.BaseWidget

	env  Env
	look Text
	text string
	cut  bool
}

var _ fyne.Accessible = (*Label)(nil)

// NewLabel returns a label that asks for its whole width.
func NewLabel(env Env, text string, look Text) *Label {
	l := &Label{env: env, look: look, text: text}
	l.ExtendBaseWidget(l)
	return l
}

// NewCutLabel returns a label that ends in an ellipsis when there is no room.
func NewCutLabel(env Env, text string, look Text) *Label {
	l := NewLabel(env, text, look)
	l.cut = true
	return l
}

// Text returns the text as written.
func (l *Label) Text() string { return l.text }

// SetText shows another text.
func (l *Label) SetText(s string) {
	if s != l.text {
		l.text = s
		l.Refresh()
	}
}

// AccessibilityLabel implements [fyne.Accessible] with the text as written.
func (l *Label) AccessibilityLabel() string { return l.text }

// AccessibilityRole implements [fyne.Accessible].
func (l *Label) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleText }

// CreateRenderer implements [fyne.Widget].
func (l *Label) CreateRenderer() fyne.WidgetRenderer { return &labelRenderer{l: l} }

func (l *Label) shape() *line.Paragraph {
	dir, fallback := l.look.direction(l.env)
	return l.env.Faces.Shape([]rune(l.text), dir, fallback, l.env.font(l.look.Size, l.look.Bold))
}

type labelRenderer struct {
	l     *Label
	drawn []fyne.CanvasObject
}

func (r *labelRenderer) Destroy() {}

func (r *labelRenderer) MinSize() fyne.Size {
	l := r.l
	h := l.env.LineHeight(l.look.Size, l.look.Bold)
	w := l.shape().Width()
	if l.cut {
		w = min(w, 3*l.env.Style.Text(l.look.Size))
	}
	return fyne.NewSize(ceil(w), ceil(h))
}

func (r *labelRenderer) Layout(size fyne.Size) {
	l := r.l
	fnt := l.env.font(l.look.Size, l.look.Bold)
	dir, fallback := l.look.direction(l.env)
	var shown line.Line
	if l.cut {
		shown, _ = l.env.Faces.Truncate([]rune(l.text), dir, fallback, fnt, size.Width)
	} else {
		shown = l.shape().Wrap(0)[0]
	}
	texts := l.env.paint(shown, l.look, l.look.role())
	x := offset(l.look.Align, l.env.RTL(), size.Width, shown.Width)
	y := (size.Height - l.env.Faces.Height(fnt)) / 2
	for _, t := range texts {
		t.Move(t.Position().AddXY(x, y))
	}
	r.drawn = objects(texts)
}

func (r *labelRenderer) Objects() []fyne.CanvasObject { return r.drawn }

func (r *labelRenderer) Refresh() {
	r.Layout(r.l.Size())
	refresh(r.l)
}

package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"

	"github.com/citizens-portal/portal/app/bidi"
	"github.com/citizens-portal/portal/app/style"
)

// Rung is one office of the ladder: who, and when the case comes there.
type Rung struct {
	Office string
	When   string
	At     float32 // place along the line, from 0 at the start to 1 at the end
}

// LadderState is the way of a case through the offices.
type LadderState struct {
	Rungs  []Rung
	Today  float32 // how far the line is filled, from 0 to 1
	Holder int     // the rung that holds the case
	Late   bool    // the holder's time is over
}

// Ladder draws the deadline ladder: a line with a knob for every office, filled up to
// today, from the start. With large text the names stand below each other instead.
func Ladder(env bidi.Env, s LadderState) fyne.CanvasObject {
	knob := env.Style.Scaled(18)
	l := &trackLayout{rtl: env.RTL(), knob: knob, s: s}
	full := style.Primary
	if s.Late {
		full = style.OverdueBox
	}
	c := &fyne.Container{Layout: l, Objects: []fyne.CanvasObject{
		surface{fill: style.Outline}.rectangle(env), surface{fill: full}.rectangle(env),
	}}
	for _, r := range s.Rungs {
		ring := canvas.NewCircle(env.Color(style.Surface))
		ring.StrokeWidth, ring.StrokeColor = 3, env.Color(style.OutlineStrong)
		if r.At <= s.Today {
			ring.FillColor, ring.StrokeColor = env.Color(full), env.Color(full)
		}
		c.Objects = append(c.Objects, ring)
	}
	if large(env) {
		return bidi.Column(env, style.Space8, c, rungList(env, s))
	}
	names := &fyne.Container{Layout: &rungLayout{rtl: env.RTL(), s: s}}
	for i, r := range s.Rungs {
		names.Objects = append(names.Objects, rungText(env, r, align(i, len(s.Rungs))))
	}
	return bidi.Column(env, style.Space4, c, names)
}

func align(i, n int) bidi.Align {
	switch i {
	case 0:
		return bidi.Start
	case n - 1:
		return bidi.End
	}
	return bidi.Center
}

func rungText(env bidi.Env, r Rung, a bidi.Align) fyne.CanvasObject {
	return bidi.Column(env, 0,
		bidi.NewParagraph(env, r.Office, bidi.Text{Size: style.Caption, Bold: true, Align: a}),
		bidi.NewParagraph(env, r.When, bidi.Text{Size: style.Caption, Role: style.InkMuted, Align: a}))
}

func rungList(env bidi.Env, s LadderState) fyne.CanvasObject {
	var rows []fyne.CanvasObject
	for _, r := range s.Rungs {
		rows = append(rows, rungText(env, r, bidi.Start))
	}
	return bidi.Column(env, style.Space8, rows...)
}

// trackLayout places the line, its filled part and the knobs.
type trackLayout struct {
	rtl  bool
	knob float32
	s    LadderState
}

// MinSize implements [fyne.Layout].
func (l *trackLayout) MinSize([]fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(float32(len(l.s.Rungs))*l.knob*2, l.knob)
}

// Layout implements [fyne.Layout].
func (l *trackLayout) Layout(objs []fyne.CanvasObject, size fyne.Size) {
	const thick float32 = 5
	span := size.Width - l.knob
	put := func(o fyne.CanvasObject, x, w, h float32) {
		if l.rtl {
			x = size.Width - x - w
		}
		o.Move(fyne.NewPos(x, (size.Height-h)/2))
		o.Resize(fyne.NewSize(w, h))
	}
	put(objs[0], l.knob/2, span, thick)
	put(objs[1], l.knob/2, span*min(max(l.s.Today, 0), 1), thick)
	for i, r := range l.s.Rungs {
		put(objs[2+i], span*r.At, l.knob, l.knob)
	}
}

// rungLayout puts the names below their knobs: the first from the start, the last to
// the end, those between around their knob but never over a neighbour.
type rungLayout struct {
	rtl bool
	s   LadderState
}

var _ bidi.FlexLayout = (*rungLayout)(nil)

func (l *rungLayout) width(width float32) float32 {
	n := float32(max(1, len(l.s.Rungs)))
	return (width - style.Space8*(n-1)) / n
}

// HeightFor implements [bidi.FlexLayout].
func (l *rungLayout) HeightFor(objs []fyne.CanvasObject, width float32) float32 {
	h := float32(0)
	for _, o := range objs {
		h = max(h, bidi.HeightFor(o, l.width(width)))
	}
	return h
}

// MinSize implements [fyne.Layout].
func (l *rungLayout) MinSize(objs []fyne.CanvasObject) fyne.Size {
	w := float32(0)
	for _, o := range objs {
		w += o.MinSize().Width
	}
	return fyne.NewSize(w, l.HeightFor(objs, max(w, 300)))
}

// Layout implements [fyne.Layout].
func (l *rungLayout) Layout(objs []fyne.CanvasObject, size fyne.Size) {
	w := l.width(size.Width)
	for i, o := range objs {
		x := l.s.Rungs[i].At*size.Width - w/2
		x = min(max(x, float32(i)*(w+style.Space8)), size.Width-float32(len(objs)-i)*(w+style.Space8)+style.Space8)
		if l.rtl {
			x = size.Width - x - w
		}
		o.Move(fyne.NewPos(x, 0))
		o.Resize(fyne.NewSize(w, bidi.HeightFor(o, w)))
	}
}

package ui

import (
	"cmp"

	"fyne.io/fyne/v2"

	"github.com/citizens-portal/portal/app/bidi"
	"github.com/citizens-portal/portal/app/style"
	"github.com/citizens-portal/portal/assets"
)

// ButtonKind is how strong a button looks. A screen has one filled button.
type ButtonKind uint8

// The kinds.
const (
	Outlined ButtonKind = iota
	Filled
	Plain
)

// ButtonState is what a button shows.
type ButtonState struct {
	Kind  ButtonKind
	Word  string
	Icon  assets.Icon // before the word; may be empty
	After assets.Icon // after the word; may be empty
	Label string      // says more than the word where that is seen from its place; may be empty

	// Disabled makes taps do nothing; Reason then says below why.
	Disabled bool
	Reason   string
}

// Button returns a button at least 48 high. Its word wraps before it is cut.
func Button(env bidi.Env, s ButtonState, tap func()) fyne.CanvasObject {
	ground := surface{radius: style.RadiusControl}
	role := style.Primary
	switch s.Kind {
	case Filled:
		ground.fill, role = style.Primary, style.OnPrimary
		if s.Disabled {
			ground.fill, role = style.Surface2, style.InkMuted
		}
	case Outlined:
		ground.fill, ground.edge, ground.width = style.Surface, style.OutlineStrong, 1.5
	}
	if s.Disabled && s.Kind != Filled {
		role = style.InkMuted
		if s.Kind == Outlined {
			ground.edge = style.Outline
		}
	}
	p := newPress(env, ground, cmp.Or(s.Label, s.Word), buttonFace(env, s, role), tap)
	p.disabled = s.Disabled
	if !s.Disabled || s.Reason == "" {
		return p
	}
	return bidi.Column(env, style.Space4, p,
		bidi.NewParagraph(env, s.Reason, bidi.Text{Size: style.Small, Role: style.InkMuted}))
}

func buttonFace(env bidi.Env, s ButtonState, role fyne.ThemeColorName) fyne.CanvasObject {
	l := &faceLayout{rtl: env.RTL(), gap: style.Space8, side: style.Space16, least: style.Touch}
	if s.Kind == Plain || s.Icon != "" || s.After != "" {
		l.side = style.Space8
	}
	word := bidi.NewParagraph(env, s.Word, bidi.Text{Bold: true, Role: role, Align: bidi.Center})
	if s.Kind == Plain {
		word = bidi.NewParagraph(env, s.Word, bidi.Text{Size: style.Small, Bold: true, Role: role})
	}
	c := &fyne.Container{Layout: l}
	if s.Icon != "" {
		c.Objects = append(c.Objects, Icon(env, s.Icon, role, 24))
	}
	l.word = len(c.Objects)
	c.Objects = append(c.Objects, word)
	if s.After != "" {
		c.Objects = append(c.Objects, Icon(env, s.After, role, 24))
	}
	return c
}

// faceLayout centres icons and a word as one group; the word wraps when it must.
type faceLayout struct {
	rtl              bool
	gap, side, least float32
	word             int // which object it is
}

var _ bidi.FlexLayout = (*faceLayout)(nil)

func (l *faceLayout) wordWidth(objs []fyne.CanvasObject, width float32) float32 {
	room := width - 2*l.side
	for i, o := range objs {
		if i != l.word {
			room -= o.MinSize().Width + l.gap
		}
	}
	return min(objs[l.word].(*bidi.Paragraph).NaturalWidth(), max(1, room))
}

// HeightFor implements [bidi.FlexLayout].
func (l *faceLayout) HeightFor(objs []fyne.CanvasObject, width float32) float32 {
	h := bidi.HeightFor(objs[l.word], l.wordWidth(objs, width))
	for _, o := range objs {
		if o != objs[l.word] {
			h = max(h, o.MinSize().Height)
		}
	}
	return max(l.least, h+2*style.Space8)
}

// MinSize implements [fyne.Layout]: the word on one line.
func (l *faceLayout) MinSize(objs []fyne.CanvasObject) fyne.Size {
	w := 2 * l.side
	for i, o := range objs {
		if i == l.word {
			w += o.(*bidi.Paragraph).NaturalWidth()
		} else {
			w += o.MinSize().Width + l.gap
		}
	}
	return fyne.NewSize(w, l.HeightFor(objs, w))
}

// Layout implements [fyne.Layout].
func (l *faceLayout) Layout(objs []fyne.CanvasObject, size fyne.Size) {
	word := l.wordWidth(objs, size.Width)
	total := word
	for i, o := range objs {
		if i != l.word {
			total += o.MinSize().Width + l.gap
		}
	}
	x := (size.Width - total) / 2
	for i, o := range objs {
		w, h := word, o.MinSize().Height
		if i == l.word {
			h = bidi.HeightFor(o, word)
		} else {
			w = o.MinSize().Width
		}
		at := x
		if l.rtl {
			at = size.Width - x - w
		}
		o.Move(fyne.NewPos(at, (size.Height-h)/2))
		o.Resize(fyne.NewSize(w, h))
		x += w + l.gap
	}
}

// Pair puts two parts of equal weight beside each other, or, with large text, below
// each other.
func Pair(env bidi.Env, a, b fyne.CanvasObject) fyne.CanvasObject {
	if large(env) {
		return bidi.Column(env, style.Space8, a, b)
	}
	return bidi.Grid(env, style.Space8, 120, 2, a, b)
}

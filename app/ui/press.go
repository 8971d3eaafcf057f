package ui

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"github.com/citizens-portal/portal/app/bidi"
	"github.com/citizens-portal/portal/app/style"
)

// surface is the ground of a part. Empty roles draw nothing.
type surface struct {
	fill, edge fyne.ThemeColorName
	width      float32 // of the edge
	radius     float32
}

func (s surface) rectangle(env bidi.Env) *canvas.Rectangle {
	r := canvas.NewRectangle(color.Transparent)
	r.CornerRadius = s.radius
	if s.fill != "" {
		r.FillColor = env.Color(s.fill)
	}
	if s.edge != "" {
		r.StrokeColor, r.StrokeWidth = env.Color(s.edge), s.width
	}
	return r
}

// on puts content on a ground.
func (s surface) on(env bidi.Env, content fyne.CanvasObject) *fyne.Container {
	return bidi.Stack(s.rectangle(env), content)
}

// Press is a part that can be tapped, or chosen with Tab and pressed with Enter or
// the space bar. A screen reader says its label as one sentence.
type Press struct {
	widget.BaseWidget

	env      bidi.Env
	ground   surface
	content  fyne.CanvasObject
	label    string
	disabled bool
	tap      func()

	focused, hovered bool
}

var (
	_ fyne.Tappable     = (*Press)(nil)
	_ fyne.Focusable    = (*Press)(nil)
	_ fyne.Accessible   = (*Press)(nil)
	_ desktop.Hoverable = (*Press)(nil)
	_ bidi.Flexible     = (*Press)(nil)
)

func newPress(env bidi.Env, ground surface, label string, content fyne.CanvasObject, tap func()) *Press {
	p := &Press{env: env, ground: ground, content: content, label: label, tap: tap}
	p.ExtendBaseWidget(p)
	return p
}

// Tap makes content a part that can be tapped, without a ground of its own.
func Tap(env bidi.Env, label string, content fyne.CanvasObject, tap func()) *Press {
	return newPress(env, surface{radius: style.RadiusControl}, label, content, tap)
}

// HeightFor implements [bidi.Flexible].
func (p *Press) HeightFor(width float32) float32 { return bidi.HeightFor(p.content, width) }

// AccessibilityLabel implements [fyne.Accessible].
func (p *Press) AccessibilityLabel() string { return p.label }

// AccessibilityRole implements [fyne.Accessible].
func (p *Press) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleButton }

// Disabled reports whether taps are ignored.
func (p *Press) Disabled() bool { return p.disabled }

// Tapped implements [fyne.Tappable].
func (p *Press) Tapped(*fyne.PointEvent) {
	if !p.disabled && p.tap != nil {
		p.tap()
	}
}

// FocusGained implements [fyne.Focusable].
func (p *Press) FocusGained() { p.focused = true; p.Refresh() }

// FocusLost implements [fyne.Focusable].
func (p *Press) FocusLost() { p.focused = false; p.Refresh() }

// TypedRune implements [fyne.Focusable].
func (p *Press) TypedRune(rune) {}

// TypedKey implements [fyne.Focusable]. A key that means nothing here is the window's.
func (p *Press) TypedKey(k *fyne.KeyEvent) {
	switch k.Name {
	case fyne.KeySpace, fyne.KeyReturn, fyne.KeyEnter:
		p.Tapped(nil)
		return
	}
	if c := fyne.CurrentApp().Driver().CanvasForObject(p); c != nil && c.OnTypedKey() != nil {
		c.OnTypedKey()(k)
	}
}

// MouseIn implements [desktop.Hoverable].
func (p *Press) MouseIn(*desktop.MouseEvent) { p.hovered = true; p.Refresh() }

// MouseMoved implements [desktop.Hoverable].
func (p *Press) MouseMoved(*desktop.MouseEvent) {}

// MouseOut implements [desktop.Hoverable].
func (p *Press) MouseOut() { p.hovered = false; p.Refresh() }

// CreateRenderer implements [fyne.Widget].
func (p *Press) CreateRenderer() fyne.WidgetRenderer {
	r := &pressRenderer{p: p, ground: p.ground.rectangle(p.env)}
	r.veil, r.ring = canvas.NewRectangle(color.Transparent), canvas.NewRectangle(color.Transparent)
	r.veil.CornerRadius, r.ring.CornerRadius = p.ground.radius, p.ground.radius
	r.marks()
	return r
}

type pressRenderer struct {
	p                  *Press
	ground, veil, ring *canvas.Rectangle
}

func (r *pressRenderer) Destroy() {}

func (r *pressRenderer) MinSize() fyne.Size { return r.p.content.MinSize() }

func (r *pressRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.ground, r.veil, r.p.content, r.ring}
}

func (r *pressRenderer) Layout(size fyne.Size) {
	for _, o := range r.Objects() {
		o.Move(fyne.NewPos(0, 0))
		o.Resize(size)
	}
}

func (r *pressRenderer) marks() {
	r.veil.FillColor, r.ring.StrokeColor, r.ring.StrokeWidth = color.Transparent, color.Transparent, 0
	if r.p.hovered && !r.p.disabled {
		r.veil.FillColor = r.p.env.Style.Color(theme.ColorNameHover, 0)
	}
	if r.p.focused {
		r.ring.StrokeColor, r.ring.StrokeWidth = r.p.env.Color(style.Focus), style.LineThick
	}
}

func (r *pressRenderer) Refresh() {
	r.marks()
	r.Layout(r.p.Size())
	canvas.Refresh(r.p)
}

package bidi

import (
	"fyne.io/fyne/v2"
)

// Flexible is an object whose height depends on its width.
type Flexible interface {
	// HeightFor returns the height needed at a width.
	HeightFor(width float32) float32
}

// FlexLayout is a layout whose height depends on its width.
type FlexLayout interface {
	fyne.Layout
	// HeightFor returns the height that the objects need at a width.
	HeightFor(objs []fyne.CanvasObject, width float32) float32
}

// HeightFor returns the height that an object needs at a width: its own answer, that
// of its layout, or else its minimal height.
func HeightFor(o fyne.CanvasObject, width float32) float32 {
	switch v := o.(type) {
	case Flexible:
		return v.HeightFor(width)
	case *fyne.Container:
		if l, ok := v.Layout.(FlexLayout); ok {
			return l.HeightFor(v.Objects, width)
		}
	}
	return o.MinSize().Height
}

type growing struct{ fyne.CanvasObject }

// Grow marks an object that takes the room left over in a [Row] or [Column]. Several
// share it equally.
func Grow(o fyne.CanvasObject) fyne.CanvasObject { return growing{o} }

type topped struct{ fyne.CanvasObject }

// Top marks an object that stands at the top of a [Row] instead of its middle.
func Top(o fyne.CanvasObject) fyne.CanvasObject { return topped{o} }

type filling struct{ fyne.CanvasObject }

// Fill marks an object that takes the whole height of a [Row].
func Fill(o fyne.CanvasObject) fyne.CanvasObject { return filling{o} }

type marks struct {
	grow, top, fill map[fyne.CanvasObject]bool
}

func unmark(items []fyne.CanvasObject) ([]fyne.CanvasObject, marks) {
	m := marks{grow: map[fyne.CanvasObject]bool{}, top: map[fyne.CanvasObject]bool{}, fill: map[fyne.CanvasObject]bool{}}
	var out []fyne.CanvasObject
	for _, o := range items {
		var grow, top, fill bool
		for marked := true; marked; {
			switch v := o.(type) {
			case growing:
				o, grow = v.CanvasObject, true
			case topped:
				o, top = v.CanvasObject, true
			case filling:
				o, fill = v.CanvasObject, true
			default:
				marked = false
			}
		}
		if o == nil {
			continue
		}
		m.grow[o], m.top[o], m.fill[o] = grow, top, fill
		out = append(out, o)
	}
	return out, m
}

func visible(objs []fyne.CanvasObject) []fyne.CanvasObject {
	var out []fyne.CanvasObject
	for _, o := range objs {
		if o.Visible() {
			out = append(out, o)
		}
	}
	return out
}

// minHeight answers MinSize for a layout whose height depends on the width: that of
// the last width given, if any.
func minHeight(l FlexLayout, objs []fyne.CanvasObject, last, least float32) float32 {
	return l.HeightFor(objs, max(last, least))
}

// place moves and sizes an object, mirrored when rtl is set.
func place(o fyne.CanvasObject, rtl bool, total, x, y, w, h float32) {
	if rtl {
		x = total - x - w
	}
	o.Move(fyne.NewPos(x, y))
	o.Resize(fyne.NewSize(w, h))
}

// Row lays items from the start to the end of a line. Items have their minimal width;
// see [Grow] and [Top]. Nil items are left out.
func Row(env Env, gap float32, items ...fyne.CanvasObject) *fyne.Container {
	objs, m := unmark(items)
	return newContainer(&rowLayout{rtl: env.RTL(), gap: gap, marks: m}, objs)
}

func newContainer(l fyne.Layout, objs []fyne.CanvasObject) *fyne.Container {
	return &fyne.Container{Layout: l, Objects: objs}
}

type rowLayout struct {
	marks
	rtl bool
	gap float32
	w   float32
}

func (l *rowLayout) widths(objs []fyne.CanvasObject, width float32) []float32 {
	out := make([]float32, len(objs))
	used, growers := l.gap*float32(max(0, len(objs)-1)), 0
	for i, o := range objs {
		if l.grow[o] {
			growers++
			continue
		}
		out[i] = o.MinSize().Width
		used += out[i]
	}
	for i, o := range objs {
		if l.grow[o] {
			out[i] = max(0, (width-used)/float32(growers))
		}
	}
	return out
}

func (l *rowLayout) HeightFor(objs []fyne.CanvasObject, width float32) float32 {
	objs = visible(objs)
	h := float32(0)
	for i, w := range l.widths(objs, width) {
		h = max(h, HeightFor(objs[i], w))
	}
	return h
}

func (l *rowLayout) MinSize(objs []fyne.CanvasObject) fyne.Size {
	shown := visible(objs)
	w := l.gap * float32(max(0, len(shown)-1))
	for _, o := range shown {
		w += o.MinSize().Width
	}
	return fyne.NewSize(w, minHeight(l, objs, l.w, w))
}

func (l *rowLayout) Layout(objs []fyne.CanvasObject, size fyne.Size) {
	l.w = size.Width
	objs = visible(objs)
	x := float32(0)
	for i, w := range l.widths(objs, size.Width) {
		o := objs[i]
		h, y := min(size.Height, HeightFor(o, w)), float32(0)
		if l.fill[o] {
			h = size.Height
		}
		if !l.top[o] {
			y = (size.Height - h) / 2
		}
		place(o, l.rtl, size.Width, x, y, w, h)
		x += w + l.gap
	}
}

// Column lays items below each other, each as wide as the column. See [Grow]. Nil
// items are left out.
func Column(env Env, gap float32, items ...fyne.CanvasObject) *fyne.Container {
	objs, m := unmark(items)
	return newContainer(&columnLayout{gap: gap, marks: m}, objs)
}

type columnLayout struct {
	marks
	gap float32
	w   float32
}

func (l *columnLayout) HeightFor(objs []fyne.CanvasObject, width float32) float32 {
	objs = visible(objs)
	h := l.gap * float32(max(0, len(objs)-1))
	for _, o := range objs {
		h += HeightFor(o, width)
	}
	return h
}

func (l *columnLayout) MinSize(objs []fyne.CanvasObject) fyne.Size {
	w := float32(0)
	for _, o := range visible(objs) {
		w = max(w, o.MinSize().Width)
	}
	return fyne.NewSize(w, minHeight(l, objs, l.w, w))
}

func (l *columnLayout) Layout(objs []fyne.CanvasObject, size fyne.Size) {
	l.w = size.Width
	left := size.Height - l.HeightFor(objs, size.Width)
	objs = visible(objs)
	growers := 0
	for _, o := range objs {
		if l.grow[o] {
			growers++
		}
	}
	y := float32(0)
	for _, o := range objs {
		h := HeightFor(o, size.Width)
		if l.grow[o] {
			h = max(0, h+left/float32(growers))
		}
		place(o, false, size.Width, 0, y, size.Width, h)
		y += h + l.gap
	}
}

// Insets are distances from the edges of a box.
type Insets struct{ Top, Start, End, Bottom float32 }

// Around returns equal insets.
func Around(d float32) Insets { return Insets{d, d, d, d} }

// Sides returns insets of y above and below and of x at both sides.
func Sides(x, y float32) Insets { return Insets{y, x, x, y} }

// Pad keeps an object away from the edges of its box.
func Pad(env Env, in Insets, o fyne.CanvasObject) *fyne.Container {
	return newContainer(&padLayout{rtl: env.RTL(), in: in}, []fyne.CanvasObject{o})
}

type padLayout struct {
	in  Insets
	rtl bool
	w   float32
}

func (l *padLayout) HeightFor(objs []fyne.CanvasObject, width float32) float32 {
	return HeightFor(objs[0], width-l.in.Start-l.in.End) + l.in.Top + l.in.Bottom
}

func (l *padLayout) MinSize(objs []fyne.CanvasObject) fyne.Size {
	w := objs[0].MinSize().Width + l.in.Start + l.in.End
	return fyne.NewSize(w, minHeight(l, objs, l.w, w))
}

func (l *padLayout) Layout(objs []fyne.CanvasObject, size fyne.Size) {
	l.w = size.Width
	place(objs[0], l.rtl, size.Width, l.in.Start, l.in.Top, size.Width-l.in.Start-l.in.End, size.Height-l.in.Top-l.in.Bottom)
}

// Stack lays objects over each other, the last on top.
func Stack(items ...fyne.CanvasObject) *fyne.Container {
	return newContainer(&stackLayout{}, items)
}

type stackLayout struct{ w float32 }

func (l *stackLayout) HeightFor(objs []fyne.CanvasObject, width float32) float32 {
	h := float32(0)
	for _, o := range visible(objs) {
		h = max(h, HeightFor(o, width))
	}
	return h
}

func (l *stackLayout) MinSize(objs []fyne.CanvasObject) fyne.Size {
	w := float32(0)
	for _, o := range visible(objs) {
		w = max(w, o.MinSize().Width)
	}
	return fyne.NewSize(w, minHeight(l, objs, l.w, w))
}

func (l *stackLayout) Layout(objs []fyne.CanvasObject, size fyne.Size) {
	l.w = size.Width
	for _, o := range objs {
		place(o, false, size.Width, 0, 0, size.Width, size.Height)
	}
}

package bidi

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// Flow lays items from the start, each at its minimal width, going to a new line when
// one is full. Nothing is cut: an item wider than the line gets the line.
func Flow(env Env, gap float32, items ...fyne.CanvasObject) *fyne.Container {
	objs, _ := unmark(items)
	return newContainer(&flowLayout{rtl: env.RTL(), gap: gap}, objs)
}

type flowLayout struct {
	rtl bool
	gap float32
	w   float32
}

// walk calls at with the place of every item and returns the height of all.
func (l *flowLayout) walk(objs []fyne.CanvasObject, width float32, at func(row []fyne.CanvasObject, widths []float32, y, h float32)) float32 {
	y := float32(0)
	for i := 0; i < len(objs); {
		var widths []float32
		x, h, from := float32(0), float32(0), i
		for ; i < len(objs); i++ {
			w := min(objs[i].MinSize().Width, width)
			if i > from && x+w > width+0.5 {
				break
			}
			widths = append(widths, w)
			h = max(h, HeightFor(objs[i], w))
			x += w + l.gap
		}
		at(objs[from:i], widths, y, h)
		y += h + l.gap
	}
	return max(0, y-l.gap)
}

func (l *flowLayout) HeightFor(objs []fyne.CanvasObject, width float32) float32 {
	return l.walk(visible(objs), width, func([]fyne.CanvasObject, []float32, float32, float32) {})
}

func (l *flowLayout) MinSize(objs []fyne.CanvasObject) fyne.Size {
	w := float32(0)
	for _, o := range visible(objs) {
		w = max(w, o.MinSize().Width)
	}
	return fyne.NewSize(w, minHeight(l, objs, l.w, w))
}

func (l *flowLayout) Layout(objs []fyne.CanvasObject, size fyne.Size) {
	l.w = size.Width
	l.walk(visible(objs), size.Width, func(row []fyne.CanvasObject, widths []float32, y, h float32) {
		x := float32(0)
		for i, o := range row {
			oh := HeightFor(o, widths[i])
			place(o, l.rtl, size.Width, x, y+(h-oh)/2, widths[i], oh)
			x += widths[i] + l.gap
		}
	})
}

// Grid lays items in equal columns, at most most of them and each at least least wide
// where the width allows; rows fill from the start.
func Grid(env Env, gap, least float32, most int, items ...fyne.CanvasObject) *fyne.Container {
	objs, _ := unmark(items)
	return newContainer(&gridLayout{rtl: env.RTL(), gap: gap, least: least, most: most}, objs)
}

type gridLayout struct {
	rtl        bool
	gap, least float32
	most       int
	w          float32
}

func (l *gridLayout) columns(width float32) int {
	return max(1, min(l.most, int((width+l.gap)/(l.least+l.gap))))
}

func (l *gridLayout) walk(objs []fyne.CanvasObject, width float32, at func(o fyne.CanvasObject, x, y, w, h float32)) float32 {
	cols := l.columns(width)
	w := (width - l.gap*float32(cols-1)) / float32(cols)
	y := float32(0)
	for i := 0; i < len(objs); i += cols {
		row := objs[i:min(i+cols, len(objs))]
		h := float32(0)
		for _, o := range row {
			h = max(h, HeightFor(o, w))
		}
		for k, o := range row {
			at(o, float32(k)*(w+l.gap), y, w, h)
		}
		y += h + l.gap
	}
	return max(0, y-l.gap)
}

func (l *gridLayout) HeightFor(objs []fyne.CanvasObject, width float32) float32 {
	return l.walk(visible(objs), width, func(fyne.CanvasObject, float32, float32, float32, float32) {})
}

func (l *gridLayout) MinSize(objs []fyne.CanvasObject) fyne.Size {
	w := l.least
	for _, o := range visible(objs) {
		w = max(w, o.MinSize().Width)
	}
	return fyne.NewSize(w, minHeight(l, objs, l.w, w))
}

func (l *gridLayout) Layout(objs []fyne.CanvasObject, size fyne.Size) {
	l.w = size.Width
	l.walk(visible(objs), size.Width, func(o fyne.CanvasObject, x, y, w, h float32) {
		place(o, l.rtl, size.Width, x, y, w, h)
	})
}

// Border lays parts around a centre that gets the room left. Any may be nil.
func Border(env Env, top, bottom, start, end, center fyne.CanvasObject) *fyne.Container {
	if center == nil {
		center = Spacer(0, 0)
	}
	middle := Row(env, 0, fillOrNil(start), Grow(Fill(center)), fillOrNil(end))
	return Column(env, 0, top, Grow(middle), bottom)
}

func fillOrNil(o fyne.CanvasObject) fyne.CanvasObject {
	if o == nil {
		return nil
	}
	return Fill(o)
}

// Sized gives an object at least a size.
func Sized(w, h float32, o fyne.CanvasObject) *fyne.Container {
	return newContainer(&sizedLayout{min: fyne.NewSize(w, h)}, []fyne.CanvasObject{o})
}

// Fixed gives an object a size without asking it for its own.
func Fixed(w, h float32, o fyne.CanvasObject) *fyne.Container {
	return newContainer(&fixedLayout{size: fyne.NewSize(w, h)}, []fyne.CanvasObject{o})
}

type fixedLayout struct{ size fyne.Size }

func (l *fixedLayout) HeightFor([]fyne.CanvasObject, float32) float32 { return l.size.Height }

func (l *fixedLayout) MinSize([]fyne.CanvasObject) fyne.Size { return l.size }

func (l *fixedLayout) Layout(objs []fyne.CanvasObject, size fyne.Size) {
	place(objs[0], false, size.Width, 0, 0, size.Width, size.Height)
}

// Spacer returns an empty object of a size.
func Spacer(w, h float32) fyne.CanvasObject {
	return newContainer(&sizedLayout{min: fyne.NewSize(w, h)}, nil)
}

type sizedLayout struct{ min fyne.Size }

func (l *sizedLayout) HeightFor(objs []fyne.CanvasObject, width float32) float32 {
	h := l.min.Height
	for _, o := range objs {
		h = max(h, HeightFor(o, width))
	}
	return h
}

func (l *sizedLayout) MinSize(objs []fyne.CanvasObject) fyne.Size {
	s := l.min
	for _, o := range objs {
		s = s.Max(o.MinSize())
	}
	return s
}

func (l *sizedLayout) Layout(objs []fyne.CanvasObject, size fyne.Size) {
	for _, o := range objs {
		place(o, false, size.Width, 0, 0, size.Width, size.Height)
	}
}

// Middle puts an object, at its minimal size, in the middle of its box.
func Middle(o fyne.CanvasObject) *fyne.Container {
	return newContainer(&middleLayout{}, []fyne.CanvasObject{o})
}

type middleLayout struct{}

func (l *middleLayout) MinSize(objs []fyne.CanvasObject) fyne.Size { return objs[0].MinSize() }

func (l *middleLayout) Layout(objs []fyne.CanvasObject, size fyne.Size) {
	m := objs[0].MinSize().Min(size)
	place(objs[0], false, size.Width, (size.Width-m.Width)/2, (size.Height-m.Height)/2, m.Width, m.Height)
}

// Scroll shows content that is higher than the screen. The content has the width of
// the screen and the height it needs at that width.
func Scroll(content fyne.CanvasObject) *fyne.Container {
	inner := newContainer(&pageLayout{}, []fyne.CanvasObject{content})
	return newContainer(&scrollLayout{}, []fyne.CanvasObject{container.NewVScroll(inner)})
}

// pageLayout is as high as its content needs to be at the width that the scroll gives.
type pageLayout struct{ w float32 }

func (l *pageLayout) MinSize(objs []fyne.CanvasObject) fyne.Size {
	least := objs[0].MinSize()
	if l.w > 0 {
		return fyne.NewSize(min(least.Width, l.w), HeightFor(objs[0], l.w))
	}
	return least
}

func (l *pageLayout) Layout(objs []fyne.CanvasObject, size fyne.Size) {
	l.w = size.Width
	place(objs[0], false, size.Width, 0, 0, size.Width, max(size.Height, HeightFor(objs[0], size.Width)))
}

type scrollLayout struct{}

func (l *scrollLayout) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(32, 32) }

// Layout tells the page its width first, so that the scroll then asks for the right
// height.
func (l *scrollLayout) Layout(objs []fyne.CanvasObject, size fyne.Size) {
	s := objs[0].(*container.Scroll)
	page := s.Content.(*fyne.Container)
	page.Layout.(*pageLayout).w = size.Width
	s.Move(fyne.NewPos(0, 0))
	s.Resize(size)
	s.Content.Resize(fyne.NewSize(size.Width, max(size.Height, page.MinSize().Height)))
	s.Refresh()
}

package screen

import (
	"fyne.io/fyne/v2"

	"github.com/citizens-portal/portal/app/bidi"
	"github.com/citizens-portal/portal/app/style"
)

// deskBar lays the actions in one line, from the start. When they do not fit, the last
// ones give way to its last object, which leads to them; the primary one never does.
type deskBar struct {
	env     bidi.Env
	primary int
}

// HeightFor implements [bidi.FlexLayout].
func (b *deskBar) HeightFor(objs []fyne.CanvasObject, _ float32) float32 {
	return b.MinSize(objs).Height
}

// MinSize implements [fyne.Layout].
func (b *deskBar) MinSize(objs []fyne.CanvasObject) fyne.Size {
	size := fyne.Size{}
	for _, o := range objs {
		size.Height = max(size.Height, o.MinSize().Height)
	}
	size.Width = objs[b.primary].MinSize().Width + style.Space8 + objs[len(objs)-1].MinSize().Width
	return size
}

// Layout implements [fyne.Layout].
func (b *deskBar) Layout(objs []fyne.CanvasObject, size fyne.Size) {
	shown := b.fit(objs, size.Width)
	x := float32(0)
	for i, o := range objs {
		if !shown[i] {
			o.Hide()
			continue
		}
		o.Show()
		w := o.MinSize().Width
		at := x
		if b.env.RTL() {
			at = size.Width - x - w
		}
		o.Move(fyne.NewPos(at, 0))
		o.Resize(fyne.NewSize(w, size.Height))
		x += w + style.Space8
	}
}

// fit tells which objects a line has room for.
func (b *deskBar) fit(objs []fyne.CanvasObject, width float32) []bool {
	more := len(objs) - 1
	shown := make([]bool, len(objs))
	used := float32(0)
	for i, o := range objs[:more] {
		shown[i] = true
		used += o.MinSize().Width
		if i > 0 {
			used += style.Space8
		}
	}
	for i := more - 1; i >= 0 && used > width; i-- {
		if i == b.primary {
			continue
		}
		if !shown[more] {
			shown[more] = true
			used += objs[more].MinSize().Width + style.Space8
		}
		shown[i] = false
		used -= objs[i].MinSize().Width + style.Space8
	}
	return shown
}

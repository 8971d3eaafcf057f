//go:build !android && !ios && !release

package app

import (
	"encoding/json"
	"os"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"github.com/citizens-portal/portal/app/bidi"
)

// target is something in sight that can be tapped or typed into.
type target struct {
	Label string  `json:"label"`
	Kind  string  `json:"kind"` // press or entry
	X     float32 `json:"x"`    // its middle, in pixels of the window
	Y     float32 `json:"y"`
	W     float32 `json:"w"`
	H     float32 `json:"h"`
	Full  bool    `json:"full"` // no part of it is scrolled away
}

// tree is the content of the tree file.
type tree struct {
	Route   any      `json:"route"`
	Targets []target `json:"targets"`
	Texts   []string `json:"texts"`
}

const treeEvery = 200 * time.Millisecond

// watchTree writes what is in sight to Config.TreeFile whenever it changes, so that a
// script can find its way.
func (a *App) watchTree() {
	if a.cfg.TreeFile == "" {
		return
	}
	last := ""
	go func() {
		tick := time.NewTicker(treeEvery)
		defer tick.Stop()
		for {
			select {
			case <-a.ctx.Done():
				return
			case <-tick.C:
				written := make(chan struct{})
				a.dispatch(func() { last = a.writeTree(last); close(written) })
				select {
				case <-written:
				case <-a.ctx.Done():
				}
			}
		}
	}()
}

func (a *App) writeTree(last string) string {
	c := a.win.Canvas()
	t := tree{Route: a.stack.Top(), Targets: []target{}}
	sight := box{0, 0, c.Size().Width, c.Size().Height}
	root := c.Content()
	if a.asking != nil && a.asking.Visible() {
		root = a.asking.Content
	}
	t.walk(root, sight, c)
	raw, err := json.MarshalIndent(t, "", " ")
	if err != nil || string(raw) == last {
		return last
	}
	partial := a.cfg.TreeFile + ".partial"
	if os.WriteFile(partial, raw, 0o600) == nil {
		_ = os.Rename(partial, a.cfg.TreeFile)
	}
	return string(raw)
}

type box struct{ x0, y0, x1, y1 float32 }

func (b box) cut(c box) box {
	return box{max(b.x0, c.x0), max(b.y0, c.y0), min(b.x1, c.x1), min(b.y1, c.y1)}
}

// walk collects what is in sight below an object.
func (t *tree) walk(o fyne.CanvasObject, sight box, c fyne.Canvas) {
	if !o.Visible() {
		return
	}
	switch v := o.(type) {
	case *fyne.Container:
		children := v.Objects
		if rows, ok := v.Layout.(interface{ Cells() []fyne.CanvasObject }); ok {
			children, sight = rows.Cells(), boxOf(o).cut(sight)
		}
		for _, child := range children {
			t.walk(child, sight, c)
		}
	case *container.Scroll:
		t.walk(v.Content, boxOf(o).cut(sight), c)
	default:
		t.note(o, sight, c)
	}
}

// note takes down a part that says something or can be tapped.
func (t *tree) note(o fyne.CanvasObject, sight box, c fyne.Canvas) {
	said, ok := o.(fyne.Accessible)
	own := boxOf(o)
	in := own.cut(sight)
	if !ok || in.x1-in.x0 < 1 || in.y1-in.y0 < 1 {
		return
	}
	kind := ""
	switch o.(type) {
	case *bidi.Entry:
		kind = "entry"
	case fyne.Tappable:
		kind = "press"
	}
	if kind == "" {
		t.Texts = append(t.Texts, said.AccessibilityLabel())
		return
	}
	k := c.Scale()
	t.Targets = append(t.Targets, target{
		Label: said.AccessibilityLabel(), Kind: kind, Full: in == own,
		X: (in.x0 + in.x1) / 2 * k, Y: (in.y0 + in.y1) / 2 * k, W: (in.x1 - in.x0) * k, H: (in.y1 - in.y0) * k,
	})
}

func boxOf(o fyne.CanvasObject) box {
	at, size := fyne.CurrentApp().Driver().AbsolutePositionForObject(o), o.Size()
	return box{at.X, at.Y, at.X + size.Width, at.Y + size.Height}
}

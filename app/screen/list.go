package screen

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"

	"github.com/citizens-portal/portal/app/bidi"
)

// Rows is a list that draws only the rows in sight, however long it is.
type Rows struct {
	// Object is what to put on the page.
	Object *fyne.Container

	n     int
	shape func(i int) string
	row   func(i int) fyne.CanvasObject
	list  *widget.List
	width float32
	high  float32
	cells []fyne.CanvasObject
}

// newRows returns a list of n rows. Rows of one shape are equally high; all cells get
// the height of the highest shape, since a row's height depends on the width and must
// not be asked of ten thousand rows.
func newRows(n int, shape func(i int) string, row func(i int) fyne.CanvasObject) *Rows {
	r := &Rows{n: n, shape: shape, row: row}
	r.Object = &fyne.Container{Layout: r}
	return r
}

// Set shows other rows.
func (r *Rows) Set(n int) {
	r.n = n
	if r.list == nil {
		return
	}
	if high := r.measure(r.width); high != r.high {
		r.build(r.width)
		return
	}
	r.list.ScrollToTop()
	r.list.Refresh()
}

// Extend shows n rows of the same list, where it stands: more of them, or others in
// their places.
func (r *Rows) Extend(n int) {
	r.n = n
	if r.list != nil {
		r.list.Refresh()
	}
}

// maxShapes bounds how many rows are measured.
const maxShapes = 24

func (r *Rows) measure(width float32) float32 {
	seen := map[string]bool{}
	high := float32(0)
	for i := 0; i < r.n && len(seen) < maxShapes; i++ {
		if s := r.shape(i); !seen[s] {
			seen[s] = true
			high = max(high, bidi.HeightFor(r.row(i), width))
		}
	}
	return max(high, 1)
}

func (r *Rows) build(width float32) {
	r.width, r.high = width, r.measure(width)
	offset := float32(0)
	if r.list != nil {
		offset = r.list.GetScrollOffset()
	}
	r.cells = nil
	r.list = widget.NewList(
		func() int { return r.n },
		func() fyne.CanvasObject {
			c := &fyne.Container{Layout: &cell{high: r.high}}
			r.cells = append(r.cells, c)
			return c
		},
		func(i widget.ListItemID, o fyne.CanvasObject) {
			c := o.(*fyne.Container)
			c.Objects = []fyne.CanvasObject{r.row(i)}
			c.Refresh()
			c.Layout.Layout(c.Objects, c.Size())
		})
	r.list.HideSeparators = true
	r.list.OnSelected = func(i widget.ListItemID) { r.list.Unselect(i) }
	r.Object.Objects = []fyne.CanvasObject{r.list}
	r.list.Resize(r.Object.Size())
	r.list.ScrollToOffset(offset)
}

// Cells are the cells made so far, for those who look for what can be tapped. One that
// was scrolled away keeps its row until it is used again.
func (r *Rows) Cells() []fyne.CanvasObject { return r.cells }

// MinSize implements [fyne.Layout].
func (r *Rows) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(32, 96) }

// Layout implements [fyne.Layout].
func (r *Rows) Layout(_ []fyne.CanvasObject, size fyne.Size) {
	if size.Width <= 0 {
		return
	}
	if r.list == nil || size.Width != r.width {
		r.build(size.Width)
	}
	r.list.Resize(size)
}

// cell is as high as all rows and gives its row the height it wants.
type cell struct{ high float32 }

// MinSize implements [fyne.Layout].
func (c *cell) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(32, c.high) }

// Layout implements [fyne.Layout].
func (c *cell) Layout(objs []fyne.CanvasObject, size fyne.Size) {
	for _, o := range objs {
		o.Move(fyne.NewPos(0, 0))
		o.Resize(fyne.NewSize(size.Width, bidi.HeightFor(o, size.Width)))
	}
}

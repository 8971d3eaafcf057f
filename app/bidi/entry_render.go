package bidi

import (
	"image/color"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"

	"github.com/citizens-portal/portal/app/bidi/line"
	"github.com/citizens-portal/portal/app/style"
)

// padding keeps the text from the border, which is inside it.
const padding = style.Space12

const caretWidth float32 = 2

func (e *Entry) rowHeight() float32 { return ceil(e.env.LineHeight(style.Body, false)) }

// HeightFor implements [Flexible]: a field of several lines grows with its text.
func (e *Entry) HeightFor(width float32) float32 {
	rows := 1
	if e.opts.Multi {
		e.arrange(width)
		rows = max(len(e.sheet.rows), e.opts.Rows, 1)
	}
	return max(style.Touch, float32(rows)*e.rowHeight()+2*padding)
}

// arrange cuts the text into lines for a width of the whole field.
func (e *Entry) arrange(width float32) {
	box := max(0, width-2*padding)
	wrap := float32(0)
	if e.opts.Multi {
		wrap = max(1, box)
	}
	e.sheet.set(e.shown(), wrap, box, func(text []rune) []line.Line {
		dir, fallback := e.direction()
		return e.env.Faces.Shape(text, dir, fallback, e.env.font(style.Body, false)).Wrap(wrap)
	})
}

// direction is that of each paragraph's first letter, unless the field is for codes.
func (e *Entry) direction() (dir, fallback Direction) {
	if e.opts.Order == Code {
		return LTR, LTR
	}
	return line.Auto, e.env.Dir
}

func (e *Entry) shown() []rune {
	if e.opts.Conceal {
		return []rune(strings.Repeat("•", e.buf.Len()))
	}
	return e.buf.Runes()
}

func (e *Entry) caretPosition() (at fyne.Position, height float32) {
	e.arrange(e.Size().Width)
	h := e.rowHeight()
	y := e.topOf(e.Size().Height) + float32(e.sheet.rowOf(e.buf.Caret()))*h
	return fyne.NewPos(padding+e.sheet.caretX(e.buf.Caret())-e.scrolled(), y), h
}

// topOf centres a field of one line in its height.
func (e *Entry) topOf(height float32) float32 {
	if e.opts.Multi {
		return padding
	}
	return (height - e.rowHeight()) / 2
}

// scrolled is how far a single line is moved so that the caret shows. It is worked out
// from the caret alone, so there is no state to go wrong.
func (e *Entry) scrolled() float32 {
	box := e.Size().Width - 2*padding
	if e.opts.Multi || len(e.sheet.rows) == 0 || box <= 0 {
		return 0
	}
	x := e.sheet.caretX(e.buf.Caret())
	switch {
	case x < 0:
		return x
	case x > box-caretWidth:
		return x - box + caretWidth
	}
	return 0
}

func (e *Entry) local(p fyne.Position) (x, y float32) {
	e.arrange(e.Size().Width)
	return p.X - padding + e.scrolled(), p.Y - e.topOf(e.Size().Height)
}

func (e *Entry) hit(p fyne.Position) int {
	x, y := e.local(p)
	return e.sheet.hit(x, y, e.rowHeight())
}

func (e *Entry) under(p fyne.Position) int {
	x, y := e.local(p)
	return e.sheet.under(x, y, e.rowHeight())
}

// CreateRenderer implements [fyne.Widget].
func (e *Entry) CreateRenderer() fyne.WidgetRenderer {
	r := &entryRenderer{
		e:      e,
		box:    canvas.NewRectangle(color.Transparent),
		caret:  canvas.NewRectangle(color.Transparent),
		inside: container.NewWithoutLayout(),
	}
	r.box.CornerRadius = style.RadiusControl
	r.clip = container.NewClip(r.inside)
	return r
}

type entryRenderer struct {
	e      *Entry
	box    *canvas.Rectangle
	clip   *container.Clip
	inside *fyne.Container
	caret  *canvas.Rectangle
	drawn  map[string][]*drawnLine // what is on screen, by the line's text
	hint   *Paragraph
}

// drawnLine keeps the objects of a line, so that unchanged lines are not drawn again.
type drawnLine struct {
	texts []*canvas.Text
	home  []float32 // x of each text from the line's left edge
}

func (r *entryRenderer) Destroy() {}

func (r *entryRenderer) MinSize() fyne.Size {
	least := 6 * r.e.env.Style.Text(style.Body)
	return fyne.NewSize(least, r.e.HeightFor(max(least, r.e.Size().Width)))
}

func (r *entryRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.box, r.clip}
}

func (r *entryRenderer) Refresh() {
	r.Layout(r.e.Size())
	refresh(r.e)
}

func (r *entryRenderer) Layout(size fyne.Size) {
	e := r.e
	e.arrange(size.Width)
	r.frame(size)
	r.clip.Move(fyne.NewPos(padding-style.Space4, style.LineThick))
	r.clip.Resize(fyne.NewSize(max(0, size.Width-2*padding+2*style.Space4), size.Height-2*style.LineThick))
	origin := fyne.NewPos(style.Space4-e.scrolled(), e.topOf(size.Height)-style.LineThick)
	var objs []fyne.CanvasObject
	objs = append(objs, r.selection(origin)...)
	objs = append(objs, r.lines(origin)...)
	objs = append(objs, r.placeholder(size, origin)...)
	objs = append(objs, r.placeCaret(origin))
	r.inside.Objects = objs
	r.inside.Resize(r.clip.Size())
}

func (r *entryRenderer) frame(size fyne.Size) {
	e := r.e
	r.box.Resize(size)
	fill, edge, width := style.Surface, style.OutlineStrong, style.LineThin
	switch {
	case e.Disabled():
		fill, edge = style.Surface2, style.Outline
	case e.failed:
		edge, width = style.Danger, style.LineThick
	case e.focused:
		edge, width = style.Focus, style.LineThick
	}
	r.box.FillColor, r.box.StrokeColor, r.box.StrokeWidth = e.env.Color(fill), e.env.Color(edge), width
}

func (r *entryRenderer) selection(origin fyne.Position) []fyne.CanvasObject {
	var out []fyne.CanvasObject
	from, to := r.e.buf.Selection()
	if from == to || !r.e.focused {
		return nil
	}
	veil := selectionColor(r.e.env)
	h := r.e.rowHeight()
	for n := r.e.sheet.rowOf(from); n <= r.e.sheet.rowOf(to); n++ {
		row := r.e.sheet.rows[n]
		for _, span := range row.Spans(from-row.start, to-row.start) {
			box := canvas.NewRectangle(veil)
			box.Move(origin.AddXY(row.x+span.X, float32(n)*h))
			box.Resize(fyne.NewSize(span.Width, h))
			out = append(out, box)
		}
	}
	return out
}

func selectionColor(env Env) color.Color {
	c := color.NRGBAModel.Convert(env.Color(style.Focus)).(color.NRGBA)
	c.A = 0x50
	return c
}

func (r *entryRenderer) lines(origin fyne.Position) []fyne.CanvasObject {
	e := r.e
	role := style.Ink
	if e.Disabled() {
		role = style.InkMuted
	}
	h := e.rowHeight()
	inset := (h - e.env.Faces.Height(e.env.font(style.Body, false))) / 2
	kept := r.drawn
	r.drawn = map[string][]*drawnLine{}
	var out []fyne.CanvasObject
	for n, row := range e.sheet.rows {
		key := r.key(row, role)
		d := take(kept, key)
		if d == nil {
			d = &drawnLine{texts: e.env.paint(row.Line, e.look(), role)}
			for _, t := range d.texts {
				d.home = append(d.home, t.Position().X)
			}
		}
		r.drawn[key] = append(r.drawn[key], d)
		for i, t := range d.texts {
			t.Move(origin.AddXY(row.x+d.home[i], float32(n)*h+inset))
			out = append(out, t)
		}
	}
	return out
}

// key names what a line looks like: its text, the way it runs, and its colour.
func (r *entryRenderer) key(row row, role fyne.ThemeColorName) string {
	k := string(role)
	if row.RTL {
		k += "<"
	}
	for _, run := range row.Runs {
		k += "|" + run.Text
	}
	return k
}

func take(kept map[string][]*drawnLine, key string) *drawnLine {
	same := kept[key]
	if len(same) == 0 {
		return nil
	}
	kept[key] = same[1:]
	return same[0]
}

func (r *entryRenderer) placeholder(size fyne.Size, origin fyne.Position) []fyne.CanvasObject {
	e := r.e
	if e.buf.Len() > 0 || e.opts.Placeholder == "" {
		return nil
	}
	if r.hint == nil {
		r.hint = NewParagraph(e.env, e.opts.Placeholder, Text{Role: style.Placeholder})
	}
	w := size.Width - 2*padding
	r.hint.Move(origin)
	r.hint.Resize(fyne.NewSize(w, r.hint.HeightFor(w)))
	return []fyne.CanvasObject{r.hint}
}

func (r *entryRenderer) placeCaret(origin fyne.Position) fyne.CanvasObject {
	e := r.e
	r.caret.FillColor = color.Transparent
	if e.focused {
		r.caret.FillColor = e.env.Color(style.Focus)
	}
	h := e.rowHeight()
	x := e.sheet.caretX(e.buf.Caret())
	if box := e.Size().Width - 2*padding; e.opts.Multi { // blanks may hang out of the box
		x = min(max(x, 0), box)
	}
	r.caret.Move(origin.AddXY(x-caretWidth/2, float32(e.sheet.rowOf(e.buf.Caret()))*h+2))
	r.caret.Resize(fyne.NewSize(caretWidth, h-4))
	return r.caret
}

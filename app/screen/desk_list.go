package screen

import (
	"maps"
	"reflect"
	"strconv"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"github.com/citizens-portal/portal/app/bidi"
	"github.com/citizens-portal/portal/app/model"
	"github.com/citizens-portal/portal/app/style"
	"github.com/citizens-portal/portal/app/ui"
	"github.com/citizens-portal/portal/assets"
)

func number(n int) string { return strconv.Itoa(n) }

// DeskListState is what the list shows.
type DeskListState struct {
	Reading bool // nothing is known yet
	Query   model.DeskQuery
	// Category and Holder are the names of the filters set; empty when they are not.
	Category, Holder string
	Count            int // rows
	InView           int // without search and filters
	Held             int // complaints on this device
	Offline          bool
	Selected         int // row, or -1
	// Row gives a row when it comes into sight.
	Row func(i int) model.DeskRow
}

// deskFoot is how high the foot of the list is.
const deskFoot float32 = 40

// deskListPane is the list with its head and foot.
type deskListPane struct {
	object *fyne.Container
	env    bidi.Env
	acts   DeskActs
	state  DeskListState
	drawn  *DeskListState // what head and filters show, without the rows

	title, filters, body, span *fyne.Container
	feet                       *fyne.Container
	search                     *bidi.Entry
	list                       *deskRows
}

func newDeskListPane(env bidi.Env, acts DeskActs) *deskListPane {
	p := &deskListPane{env: env, acts: acts, title: bidi.Stack(), filters: bidi.Stack(), body: bidi.Stack(), span: bidi.Stack()}
	p.search = bidi.NewEntry(env, bidi.EntryOptions{Order: bidi.ByText, Placeholder: env.T("desk.search"), Label: env.T("desk.search")})
	p.search.OnChanged = func(text string) {
		q := p.state.Query
		q.Search = text
		acts.Query(q)
	}
	p.search.OnEscape = acts.Form.Escape
	p.search.OnSubmitted = func(string) { acts.Form.Escape() }
	p.list = newDeskRows(env, p.row, p.build, p.sight)
	top := bidi.Row(env, style.Space12, bidi.Grow(p.title), bidi.Sized(240, style.Touch, p.search))
	if env.Style.Scale() > style.Scale100 {
		top = bidi.Column(env, style.Space8, p.title, p.search)
	}
	head := bidi.Pad(env, bidi.Insets{Top: style.Space8, Start: style.Edge, End: style.Edge, Bottom: style.Space12}, column(env, style.Space8, top, p.filters))
	p.object = bidi.Border(env, column(env, 0, head, p.tableHead()), p.foot(), nil, nil, p.body)
	return p
}

// tableHead names the columns; with large text the rows have none.
func (p *deskListPane) tableHead() fyne.CanvasObject {
	env := p.env
	if env.Style.Scale() > style.Scale100 {
		return ui.Divider(env)
	}
	name := func(word string) fyne.CanvasObject {
		return bidi.NewLabel(env, word, bidi.Text{Size: style.Caption, Bold: true, Role: style.InkMuted})
	}
	row := bidi.Row(env, style.Space12, bidi.Spacer(4, 0), bidi.Spacer(44, 0), bidi.Grow(name(env.T("desk.column.complaint"))),
		bidi.Sized(110, 0, name(env.T("desk.holder"))), bidi.Sized(134, 0, name(env.T("desk.column.due"))))
	return bidi.Stack(ground(env, style.Surface2), bidi.Sized(0, 30, bidi.Pad(env, bidi.Insets{End: style.Edge}, row)))
}

// foot names the keys and says which rows are in sight.
func (p *deskListPane) foot() fyne.CanvasObject {
	env := p.env
	keys := bidi.Flow(env, style.Space12,
		keyHint(env, env.T("desk.keys.move"), "J", "K"), keyHint(env, env.T("officer.assign"), "A"),
		keyHint(env, env.T("desk.keys.propose"), "S"), keyHint(env, env.T("desk.keys.all"), "?"))
	if env.Style.Scale() > style.Scale100 {
		keys = bidi.Flow(env, 0, keyHint(env, env.T("desk.keys.all"), "?"))
	}
	hints := ui.Tap(env, env.T("desk.keys.all"), keys, p.acts.Keys)
	p.feet = bidi.Row(env, style.Space12, bidi.Grow(hints), p.span)
	return bidi.Stack(ground(env, style.Background), bidi.Column(env, 0, ui.Divider(env), bidi.Sized(0, deskFoot, bidi.Pad(env, bidi.Sides(style.Edge, style.Space4), p.feet))))
}

// keyHint is one or two keys with what they do.
func keyHint(env bidi.Env, word string, keys ...string) fyne.CanvasObject {
	var items []fyne.CanvasObject
	for _, k := range keys {
		items = append(items, keyCap(env, k))
	}
	return bidi.Row(env, style.Space4, append(items, bidi.NewLabel(env, word, bidi.Text{Size: style.Caption, Role: style.InkMuted}))...)
}

func keyCap(env bidi.Env, key string) fyne.CanvasObject {
	box := canvas.NewRectangle(env.Color(style.Surface))
	box.StrokeColor, box.StrokeWidth, box.CornerRadius = env.Color(style.Outline), style.LineThin, 6
	s := env.Style.Scaled(22)
	label := bidi.NewLabel(env, key, bidi.Text{Size: style.Caption, Bold: true, Role: style.InkMuted, Align: bidi.Center, Order: bidi.Code})
	return bidi.Sized(s, s, bidi.Stack(box, bidi.Pad(env, bidi.Sides(style.Space4, 0), label)))
}

// SetList shows other complaints, or others first. The list keeps its place while only
// news come in.
func (d *Desk) SetList(s DeskListState) { d.list.set(s) }

// Select marks another row and brings it into sight.
func (d *Desk) Select(i int) {
	p := d.list
	old := p.state.Selected
	p.state.Selected = i
	if old != i {
		p.list.list.Refresh()
	}
	if i >= 0 && !p.list.shows(i) {
		p.list.list.ScrollTo(i)
	}
}

// Search gives the search field, to be focused.
func (d *Desk) Search() *bidi.Entry { return d.list.search }

func (p *deskListPane) set(s DeskListState) {
	before := p.state.Query
	p.state = s
	p.search.SetText(s.Query.Search)
	head := s
	head.Row, head.Selected = nil, 0
	fresh := p.drawn == nil || !reflect.DeepEqual(*p.drawn, head)
	if fresh {
		p.drawn = &head
		p.draw()
	}
	if s.Count > 0 {
		p.list.set(s.Count, before != s.Query)
		p.sight()
	}
	if fresh {
		p.arrange()
	}
}

// draw makes everything but the rows.
func (p *deskListPane) draw() {
	env, s := p.env, p.state
	title := bidi.NewLabel(env, deskViewLook(env, s.Query.View).word, bidi.Text{Size: style.Title, Bold: true})
	count := bidi.NewLabel(env, env.T("desk.count", "n", s.InView), bidi.Text{Size: style.Small, Role: style.InkMuted})
	if s.Reading {
		fill(p.title, bidi.Flow(env, style.Space12, title))
		fill(p.body, ground(env, style.Surface))
		fill(p.span, nil)
		return
	}
	fill(p.title, bidi.Flow(env, style.Space12, title, count))
	fill(p.filters, p.chips())
	if s.Count == 0 {
		fill(p.body, bidi.Stack(ground(env, style.Surface), p.empty()))
		fill(p.span, nil)
		return
	}
	if len(p.body.Objects) != 1 || p.body.Objects[0] != p.list.object {
		fill(p.body, p.list.object)
	}
}

// arrange gives every part the room that it needs now.
func (p *deskListPane) arrange() {
	if p.object.Size().Width > 0 {
		relay(p.object)
	}
}

// relay lays out a container and those in it. A container leaves its parts alone while
// its own size stays, even when the parts are others now.
func relay(c *fyne.Container) {
	c.Layout.Layout(c.Objects, c.Size())
	for _, o := range c.Objects {
		if inner, ok := o.(*fyne.Container); ok {
			relay(inner)
		}
	}
}

// chips are the filters and the order.
func (p *deskListPane) chips() fyne.CanvasObject {
	env, q := p.env, p.state.Query
	chip := func(name, value string, open func(), empty func(*model.DeskQuery)) fyne.CanvasObject {
		if value == "" {
			return ui.FilterChip(env, name, false, open)
		}
		return ui.FilterChip(env, env.T("desk.filter", "name", name, "value", value), true, func() { p.change(empty) })
	}
	items := []fyne.CanvasObject{
		chip(env.T("desk.category"), p.state.Category, p.acts.Categories, func(q *model.DeskQuery) { q.Category = "" }),
		chip(env.T("desk.holder"), p.state.Holder, p.acts.Holders, func(q *model.DeskQuery) { q.Holder = "" }),
	}
	if q.Narrow() {
		items = append(items, ui.Button(env, ui.ButtonState{Kind: ui.Plain, Word: env.T("desk.clear_all")}, p.clear))
	}
	order := env.T("desk.sort.due")
	if q.Newest {
		order = env.T("desk.sort.newest")
	}
	return bidi.Flow(env, style.Space8, append(items, ui.FilterChip(env, order, false, func() { p.change(func(q *model.DeskQuery) { q.Newest = !q.Newest }) }))...)
}

func (p *deskListPane) change(f func(*model.DeskQuery)) {
	q := p.state.Query
	f(&q)
	p.acts.Query(q)
}

func (p *deskListPane) clear() {
	p.change(func(q *model.DeskQuery) { q.Search, q.Category, q.Holder = "", "", "" })
}

// empty says that there is nothing, and what to do.
func (p *deskListPane) empty() fyne.CanvasObject {
	env, s := p.env, p.state
	open := ui.Button(env, ui.ButtonState{Word: env.T("desk.show_open")}, func() { p.acts.View(model.DeskOpen) })
	retry := ui.Button(env, ui.ButtonState{Word: env.T("desk.sync_now"), Icon: assets.IconSync}, p.acts.Sync)
	switch {
	case s.Held == 0 && s.Offline:
		return ui.EmptyState(env, assets.IconCloudOff, env.T("desk.empty_offline"), retry)
	case s.Held == 0:
		return ui.EmptyState(env, assets.IconInbox, env.T("desk.empty"), retry)
	case s.InView > 0:
		return ui.EmptyState(env, assets.IconSearch, env.T("desk.none_found"), ui.Button(env, ui.ButtonState{Word: env.T("desk.clear_all")}, p.clear))
	case s.Query.View == model.DeskOpen:
		return ui.EmptyState(env, assets.IconTickCircle, env.T("desk.none_open"), retry)
	}
	return ui.EmptyState(env, assets.IconTickCircle, env.T("desk.none_here"), open)
}

// sight says which rows are in sight.
func (p *deskListPane) sight() {
	from, to := p.list.sight()
	if p.state.Count == 0 || to < from {
		return
	}
	words := p.env.T("desk.range", "from", from+1, "to", min(to+1, p.state.Count), "of", p.state.Count)
	if len(p.span.Objects) == 1 {
		if l, ok := p.span.Objects[0].(*bidi.Label); ok && l.Text() == words {
			return
		}
	}
	fill(p.span, bidi.NewLabel(p.env, words, bidi.Text{Size: style.Caption, Role: style.InkMuted}))
	relay(p.feet)
}

// row tells what a row shows.
func (p *deskListPane) row(i int) deskRow {
	if i >= p.state.Count {
		return deskRow{}
	}
	r := p.state.Row(i)
	return deskRow{id: r.ID, look: ui.OfficerRowState{
		Icon: r.Icon, Title: r.Title, Code: r.Code, Place: r.Place, Holder: r.Holder, Above: r.Above,
		Due: r.Due.Words, DueIcon: r.Due.Icon, DueTone: tone(r.Due.Mood), Used: float32(int(r.Used*134)) / 134, Selected: i == p.state.Selected,
	}}
}

// build makes a row. It is the dear part, so a row is made again only when it shows
// something else.
func (p *deskListPane) build(r deskRow) fyne.CanvasObject {
	return ui.OfficerRow(p.env, r.look, func() { p.acts.Open(r.id) }, nil)
}

// deskRow is what a row shows, to be compared.
type deskRow struct {
	id   string
	look ui.OfficerRowState
}

// deskCell is a place of the list with the row it shows.
type deskCell struct {
	cell
	shown deskRow
}

// deskRows is the list itself. It draws only the rows in sight.
type deskRows struct {
	object fyne.CanvasObject
	list   *deskList
	row    func(i int) deskRow
	build  func(deskRow) fyne.CanvasObject
	n      int
	high   float32
	width  float32
	// measured is the width that high was taken at.
	measured float32
	wraps    bool                    // rows differ in height
	shown    map[int]*fyne.Container // the places by the row they show
}

func newDeskRows(env bidi.Env, row func(i int) deskRow, build func(deskRow) fyne.CanvasObject, sight func()) *deskRows {
	r := &deskRows{row: row, build: build, wraps: env.Style.Scale() > style.Scale100, shown: map[int]*fyne.Container{}}
	r.list = newDeskList(func() int { return r.n }, r.place,
		func(i widget.ListItemID, o fyne.CanvasObject) {
			c := o.(*fyne.Container)
			maps.DeleteFunc(r.shown, func(_ int, was *fyne.Container) bool { return was == c })
			r.shown[i] = c
			r.put(c, r.row(i))
			sight()
		})
	holder := &fyne.Container{Layout: r}
	holder.Objects = []fyne.CanvasObject{container.NewThemeOverride(r.list, closeRows{env.Style})}
	r.object = bidi.Stack(ground(env, style.Surface), holder)
	return r
}

// set shows n rows, from the top if asked to.
func (r *deskRows) set(n int, top bool) {
	r.n = n
	r.measure(r.width)
	if top {
		r.list.ScrollToTop()
	}
	r.list.Refresh()
}

// place makes a place for a row.
func (r *deskRows) place() fyne.CanvasObject {
	return &fyne.Container{Layout: &deskCell{cell: cell{high: r.high}}}
}

func (r *deskRows) put(c *fyne.Container, row deskRow) {
	at := c.Layout.(*deskCell)
	if len(c.Objects) == 1 && at.shown == row {
		return
	}
	at.shown = row
	c.Objects = []fyne.CanvasObject{r.build(row)}
	c.Layout.Layout(c.Objects, c.Size())
	c.Refresh()
}

// shows reports whether a row is wholly in sight.
func (r *deskRows) shows(i int) bool {
	y := float32(i)*r.high - r.list.GetScrollOffset()
	return y >= 0 && y+r.high <= r.list.Size().Height
}

// measure takes the height of all rows from the first: they are equally high, so one
// measure lasts while the width does. With large text titles wrap, and the highest of
// the first rows counts.
func (r *deskRows) measure(width float32) {
	if r.n == 0 || width <= 0 || (!r.wraps && r.high > 0 && width == r.measured) {
		return
	}
	r.measured = width
	probes, high := 1, float32(0)
	if r.wraps {
		probes = maxShapes
	}
	for i := range min(probes, r.n) {
		high = max(high, bidi.HeightFor(r.build(r.row(i)), width))
	}
	if high != r.high {
		r.high = high
		r.list.Refresh()
	}
}

// Cells gives the rows in sight, from the top: what draws a list keeps them to itself.
func (r *deskRows) Cells() (cells []fyne.CanvasObject) {
	from, to := r.sight()
	for i := max(from, 0); i <= min(to+1, r.n-1); i++ {
		if c := r.shown[i]; c != nil {
			cells = append(cells, c)
		}
	}
	return cells
}

// sight gives the first and the last row in sight.
func (r *deskRows) sight() (from, to int) {
	if r.high <= 0 {
		return 0, -1
	}
	y := r.list.GetScrollOffset()
	return int(y / r.high), int((y + r.list.Size().Height - r.high/2) / r.high)
}

// MinSize implements [fyne.Layout].
func (r *deskRows) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(320, 96) }

// Layout implements [fyne.Layout].
func (r *deskRows) Layout(objs []fyne.CanvasObject, size fyne.Size) {
	if size.Width != r.width {
		r.width = size.Width
		r.measure(size.Width)
	}
	for _, o := range objs {
		o.Move(fyne.NewPos(0, 0))
		o.Resize(size)
	}
}

// deskList is a list whose keys are the desk's.
type deskList struct{ widget.List }

func newDeskList(length func() int, create func() fyne.CanvasObject, update func(widget.ListItemID, fyne.CanvasObject)) *deskList {
	l := &deskList{}
	l.Length, l.CreateItem, l.UpdateItem, l.HideSeparators = length, create, update, true
	l.ExtendBaseWidget(l)
	return l
}

// TypedKey implements [fyne.Focusable].
func (l *deskList) TypedKey(k *fyne.KeyEvent) {
	if c := fyne.CurrentApp().Driver().CanvasForObject(l); c != nil && c.OnTypedKey() != nil {
		c.OnTypedKey()(k)
	}
}

// closeRows is the theme without the gaps that a list leaves between rows.
type closeRows struct{ *style.Theme }

// Size implements [fyne.Theme].
func (t closeRows) Size(name fyne.ThemeSizeName) float32 {
	if name == theme.SizeNamePadding {
		return 0
	}
	return t.Theme.Size(name)
}

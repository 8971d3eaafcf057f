package screen

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"

	"github.com/citizens-portal/portal/app/bidi"
	"github.com/citizens-portal/portal/app/model"
	"github.com/citizens-portal/portal/app/style"
	"github.com/citizens-portal/portal/app/ui"
	"github.com/citizens-portal/portal/assets"
)

// PeopleActs are what an administrator can do.
type PeopleActs struct {
	View         func(model.PeopleView)
	Search       func(text string)
	More         func() // the end of the list comes into sight
	Office       func(id string)
	Officer      func(id string)
	Below        func(office string) // lists the offices right below; "" lists all
	Do           func(model.PeopleAction)
	EndLeave     func(n int)
	EndCharge    func(n int)
	Import       PeopleImportActs
	Open         func() // the import
	Leave        func() // the page, where it stands in place of the list
	Desk, Person func()
	Retry        func()
	Turned       func() // the window became narrow, or wide again; may be nil
}

// People is the administrator's screen: rail, list, and the page of an office, an
// officer or an import. Like the desk it stays and takes new states part by part.
type People struct {
	// Object is what to put on the page.
	Object *fyne.Container

	env                       bidi.Env
	acts                      PeopleActs
	panes                     *deskPanes
	rail, detail, toast, over *fyne.Container
	passing, head, path, body *fyne.Container
	list                      *fyne.Container
	search                    *bidi.Entry
	rows                      *Rows
	state                     PeopleListState
	showing                   bool // the rows stand in the list
}

// NewPeople returns the screen with empty panes.
func NewPeople(env bidi.Env, acts PeopleActs) *People {
	p := &People{env: env, acts: acts}
	for _, place := range []**fyne.Container{&p.rail, &p.detail, &p.toast, &p.over, &p.head, &p.path, &p.body} {
		*place = bidi.Stack()
	}
	p.search = bidi.NewEntry(env, bidi.EntryOptions{Order: bidi.ByText, Placeholder: env.T("people.search"), Label: env.T("people.search"), Max: 200})
	p.search.OnChanged = acts.Search
	top := bidi.Pad(env, bidi.Insets{Top: style.Space8, Start: style.Edge, End: style.Edge, Bottom: style.Space12}, column(env, style.Space8, p.head, p.search, p.path))
	p.rows = newRows(0, func(int) string { return "" }, p.row)
	p.list = bidi.Border(env, column(env, 0, top, ui.Divider(env)), nil, nil, nil, bidi.Stack(ground(env, style.Surface), p.body))
	p.panes = &deskPanes{turned: acts.Turned, env: env, rail: p.rail, list: p.list, detail: p.detail, lines: [2]fyne.CanvasObject{upright(env), upright(env)}}
	body := &fyne.Container{Layout: p.panes, Objects: []fyne.CanvasObject{p.rail, p.list, p.detail, p.panes.lines[0], p.panes.lines[1]}}
	p.passing = &fyne.Container{Layout: &deskToast{panes: p.panes}, Objects: []fyne.CanvasObject{p.toast}}
	p.Object = bidi.Stack(ground(env, style.Background), body, p.passing, p.over)
	return p
}

// Narrow reports whether a page stands in place of the list.
func (p *People) Narrow() bool { return p.Object.Size().Width < deskThree }

// ShowPage says which of list and page a narrow window shows.
func (p *People) ShowPage(on bool) {
	if p.panes.open != on {
		p.panes.open = on
		p.panes.again()
	}
}

// SetToast tells what was just done; an empty sentence takes it away.
func (p *People) SetToast(sentence string) {
	p.toast.Objects = nil
	if sentence != "" {
		p.toast.Objects = []fyne.CanvasObject{ui.Toast(p.env, sentence, "", nil)}
	}
	fill(p.passing, p.toast)
}

// SetOver lays a card over the screen until done is called; nil takes it away.
func (p *People) SetOver(card fyne.CanvasObject, done func()) {
	if card == nil {
		fill(p.over, nil)
		return
	}
	fill(p.over, bidi.Stack(newScrim(p.env, done), &fyne.Container{Layout: &overLayout{}, Objects: []fyne.CanvasObject{card}}))
}

// PeopleRail is what the rail shows.
type PeopleRail struct {
	View       model.PeopleView
	Importing  bool
	Name, Post string
}

// SetRail shows the rail.
func (p *People) SetRail(s PeopleRail) {
	env := p.env
	item := func(icon assets.Icon, word string, current bool, tap func()) fyne.CanvasObject {
		return ui.RailItem(env, ui.RailState{Icon: icon, Word: word, Current: current}, tap)
	}
	items := []fyne.CanvasObject{
		bidi.Pad(env, bidi.Insets{Start: style.Space4, Bottom: style.Space12}, bidi.Row(env, style.Space12, deskMark(env), bidi.Grow(bidi.NewParagraph(env, env.T("people.title"), bidi.Text{Bold: true})))),
		item(assets.IconOffice, env.T("people.offices"), s.View == model.PeopleOffices && !s.Importing, func() { p.acts.View(model.PeopleOffices) }),
		item(assets.IconPeople, env.T("people.officers"), s.View == model.PeopleOfficers && !s.Importing, func() { p.acts.View(model.PeopleOfficers) }),
		item(assets.IconDocument, env.T("people.import"), s.Importing, p.acts.Open),
		ui.Divider(env),
		item(assets.IconInbox, env.T("people.to_desk"), false, p.acts.Desk),
	}
	foot := bidi.Column(env, 0, ui.Divider(env),
		ui.Tap(env, s.Name, bidi.Pad(env, bidi.Sides(style.Space16, style.Space8), railFoot(env, initials(env, model.Initials(s.Name), 36), s.Name, s.Post)), p.acts.Person))
	views := bidi.Scroll(bidi.Pad(env, bidi.Insets{Top: style.Space12, Start: style.Space8, End: style.Space8, Bottom: style.Space8}, column(env, 2, items...)))
	fill(p.rail, bidi.Stack(ground(env, style.Surface), bidi.Border(env, nil, foot, nil, nil, views)))
}

// PeopleListState is what the list shows.
type PeopleListState struct {
	View    model.PeopleView
	Reading bool
	Trouble string // why it cannot be read
	Offline bool   // that is the reason
	// Scope names the office whose offices below are listed; empty for all.
	Scope    string
	Search   string
	Count    int // rows read so far
	More     bool
	Selected string // id
	Line     func(i int) model.PeopleLine
}

// SetList shows another list, from its top.
func (p *People) SetList(s PeopleListState) { p.put(s, true) }

// UpdateList shows the same list with more rows, or with rows that changed.
func (p *People) UpdateList(s PeopleListState) { p.put(s, false) }

func (p *People) put(s PeopleListState, top bool) {
	env := p.env
	p.state = s
	if p.search.Text() != s.Search {
		p.search.SetText(s.Search)
	}
	word := env.T("people.offices")
	if s.View == model.PeopleOfficers {
		word = env.T("people.officers")
	}
	fill(p.head, bidi.NewLabel(env, word, bidi.Text{Size: style.Title, Bold: true}))
	fill(p.path, p.scope())
	switch {
	case s.Trouble != "":
		p.other(p.trouble())
	case s.Count == 0 && s.Reading:
		p.other(bidi.Pad(env, bidi.Around(style.Edge), muted(env, env.T("people.reading"))))
	case s.Count == 0:
		p.other(ui.EmptyState(env, assets.IconSearch, env.T("people.none"), ui.Button(env, ui.ButtonState{Word: env.T("people.all")}, func() { p.acts.Below("") })))
	default:
		if !p.showing {
			p.showing, top = true, true
			fill(p.body, p.rows.Object)
		}
		if top {
			p.rows.Set(s.Count)
		} else {
			p.rows.Extend(s.Count)
		}
	}
	if p.list.Size().Width > 0 {
		relay(p.list)
	}
}

func (p *People) other(o fyne.CanvasObject) {
	p.showing = false
	fill(p.body, o)
}

func (p *People) trouble() fyne.CanvasObject {
	icon := assets.IconTriangle
	if p.state.Offline {
		icon = assets.IconCloudOff
	}
	return ui.EmptyState(p.env, icon, p.state.Trouble, ui.Button(p.env, ui.ButtonState{Word: p.env.T("action.retry"), Icon: assets.IconLoop}, p.acts.Retry))
}

// scope says below which office the list looks, with the way out.
func (p *People) scope() fyne.CanvasObject {
	if p.state.View != model.PeopleOffices || p.state.Scope == "" {
		return nil
	}
	word := p.env.T("people.below_of", "name", p.state.Scope)
	return bidi.Flow(p.env, style.Space8, ui.FilterChip(p.env, word, true, func() { p.acts.Below("") }))
}

// row is one line of the list. Reaching the last ones asks for more.
func (p *People) row(i int) fyne.CanvasObject {
	env := p.env
	if i >= p.state.Count {
		return bidi.Spacer(0, 1)
	}
	if p.state.More && i >= p.state.Count-peopleAhead {
		p.acts.More()
	}
	l := p.state.Line(i)
	open := p.acts.Officer
	if p.state.View == model.PeopleOffices {
		open = p.acts.Office
	}
	return p.line(l, l.ID == p.state.Selected, func() { open(l.ID) }, bidi.NewLabel(env, "", bidi.Text{Size: style.Caption}))
}

// peopleAhead is how many rows before the end of the list more are asked for.
const peopleAhead = 40

// line is an office or officer: name, note, and what needs the administrator. blank
// keeps the room of a missing warning, so that all rows of a list are equally high.
func (p *People) line(l model.PeopleLine, selected bool, open func(), blank fyne.CanvasObject) fyne.CanvasObject {
	env := p.env
	warn := blank
	if l.Warn != "" {
		warn = bidi.Row(env, style.Space4, ui.Icon(env, assets.IconTriangle, style.Warning, 16), bidi.Grow(bidi.NewCutLabel(env, l.Warn, bidi.Text{Size: style.Caption, Role: style.Warning})))
	}
	words := column(env, 0,
		bidi.NewCutLabel(env, l.Name, bidi.Text{Bold: true, Order: bidi.ByText}),
		bidi.NewCutLabel(env, l.Note, bidi.Text{Size: style.Small, Role: style.InkMuted}), warn)
	row := bidi.Pad(env, bidi.Sides(style.Edge, style.Space8), bidi.Row(env, style.Space12, bidi.Grow(words), ui.Icon(env, assets.IconChevron, style.InkMuted, 20)))
	back := canvas.NewRectangle(env.Color(style.Surface))
	if selected {
		back.FillColor = env.Color(style.PrimaryBox)
	}
	return bidi.Stack(back, ui.Tap(env, l.Name, row, open))
}

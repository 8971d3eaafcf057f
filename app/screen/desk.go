package screen

import (
	"reflect"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"

	"github.com/citizens-portal/portal/app/bidi"
	"github.com/citizens-portal/portal/app/model"
	"github.com/citizens-portal/portal/app/style"
	"github.com/citizens-portal/portal/app/ui"
	"github.com/citizens-portal/portal/assets"
)

// DeskActs are what an officer can do at the desk.
type DeskActs struct {
	View         func(model.DeskView)
	Query        func(model.DeskQuery)
	Open         func(id string)
	Leave        func() // the complaint, where it stands in place of the list
	Tab          func(model.DeskTab)
	Do           func(model.DeskAction)
	Assign       func(officer string)
	Write        func(text string) // in the conversation, as it is written
	Send         func()            // the message
	Form         DeskFormActs
	Reveal       DeskRevealActs
	Again, Drop  func(op string)
	Edit         func(r model.Refusal)
	Sync, Person func()
	People       func() // for administrators
	Categories   func() // opens the filters' lists
	Holders      func()
	Keys         func() // the cheat sheet
	More         func(rest []model.DeskAction)
	Turned       func() // the window became narrow, or wide again; may be nil
}

// Desk is the officer's screen: rail, list and complaint side by side, or, in a narrow
// window, the complaint in place of the list. Unlike other screens it stays and takes
// new states part by part, so that a list keeps its place and a field its caret while
// news come in.
type Desk struct {
	// Object is what to put on the page.
	Object *fyne.Container

	env   bidi.Env
	acts  DeskActs
	panes *deskPanes

	rail, detail, toast, over *fyne.Container
	passing                   *fyne.Container // the layer of the toast
	list                      *deskListPane

	// What rail and detail show. What is shown already is not made anew: a tap counts
	// only when what was pressed is still there on release.
	railShown *DeskRail
	caseShown *DeskCaseState
}

// Widths of the panes in Fyne units.
const (
	deskRail   float32 = 208
	deskThree  float32 = 1100 // from here on there are three panes
	deskDetail float32 = 460
)

// NewDesk returns the desk with empty panes.
func NewDesk(env bidi.Env, acts DeskActs) *Desk {
	d := &Desk{env: env, acts: acts, rail: bidi.Stack(), detail: bidi.Stack(), toast: bidi.Stack(), over: bidi.Stack()}
	d.list = newDeskListPane(env, acts)
	d.panes = &deskPanes{turned: acts.Turned, env: env, rail: d.rail, list: d.list.object, detail: d.detail, lines: [2]fyne.CanvasObject{upright(env), upright(env)}}
	body := &fyne.Container{Layout: d.panes, Objects: []fyne.CanvasObject{d.rail, d.list.object, d.detail, d.panes.lines[0], d.panes.lines[1]}}
	d.passing = &fyne.Container{Layout: &deskToast{panes: d.panes}, Objects: []fyne.CanvasObject{d.toast}}
	d.Object = bidi.Stack(ground(env, style.Background), body, d.passing, d.over)
	return d
}

// ground is a plain surface.
func ground(env bidi.Env, role fyne.ThemeColorName) *canvas.Rectangle {
	return canvas.NewRectangle(env.Color(role))
}

func upright(env bidi.Env) fyne.CanvasObject { return ground(env, style.Outline) }

// fill puts an object, or nothing, into one of the desk's places.
func fill(place *fyne.Container, o fyne.CanvasObject) {
	place.Objects = nil
	if o != nil {
		place.Objects = []fyne.CanvasObject{o}
	}
	place.Layout.Layout(place.Objects, place.Size())
	place.Refresh()
}

// Narrow reports whether the complaint stands in place of the list.
func (d *Desk) Narrow() bool { return d.Object.Size().Width < deskThree }

// ShowCase says which of list and complaint a narrow window shows.
func (d *Desk) ShowCase(on bool) {
	if d.panes.open != on {
		d.panes.open = on
		d.panes.again()
	}
}

// SetToast tells what was just done, with the way to take it back.
func (d *Desk) SetToast(sentence, undoWord string, undo func()) {
	d.toast.Objects = nil
	if sentence != "" {
		d.toast.Objects = []fyne.CanvasObject{ui.Toast(d.env, sentence, undoWord, undo)}
	}
	fill(d.passing, d.toast)
}

// SetOver lays a card over the desk until done is called; nil takes it away.
func (d *Desk) SetOver(card fyne.CanvasObject, done func()) {
	if card == nil {
		fill(d.over, nil)
		return
	}
	fill(d.over, bidi.Stack(newScrim(d.env, done), &fyne.Container{Layout: &overLayout{}, Objects: []fyne.CanvasObject{card}}))
}

// deskPanes lays the panes beside each other, from the start.
type deskPanes struct {
	env                bidi.Env
	rail, list, detail fyne.CanvasObject
	lines              [2]fyne.CanvasObject
	open               bool // a narrow window shows the complaint
	turned             func()
	size               fyne.Size
}

// MinSize implements [fyne.Layout].
func (p *deskPanes) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(480, 400) }

// Layout implements [fyne.Layout].
func (p *deskPanes) Layout(_ []fyne.CanvasObject, size fyne.Size) {
	was := p.size.Width
	p.size = size
	p.again()
	if was > 0 && (was < deskThree) != (size.Width < deskThree) && p.turned != nil {
		p.turned()
	}
}

// widths gives the widths of rail, list and complaint; one that is not shown has none.
func (p *deskPanes) widths() (rail, list, detail float32) {
	rail = deskRail * min(float32(p.env.Style.Scale()), 1.4)
	rest := p.size.Width - rail
	switch {
	case p.size.Width >= deskThree:
		detail = min(max(deskDetail, rest*0.48), rest*0.5)
		return rail, rest - detail, detail
	case p.open:
		return rail, 0, rest
	}
	return rail, rest, 0
}

func (p *deskPanes) again() {
	if p.size.Width <= 0 {
		return
	}
	rail, list, detail := p.widths()
	x := p.put(p.rail, 0, rail)
	x = p.put(p.list, x, list)
	p.put(p.detail, x, detail)
	p.line(p.lines[0], rail, true)
	p.line(p.lines[1], rail+list, list > 0 && detail > 0)
}

func (p *deskPanes) put(o fyne.CanvasObject, x, width float32) float32 {
	if width <= 0 {
		o.Hide()
		return x
	}
	o.Move(fyne.NewPos(p.side(x, width), 0))
	o.Resize(fyne.NewSize(width, p.size.Height))
	o.Show()
	return x + width
}

func (p *deskPanes) line(o fyne.CanvasObject, x float32, shown bool) {
	if !shown {
		o.Hide()
		return
	}
	o.Move(fyne.NewPos(p.side(x, style.LineThin), 0))
	o.Resize(fyne.NewSize(style.LineThin, p.size.Height))
	o.Show()
}

// side is where something starts from the left, mirrored where lines run from the right.
func (p *deskPanes) side(x, width float32) float32 {
	if p.env.RTL() {
		return p.size.Width - x - width
	}
	return x
}

// deskToast puts the toast at the foot of the list.
type deskToast struct{ panes *deskPanes }

// MinSize implements [fyne.Layout].
func (*deskToast) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.Size{} }

// Layout implements [fyne.Layout].
func (t *deskToast) Layout(objs []fyne.CanvasObject, size fyne.Size) {
	p := t.panes
	rail, list, detail := p.widths()
	w := min(max(list, detail), 560) - 2*style.Edge
	if list > 0 {
		w = min(list, 560) - 2*style.Edge
	}
	for _, o := range objs {
		h := bidi.HeightFor(o, w)
		o.Move(fyne.NewPos(p.side(rail+style.Edge, w), size.Height-h-deskFoot-style.Space12))
		o.Resize(fyne.NewSize(w, h))
	}
}

// overLayout puts a card in the middle, as high as it needs to be.
type overLayout struct{}

// MinSize implements [fyne.Layout].
func (*overLayout) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.Size{} }

// Layout implements [fyne.Layout].
func (*overLayout) Layout(objs []fyne.CanvasObject, size fyne.Size) {
	w := min(size.Width-2*style.Edge, 520)
	for _, o := range objs {
		h := min(bidi.HeightFor(o, w), size.Height-2*style.Space32)
		o.Move(fyne.NewPos((size.Width-w)/2, max(style.Space32, (size.Height-h)/3)))
		o.Resize(fyne.NewSize(w, h))
	}
}

// DeskRail is what the rail shows.
type DeskRail struct {
	View   model.DeskView
	Counts map[model.DeskView]int
	Sync   model.DeskSync
	Name   string
	Post   string
	People bool // they administer offices and officers
}

// SetRail shows the rail.
func (d *Desk) SetRail(s DeskRail) {
	if d.railShown != nil && reflect.DeepEqual(*d.railShown, s) {
		return
	}
	d.railShown = &s
	env := d.env
	title := bidi.Row(env, style.Space12, deskMark(env), bidi.Grow(bidi.NewParagraph(env, env.T("desk.title"), bidi.Text{Bold: true})))
	items := []fyne.CanvasObject{bidi.Pad(env, bidi.Insets{Start: style.Space4, Bottom: style.Space12}, title),
		bidi.Pad(env, bidi.Insets{Start: style.Space12}, bidi.NewLabel(env, env.T("desk.rail"), bidi.Text{Size: style.Caption, Bold: true, Role: style.InkMuted}))}
	for _, v := range model.DeskViews() {
		if v == model.DeskAttention && s.Counts[v] == 0 && s.View != v {
			continue
		}
		items = append(items, d.railItem(v, s))
	}
	if s.People {
		items = append(items, ui.Divider(env), ui.RailItem(env, ui.RailState{Icon: assets.IconPeople, Word: env.T("people.title")}, d.acts.People))
	}
	foot := bidi.Column(env, 0,
		ui.Tap(env, s.Sync.Title, bidi.Pad(env, bidi.Sides(style.Space16, style.Space8), railFoot(env, ui.Icon(env, s.Sync.Icon, tone(s.Sync.Mood).Text, 20), s.Sync.Title, s.Sync.Text)), d.acts.Sync),
		ui.Divider(env),
		ui.Tap(env, s.Name, bidi.Pad(env, bidi.Sides(style.Space16, style.Space8), railFoot(env, initials(env, model.Initials(s.Name), 36), s.Name, s.Post)), d.acts.Person))
	views := bidi.Scroll(bidi.Pad(env, bidi.Insets{Top: style.Space12, Start: style.Space8, End: style.Space8, Bottom: style.Space8}, column(env, 2, items...)))
	fill(d.rail, bidi.Stack(ground(env, style.Surface), bidi.Border(env, nil, foot, nil, nil, views)))
}

func deskMark(env bidi.Env) fyne.CanvasObject {
	box := ground(env, style.Primary)
	box.CornerRadius = style.RadiusChip
	return bidi.Sized(34, 34, bidi.Stack(box, bidi.Middle(ui.Icon(env, assets.IconMark, style.OnPrimary, 22))))
}

func (d *Desk) railItem(v model.DeskView, s DeskRail) fyne.CanvasObject {
	look := deskViewLook(d.env, v)
	st := ui.RailState{Icon: look.icon, Word: look.word, Current: v == s.View, Alarm: (v == model.DeskOverdue || v == model.DeskAttention) && s.Counts[v] > 0}
	if n := s.Counts[v]; n > 0 {
		st.Count = number(n)
	}
	return ui.RailItem(d.env, st, func() { d.acts.View(v) })
}

func railFoot(env bidi.Env, icon fyne.CanvasObject, title, text string) fyne.CanvasObject {
	return bidi.Row(env, style.Space12, icon, bidi.Grow(bidi.Column(env, 0,
		bidi.NewCutParagraph(env, title, 2, bidi.Text{Size: style.Small, Bold: true, Order: bidi.ByText}),
		bidi.NewCutLabel(env, text, bidi.Text{Size: style.Caption, Role: style.InkMuted}))))
}

// initials is a disc with the first letters of a name.
func initials(env bidi.Env, letters string, size float32) fyne.CanvasObject {
	s := env.Style.Scaled(size)
	return bidi.Sized(s, s, bidi.Stack(canvas.NewCircle(env.Color(style.PrimaryBox)),
		bidi.Middle(bidi.NewLabel(env, letters, bidi.Text{Size: style.Small, Bold: true, Role: style.OnPrimaryBox, Align: bidi.Center}))))
}

type viewLook struct {
	word string
	icon assets.Icon
}

func deskViewLook(env bidi.Env, v model.DeskView) viewLook {
	switch v {
	case model.DeskAttention:
		return viewLook{env.T("desk.view.attention"), assets.IconCloudOff}
	case model.DeskNew:
		return viewLook{env.T("desk.new"), assets.IconPlus}
	case model.DeskMine:
		return viewLook{env.T("desk.view.mine"), assets.IconPerson}
	case model.DeskDueSoon:
		return viewLook{env.T("desk.view.due_soon"), assets.IconClock}
	case model.DeskOverdue:
		return viewLook{env.T("desk.view.overdue"), assets.IconTriangle}
	case model.DeskEscalated:
		return viewLook{env.T("desk.view.escalated"), assets.IconArrowUp}
	case model.DeskReopened:
		return viewLook{env.T("desk.view.reopened"), assets.IconLoop}
	case model.DeskAppeals:
		return viewLook{env.T("desk.view.appeals"), assets.IconStepsUp}
	case model.DeskWaiting:
		return viewLook{env.T("desk.view.waiting"), assets.IconQuestion}
	}
	return viewLook{env.T("desk.view.open"), assets.IconInbox}
}

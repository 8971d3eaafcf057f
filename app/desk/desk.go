// Package desk runs the officer's desk: it joins the complaints on the device with the
// screen, and the keys and taps of the screen with the SDK.
//
// Everything shown comes from the device, so the desk is the same without a network.
// Reading happens off the UI's goroutine and arrives in one piece; nothing but the UI's
// goroutine touches the screen. An act is saved at once and held back for some seconds,
// in which it can be undone: it is in the SDK's outbox from the first moment, so that
// nothing is lost when the program is killed meanwhile. The package must never know the
// server's rules: what may be done comes with each complaint.
//
// Start with [New], then acts.go for what an officer does and keys.go for the keyboard.
package desk

import (
	"cmp"
	"context"
	"io"
	"sync"
	"time"

	"fyne.io/fyne/v2"

	"github.com/citizens-portal/portal/app/bidi"
	"github.com/citizens-portal/portal/app/model"
	"github.com/citizens-portal/portal/app/screen"
	"github.com/citizens-portal/portal/sdk"
	"github.com/citizens-portal/portal/sdk/api"
)

// Config is what a desk needs.
type Config struct {
	Client *sdk.Client
	Env    bidi.Env
	// Words gives the language as of now.
	Words func() model.Words
	// Spawn runs work off the UI's goroutine, Dispatch on it, and After on it once a
	// time has passed. Tests run all of them inline.
	Spawn    func(func())
	Dispatch func(func())
	After    func(d time.Duration, f func()) (stop func())
	// Focus gives a part the keyboard; nil takes it from all.
	Focus func(fyne.Focusable)
	// Modifiers tells which keys are held.
	Modifiers func() fyne.KeyModifier
	// PickFile lets a person choose a file; nothing is called when they choose none.
	PickFile func(chosen func(io.ReadCloser, error))
	// Say tells about something in the way that belongs to no field.
	Say func(sentence string)
	// SignIn and Person open the app's own pages.
	SignIn, Person func()
	// People opens "People and posts", for administrators.
	People func()
	// State is where the officer was, and Keep remembers where they are.
	State State
	Keep  func(State)
}

// State is where an officer is. It names complaints by id only, so that it may lie
// outside the sealed store.
type State struct {
	Query model.DeskQuery  `json:"query,omitzero"`
	Open  string           `json:"open,omitempty"`
	Tab   model.DeskTab    `json:"tab,omitempty"`
	Form  model.DeskAction `json:"form,omitempty"`
	Shown bool             `json:"shown,omitempty"` // in place of the list, in a narrow window
}

// kept is what may be written down: what was searched for may name people.
func (s State) kept() State {
	s.Query.Search = ""
	return s
}

// known is what a desk has read; it is replaced as a whole.
type known struct {
	guide   model.Guide
	office  model.Office
	profile api.Profile
}

// opened is the complaint that is open, as read from the device.
type opened struct {
	complaint sdk.Complaint
	events    []api.Event
	message   string // being written in the conversation
	ok        bool
}

// Desk is the desk at work. Its fields belong to the UI's goroutine, but for those that
// mu guards.
type Desk struct {
	cfg  Config
	ctx  context.Context
	view *screen.Desk

	state  State
	list   model.DeskList
	status sdk.Status
	known  known
	open   opened
	page   model.DeskCase // what the open complaint shows
	fields screen.DeskFields

	form  *screen.DeskForm
	wrong string // with the message
	busy  bool   // an act is being saved
	// stroke: a key is being followed whose letter is still to come.
	stroke  bool
	over    bool // a card lies over the desk
	done    undoable
	toasts  int
	saving  saving
	reveal  revealing
	noted   string // the complaint whose opening was told
	read    bool   // what is on the device was read; nothing is claimed about it before
	reading bool   // a reading is on its way
	again   bool   // and another one is due after it
	turn    int    // counts acts: a reading from before one tells nothing about what is open
	resumed bool   // what was open when the program was left is open again

	mu    sync.Mutex   // guards inbox
	inbox *model.Inbox // nil until all complaints were read
}

// New makes a desk and starts reading. It ends with ctx.
func New(ctx context.Context, cfg Config) *Desk {
	d := &Desk{cfg: cfg, ctx: ctx, state: cfg.State, list: model.DeskList{Query: cfg.State.Query}}
	d.saving.init()
	d.resumed = cfg.State.Form == ""
	d.view = screen.NewDesk(cfg.Env, screen.DeskActs{
		Reveal: d.revealActs(),
		View:   d.setView, Query: d.setQuery, Open: d.openCase, Leave: d.leaveCase, Tab: d.setTab,
		Do: d.do, Assign: d.assign, Write: d.wrote, Send: d.sendMessage,
		Again: d.retry, Drop: d.drop, Edit: d.edit, Sync: d.syncNow, Person: cfg.Person, People: cfg.People,
		Categories: d.chooseCategory, Holders: d.chooseHolder, Keys: d.showKeys, More: d.showMore, Turned: d.showCase,
		Form: screen.DeskFormActs{
			Text: d.formText, Disposition: d.formDisposition, Office: d.formOffice, AddFile: d.addFile, RemoveFile: d.removeFile,
			Send: d.sendForm, Leave: d.leaveForm, Escape: d.escape,
		},
	})
	d.view.ShowCase(d.state.Shown)
	d.show()
	cfg.Spawn(d.start)
	return d
}

// Object is what to put in the window.
func (d *Desk) Object() fyne.CanvasObject { return d.view.Object }

// start reads everything, first what lists need and then the whole texts, and follows
// the changes from there on.
func (d *Desk) start() {
	changes := d.cfg.Client.Changes(d.ctx)
	err := d.readAll(false)
	d.readKnown()
	d.cfg.Dispatch(d.refresh)
	if err == nil {
		err = d.readAll(true)
		d.cfg.Dispatch(d.refresh)
	}
	if err != nil && d.ctx.Err() == nil {
		d.cfg.Dispatch(func() { d.cfg.Say(model.Say(d.cfg.Words(), err)) })
	}
	go d.follow(changes) // ends with ctx
}

// follow takes the changes of the SDK, one batch at a time.
func (d *Desk) follow(changes <-chan sdk.Change) {
	for c := range changes {
		d.changed(c)
	}
}

func (d *Desk) changed(c sdk.Change) {
	if c.Directory || c.Account {
		d.readKnown()
	}
	found, gone, err := d.cfg.Client.Desk.Held(d.ctx, c.Complaints...)
	if c.Account || !d.update(found, gone, err) {
		_ = d.readAll(true) // failing again, it is read with the next change
	}
	d.cfg.Dispatch(d.refresh)
}

// update takes in complaints that changed; false when all must be read.
func (d *Desk) update(found []sdk.Complaint, gone []string, err error) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err != nil || d.inbox == nil {
		return false
	}
	d.inbox.Update(found, gone)
	return true
}

// readAll reads all complaints, in full or as lists need them.
func (d *Desk) readAll(whole bool) error {
	profile, err := d.cfg.Client.Accounts.Profile()
	if err != nil {
		return err
	}
	page, err := d.cfg.Client.Desk.Inbox(d.ctx, sdk.ViewEveryone, whole)
	if err != nil {
		return err
	}
	inbox := model.NewInbox(profile.Subject)
	inbox.Replace(page.Complaints)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.inbox = inbox
	return nil
}

// readKnown reads places, kinds, offices and colleagues; what is not on the device is
// fetched, and left out when that fails.
func (d *Desk) readKnown() {
	c := d.cfg.Client
	k := known{}
	k.guide.Areas, _ = c.Directory.Areas(d.ctx)
	k.guide.Kinds, _ = c.Directory.Categories(d.ctx)
	k.office.Offices, _ = c.Directory.Offices(d.ctx)
	k.office.Officers, _ = c.Desk.Officers(d.ctx)
	k.profile, _ = c.Accounts.Profile()
	k.office.Own = k.profile.Office
	d.cfg.Dispatch(func() { d.known = k })
}

// reading is what one reading brought.
type reading struct {
	list   model.DeskList
	status sdk.Status
	open   opened
	id     string
	turn   int
	read   bool  // list is what is on the device
	err    error // about the status
}

// refresh reads anew and shows it. While one reading is on its way, all further calls
// together make one more.
func (d *Desk) refresh() {
	if d.ctx.Err() != nil {
		return
	}
	if d.reading {
		d.again = true
		return
	}
	d.reading = true
	q, id, turn, now := d.state.Query, d.state.Open, d.turn, d.cfg.Words().Now
	d.cfg.Spawn(func() {
		r := reading{id: id, turn: turn, open: d.readCase(id)}
		r.status, r.err = d.cfg.Client.Sync.Status()
		d.mu.Lock()
		if d.inbox != nil {
			r.list, r.read = d.inbox.Find(q, now), true
		}
		d.mu.Unlock()
		d.cfg.Dispatch(func() { d.arrived(r) })
	})
}

func (d *Desk) arrived(r reading) {
	d.reading = false
	d.list = r.list
	if r.err == nil {
		d.status = r.status
		d.read = d.read || r.read
	}
	if r.id == d.state.Open && r.turn == d.turn {
		r.open.message = cmp.Or(d.open.message, r.open.message)
		d.open = r.open
	}
	d.show()
	if d.open.ok && !d.resumed {
		d.reopen()
	}
	if d.again {
		d.again = false
		d.refresh()
	}
}

// readCase reads one complaint from the device.
func (d *Desk) readCase(id string) (o opened) {
	if id == "" {
		return o
	}
	found, _, err := d.cfg.Client.Desk.Held(d.ctx, id)
	if err != nil || len(found) == 0 {
		return o
	}
	o.complaint, o.ok = found[0], true
	if t, err := d.cfg.Client.Complaints.Timeline(d.ctx, id); err == nil {
		o.events = t.Events
	}
	draft, err := d.cfg.Client.Desk.Draft(d.ctx, id, string(model.DeskMessage))
	if err == nil {
		o.message = draft.Text
	}
	return o
}

// show draws all panes from what is known.
func (d *Desk) show() {
	d.showRail()
	d.showList()
	d.showCase()
}

func (d *Desk) showRail() {
	w, p := d.cfg.Words(), d.known.profile
	view := cmp.Or(d.state.Query.View, model.DeskOpen)
	post := w.In(p.Title)
	if name := d.known.office.OfficeName(w, p.Office); name != "" && post != "" {
		post += " · " + name
	}
	state := model.DeskSyncReading(w)
	if d.read {
		state = model.DeskSyncOf(w, d.status)
	}
	d.view.SetRail(screen.DeskRail{View: view, Counts: d.list.Counts, Sync: state, Name: p.Name, Post: post, People: p.Post == model.PostAdmin})
}

func (d *Desk) showList() {
	w := d.cfg.Words()
	q := d.state.Query
	q.View = cmp.Or(q.View, model.DeskOpen)
	s := screen.DeskListState{
		Reading: !d.read, Query: q, Count: len(d.list.Cases), InView: d.list.InView, Held: d.list.Held, Offline: d.status.Offline, Selected: d.list.At(d.state.Open),
	}
	if q.Category != "" {
		kind, _ := d.known.guide.Kind(w, q.Category)
		s.Category = kind.Name
	}
	if q.Holder != "" {
		s.Holder = d.known.office.Holder(w, q.Holder, api.Text{})
	}
	cases, k := d.list.Cases, d.known
	s.Row = func(i int) model.DeskRow { return model.DeskRowOf(w, k.guide, k.office, *cases[i]) }
	d.view.SetList(s)
}

func (d *Desk) showCase() {
	d.page = model.DeskCase{}
	if d.open.ok {
		d.page = model.DeskCaseOf(d.cfg.Words(), d.known.guide, d.known.office, d.list.Loads, d.open.complaint, d.open.events)
	}
	d.noteOpened()
	d.view.SetCase(screen.DeskCaseState{
		Identity: d.reveal.identity,
		Case:     d.page, Tab: d.state.Tab, Form: d.form, Message: d.open.message, Wrong: d.wrong, Busy: d.busy, Narrow: d.view.Narrow(), Kept: &d.fields,
	})
}

// keep remembers where the officer is.
func (d *Desk) keep() { d.cfg.Keep(d.state.kept()) }

// setView shows another view; search and filters go, as they were about the last one.
func (d *Desk) setView(v model.DeskView) {
	d.setQuery(model.DeskQuery{View: v, Newest: d.state.Query.Newest})
	d.state.Shown = false
	d.view.ShowCase(false)
}

func (d *Desk) setQuery(q model.DeskQuery) {
	d.state.Query = q
	d.keep()
	d.refresh()
}

func (d *Desk) setTab(t model.DeskTab) {
	d.state.Tab = t
	d.keep()
	d.showCase()
}

// openCase opens a complaint; in a narrow window it takes the place of the list.
func (d *Desk) openCase(id string) {
	d.state.Shown = true
	d.view.ShowCase(true)
	d.choose(id)
}

// choose makes a complaint the open one.
func (d *Desk) choose(id string) {
	if id == d.state.Open && d.open.ok {
		d.keep()
		d.showCase()
		return
	}
	d.Pause()
	d.closeForm()
	d.hideIdentity()
	d.state.Open, d.open, d.wrong, d.noted = id, opened{}, "", ""
	d.keep()
	d.view.Select(d.list.At(id))
	d.cfg.Spawn(func() {
		o := d.readCase(id)
		d.cfg.Dispatch(func() {
			if d.state.Open == id && d.ctx.Err() == nil {
				d.open = o
				d.showCase()
			}
		})
	})
}

// leaveCase goes back to the list in a narrow window.
func (d *Desk) leaveCase() {
	d.Pause()
	d.hideIdentity()
	d.noted = ""
	d.state.Shown = false
	d.keep()
	d.view.ShowCase(false)
}

// reopen shows the form that was open when the program was left.
func (d *Desk) reopen() {
	d.resumed = true
	if a := d.state.Form; a != "" && d.form == nil && d.page.May(a) {
		d.openForm(a)
	}
}

// syncNow asks for a sync, or leads to what stands in its way.
func (d *Desk) syncNow() {
	if d.status.Attention > 0 {
		d.setView(model.DeskAttention)
		return
	}
	if !d.status.SignedIn {
		d.cfg.SignIn()
		return
	}
	d.cfg.Client.Sync.Poke()
	d.refresh()
}

func (d *Desk) chooseCategory() {
	d.filter(d.cfg.Env.T("desk.category"), d.list.CategoryChoices(d.cfg.Words(), d.known.guide), func(q *model.DeskQuery, id string) { q.Category = id })
}

func (d *Desk) chooseHolder() {
	d.filter(d.cfg.Env.T("desk.holder"), d.list.HolderChoices(d.cfg.Words(), d.known.office), func(q *model.DeskQuery, id string) { q.Holder = id })
}

func (d *Desk) filter(title string, list []model.DeskChoice, set func(*model.DeskQuery, string)) {
	d.setOver(d.view.DeskChooser(title, list, "", func(id string) {
		d.closeOver()
		q := d.state.Query
		set(&q, id)
		d.setQuery(q)
	}, d.closeOver))
}

func (d *Desk) setOver(card fyne.CanvasObject) {
	d.over = true
	d.cfg.Focus(nil)
	d.view.SetOver(card, d.closeOver)
}

func (d *Desk) closeOver() {
	d.over, d.reveal.asking = false, false
	d.cfg.Focus(nil)
	d.view.SetOver(nil, nil)
}

// showMore lists the actions that the bar has no room for.
func (d *Desk) showMore(rest []model.DeskAction) {
	d.setOver(d.view.DeskMore(rest, func(a model.DeskAction) {
		d.closeOver()
		d.do(a)
	}, d.closeOver))
}

func (d *Desk) showKeys() { d.setOver(d.view.DeskKeys(d.closeOver)) }

// Package people runs "People and posts", where administrators appoint officers: it
// joins the SDK's administration with the screen.
//
// It works with the server only: nothing is kept on the device and nothing waits in the
// outbox, so without the server it says so and offers to try again. Lists are read page
// by page as they are scrolled and searched on the server, so that a province of any
// size costs the same. Calls run off the UI's goroutine and arrive in one piece; an
// answer that is not wanted any more is dropped. When the server wants a fresh proof of
// who asks, the call waits for the code and is made again. The package must never know
// the server's rules.
//
// Start with [New], then page.go for offices and officers, form.go for what is done
// about them and importing.go for files.
package people

import (
	"context"
	"errors"
	"io"
	"time"

	"fyne.io/fyne/v2"

	"github.com/citizens-portal/portal/app/bidi"
	"github.com/citizens-portal/portal/app/model"
	"github.com/citizens-portal/portal/app/screen"
	"github.com/citizens-portal/portal/sdk"
	"github.com/citizens-portal/portal/sdk/api"
)

// Config is what the page needs.
type Config struct {
	Client *sdk.Client
	Env    bidi.Env
	// Words gives the language as of now.
	Words func() model.Words
	// Spawn runs work off the UI's goroutine, Dispatch on it, and After on it once a
	// time has passed.
	Spawn    func(func())
	Dispatch func(func())
	After    func(d time.Duration, f func()) (stop func())
	// Focus gives a part the keyboard; nil takes it from all.
	Focus func(fyne.Focusable)
	// PickFile lets a person choose a CSV file; nothing is called when they choose none.
	PickFile func(chosen func(name string, r io.ReadCloser, err error))
	// Copy puts text on the clipboard.
	Copy func(text string)
	// Desk and Person open the app's own pages.
	Desk, Person func()
}

const (
	// pageSize is how many rows one call brings: some screens full, in one answer that
	// a slow line carries in a second or two.
	pageSize = 100
	// typingPause is how long a person rests before what they wrote is searched for.
	typingPause = 300 * time.Millisecond
	toastTime   = 6 * time.Second
	// matches bounds the offices offered for a search in a form.
	matches = 6
)

// list is one of the two lists, as far as it was read.
type list struct {
	view     model.PeopleView
	scope    string // the office whose offices below are listed; "" lists all
	search   string
	offices  []api.OfficeRow
	officers []api.OfficerRecord
	more     bool
	reading  bool
	err      error
	gen      int // counts readings, so that only the newest is shown
	stop     func()
}

func (l *list) count() int { return max(len(l.offices), len(l.officers)) }

// last is the id from which the next page goes on.
func (l *list) last() string {
	if n := len(l.offices); n > 0 {
		return l.offices[n-1].ID
	}
	if n := len(l.officers); n > 0 {
		return l.officers[n-1].ID
	}
	return ""
}

// People is the page at work. Its fields belong to the UI's goroutine.
type People struct {
	cfg  Config
	ctx  context.Context
	view *screen.People

	profile api.Profile
	names   model.OfficeNames
	list    list
	open    opened
	form    *form
	step    *stepUp
	imports *importing
	toasts  int
}

// New makes the page and starts reading. It ends with ctx.
func New(ctx context.Context, cfg Config) *People {
	p := &People{cfg: cfg, ctx: ctx, names: model.OfficeNames{}, list: list{view: model.PeopleOffices}}
	p.profile, _ = cfg.Client.Accounts.Profile() // shown in the rail; a page without it still works
	p.view = screen.NewPeople(cfg.Env, screen.PeopleActs{
		View: p.setView, Search: p.search, More: p.readMore, Office: p.openOffice, Officer: p.openOfficer, Below: p.below,
		Do: p.do, EndLeave: p.endLeave, EndCharge: p.endCharge, Open: p.openImport, Leave: p.leavePage,
		Desk: cfg.Desk, Person: cfg.Person, Retry: p.read, Turned: p.showOpen,
		Import: screen.PeopleImportActs{Kind: p.importKind, Choose: p.chooseFile, Apply: p.applyImport, Copy: p.copyInvitations},
	})
	p.list.scope = p.profile.Office
	p.showRail()
	p.showOpen()
	p.readNames()
	p.read()
	return p
}

// Object is what to put in the window.
func (p *People) Object() fyne.CanvasObject { return p.view.Object }

// Key takes Escape, to leave a card or a page in a narrow window.
func (p *People) Key(k *fyne.KeyEvent) bool {
	switch {
	case k.Name != fyne.KeyEscape:
		return false
	case p.step != nil:
		p.leaveStepUp()
	case p.form != nil:
		p.leaveForm()
	default:
		return false
	}
	return true
}

// readNames reads what offices are called, from the device where it can.
func (p *People) readNames() {
	p.cfg.Spawn(func() {
		offices, err := p.cfg.Client.Directory.Offices(p.ctx)
		p.cfg.Dispatch(func() {
			if err != nil || p.ctx.Err() != nil {
				return // offices are then shown by id
			}
			for id, name := range model.OfficeNamesOf(offices) {
				if _, known := p.names[id]; !known {
					p.names[id] = name
				}
			}
			p.showRail()
			p.showList(false)
			p.showOpen()
		})
	})
}

func (p *People) showRail() {
	w := p.cfg.Words()
	post := w.In(p.profile.Title)
	if post != "" && p.profile.Office != "" {
		post += " · " + p.names.Name(w, p.profile.Office)
	}
	p.view.SetRail(screen.PeopleRail{View: p.list.view, Importing: p.imports != nil, Name: p.profile.Name, Post: post})
}

func (p *People) setView(v model.PeopleView) {
	p.imports = nil
	p.again(list{view: v, gen: p.list.gen})
	p.view.ShowPage(false)
	p.showRail()
	p.showOpen()
}

// below lists the offices right below one; "" lists all within reach.
func (p *People) below(office string) {
	p.again(list{view: model.PeopleOffices, scope: office, gen: p.list.gen})
	p.view.ShowPage(false)
	p.showRail()
}

// again reads another list from its beginning.
func (p *People) again(l list) {
	if p.list.stop != nil {
		p.list.stop()
	}
	p.list = l
	p.read()
}

// search looks for words once the person rests. It looks everywhere, not only below
// one office.
func (p *People) search(text string) {
	if text == p.list.search {
		return
	}
	p.list.search = text
	if p.list.stop != nil {
		p.list.stop()
	}
	p.list.stop = p.cfg.After(typingPause, func() {
		p.again(list{view: p.list.view, search: text, gen: p.list.gen})
	})
}

// read reads the list from its beginning.
func (p *People) read() {
	p.list.offices, p.list.officers, p.list.err = nil, nil, nil
	p.list.more, p.list.reading = false, false
	p.fetch(true)
	p.showList(true)
}

// readMore reads the next page of the list, once.
func (p *People) readMore() {
	if p.list.more && !p.list.reading {
		p.fetch(false)
	}
}

// answer is one page of a list.
type answer struct {
	offices  []api.OfficeRow
	officers []api.OfficerRecord
	more     bool
	err      error
}

func (p *People) fetch(first bool) {
	p.list.reading = true
	p.list.gen++
	gen, view := p.list.gen, p.list.view
	q := sdk.AdminQuery{Text: p.list.search, After: p.list.last(), Limit: pageSize}
	if view == model.PeopleOffices {
		q.Office = p.list.scope
	}
	p.cfg.Spawn(func() {
		a := p.ask(view, q, first)
		p.cfg.Dispatch(func() { p.arrived(gen, a) })
	})
}

// ask reads a page; below an office, that office itself comes first.
func (p *People) ask(view model.PeopleView, q sdk.AdminQuery, first bool) (a answer) {
	if view == model.PeopleOfficers {
		l, err := p.cfg.Client.Admin.Officers(p.ctx, q)
		return answer{officers: l.Officers, more: l.More, err: err}
	}
	if q.Office != "" && first {
		own, err := p.cfg.Client.Admin.Office(p.ctx, q.Office)
		if err != nil {
			return answer{err: err}
		}
		a.offices = append(a.offices, own.OfficeRow)
	}
	l, err := p.cfg.Client.Admin.Offices(p.ctx, q)
	return answer{offices: append(a.offices, l.Offices...), more: l.More, err: err}
}

func (p *People) arrived(gen int, a answer) {
	if gen != p.list.gen || p.ctx.Err() != nil {
		return
	}
	p.list.reading = false
	if a.err != nil {
		p.list.err, p.list.more = a.err, false
		p.showList(false)
		return
	}
	fresh := p.list.count() == 0
	for _, o := range a.offices {
		p.names[o.ID] = o.Name
	}
	p.list.offices, p.list.officers = append(p.list.offices, a.offices...), append(p.list.officers, a.officers...)
	p.list.more = a.more
	p.showList(fresh)
}

// showList shows the list as far as it was read.
func (p *People) showList(top bool) {
	w, l := p.cfg.Words(), &p.list
	s := screen.PeopleListState{View: l.view, Reading: l.reading, Search: l.search, Count: l.count(), More: l.more, Selected: p.open.id}
	if l.scope != "" {
		s.Scope = p.names.Name(w, l.scope)
	}
	if l.err != nil {
		s.Trouble, s.Offline = model.SayPeople(w, l.err), errors.Is(l.err, sdk.ErrOffline)
	}
	s.Line = func(i int) model.PeopleLine {
		if l.view == model.PeopleOffices {
			return model.OfficeLineOf(w, p.names, l.offices[i])
		}
		return model.OfficerLineOf(w, p.names, l.officers[i])
	}
	if top {
		p.view.SetList(s)
		return
	}
	p.view.UpdateList(s)
}

// toast tells what was done.
func (p *People) toast(sentence string) {
	p.toasts++
	mine := p.toasts
	p.view.SetToast(sentence)
	p.cfg.After(toastTime, func() {
		if p.toasts == mine {
			p.view.SetToast("")
		}
	})
}

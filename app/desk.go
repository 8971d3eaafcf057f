package app

import (
	"context"
	"io"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/storage"

	"github.com/citizens-portal/portal/app/desk"
	"github.com/citizens-portal/portal/app/model"
	"github.com/citizens-portal/portal/app/nav"
	"github.com/citizens-portal/portal/app/screen"
	"github.com/citizens-portal/portal/assets"
	"github.com/citizens-portal/portal/sdk"
)

// Size of the window that a desk asks for.
const deskWidth, deskHeight float32 = 1280, 800

// deskPage is the officer's first page: the desk, or on a phone a plain list.
func (a *App) deskPage(nav.Route) page {
	if fyne.CurrentDevice().IsMobile() {
		return a.officePage()
	}
	ctx, cancel := context.WithCancel(a.ctx)
	d := desk.New(ctx, desk.Config{
		Client: a.client, Env: a.env,
		Words: func() model.Words { return a.source().words },
		Spawn: a.spawn, Dispatch: a.dispatch, After: a.after,
		Focus: a.focus, Modifiers: heldKeys, PickFile: a.pickFile,
		Say:    func(sentence string) { a.question(sentence, "", choice{word: a.env.T("action.close")}) },
		SignIn: func() { a.open(nav.Route{Name: nav.Officer}) },
		Person: a.officerMenu,
		People: func() { a.open(nav.Route{Name: nav.People}) },
		State:  a.prefs.Desk,
		Keep:   func(s desk.State) { a.prefs.Desk = s; a.keep() },
	})
	if size := a.win.Canvas().Size(); a.cfg.Width == 0 && size.Width < deskWidth {
		a.win.Resize(fyne.NewSize(deskWidth, deskHeight))
	}
	p := still(func() screen.Frame { return screen.Frame{Body: d.Object(), Wide: true, Quiet: true} })
	p.pause, p.key, p.leave = d.Pause, d.Key, cancel
	return p
}

// officePage is what an officer sees on a phone.
func (a *App) officePage() page {
	return reads(func(src source) func(context.Context) ([]model.Row, error) {
		return func(ctx context.Context) (rows []model.Row, err error) {
			inbox, err := src.client.Desk.Inbox(ctx, sdk.ViewOpen, false)
			g := src.guide(ctx)
			for _, c := range inbox.Complaints {
				rows = append(rows, model.RowOf(src.words, g, c))
			}
			return rows, err
		}
	}, func(rows []model.Row) screen.Frame {
		return screen.Office(a.env, rows, screen.OfficeActs{
			Open:     func(id string) { a.open(nav.Route{Name: nav.Case, ID: id}) },
			Sync:     func() { a.open(nav.Route{Name: nav.Sync}) },
			Settings: func() { a.open(nav.Route{Name: nav.Settings}) },
			SignOut:  func() { a.open(nav.Route{Name: nav.Leave}) },
		})
	})
}

// officerMenu offers what belongs to the person and not to a complaint.
func (a *App) officerMenu() {
	name := ""
	if p, err := a.client.Accounts.Profile(); err == nil {
		name = p.Name
	}
	a.question(name, "",
		choice{word: a.env.T("action.close"), icon: assets.IconCross},
		choice{word: a.env.T("counter.title"), icon: assets.IconPeople, do: func() { a.open(nav.Route{Name: nav.Counter}) }},
		choice{word: a.env.T("settings.title"), icon: assets.IconSettings, do: func() { a.open(nav.Route{Name: nav.Settings}) }},
		choice{word: a.env.T("sync.title"), icon: assets.IconSync, do: func() { a.open(nav.Route{Name: nav.Sync}) }},
		choice{word: a.env.T("more.sign_out"), icon: assets.IconSignOut, do: func() { a.open(nav.Route{Name: nav.Leave}) }})
}

// focus gives a part the keyboard; nil takes it from all.
func (a *App) focus(f fyne.Focusable) {
	if f == nil {
		a.win.Canvas().Unfocus()
		return
	}
	a.win.Canvas().Focus(f)
}

// heldKeys tells which of Shift, Control and the like are held.
func heldKeys() fyne.KeyModifier {
	if d, ok := fyne.CurrentApp().Driver().(desktop.Driver); ok {
		return d.CurrentKeyModifiers()
	}
	return 0
}

// pickFile lets a person choose a photo or a document. Nothing follows when they
// choose none.
func (a *App) pickFile(chosen func(io.ReadCloser, error)) {
	d := dialog.NewFileOpen(func(r fyne.URIReadCloser, err error) {
		if r != nil || err != nil {
			chosen(r, err)
		}
	}, a.win)
	d.SetFilter(storage.NewExtensionFileFilter([]string{".jpg", ".jpeg", ".png", ".pdf"}))
	d.Resize(fyne.NewSize(720, 520))
	d.Show()
}

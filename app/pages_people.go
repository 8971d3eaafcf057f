package app

import (
	"context"
	"io"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/storage"

	"github.com/citizens-portal/portal/app/model"
	"github.com/citizens-portal/portal/app/nav"
	"github.com/citizens-portal/portal/app/people"
	"github.com/citizens-portal/portal/app/screen"
)

// peoplePage is where administrators appoint officers.
func (a *App) peoplePage() page {
	ctx, cancel := context.WithCancel(a.ctx)
	p := people.New(ctx, people.Config{
		Client: a.client, Env: a.env, Words: func() model.Words { return a.source().words },
		Spawn: a.spawn, Dispatch: a.dispatch, After: a.after, Focus: a.focus,
		PickFile: a.pickCSV,
		Copy:     func(text string) { a.fyne.Clipboard().SetContent(text) },
		Desk:     func() { a.open(nav.Route{Name: nav.Desk}) },
		Person:   a.officerMenu,
	})
	shown := still(func() screen.Frame { return screen.Frame{Body: p.Object(), Wide: true, Quiet: true} })
	shown.key, shown.leave = p.Key, cancel
	return shown
}

// pickCSV lets a person choose a file of offices or officers. Nothing follows when
// they choose none.
func (a *App) pickCSV(chosen func(string, io.ReadCloser, error)) {
	d := dialog.NewFileOpen(func(r fyne.URIReadCloser, err error) {
		switch {
		case err != nil:
			chosen("", nil, err)
		case r != nil:
			chosen(r.URI().Name(), r, nil)
		}
	}, a.win)
	d.SetFilter(storage.NewExtensionFileFilter([]string{".csv", ".txt"}))
	d.Resize(fyne.NewSize(720, 520))
	d.Show()
}

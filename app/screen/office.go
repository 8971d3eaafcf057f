package screen

import (
	"fyne.io/fyne/v2"

	"github.com/citizens-portal/portal/app/bidi"
	"github.com/citizens-portal/portal/app/model"
	"github.com/citizens-portal/portal/app/style"
	"github.com/citizens-portal/portal/app/ui"
	"github.com/citizens-portal/portal/assets"
)

// OfficeActs are what can be done on an officer's phone.
type OfficeActs struct {
	Open                    func(id string)
	Sync, Settings, SignOut func()
}

// Office is an officer's list: the open complaints, the most urgent first.
func Office(env bidi.Env, rows []model.Row, acts OfficeActs) Frame {
	bar := ui.AppBar(env, ui.AppBarState{Title: env.T("desk.inbox"), Actions: []ui.Action{
		{Icon: assets.IconSettings, Label: env.T("settings.title"), Tap: acts.Settings},
		{Icon: assets.IconSignOut, Label: env.T("more.sign_out"), Tap: acts.SignOut},
	}})
	if len(rows) == 0 {
		return Frame{Bar: bar, Body: page(env, ui.EmptyState(env, assets.IconInbox, env.T("desk.empty"),
			ui.Button(env, ui.ButtonState{Word: env.T("sync.title")}, acts.Sync)))}
	}
	list := newRows(len(rows), func(i int) string { return string(rows[i].Status) + rows[i].Left }, func(i int) fyne.CanvasObject {
		return bidi.Pad(env, bidi.Insets{Start: style.Edge, End: style.Edge, Top: style.Space8}, row(env, rows[i], acts.Open))
	})
	return Frame{Bar: bar, Body: list.Object}
}

package app

import (
	"context"

	"github.com/citizens-portal/portal/app/model"
	"github.com/citizens-portal/portal/app/nav"
	"github.com/citizens-portal/portal/app/screen"
	"github.com/citizens-portal/portal/sdk"
)

// deskPage is the officer's first page.
func (a *App) deskPage(nav.Route) page {
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

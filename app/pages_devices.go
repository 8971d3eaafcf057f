package app

import (
	"context"

	"github.com/citizens-portal/portal/app/model"
	"github.com/citizens-portal/portal/app/screen"
	"github.com/citizens-portal/portal/sdk/api"
)

func (a *App) recoverPage() page {
	s := screen.RecoverState{}
	return still(func() screen.Frame {
		return screen.Recover(a.env, s, screen.RecoverActs{
			Mobile: func(v string) { s.Mobile = v }, Code: func(v string) { s.Code = v }, Back: a.back,
			Submit: func() {
				if s.Form.Busy {
					return
				}
				s.Form = screen.Form{Busy: true}
				a.redraw()
				mobile, code := s.Mobile, s.Code
				var session api.Session
				a.act(func(ctx context.Context) (err error) {
					session, err = a.client.Accounts.Recover(ctx, mobile, code)
					return err
				}, func(err error) {
					s.Form = a.failed(err)
					if err != nil {
						a.redraw()
						return
					}
					a.signedIn(session.RecoveryCode)
				})
			},
		})
	})
}

// approve uses the PIN, then fetches what it opened.
func (a *App) approve(ctx context.Context, pin string) error {
	if err := a.client.Accounts.ApproveByPIN(ctx, pin); err != nil {
		return err
	}
	_, err := a.client.Sync.Now(ctx)
	return err
}

// devices is what the page of devices reads.
type devices struct {
	list    []screen.Device
	trouble string
	waiting string
}

func (a *App) devicesPage() page {
	s := screen.DevicesState{}
	return reads(func(src source) func(context.Context) (devices, error) {
		return func(ctx context.Context) (devices, error) { return readDevices(ctx, src) }
	}, func(d devices) screen.Frame {
		s.List, s.Trouble, s.Waiting = d.list, d.trouble, d.waiting
		return screen.Devices(a.env, s, screen.DevicesActs{
			PIN: func(v string) { s.PIN = v }, Back: a.back, Retry: a.reload,
			Allow: func(id string) {
				a.act(func(ctx context.Context) error { return a.client.Accounts.Approve(ctx, id) }, func(err error) {
					s.Form, s.Done = a.failed(err), ""
					if err == nil {
						s.Done = a.env.T("devices.allowed")
					}
					a.redraw()
					a.reload()
				})
			},
			Submit: func() { a.submitPIN(&s) },
		})
	})
}

// submitPIN sets the PIN, or on a phone that is not trusted yet uses it.
func (a *App) submitPIN(s *screen.DevicesState) {
	if s.Form.Busy {
		return
	}
	s.Form, s.Done = screen.Form{Busy: true}, ""
	a.redraw()
	pin, use := s.PIN, s.Waiting != ""
	a.act(func(ctx context.Context) error {
		if use {
			return a.approve(ctx, pin)
		}
		return a.client.Accounts.SetPIN(ctx, pin)
	}, func(err error) {
		s.Form = a.failed(err)
		if err == nil {
			s.PIN, s.Done = "", a.env.T("pin.saved")
			if use {
				s.Done = a.env.T("pin.allowed")
			}
		}
		a.redraw()
		a.reload()
	})
}

// readDevices asks the server for the devices; without a network the page still shows
// what the phone knows.
func readDevices(ctx context.Context, src source) (out devices, err error) {
	list, err := src.client.Accounts.Devices(ctx)
	if err != nil {
		out.trouble = model.Say(src.words, err)
	}
	p, err := src.client.Accounts.Profile() // which now knows whether this one was allowed
	if err != nil {
		return out, err
	}
	for _, d := range list {
		out.list = append(out.list, screen.Device{ID: d.ID, Name: d.Name, Seen: src.words.T("devices.seen", "when", src.words.When(d.SeenAt)), Current: d.Current, Approved: d.Approved})
	}
	if p.OldCasesFrom.After(src.words.Now) {
		out.waiting = src.words.T("home.older", "date", src.words.Date(p.OldCasesFrom))
	}
	return out, nil
}

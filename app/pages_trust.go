package app

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/citizens-portal/portal/app/model"
	"github.com/citizens-portal/portal/app/nav"
	"github.com/citizens-portal/portal/app/screen"
	"github.com/citizens-portal/portal/assets"
	"github.com/citizens-portal/portal/sdk"
	"github.com/citizens-portal/portal/sdk/api"
)

// looksPage tells who looked at the citizen's complaints. Only the server knows.
func (a *App) looksPage() page {
	return reads(func(src source) func(context.Context) (screen.LooksState, error) {
		return func(ctx context.Context) (screen.LooksState, error) {
			log, err := src.client.Accounts.AccessLog(ctx)
			if err != nil {
				return screen.LooksState{Trouble: needsNet(src.words, err)}, nil
			}
			return screen.LooksState{List: model.Looks(src.words, log)}, nil
		}
	}, func(s screen.LooksState) screen.Frame {
		return screen.Looks(a.env, s, struct{ Back, Retry, Cases func() }{a.back, a.reload, func() { a.open(nav.Route{Name: nav.Cases}) }})
	})
}

// needsNet says an error of something that cannot be done without the server.
func needsNet(w model.Words, err error) string {
	if errors.Is(err, sdk.ErrOffline) {
		return w.T("error.needs_net")
	}
	return model.Say(w, err)
}

func (a *App) exportPage() page {
	s := screen.ExportState{}
	submit := func() {
		if s.Form.Busy {
			return
		}
		s.Form = screen.Form{Busy: true}
		a.redraw()
		pin, ask := s.PIN, s.Ask
		var raw []byte
		a.act(func(ctx context.Context) error {
			if ask {
				if err := a.client.Accounts.StepUp(ctx, api.StepUpRequest{PIN: pin}); err != nil {
					return err
				}
			}
			out, err := a.client.Accounts.Export(ctx)
			if err != nil {
				return err
			}
			raw, err = json.MarshalIndent(out, "", "  ")
			return err
		}, func(err error) {
			if model.NeedsProof(err) {
				s.Ask, s.Form = true, screen.Form{}
				a.redraw()
				return
			}
			s.Form = a.failed(err)
			if err == nil {
				s.Ask, s.PIN = false, ""
				a.save("my-data.json", raw, a.env.T("export.saved"))
			}
			a.redraw()
		})
	}
	return still(func() screen.Frame {
		return screen.Export(a.env, s, struct {
			PIN          func(string)
			Submit, Back func()
		}{func(v string) { s.PIN = v }, submit, a.back})
	})
}

// deleteAccount asks once, and says what goes and what stays.
func (a *App) deleteAccount() {
	env := a.env
	n, err := a.client.Accounts.Unsent()
	if err != nil {
		a.say(err)
		return
	}
	text := env.T("delete.goes") + "\n" + env.T("delete.stays")
	if lost := n.Operations + n.Attention + n.Drafts + n.Files; lost > 0 {
		text += "\n" + env.T("delete.unsent", "n", lost)
	}
	text += "\n" + env.T("delete.nameless")
	a.question(env.T("delete.question"), text, choice{word: env.T("delete.keep")},
		choice{env.T("delete.title"), assets.IconTrash, func() {
			a.act(a.client.Accounts.Delete, func(err error) {
				if err != nil {
					a.question(needsNet(a.source().words, err), "", choice{word: env.T("action.close")})
					return
				}
				a.stack = nav.NewStack(nav.Route{Name: nav.Welcome})
				a.enter()
				a.toast(env.T("delete.done"), nil, nil)
			})
		}})
}

// counterPage registers a citizen who stands at an officer's counter.
func (a *App) counterPage() page {
	s, p := screen.CounterState{}, picking{}
	submit := func() {
		if s.Form.Busy {
			return
		}
		s.Form = screen.Form{Busy: true}
		a.redraw()
		r := sdk.Registration{CNIC: s.CNIC, Mobile: s.Mobile, Name: s.Name, District: s.District, Language: string(a.lang())}
		totp, ask := s.TOTP, s.Ask
		var made api.DeskAccount
		a.act(func(ctx context.Context) (err error) {
			if ask {
				if err := a.client.Accounts.StepUp(ctx, api.StepUpRequest{TOTP: totp}); err != nil {
					return err
				}
			}
			made, err = a.client.Desk.Register(ctx, r)
			return err
		}, func(err error) {
			w := a.source().words
			switch {
			case model.NeedsProof(err):
				s.Ask, s.Form = true, screen.Form{}
			case errors.Is(err, sdk.ErrConflict):
				s.Form = screen.Form{Wrong: map[string]string{"mobile": w.T("error.mobile_taken")}}
			case errors.Is(err, sdk.ErrForbidden):
				s.Form = screen.Form{Error: model.Say(w, err)}
			default:
				s.Form = a.failed(err)
			}
			if err == nil {
				s.Ask, s.TOTP, s.Setup = false, "", made.SetupCode
				s.Once = w.T("counter.once", "mobile", "\u200e"+made.Mobile, "date", w.Short(made.ExpiresAt))
			}
			a.redraw()
		})
	}
	return reads(func(src source) func(context.Context) (model.Guide, error) {
		return func(ctx context.Context) (model.Guide, error) { return src.guide(ctx), nil }
	}, func(g model.Guide) screen.Frame {
		if p.open {
			return a.pickDistrict(g, s.District, func(id string) {
				s.District, s.DistrictName, p.open = id, g.DistrictName(a.source().words, id), false
				a.redraw()
			}, func() { p.open = false; a.redraw() })
		}
		return screen.Counter(a.env, s, screen.CounterActs{
			RegisterActs: screen.RegisterActs{
				CNIC: func(v string) { s.CNIC = v }, Mobile: func(v string) { s.Mobile = v }, Name: func(v string) { s.Name = v },
				District: func() { p.open = true; a.redraw() }, Submit: submit, Back: a.back,
			},
			TOTP: func(v string) { s.TOTP = v }, Done: a.back,
		})
	})
}

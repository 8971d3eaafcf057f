package app

import (
	"context"
	"errors"
	"time"

	"github.com/citizens-portal/portal/app/i18n"
	"github.com/citizens-portal/portal/app/model"
	"github.com/citizens-portal/portal/app/nav"
	"github.com/citizens-portal/portal/app/screen"
	"github.com/citizens-portal/portal/assets"
	"github.com/citizens-portal/portal/sdk"
	"github.com/citizens-portal/portal/sdk/api"
)

func (a *App) languagePage() page {
	return still(func() screen.Frame {
		return screen.Language(a.env, func(l i18n.Lang) {
			a.prefs.Lang = l
			a.stack = a.firstWay()
			a.rebuild()
		})
	})
}

func (a *App) welcomePage() page {
	s := screen.WelcomeState{}
	return still(func() screen.Frame {
		s.Demo = nil
		if a.cfg.Demo != nil {
			for _, p := range a.cfg.Demo.People {
				s.Demo = append(s.Demo, a.demoPerson(p, &s))
			}
		}
		return screen.Welcome(a.env, s, screen.WelcomeActs{
			Register: func() { a.open(nav.Route{Name: nav.Register}) },
			SignIn:   func() { a.open(nav.Route{Name: nav.SignIn}) },
			Nameless: func() { a.open(nav.Route{Name: nav.Nameless}) },
			Track:    func() { a.open(nav.Route{Name: nav.Track}) },
			Officer:  func() { a.open(nav.Route{Name: nav.Officer}) },
			Language: func() { a.open(nav.Route{Name: nav.Language}) },
		})
	})
}

// demoPerson offers a made-up person by a tap.
func (a *App) demoPerson(p DemoPerson, s *screen.WelcomeState) screen.Person {
	icon := assets.IconBriefcase
	if p.Mobile != "" {
		icon = assets.IconPerson
	}
	return screen.Person{Name: p.Label, Role: p.Name, Icon: icon, Login: func() {
		if s.Busy != "" {
			return
		}
		s.Busy, s.Error = p.Label, ""
		a.redraw()
		a.act(func(ctx context.Context) error { return a.demoLogin(ctx, p) }, func(err error) {
			s.Busy = ""
			if err != nil {
				s.Error = model.Say(a.source().words, err)
				a.redraw()
				return
			}
			a.signedIn("")
		})
	}}
}

func (a *App) demoLogin(ctx context.Context, p DemoPerson) error {
	if p.Mobile == "" {
		code, err := p.TOTP(a.now())
		if err != nil {
			return err
		}
		_, err = a.client.Accounts.LoginOfficer(ctx, p.Name, p.Password, code)
		return err
	}
	asked := time.Now()
	if _, err := a.client.Accounts.Login(ctx, p.Mobile); err != nil {
		return err
	}
	otp, err := a.cfg.Demo.OTP(ctx, p.Mobile, asked)
	if err != nil {
		return err
	}
	if _, err = a.client.Accounts.Verify(ctx, otp); err != nil || p.PIN == "" {
		return err
	}
	return a.approve(ctx, p.PIN) // so that their complaints are here
}

// signedIn goes on after a session was opened. A new account first sees its recovery
// code.
func (a *App) signedIn(recovery string) {
	home := nav.Route{Name: nav.Home}
	if p, err := a.client.Accounts.Profile(); err == nil && p.Kind == kindOfficer {
		home.Name = nav.Desk
	}
	a.stack = nav.NewStack(home)
	if recovery != "" {
		a.stack.Push(nav.Route{Name: nav.Paper, Part: recovery})
	}
	a.enter()
}

func (a *App) paperPage(code string) page {
	return still(func() screen.Frame {
		return screen.Paper(a.env, code, func() { a.open(nav.Route{Name: nav.Home}) })
	})
}

// picking is a page's list of districts, open over it.
type picking struct {
	open  bool
	guide model.Guide
}

func (a *App) registerPage() page {
	s := screen.Registration{}
	p := picking{}
	choose := func(id string) {
		s.District, s.DistrictName, p.open = id, p.guide.DistrictName(a.source().words, id), false
		a.redraw()
	}
	closePick := func() { p.open = false; a.redraw() }
	submit := func() {
		if s.Form.Busy {
			return
		}
		s.Form = screen.Form{Busy: true}
		a.redraw()
		r := sdk.Registration{CNIC: s.CNIC, Mobile: s.Mobile, Name: s.Name, District: s.District, Language: string(a.lang())}
		a.askSMS(r.Mobile, func(ctx context.Context) error {
			_, err := a.client.Accounts.Register(ctx, r)
			return err
		}, &s.Form)
	}
	return reads(func(src source) func(context.Context) (model.Guide, error) {
		return func(ctx context.Context) (model.Guide, error) { return src.guide(ctx), nil }
	}, func(g model.Guide) screen.Frame {
		p.guide = g
		if p.open {
			return a.pickDistrict(g, s.District, choose, closePick)
		}
		return screen.Register(a.env, s, screen.RegisterActs{
			CNIC: func(v string) { s.CNIC = v }, Mobile: func(v string) { s.Mobile = v }, Name: func(v string) { s.Name = v },
			District: func() { p.open = true; a.redraw() }, Submit: submit, Back: a.back,
		})
	})
}

func (a *App) pickDistrict(g model.Guide, chosen string, choose func(string), closePick func()) screen.Frame {
	return screen.Pick(a.env, screen.PickState{
		Title: a.env.T("area.choose_district"), List: g.Districts(a.source().words), Chosen: chosen, Trouble: a.env.T("area.unknown"),
	}, choose, struct{ Back, Retry func() }{closePick, a.reload})
}

// askSMS asks the server for an SMS and goes to the page for its code.
func (a *App) askSMS(mobile string, ask func(ctx context.Context) error, form *screen.Form) {
	asked := time.Now()
	a.act(ask, func(err error) {
		*form = a.failed(err)
		if err != nil {
			a.redraw()
			return
		}
		a.open(nav.Route{Name: nav.OTP, Part: mobile})
		a.demoOTP(mobile, asked)
	})
}

// failed puts an error where it belongs on a form.
func (a *App) failed(err error) screen.Form {
	w := a.source().words
	if err == nil {
		return screen.Form{}
	}
	if wrong := model.Wrong(w, err); wrong != nil {
		return screen.Form{Wrong: wrong}
	}
	if errors.Is(err, sdk.ErrOffline) {
		return screen.Form{Error: w.T("error.needs_net")}
	}
	if errors.Is(err, sdk.ErrSignedOut) || errors.Is(err, sdk.ErrForbidden) {
		return screen.Form{Error: w.T("error.credentials")}
	}
	return screen.Form{Error: model.Say(w, err)}
}

func (a *App) signInPage() page {
	mobile, form := "", screen.Form{}
	return still(func() screen.Frame {
		return screen.SignIn(a.env, mobile, form, screen.SignInActs{
			Mobile: func(v string) { mobile = v },
			Submit: func() {
				if form.Busy {
					return
				}
				form = screen.Form{Busy: true}
				a.redraw()
				number := mobile
				a.askSMS(number, func(ctx context.Context) error {
					_, err := a.client.Accounts.Login(ctx, number)
					return err
				}, &form)
			},
			Back:    a.back,
			NoPhone: func() { a.open(nav.Route{Name: nav.Recover}) },
		})
	})
}

func (a *App) otpPage(mobile string) page {
	s := screen.OTPState{Mobile: mobile}
	submit := func() {
		if s.Form.Busy {
			return
		}
		s.Form = screen.Form{Busy: true}
		a.redraw()
		otp := s.OTP
		var session api.Session
		a.act(func(ctx context.Context) (err error) {
			session, err = a.client.Accounts.Verify(ctx, otp)
			return err
		}, func(err error) {
			s.Form = a.failed(err)
			if err != nil {
				a.redraw()
				return
			}
			a.signedIn(session.RecoveryCode)
		})
	}
	a.fillOTP = func(code string) {
		s.OTP, s.Demo = code, true
		a.redraw()
	}
	return still(func() screen.Frame {
		return screen.OTP(a.env, s, screen.OTPActs{
			OTP: func(v string) { s.OTP = v }, Submit: submit, Back: a.back,
			Again: func() {
				asked := time.Now()
				a.act(func(ctx context.Context) error {
					_, err := a.client.Accounts.Resend(ctx)
					return err
				}, func(err error) {
					s.Form = a.failed(err)
					a.redraw()
					if err == nil {
						a.toast(a.env.T("otp.sent"), nil, nil)
						a.demoOTP(mobile, asked)
					}
				})
			},
		})
	})
}

// demoOTP fills in the code from a demonstration's SMS.
func (a *App) demoOTP(mobile string, asked time.Time) {
	if a.cfg.Demo == nil || a.cfg.Demo.OTP == nil {
		return
	}
	fill := a.fillOTP
	var code string
	a.act(func(ctx context.Context) (err error) {
		number, err := sdk.NormalMobile(mobile)
		if err == nil {
			code, err = a.cfg.Demo.OTP(ctx, number, asked)
		}
		return err
	}, func(err error) {
		if err == nil && a.stack.Top().Name == nav.OTP {
			fill(code)
		}
	})
}

func (a *App) officerPage() page {
	s := screen.OfficerState{}
	return still(func() screen.Frame {
		return screen.Officer(a.env, s, screen.OfficerActs{
			Name: func(v string) { s.Name = v }, Password: func(v string) { s.Password = v }, TOTP: func(v string) { s.TOTP = v }, Back: a.back,
			Submit: func() {
				if s.Form.Busy {
					return
				}
				s.Form = screen.Form{Busy: true}
				a.redraw()
				name, password, totp := s.Name, s.Password, s.TOTP
				a.act(func(ctx context.Context) error {
					_, err := a.client.Accounts.LoginOfficer(ctx, name, password, totp)
					return err
				}, func(err error) {
					s.Form = a.failed(err)
					if err != nil {
						a.redraw()
						return
					}
					a.signedIn("")
				})
			},
		})
	})
}

func (a *App) leavePageFor() page {
	busy, trouble := false, ""
	leave := func(how sdk.Leaving) {
		if busy {
			return
		}
		busy, trouble = true, ""
		a.redraw()
		a.act(func(ctx context.Context) error { return a.client.Accounts.Logout(ctx, how) }, func(err error) {
			busy = false
			if err != nil {
				trouble = a.env.T("leave.could_not")
				a.redraw()
				return
			}
			a.stack = nav.NewStack(nav.Route{Name: nav.Welcome})
			a.enter()
		})
	}
	return reads(func(src source) func(context.Context) (sdk.Unsent, error) {
		return func(context.Context) (sdk.Unsent, error) { return src.client.Accounts.Unsent() }
	}, func(n sdk.Unsent) screen.Frame {
		return screen.Leave(a.env, screen.LeaveState{Unsent: n.Operations + n.Attention, Drafts: n.Drafts, Files: n.Files, Busy: busy, Error: trouble}, screen.LeaveActs{
			Back: a.back,
			Out:  func() { leave(sdk.AskFirst) },
			Send: func() { leave(sdk.SendFirst) },
			Keep: func() { leave(sdk.KeepSealed) },
			Discard: func() {
				a.question(a.env.T("leave.sure"), a.env.T("leave.discard_body"),
					choice{word: a.env.T("leave.stay")},
					choice{word: a.env.T("leave.discard"), icon: assets.IconCross, do: func() { leave(sdk.DiscardAll) }})
			},
		})
	})
}

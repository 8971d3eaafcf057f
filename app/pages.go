package app

import (
	"context"
	"errors"

	"github.com/citizens-portal/portal/app/i18n"
	"github.com/citizens-portal/portal/app/model"
	"github.com/citizens-portal/portal/app/nav"
	"github.com/citizens-portal/portal/app/screen"
	"github.com/citizens-portal/portal/app/style"
	"github.com/citizens-portal/portal/sdk"
	"github.com/citizens-portal/portal/sdk/api"
)

// pageFor is the page of a route.
func (a *App) pageFor(r nav.Route) page {
	switch r.Name {
	case nav.Language:
		return a.languagePage()
	case nav.Welcome:
		return a.welcomePage()
	case nav.Register:
		return a.registerPage()
	case nav.SignIn:
		return a.signInPage()
	case nav.OTP:
		return a.otpPage(r.Part)
	case nav.Paper:
		return a.paperPage(r.Part)
	case nav.Officer:
		return a.officerPage()
	case nav.Help:
		return a.helpPage()
	case nav.Recover:
		return a.recoverPage()
	case nav.Devices:
		return a.devicesPage()
	case nav.Cases:
		return a.casesPage(model.Tab(r.Part))
	case nav.More:
		return a.morePage()
	case nav.Report, nav.Nameless, nav.Helper:
		return a.reportPage(r)
	case nav.Track:
		return a.trackPage(r)
	case nav.Access:
		return a.looksPage()
	case nav.Export:
		return a.exportPage()
	case nav.Counter:
		return a.counterPage()
	case nav.Received:
		return a.receivedPage(r.ID)
	case nav.Case:
		return a.casePage(r.ID)
	case nav.Write:
		return a.writePage(r.ID, r.Part)
	case nav.Rate:
		return a.ratePage(r.ID)
	case nav.Photo:
		return a.photoPage(r)
	case nav.Sync:
		return a.syncPage()
	case nav.Settings:
		return a.settingsPage()
	case nav.Leave:
		return a.leavePageFor()
	case nav.Desk:
		return a.deskPage(r)
	case nav.People:
		return a.peoplePage()
	}
	return a.homePage()
}

func isGone(err error) bool      { return errors.Is(err, sdk.ErrNotFound) }
func isSignedOut(err error) bool { return errors.Is(err, sdk.ErrSignedOut) }

// guide reads places and kinds. Without them the device was never online; the screens
// then say so where it matters.
func (s source) guide(ctx context.Context) model.Guide {
	areas, areasErr := s.client.Directory.Areas(ctx)
	kinds, kindsErr := s.client.Directory.Categories(ctx)
	if areasErr != nil || kindsErr != nil {
		return model.Guide{}
	}
	return model.Guide{Areas: areas, Kinds: kinds}
}

// events reads a complaint's timeline; one that cannot be had now is empty.
func (s source) events(ctx context.Context, id string) []api.Event {
	t, err := s.client.Complaints.Timeline(ctx, id)
	if err != nil {
		return nil
	}
	return t.Events
}

// files reads a complaint's files; those that cannot be had now are none.
func (s source) files(ctx context.Context, id string) []sdk.Attachment {
	list, err := s.client.Complaints.Files(ctx, id)
	if err != nil {
		return nil
	}
	return list
}

// act saves something the person did, off the UI's goroutine, and says so or says what
// is in the way.
func (a *App) act(do func(ctx context.Context) error, done func(err error)) {
	a.spawn(func() {
		err := do(a.ctx)
		a.dispatch(func() { done(err) })
	})
}

// setLang changes the language everywhere, here and now.
func (a *App) setLang(l i18n.Lang) {
	a.prefs.Lang = l
	a.rebuild()
}

func (a *App) homePage() page {
	photos := a.newGallery()
	return reads(func(src source) func(context.Context) (model.Home, error) {
		return func(ctx context.Context) (model.Home, error) { return readHome(ctx, src) }
	}, func(s model.Home) screen.Frame {
		return screen.Home(a.env, s, screen.HomeActs{
			Report:    func() { a.open(nav.Route{Name: nav.Report}) },
			Cases:     func() { a.open(nav.Route{Name: nav.Cases}) },
			Open:      func(id string) { a.open(nav.Route{Name: nav.Case, ID: id}) },
			Draft:     a.resume,
			Yes:       a.confirm,
			No:        func(id string) { a.open(nav.Route{Name: nav.Write, ID: id, Part: writeReject}) },
			Answer:    func(id string) { a.open(nav.Route{Name: nav.Write, ID: id, Part: writeAnswer}) },
			Language:  a.setLang,
			Devices:   func() { a.open(nav.Route{Name: nav.Devices}) },
			SyncPages: func() { a.open(nav.Route{Name: nav.Sync}) },
			SignIn:    func() { a.open(nav.Route{Name: nav.SignIn}) },
			Photos:    photos.acts(),
		})
	})
}

func readHome(ctx context.Context, src source) (model.Home, error) {
	profile, err := src.client.Accounts.Profile()
	if err != nil {
		return model.Home{}, err
	}
	all, err := src.client.Complaints.List(ctx, sdk.ListOptions{})
	if err != nil {
		return model.Home{}, err
	}
	waiting, err := src.client.Complaints.List(ctx, sdk.ListOptions{Filter: sdk.ListNeedsYou, Whole: true})
	if err != nil {
		return model.Home{}, err
	}
	var asked []model.Asked
	for _, c := range waiting.Complaints {
		asked = append(asked, model.Asked{Complaint: c, Events: src.events(ctx, c.ID)})
	}
	st, err := src.client.Sync.Status()
	if err != nil {
		return model.Home{}, err
	}
	drafts, err := src.client.Complaints.Drafts(ctx)
	if err != nil {
		return model.Home{}, err
	}
	return model.HomeOf(src.words, src.guide(ctx), profile, st, all.Complaints, asked, drafts), nil
}

// resume opens a draft where it was left, at the first step that is not complete.
func (a *App) resume(id string) { a.open(nav.Route{Name: nav.Report, ID: id, Part: stepUnknown}) }

// confirm takes the citizen's Yes, then asks how it was.
func (a *App) confirm(id string) {
	a.act(func(ctx context.Context) error {
		_, err := a.client.Complaints.Confirm(ctx, id)
		return err
	}, func(err error) {
		if err != nil {
			a.say(err)
			return
		}
		a.open(nav.Route{Name: nav.Rate, ID: id})
	})
}

// say tells about an error that belongs to no field of the page.
func (a *App) say(err error) {
	a.question(model.Say(a.source().words, err), "", choice{word: a.env.T("action.close")})
}

func (a *App) casesPage(tab model.Tab) page {
	if tab == "" {
		tab = model.TabOpen
	}
	query := ""
	return reads(func(src source) func(context.Context) (model.Cases, error) {
		return func(ctx context.Context) (model.Cases, error) {
			all, err := src.client.Complaints.List(ctx, sdk.ListOptions{})
			if err != nil {
				return model.Cases{}, err
			}
			drafts, err := src.client.Complaints.Drafts(ctx)
			if err != nil {
				return model.Cases{}, err
			}
			st, err := src.client.Sync.Status()
			return model.CasesOf(src.words, src.guide(ctx), tab, st, all.Complaints, drafts), err
		}
	}, func(s model.Cases) screen.Frame {
		return screen.Cases(a.env, s, query, screen.CasesActs{
			Tab:    func(t model.Tab) { a.open(nav.Route{Name: nav.Cases, Part: string(t)}) },
			Open:   func(id string) { a.open(nav.Route{Name: nav.Case, ID: id}) },
			Draft:  a.resume,
			Remove: a.removeDraft,
			Report: func() { a.open(nav.Route{Name: nav.Report}) },
			Sync:   func() { a.open(nav.Route{Name: nav.Sync}) },
			SignIn: func() { a.open(nav.Route{Name: nav.SignIn}) },
			Track:  func() { a.open(nav.Route{Name: nav.Track}) },
			Query:  func(q string) { query = q },
		})
	})
}

func (a *App) receivedPage(id string) page {
	photos := a.newGallery()
	return reads(func(src source) func(context.Context) (model.Receipt, error) {
		return func(ctx context.Context) (model.Receipt, error) {
			c, err := src.client.Complaints.Show(ctx, id)
			return model.ReceiptOf(src.words, src.guide(ctx), c, src.files(ctx, id)), err
		}
	}, func(s model.Receipt) screen.Frame {
		return screen.Received(a.env, s, screen.ReceivedActs{
			Close:  a.closeReceipt,
			Show:   func() { a.replace(nav.Route{Name: nav.Case, ID: id}) },
			Share:  func() { a.shareTicket(s) },
			Save:   func() { a.saveTicket(s) },
			Photos: photos.acts(),
		})
	})
}

// closeReceipt leads home after filing, and back when the receipt was looked at again.
func (a *App) closeReceipt() {
	if a.stack.Depth() > 2 {
		a.back()
		return
	}
	a.open(nav.Route{Name: nav.Home})
}

func (a *App) morePage() page {
	type who struct {
		profile  api.Profile
		district string
		signedIn bool
	}
	return reads(func(src source) func(context.Context) (who, error) {
		return func(ctx context.Context) (who, error) {
			p, err := src.client.Accounts.Profile()
			return who{p, src.guide(ctx).DistrictName(src.words, p.District), src.client.Accounts.SignedIn()}, err
		}
	}, func(s who) screen.Frame {
		return screen.More(a.env, screen.MoreState{Name: s.profile.Name, District: s.district, SignedIn: s.signedIn, Citizen: s.profile.Kind != kindOfficer, Version: a.cfg.Version}, screen.MoreActs{
			Language: func() { a.open(nav.Route{Name: nav.Settings}) },
			Settings: func() { a.open(nav.Route{Name: nav.Settings}) },
			Sync:     func() { a.open(nav.Route{Name: nav.Sync}) },
			Devices:  func() { a.open(nav.Route{Name: nav.Devices}) },
			Help:     func() { a.open(nav.Route{Name: nav.Help}) },
			SignOut:  func() { a.open(nav.Route{Name: nav.Leave}) },
			SignIn:   func() { a.open(nav.Route{Name: nav.SignIn}) },
			Helper:   func() { a.open(nav.Route{Name: nav.Helper}) },
			Looks:    func() { a.open(nav.Route{Name: nav.Access}) },
			Export:   func() { a.open(nav.Route{Name: nav.Export}) },
			Delete:   a.deleteAccount,
		})
	})
}

func (a *App) settingsPage() page {
	return still(func() screen.Frame {
		return screen.Settings(a.env, screen.SettingsState{Lang: a.lang(), Scale: a.env.Style.Scale(), Brightness: a.prefs.Brightness}, screen.SettingsActs{
			Lang:       a.setLang,
			Scale:      func(s style.Scale) { a.prefs.Scale = s; a.rebuild() },
			Brightness: func(b screen.Brightness) { a.prefs.Brightness = b; a.rebuild() },
			Back:       a.back,
		})
	})
}

func (a *App) helpPage() page {
	return still(func() screen.Frame {
		return screen.Help(a.env, a.back, func() { a.open(nav.Route{Name: nav.Report}) })
	})
}

package app

import (
	"context"

	"fyne.io/fyne/v2"

	"github.com/citizens-portal/portal/app/model"
	"github.com/citizens-portal/portal/app/nav"
	"github.com/citizens-portal/portal/app/screen"
	"github.com/citizens-portal/portal/assets"
	"github.com/citizens-portal/portal/sdk"
)

// This file holds what may lie over the steps of filing: whom it is about, whether the
// name goes with it, and for whom it is filed.

// What lies over the steps.
const (
	pickDistrict  = "district"
	pickTehsil    = "tehsil"
	pickAbout     = "about"
	pickOffice    = "office"
	pickNameless  = "nameless"
	pickHelper    = "helper"
	pickTheirArea = "their-district" // of who is helped
)

// keeps reports whether a draft is saved. What is written without an account, or for
// somebody else, is nobody's on this device.
func (p *reporting) keeps() bool { return p.name == nav.Report }

func (p *reporting) openOver(what string) { p.pick = what; p.a.redraw() }

// layer draws what lies over the steps, if anything.
func (p *reporting) layer(w model.Words) (screen.Frame, bool) {
	switch p.pick {
	case pickAbout:
		return p.about(w), true
	case pickOffice:
		return p.offices(w), true
	case pickNameless:
		return p.nameless(), true
	case pickHelper:
		return p.helper(), true
	case pickTheirArea:
		return p.a.pickDistrict(p.guide, p.help.reg.District, func(id string) {
			p.help.reg.District, p.help.reg.DistrictName = id, p.guide.DistrictName(w, id)
			p.openOver(pickHelper)
		}, func() { p.openOver(pickHelper) }), true
	}
	return screen.Frame{}, false
}

// naming says what the steps show of whose complaint it is.
func (p *reporting) naming(s *screen.ReportState) {
	env := p.a.env
	s.Send, s.MayNameless = env.T("report.send"), p.name == nav.Report
	if p.report.Draft.Anonymous {
		s.Send, s.NoPhotos = env.T("nameless.send"), env.T("nameless.no_photos")
	}
	switch p.name {
	case nav.Helper:
		s.Send, s.Note, s.NoPhotos = env.T("helper.next"), env.T("helper.note"), env.T("helper.no_photos")
	case nav.Nameless:
		s.Note, s.MayNameless = env.T("nameless.not_kept"), true
	}
}

func (p *reporting) about(w model.Words) screen.Frame {
	d, office := p.report.Draft, ""
	if d.AboutOffice != "" {
		office = p.guide.OfficeName(w, d.AboutOffice)
	}
	goesTo := ""
	if p.guide.About(w, d) != "" {
		goesTo = p.guide.GoesTo(w, d)
	}
	set := func(office, officer string) {
		p.report.Draft.AboutOffice, p.report.Draft.AboutOfficer, p.report.Wrong, p.pick = office, officer, nil, ""
		p.set(p.report)
	}
	return screen.About(p.a.env, screen.AboutState{Office: office, Officer: d.AboutOfficer, GoesTo: goesTo, Wrong: p.report.Wrong}, screen.AboutActs{
		Office:  p.chooseOffice,
		Officer: func(v string) { p.report.Draft.AboutOfficer = v; p.wrote() },
		Keep:    func() { set(p.report.Draft.AboutOffice, p.report.Draft.AboutOfficer) },
		Nobody:  func() { set("", "") },
		Back:    p.closePick,
	})
}

// chooseOffice opens the list of offices, which citizens' devices fetch only for this.
func (p *reporting) chooseOffice() {
	p.openOver(pickOffice)
	if len(p.guide.Offices) > 0 {
		return
	}
	guide := p.guide
	p.a.act(func(ctx context.Context) (err error) {
		guide.Offices, err = p.a.client.Directory.Offices(ctx)
		return err
	}, func(error) { // without them the list says what to do
		p.guide.Offices = guide.Offices
		p.a.redraw()
	})
}

func (p *reporting) offices(w model.Words) screen.Frame {
	back := func() { p.openOver(pickAbout) }
	return screen.Pick(p.a.env, screen.PickState{
		Title: p.a.env.T("about.choose_office"), List: p.guide.OfficeChoices(w, p.report.Draft.District), Chosen: p.report.Draft.AboutOffice,
		Trouble: p.a.env.T("about.offices_unknown"),
	}, func(id string) {
		p.report.Draft.AboutOffice, p.report.Wrong, p.pick = id, nil, pickAbout
		p.set(p.report)
	}, struct{ Back, Retry func() }{back, p.chooseOffice})
}

func (p *reporting) nameless() screen.Frame {
	choose := func(without bool) func() {
		return func() {
			if !without && p.name == nav.Nameless { // there is no account here
				p.a.open(nav.Route{Name: nav.Welcome})
				return
			}
			p.report.Draft.Anonymous, p.pick, p.trouble = without, "", ""
			p.set(p.report)
		}
	}
	return screen.Nameless(p.a.env, screen.NamelessState{Photos: len(p.report.Draft.Files)}, screen.NamelessActs{
		With: choose(false), Without: choose(true), Back: p.closePick,
	})
}

// sendNameless files it without a name: the receipt is on the device when this returns.
func (p *reporting) sendNameless() {
	p.sending, p.trouble = true, ""
	p.a.redraw()
	d := p.report.Draft
	d.Files = nil
	var filed sdk.AnonymousComplaint
	p.a.act(func(ctx context.Context) (err error) {
		filed, err = p.a.client.Anonymous.Lodge(ctx, d)
		return err
	}, func(err error) {
		p.sending = false
		if err != nil && filed.ID == "" {
			p.refused(err)
			return
		}
		p.over = true
		p.a.replace(nav.Route{Name: nav.Track, ID: filed.ID, Part: trackReceipt})
	})
}

// key asks before a key leads away from what is kept nowhere.
func (p *reporting) key(k *fyne.KeyEvent) bool {
	if k.Name != fyne.KeyEscape && k.Name != "Back" {
		return false
	}
	switch {
	case p.pick != "":
		p.closePick()
	default:
		p.back()
	}
	return true
}

func (p *reporting) askToLeave() {
	p.a.question(p.a.env.T("nameless.leave"), p.a.env.T("nameless.leave_body"),
		choice{word: p.a.env.T("nameless.stay")},
		choice{p.a.env.T("nameless.discard"), assets.IconCross, func() { p.over = true; p.a.back() }})
}

// helping is what is asked about the person who is helped.
type helping struct {
	mobile, otp string
	fresh       bool // they have no account yet
	reg         screen.Registration
	asked       bool
	form        screen.Form
	done        *sdk.HelpedComplaint
}

func (p *reporting) helper() screen.Frame {
	h := &p.help
	if h.done != nil {
		return screen.Helped(p.a.env, h.done.Code, h.done.Track, h.done.RecoveryCode, func() { p.a.open(nav.Route{Name: nav.Home}) })
	}
	return screen.Helper(p.a.env, screen.HelperState{Mobile: h.mobile, New: h.fresh, Registration: h.reg, Asked: h.asked, OTP: h.otp, Form: h.form}, screen.HelperActs{
		Mobile: func(v string) { h.mobile = v }, CNIC: func(v string) { h.reg.CNIC = v }, Name: func(v string) { h.reg.Name = v }, OTP: func(v string) { h.otp = v },
		New:      func(fresh bool) { h.fresh, h.form = fresh, screen.Form{}; p.a.redraw() },
		District: func() { p.openOver(pickTheirArea) },
		Ask:      p.askThem, Send: p.sendForThem,
		Another: func() { h.asked, h.otp, h.form = false, "", screen.Form{}; p.a.redraw() },
		Back:    p.closePick,
	})
}

// askThem has the SMS sent to the person who is helped.
func (p *reporting) askThem() {
	h := &p.help
	if h.form.Busy {
		return
	}
	h.form = screen.Form{Busy: true}
	p.a.redraw()
	mobile := h.mobile
	var reg *sdk.Registration
	if h.fresh {
		reg = &sdk.Registration{CNIC: h.reg.CNIC, Mobile: mobile, Name: h.reg.Name, District: h.reg.District, Language: string(p.a.lang())}
	}
	p.a.act(func(ctx context.Context) error {
		_, err := p.a.client.Helper.Begin(ctx, mobile, reg)
		return err
	}, func(err error) {
		h.form, h.asked = p.a.failed(err), err == nil
		p.a.redraw()
	})
}

// sendForThem files it into their account, and signs them out.
func (p *reporting) sendForThem() {
	h := &p.help
	if h.form.Busy {
		return
	}
	h.form = screen.Form{Busy: true}
	p.a.redraw()
	d, otp := p.report.Draft, h.otp
	var filed sdk.HelpedComplaint
	p.a.act(func(ctx context.Context) (err error) {
		filed, err = p.a.client.Helper.Lodge(ctx, otp, d)
		return err
	}, func(err error) {
		h.form = p.a.failed(err)
		if filed.Code != "" { // it is theirs, whatever signing them out came to
			p.over, h.done = true, &filed
		}
		p.a.redraw()
	})
}

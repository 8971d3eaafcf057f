package people

import (
	"context"
	"errors"
	"slices"

	"github.com/citizens-portal/portal/app/model"
	"github.com/citizens-portal/portal/assets"
	"github.com/citizens-portal/portal/sdk"
	"github.com/citizens-portal/portal/sdk/api"
)

// opened is the office or officer on the page, as the server told it.
type opened struct {
	id      string
	view    model.PeopleView
	office  api.OfficeDetail
	officer api.OfficerDetail
	ok      bool // read
	shown   bool // drawn before, so that its place is kept
	err     error
}

func (p *People) openOffice(id string)  { p.openPage(model.PeopleOffices, id) }
func (p *People) openOfficer(id string) { p.openPage(model.PeopleOfficers, id) }

func (p *People) openPage(v model.PeopleView, id string) {
	p.imports = nil
	p.open = opened{id: id, view: v}
	p.view.ShowPage(true)
	p.showRail()
	p.showList(false)
	p.showOpen()
	p.readOpen()
}

// leavePage shows the list again where the page stood in its place.
func (p *People) leavePage() {
	p.imports = nil
	p.view.ShowPage(false)
	p.showRail()
	p.showOpen()
}

// readOpen reads what is on the page.
func (p *People) readOpen() {
	id, view := p.open.id, p.open.view
	if id == "" {
		return
	}
	p.cfg.Spawn(func() {
		o := opened{id: id, view: view}
		if view == model.PeopleOffices {
			o.office, o.err = p.cfg.Client.Admin.Office(p.ctx, id)
		} else {
			o.officer, o.err = p.cfg.Client.Admin.Officer(p.ctx, id)
		}
		o.ok = o.err == nil
		p.cfg.Dispatch(func() { p.openArrived(o) })
	})
}

func (p *People) openArrived(o opened) {
	if p.open.id != o.id || p.open.view != o.view || p.ctx.Err() != nil {
		return
	}
	o.shown = p.open.shown
	p.open = o
	if o.ok {
		p.renew(o)
	}
	p.showOpen()
}

// renew puts what was read into the list, which needs no reading for it.
func (p *People) renew(o opened) {
	if o.view == model.PeopleOffices {
		p.names[o.id] = o.office.Name
		if i := slices.IndexFunc(p.list.offices, func(r api.OfficeRow) bool { return r.ID == o.id }); i >= 0 {
			p.list.offices[i] = o.office.OfficeRow
		}
	} else if i := slices.IndexFunc(p.list.officers, func(r api.OfficerRecord) bool { return r.ID == o.id }); i >= 0 {
		p.list.officers[i] = o.officer.OfficerRecord
	}
	p.showList(false)
}

// showOpen shows the page.
func (p *People) showOpen() {
	w, env := p.cfg.Words(), p.cfg.Env
	switch o := &p.open; {
	case p.imports != nil:
		p.view.SetImport(p.imports.page)
	case o.id == "":
		p.view.SetNote(assets.IconPeople, env.T("people.choose"), nil)
	case o.err != nil:
		icon := assets.IconTriangle
		if errors.Is(o.err, sdk.ErrOffline) {
			icon = assets.IconCloudOff
		}
		p.view.SetNote(icon, model.SayPeople(w, o.err), p.readOpen)
	case !o.ok:
		p.view.SetNote(assets.IconSync, env.T("people.reading"), nil)
	case o.view == model.PeopleOffices:
		p.view.SetOffice(model.OfficePageOf(w, p.names, o.office), o.shown)
		o.shown = true
	default:
		p.view.SetOfficer(model.OfficerPageOf(w, p.names, o.officer, p.profile.Subject), o.shown)
		o.shown = true
	}
}

// endLeave and endCharge take a leave or a charge off the record; what is over stays
// in the history.
func (p *People) endLeave(n int) {
	o := p.open.officer.OfficerRecord
	if n < len(o.Leaves) {
		o.Leaves = slices.Delete(slices.Clone(o.Leaves), n, n+1)
		p.save(o)
	}
}

func (p *People) endCharge(n int) {
	o := p.open.officer.OfficerRecord
	if n < len(o.Charges) {
		o.Charges = slices.Delete(slices.Clone(o.Charges), n, n+1)
		p.save(o)
	}
}

func (p *People) save(o api.OfficerRecord) {
	p.call(func(ctx context.Context) error {
		_, err := p.cfg.Client.Admin.PutOfficer(ctx, api.OfficerChange{Officer: o})
		return err
	}, func(err error) {
		if err != nil {
			p.toast(model.SayPeople(p.cfg.Words(), err))
			return
		}
		p.toast(p.cfg.Env.T("people.saved"))
		p.readOpen()
	})
}

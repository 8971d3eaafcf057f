package app

import (
	"context"
	"time"

	"github.com/citizens-portal/portal/app/model"
	"github.com/citizens-portal/portal/app/nav"
	"github.com/citizens-portal/portal/app/screen"
	"github.com/citizens-portal/portal/sdk"
)

// stepUnknown as a route's part opens a draft at the first step that is not complete.
const stepUnknown = "next"

// savePause is how long a person rests before what they wrote is saved.
const savePause = 700 * time.Millisecond

// reporting is the guided flow at work. Its draft belongs to the UI's goroutine; only
// copies of it are saved.
type reporting struct {
	a      *App
	name   nav.Name // Report, or Nameless or Helper, of which nothing is kept
	part   string   // of the route it was opened with
	report model.Report
	begun  bool // the draft was read, or begun
	guide  model.Guide
	mark   *screen.SaveMark

	pick    string // what is open over the steps: pickDistrict and so on
	help    helping
	stop    func() // of the pause before saving
	saving  bool
	again   bool // changed while saving
	over    bool // sent or removed: nothing is saved any more
	sending bool
	trouble string

	photos *gallery
	unsaid func() // ends the toast that offers to put a photo back
	adding bool
}

// opened is what the flow reads: the draft, once, and the public knowledge.
type opened struct {
	Draft sdk.Draft
	Guide model.Guide
}

func (a *App) reportPage(r nav.Route) page {
	p := &reporting{a: a, name: r.Name, part: r.Part, mark: screen.NewSaveMark(a.env), photos: a.newGallery()}
	p.report.Step = model.ParseStep(r.Part)
	if !p.keeps() {
		p.mark = nil
	}
	out := reads(func(src source) func(context.Context) (opened, error) {
		id := r.ID
		if p.begun {
			id = ""
		}
		return func(ctx context.Context) (opened, error) { return readDraft(ctx, src, id) }
	}, p.draw)
	out.pause = p.save
	if p.keeps() {
		out.front = p.fetchShot
	} else {
		out.key = p.key
	}
	return out
}

func readDraft(ctx context.Context, src source, id string) (out opened, err error) {
	out.Guide = src.guide(ctx)
	if id != "" {
		out.Draft, err = src.client.Complaints.Draft(ctx, id)
		return out, err
	}
	profile, err := src.client.Accounts.Profile()
	if isSignedOut(err) {
		err = nil // filing without a name needs no account
	}
	if d, ok := out.Guide.District(profile.District); ok {
		out.Draft.District = d.Slug
	}
	out.Draft.Language = string(src.words.Lang)
	return out, err
}

func (p *reporting) draw(o opened) screen.Frame {
	w := p.a.source().words
	offices := p.guide.Offices
	p.guide = o.Guide
	p.guide.Offices = offices
	if !p.begun {
		p.begun, p.report.Draft = true, o.Draft
		p.report.Draft.Anonymous = o.Draft.Anonymous || p.name == nav.Nameless
		if p.part == stepUnknown {
			p.report.Step = p.report.FirstWrong(w)
		}
		if o.Draft.ID != "" {
			p.mark.Set(true)
		}
		if p.keeps() {
			p.fetchShot()
		}
	}
	if f, open := p.layer(w); open {
		return f
	}
	switch p.pick {
	case pickDistrict:
		return p.a.pickDistrict(p.guide, p.report.Draft.District, p.district, p.closePick)
	case pickTehsil:
		return screen.Pick(p.a.env, screen.PickState{
			Title: p.a.env.T("area.choose_tehsil"), List: p.guide.Tehsils(w, p.report.Draft.District), Chosen: p.report.Draft.Area, Trouble: p.a.env.T("area.unknown"),
		}, p.tehsil, struct{ Back, Retry func() }{p.closePick, p.a.reload})
	}
	s := screen.ReportState{
		Report: p.report, Chosen: p.report.Chosen(w, p.guide), Kinds: p.guide.Under(w, p.report.Group), Known: len(p.guide.Kinds) > 0,
		Sending: p.sending, Error: p.trouble, Mark: p.mark, Adding: p.adding,
	}
	p.naming(&s)
	return screen.Report(p.a.env, s, screen.ReportActs{
		Close: p.close, Next: p.next, Back: p.back, Go: p.goTo,
		Kind: func(code string) { p.set(p.report.Choose(p.guide, p.a.source().words, code)) },
		All:  func() { r := p.report; r.All, r.Group = true, ""; p.set(r) },
		Up: func() {
			if r, ok := p.report.Up(p.guide); ok {
				p.set(r)
			}
		},
		Search:   func(q string) []model.Choice { return p.guide.Search(p.a.source().words, q) },
		District: func() { p.pick = pickDistrict; p.a.redraw() },
		Tehsil:   func() { p.pick = pickTehsil; p.a.redraw() },
		Place:    func(v string) { p.report.Draft.Place = v; p.wrote() },
		Text:     func(v string) { p.report.Draft.Text = v; p.wrote() },
		Reload:   p.a.reload,
		AddPhoto: p.adder(), Locate: p.locator(), RemovePhoto: p.removePhoto, Photos: p.photos.acts(),
		Remove: p.remover(),
		About:  func() { p.openOver(pickAbout) }, Nameless: func() { p.openOver(pickNameless) },
	})
}

// remover removes the whole draft; nil while there is nothing to remove.
func (p *reporting) remover() func() {
	if p.report.Empty() || p.sending || !p.keeps() {
		return nil
	}
	return func() {
		p.over = true
		if p.stop != nil {
			p.stop()
		}
		p.a.back()
		if !p.saving {
			p.a.removeDraft(p.report.Draft.ID)
		} // else once it is saved
	}
}

// removeDraft removes a draft; Undo puts it back as it was.
func (a *App) removeDraft(id string) {
	if id == "" {
		return
	}
	var d sdk.Draft
	c := a.client.Complaints
	a.act(func(ctx context.Context) (err error) {
		if d, err = c.Draft(ctx, id); err == nil {
			err = c.DeleteDraft(ctx, id)
		}
		return err
	}, func(err error) {
		if err != nil {
			a.say(err)
			return
		}
		a.reload()
		a.toast(a.env.T("draft.removed"), func() {
			a.act(func(ctx context.Context) error {
				_, err := c.SaveDraft(ctx, d)
				return err
			}, func(err error) {
				if err != nil {
					a.say(err)
				}
				a.reload()
			})
		}, nil)
	})
}

// set shows a changed report and saves it.
func (p *reporting) set(r model.Report) {
	moved := r.Step != p.report.Step
	p.report = r
	p.save()
	if moved {
		p.show()
		return
	}
	p.a.redraw()
}

// show draws a step from its top and keeps its place in the way.
func (p *reporting) show() {
	p.a.stack.Replace(nav.Route{Name: p.name, ID: p.report.Draft.ID, Part: p.report.Step.String()})
	p.a.keep()
	if p.a.ready {
		p.a.put(p.a.page.draw(p.a.state), true)
	}
}

func (p *reporting) goTo(step model.Step) {
	r := p.report
	r.Step, r.Wrong, r.Group, r.All = step, nil, "", false
	p.trouble = ""
	p.set(r)
}

func (p *reporting) next() {
	if wrong := p.report.Check(p.a.source().words, p.report.Step); wrong != nil {
		p.report.Wrong = wrong
		p.a.redraw()
		return
	}
	if p.report.Step == model.StepCheck {
		p.send()
		return
	}
	p.goTo(p.report.Step + 1)
}

func (p *reporting) back() {
	if p.report.Step > model.StepWhat {
		p.goTo(p.report.Step - 1)
		return
	}
	p.close()
}

// close leaves the flow. What was written stays as a draft; what was not begun leaves
// nothing.
func (p *reporting) close() {
	if !p.keeps() && !p.report.Empty() && !p.over {
		p.askToLeave()
		return
	}
	p.a.back()
	if !p.report.Empty() && !p.over {
		p.a.toast(p.a.env.T("draft.kept"), nil, nil)
	}
}

func (p *reporting) district(id string) {
	p.pick = ""
	if id != p.report.Draft.District {
		p.report.Draft.District, p.report.Draft.Area = id, ""
	}
	p.report.Wrong = nil
	p.set(p.report)
}

func (p *reporting) tehsil(id string) {
	p.pick, p.report.Draft.Area = "", id
	p.set(p.report)
}

func (p *reporting) closePick() { p.pick = ""; p.a.redraw() }

// wrote waits for a pause in the writing, then saves.
func (p *reporting) wrote() {
	if !p.keeps() {
		return
	}
	p.mark.Set(false)
	if p.stop != nil {
		p.stop()
	}
	p.stop = p.a.after(savePause, p.save)
}

// save puts a copy of the draft on the phone, one at a time. Its id, once known, is
// kept in the way, so that the flow is found again.
func (p *reporting) save() {
	if p.stop != nil {
		p.stop()
		p.stop = nil
	}
	if p.over || p.sending || !p.begun || !p.keeps() || p.report.Empty() {
		return
	}
	if p.saving {
		p.again = true
		return
	}
	p.saving = true
	d := p.report.Draft
	p.a.act(func(ctx context.Context) (err error) {
		d, err = p.a.client.Complaints.SaveDraft(ctx, d)
		return err
	}, func(err error) { p.saved(d, err) })
}

func (p *reporting) saved(d sdk.Draft, err error) {
	p.saving = false
	if p.over && d.ID != "" { // removed meanwhile
		p.a.removeDraft(d.ID)
		return
	}
	if err != nil {
		p.trouble = model.Say(p.a.source().words, err)
		return
	}
	p.report.Draft.ID, p.report.Draft.SavedAt = d.ID, d.SavedAt
	p.mark.Set(true)
	if top := p.a.stack.Top(); top.Name == nav.Report && top.ID == "" {
		p.a.stack.Replace(nav.Route{Name: nav.Report, ID: d.ID, Part: p.report.Step.String()})
		p.a.keep()
	}
	if p.again {
		p.again = false
		p.save()
	}
}

// send files the complaint: it is on the phone when this returns, whatever the network
// does.
func (p *reporting) send() {
	if p.sending || p.saving {
		return
	}
	if p.unsaid != nil {
		p.unsaid()
	}
	switch {
	case p.name == nav.Helper:
		p.openOver(pickHelper)
		return
	case p.report.Draft.Anonymous:
		p.sendNameless()
		return
	}
	p.sending, p.trouble = true, ""
	p.a.redraw()
	d := p.report.Draft
	var id string
	p.a.act(func(ctx context.Context) error {
		s, err := p.a.client.Complaints.Lodge(ctx, d)
		id = s.Complaint.ID
		return err
	}, func(err error) {
		p.sending = false
		if err != nil {
			p.refused(err)
			return
		}
		p.over = true
		p.a.askToNotify()
		p.a.replace(nav.Route{Name: nav.Received, ID: id})
	})
}

// refused says why a complaint could not be filed, at the fields where there are some.
func (p *reporting) refused(err error) {
	w := p.a.source().words
	p.report.Wrong = model.Wrong(w, err)
	p.trouble = model.Say(w, err)
	p.a.redraw()
}

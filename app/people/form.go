package people

import (
	"context"
	"errors"
	"fmt"

	"github.com/citizens-portal/portal/app/bidi"
	"github.com/citizens-portal/portal/app/model"
	"github.com/citizens-portal/portal/app/screen"
	"github.com/citizens-portal/portal/sdk"
	"github.com/citizens-portal/portal/sdk/api"
)

// call makes a call off the UI's goroutine. When the server wants a fresh proof of who
// asks, it waits for the code and is made again; leaving that question is the end of it.
func (p *People) call(do func(context.Context) error, done func(error)) {
	p.cfg.Spawn(func() {
		err := do(p.ctx)
		p.cfg.Dispatch(func() {
			if p.ctx.Err() != nil {
				return
			}
			if errors.Is(err, sdk.ErrStepUp) {
				p.askCode(do, done)
				return
			}
			done(err)
		})
	})
}

// stepUp is the question for a fresh code, with the call that waits for it.
type stepUp struct {
	do    func(context.Context) error
	done  func(error)
	entry *bidi.Entry
	state screen.StepUpState
}

// errNoCode ends a call whose code was not given.
var errNoCode = errors.New("no code was given")

func (p *People) askCode(do func(context.Context) error, done func(error)) {
	p.step = &stepUp{do: do, done: done, entry: screen.StepUpEntry(p.cfg.Env, p.sendCode, p.leaveStepUp)}
	p.showStepUp()
	p.cfg.Focus(p.step.entry)
}

func (p *People) showStepUp() {
	p.view.SetOver(screen.StepUpCard(p.cfg.Env, p.step.entry, p.step.state, p.sendCode, p.leaveStepUp), p.leaveStepUp)
}

func (p *People) sendCode() {
	s := p.step
	if s == nil || s.state.Busy {
		return
	}
	code := s.entry.Text()
	s.state = screen.StepUpState{Busy: true}
	p.showStepUp()
	p.cfg.Spawn(func() {
		err := p.cfg.Client.Accounts.StepUp(p.ctx, api.StepUpRequest{TOTP: code})
		p.cfg.Dispatch(func() { p.codeTaken(s, err) })
	})
}

func (p *People) codeTaken(s *stepUp, err error) {
	switch {
	case p.step != s || p.ctx.Err() != nil:
		return
	case errors.Is(err, sdk.ErrInvalid):
		s.state = screen.StepUpState{Wrong: p.cfg.Env.T("people.step_up.wrong")}
		p.showStepUp()
	case err != nil:
		s.state = screen.StepUpState{Wrong: model.SayPeople(p.cfg.Words(), err)}
		p.showStepUp()
	default:
		p.step = nil
		p.showOver()
		p.call(s.do, s.done)
	}
}

func (p *People) leaveStepUp() {
	s := p.step
	if s == nil {
		return
	}
	p.step = nil
	p.showOver()
	s.done(errNoCode)
}

// showOver shows the form again, or nothing, once what lay over it is gone.
func (p *People) showOver() {
	if p.form != nil {
		p.showForm()
		return
	}
	p.cfg.Focus(nil)
	p.view.SetOver(nil, nil)
}

// form is an action that is being filled in.
type form struct {
	state  screen.PeopleFormState
	card   *screen.PeopleFormCard
	record api.OfficerRecord
	stop   func() // of the pause before an office is searched for
	gen    int
}

// do asks for what an action needs.
func (p *People) do(a model.PeopleAction) {
	if !p.open.ok {
		return
	}
	w := p.cfg.Words()
	f := &form{record: p.open.officer.OfficerRecord}
	f.state = screen.PeopleFormState{Action: a, About: f.record.Name, Form: model.PeopleForm{model.FieldPost: f.record.Post, model.FieldOffice: f.record.Office}}
	f.state.OfficeName = p.names.Name(w, f.record.Office)
	switch a {
	case model.PeopleAdd:
		f.record = api.OfficerRecord{}
		f.state.About = p.names.Name(w, p.open.id)
		f.state.Form = model.PeopleForm{model.FieldOffice: p.open.id, model.FieldPost: model.PostStaff}
	case model.PeopleAct:
		f.state.OfficeName = ""
		f.state.Form = model.PeopleForm{model.FieldPost: model.PostHead, model.FieldFrom: model.DayText(w.Now)}
	case model.PeopleLeave:
		f.state.Form[model.FieldFrom] = model.DayText(w.Now)
	}
	f.card = screen.NewPeopleFormCard(p.cfg.Env, screen.PeopleFormActs{Write: p.write, Find: p.findOffice, Send: p.send, Leave: p.leaveForm})
	p.form = f
	p.showForm()
	if e := f.card.First(a); e != nil {
		p.cfg.Focus(e)
	}
}

func (p *People) showForm() {
	p.view.SetOver(p.form.card.Draw(p.form.state), p.leaveForm)
}

func (p *People) leaveForm() {
	if p.form == nil || p.form.state.Busy {
		return
	}
	p.closeForm()
}

func (p *People) closeForm() {
	if p.form.stop != nil {
		p.form.stop()
	}
	p.form = nil
	p.showOver()
}

// write takes what was typed or chosen. A choice is shown at once; typing shows itself.
func (p *People) write(field model.PeopleField, value string) {
	f := p.form
	if f == nil {
		return
	}
	f.state.Form[field] = value
	switch field {
	case model.FieldOffice:
		f.state.OfficeName = p.names.Name(p.cfg.Words(), value)
		p.showForm()
	case model.FieldPost:
		p.showForm()
	}
}

// findOffice offers offices for what is typed, once the person rests.
func (p *People) findOffice(text string) {
	f := p.form
	if f == nil {
		return
	}
	f.gen++
	gen := f.gen
	if f.stop != nil {
		f.stop()
	}
	f.stop = p.cfg.After(typingPause, func() {
		p.cfg.Spawn(func() {
			l, err := p.cfg.Client.Admin.Offices(p.ctx, sdk.AdminQuery{Text: text, Limit: matches})
			p.cfg.Dispatch(func() {
				if p.form == f && f.gen == gen {
					p.officesFound(l.Offices, err)
				}
			})
		})
	})
}

func (p *People) officesFound(list []api.OfficeRow, err error) {
	f, w := p.form, p.cfg.Words()
	f.state.Offices, f.state.Trouble = nil, ""
	if err != nil {
		f.state.Trouble = model.SayPeople(w, err)
	}
	for _, o := range list {
		p.names[o.ID] = o.Name
		f.state.Offices = append(f.state.Offices, model.OfficeLineOf(w, p.names, o))
	}
	p.showForm()
}

// send does what was filled in.
func (p *People) send() {
	f, w := p.form, p.cfg.Words()
	if f == nil || f.state.Busy {
		return
	}
	record, wrong := f.state.Form.Apply(w, f.state.Action, f.record)
	f.state.Wrong, f.state.Trouble = wrong, ""
	if len(wrong) > 0 {
		p.showForm()
		return
	}
	f.state.Busy = true
	p.showForm()
	switch f.state.Action {
	case model.PeopleInvite, model.PeopleReset:
		p.sendToken(f)
	default:
		p.sendRecord(f, record)
	}
}

func (p *People) sendRecord(f *form, record api.OfficerRecord) {
	var out api.AdminOutcome
	add := f.state.Action == model.PeopleAdd
	ch := api.OfficerChange{Officer: record, Reason: f.state.Form[model.FieldReason]}
	p.call(func(ctx context.Context) (err error) {
		if add {
			if err := p.unused(ctx, record.ID); err != nil {
				return err
			}
		}
		out, err = p.cfg.Client.Admin.PutOfficer(ctx, ch)
		return err
	}, func(err error) {
		if !p.sent(f, err) {
			return
		}
		p.toast(p.doneWords(out))
		if add {
			p.openOfficer(record.ID)
			return
		}
		p.readOpen()
	})
}

// errTaken: a new officer must not replace one that there is.
var errTaken = errors.New("the name to sign in with is taken")

// unused makes sure that a new officer replaces nobody: the server puts what it gets in
// place of what there is.
func (p *People) unused(ctx context.Context, id string) error {
	switch _, err := p.cfg.Client.Admin.Officer(ctx, id); {
	case err == nil:
		return fmt.Errorf("%s: %w", id, errTaken)
	case errors.Is(err, sdk.ErrNotFound):
		return nil
	default:
		return err
	}
}

// doneWords says that it is saved, and which complaints need somebody now.
func (p *People) doneWords(out api.AdminOutcome) string {
	if n := len(out.Reassign); n > 0 {
		return p.cfg.Env.T("people.reassign", "n", n)
	}
	return p.cfg.Env.T("people.saved")
}

func (p *People) sendToken(f *form) {
	var inv api.AdminInvitation
	give, id := p.cfg.Client.Admin.Invite, f.record.ID
	if f.state.Action == model.PeopleReset {
		give = p.cfg.Client.Admin.Reset
	}
	p.call(func(ctx context.Context) (err error) {
		inv, err = give(ctx, id)
		return err
	}, func(err error) {
		if p.sent(f, err) {
			p.showToken(f.record.Name, inv, false)
			p.readOpen()
		}
	})
}

// sent closes a form whose act is done, or says in it what is wrong.
func (p *People) sent(f *form, err error) bool {
	if p.form != f {
		return err == nil
	}
	f.state.Busy = false
	if err == nil {
		p.closeForm()
		return true
	}
	w := p.cfg.Words()
	switch {
	case errors.Is(err, errNoCode):
	case errors.Is(err, errTaken):
		f.state.Wrong = map[model.PeopleField]string{model.FieldID: w.T("people.error.taken")}
	default:
		f.state.Wrong = model.PeopleWrong(f.state.Action, err)
		if len(f.state.Wrong) == 0 {
			f.state.Trouble = model.SayPeople(w, err)
		}
	}
	p.showForm()
	return false
}

// showToken shows a one-time code until it is put away; it is kept nowhere.
func (p *People) showToken(name string, inv api.AdminInvitation, copied bool) {
	w := p.cfg.Words()
	done := func() { p.view.SetOver(nil, nil) }
	p.view.SetOver(screen.TokenCard(p.cfg.Env, name, inv.Token, w.Short(inv.ExpiresAt)+", "+w.Clock(inv.ExpiresAt), copied, func() {
		p.cfg.Copy(inv.Token)
		p.showToken(name, inv, true)
	}, done), func() {}) // a tap beside it must not lose the code
}

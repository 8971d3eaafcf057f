package desk

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/citizens-portal/portal/app/bidi"
	"github.com/citizens-portal/portal/app/model"
	"github.com/citizens-portal/portal/app/screen"
	"github.com/citizens-portal/portal/sdk"
	"github.com/citizens-portal/portal/sdk/api"
)

// An act can be undone while its toast stays. It is held a little longer than that, so
// that a tap in the last moment still counts.
const (
	toastTime = 6 * time.Second
	holdTime  = toastTime + 500*time.Millisecond
)

// savePause is how long an officer rests before what they wrote is saved.
const savePause = 700 * time.Millisecond

// undoable is the act that can be taken back, with what was written for it.
type undoable struct {
	op    string
	draft sdk.DeskDraft
}

// do does what a button or a key of the bar asks for.
func (d *Desk) do(a model.DeskAction) {
	if !d.page.May(a) || d.busy || d.form != nil {
		return
	}
	switch a {
	case model.DeskAcknowledge:
		id := d.state.Open
		d.act(d.cfg.Env.T("desk.done.acknowledge"), sdk.DeskDraft{}, func(ctx context.Context, desk *sdk.Desk) (sdk.Submission, error) {
			return desk.Acknowledge(ctx, id)
		})
	case model.DeskAssign:
		d.setOver(d.view.DeskAssign(d.page, d.closeOver))
	default:
		d.openForm(a)
	}
}

func (d *Desk) assign(officer string) {
	if d.over {
		d.closeOver()
	}
	id := d.state.Open
	name := d.known.office.Holder(d.cfg.Words(), officer, api.Text{})
	d.act(d.cfg.Env.T("officer.assigned_to", "name", name), sdk.DeskDraft{}, func(ctx context.Context, desk *sdk.Desk) (sdk.Submission, error) {
		return desk.Assign(ctx, id, officer, "")
	})
}

// act saves an act of the officer's and offers to undo it. draft is what was written
// for it: it is forgotten when the act is saved and comes back when it is undone.
func (d *Desk) act(done string, draft sdk.DeskDraft, do func(context.Context, *sdk.Desk) (sdk.Submission, error)) {
	if d.busy {
		return
	}
	d.busy = true
	d.saving.cancel()
	d.showCase()
	id := d.state.Open
	d.cfg.Spawn(func() {
		sub, err := do(d.ctx, d.cfg.Client.Desk.Holding(holdTime))
		if err == nil && draft.Case != "" {
			// A draft that stays is no harm; the act is saved.
			_ = d.cfg.Client.Desk.SaveDraft(d.ctx, sdk.DeskDraft{Case: draft.Case, Action: draft.Action})
		}
		// Read at once, so that nothing is offered twice and all the rest again.
		now := d.readCase(id)
		d.cfg.Dispatch(func() { d.acted(id, done, draft, sub, now, err) })
	})
}

func (d *Desk) acted(id, done string, draft sdk.DeskDraft, sub sdk.Submission, now opened, err error) {
	d.busy = false
	if err != nil {
		d.failed(err)
		return
	}
	if id == d.state.Open {
		now.message = cmp.Or(d.open.message, now.message)
		if draft.Action == string(model.DeskMessage) {
			now.message, d.wrong = "", ""
		}
		d.open = now
		d.turn++
		d.closeForm()
	}
	d.offerUndo(done, undoable{op: sub.Op, draft: draft})
	d.showCase()
	d.refresh()
}

// failed says what is wrong, at the field where there is one. What was written stays.
func (d *Desk) failed(err error) {
	w := d.cfg.Words()
	wrong := model.DeskWrong(w, err)
	switch {
	case d.form != nil:
		d.form.Busy, d.form.Wrong, d.form.Trouble = false, wrong, ""
		if len(wrong) == 0 {
			d.form.Trouble = model.Say(w, err)
		}
	case wrong["text"] != "":
		d.wrong = wrong["text"]
	default:
		d.cfg.Say(model.Say(w, err))
	}
	d.showCase()
}

// offerUndo tells what was done until the time to undo it is over.
func (d *Desk) offerUndo(done string, u undoable) {
	d.done = u
	d.toast(done, d.undo)
}

func (d *Desk) toast(sentence string, undo func()) {
	d.toasts++
	mine := d.toasts
	d.view.SetToast(sentence, d.cfg.Env.T("action.undo"), undo)
	d.cfg.After(toastTime, func() {
		if d.toasts == mine {
			d.done = undoable{}
			d.view.SetToast("", "", nil)
		}
	})
}

// undo takes the last act back, if it has not left the device.
func (d *Desk) undo() {
	u := d.done
	if u.op == "" {
		return
	}
	d.done = undoable{}
	d.cfg.Spawn(func() {
		err := d.cfg.Client.Sync.Discard(d.ctx, u.op)
		if err == nil && u.draft.Case != "" {
			err = d.cfg.Client.Desk.SaveDraft(d.ctx, u.draft)
		}
		d.cfg.Dispatch(func() { d.undone(u, err) })
	})
}

func (d *Desk) undone(u undoable, err error) {
	switch {
	case errors.Is(err, sdk.ErrNotFound):
		d.toast(d.cfg.Env.T("desk.undo_late"), nil)
	case err != nil:
		d.cfg.Say(model.Say(d.cfg.Words(), err))
	default:
		d.toast(d.cfg.Env.T("desk.undone"), nil)
		if u.draft.Action == string(model.DeskMessage) && u.draft.Case == d.state.Open {
			d.open.message = u.draft.Text
		}
	}
	d.changedHere(u.draft.Case)
}

// changedHere reads complaints again whose acts were taken back or settled.
func (d *Desk) changedHere(ids ...string) {
	ids = append(ids, d.state.Open)
	ids = slices.DeleteFunc(ids, func(id string) bool { return id == "" })
	d.cfg.Spawn(func() { d.changed(sdk.Change{Complaints: ids}) })
}

// openForm asks for what an action needs, with what was written for it before.
func (d *Desk) openForm(a model.DeskAction) {
	id, f := d.state.Open, &screen.DeskForm{Action: a, Reading: true}
	d.Pause()
	d.form, d.saving.evidence = f, nil
	d.resumed, d.state.Form, d.state.Shown = true, a, true
	d.view.ShowCase(true)
	d.keep()
	d.showCase()
	d.write(d.fields.Entry())
	d.cfg.Spawn(func() {
		draft, _ := d.cfg.Client.Desk.Draft(d.ctx, id, string(a))
		var offices []model.DeskChoice
		if a == model.DeskTransfer {
			offices = d.targets(id)
		}
		d.cfg.Dispatch(func() { d.draftArrived(f, draft, offices) })
	})
}

// write gives a field the keyboard.
func (d *Desk) write(e *bidi.Entry) {
	if e == nil {
		return
	}
	d.cfg.Focus(e)
	if d.stroke {
		e.SkipStroke()
	}
}

func (d *Desk) targets(id string) []model.DeskChoice {
	offices, err := d.cfg.Client.Desk.TransferTargets(d.ctx, id)
	if err != nil {
		return nil
	}
	w := d.cfg.Words()
	var out []model.DeskChoice
	for _, o := range offices {
		out = append(out, model.DeskChoice{ID: o.ID, Name: w.In(o.Name)})
	}
	slices.SortFunc(out, func(a, b model.DeskChoice) int { return cmp.Compare(a.Name, b.Name) })
	return out
}

// draftArrived puts what was written before in front of what was typed meanwhile.
func (d *Desk) draftArrived(f *screen.DeskForm, draft sdk.DeskDraft, offices []model.DeskChoice) {
	if d.form != f || d.ctx.Err() != nil {
		return
	}
	f.Reading, f.Offices = false, offices
	if f.Text != "" && draft.Text != "" {
		draft.Text += " "
	}
	f.Text = draft.Text + f.Text
	f.Disposition, f.Office = cmp.Or(f.Disposition, draft.Disposition), cmp.Or(f.Office, draft.Office)
	var files []screen.DeskFile
	for _, file := range draft.Evidence {
		files = append(files, d.deskFile(file))
	}
	f.Files = append(files, f.Files...)
	d.saving.evidence = append(draft.Evidence, d.saving.evidence...)
	d.later()
	d.showCase()
}

// closeForm puts the form away; what was written is kept by then.
func (d *Desk) closeForm() {
	if d.form == nil && d.state.Form == "" {
		return
	}
	d.form, d.state.Form, d.saving.evidence = nil, "", nil
	d.cfg.Focus(nil)
	d.keep()
}

func (d *Desk) leaveForm() {
	d.Pause()
	d.closeForm()
	d.showCase()
}

// escape leaves the form, or only the field in the conversation.
func (d *Desk) escape() {
	if d.form != nil {
		d.leaveForm()
		return
	}
	d.cfg.Focus(nil)
}

func (d *Desk) formText(text string) {
	if d.form != nil {
		d.form.Text = text
		d.later()
	}
}

func (d *Desk) formDisposition(v string) {
	d.form.Disposition = v
	d.Pause()
	d.showCase()
}

func (d *Desk) formOffice(v string) {
	d.form.Office = v
	d.Pause()
	d.showCase()
}

// addFile takes a file as evidence.
func (d *Desk) addFile() {
	form := d.form
	d.cfg.PickFile(func(r io.ReadCloser, err error) {
		if err != nil {
			d.failed(err)
			return
		}
		d.cfg.Spawn(func() {
			file, err := d.cfg.Client.Complaints.AddFile(d.ctx, r)
			err = errors.Join(err, r.Close())
			d.cfg.Dispatch(func() { d.fileArrived(form, file, err) })
		})
	})
}

func (d *Desk) fileArrived(form *screen.DeskForm, file api.File, err error) {
	switch {
	case d.form != form:
		return
	case err != nil:
		d.failed(err)
		return
	case slices.ContainsFunc(d.saving.evidence, func(f api.File) bool { return f.SHA256 == file.SHA256 }):
		return
	}
	form.Wrong = nil
	form.Files = append(form.Files, d.deskFile(file))
	d.saving.evidence = append(d.saving.evidence, file)
	d.Pause()
	d.showCase()
}

func (d *Desk) removeFile(sha string) {
	d.form.Files = slices.DeleteFunc(d.form.Files, func(f screen.DeskFile) bool { return f.SHA == sha })
	d.saving.evidence = slices.DeleteFunc(d.saving.evidence, func(f api.File) bool { return f.SHA256 == sha })
	d.Pause()
	d.showCase()
}

func (d *Desk) deskFile(f api.File) screen.DeskFile {
	out := screen.DeskFile{SHA: f.SHA256, PDF: f.Type == "application/pdf"}
	size := fmt.Sprintf("%d kB", (f.Size+1023)>>10)
	out.Name = d.cfg.Env.T("desk.file.photo", "size", size)
	if out.PDF {
		out.Name = d.cfg.Env.T("desk.file.pdf", "size", size)
	}
	return out
}

// sendForm does what was written.
func (d *Desk) sendForm() {
	if d.form == nil || d.busy {
		return
	}
	draft, ok := d.draft()
	if !ok {
		return
	}
	f, env := d.form, d.cfg.Env
	if wrong := model.DeskCheck(d.cfg.Words(), f.Action, draft, d.page.Evidence); len(wrong) > 0 {
		f.Wrong = wrong
		d.showCase()
		return
	}
	f.Busy = true
	switch f.Action {
	case model.DeskPropose:
		d.act(env.T("desk.done.propose"), draft, func(ctx context.Context, desk *sdk.Desk) (sdk.Submission, error) {
			return desk.Propose(ctx, draft.Case, sdk.Proposal{Text: draft.Text, Disposition: draft.Disposition, Evidence: draft.Evidence})
		})
	case model.DeskAsk:
		d.act(env.T("desk.done.ask"), draft, func(ctx context.Context, desk *sdk.Desk) (sdk.Submission, error) {
			return desk.Ask(ctx, draft.Case, draft.Text)
		})
	case model.DeskTransfer:
		name := d.known.office.OfficeName(d.cfg.Words(), draft.Office)
		d.act(env.T("desk.done.transfer", "name", name), draft, func(ctx context.Context, desk *sdk.Desk) (sdk.Submission, error) {
			return desk.Transfer(ctx, draft.Case, draft.Office, draft.Text)
		})
	default:
		d.act(env.T("desk.done.decline"), draft, func(ctx context.Context, desk *sdk.Desk) (sdk.Submission, error) {
			return desk.Invalidate(ctx, draft.Case, draft.Text)
		})
	}
}

// wrote keeps what is written in the conversation.
func (d *Desk) wrote(text string) {
	d.open.message = text
	d.later()
}

func (d *Desk) sendMessage() {
	if d.busy || !d.open.ok {
		return
	}
	draft := sdk.DeskDraft{Case: d.state.Open, Action: string(model.DeskMessage), Text: d.open.message}
	if wrong := model.DeskCheck(d.cfg.Words(), model.DeskMessage, draft, false); len(wrong) > 0 {
		d.wrong = wrong["text"]
		d.showCase()
		return
	}
	d.act(d.cfg.Env.T("desk.done.message"), draft, func(ctx context.Context, desk *sdk.Desk) (sdk.Submission, error) {
		return desk.Message(ctx, draft.Case, draft.Text)
	})
}

// retry sends a refused act again, for the complaint as it is now.
func (d *Desk) retry(op string) {
	d.settle(func(ctx context.Context) error {
		_, err := d.cfg.Client.Sync.Retry(ctx, op, "")
		return err
	}, func() {})
}

// drop settles a refused act for good.
func (d *Desk) drop(op string) {
	d.settle(func(ctx context.Context) error { return d.cfg.Client.Sync.Discard(ctx, op) }, func() {})
}

// edit puts what was refused back into its form, and settles the refusal.
func (d *Desk) edit(r model.Refusal) {
	id := d.state.Open
	d.settle(func(ctx context.Context) error {
		draft, err := d.cfg.Client.Desk.Draft(ctx, id, string(r.Action))
		if err == nil {
			draft.Text = r.Text
			err = d.cfg.Client.Desk.SaveDraft(ctx, draft)
		}
		if err != nil {
			return err
		}
		return d.cfg.Client.Sync.Discard(ctx, r.Op)
	}, func() {
		if r.Action == model.DeskMessage {
			d.open.message = r.Text
			d.setTab(model.DeskTabTalk)
			return
		}
		d.openForm(r.Action)
	})
}

// settle does something about a refused act, and then goes on.
func (d *Desk) settle(do func(context.Context) error, then func()) {
	d.cfg.Spawn(func() {
		err := do(d.ctx)
		d.cfg.Dispatch(func() {
			if err != nil {
				d.cfg.Say(model.Say(d.cfg.Words(), err))
			} else {
				then()
			}
			d.changedHere()
		})
	})
}

package desk

import (
	"sync"

	"github.com/citizens-portal/portal/app/model"
	"github.com/citizens-portal/portal/sdk"
	"github.com/citizens-portal/portal/sdk/api"
)

// saving keeps what is written, some time after the last key and at every pause.
type saving struct {
	stop     func()     // of the pause before saving
	evidence []api.File // of the open form

	order *order
}

// order lets no older save overtake a newer one of the same draft.
type order struct {
	mu    sync.Mutex
	given int
	done  map[string]int
}

func (s *saving) init() { s.order = &order{done: map[string]int{}} }

func (s *saving) cancel() {
	if s.stop != nil {
		s.stop()
		s.stop = nil
	}
}

// later saves after a pause in writing.
func (d *Desk) later() {
	d.saving.cancel()
	d.saving.stop = d.cfg.After(savePause, d.Pause)
}

// Pause saves what is being written, now.
func (d *Desk) Pause() {
	if d.saving.stop == nil && d.form == nil {
		return
	}
	d.saving.cancel()
	if draft, ok := d.draft(); ok {
		d.save(draft)
	}
}

// draft is what is being written: in the form, or else in the conversation. It is false
// while that is not known yet, so that nothing is saved over what was written before.
func (d *Desk) draft() (sdk.DeskDraft, bool) {
	if f := d.form; f != nil {
		return sdk.DeskDraft{
			Case: d.state.Open, Action: string(f.Action), Text: f.Text, Disposition: f.Disposition, Office: f.Office, Evidence: d.saving.evidence,
		}, !f.Reading
	}
	return sdk.DeskDraft{Case: d.state.Open, Action: string(model.DeskMessage), Text: d.open.message}, d.open.ok
}

// save writes a draft off the UI's goroutine.
func (d *Desk) save(draft sdk.DeskDraft) {
	o := d.saving.order
	o.given++
	turn, key := o.given, draft.Case+" "+draft.Action
	d.cfg.Spawn(func() {
		o.mu.Lock()
		defer o.mu.Unlock()
		if o.done[key] > turn {
			return
		}
		o.done[key] = turn
		if err := d.cfg.Client.Desk.SaveDraft(d.ctx, draft); err != nil && d.ctx.Err() == nil {
			d.cfg.Dispatch(func() { d.cfg.Say(model.Say(d.cfg.Words(), err)) })
		}
	})
}

package desk

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/citizens-portal/portal/app/model"
	"github.com/citizens-portal/portal/app/screen"
	"github.com/citizens-portal/portal/sdk"
	"github.com/citizens-portal/portal/sdk/api"
)

// revealing is an officer's question who filed a complaint. What was opened is held
// nowhere but here, and only as long as the complaint is open.
type revealing struct {
	of   string // the complaint
	form screen.DeskReveal
	// asking: the card is open.
	asking   bool
	identity []model.Fact
}

func (d *Desk) revealActs() screen.DeskRevealActs {
	return screen.DeskRevealActs{
		Open: d.askReveal, Hide: func() { d.hideIdentity(); d.showCase() }, Send: d.sendReveal,
		Reason: func(v string) { d.reveal.form.Reason = v }, TOTP: func(v string) { d.reveal.form.TOTP = v },
	}
}

// askReveal asks why.
func (d *Desk) askReveal() {
	if !d.page.MayReveal || d.form != nil {
		return
	}
	d.reveal = revealing{of: d.state.Open, asking: true}
	d.showReveal()
}

func (d *Desk) showReveal() {
	card, first := d.view.DeskRevealCard(d.reveal.form, d.revealActs(), d.closeReveal)
	d.setOver(card)
	// What opened the card must not be typed into it.
	d.cfg.After(30*time.Millisecond, func() {
		if d.reveal.asking {
			d.cfg.Focus(first)
		}
	})
}

func (d *Desk) closeReveal() {
	d.reveal.asking, d.reveal.form = false, screen.DeskReveal{}
	d.closeOver()
}

// sendReveal opens the identity. The server notes who looked and why before it answers.
func (d *Desk) sendReveal() {
	f := &d.reveal.form
	if f.Busy || !d.reveal.asking {
		return
	}
	if strings.TrimSpace(f.Reason) == "" {
		f.Wrong = map[string]string{"reason": d.cfg.Env.T("error.reason")}
		d.showReveal()
		return
	}
	f.Busy, f.Wrong, f.Trouble = true, nil, ""
	d.showReveal()
	id, reason, totp := d.reveal.of, f.Reason, ""
	if f.Ask {
		totp = f.TOTP
	}
	client := d.cfg.Client
	d.cfg.Spawn(func() {
		who, err := openIdentity(d.ctx, client, id, reason, totp)
		d.cfg.Dispatch(func() { d.revealed(id, who, err) })
	})
}

// openIdentity proves who asks, if a code was given, and asks.
func openIdentity(ctx context.Context, client *sdk.Client, id, reason, totp string) (api.Identity, error) {
	if totp != "" {
		if err := client.Accounts.StepUp(ctx, api.StepUpRequest{TOTP: totp}); err != nil {
			return api.Identity{}, err
		}
	}
	return client.Desk.Reveal(ctx, id, reason)
}

func (d *Desk) revealed(id string, who api.Identity, err error) {
	if d.reveal.of != id || !d.reveal.asking || d.ctx.Err() != nil {
		return // the complaint was left meanwhile
	}
	w := d.cfg.Words()
	f := &d.reveal.form
	f.Busy = false
	switch {
	case err == nil:
		d.reveal = revealing{of: id, identity: model.IdentityFacts(w, d.known.guide, who)}
		d.closeOver()
		d.state.Tab = model.DeskTabCase
		d.showCase()
		d.cfg.Client.Sync.Poke() // for the entry in the timeline
		return
	case model.NeedsProof(err):
		f.Ask = true
	case errors.Is(err, sdk.ErrOffline):
		f.Trouble = w.T("error.needs_net")
	default:
		if f.Wrong = model.Wrong(w, err); f.Wrong == nil {
			f.Trouble = model.Say(w, err)
		}
	}
	d.showReveal()
}

// hideIdentity forgets who filed the complaint, and what was asked about it.
func (d *Desk) hideIdentity() {
	if d.reveal.asking {
		d.closeOver()
	}
	d.reveal = revealing{}
}

// noteOpened tells the citizen's access log that the complaint is in sight, once for
// each time it is opened. The note goes with the next sync.
func (d *Desk) noteOpened() {
	id := d.open.complaint.ID
	if !d.open.ok || id == d.noted || d.view.Narrow() && !d.state.Shown {
		return
	}
	d.noted = id
	d.cfg.Spawn(func() {
		if _, err := d.cfg.Client.Desk.Opened(d.ctx, id); err != nil && d.ctx.Err() == nil {
			d.cfg.Dispatch(func() {
				if d.noted == id {
					d.noted = "" // so that the next drawing tries again
				}
			})
		}
	})
}

package sdk

import (
	"context"
	"errors"
	"strings"

	"github.com/citizens-portal/portal/sdk/api"
	"github.com/citizens-portal/portal/sdk/internal/local"
	"github.com/citizens-portal/portal/sdk/internal/remote"
)

// StepUp proves once more who is signed in: officers with a fresh code of their
// authenticator, citizens with their PIN. What needs it says ErrStepUp.
func (a *Accounts) StepUp(ctx context.Context, r api.StepUpRequest) error {
	r.TOTP, r.PIN = asciiDigits(strings.TrimSpace(r.TOTP)), asciiDigits(strings.TrimSpace(r.PIN))
	token, err := a.c.freshToken(ctx)
	if err != nil {
		return err
	}
	// The token is good, so a refusal is about the code; trying once more with
	// another token would cost one of the few tries.
	err = a.c.reach(func(c *remote.Client) error { return c.StepUp(ctx, token, r) })
	if isProblem(err, api.TypeSignedOut) {
		name := "totp"
		if r.PIN != "" {
			name = "pin"
		}
		return invalid(field(name, "code_wrong", "this is not the right code, or it was used already"))
	}
	return err
}

// freshToken gives an access token that the server takes right now.
func (c *Client) freshToken(ctx context.Context) (token string, err error) {
	err = c.authed(ctx, func(r *remote.Client, t string) error {
		token = t
		_, err := r.Me(ctx, t)
		return err
	})
	return token, err
}

// AccessLog tells which officers opened the citizen's complaints, or who they
// are, newest first. It needs the server.
func (a *Accounts) AccessLog(ctx context.Context) (out []api.Access, err error) {
	err = a.c.authed(ctx, func(r *remote.Client, token string) error {
		out, err = r.AccessLog(ctx, token)
		return err
	})
	return out, err
}

// Export is all that is kept about an account: on the server, and on this device
// alone.
type Export struct {
	Server api.Export `json:"server"`
	// Device is what the server does not have yet, or never gets.
	Device DeviceExport `json:"device"`
}

// DeviceExport is what lies on this device alone.
type DeviceExport struct {
	Drafts   []Draft         `json:"drafts"`
	Outbox   []Queued        `json:"outbox"`
	Receipts []local.Receipt `json:"receipts"`
	Files    []Attachment    `json:"files"`
}

// Export gathers all that is kept about the account. It needs the server and a
// proof of the last 15 minutes: ErrStepUp asks for one.
func (a *Accounts) Export(ctx context.Context) (out Export, err error) {
	err = a.c.authed(ctx, func(r *remote.Client, token string) error {
		out.Server, err = r.Export(ctx, token)
		return err
	})
	if err != nil {
		return out, err
	}
	out.Device = DeviceExport{Drafts: []Draft{}, Outbox: []Queued{}, Receipts: []local.Receipt{}, Files: []Attachment{}}
	if drafts, err := a.c.Complaints.Drafts(ctx); err != nil {
		return out, err
	} else if len(drafts) > 0 {
		out.Device.Drafts = drafts
	}
	if queued, err := a.c.Sync.Outbox(ctx); err != nil {
		return out, err
	} else if len(queued) > 0 {
		out.Device.Outbox = queued
	}
	for _, c := range out.Server.Complaints {
		err := a.c.view(func(tx *local.Tx) error {
			r, ok, err := tx.Receipt(c.ID)
			if ok {
				out.Device.Receipts = append(out.Device.Receipts, r)
			}
			return err
		})
		if err != nil {
			return out, err
		}
		files, err := a.c.Complaints.Files(ctx, c.ID)
		if err != nil && !errors.Is(err, ErrNotFound) {
			return out, err
		}
		out.Device.Files = append(out.Device.Files, files...)
	}
	return out, nil
}

// Reveal asks who filed a complaint. The reason, with the officer's name and
// post, stands in the citizen's own timeline from that moment. It needs the
// server and a proof of the last 15 minutes: ErrStepUp asks for one.
func (d *Desk) Reveal(ctx context.Context, ref, reason string) (out api.Identity, err error) {
	if err := problems(checkText("reason", reason, MaxText, true)); err != nil {
		return out, err
	}
	key, err := d.c.newID()
	if err != nil {
		return out, err
	}
	if c, err := d.c.Complaints.held(ref); err == nil {
		ref = c.ID
	}
	err = d.c.authed(ctx, func(r *remote.Client, token string) error {
		out, err = r.Reveal(ctx, token, ref, key, api.RevealRequest{Reason: strings.TrimSpace(reason)})
		return err
	})
	return out, err
}

// Register opens an account for a citizen who stands at the counter with their
// card, without an SMS. The code in the answer signs their phone in, once
// (Accounts.Recover): print it and give it to nobody else. It needs the server
// and a proof of the last 15 minutes.
func (d *Desk) Register(ctx context.Context, r Registration) (out api.DeskAccount, err error) {
	mobile, mobileErr := NormalMobile(r.Mobile)
	if err := problems(checkCNIC(r.CNIC), fieldsOf(mobileErr), checkText("name", r.Name, MaxName, true), d.c.Directory.checkDistrict(r.District)); err != nil {
		return out, err
	}
	err = d.c.authed(ctx, func(c *remote.Client, token string) error {
		out, err = c.DeskAccount(ctx, token, api.DeskAccountRequest{CNIC: r.CNIC, Mobile: mobile, Name: strings.TrimSpace(r.Name), District: r.District, Language: r.Language})
		return err
	})
	return out, err
}

// actOpen marks the operation that tells of an opening; it is no act on the case
// and waits in a lane of its own.
const actOpen = "open"

// Opened notes that the officer opened a complaint that lies on this device, for
// the citizen's access log; it goes with the next sync. The server keeps one
// note a day. It does nothing for citizens. op is the operation that tells it.
func (d *Desk) Opened(ctx context.Context, ref string) (op string, err error) {
	if err := ctx.Err(); err != nil {
		return "", err
	}
	acc, err := d.c.account()
	if err != nil || acc.Session.Profile.Kind != kindOfficer {
		return "", err
	}
	c, err := d.c.Complaints.held(ref)
	if errors.Is(err, ErrNotFound) {
		return "", nil // it came from the server, which has noted it
	}
	if err != nil {
		return "", err
	}
	lane := "open:" + c.ID
	err = d.c.update(func(tx *local.Tx) error {
		waiting, err := tx.Outbox()
		if err != nil {
			return err
		}
		for _, w := range waiting {
			if w.Lane == lane {
				op = w.Op
				return nil
			}
		}
		made, err := d.c.newOp(lane, api.OpOpen, actOpen, api.OpenBody{Case: c.ID})
		if err != nil {
			return err
		}
		op = made.Op
		_, err = tx.Enqueue(made, nil, nil)
		return err
	})
	return op, err
}

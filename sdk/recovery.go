package sdk

import (
	"context"
	"strings"
	"time"

	"github.com/citizens-portal/portal/sdk/api"
	"github.com/citizens-portal/portal/sdk/internal/local"
	"github.com/citizens-portal/portal/sdk/internal/remote"
)

// Resend asks for the awaited SMS once more; the server says how soon that may
// be.
func (a *Accounts) Resend(ctx context.Context) (ch api.Challenge, err error) {
	p, device, err := a.awaited()
	if err != nil {
		return ch, err
	}
	err = a.c.reach(func(r *remote.Client) (err error) {
		ch, err = r.Resend(ctx, api.ResendRequest{Challenge: p.Challenge, Device: device})
		return err
	})
	if err != nil {
		return ch, err
	}
	return ch, a.c.home.SetPending(&local.Pending{Challenge: ch.Challenge, ExpiresAt: ch.ExpiresAt, Login: p.Login, CNIC: p.CNIC})
}

// awaited gives the sign-in that waits for its OTP, with the device it began on.
func (a *Accounts) awaited() (local.Pending, api.DeviceInfo, error) {
	p, ok := a.c.home.Pending()
	if !ok {
		return p, api.DeviceInfo{}, invalid(field("otp", "otp_unasked", "no SMS was asked for here: register or sign in first"))
	}
	device, ok := a.c.home.DeviceFor(p.Login)
	if !ok {
		return p, device, invalid(field("otp", "otp_unasked", "ask for a new SMS: this device has changed since"))
	}
	return p, device, nil
}

// Recover signs in with the recovery code on paper instead of an SMS.
func (a *Accounts) Recover(ctx context.Context, mobile, code string) (s api.Session, err error) {
	normal, mobileErr := NormalMobile(mobile)
	if err := problems(fieldsOf(mobileErr), checkText("code", code, 64, true)); err != nil {
		return s, err
	}
	login, device, err := a.c.home.Identity("mobile:"+normal, a.c.cfg.DeviceName)
	if err != nil {
		return s, err
	}
	err = a.c.reach(func(r *remote.Client) (err error) {
		s, err = r.Recover(ctx, api.RecoverRequest{Mobile: normal, Code: strings.TrimSpace(code), Device: device})
		return err
	})
	if err != nil {
		return s, err
	}
	return s, a.signIn(s, login)
}

// SetPIN sets the PIN that approves a new device of this account.
func (a *Accounts) SetPIN(ctx context.Context, pin string) error {
	pin = asciiDigits(strings.TrimSpace(pin))
	if err := problems(checkText("pin", pin, 64, true)); err != nil {
		return err
	}
	return a.c.authed(ctx, func(r *remote.Client, token string) error { return r.SetPIN(ctx, token, pin) })
}

// ApproveByPIN lets this device, on which somebody has just signed in, see
// their older complaints: Profile says so at once, the next sync brings them.
func (a *Accounts) ApproveByPIN(ctx context.Context, pin string) error {
	pin = asciiDigits(strings.TrimSpace(pin))
	if err := problems(checkText("pin", pin, 64, true)); err != nil {
		return err
	}
	var token string
	err := a.c.authed(ctx, func(r *remote.Client, t string) error {
		token = t
		_, err := r.Me(ctx, t)
		return err
	})
	if err != nil {
		return err
	}
	// The session is good, so a refusal now is about the PIN; trying once more
	// with another token would cost one of the few tries.
	err = a.c.reach(func(r *remote.Client) error { return r.ApproveByPIN(ctx, token, pin) })
	if isProblem(err, api.TypeSignedOut) {
		return invalid(field("pin", "pin_wrong", "this is not the account's PIN"))
	}
	if err != nil {
		return err
	}
	return a.approved()
}

// approved notes that the server hides nothing from this device any more, and
// fetches what it hid.
func (a *Accounts) approved() error {
	err := a.c.update(func(tx *local.Tx) error {
		acc, err := tx.Account()
		if err != nil {
			return err
		}
		acc.Session.Profile.OldCasesFrom = time.Time{}
		return tx.PutSession(acc.Session)
	})
	a.c.changes.send(Change{Account: true})
	a.c.Sync.Poke()
	return err
}

// AcceptInvitation uses an officer's one-time invitation: it sets the password
// and gives what belongs into an authenticator app, shown this once.
func (a *Accounts) AcceptInvitation(ctx context.Context, token, password string) (e api.Enrolment, err error) {
	if err := problems(checkText("token", token, 64, true), checkText("password", password, 256, true)); err != nil {
		return e, err
	}
	err = a.c.reach(func(r *remote.Client) (err error) {
		e, err = r.AcceptInvitation(ctx, api.InvitationRequest{Token: strings.TrimSpace(token), Password: password})
		return err
	})
	return e, err
}

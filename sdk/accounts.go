package sdk

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/citizens-portal/portal/sdk/api"
	"github.com/citizens-portal/portal/sdk/internal/local"
	"github.com/citizens-portal/portal/sdk/internal/remote"
)

// Accounts signs people in and out and knows their devices.
type Accounts struct{ c *Client }

// Registration opens an account.
type Registration struct {
	CNIC     string // 13 digits, shown 5-7-1
	Mobile   string // +923XXXXXXXXX or 03XX-XXXXXXX
	Name     string
	District string // slug or id of an area
	Language string // "en", "ur" or "ps"; may be empty
}

// Register asks for an account; the server answers with an SMS, and Verify
// takes its OTP. ErrInvalid names what is wrong.
func (a *Accounts) Register(ctx context.Context, r Registration) (api.Challenge, error) {
	mobile, mobileErr := NormalMobile(r.Mobile)
	err := problems(checkCNIC(r.CNIC), fieldsOf(mobileErr), checkText("name", r.Name, MaxName, true), a.c.Directory.checkDistrict(r.District))
	if err != nil {
		return api.Challenge{}, err
	}
	return a.challenge(mobile, plainCNIC(r.CNIC), func(c *remote.Client, d api.DeviceInfo) (api.Challenge, error) {
		return c.Register(ctx, api.RegisterRequest{
			CNIC: r.CNIC, Mobile: mobile, Name: strings.TrimSpace(r.Name), District: r.District, Language: r.Language, Device: d,
		})
	})
}

func fieldsOf(err error) []api.FieldProblem {
	var p *api.Problem
	if errors.As(err, &p) {
		return p.Errors
	}
	return nil
}

// Login asks for an SMS for a number that has an account.
func (a *Accounts) Login(ctx context.Context, mobile string) (api.Challenge, error) {
	mobile, err := NormalMobile(mobile)
	if err != nil {
		return api.Challenge{}, err
	}
	return a.challenge(mobile, "", func(c *remote.Client, d api.DeviceInfo) (api.Challenge, error) {
		return c.Login(ctx, api.LoginRequest{Mobile: mobile, Device: d})
	})
}

// challenge asks for an OTP and remembers in the folder that one is awaited.
func (a *Accounts) challenge(mobile, cnic string, ask func(*remote.Client, api.DeviceInfo) (api.Challenge, error)) (ch api.Challenge, err error) {
	login, device, err := a.c.home.Identity("mobile:"+mobile, a.c.cfg.DeviceName)
	if err != nil {
		return ch, err
	}
	err = a.c.reach(func(r *remote.Client) error {
		ch, err = ask(r, device)
		return err
	})
	if err != nil {
		return ch, err
	}
	return ch, a.c.home.SetPending(&local.Pending{Challenge: ch.Challenge, ExpiresAt: ch.ExpiresAt, Login: login, CNIC: cnic})
}

// plainCNIC is a CNIC without what people write between its digits.
func plainCNIC(cnic string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, asciiDigits(cnic))
}

// Verify answers the SMS of Register or Login and signs in. A new account's
// session carries a recovery code, shown this once.
func (a *Accounts) Verify(ctx context.Context, otp string) (api.Session, error) {
	otp = asciiDigits(strings.TrimSpace(otp))
	if !otpDigits.MatchString(otp) {
		return api.Session{}, invalid(field("otp", "otp_shape", "the code in the SMS has six digits"))
	}
	p, device, err := a.awaited()
	if err != nil {
		return api.Session{}, err
	}
	var s api.Session
	err = a.c.reach(func(r *remote.Client) (err error) {
		s, err = r.Verify(ctx, api.VerifyRequest{Challenge: p.Challenge, OTP: otp, Device: device})
		return err
	})
	if err != nil {
		return s, err
	}
	if err := a.signIn(s, p.Login); err != nil {
		return s, err
	}
	return s, a.c.home.SetPending(nil)
}

// asciiDigits turns Urdu and Arabic digits, as a keyboard may give them, into
// ASCII ones.
func asciiDigits(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= '۰' && r <= '۹':
			return r - '۰' + '0'
		case r >= '٠' && r <= '٩':
			return r - '٠' + '0'
		}
		return r
	}, s)
}

// LoginOfficer signs an officer in with password and TOTP.
func (a *Accounts) LoginOfficer(ctx context.Context, name, password, totp string) (api.Session, error) {
	err := problems(checkText("name", name, 80, true), checkText("password", password, 256, true), checkText("totp", totp, 16, true))
	if err != nil {
		return api.Session{}, err
	}
	login, device, err := a.c.home.Identity("officer:"+name, a.c.cfg.DeviceName)
	if err != nil {
		return api.Session{}, err
	}
	var s api.Session
	err = a.c.reach(func(r *remote.Client) (err error) {
		s, err = r.Officer(ctx, api.OfficerLogin{Name: name, Password: password, TOTP: asciiDigits(totp), Device: device})
		return err
	})
	if err != nil {
		return s, err
	}
	return s, a.signIn(s, login)
}

func (a *Accounts) signIn(s api.Session, login string) error {
	a.c.Sync.pause()
	defer a.c.Sync.resume()
	a.c.unsaved = nil
	u, err := a.c.home.Adopt(s, login)
	if err != nil {
		return fmt.Errorf("keep the session: %w", err)
	}
	if err := u.Update(func(tx *local.Tx) error { return tx.NewClient(a.c.cfg.Client) }); err != nil {
		return err
	}
	a.c.changes.send(Change{Account: true})
	a.c.Sync.Poke()
	return nil
}

// Profile is who is signed in, as last known. ErrSignedOut when nobody is; a
// session that the server ended still has a profile, and SignedIn tells.
func (a *Accounts) Profile() (api.Profile, error) {
	acc, err := a.c.account()
	return acc.Session.Profile, err
}

// SignedIn reports whether the device holds a session.
func (a *Accounts) SignedIn() bool {
	acc, err := a.c.account()
	return err == nil && !acc.SignedOut && acc.Session.Access != ""
}

// Awaiting tells whether an OTP is awaited, and until when it is good.
func (a *Accounts) Awaiting() (api.Challenge, bool) {
	p, ok := a.c.home.Pending()
	return api.Challenge{Challenge: p.Challenge, ExpiresAt: p.ExpiresAt}, ok
}

// Devices lists the account's devices, from the server. That another device
// approved this one is noted in Profile.
func (a *Accounts) Devices(ctx context.Context) (ds []api.Device, err error) {
	err = a.c.authed(ctx, func(r *remote.Client, token string) error {
		ds, err = r.Devices(ctx, token)
		return err
	})
	if err != nil {
		return nil, err
	}
	p, err := a.Profile()
	approved := slices.ContainsFunc(ds, func(d api.Device) bool { return d.Current && d.Approved })
	if err == nil && approved && !p.OldCasesFrom.IsZero() {
		err = a.approved()
	}
	return ds, err
}

// Approve lets another device of the account see its older complaints.
func (a *Accounts) Approve(ctx context.Context, device string) error {
	return a.c.authed(ctx, func(r *remote.Client, token string) error { return r.Approve(ctx, token, device) })
}

// Unsent is what would be lost with the account's files.
type Unsent struct{ Operations, Attention, Drafts, Files int }

// Any reports whether there is something.
func (u Unsent) Any() bool { return u.Operations+u.Attention+u.Drafts+u.Files > 0 }

// UnsentError stands in the way of logging out; it is ErrUnsent.
type UnsentError struct{ Unsent }

func (e *UnsentError) Error() string {
	return fmt.Sprintf("%v: %d not yet received, %d need your attention, %d drafts, %d files", ErrUnsent, e.Operations, e.Attention, e.Drafts, e.Files)
}

// Unwrap makes it ErrUnsent.
func (e *UnsentError) Unwrap() error { return ErrUnsent }

// Leaving says what becomes of unsent work on logging out.
type Leaving int

// AskFirst refuses with *UnsentError when there is unsent work. SendFirst syncs
// first and refuses if something is left. KeepSealed leaves everything sealed
// on the device for the next sign-in. DiscardAll destroys it.
const (
	AskFirst Leaving = iota
	SendFirst
	KeepSealed
	DiscardAll
)

// Unsent counts what would be lost.
func (a *Accounts) Unsent() (n Unsent, err error) {
	err = a.c.view(func(tx *local.Tx) error {
		out, err := tx.Outbox()
		if err != nil {
			return err
		}
		items, err := tx.AttentionItems()
		if err != nil {
			return err
		}
		drafts, err := tx.Drafts()
		if err != nil {
			return err
		}
		// What only tells of an opening is nobody's work.
		out = slices.DeleteFunc(out, func(op local.Op) bool { return op.Type == api.OpOpen })
		n = Unsent{Operations: len(out), Attention: len(items), Drafts: len(drafts)}
		files, err := tx.Transfers("")
		for _, t := range files {
			if !t.Done() {
				n.Files++
			}
		}
		return err
	})
	return n, err
}

// Logout ends the session on the server, as far as it can be reached, and on
// the device. Except with KeepSealed, the key that seals the account's files is
// destroyed first, then the files.
func (a *Accounts) Logout(ctx context.Context, how Leaving) error {
	if _, err := a.c.user(); err != nil {
		return err
	}
	if how == SendFirst {
		if _, err := a.c.Sync.Now(ctx); err != nil {
			return err
		}
		if _, err := a.c.Sync.SendFiles(ctx); err != nil {
			return err
		}
	}
	if how == AskFirst || how == SendFirst {
		n, err := a.Unsent()
		if err != nil {
			return err
		}
		if n.Any() {
			return &UnsentError{n}
		}
	}
	err := a.c.authed(ctx, func(r *remote.Client, token string) error { return r.Logout(ctx, token) })
	if err != nil && !errors.Is(err, ErrOffline) && !errors.Is(err, ErrSignedOut) && !errors.Is(err, ErrServer) {
		return err
	}
	return a.leave(how == KeepSealed)
}

func (a *Accounts) leave(keep bool) error {
	a.c.Sync.pause()
	defer a.c.Sync.resume()
	err := a.c.home.Leave(keep)
	a.c.changes.send(Change{Account: true, Drafts: true, Outbox: true})
	return err
}

// Delete closes the account on the server and destroys what is on the device.
// It needs the server.
func (a *Accounts) Delete(ctx context.Context) error {
	if err := a.c.authed(ctx, func(r *remote.Client, token string) error { return r.CloseAccount(ctx, token) }); err != nil {
		return err
	}
	return a.leave(false)
}

package mobile

import (
	"context"

	"github.com/citizens-portal/portal/sdk"
)

// Accounts signs citizens in and out.
type Accounts struct{ p *Portal }

// Registration opens an account.
type Registration struct {
	CNIC     string // 13 digits, shown 5-7-1
	Mobile   string // +923XXXXXXXXX or 03XX-XXXXXXX
	Name     string
	District string // slug or id of an area
	Language string // "en", "ur" or "ps"; may be empty
}

// Challenge is an SMS on its way, to be answered with [Accounts.Verify].
type Challenge struct {
	ExpiresAtMillis   int64
	ResendAfterMillis int64 // how long to wait before asking for another
}

// Session tells of somebody who has just signed in.
type Session struct {
	Profile *Profile
	// RecoveryCode of a new account is shown once: paper for the day the phone is
	// lost.
	RecoveryCode string
}

// Profile is who is signed in.
type Profile struct {
	Subject  string // the account's id
	Kind     string // "citizen" or "officer"
	Name     string
	District string // an area's id
	Language string
	// OldCasesFromMillis, when set, is when complaints of before this sign-in
	// become visible on a new device that no older one has approved.
	OldCasesFromMillis int64
}

// What becomes of unsent work on logging out.
const (
	LogoutAskFirst   = 0 // CodeUnsent when there is some
	LogoutSendFirst  = 1 // sync first; CodeUnsent if something is left
	LogoutKeepSealed = 2 // keep it, sealed, for the next sign-in
	LogoutDiscardAll = 3 // destroy it
)

// Register asks for an account; the server answers with an SMS.
func (a *Accounts) Register(r *Registration, timeoutMillis int64) (*Challenge, error) {
	if r == nil {
		return nil, missing("registration")
	}
	return a.challenged(timeoutMillis, func(ctx context.Context, s *sdk.Accounts) (sdk.Challenge, error) {
		return s.Register(ctx, sdk.Registration(*r))
	})
}

// Login asks for an SMS for a number that has an account.
func (a *Accounts) Login(mobile string, timeoutMillis int64) (*Challenge, error) {
	return a.challenged(timeoutMillis, func(ctx context.Context, s *sdk.Accounts) (sdk.Challenge, error) {
		return s.Login(ctx, mobile)
	})
}

// Resend asks for the awaited SMS once more.
func (a *Accounts) Resend(timeoutMillis int64) (*Challenge, error) {
	return a.challenged(timeoutMillis, func(ctx context.Context, s *sdk.Accounts) (sdk.Challenge, error) {
		return s.Resend(ctx)
	})
}

func (a *Accounts) challenged(timeoutMillis int64, ask func(context.Context, *sdk.Accounts) (sdk.Challenge, error)) (*Challenge, error) {
	return call(a.p, timeoutMillis, func(ctx context.Context) (*Challenge, error) {
		ch, err := ask(ctx, a.p.client.Accounts)
		if err != nil {
			return nil, err
		}
		return challengeOf(ch), nil
	})
}

func challengeOf(ch sdk.Challenge) *Challenge {
	return &Challenge{ExpiresAtMillis: millis(ch.ExpiresAt), ResendAfterMillis: int64(ch.ResendAfterSeconds) * 1000}
}

// Awaiting is the SMS that is on its way, nothing when there is none.
func (a *Accounts) Awaiting() *Challenge {
	ch, ok := a.p.client.Accounts.Awaiting()
	if !ok {
		return nil
	}
	return challengeOf(ch)
}

// Verify answers the SMS with the six digits in it and signs in.
func (a *Accounts) Verify(otp string, timeoutMillis int64) (*Session, error) {
	return a.signed(timeoutMillis, func(ctx context.Context, s *sdk.Accounts) (sdk.Session, error) { return s.Verify(ctx, otp) })
}

// Recover signs in with the recovery code on paper instead of an SMS.
func (a *Accounts) Recover(mobile, code string, timeoutMillis int64) (*Session, error) {
	return a.signed(timeoutMillis, func(ctx context.Context, s *sdk.Accounts) (sdk.Session, error) { return s.Recover(ctx, mobile, code) })
}

func (a *Accounts) signed(timeoutMillis int64, in func(context.Context, *sdk.Accounts) (sdk.Session, error)) (*Session, error) {
	return call(a.p, timeoutMillis, func(ctx context.Context) (*Session, error) {
		s, err := in(ctx, a.p.client.Accounts)
		if err != nil {
			return nil, err
		}
		return &Session{Profile: profileOf(s.Profile), RecoveryCode: s.RecoveryCode}, nil
	})
}

// ApproveByPIN lets this device see the account's older complaints.
func (a *Accounts) ApproveByPIN(pin string, timeoutMillis int64) error {
	return perform(a.p, timeoutMillis, func(ctx context.Context) error { return a.p.client.Accounts.ApproveByPIN(ctx, pin) })
}

// SetPIN sets the PIN that approves a new device of this account.
func (a *Accounts) SetPIN(pin string, timeoutMillis int64) error {
	return perform(a.p, timeoutMillis, func(ctx context.Context) error { return a.p.client.Accounts.SetPIN(ctx, pin) })
}

// SignedIn tells whether the device holds a session.
func (a *Accounts) SignedIn() bool { return a.p.client.Accounts.SignedIn() }

// Profile is who is signed in, as last known; CodeSignedOut when nobody is.
func (a *Accounts) Profile() (*Profile, error) {
	return call(a.p, 0, func(context.Context) (*Profile, error) {
		p, err := a.p.client.Accounts.Profile()
		if err != nil {
			return nil, err
		}
		return profileOf(p), nil
	})
}

// Logout ends the session here and, as far as it can be reached, on the server.
// how is one of the Logout… numbers.
func (a *Accounts) Logout(how int, timeoutMillis int64) error {
	if how < LogoutAskFirst || how > LogoutDiscardAll {
		return missing("a way of logging out")
	}
	return perform(a.p, timeoutMillis, func(ctx context.Context) error { return a.p.client.Accounts.Logout(ctx, sdk.Leaving(how)) })
}

// DeleteAccount closes the account on the server and destroys what is on the
// device.
func (a *Accounts) DeleteAccount(timeoutMillis int64) error {
	return perform(a.p, timeoutMillis, a.p.client.Accounts.Delete)
}

func profileOf(p sdk.Profile) *Profile {
	return &Profile{
		Subject: p.Subject, Kind: p.Kind, Name: p.Name, District: p.District, Language: p.Language,
		OldCasesFromMillis: millis(p.OldCasesFrom),
	}
}

package identity

import (
	"context"
	"encoding/base32"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/totp"

	"github.com/citizens-portal/portal/backend/portal"
	"github.com/citizens-portal/portal/backend/store"
)

const (
	minPassword = 15  // characters: long rather than complicated
	maxPassword = 256 // bytes
	totpPeriod  = 30  // seconds
	totpIssuer  = "Citizen's Portal"
)

// credentialDoc is how an officer proves who they are. Who the officer is
// (name, post, office) belongs to the directory.
type credentialDoc struct {
	Officer  portal.OfficerID `json:"officer"`
	Password string           `json:"password"` // argon2id
	TOTP     string           `json:"totp"`     // sealed
	// LastStep is the newest time step whose code was used: each works once,
	// and none before it ever again.
	LastStep  int64     `json:"last_step"`
	Disabled  bool      `json:"disabled,omitempty"`
	UpdatedAt time.Time `json:"updated_at"`
}

func putCredential(ctx context.Context, tx store.Tx, d credentialDoc) error {
	return put(ctx, tx, kindCredential, string(d.Officer), "", d, time.Time{})
}

// OfficerLogin signs an officer in.
type OfficerLogin struct {
	Name     string
	Password string
	TOTP     string
	Device   DeviceInput
}

// LoginOfficer signs an officer in with password and TOTP. An unknown name, a
// wrong password, a wrong or used code and a disabled officer are the same
// answer after the same work. Errors: ErrCredentials, *LimitError,
// portal.FieldError on the device.
func (s *Service) LoginOfficer(ctx context.Context, in OfficerLogin) (Session, error) {
	if err := in.Device.check(); err != nil {
		return Session{}, err
	}
	name := strings.ToLower(strings.TrimSpace(in.Name))
	key := s.cfg.Keys.BlindIndex("officer name", name)
	var cred credentialDoc
	err := s.cfg.Store.Update(ctx, func(tx store.Tx) error {
		cred = credentialDoc{}
		if err := s.tryOnce(ctx, tx, officerThrottle(), key); err != nil {
			return err
		}
		var err error
		cred, err = get[credentialDoc](ctx, tx, kindCredential, name, s.now())
		if errors.Is(err, store.ErrNotFound) {
			return nil
		}
		return err
	})
	if err != nil {
		return Session{}, err
	}
	right, err := s.hasher.matches(ctx, "password", in.Password, cred.Password)
	if err != nil {
		return Session{}, err
	}
	step, err := s.totpStep(cred, in.TOTP)
	if err != nil {
		return Session{}, err
	}
	officer, known := s.cfg.Directory(ctx).Officer(cred.Officer)
	right = right && step > 0 && known && !officer.Disabled
	var out signedIn
	err = s.cfg.Store.Update(ctx, func(tx store.Tx) error {
		var err error
		out, err = s.enterOfficer(ctx, tx, in.Device, officer, key, step, right)
		return err
	})
	return s.finish(ctx, out, err)
}

// enterOfficer opens the session, or notes the refusal, in one transaction.
func (s *Service) enterOfficer(ctx context.Context, tx store.Tx, device DeviceInput, o portal.Officer, key string, step int64, right bool) (signedIn, error) {
	refused := func(why string) (signedIn, error) {
		// The name as typed may be a password: only its index is kept.
		return signedIn{refused: ErrCredentials}, s.audit(ctx, tx, "", "signin.refuse", "officer name "+key[:12], why)
	}
	if !right {
		return refused("name, password or code")
	}
	if ok, err := s.useStep(ctx, tx, o.ID, step); err != nil || !ok {
		if err != nil {
			return signedIn{}, err
		}
		return refused("name, password or code")
	}
	if err := s.forgive(ctx, tx, officerThrottle(), key); err != nil {
		return signedIn{}, err
	}
	actor := portal.Actor{Kind: portal.OfficerActor, Officer: o}
	doc, pair, err := s.newSession(ctx, tx, actor, device)
	if err != nil {
		return signedIn{}, err
	}
	return signedIn{doc: doc, pair: pair}, s.audit(ctx, tx, doc.Subject, "signin", device.ID, "password and code")
}

// useStep marks a TOTP step as used; false when it, or a later one, was.
func (s *Service) useStep(ctx context.Context, tx store.Tx, id portal.OfficerID, step int64) (bool, error) {
	d, err := get[credentialDoc](ctx, tx, kindCredential, string(id), s.now())
	if errors.Is(err, store.ErrNotFound) || err == nil && (d.Disabled || step <= d.LastStep) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	d.LastStep = step
	return true, putCredential(ctx, tx, d)
}

// totpStep gives the time step whose code this is, one step early or late
// allowed; 0 when it is none. It does the same work for an unknown officer.
func (s *Service) totpStep(cred credentialDoc, code string) (int64, error) {
	secret := base32.StdEncoding.EncodeToString(make([]byte, 20))
	if cred.TOTP != "" {
		raw, err := s.cfg.Keys.Open(sealTOTP, string(cred.Officer), cred.TOTP)
		if err != nil {
			return 0, err
		}
		secret = string(raw)
	}
	digits, other := onlyDigits(code)
	now, found := s.now().Unix()/totpPeriod, int64(0)
	for step := now - 1; step <= now+1; step++ {
		want, err := totp.GenerateCodeCustom(secret, time.Unix(step*totpPeriod, 0), totp.ValidateOpts{
			Period: totpPeriod, Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1,
		})
		if err != nil {
			return 0, fmt.Errorf("officer %s: TOTP: %w", cred.Officer, err)
		}
		if sameHash(want, digits) && !other && cred.TOTP != "" && !cred.Disabled {
			found = step
		}
	}
	return found, nil
}

// StepUp proves once more who an officer is, with a fresh TOTP code, for acts
// that need it (see Principal.Fresh); citizens have StepUpByPIN. Errors:
// ErrCredentials, *LimitError.
func (s *Service) StepUp(ctx context.Context, p Principal, code string) error {
	if p.Actor.Kind != portal.OfficerActor {
		return portal.ErrForbidden
	}
	id := p.Actor.Officer.ID
	key := s.cfg.Keys.BlindIndex("officer name", string(id))
	defer s.cache.drop(p.Session)
	var refused error
	// Two transactions: a failed try stays counted whatever happens next.
	err := s.cfg.Store.Update(ctx, func(tx store.Tx) error { return s.tryOnce(ctx, tx, officerThrottle(), key) })
	if err != nil {
		return err
	}
	err = s.cfg.Store.Update(ctx, func(tx store.Tx) error {
		refused = nil
		cred, err := get[credentialDoc](ctx, tx, kindCredential, string(id), s.now())
		if err != nil {
			return err
		}
		step, err := s.totpStep(cred, code)
		if err != nil {
			return err
		}
		used := false
		if step > 0 {
			if used, err = s.useStep(ctx, tx, id, step); err != nil {
				return err
			}
		}
		if !used {
			refused = ErrCredentials
			return s.audit(ctx, tx, subjectOf(p.Actor), "stepup.refuse", p.Session, "")
		}
		if err := s.forgive(ctx, tx, officerThrottle(), key); err != nil {
			return err
		}
		return s.steppedUp(ctx, tx, p)
	})
	if err == nil {
		err = refused
	}
	return err
}

func (s *Service) steppedUp(ctx context.Context, tx store.Tx, p Principal) error {
	d, err := get[sessionDoc](ctx, tx, kindSession, p.Session, s.now())
	if errors.Is(err, store.ErrNotFound) || err == nil && !d.alive(s.now()) {
		return ErrSignedOut
	}
	if err != nil {
		return err
	}
	d.StepUpAt, d.SeenAt = s.now(), s.now()
	if err := s.putSession(ctx, tx, d); err != nil {
		return err
	}
	return s.audit(ctx, tx, subjectOf(p.Actor), "stepup", p.Session, "")
}

func checkPassword(id portal.OfficerID, password string) error {
	n := utf8.RuneCountInString(password)
	switch {
	case !utf8.ValidString(password):
		return portal.Invalid("password", "password_encoding", "the password is not valid UTF-8")
	case n < minPassword || len(password) > maxPassword:
		return portal.Invalid("password", "password_length", "A password has at least %d characters; this has %d. A sentence is good.", minPassword, n)
	case strings.Contains(strings.ToLower(password), string(id)), oneCharacter(password):
		return portal.Invalid("password", "password_weak", "This password is too easy to guess: do not use your name or one character again and again.")
	}
	return nil
}

func oneCharacter(s string) bool {
	first, _ := utf8.DecodeRuneInString(s)
	return strings.Trim(s, string(first)) == ""
}

// Enrolment is what an officer types or scans into an authenticator, once.
type Enrolment struct {
	Officer portal.OfficerID
	Secret  Token // base32
	URL     Token // otpauth://…, for a QR code
}

func enrolment(id portal.OfficerID, secret string) Enrolment {
	v := url.Values{"secret": {secret}, "issuer": {totpIssuer}, "period": {"30"}, "digits": {"6"}}
	u := url.URL{Scheme: "otpauth", Host: "totp", Path: "/" + totpIssuer + ":" + string(id), RawQuery: v.Encode()}
	return Enrolment{id, Token(secret), Token(u.String())}
}

package identity

import (
	"context"
	"encoding/base32"
	"errors"
	"strings"
	"time"

	"github.com/citizens-portal/portal/backend/portal"
	"github.com/citizens-portal/portal/backend/store"
)

const (
	bootstrapLife = 15 * time.Minute
	// InviteLife is how long an officer's one-time invitation is good for.
	InviteLife = 72 * time.Hour
)

// Credential sets an officer's way to sign in.
type Credential struct {
	Officer  portal.OfficerID
	Password string
	// TOTPSecret in base32; a new one is made when empty.
	TOTPSecret string
}

// CreateOfficer gives an officer of the directory a password and a TOTP secret,
// or new ones; sessions there were end. by says who did it, for the audit log:
// a principal's Subject, or "console". Errors: portal.FieldErrors.
func (s *Service) CreateOfficer(ctx context.Context, by string, c Credential) (Enrolment, error) {
	hash, secret, err := s.prepareCredential(ctx, &c)
	if err != nil {
		return Enrolment{}, err
	}
	defer s.cache.dropSubject("o:" + string(c.Officer))
	err = s.cfg.Store.Update(ctx, func(tx store.Tx) error {
		return s.storeCredential(ctx, tx, by, c.Officer, hash, secret)
	})
	return enrolment(c.Officer, c.TOTPSecret), err
}

// prepareCredential checks and hashes outside of any transaction.
func (s *Service) prepareCredential(ctx context.Context, c *Credential) (hash, sealed string, err error) {
	c.TOTPSecret = strings.TrimRight(strings.ToUpper(strings.TrimSpace(c.TOTPSecret)), "=")
	if c.TOTPSecret == "" {
		raw, err := s.random(20)
		if err != nil {
			return "", "", err
		}
		c.TOTPSecret = base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(raw)
	}
	var errTOTP error
	if raw, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(c.TOTPSecret); err != nil || len(raw) < 16 {
		errTOTP = portal.Invalid("totp_secret", "totp_secret", "a TOTP secret is at least 16 bytes in base32")
	}
	if err := portal.Collect(c.Officer.Check(), checkPassword(c.Officer, c.Password), errTOTP); err != nil {
		return "", "", err
	}
	salt, err := s.random(argonSalt)
	if err != nil {
		return "", "", err
	}
	if hash, err = s.hasher.hash(ctx, "password", c.Password, salt); err != nil {
		return "", "", err
	}
	sealed, err = s.cfg.Keys.Seal(sealTOTP, string(c.Officer), []byte(c.TOTPSecret))
	return hash, sealed, err
}

func (s *Service) storeCredential(ctx context.Context, tx store.Tx, by string, id portal.OfficerID, hash, sealed string) error {
	if err := s.endSessions(ctx, tx, "o:"+string(id), "", "new credentials"); err != nil {
		return err
	}
	// LastStep starts at 0: the secret is new, so no code of it was used.
	if err := putCredential(ctx, tx, credentialDoc{Officer: id, Password: hash, TOTP: sealed, UpdatedAt: s.now()}); err != nil {
		return err
	}
	return s.audit(ctx, tx, by, "officer.credential", string(id), "")
}

// SetPassword changes an officer's password and keeps the TOTP; sessions end.
// The error is portal.ErrNotFound when the officer has no credentials.
func (s *Service) SetPassword(ctx context.Context, by string, id portal.OfficerID, password string) error {
	if err := checkPassword(id, password); err != nil {
		return err
	}
	salt, err := s.random(argonSalt)
	if err != nil {
		return err
	}
	hash, err := s.hasher.hash(ctx, "password", password, salt)
	if err != nil {
		return err
	}
	return s.changeCredential(ctx, by, id, "officer.password", func(d *credentialDoc) { d.Password = hash })
}

// DisableOfficer stops an officer from signing in and ends all sessions, on
// this node at once and on others within a second. EnableOfficer undoes it.
func (s *Service) DisableOfficer(ctx context.Context, by string, id portal.OfficerID) error {
	return s.changeCredential(ctx, by, id, "officer.disable", func(d *credentialDoc) { d.Disabled = true })
}

// EnableOfficer lets a disabled officer sign in again.
func (s *Service) EnableOfficer(ctx context.Context, by string, id portal.OfficerID) error {
	return s.changeCredential(ctx, by, id, "officer.enable", func(d *credentialDoc) { d.Disabled = false })
}

func (s *Service) changeCredential(ctx context.Context, by string, id portal.OfficerID, action string, change func(*credentialDoc)) error {
	defer s.cache.dropSubject("o:" + string(id))
	return s.cfg.Store.Update(ctx, func(tx store.Tx) error {
		d, err := get[credentialDoc](ctx, tx, kindCredential, string(id), s.now())
		if err != nil {
			return err
		}
		change(&d)
		d.UpdatedAt = s.now()
		if err := putCredential(ctx, tx, d); err != nil {
			return err
		}
		if err := s.endSessions(ctx, tx, "o:"+string(id), "", action); err != nil {
			return err
		}
		return s.audit(ctx, tx, by, action, string(id), "")
	})
}

// Reset makes an officer's password and TOTP useless at once, ends their
// sessions, and gives the one-time token to set new ones: for a lost phone or a
// password that others may know.
func (s *Service) Reset(ctx context.Context, by string, id portal.OfficerID) (Token, error) {
	if err := id.Check(); err != nil {
		return "", err
	}
	defer s.cache.dropSubject("o:" + string(id))
	return s.invite(ctx, by, id, InviteLife, func(tx store.Tx) error {
		if err := s.endSessions(ctx, tx, "o:"+string(id), "", "reset"); err != nil {
			return err
		}
		if err := tx.DeleteRecord(ctx, kindCredential, string(id)); err != nil {
			return err
		}
		return s.audit(ctx, tx, by, "officer.reset", string(id), "")
	})
}

// CanSignIn reports whether an officer has set a password and TOTP.
func (s *Service) CanSignIn(ctx context.Context, tx store.Tx, id portal.OfficerID) (bool, error) {
	d, err := get[credentialDoc](ctx, tx, kindCredential, string(id), s.now())
	if errors.Is(err, store.ErrNotFound) {
		return false, nil
	}
	return err == nil && !d.Disabled, err
}

type inviteDoc struct {
	Officer portal.OfficerID `json:"officer"`
	By      string           `json:"by"`
	UsedAt  time.Time        `json:"used_at,omitzero"`
}

// InviteToken makes a one-time token, good for InviteLife, with which an officer
// sets their own password (AcceptInvite). Earlier tokens for the same officer
// stop working.
func (s *Service) InviteToken(ctx context.Context, by string, id portal.OfficerID) (Token, error) {
	if err := id.Check(); err != nil {
		return "", err
	}
	return s.invite(ctx, by, id, InviteLife, func(store.Tx) error { return nil })
}

// InviteTokens is InviteToken for many at once, in their order.
func (s *Service) InviteTokens(ctx context.Context, by string, ids []portal.OfficerID) ([]Token, error) {
	tokens := make([]Token, len(ids))
	for i, id := range ids {
		if err := id.Check(); err != nil {
			return nil, err
		}
		token, err := s.randomText(32)
		if err != nil {
			return nil, err
		}
		tokens[i] = Token(token)
	}
	err := s.cfg.Store.Update(ctx, func(tx store.Tx) error {
		if err := tx.Lock(ctx, kindInvite); err != nil {
			return err
		}
		for i, id := range ids {
			if err := s.putInvite(ctx, tx, by, id, tokens[i].Reveal(), InviteLife); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return tokens, nil
}

// Bootstrap makes the first administrator's one-time token, good for 15
// minutes; the console prints it. There is no default account. The error is
// ErrBootstrapped as soon as anybody has credentials.
func (s *Service) Bootstrap(ctx context.Context, id portal.OfficerID) (Token, error) {
	if err := id.Check(); err != nil {
		return "", err
	}
	return s.invite(ctx, "console", id, bootstrapLife, func(tx store.Tx) error {
		all, err := tx.Records(ctx, kindCredential, "")
		if err == nil && len(all) > 0 {
			return ErrBootstrapped
		}
		return err
	})
}

func (s *Service) invite(ctx context.Context, by string, id portal.OfficerID, life time.Duration, allowed func(store.Tx) error) (Token, error) {
	token, err := s.randomText(32)
	if err != nil {
		return "", err
	}
	err = s.cfg.Store.Update(ctx, func(tx store.Tx) error {
		if err := tx.Lock(ctx, kindInvite); err != nil {
			return err
		}
		if err := allowed(tx); err != nil {
			return err
		}
		return s.putInvite(ctx, tx, by, id, token, life)
	})
	return Token(token), err
}

// putInvite keeps a token's hash in the place of the officer's earlier ones.
func (s *Service) putInvite(ctx context.Context, tx store.Tx, by string, id portal.OfficerID, token string, life time.Duration) error {
	old, err := tx.Records(ctx, kindInvite, string(id))
	if err != nil {
		return err
	}
	for _, r := range old {
		if err := tx.DeleteRecord(ctx, kindInvite, r.ID); err != nil {
			return err
		}
	}
	if err := put(ctx, tx, kindInvite, hashToken(token), string(id), inviteDoc{Officer: id, By: by}, s.now().Add(life)); err != nil {
		return err
	}
	return s.audit(ctx, tx, by, "officer.invite", string(id), "")
}

// AcceptInvite uses a one-time token up: the officer's password is set and a
// new TOTP secret given, to be put into an authenticator at once. Errors:
// portal.FieldErrors (the token stays good then), ErrCredentials for a token
// that is unknown, used or too old.
func (s *Service) AcceptInvite(ctx context.Context, token, password string) (Enrolment, error) {
	var inv inviteDoc
	err := s.cfg.Store.View(ctx, func(tx store.Tx) (err error) {
		inv, err = get[inviteDoc](ctx, tx, kindInvite, hashToken(token), s.now())
		return err
	})
	if errors.Is(err, store.ErrNotFound) {
		return Enrolment{}, ErrCredentials
	}
	if err != nil {
		return Enrolment{}, err
	}
	c := Credential{Officer: inv.Officer, Password: password}
	hash, secret, err := s.prepareCredential(ctx, &c)
	if err != nil {
		return Enrolment{}, err
	}
	defer s.cache.dropSubject("o:" + string(c.Officer))
	err = s.cfg.Store.Update(ctx, func(tx store.Tx) error {
		if err := tx.Lock(ctx, kindInvite); err != nil {
			return err
		}
		if _, err := get[inviteDoc](ctx, tx, kindInvite, hashToken(token), s.now()); err != nil {
			if errors.Is(err, store.ErrNotFound) {
				return ErrCredentials
			}
			return err
		}
		if err := tx.DeleteRecord(ctx, kindInvite, hashToken(token)); err != nil {
			return err
		}
		return s.storeCredential(ctx, tx, "o:"+string(inv.Officer), inv.Officer, hash, secret)
	})
	if err != nil {
		return Enrolment{}, err
	}
	return enrolment(c.Officer, c.TOTPSecret), nil
}

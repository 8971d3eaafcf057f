package identity

import (
	"context"
	"io"
	"strings"
	"time"

	"github.com/citizens-portal/portal/backend/portal"
	"github.com/citizens-portal/portal/backend/store"
)

// The recovery code: 20 characters without look-alikes, about 99 bits, so a
// keyed fast hash at rest is enough.
const (
	recoveryAlphabet = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
	recoveryLen      = 20
)

// byPaper names, in the audit log, a sign-in with the recovery code.
const byPaper = "recovery"

// newRecovery gives the account a new recovery code and returns it for paper.
func (s *Service) newRecovery(a *accountDoc) (string, error) {
	var code []byte
	one := make([]byte, 1)
	for len(code) < recoveryLen {
		if _, err := io.ReadFull(s.cfg.Rand, one); err != nil {
			return "", err
		}
		// 248 and above would favour the alphabet's start.
		if n := len(recoveryAlphabet); int(one[0]) < 256/n*n {
			code = append(code, recoveryAlphabet[int(one[0])%n])
		}
	}
	a.Recovery = s.recoveryHash(a.ID, string(code))
	groups := make([]string, 0, recoveryLen/4)
	for i := 0; i < recoveryLen; i += 4 {
		groups = append(groups, string(code[i:i+4]))
	}
	return strings.Join(groups, "-"), nil
}

func (s *Service) recoveryHash(a portal.AccountID, code string) string {
	return s.cfg.Keys.BlindIndex("recovery", string(a), code)
}

// RecoveryInput signs in with the paper instead of an SMS.
type RecoveryInput struct {
	Mobile string
	Code   string
	Device DeviceInput
}

// Recover signs a device in with the recovery code, without an SMS, and
// approves it: the paper is more than the number. The code is used up; the
// session brings a new one. Errors: portal.FieldErrors, *LimitError,
// ErrCredentials (also for a number without an account).
func (s *Service) Recover(ctx context.Context, in RecoveryInput) (Session, error) {
	mobile, err := ParseMobile(in.Mobile)
	if err := portal.Collect(err, in.Device.check()); err != nil {
		return Session{}, err
	}
	code := strings.Map(recoveryChar, strings.ToUpper(in.Code))
	index := s.numberIndex(mobile)
	var out signedIn
	err = s.cfg.Store.Update(ctx, func(tx store.Tx) error {
		var err error
		out, err = s.recover(ctx, tx, index, code, in.Device)
		return err
	})
	return s.finish(ctx, out, err)
}

func recoveryChar(r rune) rune {
	if r == '-' || r == ' ' {
		return -1
	}
	return r
}

func (s *Service) recover(ctx context.Context, tx store.Tx, index, code string, device DeviceInput) (signedIn, error) {
	if err := s.lockNumber(ctx, tx, index); err != nil {
		return signedIn{}, err
	}
	if err := s.tryOnce(ctx, tx, recoveryThrottle(), index); err != nil {
		return signedIn{}, err
	}
	a, known, err := accountByIndex(ctx, tx, index)
	if err != nil {
		return signedIn{}, err
	}
	good := a.SetupEnds.IsZero() || s.now().Before(a.SetupEnds)
	if right := sameHash(a.Recovery, s.recoveryHash(a.ID, code)); !known || !right || !good {
		return signedIn{refused: ErrCredentials}, s.refuse(ctx, tx, "recovery", index, "wrong code or number")
	}
	if err := s.forgive(ctx, tx, recoveryThrottle(), index); err != nil {
		return signedIn{}, err
	}
	fresh, err := s.newRecovery(&a)
	if err != nil {
		return signedIn{}, err
	}
	a.SetupEnds = time.Time{}
	out, err := s.signIn(ctx, tx, a, device, true, byPaper)
	if err != nil || out.refused != nil {
		return out, err
	}
	out.pair.Recovery = fresh
	return out, putAccount(ctx, tx, a)
}

// checkPIN wants 6 to 12 digits that are neither all the same nor a row.
func checkPIN(pin string) (string, error) {
	digits, other := onlyDigits(pin)
	if other || len(digits) < 6 || len(digits) > 12 {
		return "", portal.Invalid("pin", "pin_digits", "A PIN has 6 to 12 digits.")
	}
	if row := digits[1] - digits[0]; row == 0 || row == 1 || row == 255 {
		for i := 2; digits[i]-digits[i-1] == row; i++ {
			if i == len(digits)-1 {
				return "", portal.Invalid("pin", "pin_weak", "This PIN is too easy to guess: do not take a row or one digit again and again.")
			}
		}
	}
	return digits, nil
}

// SetPIN sets the PIN that lets a new device see everything at once. Only a
// device that sees everything may. Errors: portal.FieldError on "pin",
// portal.ErrForbidden.
func (s *Service) SetPIN(ctx context.Context, p Principal, pin string) error {
	digits, err := checkPIN(pin)
	if err != nil {
		return err
	}
	salt, err := s.random(argonSalt)
	if err != nil {
		return err
	}
	hash, err := s.hasher.hash(ctx, "pin", digits, salt)
	if err != nil {
		return err
	}
	return s.changeDevice(ctx, p, p.Device, false, func(tx store.Tx, _ deviceDoc) error {
		a, err := get[accountDoc](ctx, tx, kindAccount, string(p.Actor.Account), s.now())
		if err != nil {
			return err
		}
		a.PIN = hash
		if err := putAccount(ctx, tx, a); err != nil {
			return err
		}
		return s.audit(ctx, tx, subjectOf(p.Actor), "pin.set", p.Device, "")
	})
}

// ApproveByPIN lets the principal's own new device see everything. Errors:
// ErrCredentials (also when no PIN was ever set), *LimitError.
func (s *Service) ApproveByPIN(ctx context.Context, p Principal, pin string) error {
	return s.byPIN(ctx, p, pin, s.approveOwn)
}

// StepUpByPIN proves once more who a citizen is, by their PIN, for acts that need
// it (see Principal.Fresh). Errors as for ApproveByPIN.
func (s *Service) StepUpByPIN(ctx context.Context, p Principal, pin string) error {
	return s.byPIN(ctx, p, pin, s.steppedUp)
}

// byPIN runs then when the PIN is right.
func (s *Service) byPIN(ctx context.Context, p Principal, pin string, then func(context.Context, store.Tx, Principal) error) error {
	if p.Actor.Kind != portal.CitizenActor {
		return portal.ErrForbidden
	}
	digits, other := onlyDigits(pin)
	var stored string
	err := s.cfg.Store.Update(ctx, func(tx store.Tx) error {
		if err := s.tryOnce(ctx, tx, pinThrottle(), string(p.Actor.Account)); err != nil {
			return err
		}
		a, err := get[accountDoc](ctx, tx, kindAccount, string(p.Actor.Account), s.now())
		stored = a.PIN
		return err
	})
	if err != nil {
		return err
	}
	right, err := s.hasher.matches(ctx, "pin", digits, stored) // outside: it is slow
	if err != nil {
		return err
	}
	defer s.cache.dropSubject(subjectOf(p.Actor))
	var refused error
	err = s.cfg.Store.Update(ctx, func(tx store.Tx) error {
		refused = nil
		if !right || other {
			refused = ErrCredentials
			return s.audit(ctx, tx, subjectOf(p.Actor), "pin.refuse", p.Device, "")
		}
		if err := s.forgive(ctx, tx, pinThrottle(), string(p.Actor.Account)); err != nil {
			return err
		}
		return then(ctx, tx, p)
	})
	if err == nil {
		err = refused
	}
	return err
}

func (s *Service) approveOwn(ctx context.Context, tx store.Tx, p Principal) error {
	d, err := get[deviceDoc](ctx, tx, kindDevice, deviceID(p.Actor.Account, p.Device), s.now())
	if err != nil {
		return err
	}
	if !d.RevokedAt.IsZero() {
		return ErrSignedOut
	}
	d.Approved = true
	if err := putDevice(ctx, tx, d); err != nil {
		return err
	}
	return s.audit(ctx, tx, subjectOf(p.Actor), "device.approve", d.ID, "by PIN")
}

package identity

import (
	"context"
	"fmt"
	"time"

	"github.com/citizens-portal/portal/backend/portal"
	"github.com/citizens-portal/portal/backend/store"
)

// desksPerDay bounds how many accounts one officer opens in 24 hours: far more
// than a counter serves.
const desksPerDay = 100

// setupLife is how long the code printed at a desk is good for.
const setupLife = 7 * 24 * time.Hour

// DeskAccount is what the desk prints for the citizen: SetupCode signs their
// phone in, once, like a recovery code.
type DeskAccount struct {
	Mobile    Mobile
	SetupCode Token
	EndsAt    time.Time
}

// RegisterAtDesk opens an account for a citizen at an officer's counter, without
// an SMS. The officer must work for the citizen's district and have proved
// lately who they are. Somebody whose paper was lost before its first use gets
// another; a number that is in use is refused, because the code would open its
// owner's account. The number's owner is told by SMS: an officer could take the
// paper home, and the number is not theirs to give (see proveNumber).
//
// Errors: portal.FieldErrors, portal.ErrForbidden, portal.ErrConflict, ErrStepUp,
// *LimitError.
func (s *Service) RegisterAtDesk(ctx context.Context, p Principal, in RegisterInput) (DeskAccount, error) {
	o, dir := p.Actor.Officer, s.cfg.Directory(ctx)
	office, ok := dir.Office(o.Office)
	if p.Actor.Kind != portal.OfficerActor || !ok || o.Post != portal.Head && o.Post != portal.FocalPost && o.Post != portal.Staff {
		return DeskAccount{}, portal.ErrForbidden
	}
	if err := p.Fresh(s.now()); err != nil {
		return DeskAccount{}, err
	}
	who, mobile, err := in.checkPerson(dir)
	if err != nil {
		return DeskAccount{}, err
	}
	if !who.District.Within(office.Area) {
		return DeskAccount{}, portal.Invalid("district", "district_elsewhere", "your office does not answer for %s", who.District)
	}
	index, code := s.numberIndex(mobile), ""
	ends := s.now().Add(setupLife)
	err = s.cfg.Store.Update(ctx, func(tx store.Tx) error {
		if err := s.lockNumber(ctx, tx, index); err != nil {
			return err
		}
		if err := s.spend(ctx, tx, "desk/"+subjectOf(p.Actor), "accounts opened in a day", limit{desksPerDay, 24 * time.Hour}); err != nil {
			return err
		}
		a, known, err := accountByIndex(ctx, tx, index)
		if err != nil {
			return err
		}
		if known {
			if code, err = s.printAgain(ctx, tx, &a, who); err != nil {
				return err
			}
		} else if a, code, err = s.createAccount(ctx, tx, index, in.Language, who); err != nil {
			return err
		}
		a.SetupEnds, a.Unproved = ends, true
		if err := putAccount(ctx, tx, a); err != nil {
			return err
		}
		if err := s.Notify(ctx, tx, a.ID, deskAccountText()); err != nil {
			return err
		}
		return s.audit(ctx, tx, subjectOf(p.Actor), "account.desk", string(a.ID), "office "+string(o.Office))
	})
	if err != nil {
		return DeskAccount{}, err
	}
	s.NotifyNow()
	return DeskAccount{Mobile: mobile, SetupCode: Token(code), EndsAt: ends}, nil
}

// proveNumber decides whose a number is when somebody who answered an SMS to it
// registers, and a desk had opened an account with it. The desk's word holds for
// the same card. With another card the number leaves the desk's account, which
// its devices go on using without a number, and the owner gets one of their own:
// otherwise who holds the paper would read all that the owner files. It reports
// whether the account still has the number.
func (s *Service) proveNumber(ctx context.Context, tx store.Tx, a *accountDoc, who person) (bool, error) {
	before, err := s.person(ctx, tx, a.ID)
	if err != nil {
		return false, err
	}
	a.Unproved = false
	if before.CNIC == who.CNIC {
		return true, putAccount(ctx, tx, *a)
	}
	a.Index = ""
	if err := putAccount(ctx, tx, *a); err != nil {
		return false, err
	}
	return false, s.audit(ctx, tx, "c:"+string(a.ID), "account.number", string(a.ID), "its number was registered with another card")
}

// printAgain gives another code for an account that was opened at a desk for the
// same card and that nobody has signed in to.
func (s *Service) printAgain(ctx context.Context, tx store.Tx, a *accountDoc, who person) (string, error) {
	before, err := s.person(ctx, tx, a.ID)
	if err != nil {
		return "", err
	}
	if a.SetupEnds.IsZero() || before.CNIC != who.CNIC {
		return "", fmt.Errorf("this number has an account, which its owner opens by SMS or recovery code: %w", portal.ErrConflict)
	}
	devices, err := tx.Records(ctx, kindDevice, string(a.ID))
	if err != nil {
		return "", err
	}
	if len(devices) > 0 {
		return "", fmt.Errorf("this number has an account that is in use: %w", portal.ErrConflict)
	}
	return s.newRecovery(a)
}

package identity_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/citizens-portal/portal/backend/identity"
	"github.com/citizens-portal/portal/backend/portal"
	"github.com/citizens-portal/portal/backend/store"
)

// atDesk has focal.swat open an account for registration's number, with a card.
func (w *world) atDesk(s *identity.Service, cnic string) identity.DeskAccount {
	w.t.Helper()
	officer, err := w.officerLogin(s, w.officer(s), device("desk"))
	if err != nil {
		w.t.Fatal(err)
	}
	in := registration(identity.DeviceInput{})
	in.CNIC = cnic
	made, err := s.RegisterAtDesk(w.ctx, w.principal(s, officer), in)
	if err != nil {
		w.t.Fatal(err)
	}
	return made
}

func (w *world) byPaper(s *identity.Service, code identity.Token, dev identity.DeviceInput) (identity.Session, error) {
	return s.Recover(w.ctx, identity.RecoveryInput{Mobile: mobile, Code: code.Reveal(), Device: dev})
}

// TestPaperKeptByAnOfficer: an officer who opens an account for somebody's number
// and uses the paper themselves is not in the account that the number's owner
// opens, which is new and the owner's alone. The owner hears of the desk and of
// the paper; what happens in the desk's account is not told to them afterwards.
func TestPaperKeptByAnOfficer(t *testing.T) {
	onBothStores(t, func(t *testing.T, w *world) {
		s := w.node()
		made := w.atDesk(s, "15602-7654321-1")
		thief, err := w.byPaper(s, made.SetupCode, device("thief"))
		if err != nil {
			t.Fatal(err)
		}
		if err := w.queue.Drain(w.ctx); err != nil {
			t.Fatal(err)
		}
		if told := w.phone.texts(); !strings.Contains(told, "an office opened an account") || !strings.Contains(told, "new device") {
			t.Fatalf("the owner was told %q", told)
		}
		owner := w.register(s, device("owner"))
		p := w.principal(s, owner)
		if p.Actor.Account == thief.Principal.Actor.Account || owner.RecoveryCode == "" || owner.Profile.Name != "Zarmina Khan" || !p.OldCasesFrom.IsZero() {
			t.Errorf("the owner is in %+v of %q", p, owner.Profile.Name)
		}
		if _, err := w.byPaper(s, thief.RecoveryCode, device("thief")); !errors.Is(err, identity.ErrCredentials) {
			t.Errorf("the paper of before: %v", err)
		}
		before := w.phone.count()
		err = w.store.Update(w.ctx, func(tx store.Tx) error {
			return s.Notify(w.ctx, tx, thief.Principal.Actor.Account, portal.Text{EN: "not for the owner"})
		})
		if err := errors.Join(err, w.queue.Drain(w.ctx)); err != nil || w.phone.count() != before {
			t.Errorf("told to the owner of the number: %v, %q", err, w.phone.last().Text)
		}
		// The account without a number is erased without touching anybody's sign-in.
		c, err := s.Login(w.ctx, identity.LoginInput{Mobile: mobile, Device: device("second")})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.DeleteAccount(w.ctx, w.principal(s, thief)); err != nil {
			t.Fatal(err)
		}
		w.verify(s, c, device("second"))
	})
}

// TestPaperOfTheOwner: with the card that the desk wrote down the account stays
// one, and the new device waits as every new device does.
func TestPaperOfTheOwner(t *testing.T) {
	w := newWorld(t)
	s := w.node()
	made := w.atDesk(s, registration(identity.DeviceInput{}).CNIC)
	first, err := w.byPaper(s, made.SetupCode, device("first"))
	if err != nil {
		t.Fatal(err)
	}
	p := w.principal(s, w.register(s, device("second")))
	if p.Actor.Account != first.Principal.Actor.Account || p.OldCasesFrom.IsZero() {
		t.Errorf("%+v", p)
	}
}

// TestDeskIsBounded: one officer does not open accounts, and send SMS, without end.
func TestDeskIsBounded(t *testing.T) {
	w := newWorld(t)
	s := w.node()
	officer, err := w.officerLogin(s, w.officer(s), device("desk"))
	if err != nil {
		t.Fatal(err)
	}
	p := w.principal(s, officer)
	for range 100 {
		if _, err = s.RegisterAtDesk(w.ctx, p, registration(identity.DeviceInput{})); err != nil {
			t.Fatal(err)
		}
	}
	_, err = s.RegisterAtDesk(w.ctx, p, registration(identity.DeviceInput{}))
	limited(t, err)
}

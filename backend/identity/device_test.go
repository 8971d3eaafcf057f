package identity_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/citizens-portal/portal/backend/identity"
	"github.com/citizens-portal/portal/backend/portal"
	"github.com/citizens-portal/portal/backend/store"
)

func TestSecondDeviceWaits(t *testing.T) { onBothStores(t, secondDeviceWaits) }

func secondDeviceWaits(t *testing.T, w *world) {
	s := w.node()
	first := w.register(s, device("old-phone"))
	lodged := w.clock.now()
	w.clock.forward(time.Hour)
	second := w.login(s, device("new-phone"))
	p := second.Principal
	if want := w.clock.now().Add(72 * time.Hour); !p.OldCasesFrom.Equal(want) {
		t.Errorf("old cases from %v, want %v", p.OldCasesFrom, want)
	}
	if !p.HidesCase(lodged, w.clock.now()) || p.HidesCase(w.clock.now(), w.clock.now()) || p.HidesCase(lodged, w.clock.now().Add(72*time.Hour)) {
		t.Error("it must hide what was lodged before, for 72 hours, and nothing else")
	}
	if first.Principal.HidesCase(lodged, w.clock.now()) {
		t.Error("the old device must see everything")
	}
	before := w.phone.count()
	if err := w.queue.Drain(w.ctx); err != nil {
		t.Fatal(err)
	}
	if w.phone.count() != before+1 || !strings.Contains(w.phone.last().Text, "new device") || sixDigits.MatchString(w.phone.last().Text) {
		t.Errorf("the notice: %d SMS, %q", w.phone.count()-before, w.phone.last().Text)
	}
	devices, err := s.Devices(w.ctx, p)
	if err != nil || len(devices) != 2 || !devices[0].Approved || devices[1].Approved || !devices[1].Current || devices[0].Name != "old-phone" {
		t.Fatalf("devices %+v, %v", devices, err)
	}

	for name, err := range map[string]error{
		"approve itself":   s.Approve(w.ctx, p, p.Device),
		"remove the old":   s.RevokeDevice(w.ctx, p, first.Principal.Device),
		"set a PIN":        s.SetPIN(w.ctx, p, "482915"),
		"erase the person": s.DeleteAccount(w.ctx, p),
	} {
		if !errors.Is(err, portal.ErrForbidden) {
			t.Errorf("a waiting device may %s: %v", name, err)
		}
	}
	if err := s.Approve(w.ctx, first.Principal, "no-such-device-00000"); !errors.Is(err, portal.ErrNotFound) {
		t.Errorf("unknown device: %v", err)
	}
	if err := s.Approve(w.ctx, first.Principal, p.Device); err != nil {
		t.Fatal(err)
	}
	if got := w.principal(s, second); !got.OldCasesFrom.IsZero() {
		t.Error("approved, yet it waits")
	}
	if w.audited("device.approve") != 1 {
		t.Error("not in the audit log")
	}
}

func TestDeviceIsTrustedAfter72Hours(t *testing.T) {
	w := newWorld(t)
	s := w.node()
	w.register(s, device("old-phone"))
	second := w.login(s, device("new-phone"))
	w.clock.forward(72*time.Hour - time.Second)
	refreshed, err := s.Refresh(w.ctx, second.Refresh.Reveal(), device("new-phone"))
	if err != nil || refreshed.Principal.OldCasesFrom.IsZero() {
		t.Fatalf("trusted too early: %v", err)
	}
	w.clock.forward(2 * time.Second)
	if p := w.principal(s, refreshed); !p.OldCasesFrom.IsZero() {
		t.Error("it waits for ever")
	}
}

func TestStrangersDevicesAreOutOfReach(t *testing.T) {
	w := newWorld(t)
	s := w.node()
	mine := w.register(s, device("mine"))
	in := registration(device("theirs"))
	in.Mobile = "+923339876543"
	c, err := s.Register(w.ctx, in)
	if err != nil {
		t.Fatal(err)
	}
	theirs := w.verify(s, c, in.Device)
	if err := s.RevokeDevice(w.ctx, mine.Principal, theirs.Principal.Device); !errors.Is(err, portal.ErrNotFound) {
		t.Errorf("%v, want ErrNotFound", err)
	}
	if d, err := s.Devices(w.ctx, mine.Principal); err != nil || len(d) != 1 {
		t.Errorf("devices %v, %v", d, err)
	}
}

func TestRevokedDeviceIsOutAndComesBackAsNew(t *testing.T) {
	onBothStores(t, revokedDeviceIsOutAndComesBackAsNew)
}

func revokedDeviceIsOutAndComesBackAsNew(t *testing.T, w *world) {
	s, other := w.node(), w.node()
	first := w.register(s, device("old-phone"))
	second := w.login(s, device("new-phone"))
	if err := s.Approve(w.ctx, first.Principal, second.Principal.Device); err != nil {
		t.Fatal(err)
	}
	w.principal(other, second) // remembered there
	if err := s.RevokeDevice(w.ctx, first.Principal, second.Principal.Device); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Authenticate(w.ctx, second.Access.Reveal()); !errors.Is(err, identity.ErrSignedOut) {
		t.Errorf("this node: %v", err)
	}
	w.clock.forward(time.Second)
	if _, err := other.Authenticate(w.ctx, second.Access.Reveal()); !errors.Is(err, identity.ErrSignedOut) {
		t.Errorf("another node after a second: %v", err)
	}
	if _, err := s.Refresh(w.ctx, second.Refresh.Reveal(), device("new-phone")); !errors.Is(err, identity.ErrSignedOut) {
		t.Errorf("refresh: %v", err)
	}
	if again := w.login(s, device("new-phone")); again.Principal.OldCasesFrom.IsZero() {
		t.Error("a removed device came back trusted")
	}
}

// Who knows a device's id but not its key must not inherit its standing.
func TestKnownDeviceWithAnotherKeyIsRefused(t *testing.T) {
	w := newWorld(t)
	s := w.node()
	w.register(s, device("phone"))
	swapped := device("phone")
	swapped.Key = device("swapper").Key
	c, err := s.Login(w.ctx, identity.LoginInput{Mobile: mobile, Device: swapped})
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.Verify(w.ctx, identity.VerifyInput{Challenge: c.ID, OTP: w.phone.otp(t), Device: swapped})
	field(t, err, "device.key", "device_key_other")
}

func TestPIN(t *testing.T) {
	w := newWorld(t)
	s := w.node()
	first := w.register(s, device("old-phone"))
	for _, weak := range []string{"", "12345", "111111", "123456", "987654", "1234567890123", "48291x"} {
		if err := s.SetPIN(w.ctx, first.Principal, weak); !errors.Is(err, portal.ErrInvalid) {
			t.Errorf("PIN %q: %v", weak, err)
		}
	}
	second := w.login(s, device("new-phone"))
	if err := s.ApproveByPIN(w.ctx, second.Principal, "482915"); !errors.Is(err, identity.ErrCredentials) {
		t.Errorf("without a PIN: %v", err)
	}
	if err := s.SetPIN(w.ctx, first.Principal, "482915"); err != nil {
		t.Fatal(err)
	}
	for range 4 {
		if err := s.ApproveByPIN(w.ctx, second.Principal, "482916"); !errors.Is(err, identity.ErrCredentials) {
			t.Errorf("wrong PIN: %v", err)
		}
	}
	wait := limited(t, w.node().ApproveByPIN(w.ctx, second.Principal, "482915")) // another node counts the same
	w.clock.forward(wait)
	if err := s.ApproveByPIN(w.ctx, second.Principal, "۴۸۲۹۱۵"); err != nil {
		t.Fatal(err)
	}
	again, err := s.Refresh(w.ctx, second.Refresh.Reveal(), device("new-phone"))
	if err != nil || !again.Principal.OldCasesFrom.IsZero() {
		t.Errorf("the right PIN changed nothing: %v", err)
	}
}

func TestRecovery(t *testing.T) { onBothStores(t, recovery) }

func recovery(t *testing.T, w *world) {
	s := w.node()
	paper := w.register(s, device("lost-phone")).RecoveryCode.Reveal()
	sent := w.phone.count()
	try := func(number, code, dev string) (identity.Session, error) {
		return s.Recover(w.ctx, identity.RecoveryInput{Mobile: number, Code: code, Device: device(dev)})
	}
	_, errCode := try(mobile, "AAAA-AAAA-AAAA-AAAA-AAAA", "new-phone")
	_, errNumber := try("+923339876543", paper, "new-phone")
	if !errors.Is(errCode, identity.ErrCredentials) || errCode.Error() != errNumber.Error() {
		t.Errorf("%v / %v", errCode, errNumber)
	}
	out, err := try(mobile, strings.ToLower(strings.ReplaceAll(paper, "-", " ")), "new-phone")
	if err != nil || !out.Principal.OldCasesFrom.IsZero() {
		t.Fatalf("recovery: %v", err)
	}
	if out.RecoveryCode == "" || out.RecoveryCode.Reveal() == paper {
		t.Error("no new paper")
	}
	if _, err := try(mobile, paper, "third-phone"); !errors.Is(err, identity.ErrCredentials) {
		t.Errorf("the paper worked twice: %v", err)
	}
	if w.phone.count() != sent {
		t.Error("recovery sent an SMS")
	}
	for _, number := range []string{mobile, "+923339876543"} {
		var err error
		for range 6 {
			_, err = try(number, "AAAA", "thief")
		}
		limited(t, err)
	}
}

func TestDeleteAccount(t *testing.T) { onBothStores(t, deleteAccount) }

func deleteAccount(t *testing.T, w *world) {
	s := w.node()
	out := w.register(s, device("phone"))
	account := out.Principal.Actor.Account
	if err := s.DeleteAccount(w.ctx, out.Principal); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Authenticate(w.ctx, out.Access.Reveal()); !errors.Is(err, identity.ErrSignedOut) {
		t.Errorf("still signed in: %v", err)
	}
	sent := w.phone.count()
	err := w.store.Update(w.ctx, func(tx store.Tx) error {
		if people, err := tx.Records(w.ctx, "identity.person", ""); err != nil || len(people) != 0 {
			t.Errorf("%d people left, %v", len(people), err)
		}
		return s.Notify(w.ctx, tx, account, portal.Text{EN: "x"})
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.queue.Drain(w.ctx); err != nil || w.phone.count() != sent {
		t.Errorf("a deleted account got an SMS: %v", err)
	}
	w.clock.forward(time.Hour)
	if again := w.register(s, device("phone")); again.Principal.Actor.Account == account {
		t.Error("the number came back to the erased account")
	}
}

func TestNotifySpeaksTheCitizensLanguage(t *testing.T) {
	w := newWorld(t)
	s := w.node()
	in := registration(device("phone"))
	in.Language = "ur"
	c, err := s.Register(w.ctx, in)
	if err != nil {
		t.Fatal(err)
	}
	account := w.verify(s, c, in.Device).Principal.Actor.Account
	err = w.store.Update(w.ctx, func(tx store.Tx) error {
		return s.Notify(w.ctx, tx, account, portal.Text{EN: "news", UR: "خبر"})
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.queue.Drain(w.ctx); err != nil || w.phone.last().Text != "خبر" || w.phone.last().To != mobile {
		t.Errorf("%+v, %v", w.phone.last(), err)
	}
}

package sdk_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/citizens-portal/portal/sdk"
	"github.com/citizens-portal/portal/sdk/api"
	"github.com/citizens-portal/portal/sdk/internal/fake"
)

func TestTokensAreRefreshedOnce(t *testing.T) {
	s, _ := newServer()
	p := citizen(t, s)
	id := p.lodge("a").Complaint.ID
	s.EndAccess()
	p.sync()
	if p.show(id).State != sdk.StateReceived {
		t.Fatal("after a refresh")
	}
	// A lost refresh answer signs nobody out.
	s.EndAccess()
	lost := false
	s.Lose = func(path string, answer bool) bool {
		if path == api.RouteRefresh && answer && !lost {
			lost = true
			return true
		}
		return false
	}
	if _, err := p.Sync.Now(t.Context()); !errors.Is(err, sdk.ErrOffline) {
		t.Fatalf("got %v", err)
	}
	p.restart()
	p.sync()
	if !p.Accounts.SignedIn() {
		t.Fatal("signed out by a lost answer")
	}
}

func TestEndedSessionKeepsEverything(t *testing.T) {
	s, _ := newServer()
	p := citizen(t, s)
	s.EndSessions()
	id := p.lodge("a").Complaint.ID
	_, err := p.Sync.Now(t.Context())
	wantErr(t, err, sdk.ErrSignedOut)
	if len(p.list()) != 1 || p.Accounts.SignedIn() {
		t.Fatal("readable, but not signed in")
	}
	p.signIn(mobile)
	p.sync()
	if p.show(id).State != sdk.StateReceived {
		t.Fatal("sent after signing in again")
	}
}

func TestCopiedDeviceTakesANewIdentity(t *testing.T) {
	s, _ := newServer()
	p := citizen(t, s)
	s.Lose = down
	p.lodge("on both")
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	twin := &phone{t: t, cfg: p.cfg}
	twin.cfg.Dir = t.TempDir()
	if err := os.CopyFS(twin.cfg.Dir, os.DirFS(p.cfg.Dir)); err != nil {
		t.Fatal(err)
	}
	p.open()
	twin.open()
	defer twin.Close()
	s.Lose = nil
	p.sync()
	twin.sync() // the same operation again: a duplicate
	p.lodge("on the phone")
	p.sync()
	twin.lodge("on the twin, one")
	twin.lodge("on the twin, two")
	_, err := twin.Sync.Now(t.Context())
	wantErr(t, err, sdk.ErrSignedOut)
	out, err := twin.Sync.Outbox(t.Context())
	if err != nil || len(out) != 1 || out[0].Text != "on the twin, one" {
		t.Fatalf("what was not taken is kept: %+v %v", out, err)
	}
	twin.signIn(mobile)
	twin.sync()
	p.sync()
	if n := len(s.Complaints()); n != 4 || len(p.list()) != 4 || len(twin.list()) != 4 {
		t.Fatalf("server %d, phone %d, twin %d; want 4", n, len(p.list()), len(twin.list()))
	}
}

func TestSharedPhone(t *testing.T) {
	s, _ := newServer()
	p := citizen(t, s)
	p.lodge("first person")
	p.sync()
	if err := p.Accounts.Logout(t.Context(), sdk.KeepSealed); err != nil {
		t.Fatal(err)
	}
	p.signIn("+923339876543")
	p.sync()
	if len(p.list()) != 0 {
		t.Fatal("the second person sees nothing of the first")
	}
	p.lodge("second person")
	p.sync()
	p.signIn(mobile)
	p.sync()
	if got := p.list(); len(got) != 1 || got[0].Text != "first person" {
		t.Fatalf("%+v", got)
	}
}

func TestLogoutAsksAboutUnsentWork(t *testing.T) {
	s, _ := newServer()
	p := citizen(t, s)
	p.lodge("sent")
	p.sync()
	s.Lose = down
	p.lodge("unsent")
	err := p.Accounts.Logout(t.Context(), sdk.AskFirst)
	wantErr(t, err, sdk.ErrUnsent)
	var unsent *sdk.UnsentError
	if !errors.As(err, &unsent) || unsent.Operations != 1 {
		t.Fatalf("%v", err)
	}
	wantErr(t, p.Accounts.Logout(t.Context(), sdk.SendFirst), sdk.ErrOffline)
	s.Lose = nil
	if err := p.Accounts.Logout(t.Context(), sdk.SendFirst); err != nil {
		t.Fatal(err)
	}
	left, err := filepath.Glob(filepath.Join(p.cfg.Dir, "user-*"))
	if err != nil || len(left) != 0 {
		t.Fatalf("files left: %v %v", left, err)
	}
	if keys, _ := filepath.Glob(filepath.Join(p.cfg.Dir, "keys", "user-*")); len(keys) != 0 {
		t.Fatalf("keys left: %v", keys)
	}
	// Coming back goes on with operation numbers that were never used.
	p.signIn(mobile)
	p.lodge("again")
	p.sync()
	if n := len(s.Complaints()); n != 3 {
		t.Fatalf("the server holds %d of 3", n)
	}
}

// newcomer is a second phone of the citizen's that was not approved yet.
func newcomer(t *testing.T, s *fake.Server) *phone {
	t.Helper()
	q := newPhone(t, s)
	s.OldCasesFrom = s.Now().Add(72 * time.Hour)
	if _, err := q.Accounts.Recover(t.Context(), mobile, fake.RecoveryCode); err != nil {
		t.Fatal(err)
	}
	return q
}

// waits reports whether the phone knows that older complaints are hidden from it.
func (p *phone) waits() bool {
	p.t.Helper()
	profile, err := p.Accounts.Profile()
	if err != nil {
		p.t.Fatal(err)
	}
	return !profile.OldCasesFrom.IsZero()
}

func TestNewDeviceSeesOlderComplaintsOnceApproved(t *testing.T) {
	s, _ := newServer()
	p := citizen(t, s)
	p.lodge("from the old phone")
	p.sync()
	q := newcomer(t, s)
	q.sync()
	if got := q.list(); len(got) != 0 {
		t.Fatalf("hidden until approved: %+v", got)
	}
	wantErr(t, q.Accounts.ApproveByPIN(t.Context(), "000000"), sdk.ErrInvalid)
	if !q.waits() {
		t.Fatal("the phone knows that it waits")
	}
	if err := q.Accounts.ApproveByPIN(t.Context(), "۲۷۱۸۲۸"); err != nil {
		t.Fatal(err)
	}
	if q.waits() {
		t.Fatal("the phone knows that it waits no more")
	}
	q.sync()
	if got := q.list(); len(got) != 1 {
		t.Fatalf("read again from the start: %+v", got)
	}
}

func TestDeviceNotesThatAnotherApprovedIt(t *testing.T) {
	s, _ := newServer()
	citizen(t, s)
	q := newcomer(t, s)
	look := func() {
		if _, err := q.Accounts.Devices(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if look(); !q.waits() {
		t.Fatal("the phone knows that it waits")
	}
	s.Hidden = nil
	look()
	if q.waits() {
		t.Fatal("the phone knows that it waits no more")
	}
}

func TestResendAndInvitation(t *testing.T) {
	s, _ := newServer()
	p := newPhone(t, s)
	_, err := p.Accounts.Resend(t.Context())
	wantErr(t, err, sdk.ErrInvalid)
	if _, err := p.Accounts.Login(t.Context(), mobile); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Accounts.Resend(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Accounts.Verify(t.Context(), fake.OTP); err != nil {
		t.Fatal(err)
	}
	if e, err := p.Accounts.AcceptInvitation(t.Context(), fake.Invitation, fake.Password); err != nil || e.TOTPSecret == "" {
		t.Fatalf("%+v %v", e, err)
	}
	_, err = p.Accounts.AcceptInvitation(t.Context(), "used", fake.Password)
	wantErr(t, err, sdk.ErrInvalid)
}

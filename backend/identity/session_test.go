package identity_test

import (
	"crypto/rand"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/citizens-portal/portal/backend/identity"
	"github.com/citizens-portal/portal/backend/keys"
)

func TestAccessTokenLives15Minutes(t *testing.T) {
	w := newWorld(t)
	s := w.node()
	out := w.register(s, device("phone"))
	if !out.AccessExpiresAt.Equal(w.clock.now().Add(15*time.Minute)) || !out.RefreshExpiresAt.Equal(w.clock.now().Add(60*24*time.Hour)) {
		t.Errorf("lives until %v and %v", out.AccessExpiresAt, out.RefreshExpiresAt)
	}
	w.clock.forward(15*time.Minute - time.Millisecond)
	w.principal(s, out)
	w.clock.forward(time.Millisecond)
	if _, err := s.Authenticate(w.ctx, out.Access.Reveal()); !errors.Is(err, identity.ErrSignedOut) {
		t.Errorf("%v, want ErrSignedOut", err)
	}
}

func TestRefreshRotatesAndLives60Days(t *testing.T) {
	w := newWorld(t)
	s := w.node()
	out := w.register(s, device("phone"))
	for range 4 { // each refresh starts the 60 days anew
		w.clock.forward(59 * 24 * time.Hour)
		next, err := s.Refresh(w.ctx, out.Refresh.Reveal(), device("phone"))
		if err != nil {
			t.Fatal(err)
		}
		if next.Refresh == out.Refresh || next.Access == out.Access {
			t.Fatal("the tokens did not change")
		}
		out = next
		w.principal(s, out)
	}
	w.clock.forward(60 * 24 * time.Hour)
	if _, err := s.Refresh(w.ctx, out.Refresh.Reveal(), device("phone")); !errors.Is(err, identity.ErrSignedOut) {
		t.Errorf("%v, want ErrSignedOut", err)
	}
}

// A lost answer on a bad network must not sign anybody out.
func TestLostAnswerGetsTheSameSuccessor(t *testing.T) {
	onBothStores(t, lostAnswerGetsTheSameSuccessor)
}

func lostAnswerGetsTheSameSuccessor(t *testing.T, w *world) {
	s, other := w.node(), w.node()
	out := w.register(s, device("phone"))
	first, err := s.Refresh(w.ctx, out.Refresh.Reveal(), device("phone"))
	if err != nil {
		t.Fatal(err)
	}
	again, err := other.Refresh(w.ctx, out.Refresh.Reveal(), device("phone"))
	if err != nil || again.Refresh != first.Refresh || again.Access != first.Access {
		t.Fatalf("another successor: %v", err)
	}
	w.principal(s, out) // requests under way with the old access token still work
	w.clock.forward(3 * time.Hour)
	late, err := s.Refresh(w.ctx, out.Refresh.Reveal(), device("phone"))
	if err != nil || late.Refresh != first.Refresh {
		t.Fatalf("another successor after hours: %v", err)
	}
	w.principal(s, late) // with an access token that works
	if _, err := s.Refresh(w.ctx, first.Refresh.Reveal(), device("phone")); err != nil {
		t.Fatal(err)
	}
	// The successor was used: now the old token is a stolen one.
	if _, err := s.Refresh(w.ctx, out.Refresh.Reveal(), device("phone")); !errors.Is(err, identity.ErrSignedOut) {
		t.Errorf("a spent token: %v", err)
	}
	if _, err := s.Authenticate(w.ctx, late.Access.Reveal()); !errors.Is(err, identity.ErrSignedOut) {
		t.Errorf("the family lives on: %v", err)
	}
	if w.audited("session.end") != 1 {
		t.Error("not in the audit log")
	}
}

func TestRefreshFromElsewhereEndsTheFamily(t *testing.T) {
	for _, name := range []string{"present", "previous"} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			s := w.node()
			out := w.register(s, device("phone"))
			next, err := s.Refresh(w.ctx, out.Refresh.Reveal(), device("phone"))
			if err != nil {
				t.Fatal(err)
			}
			stolen := map[string]string{"present": next.Refresh.Reveal(), "previous": out.Refresh.Reveal()}[name]
			thief := device("phone")
			thief.Key = device("thief").Key
			if _, err := s.Refresh(w.ctx, stolen, thief); !errors.Is(err, identity.ErrSignedOut) {
				t.Errorf("%v", err)
			}
			if _, err := s.Refresh(w.ctx, next.Refresh.Reveal(), device("phone")); !errors.Is(err, identity.ErrSignedOut) {
				t.Errorf("the family lives on: %v", err)
			}
		})
	}
}

// Knowing a session's id, which is no secret, must not let anybody end it.
func TestMadeUpTokensChangeNothing(t *testing.T) {
	w := newWorld(t)
	s := w.node()
	out := w.register(s, device("phone"))
	id := out.Principal.Session
	for _, token := range []string{
		"", "pr", "pr" + id, "pr" + id + strings.Repeat("A", 43), "pa" + id + strings.Repeat("A", 43), out.Access.Reveal(),
		"pr" + strings.Repeat("A", 59), out.Refresh.Reveal() + "A", "pr" + strings.Repeat("\x00", 59), strings.Repeat("é", 61),
	} {
		if _, err := s.Refresh(w.ctx, token, device("phone")); !errors.Is(err, identity.ErrSignedOut) {
			t.Errorf("refresh %q: %v", token, err)
		}
		if token == out.Access.Reveal() {
			continue
		}
		if _, err := s.Authenticate(w.ctx, token); !errors.Is(err, identity.ErrSignedOut) {
			t.Errorf("access %q: %v", token, err)
		}
	}
	w.principal(s, out)
}

func TestLogout(t *testing.T) {
	w := newWorld(t)
	s := w.node()
	out := w.register(s, device("phone"))
	if err := s.Logout(w.ctx, w.principal(s, out)); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Authenticate(w.ctx, out.Access.Reveal()); !errors.Is(err, identity.ErrSignedOut) {
		t.Errorf("%v, want ErrSignedOut", err)
	}
	if again := w.login(s, device("phone")); !again.Principal.OldCasesFrom.IsZero() {
		t.Error("after signing out and in, the device is a stranger")
	}
}

func TestSignInAgainEndsTheDevicesOldSession(t *testing.T) {
	w := newWorld(t)
	s := w.node()
	out := w.register(s, device("phone"))
	w.login(s, device("phone"))
	if _, err := s.Authenticate(w.ctx, out.Access.Reveal()); !errors.Is(err, identity.ErrSignedOut) {
		t.Errorf("the old session: %v, want ErrSignedOut", err)
	}
	// The phone dropped the old tokens when it signed in again: who still has
	// them is a copy of it, and is told to become a device of its own.
	if _, err := s.Refresh(w.ctx, out.Refresh.Reveal(), device("phone")); !errors.Is(err, identity.ErrDeviceCopied) {
		t.Errorf("%v, want ErrDeviceCopied", err)
	}
	if _, err := s.Refresh(w.ctx, out.Refresh.Reveal(), device("tablet")); !errors.Is(err, identity.ErrSignedOut) {
		t.Errorf("from elsewhere: %v, want ErrSignedOut", err)
	}
}

func TestManyAtOnce(t *testing.T) { onBothStores(t, manyAtOnce) }

func manyAtOnce(t *testing.T, w *world) {
	cfg := w.config()
	cfg.Limits.CachedSessions = 1
	s := identity.New(cfg)
	a, b := w.register(s, device("phone")), w.login(s, device("tablet"))
	refreshed := make([]identity.Session, 8)
	var wg sync.WaitGroup
	for i := range refreshed {
		wg.Go(func() {
			for range 20 {
				w.principal(s, a)
				w.principal(s, b)
			}
			var err error
			if refreshed[i], err = s.Refresh(w.ctx, a.Refresh.Reveal(), device("phone")); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for _, r := range refreshed {
		if r.Refresh != refreshed[0].Refresh {
			t.Error("two successors of one token")
		}
	}
}

func TestCheckKeys(t *testing.T) {
	w := newWorld(t)
	cfg := w.config()
	for range 2 {
		if err := identity.CheckKeys(w.ctx, cfg.Store, cfg.Keys); err != nil {
			t.Fatal(err)
		}
	}
	others, err := keys.New(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if err := identity.CheckKeys(w.ctx, cfg.Store, others); !errors.Is(err, identity.ErrKeys) {
		t.Errorf("%v, want ErrKeys", err)
	}
}

func FuzzTokens(f *testing.F) {
	for _, s := range []string{"", "pa", "pr" + strings.Repeat("A", 59), "pa" + strings.Repeat("-", 59), "\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, token string) {
		id, ok := identity.ParseToken("pa", token)
		if ok && (len(id) != 16 || !strings.Contains(token, id)) {
			t.Errorf("%q: %q", token, id)
		}
	})
}

package identity_test

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/citizens-portal/portal/backend/identity"
	"github.com/citizens-portal/portal/backend/portal"
)

func TestOfficerSignsIn(t *testing.T) {
	w := newWorld(t)
	s := w.node()
	secret := w.officer(s)
	out, err := w.officerLogin(s, secret, device("desk"))
	if err != nil {
		t.Fatal(err)
	}
	p := w.principal(s, out)
	if p.Actor.Kind != portal.OfficerActor || p.Actor.Officer.Office != "dc-swat" || p.Subject() != "o:focal.swat" || out.Profile.Name != "Focal" {
		t.Errorf("principal %+v, profile %+v", p, out.Profile)
	}
	if _, err := s.Devices(w.ctx, p); !errors.Is(err, portal.ErrForbidden) {
		t.Errorf("devices of an officer: %v", err)
	}
}

// One answer for every wrong detail, whether or not the name exists.
func TestOfficerRefusalsAreTheSame(t *testing.T) {
	w := newWorld(t)
	s := w.node()
	secret := w.officer(s)
	good := identity.OfficerLogin{Name: "focal.swat", Password: password, TOTP: w.code(secret), Device: device("desk")}
	for name, change := range map[string]func(*identity.OfficerLogin){
		"name":       func(l *identity.OfficerLogin) { l.Name = "nobody" },
		"empty name": func(l *identity.OfficerLogin) { l.Name = "" },
		"password":   func(l *identity.OfficerLogin) { l.Password += "x" },
		"code":       func(l *identity.OfficerLogin) { l.TOTP = wrong(l.TOTP) },
		"no code":    func(l *identity.OfficerLogin) { l.TOTP = "" },
		"old code": func(l *identity.OfficerLogin) {
			w.clock.forward(-60 * time.Second)
			l.TOTP = w.code(secret)
			w.clock.forward(60 * time.Second)
		},
	} {
		in := good
		change(&in)
		_, err := s.LoginOfficer(w.ctx, in)
		if !errors.Is(err, identity.ErrCredentials) || err.Error() != identity.ErrCredentials.Error() {
			t.Errorf("%s: %v", name, err)
		}
		w.clock.forward(25 * time.Hour) // forget the failure
		good.TOTP = w.code(secret)
	}
	if _, err := s.LoginOfficer(w.ctx, good); err != nil {
		t.Errorf("all right: %v", err)
	}
	for _, e := range w.audit() {
		if strings.Contains(e.Subject+e.Detail+e.Actor, "nobody") {
			t.Errorf("a typed name (it may be a password) is in the audit log: %+v", e)
		}
	}
}

func TestTOTPStepsWorkOnce(t *testing.T) { onBothStores(t, tOTPStepsWorkOnce) }

func tOTPStepsWorkOnce(t *testing.T, w *world) {
	s, other := w.node(), w.node()
	secret := w.officer(s)
	in := identity.OfficerLogin{Name: "FOCAL.swat ", Password: password, TOTP: w.code(secret), Device: device("desk")}
	if _, err := s.LoginOfficer(w.ctx, in); err != nil {
		t.Fatal(err)
	}
	if _, err := other.LoginOfficer(w.ctx, in); !errors.Is(err, identity.ErrCredentials) {
		t.Errorf("the same code again: %v", err)
	}
	// The clock may be a step off either way, but never back behind a used one.
	w.clock.forward(90 * time.Second)
	early := w.code(secret)
	w.clock.forward(-30 * time.Second)
	between := w.code(secret)
	in.TOTP = early
	if _, err := s.LoginOfficer(w.ctx, in); err != nil {
		t.Errorf("a code one step early: %v", err)
	}
	in.TOTP = between
	if _, err := s.LoginOfficer(w.ctx, in); !errors.Is(err, identity.ErrCredentials) {
		t.Errorf("a code before a used one: %v", err)
	}
}

func TestOneCodeInARushWorksOnce(t *testing.T) { onBothStores(t, oneCodeInARushWorksOnce) }

func oneCodeInARushWorksOnce(t *testing.T, w *world) {
	s := w.node()
	secret := w.officer(s)
	var mu sync.Mutex
	in := 0
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			if _, err := w.officerLogin(s, secret, device("desk")); err == nil {
				mu.Lock()
				in++
				mu.Unlock()
			} else if !errors.Is(err, identity.ErrCredentials) {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if in != 1 {
		t.Errorf("%d signed in with one code", in)
	}
}

func TestFailuresCostAGrowingDelay(t *testing.T) {
	for _, name := range []string{"focal.swat", "nobody"} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			nodes := []*identity.Service{w.node(), w.node()}
			secret := w.officer(nodes[0])
			try := func(i int) error {
				_, err := nodes[i%2].LoginOfficer(w.ctx, identity.OfficerLogin{Name: name, Password: "wrong", TOTP: "123456", Device: device("desk")})
				return err
			}
			for i := range 5 {
				if err := try(i); !errors.Is(err, identity.ErrCredentials) {
					t.Fatal(err)
				}
			}
			for i, want := range []time.Duration{30 * time.Second, time.Minute, 2 * time.Minute, 4 * time.Minute, 8 * time.Minute, 15 * time.Minute, 15 * time.Minute} {
				if wait := limited(t, try(i)); wait != want {
					t.Errorf("wait %d: %v, want %v", i, wait, want)
				}
				w.clock.forward(want)
				if err := try(i); !errors.Is(err, identity.ErrCredentials) {
					t.Fatal(err)
				}
			}
			if name == "nobody" {
				return
			}
			if _, err := w.officerLogin(nodes[0], secret, device("desk")); limited(t, err) != 15*time.Minute {
				t.Error("the right details go around the wait")
			}
			w.clock.forward(15 * time.Minute)
			if _, err := w.officerLogin(nodes[0], secret, device("desk")); err != nil {
				t.Fatal(err)
			}
			if err := try(0); !errors.Is(err, identity.ErrCredentials) {
				t.Errorf("a success did not forgive: %v", err)
			}
		})
	}
}

func TestOfficerIsSignedOutWhenIdle(t *testing.T) {
	w := newWorld(t)
	s := w.node()
	secret := w.officer(s)
	out, err := w.officerLogin(s, secret, device("desk"))
	if err != nil {
		t.Fatal(err)
	}
	for range 3 { // work goes on
		w.clock.forward(10 * time.Minute)
		w.principal(s, out)
		if out, err = s.Refresh(w.ctx, out.Refresh.Reveal(), device("desk")); err != nil {
			t.Fatal(err)
		}
	}
	// A long poll is no work, and a refresh neither.
	w.clock.forward(10 * time.Minute)
	if _, err := s.AuthenticateIdle(w.ctx, out.Access.Reveal()); err != nil {
		t.Fatal(err)
	}
	if out, err = s.Refresh(w.ctx, out.Refresh.Reveal(), device("desk")); err != nil {
		t.Fatal(err)
	}
	w.clock.forward(5*time.Minute + time.Second)
	if _, err := s.Authenticate(w.ctx, out.Access.Reveal()); !errors.Is(err, identity.ErrSignedOut) {
		t.Errorf("idle: %v", err)
	}
	if _, err := s.Refresh(w.ctx, out.Refresh.Reveal(), device("desk")); !errors.Is(err, identity.ErrSignedOut) {
		t.Errorf("idle refresh: %v", err)
	}
}

func TestOfficerIsSignedOutAfterTenHours(t *testing.T) {
	w := newWorld(t)
	s := w.node()
	out, err := w.officerLogin(s, w.officer(s), device("desk"))
	if err != nil {
		t.Fatal(err)
	}
	end := w.clock.now().Add(10 * time.Hour)
	for w.clock.now().Add(10 * time.Minute).Before(end) {
		w.clock.forward(10 * time.Minute)
		w.principal(s, out)
		if out, err = s.Refresh(w.ctx, out.Refresh.Reveal(), device("desk")); err != nil {
			t.Fatal(err)
		}
		if out.RefreshExpiresAt.After(end) || out.AccessExpiresAt.After(end) {
			t.Fatalf("promised until %v", out.RefreshExpiresAt)
		}
	}
	w.clock.forward(10 * time.Minute)
	if _, err := s.Refresh(w.ctx, out.Refresh.Reveal(), device("desk")); !errors.Is(err, identity.ErrSignedOut) {
		t.Errorf("after ten hours: %v", err)
	}
}

func TestStepUp(t *testing.T) {
	w := newWorld(t)
	s := w.node()
	secret := w.officer(s)
	out, err := w.officerLogin(s, secret, device("desk"))
	if err != nil {
		t.Fatal(err)
	}
	used := w.code(secret)
	p := w.principal(s, out)
	if err := p.Fresh(w.clock.now().Add(15 * time.Minute)); err != nil {
		t.Error(err)
	}
	if err := p.Fresh(w.clock.now().Add(15*time.Minute + time.Second)); !errors.Is(err, identity.ErrStepUp) {
		t.Errorf("%v, want ErrStepUp", err)
	}
	if err := s.StepUp(w.ctx, p, used); !errors.Is(err, identity.ErrCredentials) {
		t.Errorf("a used code: %v", err)
	}
	w.clock.forward(14 * time.Minute)
	if err := s.StepUp(w.ctx, p, w.code(secret)); err != nil {
		t.Fatal(err)
	}
	if p = w.principal(s, out); p.Fresh(w.clock.now().Add(14*time.Minute)) != nil {
		t.Error("the step up is forgotten")
	}
	for range 5 {
		if err := s.StepUp(w.ctx, p, "000000"); !errors.Is(err, identity.ErrCredentials) {
			t.Errorf("%v", err)
		}
	}
	limited(t, s.StepUp(w.ctx, p, "000000"))
}

func TestDisabledOfficersAreOut(t *testing.T) {
	disable := map[string]func(*world, *identity.Service){
		"credentials": func(w *world, s *identity.Service) {
			if err := s.DisableOfficer(w.ctx, "o:admin", "focal.swat"); err != nil {
				w.t.Fatal(err)
			}
		},
		"directory": func(w *world, _ *identity.Service) {
			w.setOfficers(portal.Officer{ID: "focal.swat", Office: "dc-swat", Post: portal.FocalPost, Disabled: true})
		},
		"gone": func(w *world, _ *identity.Service) { w.setOfficers() },
		"new password": func(w *world, s *identity.Service) {
			if err := s.SetPassword(w.ctx, "o:admin", "focal.swat", "another long sentence"); err != nil {
				w.t.Fatal(err)
			}
		},
	}
	for name, f := range disable {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			s, other := w.node(), w.node()
			secret := w.officer(s)
			out, err := w.officerLogin(s, secret, device("desk"))
			if err != nil {
				t.Fatal(err)
			}
			w.principal(other, out)
			f(w, s)
			if _, err := s.Authenticate(w.ctx, out.Access.Reveal()); !errors.Is(err, identity.ErrSignedOut) {
				t.Errorf("this node: %v", err)
			}
			w.clock.forward(time.Second)
			if _, err := other.Authenticate(w.ctx, out.Access.Reveal()); !errors.Is(err, identity.ErrSignedOut) {
				t.Errorf("another node: %v", err)
			}
			w.clock.forward(time.Minute)
			if _, err := w.officerLogin(s, secret, device("desk")); !errors.Is(err, identity.ErrCredentials) {
				t.Errorf("sign-in: %v", err)
			}
		})
	}
}

func TestPasswordRules(t *testing.T) {
	w := newWorld(t)
	s := w.node()
	for pass, code := range map[string]string{
		"short": "password_length", "fourteen chars": "password_length", strings.Repeat("x", 257): "password_length",
		"aaaaaaaaaaaaaaaaaaaa": "password_weak", "Focal.Swat Focal.Swat": "password_weak", "not utf-8 at all \xff\xfe": "password_encoding",
	} {
		_, err := s.CreateOfficer(w.ctx, "console", identity.Credential{Officer: "focal.swat", Password: pass})
		field(t, err, "password", code)
	}
	if _, err := s.CreateOfficer(w.ctx, "console", identity.Credential{Officer: "focal.swat", Password: "پندرہ حروف سے لمبا جملہ"}); err != nil {
		t.Errorf("an Urdu sentence: %v", err)
	}
	_, err := s.CreateOfficer(w.ctx, "console", identity.Credential{Officer: "Focal Swat", Password: password, TOTPSecret: "short"})
	field(t, err, "name", "officer_name")
	field(t, err, "totp_secret", "totp_secret")
	if err := s.SetPassword(w.ctx, "console", "nobody", password); !errors.Is(err, portal.ErrNotFound) {
		t.Errorf("%v, want ErrNotFound", err)
	}
}

func TestBootstrapAndInvites(t *testing.T) {
	w := newWorld(t)
	w.setOfficers(portal.Officer{ID: "admin", Office: "dc-swat", Post: portal.AdminPost}, portal.Officer{ID: "focal.swat", Office: "dc-swat", Post: portal.FocalPost})
	s := w.node()
	stale, err := s.Bootstrap(w.ctx, "admin")
	if err != nil {
		t.Fatal(err)
	}
	token, err := s.Bootstrap(w.ctx, "admin")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.AcceptInvite(w.ctx, stale.Reveal(), password); !errors.Is(err, identity.ErrCredentials) {
		t.Errorf("a replaced token: %v", err)
	}
	w.clock.forward(15 * time.Minute)
	if _, err := s.AcceptInvite(w.ctx, token.Reveal(), password); !errors.Is(err, identity.ErrCredentials) {
		t.Errorf("after 15 minutes: %v", err)
	}
	if token, err = s.Bootstrap(w.ctx, "admin"); err != nil {
		t.Fatal(err)
	}
	_, err = s.AcceptInvite(w.ctx, token.Reveal(), "short")
	field(t, err, "password", "password_length")
	e, err := s.AcceptInvite(w.ctx, token.Reveal(), password)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.AcceptInvite(w.ctx, token.Reveal(), password); !errors.Is(err, identity.ErrCredentials) {
		t.Errorf("a used token: %v", err)
	}
	u, err := url.Parse(e.URL.Reveal())
	if err != nil || u.Scheme != "otpauth" || u.Query().Get("secret") != e.Secret.Reveal() {
		t.Errorf("URL %q, %v", e.URL.Reveal(), err)
	}
	if _, err := s.LoginOfficer(w.ctx, identity.OfficerLogin{Name: "admin", Password: password, TOTP: w.code(e.Secret.Reveal()), Device: device("desk")}); err != nil {
		t.Error(err)
	}
	if _, err := s.Bootstrap(w.ctx, "focal.swat"); !errors.Is(err, identity.ErrBootstrapped) {
		t.Errorf("%v, want ErrBootstrapped", err)
	}
	invite, err := s.InviteToken(w.ctx, "o:admin", "focal.swat")
	if err != nil {
		t.Fatal(err)
	}
	if e, err = s.AcceptInvite(w.ctx, invite.Reveal(), password); err != nil || e.Officer != "focal.swat" {
		t.Errorf("%+v, %v", e, err)
	}
}

// A third sign-in waits for its turn, and gives up with its context.
func TestAtMostTwoHashesAtOnce(t *testing.T) {
	w := newWorld(t)
	s := w.node()
	w.officer(s)
	release := identity.FillHasher(s)
	ctx, cancel := context.WithCancel(w.ctx)
	done := make(chan error)
	go func() {
		_, err := s.LoginOfficer(ctx, identity.OfficerLogin{Name: "focal.swat", Password: password, TOTP: "000000", Device: device("desk")})
		done <- err
	}()
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want context.Canceled", err)
	}
	release()
}

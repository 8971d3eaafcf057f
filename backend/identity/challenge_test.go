package identity_test

import (
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/citizens-portal/portal/backend/identity"
	"github.com/citizens-portal/portal/backend/portal"
	"github.com/citizens-portal/portal/backend/store"
)

func TestRegisterVerifyProfile(t *testing.T) {
	w := newWorld(t)
	s := w.node()
	out := w.register(s, device("phone"))
	if !regexp.MustCompile(`^([2-9A-HJKMNP-Z]{4}-){4}[2-9A-HJKMNP-Z]{4}$`).MatchString(out.RecoveryCode.Reveal()) {
		t.Errorf("recovery code %q", out.RecoveryCode.Reveal())
	}
	if want := (identity.Profile{Name: "Zarmina Khan", District: "kp/swat", Language: "en"}); !reflect.DeepEqual(out.Profile, want) {
		t.Errorf("profile %+v", out.Profile)
	}
	p := w.principal(s, out)
	if p.Actor.Kind != portal.CitizenActor || p.Actor.Account == "" || !p.OldCasesFrom.IsZero() || p.Subject() != "c:"+string(p.Actor.Account) {
		t.Errorf("principal %+v", p)
	}
	if len(out.Access.Reveal()) > 64 || len(out.Refresh.Reveal()) > 64 {
		t.Error("tokens must fit the wire's 64 characters")
	}
	if again := w.login(s, device("phone")); again.Principal.Actor.Account != p.Actor.Account || again.RecoveryCode != "" {
		t.Error("the same number is another account, or got a second recovery code")
	}
}

func TestRegisterNamesEveryWrongField(t *testing.T) {
	w := newWorld(t)
	_, err := w.node().Register(w.ctx, identity.RegisterInput{CNIC: "123", Mobile: "12", Name: " ", District: "atlantis", Language: "xx", Device: identity.DeviceInput{ID: "short", Key: "?"}})
	for name, code := range map[string]string{
		"cnic": "cnic_digits", "mobile": "mobile_prefix", "name": "name_missing", "district": "district_unknown",
		"language": "language_unknown", "device.id": "device_id", "device.key": "device_key",
	} {
		field(t, err, name, code)
	}
	if w.phone.count() != 0 {
		t.Error("an SMS went out for bad input")
	}
}

// Nobody may learn from an answer whether a number has an account.
func TestSameAnswerForKnownAndUnknownNumbers(t *testing.T) {
	w := newWorld(t)
	s := w.node()
	w.register(s, device("phone"))
	w.clock.forward(2 * time.Hour)
	unknown := registration(device("thief"))
	unknown.Mobile = "+923339876543"
	known, err1 := s.Register(w.ctx, registration(device("thief")))
	fresh, err2 := s.Register(w.ctx, unknown)
	sameShape(t, known, fresh, err1, err2)

	w.clock.forward(2 * time.Hour)
	before := w.phone.count()
	in, err1 := s.Login(w.ctx, identity.LoginInput{Mobile: mobile, Device: device("thief")})
	none, err2 := s.Login(w.ctx, identity.LoginInput{Mobile: "+923337777777", Device: device("thief")})
	sameShape(t, in, none, err1, err2)
	if w.phone.count() != before+2 {
		t.Errorf("%d SMS, want one for each", w.phone.count()-before)
	}
	if text := w.phone.last().Text; !strings.Contains(text, "no account") || sixDigits.MatchString(text) {
		t.Errorf("the owner of an unknown number reads %q", text)
	}
	for range 5 { // wrong codes read alike, down to the last try
		_, err1 = s.Verify(w.ctx, identity.VerifyInput{Challenge: in.ID, OTP: wrong(w.phone.sent[len(w.phone.sent)-2].Text), Device: device("thief")})
		_, err2 = s.Verify(w.ctx, identity.VerifyInput{Challenge: none.ID, OTP: "000000", Device: device("thief")})
		if err1 == nil || err2 == nil || err1.Error() != err2.Error() {
			t.Errorf("%v / %v", err1, err2)
		}
	}
	// The limits are the same, too.
	for i := range 6 {
		w.clock.forward(61 * time.Second)
		_, err1 = s.Login(w.ctx, identity.LoginInput{Mobile: mobile, Device: device("thief")})
		_, err2 = s.Login(w.ctx, identity.LoginInput{Mobile: "+923337777777", Device: device("thief")})
		if (err1 == nil) != (err2 == nil) || i == 5 && err1 == nil {
			t.Errorf("try %d: %v / %v", i, err1, err2)
		}
	}
}

func sameShape(t *testing.T, a, b identity.Challenge, err1, err2 error) {
	t.Helper()
	if err1 != nil || err2 != nil {
		t.Fatal(err1, err2)
	}
	a.ID, b.ID = strings.Repeat("x", len(a.ID)), strings.Repeat("x", len(b.ID))
	if a != b {
		t.Errorf("answers differ: %+v %+v", a, b)
	}
}

// wrong gives a code that is not the one in the text.
func wrong(text string) string {
	if sixDigits.FindString(text) == "111111" {
		return "222222"
	}
	return "111111"
}

func TestOTPIsTheOnlySixDigitsInEveryLanguage(t *testing.T) {
	for _, lang := range []string{"", "en", "ur", "ps"} {
		w := newWorld(t)
		s := w.node()
		in := registration(device("phone"))
		in.Language = lang
		c, err := s.Register(w.ctx, in)
		if err != nil {
			t.Fatal(err)
		}
		text := w.phone.last().Text
		runs := sixDigits.FindAllString(text, -1)
		if len(runs) != 1 || !regexp.MustCompile(`^[0-9]{6}$`).MatchString(runs[0]) {
			t.Errorf("%s: %q has %v", lang, text, runs)
		}
		if w.phone.last().To != mobile {
			t.Errorf("sent to %q", w.phone.last().To)
		}
		w.verify(s, c, in.Device)
	}
}

func TestOTPRules(t *testing.T) {
	verify := func(w *world, s *identity.Service, c identity.Challenge, otp string, dev identity.DeviceInput) error {
		_, err := s.Verify(w.ctx, identity.VerifyInput{Challenge: c.ID, OTP: otp, Device: dev})
		return err
	}
	start := func(t *testing.T) (*world, *identity.Service, identity.Challenge) {
		w := newWorld(t)
		s := w.node()
		c, err := s.Register(w.ctx, registration(device("phone")))
		if err != nil {
			t.Fatal(err)
		}
		return w, s, c
	}
	t.Run("five minutes", func(t *testing.T) {
		w, s, c := start(t)
		w.clock.forward(5*time.Minute - time.Millisecond)
		if err := verify(w, s, c, wrong(w.phone.last().Text), device("phone")); err == nil {
			t.Error("a wrong code was taken")
		}
		w.clock.forward(time.Millisecond)
		field(t, verify(w, s, c, w.phone.otp(t), device("phone")), "challenge", "otp_expired")
	})
	t.Run("five tries", func(t *testing.T) {
		w, s, c := start(t)
		for left := 4; left > 0; left-- {
			err := verify(w, s, c, wrong(w.phone.last().Text), device("phone"))
			field(t, err, "otp", "otp_wrong")
			if !strings.Contains(err.Error(), fmt.Sprintf("%d tries", left)) {
				t.Errorf("%v, want %d left", err, left)
			}
		}
		field(t, verify(w, s, c, wrong(w.phone.last().Text), device("phone")), "otp", "otp_tries")
		field(t, verify(w, s, c, w.phone.otp(t), device("phone")), "challenge", "otp_expired")
	})
	t.Run("bound to the device's id and key", func(t *testing.T) {
		w, s, c := start(t)
		thief := device("phone")
		thief.Key = device("thief").Key
		for _, d := range []identity.DeviceInput{device("thief"), thief} {
			field(t, verify(w, s, c, w.phone.otp(t), d), "challenge", "otp_expired")
		}
		field(t, verify(w, s, identity.Challenge{ID: "unknown"}, w.phone.otp(t), device("phone")), "challenge", "otp_expired")
	})
	t.Run("bad shape costs no try", func(t *testing.T) {
		w, s, c := start(t)
		for range 9 {
			field(t, verify(w, s, c, "12345", device("phone")), "otp", "otp_digits")
		}
		w.verify(s, c, device("phone"))
	})
	t.Run("urdu digits", func(t *testing.T) {
		w, s, c := start(t)
		urdu := strings.Map(func(r rune) rune { return r - '0' + '۰' }, w.phone.otp(t))
		if err := verify(w, s, c, urdu, device("phone")); err != nil {
			t.Error(err)
		}
	})
	t.Run("single use, but a lost answer can be had again", func(t *testing.T) {
		w, s, c := start(t)
		otp := w.phone.otp(t)
		first := w.verify(s, c, device("phone"))
		again, err := w.node().Verify(w.ctx, identity.VerifyInput{Challenge: c.ID, OTP: otp, Device: device("phone")})
		if err != nil || again.Access != first.Access || again.Refresh != first.Refresh || again.RecoveryCode != first.RecoveryCode {
			t.Fatalf("another answer: %v", err)
		}
		if err := verify(w, s, c, wrong(w.phone.last().Text), device("phone")); err == nil {
			t.Error("a wrong code got the answer")
		}
		if _, err := s.Refresh(w.ctx, first.Refresh.Reveal(), device("phone")); err != nil {
			t.Fatal(err)
		}
		field(t, verify(w, s, c, otp, device("phone")), "challenge", "otp_expired")
	})
}

func TestResend(t *testing.T) {
	w := newWorld(t)
	s := w.node()
	c, err := s.Register(w.ctx, registration(device("phone")))
	if err != nil {
		t.Fatal(err)
	}
	first := w.phone.otp(t)
	w.clock.forward(59 * time.Second)
	_, err = s.Resend(w.ctx, c.ID, device("phone"))
	if wait := limited(t, err); wait != time.Second {
		t.Errorf("wait %v, want 1s", wait)
	}
	if _, err := s.Login(w.ctx, identity.LoginInput{Mobile: mobile, Device: device("phone")}); limited(t, err) != time.Second {
		t.Error("another challenge went around the wait")
	}
	for range 2 {
		w.clock.forward(time.Minute)
		if _, err := s.Resend(w.ctx, c.ID, device("phone")); err != nil {
			t.Fatal(err)
		}
	}
	w.clock.forward(time.Minute)
	if _, err = s.Resend(w.ctx, c.ID, device("phone")); err == nil {
		t.Error("a third SMS was sent again")
	}
	limited(t, err)
	_, err = s.Resend(w.ctx, c.ID, device("thief"))
	field(t, err, "challenge", "otp_expired")
	// The first SMS may come late: its code works for its own five minutes.
	if _, err := s.Verify(w.ctx, identity.VerifyInput{Challenge: c.ID, OTP: first, Device: device("phone")}); err != nil {
		t.Error(err)
	}
}

// On a bad network the challenge may be lost on its way: asking again brings
// the same one, without another SMS, and not for ever.
func TestLostChallengeIsGivenAgain(t *testing.T) {
	w := newWorld(t)
	s := w.node()
	c, err := s.Register(w.ctx, registration(device("phone")))
	if err != nil {
		t.Fatal(err)
	}
	w.clock.forward(10 * time.Second)
	for range 2 {
		again, err := w.node().Register(w.ctx, registration(device("phone")))
		if err != nil || again.ID != c.ID || again.ExpiresAt != c.ExpiresAt || again.ResendAfter != 50*time.Second {
			t.Fatalf("%+v, %v; want %+v", again, err, c)
		}
	}
	_, err = s.Register(w.ctx, registration(device("phone")))
	if wait := limited(t, err); wait != 50*time.Second || w.phone.count() != 1 {
		t.Errorf("wait %v, %d SMS", wait, w.phone.count())
	}
	w.verify(s, c, device("phone"))
}

func TestSMSLimitsHoldAcrossNodes(t *testing.T) { onBothStores(t, sMSLimitsHoldAcrossNodes) }

func sMSLimitsHoldAcrossNodes(t *testing.T, w *world) {
	nodes := []*identity.Service{w.node(), w.node()}
	send := func(i int, dev string) error {
		_, err := nodes[i%2].Login(w.ctx, identity.LoginInput{Mobile: mobile, Device: device(dev)})
		return err
	}
	for i := range 3 {
		if err := send(i, fmt.Sprint("d", i)); err != nil {
			t.Fatal(err)
		}
	}
	if wait := limited(t, send(1, "other")); wait != time.Hour {
		t.Errorf("wait %v, want 1h", wait)
	}
	w.clock.forward(time.Hour)
	for i := range 3 {
		if err := send(i, fmt.Sprint("e", i)); err != nil {
			t.Fatal(err)
		}
	}
	w.clock.forward(time.Hour)
	if wait := limited(t, send(0, "more")); wait != 22*time.Hour {
		t.Errorf("wait %v, want 22h", wait)
	}
	w.clock.forward(22 * time.Hour)
	if err := send(1, "next-day"); err != nil {
		t.Error(err)
	}
	if w.phone.count() != 7 {
		t.Errorf("%d SMS, want 7", w.phone.count())
	}
}

func TestSMSLimitHoldsUnderARush(t *testing.T) { onBothStores(t, sMSLimitHoldsUnderARush) }

func sMSLimitHoldsUnderARush(t *testing.T, w *world) {
	nodes := []*identity.Service{w.node(), w.node()}
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Go(func() {
			_, err := nodes[i%2].Login(w.ctx, identity.LoginInput{Mobile: mobile, Device: device(fmt.Sprint("d", i))})
			if err != nil && !errors.Is(err, portal.ErrLimited) {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if w.phone.count() != 3 {
		t.Errorf("%d SMS, want 3", w.phone.count())
	}
}

func TestSpendingBreaker(t *testing.T) { onBothStores(t, spendingBreaker) }

func spendingBreaker(t *testing.T, w *world) {
	cfg := w.config()
	cfg.Limits.SMSPerHourInAll = 4
	s, other := identity.New(cfg), identity.New(cfg)
	send := func(s *identity.Service, i int) error {
		_, err := s.Login(w.ctx, identity.LoginInput{Mobile: fmt.Sprintf("+9234512345%02d", i), Device: device("phone")})
		return err
	}
	for i := range 4 {
		if err := send(s, i); err != nil {
			t.Fatal(err)
		}
	}
	wait := limited(t, send(other, 5))
	if w.audited("sms.breaker") != 1 {
		t.Error("not in the audit log")
	}
	w.clock.forward(wait)
	if err := send(other, 5); err != nil {
		t.Error(err)
	}
}

func TestNoSMS(t *testing.T) {
	w := newWorld(t)
	cfg := w.config()
	cfg.SMS = nil
	s := identity.New(cfg)
	if s.SMSReady() {
		t.Error("ready without a way to send")
	}
	if _, err := s.Register(w.ctx, registration(device("phone"))); !errors.Is(err, identity.ErrNoSMS) {
		t.Errorf("%v, want ErrNoSMS", err)
	}
}

// A dead operator must not change the answer; the SMS waits in the queue.
func TestOperatorDown(t *testing.T) {
	w := newWorld(t)
	s := w.node()
	w.phone.fail = errors.New("down")
	c, err := s.Register(w.ctx, registration(device("phone")))
	if err != nil {
		t.Fatal(err)
	}
	w.phone.fail = nil
	w.clock.forward(10 * time.Second)
	if err := w.queue.Drain(w.ctx); err != nil {
		t.Fatal(err)
	}
	w.verify(s, c, device("phone"))
}

func TestTwoRegistrationsOfOneNumberMakeOneAccount(t *testing.T) {
	onBothStores(t, twoRegistrationsOfOneNumberMakeOneAccount)
}

func twoRegistrationsOfOneNumberMakeOneAccount(t *testing.T, w *world) {
	s := w.node()
	a, err := s.Register(w.ctx, registration(device("phone-a")))
	if err != nil {
		t.Fatal(err)
	}
	otpA := w.phone.otp(t)
	b, err := s.Register(w.ctx, registration(device("phone-b")))
	if err != nil {
		t.Fatal(err)
	}
	one := w.verify(s, b, device("phone-b"))
	two, err := s.Verify(w.ctx, identity.VerifyInput{Challenge: a.ID, OTP: otpA, Device: device("phone-a")})
	if err != nil {
		t.Fatal(err)
	}
	if one.Principal.Actor.Account != two.Principal.Actor.Account || two.RecoveryCode != "" || two.Principal.OldCasesFrom.IsZero() {
		t.Error("the second is not a new device of the first")
	}
}

func TestSharedCNICIsFlaggedNotRefused(t *testing.T) {
	w := newWorld(t)
	s := w.node()
	w.register(s, device("phone"))
	in := registration(device("other"))
	in.Mobile = "+923339876543"
	c, err := s.Register(w.ctx, in)
	if err != nil {
		t.Fatal(err)
	}
	w.verify(s, c, in.Device)
	if w.audited("cnic.shared") != 1 {
		t.Error("not flagged")
	}
}

// What lies in the store tells nobody who is who.
func TestNothingPersonalLiesInTheOpen(t *testing.T) {
	w := newWorld(t)
	s := w.node()
	out := w.register(s, device("phone"))
	if _, err := s.Login(w.ctx, identity.LoginInput{Mobile: mobile, Device: device("thief")}); err != nil {
		t.Fatal(err)
	}
	otp := w.phone.otp(t)
	secrets := []string{"1560212345671", "3451234567", "Zarmina", out.Access.Reveal(), out.Refresh.Reveal(), out.RecoveryCode.Reveal(), device("phone").Key, otp}
	err := w.store.View(w.ctx, func(tx store.Tx) error {
		for _, kind := range []string{"account", "person", "device", "challenge", "session", "throttle", "quota"} {
			records, err := tx.Records(w.ctx, "identity."+kind, "")
			if err != nil {
				return err
			}
			for _, r := range records {
				for _, secret := range secrets {
					if strings.Contains(r.ID+" "+r.By+" "+string(r.Doc), secret) && secret != otp {
						t.Errorf("%s shows %q: %s", kind, secret, r.Doc)
					}
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range w.audit() {
		for _, secret := range secrets {
			if strings.Contains(fmt.Sprint(e), secret) && secret != otp {
				t.Errorf("the audit log shows %q: %+v", secret, e)
			}
		}
	}
}

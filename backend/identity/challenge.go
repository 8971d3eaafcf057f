package identity

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"time"

	"github.com/citizens-portal/portal/backend/identity/sms"
	"github.com/citizens-portal/portal/backend/portal"
	"github.com/citizens-portal/portal/backend/store"
)

// Rules of the one-time password.
const (
	otpLife     = 5 * time.Minute
	otpTries    = 5
	resendAfter = 60 * time.Second
	resends     = 2
	// challengeKept keeps a challenge for a while after its last OTP ran out.
	challengeKept = 15 * time.Minute
)

// Challenge is to be answered with the OTP of the SMS.
type Challenge struct {
	ID        string
	ExpiresAt time.Time
	// ResendAfter is how long to wait before asking for another SMS.
	ResendAfter time.Duration
}

type challengeDoc struct {
	ID        string `json:"id"`
	Index     string `json:"index"` // of the number
	Device    string `json:"device"`
	DeviceKey string `json:"device_key"` // hash
	Sealed    string `json:"sealed"`     // pending
	// OTPs are those sent so far. Each works for its own five minutes: on a
	// slow network the first SMS may come after the second was asked for.
	OTPs   []otpDoc  `json:"otps"`
	Tries  int       `json:"tries"`
	SentAt time.Time `json:"sent_at"`
	// Session and Result are set once it was answered: the same device may have
	// the same answer again until it uses it, in case it was lost.
	Session string `json:"session,omitempty"`
	Result  string `json:"result,omitempty"` // sealed tokenPair
}

type otpDoc struct {
	Hash   string    `json:"hash"` // keyed
	EndsAt time.Time `json:"ends_at"`
}

// pending is what a challenge seals: whom it is for.
type pending struct {
	Mobile   string  `json:"mobile"`
	Language string  `json:"language,omitempty"`
	Person   *person `json:"person,omitempty"` // set when registering
}

// Register starts a sign-up. A number that has an account already is signed in
// by the same steps, so nobody learns from the answer whether it has one.
//
// Errors: portal.FieldErrors, *LimitError, ErrNoSMS.
func (s *Service) Register(ctx context.Context, in RegisterInput) (Challenge, error) {
	who, mobile, err := in.check(s.cfg.Directory(ctx))
	if err != nil {
		return Challenge{}, err
	}
	return s.challenge(ctx, mobile, in.Device, pending{Mobile: mobile.Reveal(), Language: in.Language, Person: &who})
}

// LoginInput asks for an OTP for a number.
type LoginInput struct {
	Mobile   string
	Language string
	Device   DeviceInput
}

// Login starts a sign-in. A number without an account gets the same answer and
// an SMS that says so to its owner only. Errors as for Register.
func (s *Service) Login(ctx context.Context, in LoginInput) (Challenge, error) {
	mobile, err := ParseMobile(in.Mobile)
	if err := portal.Collect(err, checkLanguage(in.Language), in.Device.check()); err != nil {
		return Challenge{}, err
	}
	return s.challenge(ctx, mobile, in.Device, pending{Mobile: mobile.Reveal(), Language: in.Language})
}

func (s *Service) challenge(ctx context.Context, mobile Mobile, device DeviceInput, who pending) (Challenge, error) {
	id, err := s.randomID()
	if err != nil {
		return Challenge{}, err
	}
	c := challengeDoc{ID: id, Index: s.numberIndex(mobile), Device: device.ID, DeviceKey: hashToken(device.Key)}
	if c.Sealed, err = s.cfg.Keys.Seal(sealChallenge, id, mustJSON(who)); err != nil {
		return Challenge{}, err
	}
	return s.sendOTP(ctx, func(ctx context.Context, tx store.Tx) (request, error) {
		if err := s.lockNumber(ctx, tx, c.Index); err != nil {
			return request{}, err
		}
		return s.unlessWaiting(ctx, tx, c, who)
	})
}

// request asks for an OTP for a challenge; with repeat set the challenge is
// given again and nothing is sent.
type request struct {
	challenge challengeDoc
	who       pending
	repeat    bool
}

// lockNumber makes everything about one number run one after the other, on all
// nodes.
func (s *Service) lockNumber(ctx context.Context, tx store.Tx, index string) error {
	return tx.Lock(ctx, "identity.number/"+index)
}

// unlessWaiting refuses a second challenge while the device still waits for the
// SMS of its first. The very same request gets the first challenge again, twice
// at most: the answer may have been lost on its way.
func (s *Service) unlessWaiting(ctx context.Context, tx store.Tx, c challengeDoc, who pending) (request, error) {
	open, err := list[challengeDoc](ctx, tx, kindChallenge, c.Index)
	if err != nil {
		return request{}, err
	}
	for _, o := range open {
		wait := o.SentAt.Add(resendAfter).Sub(s.now())
		if wait <= 0 || o.Session != "" || !sameHash(o.DeviceKey, c.DeviceKey) || o.Device != c.Device {
			continue
		}
		again, err := s.countRepeat(ctx, tx, c.Index)
		if err != nil {
			return request{}, err
		}
		before, err := s.pendingOf(o)
		if err != nil {
			return request{}, err
		}
		if !again || !bytes.Equal(mustJSON(before), mustJSON(who)) {
			return request{}, &LimitError{What: "SMS to this number", RetryAfter: wait}
		}
		return request{o, who, true}, nil
	}
	return request{c, who, false}, nil
}

// Resend sends another OTP for a challenge, at most twice and 60 seconds apart.
// Errors: *LimitError, ErrNoSMS, portal.FieldError on "challenge".
func (s *Service) Resend(ctx context.Context, challenge string, device DeviceInput) (Challenge, error) {
	return s.sendOTP(ctx, func(ctx context.Context, tx store.Tx) (request, error) {
		c, who, err := s.openChallenge(ctx, tx, challenge, device)
		if err != nil {
			return request{}, err
		}
		if err := s.lockNumber(ctx, tx, c.Index); err != nil {
			return request{}, err
		}
		if len(c.OTPs) > resends {
			return request{}, &LimitError{What: "SMS for this sign-in", RetryAfter: max(time.Second, c.OTPs[len(c.OTPs)-1].EndsAt.Sub(s.now()))}
		}
		if wait := c.SentAt.Add(resendAfter).Sub(s.now()); wait > 0 {
			return request{}, &LimitError{What: "SMS to this number", RetryAfter: wait}
		}
		return request{c, who, false}, nil
	})
}

// openChallenge reads a challenge that can still be answered by this device.
// One that is not there, is used up or belongs to another device is the same.
func (s *Service) openChallenge(ctx context.Context, tx store.Tx, id string, device DeviceInput) (challengeDoc, pending, error) {
	c, err := get[challengeDoc](ctx, tx, kindChallenge, id, s.now())
	if errors.Is(err, store.ErrNotFound) || err == nil && (!c.ours(device) || c.Session != "") {
		return c, pending{}, errChallenge()
	}
	if err != nil {
		return c, pending{}, err
	}
	who, err := s.pendingOf(c)
	return c, who, err
}

func (c challengeDoc) ours(device DeviceInput) bool {
	return sameHash(c.DeviceKey, hashToken(device.Key)) && c.Device == device.ID
}

func (s *Service) pendingOf(c challengeDoc) (pending, error) {
	raw, err := s.cfg.Keys.Open(sealChallenge, c.ID, c.Sealed)
	if err != nil {
		return pending{}, err
	}
	var who pending
	if err := json.Unmarshal(raw, &who); err != nil {
		return pending{}, fmt.Errorf("challenge %s: %w", c.ID, err)
	}
	return who, nil
}

// sendOTP adds an OTP to the challenge that prepare gives, within the limits,
// and sends it. The SMS is written in the same transaction and tried at once;
// known and unknown numbers take the same steps.
func (s *Service) sendOTP(ctx context.Context, prepare func(context.Context, store.Tx) (request, error)) (Challenge, error) {
	if !s.SMSReady() {
		return Challenge{}, ErrNoSMS
	}
	otp, err := s.newOTP()
	if err != nil {
		return Challenge{}, err
	}
	messageID, err := s.messageID()
	if err != nil {
		return Challenge{}, err
	}
	var out Challenge
	var m *sms.Message
	err = s.cfg.Store.Update(ctx, func(tx store.Tx) error {
		r, err := prepare(ctx, tx)
		if err != nil {
			return err
		}
		if m = nil; r.repeat {
			out = s.challengeFor(r.challenge)
			return nil
		}
		if err := s.spendSMS(ctx, tx, r.challenge.Index); err != nil {
			return err
		}
		out, m, err = s.addOTP(ctx, tx, r, otp, messageID)
		return err
	})
	if err != nil {
		return Challenge{}, err
	}
	if m != nil {
		s.cfg.SMS.Deliver(ctx, *m)
	}
	return out, nil
}

// addOTP stores the challenge with one more OTP, and its SMS.
func (s *Service) addOTP(ctx context.Context, tx store.Tx, r request, otp, messageID string) (Challenge, *sms.Message, error) {
	c := r.challenge
	a, known, err := accountByIndex(ctx, tx, c.Index)
	if err != nil {
		return Challenge{}, nil, err
	}
	c.SentAt = s.now()
	ends := c.SentAt.Add(otpLife)
	c.OTPs = append(c.OTPs, otpDoc{s.otpHash(c, otp), ends})
	if err := s.putChallenge(ctx, tx, c); err != nil {
		return Challenge{}, nil, err
	}
	lang := cmp.Or(r.who.Language, a.Language)
	m := &sms.Message{ID: messageID, To: r.who.Mobile, Text: otpText(lang, otp), NotAfter: ends}
	if !known && r.who.Person == nil {
		m.Text = unknownText(lang)
	}
	return s.challengeFor(c), m, s.cfg.SMS.EnqueueHeld(ctx, tx, *m)
}

func (s *Service) challengeFor(c challengeDoc) Challenge {
	return Challenge{c.ID, c.OTPs[len(c.OTPs)-1].EndsAt, max(0, c.SentAt.Add(resendAfter).Sub(s.now()))}
}

func (s *Service) newOTP() (string, error) {
	n, err := rand.Int(s.cfg.Rand, big.NewInt(1_000_000))
	if err != nil {
		return "", fmt.Errorf("random OTP: %w", err)
	}
	return fmt.Sprintf("%06d", n.Int64()), nil
}

// otpHash binds an OTP to its challenge and device.
func (s *Service) otpHash(c challengeDoc, otp string) string {
	return s.cfg.Keys.BlindIndex("otp", c.ID, c.Device, c.DeviceKey, otp)
}

func (s *Service) otpMatches(c challengeDoc, otp string) bool {
	hash, found := s.otpHash(c, otp), false
	for _, o := range c.OTPs {
		if sameHash(o.Hash, hash) && s.now().Before(o.EndsAt) {
			found = true
		}
	}
	return found
}

func errChallenge() error {
	return portal.Invalid("challenge", "otp_expired", "This code is no longer good. Ask for a new one.")
}

func errOTP(left int) error {
	if left <= 0 {
		return portal.Invalid("otp", "otp_tries", "That was not the code, and it was the last try. Ask for a new one.")
	}
	return portal.Invalid("otp", "otp_wrong", "That is not the code from the SMS. %d tries are left.", left)
}

// parseOTP takes the six digits in Latin, Urdu or Arabic.
func parseOTP(text string) (string, error) {
	digits, other := onlyDigits(text)
	if other || len(digits) != 6 {
		return "", portal.Invalid("otp", "otp_digits", "The code from the SMS has 6 digits.")
	}
	return digits, nil
}

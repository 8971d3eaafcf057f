package identity

import (
	"context"
	"errors"

	"github.com/citizens-portal/portal/backend/portal"
	"github.com/citizens-portal/portal/backend/store"
)

// VerifyInput answers a challenge.
type VerifyInput struct {
	Challenge string
	OTP       string
	Device    DeviceInput
}

// signedIn is what a sign-in leaves for the answer. refused, when set, is the
// answer instead; the transaction that counted the try commits all the same.
type signedIn struct {
	doc     sessionDoc
	pair    tokenPair
	refused error
}

// finish turns a sign-in's outcome into the answer.
func (s *Service) finish(ctx context.Context, out signedIn, err error) (Session, error) {
	if err == nil {
		err = out.refused
	}
	if err != nil {
		return Session{}, err
	}
	s.NotifyNow()
	s.cache.dropSubject(out.doc.Subject)
	return s.session(ctx, out.doc, out.pair)
}

// Verify answers a challenge with its OTP: it opens the account when there is
// none yet, and signs the device in. An OTP works once; the same device may
// repeat the same answer until it has used what it got, because the reply may
// have been lost.
//
// Errors: portal.FieldError on "otp" or "challenge".
func (s *Service) Verify(ctx context.Context, in VerifyInput) (Session, error) {
	otp, err := parseOTP(in.OTP)
	if err := portal.Collect(err, in.Device.check()); err != nil {
		return Session{}, err
	}
	var out signedIn
	err = s.cfg.Store.Update(ctx, func(tx store.Tx) error {
		var err error
		out, err = s.answer(ctx, tx, in, otp)
		return err
	})
	return s.finish(ctx, out, err)
}

func (s *Service) answer(ctx context.Context, tx store.Tx, in VerifyInput, otp string) (signedIn, error) {
	c, err := get[challengeDoc](ctx, tx, kindChallenge, in.Challenge, s.now())
	if errors.Is(err, store.ErrNotFound) || err == nil && !c.ours(in.Device) {
		return signedIn{refused: errChallenge()}, s.refuse(ctx, tx, "otp", "", "no such challenge for this device")
	}
	if err != nil {
		return signedIn{}, err
	}
	if c.Session != "" {
		return s.answerAgain(ctx, tx, c, otp)
	}
	if c.Tries >= otpTries || !s.now().Before(c.OTPs[len(c.OTPs)-1].EndsAt) {
		return signedIn{refused: errChallenge()}, s.refuse(ctx, tx, "otp", c.Index, "challenge used up")
	}
	c.Tries++
	if !s.otpMatches(c, otp) {
		return s.wrongOTP(ctx, tx, c)
	}
	return s.welcome(ctx, tx, c, in.Device)
}

func (s *Service) wrongOTP(ctx context.Context, tx store.Tx, c challengeDoc) (signedIn, error) {
	if err := s.putChallenge(ctx, tx, c); err != nil {
		return signedIn{}, err
	}
	return signedIn{refused: errOTP(otpTries - c.Tries)}, s.refuse(ctx, tx, "otp", c.Index, "wrong code")
}

func (s *Service) putChallenge(ctx context.Context, tx store.Tx, c challengeDoc) error {
	return put(ctx, tx, kindChallenge, c.ID, c.Index, c, c.OTPs[len(c.OTPs)-1].EndsAt.Add(challengeKept))
}

// refuse notes a refused sign-in. Of a number only the start of its index is
// kept: enough to see a run against one number, useless to find it.
func (s *Service) refuse(ctx context.Context, tx store.Tx, way, index, why string) error {
	subject := ""
	if index != "" {
		subject = "number " + index[:min(12, len(index))]
	}
	return s.audit(ctx, tx, "", "signin.refuse", subject, way+": "+why)
}

// welcome signs in the device whose OTP was right.
func (s *Service) welcome(ctx context.Context, tx store.Tx, c challengeDoc, device DeviceInput) (signedIn, error) {
	who, err := s.pendingOf(c)
	if err != nil {
		return signedIn{}, err
	}
	if err := s.lockNumber(ctx, tx, c.Index); err != nil {
		return signedIn{}, err
	}
	a, known, err := accountByIndex(ctx, tx, c.Index)
	if err == nil && known && a.Unproved && who.Person != nil {
		known, err = s.proveNumber(ctx, tx, &a, *who.Person)
	}
	if err != nil {
		return signedIn{}, err
	}
	recovery := ""
	switch {
	case !known && who.Person == nil:
		// A lucky guess for a number without an account: it was never sent.
		return s.wrongOTP(ctx, tx, c)
	case !known:
		if a, recovery, err = s.createAccount(ctx, tx, c.Index, who.Language, *who.Person); err != nil {
			return signedIn{}, err
		}
	}
	out, err := s.signIn(ctx, tx, a, device, !known, "otp")
	if err != nil || out.refused != nil {
		return out, err
	}
	out.pair.Recovery = recovery
	c.Session = out.doc.ID
	if c.Result, err = s.cfg.Keys.Seal(sealSuccessor, out.doc.ID, mustJSON(out.pair)); err != nil {
		return signedIn{}, err
	}
	c.Sealed = "" // the person has a record now, or had one
	return out, s.putChallenge(ctx, tx, c)
}

// answerAgain gives the answer that was lost, while nothing of it was used.
func (s *Service) answerAgain(ctx context.Context, tx store.Tx, c challengeDoc, otp string) (signedIn, error) {
	d, err := get[sessionDoc](ctx, tx, kindSession, c.Session, s.now())
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return signedIn{}, err
	}
	if c.Tries >= otpTries || err != nil || !d.alive(s.now()) || d.Previous != "" || !s.otpMatches(c, otp) {
		c.Tries++
		if err := s.putChallenge(ctx, tx, c); err != nil {
			return signedIn{}, err
		}
		return signedIn{refused: errChallenge()}, s.refuse(ctx, tx, "otp", c.Index, "challenge used already")
	}
	pair, err := s.openPair(d, c.Result)
	return signedIn{doc: d, pair: pair}, err
}

// signIn attaches the device and opens a session. trusted is set where more
// than the number was proved.
func (s *Service) signIn(ctx context.Context, tx store.Tx, a accountDoc, device DeviceInput, trusted bool, way string) (signedIn, error) {
	d, fresh, err := s.attachDevice(ctx, tx, a.ID, device, trusted)
	if errors.Is(err, portal.ErrInvalid) {
		return signedIn{refused: err}, nil
	}
	if err != nil {
		return signedIn{}, err
	}
	// The first device of a new account is the only one nobody has to hear of.
	if fresh && (!d.Approved || way == byPaper) {
		if err := s.Notify(ctx, tx, a.ID, newDeviceText()); err != nil {
			return signedIn{}, err
		}
	}
	actor := portal.Actor{Kind: portal.CitizenActor, Account: a.ID}
	doc, pair, err := s.newSession(ctx, tx, actor, device)
	if err != nil {
		return signedIn{}, err
	}
	return signedIn{doc: doc, pair: pair}, s.audit(ctx, tx, doc.Subject, "signin", device.ID, way)
}

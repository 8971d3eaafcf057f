package identity

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/citizens-portal/portal/backend/portal"
	"github.com/citizens-portal/portal/backend/store"
)

// Lifetimes of sessions.
const (
	accessLife  = 15 * time.Minute
	refreshLife = 60 * 24 * time.Hour // citizens; every refresh starts it anew
	officerIdle = 15 * time.Minute
	officerLife = 10 * time.Hour // in all, however busy
	// stepUpLife is how fresh a proof must be for reveal, export and closing.
	stepUpLife = 15 * time.Minute
	// spentKept is how many used-up refresh tokens a session recognises, to
	// tell a stolen one from a made-up one.
	spentKept = 32
)

// Token is a bearer token: two letters for its kind, the session's id and 256
// random bits. It masks itself wherever it is printed; Reveal gives it for the
// wire. The store holds its SHA-256 only.
type Token string

// Reveal gives the token as text.
func (t Token) Reveal() string { return string(t) }

// String masks the token.
func (t Token) String() string { return redacted }

// GoString masks the token.
func (t Token) GoString() string { return redacted }

// LogValue masks the token in structured logs.
func (t Token) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalJSON masks the token.
func (t Token) MarshalJSON() ([]byte, error) { return json.Marshal(redacted) }

// Kinds of token.
const (
	accessToken  = "pa"
	refreshToken = "pr"

	sessionIDLen = 16 // base64url of 12 bytes
	secretLen    = 43 // base64url of 32 bytes
)

// parseToken gives the session a token belongs to. It says nothing about
// whether the token is right.
func parseToken(kind, token string) (session string, ok bool) {
	if len(token) != len(kind)+sessionIDLen+secretLen || !strings.HasPrefix(token, kind) {
		return "", false
	}
	if _, err := base64.RawURLEncoding.DecodeString(token[len(kind)+sessionIDLen:]); err != nil {
		return "", false
	}
	session = token[len(kind) : len(kind)+sessionIDLen]
	_, err := base64.RawURLEncoding.DecodeString(session)
	return session, err == nil
}

// Session is what a device gets at sign-in and at every refresh.
type Session struct {
	Access           Token
	AccessExpiresAt  time.Time
	Refresh          Token
	RefreshExpiresAt time.Time
	Principal        Principal
	Profile          Profile
	// RecoveryCode is set once, at sign-up and after it was used: paper for
	// the day the phone is lost.
	RecoveryCode Token
}

// Principal is who a request comes from.
type Principal struct {
	Actor   portal.Actor
	Session string
	Device  string
	// AuthenticatedAt is the sign-in, StepUpAt the last extra proof (zero for
	// none).
	AuthenticatedAt time.Time
	StepUpAt        time.Time
	// DeviceAddedAt and OldCasesFrom hide a citizen's older complaints from a
	// new device: see HidesCase. OldCasesFrom is zero when nothing is hidden.
	DeviceAddedAt time.Time
	OldCasesFrom  time.Time
}

// Subject names the principal in feeds' manner, "c:ACCOUNT" or "o:OFFICER".
func (p Principal) Subject() string { return subjectOf(p.Actor) }

// HidesCase reports whether a complaint of the citizen's is not shown on this
// device yet: it is older than the device, which nobody has approved.
func (p Principal) HidesCase(lodgedAt, now time.Time) bool {
	return !p.OldCasesFrom.IsZero() && now.Before(p.OldCasesFrom) && lodgedAt.Before(p.DeviceAddedAt)
}

// Fresh is nil when the principal proved who they are in the last 15 minutes,
// which reveal, export and registering at the desk ask for; otherwise ErrStepUp.
func (p Principal) Fresh(now time.Time) error {
	latest := p.AuthenticatedAt
	if p.StepUpAt.After(latest) {
		latest = p.StepUpAt
	}
	if now.Sub(latest) > stepUpLife {
		return ErrStepUp
	}
	return nil
}

// Profile is who is signed in, for their own eyes.
type Profile struct {
	Name     string
	District portal.AreaID  // citizens
	Language string         // citizens
	Officer  portal.Officer // officers
}

type sessionDoc struct {
	ID        string           `json:"id"`
	Subject   string           `json:"subject"`
	Account   portal.AccountID `json:"account,omitempty"`
	Officer   portal.OfficerID `json:"officer,omitempty"`
	Device    string           `json:"device"`
	DeviceKey string           `json:"device_key"` // hash
	AuthAt    time.Time        `json:"auth_at"`
	StepUpAt  time.Time        `json:"step_up_at,omitzero"`
	SeenAt    time.Time        `json:"seen_at"`
	EndsAt    time.Time        `json:"ends_at"`
	RevokedAt time.Time        `json:"revoked_at,omitzero"`
	Reason    string           `json:"reason,omitempty"`
	Access    []accessHash     `json:"access"`              // newest last, at most two
	Refresh   string           `json:"refresh"`             // hash of the present one
	Previous  string           `json:"previous,omitempty"`  // hash of the one before
	Successor string           `json:"successor,omitempty"` // sealed tokenPair that Previous got
	Spent     []string         `json:"spent,omitempty"`     // hashes of those before, oldest first
}

type accessHash struct {
	Hash   string    `json:"hash"`
	EndsAt time.Time `json:"ends_at"`
}

// tokenPair is what is sealed, so that a lost answer can be given again.
type tokenPair struct {
	Access       string    `json:"access"`
	AccessEndsAt time.Time `json:"access_ends_at"`
	Refresh      string    `json:"refresh"`
	Recovery     string    `json:"recovery,omitempty"`
}

// alive says whether the session stands at a moment.
func (d sessionDoc) alive(now time.Time) bool {
	if !d.RevokedAt.IsZero() || !now.Before(d.EndsAt) {
		return false
	}
	return d.Officer == "" || now.Sub(d.SeenAt) <= officerIdle
}

func (s *Service) putSession(ctx context.Context, tx store.Tx, d sessionDoc) error {
	return put(ctx, tx, kindSession, d.ID, d.Subject, d, d.EndsAt)
}

// newSession signs an actor in on a device. Earlier sessions of the same device
// end: it has lost them.
func (s *Service) newSession(ctx context.Context, tx store.Tx, actor portal.Actor, device DeviceInput) (sessionDoc, tokenPair, error) {
	now := s.now()
	id, err := s.randomText(12)
	if err != nil {
		return sessionDoc{}, tokenPair{}, err
	}
	d := sessionDoc{ID: id, Subject: subjectOf(actor), Device: device.ID, DeviceKey: hashToken(device.Key), AuthAt: now, SeenAt: now}
	if actor.Kind == portal.OfficerActor {
		d.Officer, d.EndsAt = actor.Officer.ID, now.Add(officerLife)
	} else {
		d.Account, d.EndsAt = actor.Account, now.Add(refreshLife)
	}
	if err := s.endSessions(ctx, tx, d.Subject, device.ID, signedInAgain); err != nil {
		return sessionDoc{}, tokenPair{}, err
	}
	pair, err := s.issue(&d)
	if err != nil {
		return sessionDoc{}, tokenPair{}, err
	}
	return d, pair, s.putSession(ctx, tx, d)
}

// issue makes a new pair of tokens the session's present one.
func (s *Service) issue(d *sessionDoc) (tokenPair, error) {
	refresh, err := s.randomText(32)
	if err != nil {
		return tokenPair{}, err
	}
	pair := tokenPair{Refresh: refreshToken + d.ID + refresh}
	d.Refresh = hashToken(pair.Refresh)
	return pair, s.issueAccess(d, &pair)
}

// issueAccess adds an access token. The one before stays good until it runs
// out, for requests that are under way.
func (s *Service) issueAccess(d *sessionDoc, pair *tokenPair) error {
	access, err := s.randomText(32)
	if err != nil {
		return err
	}
	ends := s.now().Add(accessLife)
	if ends.After(d.EndsAt) {
		ends = d.EndsAt
	}
	pair.Access, pair.AccessEndsAt = accessToken+d.ID+access, ends
	d.Access = append(d.Access, accessHash{hashToken(pair.Access), ends})
	d.Access = d.Access[max(0, len(d.Access)-2):]
	return nil
}

// Refresh trades a refresh token for a new session. The same token from the
// same device gets the same successor until that one is used, because on a bad
// network the answer may have been lost. From another device, or used up, it
// ends the whole family. The error is ErrSignedOut, or ErrDeviceCopied.
func (s *Service) Refresh(ctx context.Context, token string, device DeviceInput) (Session, error) {
	id, ok := parseToken(refreshToken, token)
	if !ok {
		return Session{}, ErrSignedOut
	}
	var d sessionDoc
	var pair tokenPair
	var refused error
	err := s.cfg.Store.Update(ctx, func(tx store.Tx) error {
		pair, refused = tokenPair{}, nil
		var err error
		d, err = get[sessionDoc](ctx, tx, kindSession, id, s.now())
		if errors.Is(err, store.ErrNotFound) || err == nil && !d.alive(s.now()) {
			refused = d.refusal(device)
			return nil
		}
		if err != nil {
			return err
		}
		pair, refused, err = s.rotate(ctx, tx, &d, token, device)
		return err
	})
	if err == nil {
		err = refused
	}
	if err != nil {
		s.cache.drop(id)
		return Session{}, err
	}
	return s.session(ctx, d, pair)
}

// signedInAgain ends a session whose device opened another. The device has
// dropped its tokens then; if they come back, a copy of it has them.
const signedInAgain = "signed in again"

// refusal is why a session that has ended is not refreshed.
func (d sessionDoc) refusal(device DeviceInput) error {
	if d.Reason == signedInAgain && d.isOf(device) {
		return ErrDeviceCopied
	}
	return ErrSignedOut
}

func (d sessionDoc) isOf(device DeviceInput) bool {
	return d.Device == device.ID && sameHash(d.DeviceKey, hashToken(device.Key))
}

func (s *Service) rotate(ctx context.Context, tx store.Tx, d *sessionDoc, token string, device DeviceInput) (pair tokenPair, refused, err error) {
	hash := hashToken(token)
	ours := d.isOf(device)
	switch {
	case sameHash(d.Refresh, hash) && ours:
		pair, err = s.advance(d, hash)
	case sameHash(d.Previous, hash) && ours:
		pair, err = s.repeat(d)
	case sameHash(d.Refresh, hash), sameHash(d.Previous, hash), slices.Contains(d.Spent, hash):
		return tokenPair{}, ErrSignedOut, s.endSession(ctx, tx, *d, "refresh token reused")
	default:
		return tokenPair{}, ErrSignedOut, nil
	}
	if err != nil {
		return tokenPair{}, nil, err
	}
	if d.Officer == "" {
		d.SeenAt = s.now() // a refresh happens by itself: no officer's activity
	}
	return pair, nil, s.putSession(ctx, tx, *d)
}

// advance uses the present refresh token up.
func (s *Service) advance(d *sessionDoc, hash string) (tokenPair, error) {
	if d.Previous != "" {
		d.Spent = append(d.Spent, d.Previous)
		d.Spent = d.Spent[max(0, len(d.Spent)-spentKept):]
	}
	d.Previous = hash
	if d.Officer == "" {
		d.EndsAt = s.now().Add(refreshLife)
	}
	pair, err := s.issue(d)
	if err != nil {
		return tokenPair{}, err
	}
	return pair, s.sealPair(d, pair)
}

// repeat gives the lost answer again, with a fresh access token when the one in
// it has run out meanwhile.
func (s *Service) repeat(d *sessionDoc) (tokenPair, error) {
	pair, err := s.openPair(*d, d.Successor)
	if err != nil || s.now().Before(pair.AccessEndsAt) {
		return pair, err
	}
	if err := s.issueAccess(d, &pair); err != nil {
		return tokenPair{}, err
	}
	return pair, s.sealPair(d, pair)
}

func (s *Service) sealPair(d *sessionDoc, pair tokenPair) (err error) {
	d.Successor, err = s.cfg.Keys.Seal(sealSuccessor, d.ID, mustJSON(pair))
	return err
}

func (s *Service) openPair(d sessionDoc, sealed string) (tokenPair, error) {
	raw, err := s.cfg.Keys.Open(sealSuccessor, d.ID, sealed)
	if err != nil {
		return tokenPair{}, err
	}
	var pair tokenPair
	if err := json.Unmarshal(raw, &pair); err != nil {
		return tokenPair{}, fmt.Errorf("session %s: %w", d.ID, err)
	}
	return pair, nil
}

// session builds the answer for a device.
func (s *Service) session(ctx context.Context, d sessionDoc, pair tokenPair) (Session, error) {
	s.cache.drop(d.ID)
	out := Session{
		Access: Token(pair.Access), AccessExpiresAt: pair.AccessEndsAt,
		Refresh: Token(pair.Refresh), RefreshExpiresAt: d.EndsAt, RecoveryCode: Token(pair.Recovery),
	}
	var err error
	if out.Principal, err = s.principal(ctx, d); err != nil {
		return Session{}, err
	}
	out.Profile, err = s.Profile(ctx, out.Principal)
	return out, err
}

// Logout ends the session. The device stays one of the citizen's devices.
func (s *Service) Logout(ctx context.Context, p Principal) error {
	defer s.cache.drop(p.Session)
	return s.cfg.Store.Update(ctx, func(tx store.Tx) error {
		d, err := get[sessionDoc](ctx, tx, kindSession, p.Session, s.now())
		if errors.Is(err, store.ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		return s.endSession(ctx, tx, d, "signed out")
	})
}

func (s *Service) endSession(ctx context.Context, tx store.Tx, d sessionDoc, reason string) error {
	if !d.RevokedAt.IsZero() {
		return nil
	}
	d.RevokedAt, d.Reason, d.Access, d.Successor = s.now(), reason, nil, ""
	if err := s.putSession(ctx, tx, d); err != nil {
		return err
	}
	return s.audit(ctx, tx, d.Subject, "session.end", d.ID, reason)
}

// endSessions ends a subject's sessions: those of one device, or ("") all.
func (s *Service) endSessions(ctx context.Context, tx store.Tx, subject, device, reason string) error {
	docs, err := list[sessionDoc](ctx, tx, kindSession, subject)
	if err != nil {
		return err
	}
	for _, d := range docs {
		if device != "" && d.Device != device {
			continue
		}
		if err := s.endSession(ctx, tx, d, reason); err != nil {
			return err
		}
	}
	return nil
}

package identity

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/citizens-portal/portal/backend/identity/sms"
	"github.com/citizens-portal/portal/backend/keys"
	"github.com/citizens-portal/portal/backend/portal"
	"github.com/citizens-portal/portal/backend/store"
)

// Config is what the service needs.
type Config struct {
	Store store.Store
	Keys  *keys.Ring
	// SMS, when nil or without a gateway, makes everything that needs an SMS
	// answer ErrNoSMS.
	SMS *sms.Queue
	// Directory gives the present snapshot of places and officers.
	Directory func(ctx context.Context) *portal.Directory
	Now       func() time.Time
	Rand      io.Reader // crypto/rand when nil
	Limits    Limits    // zero fields take their defaults
}

// Limits are the numbers a deployment may change. The defaults are the
// portal's own rules.
type Limits struct {
	// SMSPerHour and SMSPerDay bound the OTPs sent to one number: 3 and 6.
	SMSPerHour, SMSPerDay int
	// SMSPerHourInAll is the spending breaker over all numbers: 3,000.
	SMSPerHourInAll int
	// CachedSessions bounds the memory for sessions: 20,000.
	CachedSessions int
}

func (l Limits) withDefaults() Limits {
	for _, d := range []struct {
		field *int
		value int
	}{{&l.SMSPerHour, 3}, {&l.SMSPerDay, 6}, {&l.SMSPerHourInAll, 3000}, {&l.CachedSessions, 20000}} {
		if *d.field <= 0 {
			*d.field = d.value
		}
	}
	return l
}

// Service is identity's one entrance. It is safe for concurrent use; any number
// may run over one store.
type Service struct {
	cfg    Config
	hasher hasher
	cache  *sessionCache
}

// New makes a service.
func New(cfg Config) *Service {
	if cfg.Rand == nil {
		cfg.Rand = rand.Reader
	}
	cfg.Limits = cfg.Limits.withDefaults()
	return &Service{cfg: cfg, hasher: newHasher(cfg.Keys), cache: newSessionCache(cfg.Limits.CachedSessions)}
}

// SMSReady reports whether people can register and sign in by OTP; /readyz
// tells it.
func (s *Service) SMSReady() bool { return s.cfg.SMS.Ready() }

// CheckKeys makes sure that the store was written with these keys, and marks a
// new store with them. Call it before serving: with other keys nobody could
// sign in and every sealed record would be lost.
func CheckKeys(ctx context.Context, s store.Store, ring *keys.Ring) error {
	return s.Update(ctx, func(tx store.Tx) error {
		if err := tx.Lock(ctx, kindKeys); err != nil {
			return err
		}
		r, err := tx.Record(ctx, kindKeys, "fingerprint")
		if errors.Is(err, store.ErrNotFound) {
			return tx.PutRecord(ctx, store.Record{Kind: kindKeys, ID: "fingerprint", Doc: mustJSON(ring.Fingerprint())})
		}
		if err != nil {
			return err
		}
		var known string
		if err := json.Unmarshal(r.Doc, &known); err != nil {
			return fmt.Errorf("key fingerprint: %w", err)
		}
		if known != ring.Fingerprint() {
			return ErrKeys
		}
		return nil
	})
}

// Kinds of record in the store.
const (
	kindKeys       = "identity.keys"
	kindAccount    = "identity.account"    // by: index of the number
	kindPerson     = "identity.person"     // by: index of the CNIC; sealed
	kindDevice     = "identity.device"     // by: account
	kindChallenge  = "identity.challenge"  // by: index of the number
	kindSession    = "identity.session"    // by: subject
	kindCredential = "identity.credential" // officers; id: officer
	kindInvite     = "identity.invite"     // id: hash of the token; by: officer
	kindThrottle   = "identity.throttle"   // failed tries
	kindQuota      = "identity.quota"      // SMS sent
)

// Purposes of sealed values.
const (
	sealPerson    keys.Purpose = "person"
	sealChallenge keys.Purpose = "challenge"
	sealSuccessor keys.Purpose = "successor"
	sealTOTP      keys.Purpose = "totp"
)

// get reads one document. The error is store.ErrNotFound when there is none, or
// when it has expired.
func get[T any](ctx context.Context, tx store.Tx, kind, id string, now time.Time) (T, error) {
	var v T
	r, err := tx.Record(ctx, kind, id)
	if err != nil {
		return v, err
	}
	if !r.ExpiresAt.IsZero() && !now.Before(r.ExpiresAt) {
		return v, store.ErrNotFound
	}
	if err := json.Unmarshal(r.Doc, &v); err != nil {
		return v, fmt.Errorf("%s %s: %w", kind, id, err)
	}
	return v, nil
}

// list reads a kind's documents with one second key.
func list[T any](ctx context.Context, tx store.Tx, kind, by string) ([]T, error) {
	records, err := tx.Records(ctx, kind, by)
	if err != nil {
		return nil, err
	}
	out := make([]T, len(records))
	for i, r := range records {
		if err := json.Unmarshal(r.Doc, &out[i]); err != nil {
			return nil, fmt.Errorf("%s %s: %w", kind, r.ID, err)
		}
	}
	return out, nil
}

func put(ctx context.Context, tx store.Tx, kind, id, by string, v any, expires time.Time) error {
	return tx.PutRecord(ctx, store.Record{Kind: kind, ID: id, By: by, Doc: mustJSON(v), ExpiresAt: expires})
}

// mustJSON marshals this package's own documents, which cannot fail.
func mustJSON(v any) []byte {
	raw, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("identity: a document of its own cannot be marshalled: %v", err))
	}
	return raw
}

// audit notes what happened, by ids only: never a name, number or address.
func (s *Service) audit(ctx context.Context, tx store.Tx, actor, action, subject, detail string) error {
	return tx.Audit(ctx, store.AuditEntry{At: s.now(), Actor: actor, Action: action, Subject: subject, Detail: detail})
}

// now is the server's clock at the portal's one precision.
func (s *Service) now() time.Time { return s.cfg.Now().UTC().Truncate(time.Millisecond) }

func (s *Service) random(n int) ([]byte, error) {
	b := make([]byte, n)
	if _, err := io.ReadFull(s.cfg.Rand, b); err != nil {
		return nil, fmt.Errorf("random bytes: %w", err)
	}
	return b, nil
}

func (s *Service) randomID() (string, error) {
	b, err := s.random(16)
	return hex.EncodeToString(b), err
}

func (s *Service) randomText(n int) (string, error) {
	b, err := s.random(n)
	return base64.RawURLEncoding.EncodeToString(b), err
}

// hashToken is how tokens and device keys lie at rest. They are 256 random
// bits, so a fast hash is enough.
func hashToken(t string) string {
	sum := sha256.Sum256([]byte(t))
	return hex.EncodeToString(sum[:])
}

// subjectOf names who acts in session records and the audit log, "c:…" or
// "o:…".
func subjectOf(a portal.Actor) string {
	if a.Kind == portal.OfficerActor {
		return "o:" + string(a.Officer.ID)
	}
	return "c:" + string(a.Account)
}

package identity

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/citizens-portal/portal/backend/store"
)

// throttle is a rule for failed tries of one secret: a handful are free, then
// each costs a wait that doubles up to a cap. Nobody is locked out for good,
// because then anybody could lock out anybody.
type throttle struct {
	name  string // part of the record's id
	what  string // for the LimitError
	free  int
	first time.Duration
	cap   time.Duration
	keep  time.Duration // failures are forgotten after this
}

// The throttles. PINs and recovery codes wait longer: they are typed rarely,
// and a PIN has few values.
func officerThrottle() throttle {
	return throttle{"officer", "sign-in with this name", 5, 30 * time.Second, 15 * time.Minute, 24 * time.Hour}
}

func pinThrottle() throttle {
	return throttle{"pin", "PIN of this account", 5, 5 * time.Minute, 12 * time.Hour, 7 * 24 * time.Hour}
}

func recoveryThrottle() throttle {
	return throttle{"recovery", "recovery code for this number", 5, 5 * time.Minute, 12 * time.Hour, 7 * 24 * time.Hour}
}

type throttleDoc struct {
	Failures     int       `json:"failures"`
	BlockedUntil time.Time `json:"blocked_until,omitzero"`
}

// tryOnce counts a try as failed before it is made, so that a hundred at once
// are a hundred; a right one is forgiven afterwards. The error is a LimitError.
func (s *Service) tryOnce(ctx context.Context, tx store.Tx, t throttle, key string) error {
	id, now := t.name+"/"+key, s.now()
	if err := tx.Lock(ctx, kindThrottle+"/"+id); err != nil {
		return err
	}
	d, err := get[throttleDoc](ctx, tx, kindThrottle, id, now)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	if wait := d.BlockedUntil.Sub(now); wait > 0 {
		return &LimitError{What: t.what, RetryAfter: wait}
	}
	d.Failures++
	if over := d.Failures - t.free; over >= 0 {
		d.BlockedUntil = now.Add(min(t.first<<min(over, 16), t.cap))
	}
	return put(ctx, tx, kindThrottle, id, "", d, now.Add(t.keep))
}

func (s *Service) forgive(ctx context.Context, tx store.Tx, t throttle, key string) error {
	return tx.DeleteRecord(ctx, kindThrottle, t.name+"/"+key)
}

// maxRepeats is how often a challenge is given again without an SMS.
const maxRepeats = 2

// quotaDoc holds the times at which SMS went to one number in the last day, and
// how often the answer was repeated since the last of them.
type quotaDoc struct {
	Sent    []time.Time `json:"sent"`
	Repeats int         `json:"repeats,omitempty"`
}

// countRepeat reports whether one more repeat is allowed, and counts it. The
// caller holds the number's lock.
func (s *Service) countRepeat(ctx context.Context, tx store.Tx, index string) (bool, error) {
	q, err := get[quotaDoc](ctx, tx, kindQuota, index, s.now())
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return false, err
	}
	q.Repeats++
	return q.Repeats <= maxRepeats, put(ctx, tx, kindQuota, index, "", q, s.now().Add(24*time.Hour))
}

// spendSMS counts one SMS to a number and one in all, or refuses with a
// LimitError. The caller holds the number's lock.
func (s *Service) spendSMS(ctx context.Context, tx store.Tx, index string) error {
	now := s.now()
	q, err := get[quotaDoc](ctx, tx, kindQuota, index, now)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	q.Sent = slices.DeleteFunc(q.Sent, func(t time.Time) bool { return !now.Before(t.Add(24 * time.Hour)) })
	wait := max(until(q.Sent, s.cfg.Limits.SMSPerHour, time.Hour, now), until(q.Sent, s.cfg.Limits.SMSPerDay, 24*time.Hour, now))
	if wait > 0 {
		return &LimitError{What: "SMS to this number", RetryAfter: wait}
	}
	q.Sent, q.Repeats = append(q.Sent, now), 0
	if err := put(ctx, tx, kindQuota, index, "", q, now.Add(24*time.Hour)); err != nil {
		return err
	}
	return s.spendBudget(ctx, tx, now)
}

// until says how long to wait before one more is within limit per window.
func until(sent []time.Time, limit int, window time.Duration, now time.Time) time.Duration {
	if len(sent) < limit {
		return 0
	}
	return max(0, sent[len(sent)-limit].Add(window).Sub(now))
}

type budgetDoc struct {
	Sent int `json:"sent"`
}

// spendBudget is the breaker: a flood of made-up numbers must not empty the
// portal's purse. It is one row per hour, taken last so that it is held
// shortly; SMS are slow and rare enough for that.
func (s *Service) spendBudget(ctx context.Context, tx store.Tx, now time.Time) error {
	hour := now.Truncate(time.Hour)
	id := "all/" + hour.Format("2006-01-02T15")
	if err := tx.Lock(ctx, kindQuota+"/all"); err != nil {
		return err
	}
	b, err := get[budgetDoc](ctx, tx, kindQuota, id, now)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	if b.Sent >= s.cfg.Limits.SMSPerHourInAll {
		return &LimitError{What: "SMS in all", RetryAfter: hour.Add(time.Hour).Sub(now)}
	}
	if b.Sent++; b.Sent == s.cfg.Limits.SMSPerHourInAll {
		if err := s.audit(ctx, tx, "", "sms.breaker", id, "no more OTP this hour"); err != nil {
			return err
		}
	}
	return put(ctx, tx, kindQuota, id, "", b, hour.Add(2*time.Hour))
}

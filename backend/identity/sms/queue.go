package sms

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/citizens-portal/portal/backend/keys"
	"github.com/citizens-portal/portal/backend/store"
)

// Kind is the kind of the queue's records in the store; their second key is
// the state, waiting or dead.
const Kind = "sms"

const (
	waiting = "waiting"
	dead    = "dead"
)

const (
	// lease is how long a node keeps a message to itself while it sends; longer
	// than any gateway's timeout.
	lease = 60 * time.Second
	// patience is how long a caller of Deliver waits for the operator.
	patience    = 3 * time.Second
	batch       = 10 // sent side by side, so that all are done within the lease
	maxAttempts = 8
	firstWait   = 5 * time.Second
	longestWait = 15 * time.Minute
	keepDead    = 30 * 24 * time.Hour
	tick        = 5 * time.Second
)

const purpose keys.Purpose = "sms"

// QueueConfig is what a queue needs.
type QueueConfig struct {
	Store store.Store
	Keys  *keys.Ring
	// Gateway, when nil, means there is no way to send: Ready is false and
	// enqueued messages wait.
	Gateway Gateway
	Now     func() time.Time
	Log     *slog.Logger // nothing when nil
}

// Queue is the durable queue. Any number of nodes may run one over the same
// store. It is safe for concurrent use.
type Queue struct {
	cfg  QueueConfig
	kick chan struct{}
	wg   sync.WaitGroup
}

// NewQueue makes a queue. Call Run to have it work.
func NewQueue(cfg QueueConfig) *Queue {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	return &Queue{cfg: cfg, kick: make(chan struct{}, 1)}
}

// entry is a message as it lies in the store.
type entry struct {
	Sealed   string    `json:"sealed"` // Message
	Attempts int       `json:"attempts"`
	NotAfter time.Time `json:"not_after,omitzero"`
	// NextAt is when it is due; while a node sends, the end of its lease.
	NextAt time.Time `json:"next_at"`
	Reason string    `json:"reason,omitempty"` // why it is dead
}

// Ready reports whether there is a way to send at all.
func (q *Queue) Ready() bool { return q != nil && q.cfg.Gateway != nil }

// Enqueue adds a message in the caller's transaction; it goes out some seconds
// after the commit. m.ID must be new.
func (q *Queue) Enqueue(ctx context.Context, tx store.Tx, m Message) error {
	return q.put(ctx, tx, m, q.cfg.Now())
}

// EnqueueHeld adds a message that the caller sends itself with Deliver after
// the commit. If it never does, the queue sends it when the lease ends.
func (q *Queue) EnqueueHeld(ctx context.Context, tx store.Tx, m Message) error {
	return q.put(ctx, tx, m, q.cfg.Now().Add(lease))
}

func (q *Queue) put(ctx context.Context, tx store.Tx, m Message, next time.Time) error {
	if m.ID == "" || m.To == "" || m.Text == "" {
		return errors.New("an SMS needs an id, a number and a text")
	}
	raw, err := json.Marshal(m)
	if err != nil {
		return fmt.Errorf("enqueue SMS: %w", err)
	}
	sealed, err := q.cfg.Keys.Seal(purpose, m.ID, raw)
	if err != nil {
		return fmt.Errorf("enqueue SMS: %w", err)
	}
	return putEntry(ctx, tx, m.ID, waiting, entry{Sealed: sealed, NotAfter: m.NotAfter, NextAt: next}, time.Time{})
}

func putEntry(ctx context.Context, tx store.Tx, id, state string, e entry, expires time.Time) error {
	doc, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("SMS %s: %w", id, err)
	}
	return tx.PutRecord(ctx, store.Record{Kind: Kind, ID: id, By: state, Doc: doc, ExpiresAt: expires})
}

// Kick wakes the worker, after a commit that enqueued something.
func (q *Queue) Kick() {
	select {
	case q.kick <- struct{}{}:
	default:
	}
}

// Deliver sends a held message at once and waits a few seconds for the
// operator. It gives no error: whatever happens, the message is in the queue
// and the caller's answer must not depend on it.
func (q *Queue) Deliver(ctx context.Context, m Message) {
	if !q.Ready() {
		return
	}
	done := make(chan struct{})
	q.wg.Go(func() {
		defer close(done)
		// The message goes out even if its caller hangs up.
		work, cancel := context.WithTimeout(context.WithoutCancel(ctx), lease/2)
		defer cancel()
		if err := q.settle(work, m, 1, q.send(work, m)); err != nil {
			q.cfg.Log.WarnContext(work, "note SMS as sent", "id", m.ID, "error", err)
		}
	})
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case <-done:
	case <-ctx.Done():
	case <-timer.C:
	}
}

// Run sends what is due until ctx ends, then waits for what is on its way.
func (q *Queue) Run(ctx context.Context) {
	defer q.wg.Wait()
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	for {
		if err := q.Drain(ctx); err != nil && ctx.Err() == nil {
			q.cfg.Log.ErrorContext(ctx, "SMS queue", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		case <-q.kick:
		}
	}
}

// Drain sends everything that is due now.
func (q *Queue) Drain(ctx context.Context) error {
	for q.Ready() {
		claimed, err := q.claim(ctx)
		if err != nil || len(claimed) == 0 {
			return err
		}
		if err := q.sendAll(ctx, claimed); err != nil {
			return err
		}
	}
	return nil
}

func (q *Queue) sendAll(ctx context.Context, claimed []claim) error {
	errs := make([]error, len(claimed))
	var wg sync.WaitGroup
	for i, c := range claimed {
		wg.Go(func() { errs[i] = q.settle(ctx, c.message, c.attempts, q.send(ctx, c.message)) })
	}
	wg.Wait()
	return errors.Join(errs...)
}

type claim struct {
	message  Message
	attempts int
}

// claim leases a batch of due messages to this node.
func (q *Queue) claim(ctx context.Context) ([]claim, error) {
	idle := true
	err := q.cfg.Store.View(ctx, func(tx store.Tx) error {
		due, err := q.due(ctx, tx)
		idle = len(due) == 0
		return err
	})
	if err != nil || idle {
		return nil, err // an idle queue writes nothing
	}
	var out []claim
	err = q.cfg.Store.Update(ctx, func(tx store.Tx) error {
		out = nil
		if err := tx.Lock(ctx, "sms/claim"); err != nil {
			return err
		}
		due, err := q.due(ctx, tx)
		for _, d := range due {
			if err != nil {
				break
			}
			var c *claim
			if c, err = q.lease(ctx, tx, d); c != nil {
				out = append(out, *c)
			}
		}
		return err
	})
	return out, err
}

type dueEntry struct {
	id string
	entry
}

func (q *Queue) due(ctx context.Context, tx store.Tx) ([]dueEntry, error) {
	records, err := tx.Records(ctx, Kind, waiting)
	if err != nil {
		return nil, err
	}
	var out []dueEntry
	for _, r := range records {
		var e entry
		if err := json.Unmarshal(r.Doc, &e); err != nil {
			return nil, fmt.Errorf("SMS %s: %w", r.ID, err)
		}
		if !e.NextAt.After(q.cfg.Now()) && len(out) < batch {
			out = append(out, dueEntry{r.ID, e})
		}
	}
	return out, nil
}

// lease takes one message, or buries it when it is of no use any more.
func (q *Queue) lease(ctx context.Context, tx store.Tx, d dueEntry) (*claim, error) {
	now := q.cfg.Now()
	raw, err := q.cfg.Keys.Open(purpose, d.id, d.Sealed)
	if err != nil {
		return nil, q.bury(ctx, tx, d.id, d.entry, "cannot be opened")
	}
	if !d.NotAfter.IsZero() && now.After(d.NotAfter) {
		return nil, q.bury(ctx, tx, d.id, d.entry, "too late")
	}
	var m Message
	if err := json.Unmarshal(raw, &m); err != nil {
		return nil, fmt.Errorf("SMS %s: %w", d.id, err)
	}
	d.Attempts++
	d.NextAt = now.Add(lease)
	if err := putEntry(ctx, tx, d.id, waiting, d.entry, time.Time{}); err != nil {
		return nil, err
	}
	return &claim{m, d.Attempts}, nil
}

// bury keeps that and why a message was not sent, without its text.
func (q *Queue) bury(ctx context.Context, tx store.Tx, id string, e entry, reason string) error {
	q.cfg.Log.WarnContext(ctx, "SMS given up", "id", id, "reason", reason, "attempts", e.Attempts)
	e.Sealed, e.Reason = "", reason
	return putEntry(ctx, tx, id, dead, e, q.cfg.Now().Add(keepDead))
}

func (q *Queue) send(ctx context.Context, m Message) error {
	if !m.NotAfter.IsZero() && q.cfg.Now().After(m.NotAfter) {
		return fmt.Errorf("too late: %w", ErrRefused)
	}
	ctx, cancel := context.WithTimeout(ctx, maxTimeout)
	defer cancel()
	return q.cfg.Gateway.Send(ctx, m)
}

// settle notes what became of a try: sent and deleted, due again, or dead. The
// outcome is noted even when the worker is being stopped.
func (q *Queue) settle(ctx context.Context, m Message, attempts int, sent error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lease/4)
	defer cancel()
	return q.cfg.Store.Update(ctx, func(tx store.Tx) error {
		if sent == nil {
			return tx.DeleteRecord(ctx, Kind, m.ID)
		}
		r, err := tx.Record(ctx, Kind, m.ID)
		if errors.Is(err, store.ErrNotFound) {
			return nil // another node's lease ran out and it was quicker
		}
		if err != nil {
			return err
		}
		var e entry
		if err := json.Unmarshal(r.Doc, &e); err != nil {
			return fmt.Errorf("SMS %s: %w", m.ID, err)
		}
		e.Attempts = max(attempts, e.Attempts)
		switch {
		case errors.Is(sent, ErrRefused):
			return q.bury(ctx, tx, m.ID, e, "refused")
		case e.Attempts >= maxAttempts:
			return q.bury(ctx, tx, m.ID, e, "too many tries")
		}
		q.cfg.Log.WarnContext(ctx, "SMS not sent yet", "id", m.ID, "attempts", e.Attempts, "error", sent)
		e.NextAt = q.cfg.Now().Add(backoff(e.Attempts))
		return putEntry(ctx, tx, m.ID, waiting, e, time.Time{})
	})
}

// backoff triples the wait from try to try.
func backoff(attempts int) time.Duration {
	wait := firstWait
	for range attempts - 1 {
		wait = min(3*wait, longestWait)
	}
	return wait
}

// Depth counts the messages waiting and dead, for the metrics.
func (q *Queue) Depth(ctx context.Context) (waits, deads int, err error) {
	err = q.cfg.Store.View(ctx, func(tx store.Tx) error {
		w, err := tx.Records(ctx, Kind, waiting)
		if err != nil {
			return err
		}
		d, err := tx.Records(ctx, Kind, dead)
		waits, deads = len(w), len(d)
		return err
	})
	return waits, deads, err
}

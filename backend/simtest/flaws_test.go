package simtest

import (
	"context"
	"errors"
	"strings"

	"github.com/google/uuid"

	"github.com/citizens-portal/portal/backend/portal"
	"github.com/citizens-portal/portal/backend/store"
)

// bug names a planted mistake: one of the client's (package sdk keeps them) or
// one of the server's below.
type bug string

// Mistakes of a server.
const (
	bugNoMemory      bug = "no idempotency on the server"
	bugSecondCase    bug = "duplicate complaint id accepted"
	bugCopyUnnoticed bug = "copied phone not noticed"
	bugAckEarly      bug = "answered before the commit"
	bugNaiveSequence bug = "naive sequence"
)

// bugs lists all mistakes, as the client's and the server's switches name them.
func bugs() []bug {
	return []bug{
		bugNoMemory, bugSecondCase, bugCopyUnnoticed, bugAckEarly, bugNaiveSequence,
		"operation dequeued before its answer", "cursor saved before the entries", "stale answer applied", "poison blocks other lanes",
		"order of a lane broken", "forget ignored", "epoch ignored", "receipt not offered again", "overlay dropped early",
		"refreshed session not saved", "snapshot resets the outbox", "pull overwrites drafts", "new id on a retry",
		"sent operation taken back", "accounts share one file", "journal not read after damage",
	}
}

// client is the mistake to plant in the phones.
func (b bug) client() string {
	if b == bugNaiveSequence {
		return "gaps unnoticed" // it takes both: such a feed, and a reader that trusts it
	}
	return string(b)
}

// poison, in a text, makes the server fail on what carries it.
const poison = "POISON"

// poisoned fails as a store does, or as a programming mistake does.
func poisoned(id string) error {
	if id[len(id)-1]%2 == 0 {
		panic(errPoison)
	}
	return errPoison
}

var errPoison = errors.New("the simulation wants this to fail")

// flawed is the store with a mistake in it, and poison.
type flawed struct {
	store.Store
	w *world
}

func (f *flawed) Update(ctx context.Context, fn func(store.Tx) error) error {
	err := f.Store.Update(ctx, func(tx store.Tx) error {
		mine := &flawedTx{Tx: tx, w: f.w, write: true}
		err := fn(mine)
		if err == nil && mine.changed && f.w.bug == bugAckEarly && f.w.chance(60) {
			err = errNotYet
		}
		return err
	})
	if errors.Is(err, errNotYet) {
		return nil
	}
	return err
}

var errNotYet = errors.New("the power went off before the commit")

func (f *flawed) View(ctx context.Context, fn func(store.Tx) error) error {
	return f.Store.View(ctx, func(tx store.Tx) error { return fn(&flawedTx{Tx: tx, w: f.w}) })
}

type flawedTx struct {
	store.Tx
	w       *world
	write   bool
	changed bool // a case
}

func (t *flawedTx) CreateCase(ctx context.Context, c portal.Case, timers store.Timers, body []byte, first portal.Event) error {
	if strings.Contains(string(body), poison) {
		return poisoned(c.ID)
	}
	t.changed = true
	if t.w.bug == bugSecondCase {
		if _, err := t.Tx.Case(ctx, store.ScopeOf(portal.Actor{Kind: portal.SystemActor}), c.ID); err == nil {
			c.ID = secondID(c.ID)
		}
	}
	return t.Tx.CreateCase(ctx, c, timers, body, first)
}

func (t *flawedTx) PutCase(ctx context.Context, c portal.Case, timers store.Timers, events []portal.Event) error {
	for _, e := range events {
		if strings.Contains(e.Text, poison) {
			return poisoned(c.ID)
		}
	}
	t.changed = t.changed || len(events) > 0
	return t.Tx.PutCase(ctx, c, timers, events)
}

func (t *flawedTx) Operation(ctx context.Context, op, device string, n int64) (store.Operation, error) {
	switch t.w.bug {
	case bugNoMemory, bugSecondCase:
		return store.Operation{}, store.ErrNotFound
	case bugCopyUnnoticed:
		o, err := t.Tx.Operation(ctx, op, device, n)
		if err == nil && o.Op != op {
			o.Op, o.Hash = op, t.w.hashOf(op)
		}
		return o, err
	}
	return t.Tx.Operation(ctx, op, device, n)
}

func (t *flawedTx) Remember(ctx context.Context, o store.Operation) error {
	if t.w.bug == bugNoMemory || t.w.bug == bugSecondCase {
		return nil
	}
	return t.Tx.Remember(ctx, o)
}

// Case hides, with bugSecondCase, that a complaint's id is taken; its second
// filing then gets an id of the server's.
func (t *flawedTx) Case(ctx context.Context, s store.Scope, id string) (portal.Case, error) {
	if t.w.bug == bugSecondCase && s.All() && t.write {
		return portal.Case{}, store.ErrNotFound
	}
	return t.Tx.Case(ctx, s, id)
}

// FeedEntries, with bugNaiveSequence, shows numbers as a sequence hands them
// out: an entry whose transaction commits late is missing for a while.
func (t *flawedTx) FeedEntries(ctx context.Context, f store.FeedID, after int64, limit int) ([]store.Entry, error) {
	entries, err := t.Tx.FeedEntries(ctx, f, after, limit)
	if t.w.bug == bugNaiveSequence && len(entries) > 1 && t.w.chance(250) {
		entries = append(entries[:len(entries)-2], entries[len(entries)-1])
	}
	return entries, err
}

// secondID gives a doubled complaint its own id.
func secondID(id string) string { return uuid.NewSHA1(uuid.NameSpaceOID, []byte(id)).String() }

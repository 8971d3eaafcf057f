package storetest

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"time"

	"pgregory.net/rapid"

	"github.com/citizens-portal/portal/backend/portal"
	"github.com/citizens-portal/portal/backend/store"
)

// reference is the store as one would write it without a database: maps, and a
// copy of everything to roll back to.
type reference struct {
	cases   map[string]portal.Case
	events  map[string][]portal.Event
	feeds   map[store.FeedID][]store.Entry
	counts  map[store.Counter]int64
	ops     map[string]bool
	records map[string]store.Record
}

func newReference() *reference {
	return &reference{map[string]portal.Case{}, map[string][]portal.Event{}, map[store.FeedID][]store.Entry{}, map[store.Counter]int64{}, map[string]bool{}, map[string]store.Record{}}
}

func (r *reference) clone() *reference {
	c := newReference()
	for k, v := range r.cases {
		v.Desks = slices.Clone(v.Desks)
		c.cases[k] = v
	}
	for k, v := range r.events {
		c.events[k] = slices.Clone(v)
	}
	for k, v := range r.feeds {
		c.feeds[k] = slices.Clone(v)
	}
	for k, v := range r.counts {
		c.counts[k] = v
	}
	for k := range r.ops {
		c.ops[k] = true
	}
	for k, v := range r.records {
		c.records[k] = v
	}
	return c
}

func (r *reference) publish(c portal.Case, kind store.EntryType, event int64) {
	feeds := []store.FeedID{store.CitizenFeed(c.Citizen)}
	for _, o := range c.Desks {
		feeds = append(feeds, store.DeskFeed(o))
	}
	for _, f := range feeds {
		r.feeds[f] = append(r.feeds[f], store.Entry{N: int64(len(r.feeds[f]) + 1), Type: kind, Case: c.ID, Event: event, At: c.LodgedAt})
	}
}

// history draws transactions and runs them on the store and on the reference.
type history struct {
	*fixture
	t   *rapid.T
	ref *reference
}

// model runs random histories of transactions, some of which are rolled back,
// and compares all that can be read with the reference.
func model(f *fixture) {
	round := 0
	rapid.Check(f.T, func(t *rapid.T) {
		round++
		h := &history{fixture: f, t: t, ref: newReference()}
		h.wipe(round)
		for range rapid.IntRange(1, 12).Draw(t, "transactions") {
			h.transaction()
		}
		h.compare()
	})
}

// wipe takes back what earlier rounds left, so that one store serves all.
func (h *history) wipe(round int) {
	if round == 1 {
		return
	}
	var empty []string
	for _, table := range []string{"cases", "case_body", "case_event", "desk", "operation", "feed_head", "feed_entry", "counter", "record"} {
		empty = append(empty, "DELETE FROM "+table)
	}
	if err := h.h.Tamper(h.ctx, empty...); err != nil {
		h.Fatal(err)
	}
}

func (h *history) transaction() {
	next := h.ref.clone()
	fail := rapid.IntRange(0, 4).Draw(h.t, "fail") == 0
	steps := rapid.SliceOfN(rapid.SampledFrom([]string{"lodge", "change", "close", "move", "remember", "record"}), 1, 5).Draw(h.t, "steps")
	picks := rapid.SliceOfN(rapid.IntRange(0, 7), len(steps), len(steps)).Draw(h.t, "picks")
	err := h.s.Update(h.ctx, func(tx store.Tx) error {
		next = h.ref.clone()
		for i, step := range steps {
			if err := h.step(h.ctx, tx, next, step, picks[i]); err != nil {
				return fmt.Errorf("%s %d: %w", step, picks[i], err)
			}
		}
		if fail {
			return errChangedMind
		}
		return nil
	})
	switch {
	case err == nil:
		h.ref = next
	case !errors.Is(err, errChangedMind):
		h.t.Fatalf("transaction: %v", err)
	}
}

func (h *history) step(ctx context.Context, tx store.Tx, ref *reference, step string, pick int) error {
	switch step {
	case "lodge":
		return h.lodge(ctx, tx, ref, pick)
	case "change":
		return h.change(ctx, tx, ref, pick, func(c *portal.Case) { c.Officer = portal.OfficerID(fmt.Sprint(c.Version)) })
	case "close":
		return h.change(ctx, tx, ref, pick, func(c *portal.Case) { c.Status, c.ClosedAt = portal.ClosedConfirmed, epoch })
	case "move":
		return h.change(ctx, tx, ref, pick, func(c *portal.Case) {
			c.Level++
			c.Desks = append(slices.Clone(c.Desks[1:]), portal.OfficeID(fmt.Sprintf("office-%d", c.Version)))
		})
	case "remember":
		op := fmt.Sprintf("op-%d", pick)
		if _, err := tx.Operation(ctx, op, "phone", int64(pick)); (err == nil) != ref.ops[op] {
			return fmt.Errorf("operation known: %t, want %t", err == nil, ref.ops[op])
		} else if err == nil {
			return nil
		}
		ref.ops[op] = true
		return remember(ctx, tx, op, "phone", int64(pick))
	}
	r := store.Record{Kind: "k", ID: fmt.Sprint(pick), By: fmt.Sprint(pick % 2), Doc: fmt.Appendf(nil, "%d", len(ref.cases)), ExpiresAt: epoch.Add(time.Duration(pick))}
	if _, ok := ref.records[r.ID]; ok {
		delete(ref.records, r.ID)
		return tx.DeleteRecord(ctx, r.Kind, r.ID)
	}
	ref.records[r.ID] = r
	return tx.PutRecord(ctx, r)
}

func (h *history) lodge(ctx context.Context, tx store.Tx, ref *reference, pick int) error {
	c := newCase(pick)
	err := lodge(ctx, tx, c, []byte("{}"))
	if _, ok := ref.cases[c.ID]; ok {
		if !errors.Is(err, store.ErrExists) {
			return fmt.Errorf("lodged twice: %w", err)
		}
		return nil
	}
	ref.cases[c.ID] = c
	ref.events[c.ID] = []portal.Event{{Case: c.ID, N: 1}}
	ref.counts[gauge(c)]++
	ref.publish(c, store.EntryGrant, 1)
	return err
}

func (h *history) change(ctx context.Context, tx store.Tx, ref *reference, pick int, do func(*portal.Case)) error {
	id := caseID(pick)
	c, ok := ref.cases[id]
	err := change(ctx, tx, system, id, func(c *portal.Case, _ *portal.Event) { do(c) })
	if !ok {
		if !errors.Is(err, store.ErrNotFound) {
			return fmt.Errorf("changed what is not there: %w", err)
		}
		return nil
	}
	ref.counts[gauge(c)]--
	c.Version++
	do(&c)
	ref.cases[id] = c
	ref.counts[gauge(c)]++
	ref.events[id] = append(ref.events[id], portal.Event{Case: id, N: c.Version})
	ref.publish(c, store.EntryEvent, c.Version)
	return err
}

// compare reads everything back.
func (h *history) compare() {
	err := h.s.View(h.ctx, func(tx store.Tx) error {
		list, err := tx.Cases(h.ctx, system, store.Page{Limit: 100})
		if err != nil || len(list) != len(h.ref.cases) {
			h.t.Fatalf("%d cases (%v), want %d", len(list), err, len(h.ref.cases))
		}
		for _, c := range list {
			if want := h.ref.cases[c.ID]; !reflect.DeepEqual(c, want) {
				h.t.Fatalf("case is\n%+v, want\n%+v", c, want)
			}
			events, err := tx.Events(h.ctx, c.ID, 0)
			if err != nil || len(events) != len(h.ref.events[c.ID]) {
				h.t.Fatalf("case %s has %d events (%v), want %d", c.ID, len(events), err, len(h.ref.events[c.ID]))
			}
		}
		for f, want := range h.ref.feeds {
			got, err := tx.FeedEntries(h.ctx, f, 0, 1000)
			if err != nil || !slices.Equal(got, want) {
				h.t.Fatalf("feed %s is\n%+v (%v), want\n%+v", f, got, err, want)
			}
		}
		counters, err := tx.Counters(h.ctx, store.GaugeStatus, "")
		if err != nil {
			return err
		}
		for _, c := range counters {
			n := c.N
			c.N = 0
			if h.ref.counts[c] != n {
				h.t.Fatalf("counter %+v is %d, want %d", c, n, h.ref.counts[c])
			}
		}
		records, err := tx.Records(h.ctx, "k", "")
		if len(records) != len(h.ref.records) {
			h.t.Fatalf("%d records, want %d", len(records), len(h.ref.records))
		}
		return err
	})
	if err != nil {
		h.t.Fatal(err)
	}
	if found, err := h.s.Check(h.ctx, expectation); err != nil || len(found) > 0 {
		h.t.Fatalf("check: %v, %v", found, err)
	}
}

package lifecycle

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/citizens-portal/portal/backend/portal"
	"github.com/citizens-portal/portal/backend/store"
	"github.com/citizens-portal/portal/backend/transparency"
)

// Notify tells a citizen, in the same transaction, that something happened to
// their case. The message names the case by its code and carries no content.
type Notify func(ctx context.Context, tx store.Tx, account portal.AccountID, action portal.Action, code portal.Code) error

// Recorder writes what happened to a case: the case with its timers, its
// events, the counters and the feeds of everyone concerned. Everything that
// changes a case goes through it.
type Recorder struct {
	Notify Notify
	// Seal makes the events' leaves for the transparency log.
	Seal transparency.Sealer
}

// Timers gives the instants at which the clock has work on a case.
func Timers(dir *portal.Directory, c portal.Case) store.Timers {
	var t store.Timers
	if at, ok := portal.EscalationDue(dir, c); ok {
		t.Escalate = at
	}
	if at, ok := portal.SilenceDue(dir, c); ok {
		t.Silence = at
	}
	return t
}

// KindAbout is the kind of the records that list cases about somebody, by the
// case's id: whoever changes the directory has these looked at again.
const KindAbout = "about"

// Created writes a case that was just filed, with the leaf of its first event.
func (r Recorder) Created(ctx context.Context, tx store.Tx, dir *portal.Directory, c portal.Case, body []byte, first portal.Event, leaf store.Leaf) error {
	if err := tx.CreateCase(ctx, c, Timers(dir, c), body, first); err != nil {
		return fmt.Errorf("lodge %s: %w", c.ID, err)
	}
	if err := tx.PutLeaf(ctx, leaf); err != nil {
		return fmt.Errorf("lodge %s: %w", c.ID, err)
	}
	if c.About.Somebody() {
		if err := tx.PutRecord(ctx, store.Record{Kind: KindAbout, ID: c.ID, By: string(c.About.Officer), Doc: []byte("{}")}); err != nil {
			return err
		}
	}
	if err := tx.Count(ctx, gauge(c), 1); err != nil {
		return err
	}
	if err := tx.Count(ctx, daily(c, store.CountRegistered, c.LodgedAt), 1); err != nil {
		return err
	}
	entry := store.Entry{Type: store.EntryGrant, Case: c.ID, Event: first.N, At: first.At}
	if err := tx.Publish(ctx, store.CitizenFeed(c.Citizen), entry); err != nil {
		return err
	}
	for _, desk := range c.Desks {
		if err := tx.Publish(ctx, store.DeskFeed(desk), entry); err != nil {
			return err
		}
	}
	return nil
}

// Changed writes a case that one or more events changed.
func (r Recorder) Changed(ctx context.Context, tx store.Tx, dir *portal.Directory, before, after portal.Case, events []portal.Event) error {
	if len(events) == 0 {
		return nil
	}
	if err := tx.PutCase(ctx, after, Timers(dir, after), events); err != nil {
		return fmt.Errorf("%s %s: %w", events[0].Action, after.ID, err)
	}
	if err := r.Seal.Append(ctx, tx, after, events); err != nil {
		return err
	}
	if err := count(ctx, tx, before, after, events); err != nil {
		return err
	}
	if err := publish(ctx, tx, before, after, events); err != nil {
		return err
	}
	return r.tell(ctx, tx, after, events)
}

// told are the actions a citizen hears of by SMS too: each asks something of
// them or decides their case.
var told = []portal.Action{portal.ActAsk, portal.ActPropose, portal.ActInvalidate, portal.ActSilence, portal.ActEscalate, portal.ActReveal}

func (r Recorder) tell(ctx context.Context, tx store.Tx, c portal.Case, events []portal.Event) error {
	if r.Notify == nil {
		return nil
	}
	// One SMS a change: what was done last matters most.
	for _, e := range slices.Backward(events) {
		if slices.Contains(told, e.Action) {
			return r.Notify(ctx, tx, c.Citizen, e.Action, c.Code)
		}
	}
	return nil
}

func gauge(c portal.Case) store.Counter {
	return store.Counter{District: c.CountedIn(), Metric: store.GaugeStatus, Key: fmt.Sprintf("%s|%s|%d", c.Category, c.Status, c.Level)}
}

func daily(c portal.Case, m store.Metric, at time.Time) store.Counter {
	return store.Counter{District: c.CountedIn(), Metric: m, Key: string(c.Category), Day: at.UTC().Format(time.DateOnly)}
}

func count(ctx context.Context, tx store.Tx, before, after portal.Case, events []portal.Event) error {
	was, is := gauge(before), gauge(after)
	if was != is {
		if err := tx.Count(ctx, was, -1); err != nil {
			return err
		}
		if err := tx.Count(ctx, is, 1); err != nil {
			return err
		}
	}
	for _, e := range events {
		for _, m := range metrics(before, e) {
			if err := tx.Count(ctx, daily(after, m, e.At), 1); err != nil {
				return err
			}
		}
	}
	return nil
}

// metrics names the daily counters an event adds to.
func metrics(before portal.Case, e portal.Event) []store.Metric {
	switch {
	case e.Action == portal.ActEscalate:
		return []store.Metric{store.CountEscalated}
	case e.Action == portal.ActRate && before.Rating == nil && e.Rating.Quality >= 4:
		return []store.Metric{store.CountRated, store.CountSatisfied}
	case e.Action == portal.ActRate && before.Rating == nil:
		return []store.Metric{store.CountRated}
	case !e.Status.Open() && before.Status.Open():
		return []store.Metric{store.CountClosed}
	}
	return nil
}

// publish tells every feed: those that had the case get the events, a desk that
// gains it gets the whole case, one that loses it a tombstone.
func publish(ctx context.Context, tx store.Tx, before, after portal.Case, events []portal.Event) error {
	last := events[len(events)-1]
	each := func(feed store.FeedID) error {
		for _, e := range events {
			if err := tx.Publish(ctx, feed, store.Entry{Type: store.EntryEvent, Case: after.ID, Event: e.N, At: e.At}); err != nil {
				return err
			}
		}
		return nil
	}
	if err := each(store.CitizenFeed(after.Citizen)); err != nil {
		return err
	}
	for _, desk := range after.Desks {
		if slices.Contains(before.Desks, desk) {
			if err := each(store.DeskFeed(desk)); err != nil {
				return err
			}
			continue
		}
		if err := tx.Publish(ctx, store.DeskFeed(desk), store.Entry{Type: store.EntryGrant, Case: after.ID, Event: last.N, At: last.At}); err != nil {
			return err
		}
	}
	for _, desk := range before.Desks {
		if slices.Contains(after.Desks, desk) {
			continue
		}
		if err := tx.Publish(ctx, store.DeskFeed(desk), store.Entry{Type: store.EntryForget, Case: after.ID, Event: last.N, At: last.At}); err != nil {
			return err
		}
	}
	return nil
}

// Package storetest is the conformance suite of store.Store: what every engine
// must do, as tests that a ten-line test in each engine's package runs. Every
// case ends with the store's own Check, so that a case that broke an invariant
// in passing fails too.
//
// It must never know an engine; what an engine's test has to supply is a
// Harness. Start reading at Run.
package storetest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/citizens-portal/portal/backend/portal"
	"github.com/citizens-portal/portal/backend/store"
)

// Harness gives a suite one store, and ways at it that the contract does not
// offer.
type Harness interface {
	// Open opens the store of this harness: the same data each time. Stores
	// opened at the same time are nodes of one portal, where the engine can.
	Open(ctx context.Context) (store.Store, error)
	// Tamper runs statements behind the store's back, also while it is open.
	Tamper(ctx context.Context, statements ...string) error
	// Restore makes a new harness from a backup file.
	Restore(t *testing.T, file string) (Harness, error)
}

// Run runs the suite. open makes a harness with an empty store, and removes it
// when the test ends.
func Run(t *testing.T, open func(t *testing.T) Harness) {
	for _, c := range []struct {
		name string
		run  func(*fixture)
	}{
		{"case round trip", caseRoundTrip},
		{"create twice", createTwice},
		{"put checks the version", putChecksVersion},
		{"rollback", rollback},
		{"rollback spares the others", rollbackSparesOthers},
		{"panic and early exit", panicAndExit},
		{"cancelled before its turn", cancelled},
		{"views do not write", viewsDoNotWrite},
		{"snapshot", snapshotView},
		{"reads see earlier writes", readsSeeWrites},
		{"replay", replay},
		{"replay race", replayRace},
		{"scope", scope},
		{"paging", paging},
		{"many at once", manyAtOnce},
		{"due", due},
		{"due is claimed once", dueClaimedOnce},
		{"feeds", feeds},
		{"tombstones and trimming", trimming},
		{"long feeds", longFeeds},
		{"feed cases", feedCases},
		{"a reader racing writers misses nothing", readerRacesWriters},
		{"wake-up", wakeUp},
		{"a desk shows nothing about its reader", aboutReader},
		{"erase", erase},
		{"counters", counters},
		{"records", records},
		{"records expire", recordsExpire},
		{"lock", lockSerialises},
		{"audit", audit},
		{"log leaves", logLeaves},
		{"log leaves of due cases", logDue},
		{"log tree and checkpoints", logTree},
		{"bad text", badText},
		{"reopen", reopen},
		{"close", closeStore},
		{"backup", backup},
		{"check finds what is wrong", checkFinds},
		{"newer data is refused", newerRefused},
		{"random histories agree with a model", model},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := newFixture(t, open(t))
			c.run(f)
			f.check()
		})
	}
}

// fixture is one case's store and the few words tests are written in.
type fixture struct {
	*testing.T
	ctx context.Context
	h   Harness
	s   store.Store
}

func newFixture(t *testing.T, h Harness) *fixture {
	f := &fixture{T: t, ctx: t.Context(), h: h}
	f.open()
	t.Cleanup(func() {
		if f.s != nil {
			_ = f.s.Close()
		}
	})
	return f
}

func (f *fixture) open() {
	f.Helper()
	s, err := f.h.Open(f.ctx)
	if err != nil {
		f.Fatalf("open: %v", err)
	}
	f.s = s
}

func (f *fixture) close() {
	f.Helper()
	if err := f.s.Close(); err != nil {
		f.Fatalf("close: %v", err)
	}
	f.s = nil
}

func (f *fixture) reopen() {
	f.Helper()
	f.close()
	f.open()
}

func (f *fixture) update(do func(store.Tx) error) {
	f.Helper()
	if err := f.s.Update(f.ctx, do); err != nil {
		f.Fatalf("update: %v", err)
	}
}

func (f *fixture) view(do func(store.Tx) error) {
	f.Helper()
	if err := f.s.View(f.ctx, do); err != nil {
		f.Fatalf("view: %v", err)
	}
}

func (f *fixture) check() {
	f.Helper()
	if f.s == nil {
		return
	}
	found, err := f.s.Check(f.ctx, expectation)
	if err != nil {
		f.Fatalf("check: %v", err)
	}
	for _, line := range found {
		f.Errorf("check: %s", line)
	}
}

func (f *fixture) wantErr(err, want error) {
	f.Helper()
	if !errors.Is(err, want) {
		f.Fatalf("error is %v, want %v", err, want)
	}
}

// The made-up rules of the suite's cases: escalation after five days unless
// closed or proposed, silence two days after a proposal.

var epoch = time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)

const day = 24 * time.Hour

var expectation = store.Expect{Timers: timersOf}

func timersOf(c portal.Case) store.Timers {
	var t store.Timers
	switch {
	case c.Status == portal.Proposed:
		t.Silence = c.ProposedAt.Add(2 * day)
	case c.Status.Open():
		t.Escalate = c.LodgedAt.Add(5 * day)
	}
	return t
}

var (
	system  = store.ScopeOf(portal.Actor{Kind: portal.SystemActor})
	citizen = func(id portal.AccountID) store.Scope {
		return store.ScopeOf(portal.Actor{Kind: portal.CitizenActor, Account: id})
	}
	officer = func(o portal.OfficeID) store.Scope {
		return store.ScopeOf(portal.Actor{Kind: portal.OfficerActor, Officer: portal.Officer{ID: "someone", Office: o, Post: portal.Head}})
	}
)

// districts of the suite: a case's district and its office are the same word.
var districts = []portal.AreaID{"p/d/east", "p/d/west", "p/d/north"}

// newCase makes the i-th case of the suite; ids rise with i.
func newCase(i int) portal.Case {
	d := districts[i%len(districts)]
	return portal.Case{
		ID: caseID(i), Kind: portal.KindComplaint, Code: portal.Code(fmt.Sprintf("P-26-%08d", i)), District: d, Category: "roads",
		Citizen: portal.AccountID(fmt.Sprintf("a%d", i%5)), Status: portal.New, Office: officeOf(d), Desks: []portal.OfficeID{officeOf(d)},
		LodgedAt: epoch.Add(time.Duration(i) * time.Second), Version: 1,
	}
}

func caseID(i int) string { return fmt.Sprintf("0195-%012d", i) }

func officeOf(d portal.AreaID) portal.OfficeID { return portal.OfficeID("dc-" + d[len("p/d/"):]) }

// lodge is the whole of what filing a case does to a store.
func lodge(ctx context.Context, tx store.Tx, c portal.Case, body []byte) error {
	first := portal.Event{Case: c.ID, N: 1, Action: portal.ActLodge, Role: portal.RoleCitizen, Account: c.Citizen, At: c.LodgedAt, Status: c.Status, ToOffice: c.Office}
	if err := tx.CreateCase(ctx, c, timersOf(c), body, first); err != nil {
		return err
	}
	if err := tx.Count(ctx, gauge(c), 1); err != nil {
		return err
	}
	if err := tx.Count(ctx, store.Counter{District: c.District, Metric: store.CountRegistered, Key: string(c.Category), Day: c.LodgedAt.Format(time.DateOnly)}, 1); err != nil {
		return err
	}
	return publish(ctx, tx, c, store.EntryGrant, 1)
}

func publish(ctx context.Context, tx store.Tx, c portal.Case, kind store.EntryType, event int64) error {
	e := store.Entry{Type: kind, Case: c.ID, Event: event, At: c.LodgedAt}
	for _, o := range c.Desks {
		if err := tx.Publish(ctx, store.DeskFeed(o), e); err != nil {
			return err
		}
	}
	return tx.Publish(ctx, store.CitizenFeed(c.Citizen), e)
}

func gauge(c portal.Case) store.Counter {
	return store.Counter{District: c.CountedIn(), Metric: store.GaugeStatus, Key: fmt.Sprintf("%s|%s|%d", c.Category, c.Status, c.Level)}
}

// remember adds the operation that caused something.
func remember(ctx context.Context, tx store.Tx, op, device string, n int64) error {
	result, err := json.Marshal(map[string]string{"op": op})
	if err != nil {
		return err
	}
	return tx.Remember(ctx, store.Operation{Op: op, Device: device, N: n, Hash: "00ff", Result: result, At: epoch})
}

// change takes a case through one event, as a use case would.
func change(ctx context.Context, tx store.Tx, s store.Scope, id string, do func(*portal.Case, *portal.Event)) error {
	c, err := tx.Case(ctx, s, id)
	if err != nil {
		return err
	}
	if err := tx.Count(ctx, gauge(c), -1); err != nil {
		return err
	}
	c.Version++
	e := portal.Event{Case: c.ID, N: c.Version, Action: portal.ActMessage, Role: portal.RoleHandler, At: c.LodgedAt.Add(time.Hour)}
	do(&c, &e)
	e.Status, e.Level = c.Status, c.Level
	if err := tx.PutCase(ctx, c, timersOf(c), []portal.Event{e}); err != nil {
		return err
	}
	if err := tx.Count(ctx, gauge(c), 1); err != nil {
		return err
	}
	return publish(ctx, tx, c, store.EntryEvent, e.N)
}

// fill lodges cases from (inclusive) to (exclusive), a hundred a transaction.
func (f *fixture) fill(from, to int) {
	f.Helper()
	for at := from; at < to; at += 100 {
		f.update(func(tx store.Tx) error {
			for i := at; i < min(at+100, to); i++ {
				if err := lodge(f.ctx, tx, newCase(i), fmt.Appendf(nil, `{"text":"case %d"}`, i)); err != nil {
					return err
				}
			}
			return nil
		})
	}
}

// Package escalation does what time demands: it moves unsolved cases up the
// chain when their deadline passes and closes proposals that found no answer.
// Steps missed while the server was down are caught up in order and dated as
// due. Several nodes may sweep at once; each due case is claimed by one.
//
// It must never know HTTP, nor decide what is due: the rules are portal's.
// Start reading at Service.Escalate.
package escalation

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/citizens-portal/portal/backend/lifecycle"
	"github.com/citizens-portal/portal/backend/portal"
	"github.com/citizens-portal/portal/backend/store"
)

// claim is how many due cases one transaction takes: enough to share the cost
// of a commit, few enough that other nodes get their part.
const claim = 100

// Service sweeps. Use New.
type Service struct {
	store     store.Store
	directory func(context.Context) *portal.Directory
	recorder  lifecycle.Recorder
	now       func() time.Time
	// settled is the directory for which the cases about somebody were last
	// looked at.
	settled atomic.Pointer[portal.Directory]
}

// New gives a sweeper.
func New(s store.Store, directory func(context.Context) *portal.Directory, r lifecycle.Recorder, now func() time.Time) *Service {
	return &Service{store: s, directory: directory, recorder: r, now: now}
}

// Move is one step up: which case, from and to which level, when it was due and
// when it ran.
type Move struct {
	Code  portal.Code `json:"code"`
	Case  string      `json:"id"`
	From  int         `json:"from"`
	To    int         `json:"to"`
	DueAt time.Time   `json:"due_at"`
	RanAt time.Time   `json:"ran_at"`
}

// Closed is one proposal that closed unanswered.
type Closed struct {
	Code  portal.Code `json:"code"`
	Case  string      `json:"id"`
	DueAt time.Time   `json:"due_at"`
	RanAt time.Time   `json:"ran_at"`
}

// Escalate moves up every case whose step is due at or before asOf.
func (s *Service) Escalate(ctx context.Context, asOf time.Time) ([]Move, error) {
	moves := []Move{}
	if err := s.Settle(ctx); err != nil {
		return moves, err
	}
	err := s.sweep(ctx, store.TimerEscalate, asOf, func(dir *portal.Directory, c portal.Case, now time.Time) (portal.Case, []portal.Event, error) {
		after, events := portal.CatchUp(dir, c, nil, asOf, now)
		return after, events, nil
	}, func(done []change) {
		for _, d := range done {
			moves = append(moves, movesOf(d.after, d.events)...)
		}
	})
	return moves, err
}

// Silence closes every proposal whose time for an answer has passed.
func (s *Service) Silence(ctx context.Context, asOf time.Time) ([]Closed, error) {
	closed := []Closed{}
	err := s.sweep(ctx, store.TimerSilence, asOf, func(dir *portal.Directory, c portal.Case, now time.Time) (portal.Case, []portal.Event, error) {
		return portal.CloseSilent(dir, c, asOf, now)
	}, func(done []change) {
		for _, d := range done {
			for _, e := range d.events {
				closed = append(closed, Closed{Code: d.after.Code, Case: d.after.ID, DueAt: e.DueAt, RanAt: e.At})
			}
		}
	})
	return closed, err
}

// Plan lists what Escalate would do, and changes nothing.
func (s *Service) Plan(ctx context.Context, asOf time.Time) ([]Move, error) {
	moves := []Move{}
	dir, now := s.directory(ctx), s.now().UTC().Truncate(time.Millisecond)
	err := s.store.View(ctx, func(tx store.Tx) error {
		due, err := tx.Due(ctx, store.TimerEscalate, asOf, planLimit)
		for _, c := range due {
			after, events := portal.CatchUp(dir, c, nil, asOf, now)
			moves = append(moves, movesOf(after, events)...)
		}
		return err
	})
	return moves, err
}

// planLimit bounds a dry run's answer.
const planLimit = 100_000

func movesOf(c portal.Case, events []portal.Event) []Move {
	var moves []Move
	for _, e := range events {
		if e.Action != portal.ActEscalate {
			continue
		}
		moves = append(moves, Move{Code: c.Code, Case: c.ID, From: e.FromLevel, To: e.Level, DueAt: e.DueAt, RanAt: e.At})
	}
	return moves
}

type change struct {
	after  portal.Case
	events []portal.Event
}

// sweep claims due cases batch by batch until none is left. done hears of a
// batch after its commit, so a retried transaction is not reported twice.
func (s *Service) sweep(ctx context.Context, timer store.Timer, asOf time.Time,
	step func(*portal.Directory, portal.Case, time.Time) (portal.Case, []portal.Event, error), done func([]change)) error {
	dir := s.directory(ctx)
	for {
		var batch []change
		claimed := 0
		err := s.store.Update(ctx, func(tx store.Tx) error {
			batch = batch[:0]
			due, err := tx.Due(ctx, timer, asOf, claim)
			if err != nil {
				return err
			}
			claimed = len(due)
			now := s.now().UTC().Truncate(time.Millisecond)
			for _, c := range due {
				after, events, err := step(dir, c, now)
				if err != nil {
					return err
				}
				if err := s.record(ctx, tx, dir, c, after, events); err != nil {
					return err
				}
				batch = append(batch, change{after, events})
			}
			return nil
		})
		if err != nil {
			return err
		}
		done(batch)
		if claimed < claim {
			return nil
		}
	}
}

// Settle takes the cases about an office or officer from where they must not be
// any more, after the directory has changed. It does nothing while it has not.
func (s *Service) Settle(ctx context.Context) error {
	dir := s.directory(ctx)
	if s.settled.Load() == dir {
		return nil
	}
	var about []store.Record
	err := s.store.View(ctx, func(tx store.Tx) (err error) {
		about, err = tx.Records(ctx, lifecycle.KindAbout, "")
		return err
	})
	if err != nil {
		return err
	}
	for _, r := range about {
		err := s.store.Update(ctx, func(tx store.Tx) error {
			before, err := tx.Case(ctx, store.ScopeOf(portal.Actor{Kind: portal.SystemActor}), r.ID)
			if err != nil {
				return err
			}
			now := s.now().UTC().Truncate(time.Millisecond)
			after, events := portal.CatchUp(dir, before, nil, now, now)
			return s.record(ctx, tx, dir, before, after, events)
		})
		if err != nil {
			return err
		}
	}
	s.settled.Store(dir)
	return nil
}

// record writes a step; a case whose timer was wrong (a policy changed since)
// only gets its timer mended, so that it is not claimed again and again.
func (s *Service) record(ctx context.Context, tx store.Tx, dir *portal.Directory, before, after portal.Case, events []portal.Event) error {
	if len(events) == 0 {
		return tx.PutCase(ctx, before, lifecycle.Timers(dir, before), nil)
	}
	return s.recorder.Changed(ctx, tx, dir, before, after, events)
}

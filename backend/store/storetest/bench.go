package storetest

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/citizens-portal/portal/backend/portal"
	"github.com/citizens-portal/portal/backend/store"
)

// Bench measures an engine with the shapes of real work: filing a case with all
// that belongs to it at 1, 16 and 64 callers, a single row beside it, lists and single cases among
// 10,000, and claiming 1,000 due cases among 10,000.
func Bench(b *testing.B, h Harness) {
	ctx := context.Background()
	s, err := h.Open(ctx)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	m := &bench{s: s, body: []byte(`{"text":"The road between the bridge and the school has been broken since the last flood; two cars were damaged this week and children walk in the mud.","area":"p/d/east/town","language":"en"}`)}
	m.prepare(ctx, b, 10_000)
	for _, callers := range []int{1, 16, 64} {
		b.Run(fmt.Sprintf("lodge/callers=%d", callers), func(b *testing.B) { m.spread(b, callers, m.lodge) })
	}
	b.Run("one row/callers=64", func(b *testing.B) { m.spread(b, 64, m.row) })
	b.Run("list30/callers=16", func(b *testing.B) { m.spread(b, 16, m.list) })
	b.Run("get/callers=16", func(b *testing.B) { m.spread(b, 16, m.get) })
	b.Run("due1000", m.due)
}

type bench struct {
	s    store.Store
	n    atomic.Int64
	body []byte
}

// spread runs one piece of work b.N times from several callers.
func (m *bench) spread(b *testing.B, callers int, work func(ctx context.Context) error) {
	ctx := context.Background()
	var left atomic.Int64
	left.Store(int64(b.N))
	done := make(chan error, callers)
	used := CPUTime()
	b.ResetTimer()
	for range callers {
		go func() {
			var err error
			for err == nil && left.Add(-1) >= 0 {
				err = work(ctx)
			}
			done <- err
		}()
	}
	for range callers {
		if err := <-done; err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64((CPUTime()-used).Nanoseconds())/1000/float64(b.N), "cpu-µs/op")
}

func (m *bench) prepare(ctx context.Context, b *testing.B, cases int) {
	for range cases / 100 {
		err := m.s.Update(ctx, func(tx store.Tx) error {
			for range 100 {
				if err := m.lodgeIn(ctx, tx, m.next()); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
	}
}

// next makes a case in one of 40 districts.
func (m *bench) next() portal.Case {
	i := int(m.n.Add(1))
	c := newCase(i)
	c.District = portal.AreaID(fmt.Sprintf("p/division/district-%d", i%40))
	c.Office = portal.OfficeID(fmt.Sprintf("dc-district-%d", i%40))
	c.Desks = []portal.OfficeID{c.Office}
	c.Citizen = portal.AccountID(fmt.Sprintf("account-%d", i/3))
	return c
}

// lodge is one whole filing as the server does it: the session, the operation,
// the case with its text, event and desk, two counters, two feeds.
func (m *bench) lodge(ctx context.Context) error {
	c := m.next()
	return m.s.Update(ctx, func(tx store.Tx) error { return m.lodgeIn(ctx, tx, c) })
}

func (m *bench) lodgeIn(ctx context.Context, tx store.Tx, c portal.Case) error {
	if _, err := tx.Operation(ctx, "op-"+c.ID, string(c.Citizen), int64(len(c.ID))); err == nil {
		return nil
	}
	if err := lodge(ctx, tx, c, m.body); err != nil {
		return err
	}
	return tx.Remember(ctx, store.Operation{
		Op: "op-" + c.ID, Device: "device-" + c.ID, N: 1, Hash: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
		Result: []byte(`{"status":"applied","code":"` + string(c.Code) + `","id":"` + c.ID + `"}`), At: c.LodgedAt,
	})
}

// row is the least that can be written, to compare a filing with.
func (m *bench) row(ctx context.Context) error {
	id := caseID(int(m.n.Add(1)))
	return m.s.Update(ctx, func(tx store.Tx) error {
		return tx.PutRecord(ctx, store.Record{Kind: "row", ID: id, Doc: m.body})
	})
}

// list is a desk's first page with the texts.
func (m *bench) list(ctx context.Context) error {
	desk := portal.OfficeID(fmt.Sprintf("dc-district-%d", m.n.Add(1)%40))
	return m.s.View(ctx, func(tx store.Tx) error {
		cases, err := tx.Cases(ctx, officer(desk), store.Page{Limit: 30, OpenOnly: true})
		if err != nil {
			return err
		}
		ids := make([]string, len(cases))
		for i, c := range cases {
			ids[i] = c.ID
		}
		bodies, err := tx.Bodies(ctx, ids)
		if err == nil && len(bodies) != 30 {
			return fmt.Errorf("a page of %d", len(bodies))
		}
		return err
	})
}

// get is one case with its text and events.
func (m *bench) get(ctx context.Context) error {
	id := caseID(int(m.n.Add(1)*7919%10_000) + 1)
	return m.s.View(ctx, func(tx store.Tx) error {
		if _, err := tx.Case(ctx, system, id); err != nil {
			return err
		}
		if _, err := tx.Body(ctx, id); err != nil {
			return err
		}
		_, err := tx.Events(ctx, id, 0)
		return err
	})
}

// due claims the 1,000 most overdue cases, 100 a transaction, and puts them
// back a level higher, so that each round finds as many.
func (m *bench) due(b *testing.B) {
	ctx := context.Background()
	for b.Loop() {
		for range 10 {
			err := m.s.Update(ctx, func(tx store.Tx) error {
				cases, err := tx.Due(ctx, store.TimerEscalate, epoch.Add(1000*day), 100)
				if err != nil || len(cases) != 100 {
					return fmt.Errorf("%d cases are due: %w", len(cases), err)
				}
				for _, c := range cases {
					if err := m.escalate(ctx, tx, c); err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/1000, "µs/case")
}

func (m *bench) escalate(ctx context.Context, tx store.Tx, c portal.Case) error {
	before := gauge(c)
	c.Version++
	c.Level = (c.Level + 1) % 3
	e := portal.Event{Case: c.ID, N: c.Version, Action: portal.ActEscalate, Role: portal.RoleSystem, At: epoch, Status: c.Status, Level: c.Level}
	next := store.Timers{Escalate: c.LodgedAt.Add(time.Duration(c.Version) * 5 * day)}
	if err := tx.PutCase(ctx, c, next, []portal.Event{e}); err != nil {
		return err
	}
	if err := tx.Count(ctx, before, -1); err != nil {
		return err
	}
	if err := tx.Count(ctx, gauge(c), 1); err != nil {
		return err
	}
	return publish(ctx, tx, c, store.EntryEvent, e.N)
}

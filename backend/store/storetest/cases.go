package storetest

import (
	"bytes"
	"context"
	"fmt"
	"reflect"
	"slices"
	"sync"
	"time"

	"github.com/citizens-portal/portal/backend/portal"
	"github.com/citizens-portal/portal/backend/store"
)

// fillValue sets every field, however deep, to something that is not zero, so
// that a field added to a case later and forgotten by a store is noticed.
func fillValue(v reflect.Value, n int) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(fmt.Sprintf("s%d", n))
	case reflect.Int, reflect.Int64:
		v.SetInt(int64(n + 1))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fillValue(v.Elem(), n)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range 2 {
			fillValue(v.Index(i), n+i)
		}
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			v.Set(reflect.ValueOf(epoch.Add(time.Duration(n)*time.Hour + 123456789)))
			return
		}
		for i := range v.NumField() {
			fillValue(v.Field(i), n+i)
		}
	}
}

// cut is a value as a store gives it back: times in UTC, to the millisecond.
func cut(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		cut(v.Elem())
	case reflect.Slice:
		for i := range v.Len() {
			cut(v.Index(i))
		}
	case reflect.Struct:
		if at, ok := v.Interface().(time.Time); ok {
			if !at.IsZero() {
				v.Set(reflect.ValueOf(at.UTC().Truncate(time.Millisecond)))
			}
			return
		}
		for i := range v.NumField() {
			cut(v.Field(i))
		}
	}
}

func caseRoundTrip(f *fixture) {
	var c portal.Case
	var e portal.Event
	fillValue(reflect.ValueOf(&c).Elem(), 1)
	fillValue(reflect.ValueOf(&e).Elem(), 1)
	c.Version, c.Status = 1, portal.Proposed
	e.Case, e.N, e.Status, e.Level = c.ID, 1, c.Status, c.Level
	e.At = e.At.In(time.FixedZone("PKT", 5*3600))
	e.Text = "سڑک خراب ہے \x00 <b>&"
	body := []byte{0, 1, 2, 0xff, '"'}
	f.update(func(tx store.Tx) error {
		if err := tx.Count(f.ctx, gauge(c), 1); err != nil {
			return err
		}
		return tx.CreateCase(f.ctx, c, timersOf(c), body, e)
	})
	cut(reflect.ValueOf(&c).Elem())
	cut(reflect.ValueOf(&e).Elem())
	f.view(func(tx store.Tx) error {
		got, err := tx.Case(f.ctx, system, c.ID)
		if err != nil || !reflect.DeepEqual(got, c) {
			f.Errorf("case is\n%+v (%v), want\n%+v", got, err, c)
		}
		if got, err = tx.CaseByCode(f.ctx, system, c.Code); err != nil || !reflect.DeepEqual(got, c) {
			f.Errorf("case by code is\n%+v (%v), want\n%+v", got, err, c)
		}
		events, err := tx.Events(f.ctx, c.ID, 0)
		if err != nil || !reflect.DeepEqual(events, []portal.Event{e}) {
			f.Errorf("events are\n%+v (%v), want\n%+v", events, err, e)
		}
		stored, err := tx.Body(f.ctx, c.ID)
		if err != nil || !bytes.Equal(stored, body) {
			f.Errorf("body is %q (%v), want %q", stored, err, body)
		}
		_, err = tx.Body(f.ctx, "nobody")
		f.wantErr(err, store.ErrNotFound)
		return nil
	})
}

func createTwice(f *fixture) {
	f.fill(0, 1)
	again := newCase(0)
	sameID, sameCode := newCase(1), newCase(2)
	sameID.ID, sameCode.Code = again.ID, again.Code // and other districts
	for _, c := range []portal.Case{again, sameID, sameCode} {
		err := f.s.Update(f.ctx, func(tx store.Tx) error { return lodge(f.ctx, tx, c, []byte("{}")) })
		f.wantErr(err, store.ErrExists)
	}
	// Found out inside, the rest of the transaction can go on.
	f.update(func(tx store.Tx) error {
		err := lodge(f.ctx, tx, again, []byte("{}"))
		f.wantErr(err, store.ErrExists)
		return lodge(f.ctx, tx, newCase(3), []byte("{}"))
	})
	// Of many who create the same case at once, in two districts, one wins.
	var wins, losses tally
	f.together(16, func(i int) {
		c := newCase(9 + i%2)
		c.ID = caseID(9)
		switch err := f.s.Update(f.ctx, func(tx store.Tx) error { return lodge(f.ctx, tx, c, []byte("{}")) }); err {
		case nil:
			wins.add()
		default:
			f.wantErr(err, store.ErrExists)
			losses.add()
		}
	})
	if wins.n != 1 || losses.n != 15 {
		f.Errorf("%d created the case and %d were told that it exists", wins.n, losses.n)
	}
}

func putChecksVersion(f *fixture) {
	f.fill(0, 1)
	c := newCase(0)
	c.Version = 3 // as if two events had happened
	event := portal.Event{Case: c.ID, N: 3, At: epoch, Status: c.Status}
	err := f.s.Update(f.ctx, func(tx store.Tx) error { return tx.PutCase(f.ctx, c, timersOf(c), []portal.Event{event}) })
	f.wantErr(err, portal.ErrConflict)
	absent := newCase(7)
	err = f.s.Update(f.ctx, func(tx store.Tx) error {
		return tx.PutCase(f.ctx, absent, timersOf(absent), []portal.Event{{Case: absent.ID, N: 1}})
	})
	if err == nil {
		f.Error("a case that is not there was put")
	}
	// Two who change one case run one after the other.
	f.together(8, func(int) {
		err := f.s.Update(f.ctx, func(tx store.Tx) error {
			return change(f.ctx, tx, system, caseID(0), func(*portal.Case, *portal.Event) {})
		})
		if err != nil {
			f.Errorf("change: %v", err)
		}
	})
	f.view(func(tx store.Tx) error {
		c, err := tx.Case(f.ctx, system, caseID(0))
		if c.Version != 9 {
			f.Errorf("after 8 changes the case is at version %d", c.Version)
		}
		return err
	})
}

func scope(f *fixture) {
	f.fill(0, 30)
	nobody := store.Scope{}
	analyst := store.ScopeOf(portal.Actor{Kind: portal.OfficerActor, Officer: portal.Officer{ID: "x", Office: officeOf(districts[0]), Post: portal.AnalystPost}})
	for _, write := range []bool{false, true} {
		run := f.s.View
		if write {
			run = f.s.Update
		}
		err := run(f.ctx, func(tx store.Tx) error {
			for i := range 30 {
				c := newCase(i)
				f.sees(tx, citizen(c.Citizen), c, true)
				f.sees(tx, officer(c.Office), c, true)
				f.sees(tx, system, c, true)
				f.sees(tx, citizen("a9"), c, false)
				f.sees(tx, citizen(""), c, false)
				f.sees(tx, officer(officeOf(newCase(i+1).District)), c, false)
				f.sees(tx, officer(""), c, false)
				f.sees(tx, nobody, c, false)
				f.sees(tx, analyst, c, false)
			}
			return nil
		})
		if err != nil {
			f.Fatal(err)
		}
	}
	// A case that moves on leaves the old desk, and is on the new one.
	f.update(func(tx store.Tx) error {
		return change(f.ctx, tx, system, caseID(0), func(c *portal.Case, _ *portal.Event) {
			c.Office, c.Desks = "water", []portal.OfficeID{"water", "commissioner"}
		})
	})
	f.view(func(tx store.Tx) error {
		c := newCase(0)
		f.sees(tx, officer(c.Office), c, false)
		f.sees(tx, officer("water"), c, true)
		f.sees(tx, officer("commissioner"), c, true)
		f.sees(tx, citizen(c.Citizen), c, true)
		return nil
	})
}

// sees asks for a case in all the ways there are.
func (f *fixture) sees(tx store.Tx, s store.Scope, c portal.Case, want bool) {
	f.Helper()
	_, byID := tx.Case(f.ctx, s, c.ID)
	_, byCode := tx.CaseByCode(f.ctx, s, c.Code)
	list, err := tx.Cases(f.ctx, s, store.Page{Limit: 1000})
	if err != nil {
		f.Fatal(err)
	}
	listed := slices.ContainsFunc(list, func(l portal.Case) bool { return l.ID == c.ID })
	if want && (byID != nil || byCode != nil || !listed) {
		f.Errorf("%+v does not see %s: %v, %v, listed %t", s, c.ID, byID, byCode, listed)
	}
	if !want {
		f.wantErr(byID, store.ErrNotFound)
		f.wantErr(byCode, store.ErrNotFound)
		if listed {
			f.Errorf("%+v is shown %s", s, c.ID)
		}
	}
}

func paging(f *fixture) {
	f.fill(0, 60)
	for i := 0; i < 60; i += 2 { // close some; and give some the same moment
		f.update(func(tx store.Tx) error {
			return change(f.ctx, tx, system, caseID(i), func(c *portal.Case, _ *portal.Event) { c.Status = portal.Withdrawn })
		})
	}
	f.update(func(tx store.Tx) error {
		for i := 60; i < 75; i++ {
			c := newCase(i)
			c.LodgedAt = epoch.Add(time.Hour)
			if err := lodge(f.ctx, tx, c, []byte("{}")); err != nil {
				return err
			}
		}
		return nil
	})
	for _, s := range []store.Scope{system, citizen("a2"), officer("dc-west")} {
		for _, openOnly := range []bool{false, true} {
			f.view(func(tx store.Tx) error {
				f.pages(tx, s, openOnly)
				return nil
			})
		}
	}
}

// pages walks a list page by page and compares it with the whole.
func (f *fixture) pages(tx store.Tx, s store.Scope, openOnly bool) {
	var want []portal.Case
	for i := range 75 {
		c, err := tx.Case(f.ctx, s, caseID(i))
		if err == nil && (!openOnly || c.Status.Open()) {
			want = append(want, c)
		}
	}
	slices.SortFunc(want, newestFirst)
	var got []portal.Case
	page := store.Page{Limit: 4, OpenOnly: openOnly}
	for {
		list, err := tx.Cases(f.ctx, s, page)
		if err != nil {
			f.Fatal(err)
		}
		if len(list) == 0 {
			break
		}
		got = append(got, list...)
		last := list[len(list)-1]
		page.BeforeTime, page.BeforeID = last.LodgedAt, last.ID
	}
	if len(want) == 0 || !reflect.DeepEqual(got, want) {
		f.Errorf("%+v, open only %t: pages have %d cases, the whole %d, or in another order", s, openOnly, len(got), len(want))
	}
}

func newestFirst(a, b portal.Case) int {
	if c := b.LodgedAt.Compare(a.LodgedAt); c != 0 {
		return c
	}
	return bytes.Compare([]byte(b.ID), []byte(a.ID))
}

func manyAtOnce(f *fixture) {
	f.fill(0, 300)
	f.update(func(tx store.Tx) error {
		return change(f.ctx, tx, system, caseID(5), func(*portal.Case, *portal.Event) {})
	})
	for _, n := range []int{0, 1, 3, 128, 129, 300} {
		ids := []string{"nobody", "bad\x00id"}
		for i := range n {
			ids = append(ids, caseID(i), caseID(i))
		}
		f.view(func(tx store.Tx) error {
			bodies, err := tx.Bodies(f.ctx, ids)
			if err != nil || len(bodies) != n {
				f.Errorf("%d bodies for %d ids (%v)", len(bodies), n, err)
			}
			events, err := tx.EventsOf(f.ctx, ids)
			if err != nil || len(events) != n {
				f.Errorf("events of %d cases for %d ids (%v)", len(events), n, err)
			}
			if n > 5 && (len(events[caseID(5)]) != 2 || events[caseID(5)][1].N != 2) {
				f.Errorf("events of the changed case: %+v", events[caseID(5)])
			}
			return nil
		})
	}
	f.view(func(tx store.Tx) error {
		events, err := tx.Events(f.ctx, caseID(5), 1)
		if err != nil || len(events) != 1 || events[0].N != 2 {
			f.Errorf("events after 1: %+v (%v)", events, err)
		}
		return nil
	})
}

func due(f *fixture) {
	f.fill(0, 20)
	propose := func(i int) {
		f.update(func(tx store.Tx) error {
			return change(f.ctx, tx, system, caseID(i), func(c *portal.Case, _ *portal.Event) {
				c.Status, c.ProposedAt = portal.Proposed, epoch.Add(time.Duration(100-i)*time.Hour)
			})
		})
	}
	propose(3)
	propose(4)
	// A deadline is inclusive, to the millisecond.
	deadline := newCase(2).LodgedAt.Add(5 * day)
	f.wantDue(store.TimerEscalate, deadline, 100, 0, 1, 2)
	f.wantDue(store.TimerEscalate, deadline.Add(-time.Millisecond), 100, 0, 1)
	f.wantDue(store.TimerEscalate, deadline.Add(100*day), 5, 0, 1, 2, 5, 6)
	f.wantDue(store.TimerSilence, epoch.Add(98*time.Hour+2*day), 100, 4, 3)
	f.wantDue(store.TimerSilence, epoch, 100)
	err := f.s.View(f.ctx, func(tx store.Tx) error {
		_, err := tx.Due(f.ctx, "sometime", epoch, 1)
		return err
	})
	f.wantErr(err, portal.ErrInvalid)
}

func (f *fixture) wantDue(timer store.Timer, asOf time.Time, limit int, want ...int) {
	f.Helper()
	for _, run := range []func(context.Context, func(store.Tx) error) error{f.s.View, f.s.Update} {
		var got []string
		err := run(f.ctx, func(tx store.Tx) error {
			got = nil
			cases, err := tx.Due(f.ctx, timer, asOf, limit)
			for _, c := range cases {
				got = append(got, c.ID)
			}
			return err
		})
		ids := []string(nil)
		for _, i := range want {
			ids = append(ids, caseID(i))
		}
		if err != nil || !slices.Equal(got, ids) {
			f.Errorf("due at %s: %v (%v), want %v", asOf, got, err, ids)
		}
	}
}

func dueClaimedOnce(f *fixture) {
	const cases = 400
	f.fill(0, cases)
	var mu sync.Mutex
	claimed := map[string]int{}
	f.together(6, func(int) {
		for {
			var batch []string
			err := f.s.Update(f.ctx, func(tx store.Tx) error {
				batch = nil
				list, err := tx.Due(f.ctx, store.TimerEscalate, epoch.Add(100*day), 10)
				if err != nil {
					return err
				}
				for _, c := range list {
					batch = append(batch, c.ID)
					if err := change(f.ctx, tx, system, c.ID, func(c *portal.Case, _ *portal.Event) { c.Status = portal.ClosedSilent }); err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil {
				f.Errorf("claim: %v", err)
				return
			}
			if len(batch) == 0 {
				return
			}
			mu.Lock()
			for _, id := range batch {
				claimed[id]++
			}
			mu.Unlock()
		}
	})
	for id, n := range claimed {
		if n != 1 {
			f.Errorf("%s was claimed %d times", id, n)
		}
	}
	if len(claimed) != cases {
		f.Errorf("%d of %d cases were claimed", len(claimed), cases)
	}
}

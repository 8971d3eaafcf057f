package storetest

import (
	"reflect"
	"time"

	"github.com/citizens-portal/portal/backend/portal"
	"github.com/citizens-portal/portal/backend/store"
)

func counters(f *fixture) {
	add := func(d portal.AreaID, m store.Metric, key, day string, n int64) {
		f.update(func(tx store.Tx) error {
			return tx.Count(f.ctx, store.Counter{District: d, Metric: m, Key: key, Day: day}, n)
		})
	}
	add("d1", store.CountClosed, "roads", "2026-03-01", 1)
	add("d1", store.CountClosed, "roads", "2026-03-01", 2)
	add("d1", store.CountClosed, "roads", "2026-03-02", 5)
	add("d2", store.CountClosed, "water", "2026-03-01", 7)
	add("d2", store.CountRated, "water", "2026-03-01", 9)
	add("d3", store.CountClosed, "water", "2026-03-01", 4)
	add("d3", store.CountClosed, "water", "2026-03-01", -4)
	f.together(20, func(int) { add("d4", store.CountClosed, "roads", "2026-03-01", 1) })
	all := []store.Counter{
		{District: "d1", Metric: store.CountClosed, Key: "roads", Day: "2026-03-01", N: 3}, {District: "d1", Metric: store.CountClosed, Key: "roads", Day: "2026-03-02", N: 5},
		{District: "d2", Metric: store.CountClosed, Key: "water", Day: "2026-03-01", N: 7}, {District: "d4", Metric: store.CountClosed, Key: "roads", Day: "2026-03-01", N: 20},
	}
	f.view(func(tx store.Tx) error {
		for district, want := range map[portal.AreaID][]store.Counter{"": all, "d1": all[:2], "d2": all[2:3], "d3": nil} {
			got, err := tx.Counters(f.ctx, store.CountClosed, district)
			if err != nil || !reflect.DeepEqual(got, want) {
				f.Errorf("counters of %q: %+v (%v), want %+v", district, got, err, want)
			}
		}
		return nil
	})
}

func records(f *fixture) {
	put := func(r store.Record) { f.update(func(tx store.Tx) error { return tx.PutRecord(f.ctx, r) }) }
	a := store.Record{Kind: "session", ID: "1", By: "alice", Doc: []byte{0, 0xff, 1}, ExpiresAt: epoch}
	b := store.Record{Kind: "session", ID: "2", By: "bob", Doc: []byte(`{"x":1}`)}
	c := store.Record{Kind: "account", ID: "1", By: "alice", Doc: []byte{}}
	put(a)
	put(b)
	put(c)
	put(store.Record{Kind: "session", ID: "3", By: "carol", Doc: []byte("old")})
	d := store.Record{Kind: "session", ID: "3", By: "bob", Doc: []byte("new"), ExpiresAt: epoch.Add(time.Millisecond)}
	put(d)
	f.reopen()
	f.view(func(tx store.Tx) error {
		for _, want := range []store.Record{a, b, c, d} {
			if got, err := tx.Record(f.ctx, want.Kind, want.ID); err != nil || !reflect.DeepEqual(got, want) {
				f.Errorf("record is %+v (%v), want %+v", got, err, want)
			}
		}
		for by, want := range map[string][]store.Record{"": {a, b, d}, "alice": {a}, "bob": {b, d}, "carol": nil} {
			if got, err := tx.Records(f.ctx, "session", by); err != nil || !reflect.DeepEqual(got, want) {
				f.Errorf("records by %q: %+v (%v), want %+v", by, got, err, want)
			}
		}
		_, err := tx.Record(f.ctx, "session", "9")
		f.wantErr(err, store.ErrNotFound)
		return nil
	})
	f.update(func(tx store.Tx) error { return tx.DeleteRecord(f.ctx, "session", "1") })
	f.update(func(tx store.Tx) error { return tx.DeleteRecord(f.ctx, "session", "1") })
	f.view(func(tx store.Tx) error {
		_, err := tx.Record(f.ctx, "session", "1")
		f.wantErr(err, store.ErrNotFound)
		return nil
	})
}

func recordsExpire(f *fixture) {
	f.update(func(tx store.Tx) error {
		for i := range 10 {
			r := store.Record{Kind: "otp", ID: string(rune('a' + i)), ExpiresAt: epoch.Add(time.Duration(i) * time.Second)}
			if i == 9 {
				r.ExpiresAt = time.Time{}
			}
			if err := tx.PutRecord(f.ctx, r); err != nil {
				return err
			}
		}
		return nil
	})
	expire := func(now time.Time, limit, want, left int) {
		f.Helper()
		f.update(func(tx store.Tx) error {
			n, err := tx.Expire(f.ctx, now, limit)
			if n != want {
				f.Errorf("expired %d, want %d", n, want)
			}
			return err
		})
		f.view(func(tx store.Tx) error {
			all, err := tx.Records(f.ctx, "otp", "")
			if len(all) != left {
				f.Errorf("%d records are left, want %d", len(all), left)
			}
			return err
		})
	}
	expire(epoch, 10, 0, 10)
	expire(epoch.Add(3*time.Second), 2, 2, 8)
	expire(epoch.Add(3*time.Second), 2, 1, 7)
	expire(epoch.Add(time.Hour), 100, 6, 1)
}

func audit(f *fixture) {
	for i := range 5 {
		f.update(func(tx store.Tx) error {
			return tx.Audit(f.ctx, store.AuditEntry{At: epoch.Add(time.Duration(i) * time.Second), Actor: "o:1", Action: "reveal", Subject: "bad\x00\xff", Detail: "why"})
		})
	}
	f.view(func(tx store.Tx) error {
		first, err := tx.AuditLog(f.ctx, 0, 3)
		if err != nil || len(first) != 3 {
			f.Fatalf("the log: %+v, %v", first, err)
		}
		rest, err := tx.AuditLog(f.ctx, first[2].N, 10)
		if err != nil || len(rest) != 2 || !rest[1].At.Equal(epoch.Add(4*time.Second)) {
			f.Fatalf("the rest of the log: %+v, %v", rest, err)
		}
		head, err := tx.AuditHead(f.ctx)
		at := head.Start()
		for _, e := range append(first, rest...) {
			at = at.Next(e)
		}
		if err != nil || at != head || head.N != 5 || head.Hash == "" {
			f.Errorf("the chain ends at %+v, the entries lead to %+v: %v", head, at, err)
		}
		if e := rest[0]; e.Actor != "o:1" || e.Action != "reveal" || e.Subject != "bad��" || e.Detail != "why" {
			f.Errorf("an entry: %+v", e)
		}
		return nil
	})
}

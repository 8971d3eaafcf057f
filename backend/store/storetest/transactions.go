package storetest

import (
	"context"
	"errors"
	"path/filepath"
	"runtime"
	"sync"

	"github.com/citizens-portal/portal/backend/portal"
	"github.com/citizens-portal/portal/backend/store"
)

// tally counts from many goroutines.
type tally struct {
	mu sync.Mutex
	n  int
}

func (t *tally) add() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.n++
}

// together runs n goroutines that start as one, and waits for them.
func (f *fixture) together(n int, do func(i int)) {
	var wg sync.WaitGroup
	start := make(chan struct{})
	for i := range n {
		wg.Go(func() {
			<-start
			do(i)
		})
	}
	close(start)
	wg.Wait()
}

var errChangedMind = errors.New("changed my mind")

func (f *fixture) exists(i int) bool {
	f.Helper()
	var err error
	f.view(func(tx store.Tx) error {
		_, err = tx.Case(f.ctx, system, caseID(i))
		return nil
	})
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		f.Fatal(err)
	}
	return err == nil
}

func rollback(f *fixture) {
	f.fill(0, 1)
	err := f.s.Update(f.ctx, func(tx store.Tx) error {
		if err := lodge(f.ctx, tx, newCase(1), []byte("{}")); err != nil {
			return err
		}
		if err := remember(f.ctx, tx, "op", "phone", 1); err != nil {
			return err
		}
		if err := tx.PutRecord(f.ctx, store.Record{Kind: "k", ID: "1"}); err != nil {
			return err
		}
		if _, err := tx.FeedHead(f.ctx, "o:dc-west"); err != nil { // have it all sent
			return err
		}
		return errChangedMind
	})
	if !errors.Is(err, errChangedMind) {
		f.Errorf("the error came back as %v", err)
	}
	f.view(func(tx store.Tx) error {
		_, err := tx.Case(f.ctx, system, caseID(1))
		f.wantErr(err, store.ErrNotFound)
		_, err = tx.Operation(f.ctx, "op", "phone", 1)
		f.wantErr(err, store.ErrNotFound)
		_, err = tx.Record(f.ctx, "k", "1")
		f.wantErr(err, store.ErrNotFound)
		head, err := tx.FeedHead(f.ctx, "o:dc-west")
		if head.N != 0 {
			f.Errorf("the feed grew to %d", head.N)
		}
		return err
	})
}

// rollbackSparesOthers lets many transactions run at once, of which some fail
// in the middle: in a group commit the others of the group must not notice.
func rollbackSparesOthers(f *fixture) {
	const n = 200
	f.together(n, func(i int) {
		err := f.s.Update(f.ctx, func(tx store.Tx) error {
			if err := lodge(f.ctx, tx, newCase(i), []byte("{}")); err != nil {
				return err
			}
			switch i % 4 {
			case 1:
				return errChangedMind
			case 2:
				// An error of the engine itself, half way.
				if err := remember(f.ctx, tx, "the same", "", 0); err != nil {
					return err
				}
				return remember(f.ctx, tx, "the same", "", 0)
			}
			return nil
		})
		switch {
		case i%4 == 1 && !errors.Is(err, errChangedMind), i%4 == 2 && !errors.Is(err, store.ErrExists), i%4 != 1 && i%4 != 2 && err != nil:
			f.Errorf("update %d: %v", i, err)
		}
	})
	for i := range n {
		if want := i%4 != 1 && i%4 != 2; f.exists(i) != want {
			f.Errorf("case %d: there is %t", i, !want)
		}
	}
}

func panicAndExit(f *fixture) {
	f.together(60, func(i int) {
		defer func() {
			if got := recover(); i%3 == 1 && got != "oh no" {
				f.Errorf("update %d: recovered %v", i, got)
			}
		}()
		err := f.s.Update(f.ctx, func(tx store.Tx) error {
			if err := lodge(f.ctx, tx, newCase(i), []byte("{}")); err != nil {
				return err
			}
			switch i % 3 {
			case 1:
				panic("oh no")
			case 2:
				runtime.Goexit() // what t.FailNow does
			}
			return nil
		})
		if err != nil || i%3 != 0 {
			f.Errorf("update %d came back with %v", i, err)
		}
	})
	func() {
		defer func() { _ = recover() }()
		_ = f.s.View(f.ctx, func(store.Tx) error { panic("in a view") })
	}()
	for i := range 60 {
		if want := i%3 == 0; f.exists(i) != want {
			f.Errorf("case %d: there is %t", i, !want)
		}
	}
}

func cancelled(f *fixture) {
	ctx, cancel := context.WithCancel(f.ctx)
	cancel()
	run := func(store.Tx) error { f.Error("it was run"); return nil }
	f.wantErr(f.s.Update(ctx, run), context.Canceled)
	f.wantErr(f.s.View(ctx, run), context.Canceled)

	// One who gives up behind a slow transaction is answered at once, and
	// is not run later. The lock makes both engines wait.
	slow, release := make(chan struct{}), make(chan struct{})
	done := make(chan error, 1)
	go func() {
		done <- f.s.Update(f.ctx, func(tx store.Tx) error {
			if err := tx.Lock(f.ctx, "key"); err != nil {
				return err
			}
			if _, err := tx.FeedHead(f.ctx, "o:x"); err != nil {
				return err
			}
			close(slow)
			<-release
			return nil
		})
	}()
	<-slow
	ctx, cancel = context.WithCancel(f.ctx)
	waiting := make(chan error, 1)
	go func() {
		waiting <- f.s.Update(ctx, func(tx store.Tx) error {
			if err := tx.Lock(ctx, "key"); err != nil {
				return err
			}
			return lodge(ctx, tx, newCase(0), []byte("{}"))
		})
	}()
	cancel()
	f.wantErr(<-waiting, context.Canceled)
	close(release)
	if err := <-done; err != nil {
		f.Error(err)
	}
	if f.exists(0) {
		f.Error("the cancelled transaction was committed")
	}
	// A context that ends half way undoes what was done.
	ctx, cancel = context.WithCancel(f.ctx)
	err := f.s.Update(ctx, func(tx store.Tx) error {
		if err := lodge(ctx, tx, newCase(1), []byte("{}")); err != nil {
			return err
		}
		cancel()
		_, err := tx.Case(ctx, system, caseID(1))
		return err
	})
	f.wantErr(err, context.Canceled)
	if f.exists(1) {
		f.Error("half a transaction was committed")
	}
	f.fill(1, 2)
}

func viewsDoNotWrite(f *fixture) {
	f.fill(0, 1)
	c := newCase(0)
	for i, write := range []func(store.Tx) error{
		func(tx store.Tx) error { return lodge(f.ctx, tx, newCase(1), []byte("{}")) },
		func(tx store.Tx) error { return tx.PutCase(f.ctx, c, timersOf(c), nil) },
		func(tx store.Tx) error { return remember(f.ctx, tx, "op", "", 0) },
		func(tx store.Tx) error { return tx.Count(f.ctx, gauge(c), 1) },
		func(tx store.Tx) error { return tx.Publish(f.ctx, "o:x", store.Entry{Type: store.EntryEvent}) },
		func(tx store.Tx) error { return tx.PutRecord(f.ctx, store.Record{Kind: "k", ID: "1"}) },
		func(tx store.Tx) error { return tx.Audit(f.ctx, store.AuditEntry{}) },
		func(tx store.Tx) error { _, err := tx.Expire(f.ctx, epoch, 1); return err },
	} {
		if err := f.s.View(f.ctx, write); err == nil {
			f.Errorf("write %d was accepted in a view", i)
		}
	}
}

// snapshotView makes sure that a view sees one moment, whatever is committed
// meanwhile.
func snapshotView(f *fixture) {
	f.fill(0, 1)
	f.view(func(tx store.Tx) error {
		before, err := tx.Case(f.ctx, system, caseID(0))
		if err != nil {
			return err
		}
		f.update(func(tx store.Tx) error {
			if err := lodge(f.ctx, tx, newCase(3), []byte("{}")); err != nil {
				return err
			}
			return change(f.ctx, tx, system, caseID(0), func(c *portal.Case, _ *portal.Event) { c.Level = 1 })
		})
		after, err := tx.Case(f.ctx, system, caseID(0))
		if err != nil || before.Version != after.Version || after.Level != 0 {
			f.Errorf("the view moved on from %+v to %+v (%v)", before, after, err)
		}
		list, err := tx.Cases(f.ctx, system, store.Page{Limit: 10})
		if len(list) != 1 {
			f.Errorf("the view lists %d cases", len(list))
		}
		return err
	})
	f.view(func(tx store.Tx) error {
		c, err := tx.Case(f.ctx, system, caseID(0))
		if c.Level != 1 {
			f.Error("the next view does not see the change")
		}
		return err
	})
}

func readsSeeWrites(f *fixture) {
	f.update(func(tx store.Tx) error {
		c := newCase(0)
		if err := lodge(f.ctx, tx, c, []byte("text")); err != nil {
			return err
		}
		if got, err := tx.Case(f.ctx, citizen(c.Citizen), c.ID); err != nil || got.Code != c.Code {
			f.Errorf("the case: %+v, %v", got, err)
		}
		if body, err := tx.Body(f.ctx, c.ID); err != nil || string(body) != "text" {
			f.Errorf("the body: %q, %v", body, err)
		}
		if list, err := tx.Cases(f.ctx, officer(c.Office), store.Page{Limit: 9}); err != nil || len(list) != 1 {
			f.Errorf("the list: %v, %v", list, err)
		}
		if n, err := tx.Counters(f.ctx, store.GaugeStatus, c.District); err != nil || len(n) != 1 || n[0].N != 1 {
			f.Errorf("the counter: %v, %v", n, err)
		}
		if head, err := tx.FeedHead(f.ctx, store.CitizenFeed(c.Citizen)); err != nil || head.N != 1 {
			f.Errorf("the feed: %+v, %v", head, err)
		}
		if err := remember(f.ctx, tx, "op", "phone", 1); err != nil {
			return err
		}
		if _, err := tx.Operation(f.ctx, "op", "", 0); err != nil {
			f.Errorf("the operation: %v", err)
		}
		// And the feed may grow again after it was read.
		return publish(f.ctx, tx, c, store.EntryEvent, 1)
	})
	f.view(func(tx store.Tx) error {
		head, err := tx.FeedHead(f.ctx, store.CitizenFeed(newCase(0).Citizen))
		if head.N != 2 {
			f.Errorf("the feed is at %d", head.N)
		}
		return err
	})
}

func replay(f *fixture) {
	f.update(func(tx store.Tx) error { return remember(f.ctx, tx, "op-1", "phone", 7) })
	f.update(func(tx store.Tx) error { return remember(f.ctx, tx, "op-2", "phone", 8) })
	f.update(func(tx store.Tx) error { return remember(f.ctx, tx, "op-3", "", 0) })
	f.update(func(tx store.Tx) error { return remember(f.ctx, tx, "op-4", "", 0) })
	f.reopen()
	f.view(func(tx store.Tx) error {
		for _, ask := range []struct {
			op, device string
			n          int64
			want       string
		}{
			{"op-1", "", 0, "op-1"}, {"op-1", "phone", 7, "op-1"}, {"other", "phone", 7, "op-1"}, {"op-1", "phone", 8, "op-1"}, {"op-2", "phone", 7, "op-2"},
			{"other", "phone", 9, ""}, {"other", "tablet", 7, ""}, {"other", "", 0, ""}, {"op-3", "", 0, "op-3"},
		} {
			o, err := tx.Operation(f.ctx, ask.op, ask.device, ask.n)
			switch {
			case ask.want == "":
				f.wantErr(err, store.ErrNotFound)
			case err != nil || o.Op != ask.want || string(o.Result) != `{"op":"`+ask.want+`"}` || !o.At.Equal(epoch) || o.Hash != "00ff":
				f.Errorf("operation %+v gives %+v, %v", ask, o, err)
			}
		}
		return nil
	})
	for _, again := range []func(store.Tx) error{
		func(tx store.Tx) error { return remember(f.ctx, tx, "op-1", "tablet", 1) },
		func(tx store.Tx) error { return remember(f.ctx, tx, "op-9", "phone", 7) },
	} {
		f.wantErr(f.s.Update(f.ctx, again), store.ErrExists)
	}
}

// replayRace sends one operation many times at once: it has its effect once,
// and everybody gets an answer.
func replayRace(f *fixture) {
	var effects tally
	f.together(24, func(int) {
		done := false
		err := f.s.Update(f.ctx, func(tx store.Tx) error {
			done = false
			_, err := tx.Operation(f.ctx, "op", "phone", 1)
			if !errors.Is(err, store.ErrNotFound) {
				return err
			}
			done = true
			if err := tx.PutRecord(f.ctx, store.Record{Kind: "effect", ID: "1"}); err != nil {
				return err
			}
			return remember(f.ctx, tx, "op", "phone", 1)
		})
		if err != nil {
			f.Errorf("replay: %v", err)
		}
		if done {
			effects.add()
		}
	})
	if effects.n != 1 {
		f.Errorf("the operation had its effect %d times", effects.n)
	}
}

// lockSerialises counts up a record that is not there at first: without the
// lock two transactions could both create it.
func lockSerialises(f *fixture) {
	const n = 40
	f.together(n, func(int) {
		err := f.s.Update(f.ctx, func(tx store.Tx) error {
			if err := tx.Lock(f.ctx, "count \x00 me"); err != nil {
				return err
			}
			r, err := tx.Record(f.ctx, "count", "me")
			if err != nil && !errors.Is(err, store.ErrNotFound) {
				return err
			}
			r.Kind, r.ID, r.Doc = "count", "me", append(r.Doc, 'x')
			return tx.PutRecord(f.ctx, r)
		})
		if err != nil {
			f.Errorf("count: %v", err)
		}
	})
	f.view(func(tx store.Tx) error {
		r, err := tx.Record(f.ctx, "count", "me")
		if len(r.Doc) != n {
			f.Errorf("counted %d of %d", len(r.Doc), n)
		}
		return err
	})
}

func badText(f *fixture) {
	f.fill(0, 1)
	for _, bad := range []string{"a\x00b", "\xff\xfe"} {
		f.view(func(tx store.Tx) error {
			_, err := tx.Case(f.ctx, system, bad)
			f.wantErr(err, store.ErrNotFound)
			_, err = tx.CaseByCode(f.ctx, system, portal.Code(bad))
			f.wantErr(err, store.ErrNotFound)
			_, err = tx.Record(f.ctx, bad, bad)
			f.wantErr(err, store.ErrNotFound)
			_, err = tx.Operation(f.ctx, bad, bad, 1)
			f.wantErr(err, store.ErrNotFound)
			_, err = tx.Body(f.ctx, bad)
			f.wantErr(err, store.ErrNotFound)
			return nil
		})
		c := newCase(1)
		c.ID = bad
		err := f.s.Update(f.ctx, func(tx store.Tx) error { return lodge(f.ctx, tx, c, nil) })
		f.wantErr(err, portal.ErrInvalid)
	}
}

func reopen(f *fixture) {
	f.fill(0, 50)
	f.reopen()
	f.fill(50, 60)
	for i := range 60 {
		if !f.exists(i) {
			f.Errorf("case %d is lost", i)
		}
	}
}

func closeStore(f *fixture) {
	// Close waits for those who are in the middle.
	entered, done := make(chan struct{}), make(chan error, 1)
	go func() {
		done <- f.s.Update(f.ctx, func(tx store.Tx) error {
			close(entered)
			return lodge(f.ctx, tx, newCase(0), []byte("{}"))
		})
	}()
	<-entered
	s := f.s
	f.close()
	if err := <-done; err != nil {
		f.Errorf("the running transaction: %v", err)
	}
	f.wantErr(s.Update(f.ctx, func(store.Tx) error { return nil }), store.ErrClosed)
	f.wantErr(s.View(f.ctx, func(store.Tx) error { return nil }), store.ErrClosed)
	f.wantErr(s.Backup(f.ctx, filepath.Join(f.TempDir(), "late")), store.ErrClosed)
	if err := s.Close(); err != nil {
		f.Errorf("closing twice: %v", err)
	}
	f.open()
	if !f.exists(0) {
		f.Error("what was committed while closing is lost")
	}
}

// backup copies while writers go on; the copy is whole and of one moment.
func backup(f *fixture) {
	f.fill(0, 100)
	file := filepath.Join(f.TempDir(), "backup")
	f.together(2, func(i int) {
		if i == 0 {
			if err := f.s.Backup(f.ctx, file); err != nil {
				f.Errorf("backup: %v", err)
			}
			return
		}
		f.fill(100, 300)
	})
	if err := f.s.Backup(f.ctx, file); err == nil {
		f.Error("a backup was overwritten")
	}
	f.update(func(tx store.Tx) error {
		return errors.Join(remember(f.ctx, tx, "later", "", 0), tx.Audit(f.ctx, store.AuditEntry{At: epoch, Actor: "x"}))
	})
	h, err := f.h.Restore(f.T, file)
	if err != nil {
		f.Fatalf("restore: %v", err)
	}
	g := newFixture(f.T, h)
	g.check()
	for i := range 100 {
		if !g.exists(i) {
			g.Errorf("case %d is not in the backup", i)
		}
	}
	g.fill(1000, 1010)
	g.update(func(tx store.Tx) error { return tx.Audit(g.ctx, store.AuditEntry{At: epoch, Actor: "y"}) })
	g.check()
}

func newerRefused(f *fixture) {
	f.fill(0, 3)
	f.close()
	if err := f.h.Tamper(f.ctx, "INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, "+"true"+")"); err != nil {
		f.Fatal(err)
	}
	s, err := f.h.Open(f.ctx)
	if err == nil {
		_ = s.Close()
	}
	f.wantErr(err, store.ErrNewer)
	if err := f.h.Tamper(f.ctx, "DELETE FROM goose_db_version WHERE version_id = 99999"); err != nil {
		f.Fatal(err)
	}
	f.open()
	if !f.exists(2) {
		f.Error("the refusal changed the data")
	}
}

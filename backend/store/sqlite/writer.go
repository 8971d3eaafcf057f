package sqlite

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/citizens-portal/portal/backend/store"
	"github.com/citizens-portal/portal/backend/store/sqltx"
)

// A group is closed when it has maxGroup members or has worked for maxWork; it
// never waits for more to come. Large groups are cheap ones: their members share
// the fsync and many of the pages that are written.
const (
	maxGroup = 128
	maxWork  = 20 * time.Millisecond
)

// writer owns the writing connection and gives turns on it. The closure of an
// Update runs in the caller's own goroutine while the writer waits, so that a
// panic or an early exit in it is the caller's and leaves the writer whole.
type writer struct {
	conn    *conn
	dialect *sqltx.Dialect
	notify  func([]store.FeedID)
	queue   chan *turn
	stopped chan struct{}
	// between is held by a group, and by what must run between two of them.
	between sync.Mutex
	// failed is why nothing can be written any more. After a failed fsync the
	// system may call the same pages clean although they never reached the
	// disk; only a restart, which reads what is there, makes sure.
	failed error
}

func newWriter(c *conn, d *sqltx.Dialect, notify func([]store.FeedID)) *writer {
	w := &writer{conn: c, dialect: d, notify: notify, queue: make(chan *turn, 4*maxGroup), stopped: make(chan struct{})}
	go w.run()
	return w
}

// turn is one Update on its way through the writer.
type turn struct {
	taken atomic.Bool   // by the writer, or by a caller who gave up waiting
	start chan struct{} // the writer to the caller: the connection is yours
	ended chan outcome  // the caller to the writer: here it is back
	done  chan error    // the writer to the caller: committed, or why not
}

type outcome struct {
	ok    bool
	feeds []store.FeedID
}

// update waits for a turn, takes it, and waits for the commit.
func (w *writer) update(ctx context.Context, f func(store.Tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	t := &turn{start: make(chan struct{}, 1), ended: make(chan outcome, 1), done: make(chan error, 1)}
	select {
	case w.queue <- t:
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case <-t.start:
	case err := <-t.done:
		return err
	case <-ctx.Done():
		if t.taken.CompareAndSwap(false, true) {
			return ctx.Err()
		}
		select {
		case <-t.start:
		case err := <-t.done:
			return err
		}
	}
	err := w.take(ctx, t, f)
	// An error may rest on what others of the group wrote ("already there"), so
	// that it too is answered only when the group is safe.
	if failed := <-t.done; failed != nil {
		return failed
	}
	return err
}

// take runs f on the connection and hands it back, whatever f does.
func (w *writer) take(ctx context.Context, t *turn, f func(store.Tx) error) (err error) {
	out := outcome{}
	defer func() { t.ended <- out }()
	tx := sqltx.New(w.conn, w.dialect, true)
	if err := f(tx); err != nil {
		return err
	}
	if out.feeds, err = tx.Finish(ctx); err != nil {
		return err
	}
	out.ok = true
	return nil
}

func (w *writer) run() {
	defer close(w.stopped)
	for first := range w.queue {
		w.group(first)
	}
}

// group runs and commits as many turns as are waiting.
func (w *writer) group(first *turn) {
	w.between.Lock()
	defer w.between.Unlock()
	members := make([]*turn, 0, 16)
	var feeds []store.FeedID
	err := w.failed
	if err == nil {
		err = w.conn.must("BEGIN IMMEDIATE")
	}
	began := time.Now()
	for t := first; t != nil; t = w.next(len(members), began, err) {
		if !t.taken.CompareAndSwap(false, true) {
			continue // gave up waiting
		}
		members = append(members, t)
		if err != nil {
			break
		}
		var grown []store.FeedID
		grown, err = w.give(t, len(members) == 1)
		feeds = append(feeds, grown...)
	}
	if err = w.end(err); err != nil {
		feeds = nil
	}
	for _, t := range members {
		t.done <- err
	}
	slices.Sort(feeds)
	w.notify(slices.Compact(feeds))
}

// next gives the next turn of the group, nil to close it. Callers that were
// just answered get a chance to come back first.
func (w *writer) next(size int, began time.Time, err error) *turn {
	if err != nil || size >= maxGroup || time.Since(began) >= maxWork {
		return nil
	}
	if len(w.queue) == 0 {
		runtime.Gosched()
	}
	select {
	case t := <-w.queue:
		return t
	default:
		return nil
	}
}

// give lends the connection for one turn. An error means that the whole
// transaction is lost.
func (w *writer) give(t *turn, first bool) ([]store.FeedID, error) {
	w.conn.failed = nil
	if first {
		return w.giveAlone(t)
	}
	if err := w.conn.must("SAVEPOINT turn"); err != nil {
		return nil, err
	}
	t.start <- struct{}{}
	out := <-t.ended
	if !out.ok {
		if err := w.conn.must("ROLLBACK TO turn"); err != nil {
			return nil, err
		}
	}
	return out.feeds, w.conn.must("RELEASE turn")
}

// giveAlone gives the first turn of a group: there is nobody before it whose
// work must be kept, so the transaction itself is what it would be undone by. A
// savepoint has SQLite copy every page before it is changed.
func (w *writer) giveAlone(t *turn) ([]store.FeedID, error) {
	t.start <- struct{}{}
	out := <-t.ended
	if out.ok {
		return out.feeds, nil
	}
	if err := w.conn.must("ROLLBACK"); err != nil {
		return nil, err
	}
	return nil, w.conn.must("BEGIN IMMEDIATE")
}

// end commits the group, or gives it up and says why.
func (w *writer) end(err error) error {
	if err == nil {
		err = w.conn.must("COMMIT")
	}
	if err == nil {
		return nil
	}
	if mediumFailed(err) && w.failed == nil {
		w.failed = fmt.Errorf("the disk failed and the store must be reopened: %w", err)
	}
	// It fails when SQLite has rolled back by itself already.
	_ = w.conn.must("ROLLBACK")
	return fmt.Errorf("commit: %w", err)
}

// stop ends the writer; no update may be running.
func (w *writer) stop() error {
	close(w.queue)
	<-w.stopped
	return errors.Join(w.failed, w.conn.close())
}

package sms_test

import (
	"bufio"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/citizens-portal/portal/backend/identity/sms"
	"github.com/citizens-portal/portal/backend/keys"
	"github.com/citizens-portal/portal/backend/store"
	"github.com/citizens-portal/portal/backend/store/sqlite"
)

// gateway keeps what was sent and fails while err is set.
type gateway struct {
	mu    sync.Mutex
	sent  []sms.Message
	tries int
	err   error
	got   chan sms.Message // when set, told of each message
}

func (g *gateway) Send(_ context.Context, m sms.Message) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.tries++
	if g.err != nil {
		return g.err
	}
	g.sent = append(g.sent, m)
	if g.got != nil {
		g.got <- m
	}
	return nil
}

type world struct {
	t     *testing.T
	store store.Store
	keys  *keys.Ring
	gate  *gateway
	mu    sync.Mutex
	at    time.Time
}

func newWorld(t *testing.T) *world {
	t.Helper()
	st, err := sqlite.Open(t.Context(), sqlite.Config{Path: filepath.Join(t.TempDir(), "portal.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = st.Close() })
	ring, err := keys.New(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return &world{t: t, store: st, keys: ring, gate: &gateway{}, at: time.Date(2026, 5, 4, 9, 0, 0, 0, time.UTC)}
}

func (w *world) now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.at
}

func (w *world) forward(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.at = w.at.Add(d)
}

func (w *world) queue() *sms.Queue {
	return sms.NewQueue(sms.QueueConfig{Store: w.store, Keys: w.keys, Gateway: w.gate, Now: w.now})
}

func (w *world) enqueue(q *sms.Queue, m sms.Message, held bool) {
	w.t.Helper()
	err := w.store.Update(w.t.Context(), func(tx store.Tx) error {
		if held {
			return q.EnqueueHeld(w.t.Context(), tx, m)
		}
		return q.Enqueue(w.t.Context(), tx, m)
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) drain(q *sms.Queue) {
	w.t.Helper()
	if err := q.Drain(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) depth(q *sms.Queue, waiting, dead int) {
	w.t.Helper()
	a, b, err := q.Depth(w.t.Context())
	if err != nil || a != waiting || b != dead {
		w.t.Errorf("%d waiting and %d dead (%v), want %d and %d", a, b, err, waiting, dead)
	}
}

func TestQueueSendsWhatWasCommitted(t *testing.T) {
	w := newWorld(t)
	q := w.queue()
	rollback := errors.New("rolled back")
	err := w.store.Update(t.Context(), func(tx store.Tx) error {
		if err := q.Enqueue(t.Context(), tx, message); err != nil {
			return err
		}
		return rollback
	})
	if !errors.Is(err, rollback) {
		t.Fatal(err)
	}
	w.drain(q)
	if w.gate.tries != 0 {
		t.Error("sent what was rolled back")
	}
	w.enqueue(q, message, false)
	err = w.store.View(t.Context(), func(tx store.Tx) error {
		all, err := tx.Records(t.Context(), sms.Kind, "")
		for _, r := range all {
			if s := string(r.Doc); strings.Contains(s, "3451234567") || strings.Contains(s, "123456") {
				t.Errorf("it lies in the open: %s", s)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	w.drain(q)
	if len(w.gate.sent) != 1 || w.gate.sent[0] != message {
		t.Errorf("sent %+v", w.gate.sent)
	}
	w.depth(q, 0, 0)
}

func TestQueueBacksOffAndGivesUp(t *testing.T) {
	w := newWorld(t)
	q := w.queue()
	w.gate.err = errors.New("down")
	w.enqueue(q, message, false)
	for i, wait := range []time.Duration{5, 15, 45, 135, 405, 900, 900} {
		w.drain(q)
		w.drain(q) // not before its time
		if w.gate.tries != i+1 {
			t.Fatalf("%d tries after step %d", w.gate.tries, i)
		}
		w.forward(wait*time.Second - time.Millisecond)
		w.drain(q)
		if w.gate.tries != i+1 {
			t.Fatalf("step %d came early", i)
		}
		w.forward(time.Millisecond)
	}
	w.drain(q)
	w.depth(q, 0, 1)
	w.forward(24 * time.Hour)
	w.drain(q)
	if w.gate.tries != 8 {
		t.Errorf("%d tries, want 8", w.gate.tries)
	}
}

func TestQueueDoesNotRepeatARefusal(t *testing.T) {
	w := newWorld(t)
	q := w.queue()
	w.gate.err = fmt.Errorf("status 422: %w", sms.ErrRefused)
	w.enqueue(q, message, false)
	w.drain(q)
	w.depth(q, 0, 1)
}

func TestQueueNeverSendsTooLate(t *testing.T) {
	w := newWorld(t)
	q := w.queue()
	m := message
	m.NotAfter = w.now().Add(5 * time.Minute)
	w.gate.err = errors.New("down")
	w.enqueue(q, m, false)
	w.drain(q)
	w.gate.err = nil
	w.forward(6 * time.Minute)
	w.drain(q)
	if len(w.gate.sent) != 0 {
		t.Error("an old OTP went out")
	}
	w.depth(q, 0, 1)
}

func TestTwoNodesSendOnce(t *testing.T) {
	w := newWorld(t)
	nodes := []*sms.Queue{w.queue(), w.queue()}
	for i := range 40 {
		m := message
		m.ID = fmt.Sprintf("m-%02d", i)
		w.enqueue(nodes[0], m, false)
	}
	var wg sync.WaitGroup
	for _, q := range nodes {
		wg.Go(func() { w.drain(q) })
	}
	wg.Wait()
	seen := map[string]int{}
	for _, m := range w.gate.sent {
		seen[m.ID]++
	}
	if len(seen) != 40 || len(w.gate.sent) != 40 {
		t.Errorf("%d messages sent %d times", len(seen), len(w.gate.sent))
	}
}

func TestDeliverSendsAtOnceAndDrainDoesNotRepeatIt(t *testing.T) {
	w := newWorld(t)
	q := w.queue()
	w.enqueue(q, message, true)
	w.drain(q)
	if w.gate.tries != 0 {
		t.Fatal("a held message was taken")
	}
	q.Deliver(t.Context(), message)
	w.forward(2 * time.Minute)
	w.drain(q)
	if w.gate.tries != 1 {
		t.Errorf("%d tries, want 1", w.gate.tries)
	}
	w.depth(q, 0, 0)
}

func TestHeldMessageOutlivesItsNode(t *testing.T) {
	w := newWorld(t)
	w.enqueue(w.queue(), message, true) // and the node dies
	w.forward(time.Minute)
	w.drain(w.queue())
	if len(w.gate.sent) != 1 {
		t.Error("the message is lost")
	}
}

func TestRunWakesUpAndStops(t *testing.T) {
	w := newWorld(t)
	w.gate.got = make(chan sms.Message, 1)
	q := w.queue()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); q.Run(ctx) }()
	w.enqueue(q, message, false)
	q.Kick()
	<-w.gate.got
	cancel()
	<-done
}

func TestNoGateway(t *testing.T) {
	w := newWorld(t)
	q := sms.NewQueue(sms.QueueConfig{Store: w.store, Keys: w.keys, Now: w.now})
	var none *sms.Queue
	if q.Ready() || none.Ready() {
		t.Error("ready without a gateway")
	}
	q.Deliver(t.Context(), message)
	w.drain(q)
}

func TestFileGateway(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sms.jsonl")
	if err := os.WriteFile(path, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 5, 4, 9, 0, 0, 0, time.UTC)
	var wg sync.WaitGroup
	for range 2 { // two gateways stand for two processes
		g, err := sms.OpenFile(path, func() time.Time { return at })
		if err != nil {
			t.Fatal(err)
		}
		for range 25 {
			wg.Go(func() {
				if err := g.Send(t.Context(), message); err != nil {
					t.Error(err)
				}
			})
		}
	}
	wg.Wait()
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	lines := 0
	for scan := bufio.NewScanner(f); scan.Scan(); lines++ {
		var got map[string]string
		if err := json.Unmarshal(scan.Bytes(), &got); err != nil {
			t.Fatal(err)
		}
		if len(got) != 3 || got["to"] != message.To || got["text"] != message.Text || got["time"] != "2026-05-04T09:00:00Z" {
			t.Errorf("%v", got)
		}
	}
	if lines != 50 {
		t.Errorf("%d lines, want 50", lines)
	}
	if _, err := sms.OpenFile(filepath.Join(path, "below-a-file"), time.Now); err == nil {
		t.Error("an impossible path was taken")
	}
}

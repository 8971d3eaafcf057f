package simtest

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/citizens-portal/portal/sdk/api"
)

// world is one scenario: people, phones, a server and a network, made from a
// seed. plan says what this seed is about.
type world struct {
	seed uint64
	bug  bug
	dir  string
	ctx  context.Context
	plan plan

	rng       *rand.Rand // the script's
	chances   *rand.Rand // of mistakes in the server
	chanceMu  sync.Mutex
	host      *host
	phones    []*phone
	citizens  []*person
	young     *person // signs up late, so that a restored server may not know them
	officers  []*phone
	ledger    *ledger
	texts     int
	serverLog *slog.Logger

	calm    atomic.Bool // no faults: the time to come to rest
	steps   int
	crashes atomic.Int64
	copies  int
	late    sync.WaitGroup // doubled requests on their way

	mu         sync.Mutex
	began      time.Time
	trace      []string
	violations []string
	hashes     map[string]string // operation → SHA-256 of its body
}

// plan is what kinds of trouble a scenario has. Some exclude each other: what
// was lost with a phone's folder cannot be offered again to a server that went
// back to a backup, and nothing promises that.
type plan struct {
	steps    int
	restores bool // of the server, from a backup
	folders  bool // phones are copied, set back and damaged
	trims    bool // old feed entries are thrown away
	clocks   bool // phones' clocks jump
}

func newPlan(seed uint64) plan {
	rng := rand.New(newPCG(seed, "plan"))
	p := plan{steps: 35 + rng.IntN(30), trims: rng.IntN(2) == 0, clocks: rng.IntN(2) == 0}
	p.restores = rng.IntN(2) == 0
	p.folders = !p.restores
	return p
}

// outcome is what a scenario showed.
type outcome struct {
	seed       uint64
	plan       plan
	steps      int
	crashes    int64
	trace      []string
	violations []string
}

// play runs one seed in a bubble of its own.
func play(t *testing.T, tmpl *template, base string, seed uint64, b bug) outcome {
	t.Helper()
	dir := filepath.Join(base, fmt.Sprintf("seed-%d-%x", seed, []byte(b)))
	w := &world{seed: seed, bug: b, dir: dir, plan: newPlan(seed), hashes: map[string]string{}, serverLog: slog.New(slog.DiscardHandler)}
	synctest.Test(t, func(t *testing.T) {
		w.ctx = t.Context()
		w.began = time.Now()
		if err := w.build(tmpl); err != nil {
			t.Fatal(err)
		}
		w.script()
		w.end()
	})
	return outcome{seed, w.plan, w.steps, w.crashes.Load(), w.trace, w.violations}
}

func (w *world) build(tmpl *template) error {
	from, err := tmpl.make(filepath.Dir(w.dir))
	if err != nil {
		return err
	}
	data := filepath.Join(w.dir, "server")
	if err := copyTree(from, data); err != nil {
		return err
	}
	w.rng, w.chances = rand.New(newPCG(w.seed, "script")), rand.New(newPCG(w.seed, "chances"))
	w.ledger = newLedger(w)
	w.host = newHost(w, data)
	if err := w.host.start(); err != nil {
		return err
	}
	for i, name := range []string{"Amina", "Bilal", "Chaman"} {
		w.citizens = append(w.citizens, &person{
			name: name, cnic: fmt.Sprintf("15602-12345%02d-1", i), mobile: fmt.Sprintf("+9234512345%02d", i), district: "swat",
		})
	}
	a, b, c := w.citizens[0], w.citizens[1], w.citizens[2]
	w.young = &person{name: "Dawar", cnic: "15602-1234599-1", mobile: "+923451234599", district: "swat"}
	w.phones = []*phone{newPhone(w, "a1", a), newPhone(w, "a2", a), newPhone(w, "b", b, c), newPhone(w, "d", w.young)}
	for _, o := range officerNames {
		w.officers = append(w.officers, newPhone(w, string(o.id), &person{name: string(o.id), officer: true}))
	}
	w.calm.Store(true)
	for _, p := range append(w.phones, w.officers...) {
		if err := p.open(); err != nil {
			return err
		}
	}
	// The one who shares a phone signs up first.
	shared := w.phones[2]
	if err := shared.signIn(w.ctx, c); err != nil {
		return err
	}
	if err := shared.leave(w.ctx); err != nil {
		return err
	}
	for _, p := range w.phones[:3] {
		if err := p.signIn(w.ctx, p.people[0]); err != nil {
			return err
		}
		if _, err := p.sync(); err != nil {
			return fmt.Errorf("%s: first sync: %w", p.name, err)
		}
	}
	w.calm.Store(false)
	return nil
}

// end lets go of everything, so that the bubble can end.
func (w *world) end() {
	w.late.Wait()
	for _, p := range append(w.phones, w.officers...) {
		if err := p.client.Close(); err != nil {
			w.violate("%s: close: %v", p.name, err)
		}
	}
	if err := w.host.stop(); err != nil {
		w.violate("server: close: %v", err)
	}
}

func (w *world) background(f func()) { w.late.Go(f) }

// chance draws for a mistake in the server.
func (w *world) chance(permille int) bool {
	w.chanceMu.Lock()
	defer w.chanceMu.Unlock()
	return w.chances.IntN(1000) < permille
}

func (w *world) tracef(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.trace = append(w.trace, fmt.Sprintf("%12s  ", time.Since(w.began).Round(time.Millisecond))+fmt.Sprintf(format, args...))
}

// violate notes that something that must hold does not.
func (w *world) violate(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	w.tracef("VIOLATION: %s", text)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.violations = append(w.violations, text)
}

func (w *world) failed() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.violations) > 0
}

// noteOperations watches that an operation, once sent, never changes.
func (w *world) noteOperations(phone string, ops []api.Operation) {
	if len(ops) > 0 {
		w.tracef("%s: sends %s", phone, describe(ops))
	}
	for _, op := range ops {
		w.mu.Lock()
		known, ok := w.hashes[op.Op]
		w.hashes[op.Op] = op.SHA256
		w.mu.Unlock()
		if ok && known != op.SHA256 {
			w.violate("%s: operation %s changed after it was sent", phone, short(op.Op))
		}
	}
}

func (w *world) hashOf(op string) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.hashes[op]
}

// hides: the phone is new to its account and does not show yet what was filed
// before it was.
func (w *world) hides(p *phone, f *filing) bool { return p.hiding && f.at.Before(p.hidingSince) }

package transparency_test

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"
	"pgregory.net/rapid"

	. "github.com/citizens-portal/portal/backend/backendtest"
	"github.com/citizens-portal/portal/backend/backendtest/engines"
	"github.com/citizens-portal/portal/backend/lifecycle"
	"github.com/citizens-portal/portal/backend/portal"
	"github.com/citizens-portal/portal/backend/store"
	"github.com/citizens-portal/portal/backend/transparency"
	"github.com/citizens-portal/portal/sdk/verify"
)

// TestStory follows one complaint into the log: signed for at once, pending,
// verified, and late when the log was not kept.
func TestStory(t *testing.T) {
	both.Each(t, func(t *testing.T, n *Node) {
		w := newWorld(t, n)
		w.sequence()
		c := w.lodge()
		w.want(verify.Pending, c.Receipt, w.proof(c.Case))
		w.Clock.Forward(time.Minute)
		if placed := w.sequence(); placed != 1 {
			t.Errorf("%d placed", placed)
		}
		r := w.want(verify.Verified, c.Receipt, w.proof(c.Case))
		if got := r.IntegratedAt.Sub(r.PromisedAt); got != time.Minute {
			t.Errorf("integrated %s after the promise", got)
		}
		if words := r.Events[0].Words; words == nil || words.Text != Filing().Body.Text || words.District != "tl/oasis/oasis" {
			t.Errorf("words: %+v", words)
		}
		w.message(c.Case, "any news?")
		w.want(verify.Pending, c.Receipt, w.proof(c.Case))
		w.sequence()
		w.want(verify.Verified, c.Receipt, w.proof(c.Case))
		w.want(verify.Verified, "", w.proof(c.Case))

		late := w.lodge()
		w.Clock.Forward(2 * transparency.MergeDelay)
		w.sequence()
		w.want(verify.Late, late.Receipt, w.proof(late.Case))
		w.want(verify.NotVerified, late.Receipt, w.proof(c.Case))
		w.want(verify.NotVerified, strings.Replace(late.Receipt, "receipt2|", "receipt2|x", 1), w.proof(late.Case))
		w.sound()
	})
}

// TestBrokenPromise: a log that goes on without an event it has signed for is
// not merely slow.
func TestBrokenPromise(t *testing.T) {
	both.Each(t, func(t *testing.T, n *Node) {
		w := newWorld(t, n)
		a := w.lodge()
		w.sequence()
		p := w.proof(a.Case)
		b := w.lodge()
		w.want(verify.Pending, b.Receipt, w.proof(b.Case))
		w.Clock.Forward(3 * transparency.MergeDelay)
		w.sequence()
		kept := w.proof(b.Case)
		kept.Events[0].Position, kept.Events[0].Inclusion = -1, nil // as if the log had left it out
		w.want(verify.NotVerified, b.Receipt, kept)
		w.want(verify.Verified, a.Receipt, p)
	})
}

// TestRandomHistories: whatever happens to complaints, every event verifies,
// and flipping any single bit of what proves it does not.
func TestRandomHistories(t *testing.T) {
	both.Each(t, func(t *testing.T, n *Node) {
		w := newWorld(t, n)
		rapid.Check(t, func(r *rapid.T) {
			var cases []lifecycle.Result
			for range rapid.IntRange(1, 25).Draw(r, "steps") {
				switch what := rapid.IntRange(0, 9).Draw(r, "what"); {
				case what < 4 || len(cases) == 0:
					f := Filing()
					f.Body.Text = rapid.StringN(1, 40, -1).Filter(func(s string) bool { return strings.TrimSpace(s) != "" }).Draw(r, "text")
					cases = append(cases, w.Lodge(Citizen("amir"), f))
				case what < 8:
					w.message(rapid.SampledFrom(cases).Draw(r, "case").Case, rapid.SampledFrom([]string{"<b>&", "پانی", "\u2028 line"}).Draw(r, "words"))
				default:
					w.Clock.Forward(time.Second)
					w.sequence()
				}
			}
			w.sequence()
			for _, c := range cases {
				if got := w.verify(c.Receipt, w.proof(c.Case)); got.Outcome != verify.Verified {
					r.Fatalf("%s: %s", got.Outcome, got.Reason)
				}
			}
			c := rapid.SampledFrom(cases).Draw(r, "flipped")
			w.flip(r, c.Receipt, w.proof(c.Case))
		})
		w.sound()
	})
}

// flip changes one bit of the proof that the reader relies on.
func (w *world) flip(r *rapid.T, receipt string, p verify.Proof) {
	i := rapid.IntRange(0, len(p.Events)-1).Draw(r, "event")
	bit := func(b []byte) []byte {
		b = append([]byte(nil), b...)
		at := rapid.IntRange(0, 8*len(b)-1).Draw(r, "bit")
		b[at/8] ^= 1 << (at % 8)
		return b
	}
	e := &p.Events[i]
	choices := []string{"event", "salt", "words", "words salt", "receipt", "checkpoint"}
	if len(e.Inclusion) > 0 {
		choices = append(choices, "inclusion")
	}
	if len(p.Earlier) > 0 {
		choices = append(choices, "earlier")
	}
	switch what := rapid.SampledFrom(choices).Draw(r, "part"); what {
	case "event":
		e.Event = string(bit([]byte(e.Event)))
	case "salt":
		e.Salt = bit(e.Salt)
	case "words":
		e.Words = string(bit([]byte(e.Words)))
	case "words salt":
		e.WordsSalt = bit(e.WordsSalt)
	case "receipt":
		receipt = string(bit([]byte(receipt)))
		// The name of the key only helps to find it.
		if a, b := strings.LastIndexByte(receipt, '|'), strings.LastIndexByte(receipt, '.'); a >= 0 && b > a && w.sameReceipt(receipt, p) {
			return
		}
	case "checkpoint":
		text := strings.Index(p.Checkpoint, "\n\n")
		p.Checkpoint = string(bit([]byte(p.Checkpoint[:text]))) + p.Checkpoint[text:]
	case "inclusion":
		k := rapid.IntRange(0, len(e.Inclusion)-1).Draw(r, "hash")
		e.Inclusion[k] = verify.Hash(bit(e.Inclusion[k][:]))
	case "earlier":
		k := rapid.IntRange(0, len(p.Earlier)-1).Draw(r, "which")
		text := strings.Index(p.Earlier[k].Checkpoint, "\n\n")
		p.Earlier[k].Checkpoint = string(bit([]byte(p.Earlier[k].Checkpoint[:text]))) + p.Earlier[k].Checkpoint[text:]
	}
	if got := w.verify(receipt, p); got.Outcome != verify.NotVerified {
		r.Fatalf("a flipped bit verifies: %s", got.Outcome)
	}
}

// sameReceipt reports whether a receipt still says and proves the same.
func (w *world) sameReceipt(text string, p verify.Proof) bool {
	return w.verify(text, p).OK()
}

// TestEdited: an event that was edited in the store neither verifies nor passes
// the check, whichever part was edited.
func TestEdited(t *testing.T) {
	both.Each(t, func(t *testing.T, n *Node) {
		w := newWorld(t, n)
		c := w.lodge()
		w.message(c.Case, "any news?")
		w.sequence()
		for name, edit := range map[string]func(*portal.Event){
			"its words":   func(e *portal.Event) { e.Text += "." },
			"its time":    func(e *portal.Event) { e.At = e.At.Add(-time.Millisecond) },
			"its status":  func(e *portal.Event) { e.Status = portal.ClosedConfirmed },
			"who did it":  func(e *portal.Event) { e.Account = "somebody" },
			"its outcome": func(e *portal.Event) { e.Disposition = portal.ReliefGranted },
		} {
			edited := lying{Store: w.Store, event: func(e *portal.Event) {
				if e.N == 2 {
					edit(e)
				}
			}}
			other := w.newLog(edited)
			found, err := other.Check(w.Ctx())
			if err != nil || len(found) != 1 || !strings.Contains(found[0], "event 2 is not the one that was recorded") {
				t.Errorf("%s edited: check says %q (%v)", name, found, err)
			}
			honest := w.Store
			w.Store, w.log = edited, other
			w.want(verify.NotVerified, c.Receipt, w.proof(c.Case))
			w.Store = honest
		}
		swapped := w.newLog(lying{Store: w.Store, leaf: func(l *store.Leaf) { l.Hash[0] ^= 1 }})
		if found, err := swapped.Check(w.Ctx()); err != nil || len(found) == 0 {
			t.Errorf("entries changed: check says %q (%v)", found, err)
		}
	})
}

// TestErased: without text and salt everything but the words still verifies.
func TestErased(t *testing.T) {
	both.Each(t, func(t *testing.T, n *Node) {
		w := newWorld(t, n)
		c := w.lodge()
		w.message(c.Case, "my neighbour's name")
		w.sequence()
		w.message(c.Case, "still waiting for its place")
		erase := func() {
			w.Update(func(tx store.Tx) error {
				k, err := tx.Case(w.Ctx(), store.ScopeOf(portal.Actor{Kind: portal.SystemActor}), c.Case)
				if err != nil {
					return err
				}
				return transparency.Sealer{}.Erase(w.Ctx(), tx, k)
			})
		}
		erase()
		erase() // twice changes nothing
		blank := lying{Store: w.Store, event: func(e *portal.Event) { e.Text, e.Account, e.Files = "", "", nil }}
		w.Store, w.log = blank, w.newLog(blank)
		w.Clock.Forward(time.Minute) // for the lease
		w.sequence()
		r := w.want(verify.Verified, c.Receipt, w.proof(c.Case))
		if len(r.Events) != 3 {
			t.Fatalf("%d events verified", len(r.Events))
		}
		for _, e := range r.Events {
			if e.Words != nil {
				t.Errorf("event %d still shows %q", e.Event.N, e.Words.Text)
			}
		}
		raw, err := json.Marshal(w.proof(c.Case))
		if err != nil || strings.Contains(string(raw), "neighbour") || strings.Contains(string(raw), "words_salt") {
			t.Errorf("the proof tells what was erased: %s (%v)", raw, err)
		}
		w.sound()
	})
}

// TestRestore: a restored store opens an epoch that names the old one's end as
// it knows it; what stood in the backup still verifies, what came later is
// called lost, and the same without a restore is called changed.
func TestRestore(t *testing.T) {
	both.Each(t, func(t *testing.T, n *Node) {
		w := newWorld(t, n)
		kept := w.lodge()
		w.sequence()
		before, err := w.log.Checkpoint(w.Ctx(), 0)
		if err != nil {
			t.Fatal(err)
		}
		w.Clock.Forward(time.Minute)
		f := Filing()
		req := Request(Citizen("amir"), f)
		signed, err := w.Lifecycle.Lodge(w.Ctx(), req, f) // in the backup's future: its leaf is another after the restore
		if err != nil {
			t.Fatal(err)
		}
		receipt := resigned(t, w, signed.Receipt)
		w.want(verify.NotVerified, receipt, w.sequencedProof(signed.Case))

		w.Clock.Forward(time.Minute)
		*w.epoch = "second"
		w.sequence()
		w.want(verify.Lost, receipt, w.proof(signed.Case))
		r := w.want(verify.Verified, kept.Receipt, w.proof(kept.Case))
		if r.Checkpoint.Epoch != "second" || len(w.proof(kept.Case).Epochs) != 1 {
			t.Errorf("epoch %q, epochs %q", r.Checkpoint.Epoch, w.proof(kept.Case).Epochs)
		}
		old, err := w.policy().Keys.Open(before)
		if err != nil {
			t.Fatal(err)
		}
		opened, err := w.policy().Keys.Open(w.proof(kept.Case).Epochs[0])
		if err != nil || opened.Previous == nil || opened.Previous.Epoch != "first" || opened.Previous.Size != 2 {
			t.Fatalf("the new epoch begins with %+v (%v)", opened, err)
		}
		proof, err := w.log.Consistency(w.Ctx(), old.Size, opened.Size)
		if err != nil || !verify.Consistent(old, opened, proof) {
			t.Errorf("the old tree is not in the new one: %v", err)
		}
		later := w.lodge()
		w.sequence()
		w.want(verify.Verified, later.Receipt, w.proof(later.Case))
		w.sound()
	})
}

func (w *world) sequencedProof(id string) verify.Proof {
	w.t.Helper()
	w.sequence()
	return w.proof(id)
}

// resigned is the receipt of another life of the data: the same promise with
// another leaf.
func resigned(t *testing.T, w *world, receipt string) string {
	t.Helper()
	r, err := verify.ParseReceipt(receipt)
	if err != nil {
		t.Fatal(err)
	}
	r.Leaf[0] ^= 1
	return r.Message() + "|" + w.Keys.Sign([]byte(r.Message()))
}

// TestTwoNodes: of two workers one holds the lease; the other takes over when it
// runs out, and nothing has two places or none.
func TestTwoNodes(t *testing.T) {
	both.Each(t, func(t *testing.T, n *Node) {
		w := newWorld(t, n)
		other := w.newLog(w.Store)
		for range 20 {
			w.lodge()
		}
		if n, err := other.Sequence(w.Ctx()); err != nil || n != 20 {
			t.Fatalf("the first placed %d (%v)", n, err)
		}
		w.lodge()
		if n := w.sequence(); n != 0 {
			t.Errorf("placed %d without the lease", n)
		}
		w.Clock.Forward(time.Minute)
		if n := w.sequence(); n != 1 {
			t.Errorf("placed %d after the lease ran out", n)
		}
		if n, err := other.Sequence(w.Ctx()); err != nil || n != 0 {
			t.Errorf("the old holder placed %d (%v)", n, err)
		}
		// All at once, on leaves of a size that takes several steps.
		workers := []*transparency.Log{w.log, other, w.newLog(w.Store), w.newLog(w.Store)}
		for range 30 {
			w.lodge()
		}
		w.Clock.Forward(time.Minute)
		done := make(chan error)
		for _, l := range workers {
			go func() {
				_, err := l.Sequence(context.Background())
				done <- err
			}()
		}
		for range workers {
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
		w.Clock.Forward(time.Minute)
		w.sequence()
		w.sound()
	})
}

// TestLongLog: proofs hold across many batches and full tiles, also from
// checkpoints long ago.
func TestLongLog(t *testing.T) {
	both.Each(t, func(t *testing.T, n *Node) {
		w := newWorld(t, n)
		var all []lifecycle.Result
		for range 7 {
			for range 100 {
				all = append(all, w.lodge())
			}
			w.Clock.Forward(time.Second)
			w.sequence()
		}
		for i := 0; i < len(all); i += 53 {
			w.want(verify.Verified, all[i].Receipt, w.proof(all[i].Case))
		}
		if data, err := w.log.Tile(w.Ctx(), "tile/8/0/001"); err != nil || len(data) != 256*32 {
			t.Errorf("a full tile: %d bytes (%v)", len(data), err)
		}
		if data, err := w.log.Tile(w.Ctx(), "tile/8/1/000.p/2"); err != nil || len(data) != 2*32 {
			t.Errorf("a partial tile: %d bytes (%v)", len(data), err)
		}
		for _, none := range []string{"tile/8/0/005", "tile/8/0/002.p/255", "tile/4/0/001", "tile/8/data/000", "../keys", ""} {
			if _, err := w.log.Tile(w.Ctx(), none); !errors.Is(err, store.ErrNotFound) && none != "tile/8/0/002.p/255" {
				t.Errorf("tile %q: %v", none, err)
			}
		}
		for _, bad := range [][2]int64{{-1, 5}, {5, 4}, {1, 701}} {
			if _, err := w.log.Consistency(w.Ctx(), bad[0], bad[1]); !errors.Is(err, portal.ErrInvalid) {
				t.Errorf("consistency of %v: %v", bad, err)
			}
		}
		w.sound()
	})
}

// TestBeforeTheLog: events from before there was a log get their leaves, those
// that meet a new event at once and the others by the worker.
func TestBeforeTheLog(t *testing.T) {
	both.Each(t, func(t *testing.T, n *Node) {
		w := newWorld(t, n)
		old := unlogged{w.Store}
		service := *w.Lifecycle
		service.Store = old
		var ids []string
		for range 3 {
			f := Filing()
			res, err := service.Lodge(w.Ctx(), Request(Citizen("amir"), f), f)
			if err != nil {
				t.Fatal(err)
			}
			ids = append(ids, res.Case)
		}
		w.message(ids[0], "any news?")
		ctx, stop := context.WithCancel(w.Ctx())
		ran := make(chan struct{})
		go func() { w.log.Run(ctx); close(ran) }()
		for w.waitingFor(ids) {
			// The worker's first round needs no clock.
		}
		stop()
		<-ran
		for _, id := range ids {
			w.want(verify.Verified, "", w.proof(id))
		}
		w.sound()
	})
}

func (w *world) waitingFor(ids []string) bool {
	waiting := false
	w.View(func(tx store.Tx) error {
		leaves, err := tx.LeavesOf(w.Ctx(), ids)
		for _, id := range ids {
			waiting = waiting || len(leaves[id]) == 0 || leaves[id][0].Position < 0
		}
		return err
	})
	return waiting
}

// unlogged is a store of before there was a log.
type unlogged struct{ store.Store }

type unloggedTx struct{ store.Tx }

func (u unlogged) Update(ctx context.Context, f func(store.Tx) error) error {
	return u.Store.Update(ctx, func(tx store.Tx) error { return f(unloggedTx{tx}) })
}

func (unloggedTx) PutLeaf(context.Context, store.Leaf) error { return nil }

// TestWitnesses: cosignatures of known witnesses come with the checkpoint, and a
// reader may ask for as many as they trust.
func TestWitnesses(t *testing.T) {
	both.Each(t, func(t *testing.T, n *Node) {
		var vkeys []string
		var signers []note.Signer
		for _, name := range []string{"press.example", "bar.example", "stranger.example"} {
			skey, vkey, err := note.GenerateKey(rand.Reader, name)
			if err != nil {
				t.Fatal(err)
			}
			s, err := note.NewSigner(skey)
			if err != nil {
				t.Fatal(err)
			}
			vkeys, signers = append(vkeys, vkey), append(signers, s)
		}
		w := newWorld(t, n, vkeys[:2]...)
		c := w.lodge()
		w.sequence()
		if _, err := w.tryProof(c.Case, 1); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("no witness has signed: %v", err)
		}
		latest, err := w.log.Checkpoint(w.Ctx(), 0)
		if err != nil {
			t.Fatal(err)
		}
		cosign := func(i int, signed string) ([]string, error) {
			text, _, _ := strings.Cut(signed, "\n\n")
			only, err := note.Sign(&note.Note{Text: text + "\n"}, signers[i])
			if err != nil {
				t.Fatal(err)
			}
			line := string(only)[len(text)+2:]
			return w.log.Cosign(w.Ctx(), signed+line)
		}
		for i := range 2 {
			if names, err := cosign(i, latest); err != nil || len(names) != 1 || !strings.HasPrefix(vkeys[i], names[0]) {
				t.Errorf("cosigned by %v (%v)", names, err)
			}
		}
		if _, err := cosign(2, latest); !errors.Is(err, transparency.ErrWitness) {
			t.Errorf("a stranger cosigned: %v", err)
		}
		if _, err := w.log.Cosign(w.Ctx(), latest); !errors.Is(err, transparency.ErrWitness) {
			t.Errorf("nobody cosigned: %v", err)
		}
		w.message(c.Case, "later")
		w.Clock.Forward(time.Second)
		w.sequence()
		newest, err := w.log.Checkpoint(w.Ctx(), 0)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := cosign(0, newest); err != nil {
			t.Fatal(err)
		}
		for k, size := range map[int]int64{0: 2, 1: 2, 2: 1} {
			signed, err := w.log.Checkpoint(w.Ctx(), k)
			if err != nil {
				t.Fatal(err)
			}
			if got, err := w.policy().Keys.Open(signed); err != nil || got.Size != size || len(got.Witnesses) < k {
				t.Errorf("with %d witnesses: %+v (%v)", k, got, err)
			}
		}
		proof, err := w.tryProof(c.Case, 2)
		if err != nil {
			t.Fatal(err)
		}
		strict := w.policy()
		strict.Quorum = 2
		if r := strict.Verify(c.Receipt, proof); r.Outcome != verify.Pending || !r.Events[0].Placed {
			t.Errorf("with two witnesses the first event stands: %s (%s)", r.Outcome, r.Reason)
		}
		if r := strict.Verify(c.Receipt, w.proof(c.Case)); r.Outcome != verify.NotVerified {
			t.Errorf("one witness is not two: %s", r.Outcome)
		}
	})
}

// TestQuietLog: a checkpoint is signed anew now and then although nothing was
// added, and never dated before the last.
func TestQuietLog(t *testing.T) {
	both.Each(t, func(t *testing.T, n *Node) {
		w := newWorld(t, n)
		w.sequence()
		last := func() verify.Checkpoint {
			signed, err := w.log.Checkpoint(w.Ctx(), 0)
			if err != nil {
				t.Fatal(err)
			}
			c, err := w.policy().Keys.Open(signed)
			if err != nil {
				t.Fatal(err)
			}
			return c
		}
		first := last()
		w.Clock.Forward(time.Minute)
		w.sequence()
		if got := last(); !got.At.Equal(first.At) {
			t.Errorf("signed again after a minute: %s", got.At)
		}
		w.Clock.Forward(time.Hour)
		w.sequence()
		second := last()
		if second.At.Sub(first.At) != time.Hour+time.Minute {
			t.Errorf("signed again at %s", second.At)
		}
		w.Clock.Forward(-30 * time.Minute)
		w.lodge()
		w.sequence()
		if got := last(); got.At.Before(second.At) || got.Size != 1 {
			t.Errorf("after the clock went back: %+v", got)
		}
	})
}

// BenchmarkSequence places 10,000 leaves.
func BenchmarkSequence(b *testing.B) {
	for name, open := range map[string]func(testing.TB) store.Store{"sqlite": engines.SQLite, "postgres": both.Postgres} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				b.StopTimer()
				n := New(b, open(b))
				log, err := transparency.New(transparency.Config{Store: n.Store, Keys: n.Keys, Now: n.Clock.Now,
					Epoch: func(context.Context, store.Tx) (string, error) { return "bench", nil }})
				if err != nil {
					b.Fatal(err)
				}
				for i := range 100 {
					n.Update(func(tx store.Tx) error {
						for k := range 100 {
							l := store.Leaf{Case: fmt.Sprintf("%03d-%03d", i, k), N: 1, Opening: make([]byte, 97)}
							if _, err := rand.Read(l.Hash[:]); err != nil {
								return err
							}
							if err := tx.PutLeaf(n.Ctx(), l); err != nil {
								return err
							}
						}
						return nil
					})
				}
				b.StartTimer()
				if placed, err := log.Sequence(n.Ctx()); err != nil || placed != 10_000 {
					b.Fatalf("%d placed (%v)", placed, err)
				}
			}
		})
	}
}

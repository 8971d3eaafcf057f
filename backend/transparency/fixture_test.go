package transparency_test

import (
	"context"
	"testing"

	"github.com/citizens-portal/portal/backend/backendtest"
	"github.com/citizens-portal/portal/backend/lifecycle"
	"github.com/citizens-portal/portal/backend/portal"
	"github.com/citizens-portal/portal/backend/store"
	"github.com/citizens-portal/portal/backend/transparency"
	"github.com/citizens-portal/portal/sdk/verify"
)

// world is a node with a log whose epoch the test names.
type world struct {
	*backendtest.Node
	t         *testing.T
	log       *transparency.Log
	epoch     *string
	witnesses []string
}

func newWorld(t *testing.T, n *backendtest.Node, witnesses ...string) *world {
	t.Helper()
	epoch := "first"
	w := &world{Node: n, t: t, epoch: &epoch, witnesses: witnesses}
	w.log = w.newLog(n.Store)
	return w
}

// newLog gives another worker on the same data.
func (w *world) newLog(s store.Store) *transparency.Log {
	w.t.Helper()
	l, err := transparency.New(transparency.Config{
		Store: s, Keys: w.Keys, Now: w.Clock.Now, Witnesses: w.witnesses,
		Epoch: func(context.Context, store.Tx) (string, error) { return *w.epoch, nil },
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return l
}

func (w *world) sequence() int {
	w.t.Helper()
	n, err := w.log.Sequence(w.Ctx())
	if err != nil {
		w.t.Fatal(err)
	}
	return n
}

func (w *world) proof(id string) verify.Proof {
	w.t.Helper()
	p, err := w.tryProof(id, 0)
	if err != nil {
		w.t.Fatal(err)
	}
	return p
}

func (w *world) tryProof(id string, witnesses int) (p verify.Proof, err error) {
	err = w.Store.View(w.Ctx(), func(tx store.Tx) error {
		c, err := tx.Case(w.Ctx(), store.ScopeOf(portal.Actor{Kind: portal.SystemActor}), id)
		if err != nil {
			return err
		}
		p, err = w.log.Proof(w.Ctx(), tx, c, true, witnesses)
		return err
	})
	return p, err
}

func (w *world) policy() verify.Policy {
	w.t.Helper()
	k, err := verify.ParseKeys(w.log.Keys(), w.witnesses)
	if err != nil {
		w.t.Fatal(err)
	}
	return verify.Policy{Keys: k}
}

func (w *world) verify(receipt string, p verify.Proof) verify.Result {
	w.t.Helper()
	return w.policy().Verify(receipt, p)
}

func (w *world) want(outcome verify.Outcome, receipt string, p verify.Proof) verify.Result {
	w.t.Helper()
	r := w.verify(receipt, p)
	if r.Outcome != outcome {
		w.t.Errorf("%s (%s), want %s", r.Outcome, r.Reason, outcome)
	}
	return r
}

// sound wants a log that agrees with the events.
func (w *world) sound() {
	w.t.Helper()
	found, err := w.log.Check(w.Ctx())
	if err != nil {
		w.t.Fatal(err)
	}
	for _, line := range found {
		w.t.Error(line)
	}
}

func (w *world) lodge() lifecycle.Result {
	w.t.Helper()
	return w.Lodge(backendtest.Citizen("amir"), backendtest.Filing())
}

func (w *world) message(id, text string) {
	w.t.Helper()
	w.Act(backendtest.Citizen("amir"), lifecycle.Ask{Case: id, Action: portal.ActMessage, Text: text})
}

// lying is a store that shows other events than it holds, as one does whose
// rows were edited.
type lying struct {
	store.Store
	event func(*portal.Event)
	leaf  func(*store.Leaf)
}

type lyingTx struct {
	store.Tx
	l lying
}

func (l lying) View(ctx context.Context, f func(store.Tx) error) error {
	return l.Store.View(ctx, func(tx store.Tx) error { return f(lyingTx{tx, l}) })
}

func (l lying) Update(ctx context.Context, f func(store.Tx) error) error {
	return l.Store.Update(ctx, func(tx store.Tx) error { return f(lyingTx{tx, l}) })
}

func (t lyingTx) Events(ctx context.Context, id string, after int64) ([]portal.Event, error) {
	list, err := t.Tx.Events(ctx, id, after)
	t.edit(list)
	return list, err
}

func (t lyingTx) EventsOf(ctx context.Context, ids []string) (map[string][]portal.Event, error) {
	all, err := t.Tx.EventsOf(ctx, ids)
	for _, list := range all {
		t.edit(list)
	}
	return all, err
}

func (t lyingTx) edit(list []portal.Event) {
	for i := range list {
		if t.l.event != nil {
			t.l.event(&list[i])
		}
	}
}

func (t lyingTx) PlacedLeaves(ctx context.Context, from int64, limit int) ([]store.Leaf, error) {
	list, err := t.Tx.PlacedLeaves(ctx, from, limit)
	for i := range list {
		if t.l.leaf != nil {
			t.l.leaf(&list[i])
		}
	}
	return list, err
}

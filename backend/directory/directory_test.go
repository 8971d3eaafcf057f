package directory_test

import (
	"errors"
	"reflect"
	"testing"
	"time"

	. "github.com/citizens-portal/portal/backend/backendtest"
	"github.com/citizens-portal/portal/backend/backendtest/engines"
	"github.com/citizens-portal/portal/backend/directory"
	"github.com/citizens-portal/portal/backend/portal"
	"github.com/citizens-portal/portal/backend/seed/seedtest"
	"github.com/citizens-portal/portal/backend/store"
)

func put(n *Node, data portal.Dataset) error {
	return n.Store.Update(n.Ctx(), func(tx store.Tx) error { return directory.Put(n.Ctx(), tx, data) })
}

// TestRoundTrip: what was put is read as it was, in the order it was put.
func TestRoundTrip(t *testing.T) {
	both.Each(t, func(t *testing.T, n *Node) {
		if got, want := n.Directory.Current(n.Ctx()).Data(), seedtest.Testland(); !reflect.DeepEqual(got, want) {
			t.Errorf("read\n%+v\nwant\n%+v", got, want)
		}
	})
}

func TestEmpty(t *testing.T) {
	d, err := directory.New(t.Context(), engines.SQLite(t), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	if data := d.Current(t.Context()).Data(); len(data.Areas)+len(data.Offices)+len(data.Officers) != 0 {
		t.Errorf("an empty store has %+v", data)
	}
}

// TestOtherNodes: a change on one node is seen on another once its snapshot is
// stale, and at once after Reload.
func TestOtherNodes(t *testing.T) {
	both.Each(t, func(t *testing.T, n *Node) {
		other := n.Beside(n.Store)
		stops := func(n *Node) bool {
			o, _ := n.Directory.Current(n.Ctx()).Officer("clerk.oasis")
			return o.Disabled
		}
		if stops(n) || stops(other) {
			t.Fatal("disabled before")
		}
		o := n.Officer("clerk.oasis").Officer
		o.Disabled = true
		if err := put(n, portal.Dataset{Officers: []portal.Officer{o}}); err != nil {
			t.Fatal(err)
		}
		n.Clock.Forward(directory.Staleness - time.Millisecond)
		if stops(other) {
			t.Error("a fresh snapshot was read again")
		}
		if err := n.Directory.Reload(n.Ctx()); err != nil || !stops(n) {
			t.Errorf("after Reload: %v", err)
		}
		n.Clock.Forward(time.Millisecond)
		if !stops(other) {
			t.Error("a stale snapshot was believed")
		}
		// The others are untouched.
		if head, ok := other.Directory.Current(n.Ctx()).Officer("reeve.oasis"); !ok || head.Disabled {
			t.Errorf("another officer: %+v", head)
		}
	})
}

// TestUnchangedIsNotReadAgain: as long as nothing changes, snapshots are one.
func TestUnchangedIsNotReadAgain(t *testing.T) {
	both.Each(t, func(t *testing.T, n *Node) {
		first := n.Directory.Current(n.Ctx())
		n.Clock.Forward(time.Hour)
		if n.Directory.Current(n.Ctx()) != first {
			t.Error("read again though nothing changed")
		}
		n.Clock.Forward(-2 * time.Hour) // the clock was set back
		if n.Directory.Current(n.Ctx()) != first {
			t.Error("read again though nothing changed")
		}
	})
}

// TestStoreDoesNotAnswer: the last good snapshot is used.
func TestStoreDoesNotAnswer(t *testing.T) {
	n := New(t, engines.SQLite(t))
	first := n.Directory.Current(n.Ctx())
	if err := n.Store.Close(); err != nil {
		t.Fatal(err)
	}
	n.Clock.Forward(time.Hour)
	if n.Directory.Current(n.Ctx()) != first {
		t.Error("the last good snapshot was lost")
	}
	if err := n.Directory.Reload(n.Ctx()); !errors.Is(err, store.ErrClosed) {
		t.Errorf("Reload: %v", err)
	}
}

// TestInvalidChangesNothing: what would not make a directory is refused whole.
func TestInvalidChangesNothing(t *testing.T) {
	both.Each(t, func(t *testing.T, n *Node) {
		err := put(n, portal.Dataset{
			Officers: []portal.Officer{{ID: "new.oasis", Name: "New", Office: "reeve-oasis-oasis", Post: portal.Staff}},
			Offices:  []portal.Office{{ID: "lost", Kind: portal.Chain, Area: "tl/nowhere"}},
		})
		if !errors.Is(err, portal.ErrInvalid) {
			t.Fatalf("error %v", err)
		}
		if err := n.Directory.Reload(n.Ctx()); err != nil {
			t.Fatal(err)
		}
		if _, ok := n.Directory.Current(n.Ctx()).Officer("new.oasis"); ok {
			t.Error("half of it was kept")
		}
	})
}

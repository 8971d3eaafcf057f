package storetest

import (
	"errors"
	"fmt"
	"path/filepath"
	"reflect"
	"time"

	"github.com/citizens-portal/portal/backend/store"
)

func leafOf(i int, n int64) store.Leaf {
	return store.Leaf{Case: caseID(i), N: n, Hash: [32]byte{byte(i), byte(n), 0xff}, Opening: []byte{0, byte(i), byte(n)}, Position: store.Waiting}
}

func (f *fixture) placed(i int, n, position int64) store.Leaf {
	l := leafOf(i, n)
	l.Position = position
	return l
}

// logLeaves: leaves wait, are placed once and in order, and are found either way.
func logLeaves(f *fixture) {
	f.fill(0, 4)
	f.update(func(tx store.Tx) error {
		if _, err := tx.LastLeaf(f.ctx, caseID(0)); !errors.Is(err, store.ErrNotFound) {
			f.Errorf("a case without a leaf: %v", err)
		}
		for _, l := range []store.Leaf{leafOf(1, 1), leafOf(0, 1), leafOf(0, 2)} {
			if err := tx.PutLeaf(f.ctx, l); err != nil {
				return err
			}
		}
		last, err := tx.LastLeaf(f.ctx, caseID(0))
		if err != nil || !reflect.DeepEqual(last, leafOf(0, 2)) {
			f.Errorf("in its own transaction the last leaf is %+v (%v)", last, err)
		}
		return nil
	})
	f.wantErr(f.s.Update(f.ctx, func(tx store.Tx) error { return tx.PutLeaf(f.ctx, leafOf(0, 2)) }), store.ErrExists)
	f.update(func(tx store.Tx) error {
		ids, err := tx.Unlogged(f.ctx, 10)
		if want := []string{caseID(2), caseID(3)}; err != nil || !reflect.DeepEqual(ids, want) {
			f.Errorf("without a leaf: %v (%v), want %v", ids, err, want)
		}
		waiting, err := tx.WaitingLeaves(f.ctx, 2)
		if want := []store.Leaf{leafOf(0, 1), leafOf(0, 2)}; err != nil || !reflect.DeepEqual(waiting, want) {
			f.Errorf("waiting: %+v (%v), want %+v", waiting, err, want)
		}
		return tx.PlaceLeaves(f.ctx, 0, waiting)
	})
	f.reopen()
	f.update(func(tx store.Tx) error { return tx.PutLeaf(f.ctx, leafOf(0, 3)) })
	f.view(func(tx store.Tx) error {
		leaves, err := tx.LeavesOf(f.ctx, []string{caseID(0), caseID(1), caseID(2)})
		want := map[string][]store.Leaf{caseID(0): {f.placed(0, 1, 0), f.placed(0, 2, 1), leafOf(0, 3)}, caseID(1): {leafOf(1, 1)}}
		if err != nil || !reflect.DeepEqual(leaves, want) {
			f.Errorf("leaves: %+v (%v), want %+v", leaves, err, want)
		}
		if last, err := tx.LastLeaf(f.ctx, caseID(0)); err != nil || last.N != 3 {
			f.Errorf("last leaf: %+v (%v)", last, err)
		}
		placed, err := tx.PlacedLeaves(f.ctx, 1, 10)
		if err != nil || !reflect.DeepEqual(placed, []store.Leaf{f.placed(0, 2, 1)}) {
			f.Errorf("placed from 1: %+v (%v)", placed, err)
		}
		return nil
	})
	again := f.s.Update(f.ctx, func(tx store.Tx) error { return tx.PlaceLeaves(f.ctx, 2, []store.Leaf{leafOf(0, 1)}) })
	taken := f.s.Update(f.ctx, func(tx store.Tx) error { return tx.PlaceLeaves(f.ctx, 1, []store.Leaf{leafOf(1, 1)}) })
	if again == nil || taken == nil {
		f.Errorf("placed twice: %v; one place for two: %v", again, taken)
	}
	for _, l := range []store.Leaf{{Case: caseID(0), N: 1, Opening: []byte("gone")}, {Case: caseID(1), N: 1, Opening: []byte("gone too")}} {
		f.update(func(tx store.Tx) error { return tx.Reopen(f.ctx, l) })
	}
	f.view(func(tx store.Tx) error {
		leaves, err := tx.LeavesOf(f.ctx, []string{caseID(0), caseID(1)})
		if string(leaves[caseID(0)][0].Opening) != "gone" || string(leaves[caseID(1)][0].Opening) != "gone too" || leaves[caseID(0)][0].Hash != leafOf(0, 1).Hash {
			f.Errorf("reopened: %+v (%v)", leaves, err)
		}
		return err
	})
}

// logDue: what is claimed together has its newest leaves at hand.
func logDue(f *fixture) {
	f.fill(0, 2)
	f.update(func(tx store.Tx) error { return tx.PutLeaf(f.ctx, leafOf(1, 1)) })
	f.update(func(tx store.Tx) error {
		due, err := tx.Due(f.ctx, store.TimerEscalate, epoch.Add(30*day), 10)
		if err != nil || len(due) != 2 {
			f.Fatalf("due: %d (%v)", len(due), err)
		}
		last, err := tx.LastLeaf(f.ctx, caseID(1))
		if err != nil || last.N != 1 {
			f.Errorf("last leaf: %+v (%v)", last, err)
		}
		return nil
	})
}

// logTree: tiles are replaced, checkpoints are found by what they hold, and a
// backup has all of it.
func logTree(f *fixture) {
	f.view(func(tx store.Tx) error {
		_, none := tx.LastCheckpoint(f.ctx)
		f.wantErr(none, store.ErrNotFound)
		_, none = tx.LogTile(f.ctx, 0, 0)
		f.wantErr(none, store.ErrNotFound)
		return nil
	})
	var made []store.Checkpoint
	for n, size := range []int64{0, 3, 3, 8} {
		c := store.Checkpoint{N: int64(n + 1), Size: size, At: epoch.Add(time.Duration(n) * time.Millisecond), Note: fmt.Sprintf("check\npoint %d\n\n— sig\n", n)}
		made = append(made, c)
		f.update(func(tx store.Tx) error {
			if err := tx.PutLogTile(f.ctx, 0, 7, []byte{0, 1, byte(n)}); err != nil {
				return err
			}
			return tx.PutCheckpoint(f.ctx, c)
		})
	}
	f.fill(0, 1)
	f.update(func(tx store.Tx) error { return tx.PutLeaf(f.ctx, leafOf(0, 1)) })
	f.update(func(tx store.Tx) error { return tx.PlaceLeaves(f.ctx, 0, []store.Leaf{leafOf(0, 1)}) })
	f.wantErr(f.s.Update(f.ctx, func(tx store.Tx) error { return tx.PutCheckpoint(f.ctx, made[3]) }), store.ErrExists)
	f.logTreeIs(made)

	file := filepath.Join(f.TempDir(), "backup")
	if err := f.s.Backup(f.ctx, file); err != nil {
		f.Fatal(err)
	}
	h, err := f.h.Restore(f.T, file)
	if err != nil {
		f.Fatal(err)
	}
	copied := newFixture(f.T, h)
	copied.logTreeIs(made)
	copied.view(func(tx store.Tx) error {
		placed, err := tx.PlacedLeaves(f.ctx, 0, 5)
		if err != nil || !reflect.DeepEqual(placed, []store.Leaf{f.placed(0, 1, 0)}) {
			f.Errorf("restored leaves: %+v (%v)", placed, err)
		}
		return nil
	})
}

func (f *fixture) logTreeIs(made []store.Checkpoint) {
	f.Helper()
	f.view(func(tx store.Tx) error {
		if tile, err := tx.LogTile(f.ctx, 0, 7); err != nil || string(tile) != "\x00\x01\x03" {
			f.Errorf("tile: %q (%v)", tile, err)
		}
		last, err := tx.LastCheckpoint(f.ctx)
		if err != nil || last != made[3] {
			f.Errorf("last: %+v (%v)", last, err)
		}
		for position, want := range map[int64]store.Checkpoint{0: made[1], 2: made[1], 3: made[3], 7: made[3]} {
			if c, err := tx.CheckpointOver(f.ctx, position); err != nil || c != want {
				f.Errorf("over %d: %+v (%v), want %+v", position, c, err, want)
			}
		}
		_, none := tx.CheckpointOver(f.ctx, 8)
		f.wantErr(none, store.ErrNotFound)
		if list, err := tx.CheckpointsOf(f.ctx, 3); err != nil || !reflect.DeepEqual(list, made[1:3]) {
			f.Errorf("of size 3: %+v (%v)", list, err)
		}
		return nil
	})
	if err := f.s.View(f.ctx, func(tx store.Tx) error { return tx.PutLeaf(f.ctx, leafOf(0, 9)) }); err == nil {
		f.Error("a view wrote a leaf")
	}
}

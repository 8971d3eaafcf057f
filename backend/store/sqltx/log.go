package sqltx

import (
	"context"
	"errors"
	"fmt"

	"github.com/citizens-portal/portal/backend/store"
)

// The log lies in tables of its own: leaves that wait for a place, leaves that
// have one, the tree's hashes in tiles, and checkpoints. An event's transaction
// only ever adds to the first.

const (
	insertWaiting = "INSERT INTO log_waiting (case_id, n, leaf, opening) VALUES (?, ?, ?, ?)"
	lastLeaf      = `SELECT case_id, n, leaf, opening, -1 FROM log_waiting WHERE case_id = ?
UNION ALL SELECT case_id, n, leaf, opening, pos FROM log_entry WHERE case_id = ? ORDER BY 2 DESC LIMIT 1`
	placeLeaf  = "INSERT INTO log_entry (case_id, n, leaf, opening, pos) VALUES (?, ?, ?, ?, ?)"
	takeLeaf   = "DELETE FROM log_waiting WHERE case_id = ? AND n = ?"
	putLogTile = `INSERT INTO log_tile (level, idx, hashes) VALUES (?, ?, ?)
ON CONFLICT (level, idx) DO UPDATE SET hashes = excluded.hashes`
	unlogged = `SELECT c.id FROM cases c WHERE NOT EXISTS (SELECT 1 FROM log_entry e WHERE e.case_id = c.id)
AND NOT EXISTS (SELECT 1 FROM log_waiting w WHERE w.case_id = c.id) ORDER BY c.id LIMIT ?`
	selectCheckpoint = "SELECT n, size, at, note FROM log_checkpoint"
)

// PutLeaf implements store.LogTx.
func (t *Tx) PutLeaf(ctx context.Context, l store.Leaf) error {
	if err := t.queue(ctx, nil, insertWaiting, l.Case, l.N, l.Hash[:], nonNil(l.Opening)); err != nil {
		return err
	}
	l.Position = store.Waiting
	t.keepHead(l)
	return nil
}

func (t *Tx) keepHead(l store.Leaf) {
	if t.heads == nil {
		t.heads = map[string]store.Leaf{}
	}
	t.heads[l.Case] = l
}

// LastLeaf implements store.LogTx. Cases that were claimed together have theirs
// read together.
func (t *Tx) LastLeaf(ctx context.Context, caseID string) (store.Leaf, error) {
	if l, ok := t.heads[caseID]; ok {
		return l, nil
	}
	if !storable(caseID) {
		return store.Leaf{}, store.ErrNotFound
	}
	var l store.Leaf
	err := t.one(ctx, func(r Rows) (err error) {
		l, err = scanLeaf(r)
		return err
	}, lastLeaf, caseID, caseID)
	return l, err
}

// readHeads reads the newest leaves of cases that are about to change.
func (t *Tx) readHeads(ctx context.Context, ids []string) error {
	leaves, err := t.LeavesOf(ctx, ids)
	for _, list := range leaves {
		t.keepHead(list[len(list)-1])
	}
	return err
}

func scanLeaf(r Rows) (store.Leaf, error) {
	var l store.Leaf
	var hash []byte
	if err := r.Scan(&l.Case, &l.N, &hash, &l.Opening, &l.Position); err != nil {
		return store.Leaf{}, err
	}
	if len(hash) != len(l.Hash) {
		return store.Leaf{}, fmt.Errorf("leaf %d of case %s has %d bytes", l.N, l.Case, len(hash))
	}
	l.Hash, l.Opening = [32]byte(hash), nonNil(l.Opening)
	return l, nil
}

// LeavesOf implements store.LogTx.
func (t *Tx) LeavesOf(ctx context.Context, ids []string) (map[string][]store.Leaf, error) {
	out := make(map[string][]store.Leaf, len(ids))
	add := func(r Rows) error {
		l, err := scanLeaf(r)
		out[l.Case] = append(out[l.Case], l)
		return err
	}
	// A case's waiting leaves are newer than its placed ones.
	if err := t.eachOf(ctx, ids, add, "SELECT case_id, n, leaf, opening, pos FROM log_entry WHERE case_id IN ", " ORDER BY case_id, n"); err != nil {
		return nil, err
	}
	err := t.eachOf(ctx, ids, add, "SELECT case_id, n, leaf, opening, -1 FROM log_waiting WHERE case_id IN ", " ORDER BY case_id, n")
	return out, err
}

// Reopen implements store.LogTx.
func (t *Tx) Reopen(ctx context.Context, l store.Leaf) error {
	for _, table := range []string{"log_entry", "log_waiting"} {
		if err := t.queue(ctx, nil, "UPDATE "+table+" SET opening = ? WHERE case_id = ? AND n = ?", nonNil(l.Opening), l.Case, l.N); err != nil {
			return err
		}
	}
	delete(t.heads, l.Case)
	return nil
}

// Unlogged implements store.LogTx.
func (t *Tx) Unlogged(ctx context.Context, limit int) ([]string, error) {
	var out []string
	err := t.each(ctx, func(r Rows) error {
		var id string
		err := r.Scan(&id)
		out = append(out, id)
		return err
	}, unlogged, int64(max(limit, 0)))
	return out, err
}

// WaitingLeaves implements store.LogTx.
func (t *Tx) WaitingLeaves(ctx context.Context, limit int) ([]store.Leaf, error) {
	return t.leaves(ctx, "SELECT case_id, n, leaf, opening, -1 FROM log_waiting ORDER BY case_id, n LIMIT ?", int64(max(limit, 0)))
}

// PlacedLeaves implements store.LogTx.
func (t *Tx) PlacedLeaves(ctx context.Context, from int64, limit int) ([]store.Leaf, error) {
	return t.leaves(ctx, "SELECT case_id, n, leaf, opening, pos FROM log_entry WHERE pos >= ? ORDER BY pos LIMIT ?", from, int64(max(limit, 0)))
}

func (t *Tx) leaves(ctx context.Context, query string, args ...any) ([]store.Leaf, error) {
	var out []store.Leaf
	err := t.each(ctx, func(r Rows) error {
		l, err := scanLeaf(r)
		out = append(out, l)
		return err
	}, query, args...)
	return out, err
}

// errNotWaiting means that a leaf was to be placed that nobody waits for.
var errNotWaiting = errors.New("a leaf to be placed in the log is not waiting")

// PlaceLeaves implements store.LogTx.
func (t *Tx) PlaceLeaves(ctx context.Context, from int64, leaves []store.Leaf) error {
	for i, l := range leaves {
		if err := t.queue(ctx, errNotWaiting, takeLeaf, l.Case, l.N); err != nil {
			return err
		}
		if err := t.queue(ctx, nil, placeLeaf, l.Case, l.N, l.Hash[:], nonNil(l.Opening), from+int64(i)); err != nil {
			return err
		}
	}
	clear(t.heads)
	return nil
}

// LogTile implements store.LogTx.
func (t *Tx) LogTile(ctx context.Context, level int, n int64) ([]byte, error) {
	var hashes []byte
	err := t.one(ctx, func(r Rows) error { return r.Scan(&hashes) }, "SELECT hashes FROM log_tile WHERE level = ? AND idx = ?", int64(level), n)
	return nonNil(hashes), err
}

// PutLogTile implements store.LogTx.
func (t *Tx) PutLogTile(ctx context.Context, level int, n int64, hashes []byte) error {
	return t.queue(ctx, nil, putLogTile, int64(level), n, hashes)
}

// PutCheckpoint implements store.LogTx.
func (t *Tx) PutCheckpoint(ctx context.Context, c store.Checkpoint) error {
	return t.queue(ctx, nil, "INSERT INTO log_checkpoint (n, size, at, note) VALUES (?, ?, ?, ?)", c.N, c.Size, millis(c.At), c.Note)
}

// LastCheckpoint implements store.LogTx.
func (t *Tx) LastCheckpoint(ctx context.Context) (store.Checkpoint, error) {
	return t.checkpoint(ctx, selectCheckpoint+" ORDER BY n DESC LIMIT 1")
}

// CheckpointOver implements store.LogTx.
func (t *Tx) CheckpointOver(ctx context.Context, position int64) (store.Checkpoint, error) {
	return t.checkpoint(ctx, selectCheckpoint+" WHERE size > ? ORDER BY size, n LIMIT 1", position)
}

func (t *Tx) checkpoint(ctx context.Context, query string, args ...any) (store.Checkpoint, error) {
	var c store.Checkpoint
	err := t.one(ctx, func(r Rows) (err error) {
		c, err = scanCheckpoint(r)
		return err
	}, query, args...)
	return c, err
}

func scanCheckpoint(r Rows) (store.Checkpoint, error) {
	var c store.Checkpoint
	var at int64
	err := r.Scan(&c.N, &c.Size, &at, &c.Note)
	c.At = timeOf(at)
	return c, err
}

// CheckpointsOf implements store.LogTx.
func (t *Tx) CheckpointsOf(ctx context.Context, size int64) ([]store.Checkpoint, error) {
	var out []store.Checkpoint
	err := t.each(ctx, func(r Rows) error {
		c, err := scanCheckpoint(r)
		out = append(out, c)
		return err
	}, selectCheckpoint+" WHERE size = ? ORDER BY n", size)
	return out, err
}

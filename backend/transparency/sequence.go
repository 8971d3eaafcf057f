package transparency

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/citizens-portal/portal/backend/portal"
	"github.com/citizens-portal/portal/backend/store"
	"github.com/citizens-portal/portal/sdk/verify"
)

const (
	// batch is how many leaves one transaction places: enough to share the cost
	// of a checkpoint, few enough that a filing waits milliseconds behind it.
	batch = 512
	// stale is the age at which a checkpoint is signed anew although nothing was
	// added: readers and witnesses can tell a quiet log from a stopped one.
	stale = time.Hour

	kindLease = "lease"
	leaseName = "transparency-log/" // and the epoch: a restore brings no lease with it
	// leaseFor is how long the worker of a node that died holds up the others.
	leaseFor = 15 * time.Second

	kindEpoch   = "log-epoch"
	kindState   = "log-state"
	stateLogged = "logged"
)

// Run sequences until ctx ends. Any number of nodes may run it; one at a time
// holds the lease and works.
func (l *Log) Run(ctx context.Context) {
	ticker := time.NewTicker(l.Every)
	defer ticker.Stop()
	for {
		if err := l.round(ctx); err != nil && ctx.Err() == nil {
			l.Log.ErrorContext(ctx, "transparency log; it is tried again", slog.Any("error", err))
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
	}
}

func (l *Log) round(ctx context.Context) error {
	if err := l.adopt(ctx); err != nil {
		return err
	}
	_, err := l.Sequence(ctx)
	return err
}

// Sequence places all leaves that wait, and tells how many this worker placed.
func (l *Log) Sequence(ctx context.Context) (int, error) {
	total := 0
	for {
		n, more, err := l.Step(ctx)
		total += n
		if err != nil || !more {
			return total, err
		}
	}
}

// Step is one transaction of the worker: it places up to a batch of leaves,
// grows the tree and signs a checkpoint, all or nothing. more is set when there
// may be more to do. It does nothing while another worker holds the lease.
func (l *Log) Step(ctx context.Context) (placed int, more bool, err error) {
	if needed, err := l.needed(ctx); err != nil || !needed {
		return 0, false, err
	}
	err = l.Store.Update(ctx, func(tx store.Tx) error {
		placed, more = 0, false
		held, err := l.hold(ctx, tx)
		if err != nil || !held {
			return err
		}
		placed, more, err = l.step(ctx, tx)
		return err
	})
	return placed, more, err
}

// needed looks whether there is work, without taking a turn at writing.
func (l *Log) needed(ctx context.Context) (needed bool, err error) {
	err = l.Store.View(ctx, func(tx store.Tx) error {
		if other, err := l.heldByOther(ctx, tx); err != nil || other {
			return err
		}
		waiting, err := tx.WaitingLeaves(ctx, 1)
		if err != nil || len(waiting) > 0 {
			needed = len(waiting) > 0
			return err
		}
		epoch, err := l.Epoch(ctx, tx)
		if err != nil {
			return err
		}
		_, last, found, err := l.last(ctx, tx)
		if err != nil {
			return err
		}
		own, err := l.signing()
		needed = !found || last.Epoch != epoch || l.Now().Sub(last.At) >= stale || err == nil && own.untold(last)
		return err
	})
	return needed, err
}

func (l *Log) heldByOther(ctx context.Context, tx store.Tx) (bool, error) {
	epoch, err := l.Epoch(ctx, tx)
	if err != nil {
		return false, err
	}
	r, err := tx.Record(ctx, kindLease, leaseName+epoch)
	if errors.Is(err, store.ErrNotFound) {
		return false, nil
	}
	return err == nil && string(r.Doc) != l.Holder && l.Now().Before(r.ExpiresAt), err
}

// hold takes or keeps the lease. What follows is in the same transaction, so
// that a worker whose lease ran out while it slept cannot write.
func (l *Log) hold(ctx context.Context, tx store.Tx) (bool, error) {
	epoch, err := l.Epoch(ctx, tx)
	if err != nil {
		return false, err
	}
	if err := tx.Lock(ctx, kindLease+"/"+leaseName); err != nil {
		return false, err
	}
	if other, err := l.heldByOther(ctx, tx); err != nil || other {
		return false, err
	}
	return true, tx.PutRecord(ctx, store.Record{Kind: kindLease, ID: leaseName + epoch, Doc: []byte(l.Holder), ExpiresAt: l.Now().Add(leaseFor)})
}

func (l *Log) step(ctx context.Context, tx store.Tx) (placed int, more bool, err error) {
	row, last, found, err := l.last(ctx, tx)
	if err != nil {
		return 0, false, err
	}
	epoch, err := l.Epoch(ctx, tx)
	if err != nil {
		return 0, false, err
	}
	next := verify.Checkpoint{Epoch: epoch, Size: last.Size, Root: last.Root, At: l.after(last.At)}
	if !found || last.Epoch != epoch {
		return 0, true, l.begin(ctx, tx, row, last, found, next)
	}
	waiting, err := tx.WaitingLeaves(ctx, batch)
	if err != nil {
		return 0, false, err
	}
	own, err := l.signing()
	if err != nil {
		return 0, false, err
	}
	if len(waiting) == 0 && next.At.Sub(last.At) < stale && !own.untold(last) {
		return 0, false, nil
	}
	if next.Root, err = grow(ctx, tx, last, waiting); err != nil {
		return 0, false, err
	}
	next.Size += int64(len(waiting))
	if err := tx.PlaceLeaves(ctx, last.Size, waiting); err != nil {
		return 0, false, err
	}
	return len(waiting), len(waiting) == batch, l.put(ctx, tx, row.N+1, next)
}

// after is now, but never before the checkpoint that went before.
func (l *Log) after(last time.Time) time.Time {
	now := l.Now().UTC().Truncate(time.Millisecond)
	if now.Before(last) {
		return last
	}
	return now
}

// begin opens an epoch: the first one of an empty log, or one that says where,
// as far as this store knows, the one before it ended.
func (l *Log) begin(ctx context.Context, tx store.Tx, row store.Checkpoint, last verify.Checkpoint, found bool, next verify.Checkpoint) error {
	if !found {
		empty, err := tlog.TreeHash(0, nil)
		if err != nil {
			return err
		}
		next.Root = empty
		return l.put(ctx, tx, 1, next)
	}
	next.Previous = &verify.Head{Epoch: last.Epoch, Size: last.Size, Root: last.Root}
	if err := l.put(ctx, tx, row.N+1, next); err != nil {
		return err
	}
	signed, err := tx.LastCheckpoint(ctx)
	if err != nil {
		return err
	}
	return tx.PutRecord(ctx, store.Record{Kind: kindEpoch, ID: fmt.Sprintf("%020d", row.N+1), Doc: []byte(signed.Note)})
}

func (l *Log) put(ctx context.Context, tx store.Tx, n int64, c verify.Checkpoint) error {
	signed, err := l.sign(c)
	if err != nil {
		return err
	}
	return tx.PutCheckpoint(ctx, store.Checkpoint{N: n, Size: c.Size, At: c.At, Note: signed})
}

// grow adds leaves to the tree of a checkpoint, stores the tiles that changed
// and gives the new root. What it reads is checked against the old root.
func grow(ctx context.Context, tx store.Tx, from verify.Checkpoint, leaves []store.Leaf) (verify.Hash, error) {
	if len(leaves) == 0 {
		return from.Root, nil
	}
	old := tlog.TileHashReader(tlog.Tree{N: from.Size, Hash: from.Root}, tiles{ctx, tx})
	fresh := map[int64]tlog.Hash{}
	read := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) { return readThrough(fresh, old, indexes) })
	size := from.Size
	for _, leaf := range leaves {
		hashes, err := tlog.StoredHashesForRecordHash(size, verify.RecordHash(leaf.Hash), read)
		if err != nil {
			return verify.Hash{}, fmt.Errorf("grow the log at %d: %w", size, err)
		}
		at := tlog.StoredHashIndex(0, size)
		for i, h := range hashes {
			fresh[at+int64(i)] = h
		}
		size++
	}
	for _, tile := range tlog.NewTiles(tileHeight, from.Size, size) {
		data, err := tlog.ReadTileData(tile, read)
		if err != nil {
			return verify.Hash{}, err
		}
		if err := tx.PutLogTile(ctx, tile.L, tile.N, data); err != nil {
			return verify.Hash{}, err
		}
	}
	return tlog.TreeHash(size, read)
}

// readThrough takes what is fresh from memory and asks the old tree for the
// rest at once.
func readThrough(fresh map[int64]tlog.Hash, old tlog.HashReader, indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	var missing []int64
	var at []int
	for i, x := range indexes {
		h, ok := fresh[x]
		if !ok {
			missing, at = append(missing, x), append(at, i)
		}
		out[i] = h
	}
	if len(missing) == 0 {
		return out, nil
	}
	hashes, err := old.ReadHashes(missing)
	if err != nil {
		return nil, err
	}
	for i, h := range hashes {
		out[at[i]] = h
		fresh[missing[i]] = h
	}
	return out, nil
}

// tileHeight: 256 hashes a tile.
const tileHeight = 8

// tiles reads tiles out of the store.
type tiles struct {
	ctx context.Context
	tx  store.Tx
}

// Height implements tlog.TileReader.
func (tiles) Height() int { return tileHeight }

// ReadTiles implements tlog.TileReader. A stored tile may have grown since; its
// beginning stays.
func (t tiles) ReadTiles(list []tlog.Tile) ([][]byte, error) {
	out := make([][]byte, len(list))
	for i, tile := range list {
		data, err := t.tx.LogTile(t.ctx, tile.L, tile.N)
		if err != nil {
			return nil, fmt.Errorf("tile %s: %w", tile.Path(), err)
		}
		if want := tile.W * tlog.HashSize; len(data) < want {
			return nil, fmt.Errorf("tile %s has %d bytes, not %d", tile.Path(), len(data), want)
		}
		out[i] = data[:tile.W*tlog.HashSize]
	}
	return out, nil
}

// SaveTiles implements tlog.TileReader: the store has them.
func (tiles) SaveTiles([]tlog.Tile, [][]byte) {}

// adopt gives leaves to the events of before there was a log, once. Their
// integration is late, and says so.
func (l *Log) adopt(ctx context.Context) error {
	for {
		var ids []string
		done := false
		err := l.Store.View(ctx, func(tx store.Tx) error {
			switch _, err := tx.Record(ctx, kindState, stateLogged); {
			case err == nil:
				done = true
				return nil
			case !errors.Is(err, store.ErrNotFound):
				return err
			}
			var err error
			ids, err = tx.Unlogged(ctx, batch)
			return err
		})
		if err != nil || done {
			return err
		}
		if err := l.Store.Update(ctx, func(tx store.Tx) error { return adoptCases(ctx, tx, ids) }); err != nil {
			return err
		}
		if len(ids) == 0 {
			return nil
		}
	}
}

func adoptCases(ctx context.Context, tx store.Tx, ids []string) error {
	if len(ids) == 0 {
		return tx.PutRecord(ctx, store.Record{Kind: kindState, ID: stateLogged, Doc: []byte("1")})
	}
	for _, id := range ids {
		c, err := tx.Case(ctx, store.ScopeOf(portal.Actor{Kind: portal.SystemActor}), id)
		if err != nil {
			return err
		}
		// Another node may have been here since the list was made.
		prev, err := tx.LastLeaf(ctx, id)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
		if err := (Sealer{}).catchUp(ctx, tx, c, prev); err != nil {
			return err
		}
	}
	return nil
}

package store

import (
	"context"
	"time"
)

// Leaf is an event's entry in the transparency log. It is written with its
// event, and gets its place in the log later, from one worker: the transaction
// of an event touches nothing that all share.
type Leaf struct {
	Case string
	N    int64
	// Hash is the event's leaf; Opening the secret values by which the event's
	// parts can be shown (package transparency knows their form).
	Hash    [32]byte
	Opening []byte
	// Position counts the log's leaves from 0; Waiting until it has one.
	Position int64
}

// Waiting is the position of a leaf that has none yet.
const Waiting = -1

// Checkpoint is one signed state of the log, in the order they were made.
type Checkpoint struct {
	N    int64 // from 1, without gaps
	Size int64
	At   time.Time
	// Note is the signed text.
	Note string
}

// LogTx keeps the transparency log. The store knows no hash of it.
type LogTx interface {
	// PutLeaf adds the leaf of an event of this transaction; it waits.
	PutLeaf(ctx context.Context, l Leaf) error
	// LastLeaf gives the leaf of a case's newest event; ErrNotFound for none.
	LastLeaf(ctx context.Context, caseID string) (Leaf, error)
	// LeavesOf gives the leaves of several cases, by id, in order of N.
	LeavesOf(ctx context.Context, ids []string) (map[string][]Leaf, error)
	// Reopen replaces the opening of a leaf: what was erased can be shown no more.
	Reopen(ctx context.Context, l Leaf) error
	// Unlogged lists cases that have no leaf, up to limit: those of before there
	// was a log.
	Unlogged(ctx context.Context, limit int) ([]string, error)

	// WaitingLeaves gives leaves without a place, a case's own in order.
	WaitingLeaves(ctx context.Context, limit int) ([]Leaf, error)
	// PlaceLeaves gives waiting leaves their places, from a position on.
	PlaceLeaves(ctx context.Context, from int64, leaves []Leaf) error
	// PlacedLeaves gives the leaves from a position on, in order.
	PlacedLeaves(ctx context.Context, from int64, limit int) ([]Leaf, error)
	// LogTile gives the tree's hashes of one tile, and PutLogTile replaces them;
	// ErrNotFound when it is not there.
	LogTile(ctx context.Context, level int, n int64) ([]byte, error)
	PutLogTile(ctx context.Context, level int, n int64, hashes []byte) error

	// PutCheckpoint appends a checkpoint. LastCheckpoint gives the newest, and
	// CheckpointOver the oldest with more leaves than a position; ErrNotFound
	// when there is none.
	PutCheckpoint(ctx context.Context, c Checkpoint) error
	LastCheckpoint(ctx context.Context) (Checkpoint, error)
	CheckpointOver(ctx context.Context, position int64) (Checkpoint, error)
	// CheckpointsOf gives all checkpoints with this many leaves, oldest first.
	CheckpointsOf(ctx context.Context, size int64) ([]Checkpoint, error)
}

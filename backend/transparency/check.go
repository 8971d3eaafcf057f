package transparency

import (
	"bytes"
	"context"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/citizens-portal/portal/backend/portal"
	"github.com/citizens-portal/portal/backend/store"
	"github.com/citizens-portal/portal/sdk/verify"
)

// maxFindings bounds what Check lists; a broken log has more of the same.
const maxFindings = 1000

// Check verifies the whole log against the events in the store, and lists what
// does not agree: each event against its leaf and predecessor, each leaf's
// place, each tile, and the last checkpoint. It needs memory for one page of
// cases and one tile a level.
func (l *Log) Check(ctx context.Context) ([]string, error) {
	c := &checker{log: l}
	err := l.Store.View(ctx, func(tx store.Tx) error {
		if err := c.cases(ctx, tx); err != nil {
			return err
		}
		return c.tree(ctx, tx)
	})
	return c.found, err
}

type checker struct {
	log    *Log
	found  []string
	leaves int64 // placed leaves that belong to an event
}

func (c *checker) wrong(format string, args ...any) {
	if len(c.found) < maxFindings {
		c.found = append(c.found, fmt.Sprintf("log: "+format, args...))
	}
}

// checkPage is how many cases are read at once.
const checkPage = 100

func (c *checker) cases(ctx context.Context, tx store.Tx) error {
	everything := store.ScopeOf(portal.Actor{Kind: portal.SystemActor})
	page := store.Page{Limit: checkPage}
	for {
		list, err := tx.Cases(ctx, everything, page)
		if err != nil || len(list) == 0 {
			return err
		}
		if err := c.page(ctx, tx, list); err != nil {
			return err
		}
		last := list[len(list)-1]
		page.BeforeTime, page.BeforeID = last.LodgedAt, last.ID
	}
}

func (c *checker) page(ctx context.Context, tx store.Tx, list []portal.Case) error {
	ids := make([]string, len(list))
	for i, k := range list {
		ids[i] = k.ID
	}
	bodies, err := tx.Bodies(ctx, ids)
	if err != nil {
		return err
	}
	events, err := tx.EventsOf(ctx, ids)
	if err != nil {
		return err
	}
	leaves, err := tx.LeavesOf(ctx, ids)
	if err != nil {
		return err
	}
	for _, k := range list {
		h := history{c: k, events: events[k.ID], leaves: leaves[k.ID]}
		if h.body, err = parseBody(bodies[k.ID]); err != nil {
			c.wrong("case %s: %v", k.ID, err)
			continue
		}
		c.history(h)
	}
	return nil
}

func (c *checker) history(h history) {
	if len(h.leaves) != len(h.events) {
		c.wrong("case %s has %d events and %d leaves", h.c.ID, len(h.events), len(h.leaves))
	}
	var before int64 = -1
	for i, l := range h.leaves {
		if l.Position >= 0 {
			c.leaves++
			if l.Position <= before {
				c.wrong("case %s: event %d stands at %d, the one before it at %d", h.c.ID, l.N, l.Position, before)
			}
			before = l.Position
		}
		if i >= len(h.events) {
			continue
		}
		o, err := parseOpening(l.Opening)
		if err != nil {
			c.wrong("case %s: event %d: %v", h.c.ID, l.N, err)
			continue
		}
		if l.N != h.events[i].N || h.sealed(i, o).leaf != l.Hash {
			c.wrong("case %s: event %d is not the one that was recorded", h.c.ID, h.events[i].N)
		}
	}
}

// tree recomputes the tiles from the leaves.
func (c *checker) tree(ctx context.Context, tx store.Tx) error {
	row, head, found, err := c.log.last(ctx, tx)
	if err != nil {
		c.wrong("the last checkpoint: %v", err)
		return nil
	}
	b := &builder{c: c, ctx: ctx, tx: tx}
	var next int64
	for {
		leaves, err := tx.PlacedLeaves(ctx, next, 1000)
		if err != nil {
			return err
		}
		for _, l := range leaves {
			if l.Position != next {
				c.wrong("the log has nothing at %d", next)
				next = l.Position
			}
			next++
			if err := b.add(0, verify.RecordHash(l.Hash)); err != nil {
				return err
			}
		}
		if len(leaves) == 0 {
			break
		}
	}
	if next != c.leaves {
		c.wrong("%d entries belong to no event", next-c.leaves)
	}
	switch {
	case !found && next == 0:
		return nil
	case !found || row.Size != next || head.Size != next:
		c.wrong("the last checkpoint has %d entries, the log %d", row.Size, next)
		return nil
	}
	if err := b.finish(); err != nil {
		return err
	}
	// The tiles are those of the leaves; now the root must follow from them.
	if root, err := tlog.TreeHash(next, reader(ctx, tx, head)); err != nil || root != head.Root {
		c.wrong("the last checkpoint is not of these entries")
	}
	return nil
}

// builder makes the tiles anew, level by level.
type builder struct {
	c      *checker
	ctx    context.Context
	tx     store.Tx
	levels []struct {
		hashes []tlog.Hash
		tile   int64
	}
}

const tileWidth = 1 << tileHeight

func (b *builder) add(level int, h tlog.Hash) error {
	if level == len(b.levels) {
		b.levels = append(b.levels, struct {
			hashes []tlog.Hash
			tile   int64
		}{})
	}
	at := &b.levels[level]
	if at.hashes = append(at.hashes, h); len(at.hashes) < tileWidth {
		return nil
	}
	if err := b.compare(level); err != nil {
		return err
	}
	up := at.hashes
	for len(up) > 1 {
		half := make([]tlog.Hash, len(up)/2)
		for i := range half {
			half[i] = tlog.NodeHash(up[2*i], up[2*i+1])
		}
		up = half
	}
	at.hashes, at.tile = at.hashes[:0], at.tile+1
	return b.add(level+1, up[0])
}

func (b *builder) finish() error {
	for level := range b.levels {
		if len(b.levels[level].hashes) > 0 {
			if err := b.compare(level); err != nil {
				return err
			}
		}
	}
	return nil
}

func (b *builder) compare(level int) error {
	at := b.levels[level]
	want := make([]byte, 0, len(at.hashes)*tlog.HashSize)
	for _, h := range at.hashes {
		want = append(want, h[:]...)
	}
	have, err := b.tx.LogTile(b.ctx, level, at.tile)
	if err != nil || !bytes.Equal(have, want) {
		b.c.wrong("tile %d of level %d is not made of the leaves", at.tile, level)
	}
	return b.ctx.Err()
}

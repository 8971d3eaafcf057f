// Package feed reads what changed for a viewer since their cursor: the events of
// the cases in their feeds, whole cases they were granted, tombstones of those
// they may no longer see, and a snapshot when the cursor is too old.
//
// It must never know HTTP or decide who may see what: entries were written by
// package lifecycle in the transaction that changed the case, and the scope of
// the viewer is checked again here. Start reading at Service.Pull.
package feed

import (
	"context"
	"slices"
	"time"

	"github.com/citizens-portal/portal/backend/portal"
	"github.com/citizens-portal/portal/backend/store"
)

// Viewer is who reads: an actor, and which cases stay hidden from their device
// because it is not approved yet (nil for none), by filing time.
type Viewer struct {
	Actor portal.Actor
	Hides func(lodgedAt time.Time) bool
}

// Feeds lists the feeds a viewer reads.
func (v Viewer) Feeds() []store.FeedID {
	scope := store.ScopeOf(v.Actor)
	if scope.Account() != "" {
		return []store.FeedID{store.CitizenFeed(scope.Account())}
	}
	var feeds []store.FeedID
	for _, o := range scope.Offices() {
		feeds = append(feeds, store.DeskFeed(o))
	}
	return feeds
}

// Cursor is how far a viewer has read a feed. Snapshot continues a snapshot.
type Cursor struct {
	N        int64
	Snapshot string
	// Reset asks for a snapshot: the viewer's copy belongs to another epoch.
	Reset bool
}

// Page is a stretch of one feed.
type Page struct {
	Feed             store.FeedID
	From, Next, Head int64
	Reset            bool
	Sum              int64 // on the last part of a snapshot
	Items            []Item
	More             bool
	SnapshotAfter    string
}

// Item is one entry with what it tells of.
type Item struct {
	Entry store.Entry
	// Case is set on the last item of a page that concerns it, with its body.
	Case   *portal.Case
	Body   []byte
	Events []portal.Event
	// Gone means that the viewer does not see the case any more.
	Gone bool
}

// Limits bound a page by entries and, roughly, by bytes on the wire.
type Limits struct{ Entries, Bytes int }

// Pull reads one page of a feed, inside the caller's transaction. The viewer
// must be a reader of the feed.
func Pull(ctx context.Context, tx store.Tx, v Viewer, id store.FeedID, c Cursor, lim Limits) (Page, error) {
	if !slices.Contains(v.Feeds(), id) {
		return Page{}, portal.ErrNotFound
	}
	head, err := tx.FeedHead(ctx, id)
	if err != nil {
		return Page{}, err
	}
	r := reader{tx: tx, viewer: v, scope: store.ScopeOf(v.Actor), limits: lim}
	if c.Reset || c.Snapshot != "" || c.N > head.N || c.N+1 < head.Oldest {
		return r.snapshot(ctx, id, head, c)
	}
	return r.entries(ctx, id, head, c)
}

type reader struct {
	tx     store.Tx
	viewer Viewer
	scope  store.Scope
	limits Limits
}

// entries reads what follows the cursor.
func (r reader) entries(ctx context.Context, id store.FeedID, head store.FeedHead, c Cursor) (Page, error) {
	page := Page{Feed: id, From: c.N, Next: c.N, Head: head.N}
	if c.N == head.N {
		return page, nil
	}
	entries, err := r.tx.FeedEntries(ctx, id, c.N, r.limits.Entries)
	if err != nil {
		return Page{}, err
	}
	cases, err := r.load(ctx, caseIDs(entries))
	if err != nil {
		return Page{}, err
	}
	size, last := 0, map[string]int{}
	for _, e := range entries {
		item := cases.item(e)
		if size += item.size(); size > r.limits.Bytes && len(page.Items) > 0 {
			break
		}
		last[e.Case] = len(page.Items)
		page.Items = append(page.Items, item)
		page.Next = e.N
	}
	for i := range page.Items {
		if last[page.Items[i].Entry.Case] != i {
			page.Items[i].Case, page.Items[i].Body = nil, nil
		}
	}
	page.More = page.Next < head.N
	return page, nil
}

// snapshot reads every case the viewer has now, in parts by case id. The cursor
// it ends with is where the feed stood at the first part, so what happened in
// between is read again, which changes nothing.
func (r reader) snapshot(ctx context.Context, id store.FeedID, head store.FeedHead, c Cursor) (Page, error) {
	page := Page{Feed: id, From: c.N, Next: c.N, Head: head.N, Reset: c.Snapshot == "", Sum: head.Sum}
	if page.Reset {
		page.From, page.Next = head.N, head.N
	}
	ids, err := r.tx.FeedCases(ctx, id, c.Snapshot, r.limits.Entries)
	if err != nil {
		return Page{}, err
	}
	cases, err := r.load(ctx, ids)
	if err != nil {
		return Page{}, err
	}
	size := 0
	for i, cid := range ids {
		item := cases.item(store.Entry{Type: store.EntryGrant, Case: cid})
		if size += item.size(); size > r.limits.Bytes && i > 0 {
			page.SnapshotAfter = ids[i-1]
			break
		}
		if !item.Gone {
			page.Items = append(page.Items, item)
		}
	}
	if page.SnapshotAfter == "" && len(ids) == r.limits.Entries {
		page.SnapshotAfter = ids[len(ids)-1]
	}
	page.More = page.SnapshotAfter != "" || page.Next < head.N
	return page, nil
}

func caseIDs(entries []store.Entry) []string {
	ids := make([]string, 0, len(entries))
	for _, e := range entries {
		if e.Type != store.EntryForget && !slices.Contains(ids, e.Case) {
			ids = append(ids, e.Case)
		}
	}
	return ids
}

// loaded holds the cases of a page that the viewer may see.
type loaded struct {
	cases  map[string]portal.Case
	bodies map[string][]byte
	events map[string][]portal.Event
}

func (r reader) load(ctx context.Context, ids []string) (loaded, error) {
	l := loaded{cases: make(map[string]portal.Case, len(ids))}
	if len(ids) == 0 {
		return l, nil
	}
	for _, id := range ids {
		c, err := r.tx.Case(ctx, r.scope, id)
		if err == portal.ErrNotFound { //nolint:errorlint // the contract returns it bare
			continue
		}
		if err != nil {
			return l, err
		}
		if r.viewer.Hides != nil && r.viewer.Hides(c.LodgedAt) {
			continue
		}
		l.cases[id] = c
	}
	var err error
	if l.bodies, err = r.tx.Bodies(ctx, ids); err != nil {
		return l, err
	}
	l.events, err = r.tx.EventsOf(ctx, ids)
	return l, err
}

// item dresses an entry. What the viewer cannot see any more by now is gone,
// whatever it was when it was written; its type stays, for the checksum.
func (l loaded) item(e store.Entry) Item {
	c, ok := l.cases[e.Case]
	if !ok || e.Type == store.EntryForget {
		return Item{Entry: e, Gone: true}
	}
	item := Item{Entry: e, Case: &c, Body: l.bodies[e.Case]}
	for _, ev := range l.events[e.Case] {
		if e.Type == store.EntryGrant || ev.N == e.Event {
			item.Events = append(item.Events, ev)
		}
	}
	return item
}

// size estimates an item's bytes on the wire: exact enough to bound a page.
func (i Item) size() int {
	n := 120
	if i.Case != nil {
		n += 700 + len(i.Body)
	}
	for _, e := range i.Events {
		n += 220 + len(e.Text)
	}
	return n
}

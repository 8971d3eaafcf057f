package sqltx

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/citizens-portal/portal/backend/portal"
	"github.com/citizens-portal/portal/backend/store"
)

// A feed is numbered by a row of its own: the row is raised as one of the last
// statements before commit and stays locked until then, so that the order of
// numbers is the order of commits and a reader can miss nothing. A database
// sequence would not do: its order is not that of commits.

const (
	raiseFeed = `INSERT INTO feed_head (feed, n, oldest, sum) VALUES (?, ?, 1, ?)
ON CONFLICT (feed) DO UPDATE SET n = feed_head.n + excluded.n, sum = (feed_head.sum + excluded.sum) % `
	appendFeed = `INSERT INTO feed_entry (feed, n, type, case_id, event, at)
SELECT feed, n - CAST(? AS BIGINT), CAST(? AS TEXT), CAST(? AS TEXT), CAST(? AS BIGINT), CAST(? AS BIGINT) FROM feed_head WHERE feed = ?`
)

// raiseFeedHead carries the modulus, which is no argument so that the statement
// is the same everywhere.
var raiseFeedHead = raiseFeed + strconv.FormatInt(store.ChecksumModulus, 10)

type publication struct {
	feed  store.FeedID
	entry store.Entry
}

// Publish implements store.FeedTx. The entry is kept until the end of the
// transaction; see Finish.
func (t *Tx) Publish(_ context.Context, f store.FeedID, e store.Entry) error {
	if !t.write {
		return ErrReadOnly
	}
	if err := checkKeys("feed", string(f), string(e.Type), e.Case); err != nil {
		return err
	}
	t.pending = append(t.pending, publication{f, e})
	return nil
}

func (t *Tx) flushFeeds(ctx context.Context) error {
	pending := t.pending
	t.pending = nil
	slices.SortStableFunc(pending, func(a, b publication) int { return strings.Compare(string(a.feed), string(b.feed)) })
	for len(pending) > 0 {
		feed, size := pending[0].feed, 1
		for size < len(pending) && pending[size].feed == feed {
			size++
		}
		if err := t.growFeed(ctx, feed, pending[:size]); err != nil {
			return err
		}
		t.published = append(t.published, feed)
		pending = pending[size:]
	}
	return nil
}

func (t *Tx) growFeed(ctx context.Context, feed store.FeedID, entries []publication) error {
	var sum int64
	for _, p := range entries {
		sum = (sum + store.ChecksumEntry(p.entry)) % store.ChecksumModulus
	}
	if err := t.queue(ctx, nil, raiseFeedHead, string(feed), int64(len(entries)), sum); err != nil {
		return err
	}
	for i, p := range entries {
		e := p.entry
		err := t.queue(ctx, nil, appendFeed, int64(len(entries)-1-i), string(e.Type), e.Case, e.Event, millis(e.At), string(feed))
		if err != nil {
			return err
		}
	}
	return nil
}

func sortedFeeds(feeds []store.FeedID) []store.FeedID {
	slices.Sort(feeds)
	return slices.Compact(feeds)
}

// FeedHead implements store.FeedTx. A feed that never had an entry is at 0, and
// the oldest it could give is 1.
func (t *Tx) FeedHead(ctx context.Context, f store.FeedID) (store.FeedHead, error) {
	if err := t.flushFeeds(ctx); err != nil {
		return store.FeedHead{}, err
	}
	head := store.FeedHead{Oldest: 1}
	if !storable(string(f)) {
		return head, nil
	}
	err := t.one(ctx, func(r Rows) error { return r.Scan(&head.N, &head.Oldest, &head.Sum) },
		"SELECT n, oldest, sum FROM feed_head WHERE feed = ?", string(f))
	if errors.Is(err, store.ErrNotFound) {
		return head, nil
	}
	return head, err
}

// FeedEntries implements store.FeedTx.
func (t *Tx) FeedEntries(ctx context.Context, f store.FeedID, after int64, limit int) ([]store.Entry, error) {
	if err := t.flushFeeds(ctx); err != nil {
		return nil, err
	}
	if limit <= 0 || !storable(string(f)) {
		return nil, nil
	}
	var out []store.Entry
	err := t.each(ctx, func(r Rows) error {
		var e store.Entry
		var kind string
		var at int64
		err := r.Scan(&e.N, &kind, &e.Case, &e.Event, &at)
		e.Type, e.At = store.EntryType(kind), timeOf(at)
		out = append(out, e)
		return err
	}, "SELECT n, type, case_id, event, at FROM feed_entry WHERE feed = ? AND n > ? ORDER BY n LIMIT ?", string(f), after, int64(limit))
	return out, err
}

// LongFeeds implements store.FeedTx. Nearly all feeds are short, so that the heads
// alone tell which are worth a look at their oldest entry.
func (t *Tx) LongFeeds(ctx context.Context, before time.Time, keep int64, limit int) ([]store.FeedID, error) {
	if err := t.flushFeeds(ctx); err != nil {
		return nil, err
	}
	var out []store.FeedID
	err := t.each(ctx, func(r Rows) error {
		var id string
		err := r.Scan(&id)
		out = append(out, store.FeedID(id))
		return err
	}, `SELECT h.feed FROM feed_head h JOIN feed_entry e ON e.feed = h.feed AND e.n = h.oldest
WHERE h.n - h.oldest >= ? AND e.at < ? ORDER BY h.feed LIMIT ?`, keep, millis(before), int64(limit))
	return out, err
}

// TrimFeed implements store.FeedTx. The head row is written first: whoever
// holds it grows or trims the feed.
func (t *Tx) TrimFeed(ctx context.Context, f store.FeedID, below int64) error {
	if err := t.flushFeeds(ctx); err != nil {
		return err
	}
	err := t.queue(ctx, nil, `UPDATE feed_head SET oldest = CASE WHEN n + 1 < ? THEN n + 1 ELSE CAST(? AS BIGINT) END WHERE feed = ? AND oldest < ?`, below, below, string(f), below)
	if err != nil {
		return err
	}
	return t.queue(ctx, nil, "DELETE FROM feed_entry WHERE feed = ? AND n < ?", string(f), below)
}

// FeedCases implements store.FeedTx.
func (t *Tx) FeedCases(ctx context.Context, f store.FeedID, afterID string, limit int) ([]string, error) {
	if limit <= 0 || !storable(string(f), afterID) {
		return nil, nil
	}
	query := "SELECT id FROM cases WHERE citizen = ? AND id > ? ORDER BY id LIMIT ?"
	owner, ok := strings.CutPrefix(string(f), "c:")
	if !ok {
		query = "SELECT case_id FROM desk WHERE office = ? AND case_id > ? ORDER BY case_id LIMIT ?"
		if owner, ok = strings.CutPrefix(string(f), "o:"); !ok {
			return nil, portal.Invalid("feed", "feed_unknown", "%q is not a feed", f)
		}
	}
	var out []string
	err := t.each(ctx, func(r Rows) error {
		var id string
		err := r.Scan(&id)
		out = append(out, id)
		return err
	}, query, owner, afterID, int64(limit))
	return out, err
}

package feed

import (
	"context"
	"time"

	"github.com/citizens-portal/portal/backend/store"
)

// Retention is how much of a feed is kept: entries that are younger than Age, and
// the last Entries whatever their age. A reader who is behind gets a snapshot,
// which forgets what it does not name; so tombstones need no time of their own.
type Retention struct {
	Age     time.Duration
	Entries int64
}

// Kept is what a server keeps unless told otherwise: a device that was away for a
// season reads on where it was.
func Kept() Retention { return Retention{Age: 90 * 24 * time.Hour, Entries: 500} }

// Bounds of one transaction of Trim, so that nobody who files waits long for it.
const (
	trimFeeds   = 16
	trimEntries = 500
)

// Trim deletes the entries beyond what is kept at a moment, of all feeds, in
// short transactions, and counts them.
func Trim(ctx context.Context, s store.Store, keep Retention, now time.Time) (entries int, err error) {
	before := now.Add(-keep.Age)
	for {
		gone := 0
		err := s.Update(ctx, func(tx store.Tx) error {
			gone = 0
			feeds, err := tx.LongFeeds(ctx, before, keep.Entries, trimFeeds)
			if err != nil {
				return err
			}
			for _, id := range feeds {
				n, err := trimOne(ctx, tx, id, keep.Entries, before)
				if err != nil {
					return err
				}
				gone += n
			}
			return nil
		})
		entries += gone
		if err != nil || gone == 0 {
			return entries, err
		}
	}
}

// trimOne deletes a feed's first entries up to the first that is to be kept.
func trimOne(ctx context.Context, tx store.Tx, id store.FeedID, keep int64, before time.Time) (int, error) {
	head, err := tx.FeedHead(ctx, id)
	if err != nil {
		return 0, err
	}
	entries, err := tx.FeedEntries(ctx, id, head.Oldest-1, trimEntries)
	if err != nil {
		return 0, err
	}
	gone := 0
	for _, e := range entries {
		if !e.At.Before(before) || e.N > head.N-keep {
			break
		}
		gone++
	}
	if gone == 0 {
		return 0, nil
	}
	return gone, tx.TrimFeed(ctx, id, head.Oldest+int64(gone))
}

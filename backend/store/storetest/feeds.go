package storetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/citizens-portal/portal/backend/portal"
	"github.com/citizens-portal/portal/backend/store"
)

func feeds(f *fixture) {
	const feed = store.FeedID("o:somewhere")
	entries := []store.Entry{
		{Type: store.EntryGrant, Case: "c1", At: epoch}, {Type: store.EntryEvent, Case: "c1", Event: 2, At: epoch},
		{Type: store.EntryForget, Case: "c1", At: epoch}, {Type: store.EntryEvent, Case: "c2", Event: 9, At: epoch},
	}
	f.update(func(tx store.Tx) error {
		for _, e := range entries[:3] {
			if err := tx.Publish(f.ctx, feed, e); err != nil {
				return err
			}
		}
		return nil
	})
	f.update(func(tx store.Tx) error { return tx.Publish(f.ctx, feed, entries[3]) })
	var sum int64
	for i := range entries {
		entries[i].N = int64(i + 1)
		sum = (sum + store.ChecksumEntry(entries[i])) % store.ChecksumModulus
	}
	f.view(func(tx store.Tx) error {
		head, err := tx.FeedHead(f.ctx, feed)
		if want := (store.FeedHead{N: 4, Oldest: 1, Sum: sum}); err != nil || head != want {
			f.Errorf("head is %+v (%v), want %+v", head, err, want)
		}
		for after := range int64(5) {
			for limit := range 5 {
				got, err := tx.FeedEntries(f.ctx, feed, after, limit)
				want := entries[after:min(int(after)+limit, 4)]
				if err != nil || !slices.Equal(got, want) {
					f.Errorf("after %d, limit %d: %+v (%v), want %+v", after, limit, got, err, want)
				}
			}
		}
		head, err = tx.FeedHead(f.ctx, "o:never")
		if want := (store.FeedHead{Oldest: 1}); err != nil || head != want {
			f.Errorf("the head of an unknown feed is %+v (%v)", head, err)
		}
		return nil
	})
}

func trimming(f *fixture) {
	const feed = store.FeedID("c:me")
	for i := range 10 {
		f.update(func(tx store.Tx) error {
			return tx.Publish(f.ctx, feed, store.Entry{Type: store.EntryForget, Case: fmt.Sprint(i), At: epoch})
		})
	}
	var sum int64
	for _, trim := range []struct{ below, oldest, left int64 }{{1, 1, 10}, {4, 4, 7}, {2, 4, 7}, {11, 11, 0}, {50, 11, 0}} {
		f.update(func(tx store.Tx) error { return tx.TrimFeed(f.ctx, feed, trim.below) })
		f.view(func(tx store.Tx) error {
			head, err := tx.FeedHead(f.ctx, feed)
			if err != nil || head.Oldest != trim.oldest || head.N != 10 {
				f.Errorf("trimmed below %d: head is %+v (%v)", trim.below, head, err)
			}
			if sum == 0 {
				sum = head.Sum
			}
			if head.Sum != sum {
				f.Errorf("trimming changed the checksum")
			}
			entries, err := tx.FeedEntries(f.ctx, feed, 0, 100)
			if int64(len(entries)) != trim.left {
				f.Errorf("trimmed below %d: %d entries are left (%v)", trim.below, len(entries), err)
			}
			return nil
		})
		f.check()
	}
	f.update(func(tx store.Tx) error {
		return tx.Publish(f.ctx, feed, store.Entry{Type: store.EntryEvent, Case: "x", At: epoch})
	})
	f.view(func(tx store.Tx) error {
		entries, err := tx.FeedEntries(f.ctx, feed, 10, 100)
		if len(entries) != 1 || entries[0].N != 11 {
			f.Errorf("after trimming all, the next entry is %+v", entries)
		}
		return err
	})
}

// longFeeds: both must hold, more than is kept and older than is kept.
func longFeeds(f *fixture) {
	for i := range 12 {
		f.update(func(tx store.Tx) error {
			e := store.Entry{Type: store.EntryForget, Case: fmt.Sprint(i), At: epoch.Add(time.Duration(i) * time.Hour)}
			if i%3 == 0 {
				if err := tx.Publish(f.ctx, "o:short", e); err != nil {
					return err
				}
			}
			return errors.Join(tx.Publish(f.ctx, "c:long", e), tx.Publish(f.ctx, "o:long", e))
		})
	}
	f.update(func(tx store.Tx) error { return tx.TrimFeed(f.ctx, "o:long", 6) })
	for _, c := range []struct {
		before time.Time
		keep   int64
		limit  int
		want   string
	}{
		{epoch.Add(time.Minute), 5, 9, "c:long"},
		{epoch.Add(time.Minute), 3, 9, "c:long o:short"},
		{epoch.Add(24 * time.Hour), 5, 9, "c:long o:long"},
		{epoch.Add(24 * time.Hour), 5, 1, "c:long"},
		{epoch.Add(24 * time.Hour), 7, 9, "c:long"},
		{epoch.Add(24 * time.Hour), 12, 9, ""},
		{epoch, 0, 9, ""},
	} {
		f.view(func(tx store.Tx) error {
			got, err := tx.LongFeeds(f.ctx, c.before, c.keep, c.limit)
			if s := strings.Trim(fmt.Sprint(got), "[]"); s != c.want {
				f.Errorf("before %s, more than %d: %q, want %q", c.before, c.keep, s, c.want)
			}
			return err
		})
	}
}

func feedCases(f *fixture) {
	f.fill(0, 40)
	f.update(func(tx store.Tx) error {
		return change(f.ctx, tx, system, caseID(0), func(c *portal.Case, _ *portal.Event) { c.Desks = []portal.OfficeID{"dc-west", "top"} })
	})
	for feed, holds := range map[store.FeedID]func(portal.Case) bool{
		"c:a1":      func(c portal.Case) bool { return c.Citizen == "a1" },
		"o:dc-west": func(c portal.Case) bool { return slices.Contains(c.Desks, "dc-west") || c.ID == caseID(0) },
		"o:dc-east": func(c portal.Case) bool { return slices.Contains(c.Desks, "dc-east") && c.ID != caseID(0) },
		"o:top":     func(c portal.Case) bool { return c.ID == caseID(0) },
		"o:nobody":  func(portal.Case) bool { return false },
	} {
		var want, got []string
		for i := range 40 {
			if c := newCase(i); holds(c) {
				want = append(want, c.ID)
			}
		}
		f.view(func(tx store.Tx) error {
			after := ""
			for {
				ids, err := tx.FeedCases(f.ctx, feed, after, 3)
				if err != nil {
					return err
				}
				if len(ids) == 0 {
					return nil
				}
				got = append(got, ids...)
				after = ids[len(ids)-1]
			}
		})
		if !slices.Equal(got, want) {
			f.Errorf("feed %s holds %v, want %v", feed, got, want)
		}
	}
}

// Race is what a feed reader racing writers saw.
type Race struct {
	Committed int // entries whose transaction was committed
	Missed    int // of them, those the reader never saw
	Gaps      int // jumps in the numbers the reader saw
}

// racing is how many writers race, and how many transactions each makes.
const (
	racingWriters      = 24
	racingTransactions = 40
)

// RunRace lets 24 writers, each with transactions that take their time and
// some that fail, race one reader who follows by number. write makes the
// transaction with the given key, calling pause before it commits; read gives
// the keys above a number and the last number.
func RunRace(ctx context.Context, write func(ctx context.Context, key int64, pause func()) error, read func(ctx context.Context, after int64) (numbers, keys []int64, err error)) (Race, error) {
	var wg sync.WaitGroup
	var mu sync.Mutex
	committed := map[int64]bool{}
	var failed atomic.Pointer[error]
	turns := make(chan struct{}, racingWriters)
	for w := range racingWriters {
		wg.Go(func() {
			for k := range racingTransactions {
				key := int64(w*racingTransactions + k)
				// Let others pass at random, without a clock: wait until
				// somebody else goes by, or nobody does.
				pause := func() {
					select {
					case turns <- struct{}{}:
					case <-turns:
					}
				}
				switch err := write(ctx, key, pause); {
				case err == nil:
					mu.Lock()
					committed[key] = true
					mu.Unlock()
				case !errors.Is(err, errChangedMind):
					failed.Store(&err)
				}
			}
		})
	}
	finished := make(chan struct{})
	go func() { wg.Wait(); close(finished) }()
	seen, race, err := follow(ctx, finished, read)
	<-finished
	if e := failed.Load(); e != nil {
		return race, *e
	}
	for key := range committed {
		if !seen[key] {
			race.Missed++
		}
	}
	race.Committed = len(committed)
	return race, err
}

// follow reads until the writers are done and nothing new comes.
func follow(ctx context.Context, finished <-chan struct{}, read func(ctx context.Context, after int64) (numbers, keys []int64, err error)) (map[int64]bool, Race, error) {
	seen := map[int64]bool{}
	var race Race
	var cursor int64
	for last := false; ; {
		if !last {
			select {
			case <-finished:
				last = true
			default:
			}
		}
		numbers, keys, err := read(ctx, cursor)
		if err != nil {
			return seen, race, err
		}
		for i, n := range numbers {
			if n != cursor+1 {
				race.Gaps++
			}
			cursor = n
			seen[keys[i]] = true
		}
		if last && len(numbers) == 0 {
			return seen, race, nil
		}
	}
}

// readerRacesWriters is the promise of the feeds: numbers in the order of
// commits, without gaps, so that a reader can prove that it missed nothing.
func readerRacesWriters(f *fixture) {
	const feed = store.FeedID("o:race")
	write := func(ctx context.Context, key int64, pause func()) error {
		return f.s.Update(ctx, func(tx store.Tx) error {
			if err := tx.Publish(ctx, feed, store.Entry{Type: store.EntryEvent, Case: "race", Event: key, At: epoch}); err != nil {
				return err
			}
			if err := tx.Publish(ctx, store.FeedID(fmt.Sprintf("c:%d", key%5)), store.Entry{Type: store.EntryEvent, Case: "race", Event: key, At: epoch}); err != nil {
				return err
			}
			if key%20 == 7 {
				return errChangedMind
			}
			return nil
		})
	}
	read := func(ctx context.Context, after int64) (numbers, keys []int64, err error) {
		err = f.s.View(ctx, func(tx store.Tx) error {
			entries, err := tx.FeedEntries(ctx, feed, after, 100)
			for _, e := range entries {
				numbers, keys = append(numbers, e.N), append(keys, e.Event)
			}
			return err
		})
		return numbers, keys, err
	}
	race, err := RunRace(f.ctx, write, read)
	if err != nil {
		f.Fatal(err)
	}
	if want := racingWriters * racingTransactions * 19 / 20; race.Committed != want || race.Missed != 0 || race.Gaps != 0 {
		f.Errorf("of %d entries committed (want %d) the reader missed %d, with %d gaps", race.Committed, want, race.Missed, race.Gaps)
	}
}

// wakeUp makes sure that whoever waits for a feed is told after the commit.
func wakeUp(f *fixture) {
	told := make(chan []store.FeedID, 64)
	f.s.OnPublish(func(feeds []store.FeedID) { told <- feeds })
	f.fill(0, 1)
	c := newCase(0)
	waiting := map[store.FeedID]bool{store.CitizenFeed(c.Citizen): true, store.DeskFeed(c.Office): true}
	for len(waiting) > 0 {
		for _, feed := range <-told {
			delete(waiting, feed)
		}
	}
	_ = f.s.Update(f.ctx, func(tx store.Tx) error {
		if err := tx.Publish(f.ctx, "o:rolled-back", store.Entry{Type: store.EntryEvent}); err != nil {
			return err
		}
		return errChangedMind
	})
	f.fill(1, 2)
	for {
		feeds := <-told
		if slices.Contains(feeds, "o:rolled-back") {
			f.Error("told of a feed that did not grow")
		}
		if slices.Contains(feeds, store.CitizenFeed(newCase(1).Citizen)) {
			return
		}
	}
}

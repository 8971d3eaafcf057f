package feed_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	. "github.com/citizens-portal/portal/backend/backendtest"
	"github.com/citizens-portal/portal/backend/backendtest/engines"
	"github.com/citizens-portal/portal/backend/feed"
	"github.com/citizens-portal/portal/backend/lifecycle"
	"github.com/citizens-portal/portal/backend/portal"
	"github.com/citizens-portal/portal/backend/store"
)

// wide bounds a page by nothing that these tests reach.
var wide = feed.Limits{Entries: 1000, Bytes: 10 << 20}

func pull(n *Node, v feed.Viewer, id store.FeedID, c feed.Cursor, lim feed.Limits) feed.Page {
	n.Helper()
	p, err := tryPull(n, v, id, c, lim)
	if err != nil {
		n.Fatalf("pull %s: %v", id, err)
	}
	return p
}

func tryPull(n *Node, v feed.Viewer, id store.FeedID, c feed.Cursor, lim feed.Limits) (feed.Page, error) {
	var p feed.Page
	err := n.Store.View(n.Ctx(), func(tx store.Tx) (err error) {
		p, err = feed.Pull(n.Ctx(), tx, v, id, c, lim)
		return err
	})
	return p, err
}

func viewer(a portal.Actor) feed.Viewer { return feed.Viewer{Actor: a} }

// lines writes a page's entries short: number, type, event numbers, a case's
// version when the case came along, and "gone".
func lines(p feed.Page) []string {
	var out []string
	for _, i := range p.Items {
		line := fmt.Sprintf("%d %s", i.Entry.N, i.Entry.Type)
		for _, e := range i.Events {
			line += fmt.Sprintf(" %s", e.Action)
		}
		if i.Case != nil {
			line += fmt.Sprintf(" v%d", i.Case.Version)
		}
		if i.Gone {
			line += " gone"
		}
		out = append(out, line)
	}
	return out
}

func expect(t *testing.T, what string, p feed.Page, want ...string) {
	t.Helper()
	if got := lines(p); !slices.Equal(got, want) {
		t.Errorf("%s:\n%s\nwant\n%s", what, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	for i, item := range p.Items {
		if !p.Reset && item.Entry.N != p.From+int64(i)+1 {
			t.Errorf("%s: entry %d follows cursor %d", what, item.Entry.N, p.From+int64(i))
		}
		if (item.Case == nil) != (item.Body == nil) {
			t.Errorf("%s: a case without its body, or a body without its case", what)
		}
	}
}

// lodge files a complaint of amir's about a well in Oasis.
func lodge(n *Node) string {
	n.Helper()
	f := Filing()
	n.Lodge(Citizen("amir"), f)
	return f.ID
}

const (
	reeve  = store.FeedID("o:reeve-oasis-oasis")
	wells  = store.FeedID("o:wells-oasis-oasis")
	warden = store.FeedID("o:warden-oasis")
	amirs  = store.FeedID("c:amir")
)

// wellMaster is an officer of the office that nobody works in yet.
var wellMaster = portal.Actor{Kind: portal.OfficerActor, Officer: portal.Officer{ID: "wells.oasis", Office: "wells-oasis-oasis", Post: portal.FocalPost}}

// TestStory follows one complaint through the feeds of everyone concerned.
func TestStory(t *testing.T) {
	both.Each(t, func(t *testing.T, n *Node) {
		id := lodge(n)
		focal := n.Officer("focal.oasis")
		expect(t, "citizen, filed", pull(n, viewer(Citizen("amir")), amirs, feed.Cursor{}, wide), "1 grant lodge v1")
		expect(t, "desk, filed", pull(n, viewer(focal), reeve, feed.Cursor{}, wide), "1 grant lodge v1")

		n.Act(focal, lifecycle.Ask{Case: id, Action: portal.ActAcknowledge})
		n.Act(focal, lifecycle.Ask{Case: id, Action: portal.ActTransfer, ToOffice: "wells-oasis-oasis", Text: "a well"})
		expect(t, "citizen, transferred", pull(n, viewer(Citizen("amir")), amirs, feed.Cursor{N: 1}, wide), "2 event acknowledge", "3 event transfer v3")
		expect(t, "old desk", pull(n, viewer(focal), reeve, feed.Cursor{N: 1}, wide), "2 event gone", "3 forget gone")
		expect(t, "old desk from the start", pull(n, viewer(focal), reeve, feed.Cursor{}, wide), "1 grant gone", "2 event gone", "3 forget gone")
		expect(t, "new desk", pull(n, viewer(wellMaster), wells, feed.Cursor{}, wide), "1 grant lodge acknowledge transfer v3")

		n.Clock.Set(Filed.Add(8 * 24 * time.Hour))
		if _, err := n.Sweeper.Escalate(n.Ctx(), n.Clock.Now()); err != nil {
			t.Fatal(err)
		}
		expect(t, "desk above", pull(n, viewer(n.Officer("warden.oasis")), warden, feed.Cursor{}, wide), "1 grant lodge acknowledge transfer escalate v4")
		expect(t, "desk below goes on", pull(n, viewer(wellMaster), wells, feed.Cursor{N: 1}, wide), "2 event escalate v4")
		expect(t, "the first desk hears no more", pull(n, viewer(focal), reeve, feed.Cursor{N: 3}, wide))
		expect(t, "citizen", pull(n, viewer(Citizen("amir")), amirs, feed.Cursor{N: 3}, wide), "4 event escalate v4")
	})
}

// TestCaughtUp: nothing new is an empty page at the head.
func TestCaughtUp(t *testing.T) {
	both.Each(t, func(t *testing.T, n *Node) {
		empty := pull(n, viewer(Citizen("amir")), amirs, feed.Cursor{}, wide)
		if empty.Head != 0 || empty.Next != 0 || empty.More || empty.Reset || len(empty.Items) != 0 {
			t.Errorf("a feed that never was: %+v", empty)
		}
		lodge(n)
		p := pull(n, viewer(Citizen("amir")), amirs, feed.Cursor{N: 1}, wide)
		if p.From != 1 || p.Next != 1 || p.Head != 1 || p.More || p.Reset || len(p.Items) != 0 {
			t.Errorf("at the head: %+v", p)
		}
	})
}

// TestNobodyElsesFeed: a feed that is not the viewer's does not exist.
func TestNobodyElsesFeed(t *testing.T) {
	both.Each(t, func(t *testing.T, n *Node) {
		lodge(n)
		admin := portal.Actor{Kind: portal.OfficerActor, Officer: portal.Officer{ID: "root", Office: "reeve-oasis-oasis", Post: portal.AdminPost}}
		for _, c := range []struct {
			who portal.Actor
			id  store.FeedID
		}{
			{Citizen("zarmina"), amirs},
			{Citizen("amir"), reeve},
			{n.Officer("focal.oasis"), amirs},
			{n.Officer("focal.harbour"), reeve},
			{n.Officer("warden.oasis"), reeve},
			{n.Officer("gone.oasis"), reeve},
			{admin, reeve},
			{portal.Actor{}, amirs},
			{portal.Actor{}, ""},
			{portal.Actor{Kind: portal.CitizenActor}, "c:"},
		} {
			for _, cursor := range []feed.Cursor{{}, {Reset: true}, {N: 99}, {Snapshot: "0"}} {
				if p, err := tryPull(n, viewer(c.who), c.id, cursor, wide); !errors.Is(err, portal.ErrNotFound) || p.Items != nil {
					t.Errorf("%s %s reads %s with %+v: %+v, %v", c.who.Kind, c.who.Officer.ID, c.id, cursor, p, err)
				}
			}
		}
	})
}

// TestPages: a page ends at its limits and says that there is more; following
// Next gives every entry once and the case with its last entry of a page.
func TestPages(t *testing.T) {
	both.Each(t, func(t *testing.T, n *Node) {
		id := lodge(n)
		amir := Citizen("amir")
		for range 6 {
			n.Act(amir, lifecycle.Ask{Case: id, Action: portal.ActMessage, Text: strings.Repeat("w", 400)})
		}
		for name, lim := range map[string]feed.Limits{"entries": {Entries: 3, Bytes: 1 << 20}, "bytes": {Entries: 100, Bytes: 4500}, "too few bytes": {Entries: 100, Bytes: 1}} {
			cursor, seen, pages := int64(0), 0, 0
			for more := true; more; pages++ {
				p := pull(n, viewer(amir), amirs, feed.Cursor{N: cursor}, lim)
				if p.From != cursor || p.Next <= cursor || p.Head != 7 || p.More != (p.Next < 7) || len(p.Items) > lim.Entries {
					t.Fatalf("%s: page %+v after %d", name, p, cursor)
				}
				for i, item := range p.Items {
					seen++
					if item.Entry.N != int64(seen) || (item.Case != nil) != (i == len(p.Items)-1) {
						t.Errorf("%s: entry %d is number %d, with its case: %v", name, seen, item.Entry.N, item.Case != nil)
					}
				}
				cursor, more = p.Next, p.More
			}
			if seen != 7 || pages < 2 {
				t.Errorf("%s: %d entries in %d pages", name, seen, pages)
			}
		}
	})
}

// TestSnapshot: a cursor that cannot be continued gets everything the viewer has
// now, in parts; what happens meanwhile comes after the last part.
func TestSnapshot(t *testing.T) {
	both.Each(t, func(t *testing.T, n *Node) {
		var ids []string
		for range 5 {
			ids = append(ids, lodge(n))
		}
		slices.Sort(ids)
		focal := viewer(n.Officer("focal.oasis"))
		n.Act(focal.Actor, lifecycle.Ask{Case: ids[4], Action: portal.ActTransfer, ToOffice: "wells-oasis-oasis", Text: "a well"})
		n.Update(func(tx store.Tx) error { return tx.TrimFeed(n.Ctx(), reeve, 3) })
		for name, cursor := range map[string]feed.Cursor{"too old": {N: 1}, "of the future": {N: 99}, "another epoch": {N: 7, Reset: true}} {
			_, before := n.Feed(reeve)
			first := pull(n, focal, reeve, cursor, feed.Limits{Entries: 2, Bytes: 1 << 20})
			if !first.Reset || first.From != before.N || first.Next != before.N || first.Sum != before.Sum || !first.More || first.SnapshotAfter != ids[1] {
				t.Fatalf("%s: first part %+v", name, first)
			}
			n.Act(focal.Actor, lifecycle.Ask{Case: ids[0], Action: portal.ActMessage, Text: "meanwhile"})
			got := caseIDs(first)
			part := first
			for part.SnapshotAfter != "" {
				part = pull(n, focal, reeve, feed.Cursor{N: part.Next, Snapshot: part.SnapshotAfter}, feed.Limits{Entries: 2, Bytes: 1 << 20})
				if part.Reset || part.Next != before.N || !part.More {
					t.Fatalf("%s: part %+v", name, part)
				}
				got = append(got, caseIDs(part)...)
			}
			if !slices.Equal(got, ids[:4]) {
				t.Errorf("%s: cases %v, want %v", name, got, ids[:4])
			}
			after := pull(n, focal, reeve, feed.Cursor{N: part.Next}, wide)
			if len(after.Items) != 1 || after.Items[0].Entry.Case != ids[0] || after.More {
				t.Errorf("%s: meanwhile %v", name, lines(after))
			}
		}
	})
}

// TestTrim: what is old and more than is kept goes; a reader who had come that far
// reads on, one further behind gets a snapshot, and the store still agrees with
// itself.
func TestTrim(t *testing.T) {
	both.Each(t, func(t *testing.T, n *Node) {
		for day := range 10 {
			n.Clock.Set(Filed.Add(time.Duration(day) * 24 * time.Hour))
			lodge(n)
		}
		now := n.Clock.Now()
		trim := func(days int, entries int64) int {
			t.Helper()
			gone, err := feed.Trim(n.Ctx(), n.Store, feed.Retention{Age: time.Duration(days) * 24 * time.Hour, Entries: entries}, now)
			if err != nil {
				t.Fatal(err)
			}
			return gone
		}
		// Two feeds, the citizen's and the office's, have ten entries each.
		for _, c := range []struct {
			days          int
			entries, gone int
		}{{20, 1, 0}, {5, 10, 0}, {5, 8, 4}, {5, 8, 0}, {7, 3, 0}, {5, 3, 4}, {0, 1, 10}} {
			if gone := trim(c.days, int64(c.entries)); gone != c.gone {
				t.Errorf("keeping %d days and %d entries: %d are gone, want %d", c.days, c.entries, gone, c.gone)
			}
		}
		behind, there := pull(n, viewer(Citizen("amir")), amirs, feed.Cursor{N: 8}, wide), pull(n, viewer(Citizen("amir")), amirs, feed.Cursor{N: 9}, wide)
		if !behind.Reset && len(behind.Items) != 10 || there.Reset || len(there.Items) != 1 {
			t.Errorf("behind: %v, there: %v", lines(behind), lines(there))
		}
		if faults, err := n.Store.Check(n.Ctx(), store.Expect{}); err != nil || len(faults) > 0 {
			t.Errorf("check: %v %v", faults, err)
		}
	})
}

func caseIDs(p feed.Page) []string {
	var ids []string
	for _, i := range p.Items {
		if i.Entry.Type != store.EntryGrant || i.Entry.N != 0 || i.Case == nil || int64(len(i.Events)) != i.Case.Version {
			ids = append(ids, "incomplete "+i.Entry.Case)
			continue
		}
		ids = append(ids, i.Entry.Case)
	}
	return ids
}

// TestSnapshotByBytes: parts of a snapshot keep to the size of a page.
func TestSnapshotByBytes(t *testing.T) {
	both.Each(t, func(t *testing.T, n *Node) {
		for range 4 {
			lodge(n)
		}
		seen, parts := 0, 0
		for cursor := (feed.Cursor{Reset: true}); parts == 0 || cursor.Snapshot != ""; parts++ {
			p := pull(n, viewer(Citizen("amir")), amirs, cursor, feed.Limits{Entries: 100, Bytes: 1500})
			cursor = feed.Cursor{N: p.Next, Snapshot: p.SnapshotAfter}
			seen += len(p.Items)
		}
		if seen != 4 || parts != 4 {
			t.Errorf("%d cases in %d parts", seen, parts)
		}
	})
}

// TestChecksum: the head's sum is what a reader adds up.
func TestChecksum(t *testing.T) {
	both.Each(t, func(t *testing.T, n *Node) {
		id := lodge(n)
		n.Act(n.Officer("focal.oasis"), lifecycle.Ask{Case: id, Action: portal.ActTransfer, ToOffice: "wells-oasis-oasis", Text: "a well"})
		lodge(n)
		p := pull(n, viewer(n.Officer("focal.oasis")), reeve, feed.Cursor{}, wide)
		sum := int64(0)
		for _, i := range p.Items {
			sum = (sum + store.ChecksumEntry(i.Entry)) % store.ChecksumModulus
		}
		if _, head := n.Feed(reeve); head.Sum != sum || head.N != 3 {
			t.Errorf("the head is %+v, a reader counts %d", head, sum)
		}
	})
}

// TestHidden: a device that is not approved yet does not see older complaints,
// in pages and in snapshots; numbers stay gapless.
func TestHidden(t *testing.T) {
	both.Each(t, func(t *testing.T, n *Node) {
		lodge(n)
		n.Clock.Forward(time.Hour)
		added := n.Clock.Now()
		lodge(n)
		v := viewer(Citizen("amir"))
		v.Hides = func(lodgedAt time.Time) bool { return lodgedAt.Before(added) }
		expect(t, "page", pull(n, v, amirs, feed.Cursor{}, wide), "1 grant gone", "2 grant lodge v1")
		expect(t, "snapshot", pull(n, v, amirs, feed.Cursor{Reset: true}, wide), "0 grant lodge v1")
	})
}

func FuzzCursor(f *testing.F) {
	n := New(f, engines.SQLite(f))
	id := lodge(n)
	for range 5 {
		n.Act(Citizen("amir"), lifecycle.Ask{Case: id, Action: portal.ActMessage, Text: "more"})
	}
	f.Add(int64(0), "", false, 200, 64<<10)
	f.Add(int64(3), "", false, 2, 64<<10)
	f.Add(int64(-1), "", false, 1, 1)
	f.Add(int64(1<<62), "\x00", true, 1, 1)
	f.Add(int64(6), id, false, 1, 0)
	f.Add(int64(-1<<63), "\xff", false, 200, 100)
	f.Fuzz(func(t *testing.T, at int64, snapshot string, reset bool, entries, bytes int) {
		lim := feed.Limits{Entries: 1 + int(uint(entries)%200), Bytes: bytes}
		p, err := tryPull(n, viewer(Citizen("amir")), amirs, feed.Cursor{N: at, Snapshot: snapshot, Reset: reset}, lim)
		if err != nil {
			t.Fatal(err)
		}
		if !p.Reset && snapshot == "" && (p.From != at || at < 0 || p.Next != at+int64(len(p.Items))) {
			t.Fatalf("cursor %d gives %+v", at, p)
		}
		if p.Head != 6 || len(p.Items) > lim.Entries {
			t.Fatalf("page %+v", p)
		}
		for _, i := range p.Items {
			if i.Entry.Case != id {
				t.Fatalf("another's case: %+v", i)
			}
		}
	})
}

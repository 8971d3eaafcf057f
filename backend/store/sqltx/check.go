package sqltx

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/citizens-portal/portal/backend/portal"
	"github.com/citizens-portal/portal/backend/store"
)

// maxFindings bounds what Check lists; a broken store has more of the same.
const maxFindings = 1000

// checker collects what does not agree.
type checker struct {
	t      *Tx
	expect store.Expect
	found  []string
	more   int
	gauges map[count]int64
}

// Check recounts everything that is maintained, in one pass over each table and
// with memory for the counters only. It runs in a View.
func Check(ctx context.Context, t *Tx, expect store.Expect) ([]string, error) {
	c := &checker{t: t, expect: expect, gauges: map[count]int64{}}
	for _, part := range []func(context.Context) error{c.feeds, c.cases, c.desks, c.orphans, c.counters, c.operations, c.audit} {
		if err := part(ctx); err != nil {
			return c.found, err
		}
	}
	if c.more > 0 {
		c.found = append(c.found, fmt.Sprintf("and %d more", c.more))
	}
	return c.found, nil
}

// audit follows the audit log's chain to its head.
func (c *checker) audit(ctx context.Context) error {
	head, err := c.t.AuditHead(ctx)
	if err != nil {
		return err
	}
	at, last, whole := head.Start(), int64(0), true
	err = c.t.each(ctx, func(r Rows) error {
		var e store.AuditEntry
		var millis int64
		if err := r.Scan(&e.N, &millis, &e.Actor, &e.Action, &e.Subject, &e.Detail); err != nil {
			return err
		}
		last = e.N
		if e.N <= head.After {
			return nil
		}
		if e.N != at.N+1 {
			c.wrong("audit log: entry %d is followed by %d: what was between is gone", at.N, e.N)
			whole = false
		}
		e.At = timeOf(millis)
		at = at.Next(e)
		return nil
	}, "SELECT n, at, actor, action, subject, detail FROM audit ORDER BY n")
	switch {
	case err != nil:
		return err
	case at.N != head.N && last != 0 || last < head.N:
		c.wrong("audit log: it ends with entry %d, its chain with %d", last, head.N)
	case whole && at != head:
		c.wrong("audit log: an entry up to %d was changed: its hashes do not lead to the chain's head", head.N)
	}
	return nil
}

func (c *checker) wrong(format string, args ...any) {
	if len(c.found) == maxFindings {
		c.more++
		return
	}
	c.found = append(c.found, fmt.Sprintf(format, args...))
}

// feedCount follows one feed through its entries.
type feedCount struct {
	feed      string
	head      store.FeedHead
	last, sum int64
}

func (c *checker) feeds(ctx context.Context) error {
	var f feedCount
	err := c.t.each(ctx, func(r Rows) error {
		var feed string
		var head store.FeedHead
		var n, event *int64
		var kind, id *string
		if err := r.Scan(&feed, &head.N, &head.Oldest, &head.Sum, &n, &kind, &id, &event); err != nil {
			return err
		}
		if feed != f.feed {
			c.endFeed(f)
			f = feedCount{feed: feed, head: head, last: head.Oldest - 1}
		}
		if n == nil {
			return nil
		}
		if *n != f.last+1 {
			c.wrong("feed %s: entry %d follows %d", feed, *n, f.last)
		}
		f.last = *n
		f.sum = (f.sum + store.ChecksumEntry(store.Entry{Type: store.EntryType(*kind), Case: *id, Event: *event})) % store.ChecksumModulus
		return nil
	}, `SELECT h.feed, h.n, h.oldest, h.sum, e.n, e.type, e.case_id, e.event
FROM feed_head h LEFT JOIN feed_entry e ON e.feed = h.feed ORDER BY h.feed, e.n`)
	c.endFeed(f)
	return err
}

func (c *checker) endFeed(f feedCount) {
	if f.feed == "" {
		return
	}
	if f.last != f.head.N {
		c.wrong("feed %s: the head is at %d, the last entry is %d", f.feed, f.head.N, f.last)
	}
	if f.head.Oldest == 1 && f.sum != f.head.Sum {
		c.wrong("feed %s: the checksum is %d, its entries add up to %d", f.feed, f.head.Sum, f.sum)
	}
}

// caseCount follows one case through its events.
type caseCount struct {
	c      portal.Case
	timers store.Timers
	n      int64
	last   portal.Event
	broken bool
}

func (c *checker) cases(ctx context.Context) error {
	var cur caseCount
	err := c.t.each(ctx, func(r Rows) error {
		var row caseRow
		var escalate, silence, n *int64
		var doc *string
		if err := r.Scan(append(row.fields(), &escalate, &silence, &n, &doc)...); err != nil {
			return err
		}
		if row.id != cur.c.ID {
			c.endCase(cur)
			cur = c.beginCase(row, escalate, silence)
		}
		if n != nil {
			c.event(&cur, *n, *doc)
		}
		return nil
	}, "SELECT "+caseColumns+`, c.escalate_at, c.silence_at, e.n, e.doc
FROM cases c LEFT JOIN case_event e ON e.district = c.district AND e.case_id = c.id ORDER BY c.district, c.id, e.n`)
	c.endCase(cur)
	return err
}

func (c *checker) beginCase(row caseRow, escalate, silence *int64) caseCount {
	cur := caseCount{}
	var err error
	if cur.c, err = row.decode(); err != nil {
		c.wrong("case %s: %v", row.id, err)
		return caseCount{c: portal.Case{ID: row.id}, broken: true}
	}
	if escalate != nil {
		cur.timers.Escalate = timeOf(*escalate)
	}
	if silence != nil {
		cur.timers.Silence = timeOf(*silence)
	}
	return cur
}

func (c *checker) event(cur *caseCount, n int64, doc string) {
	if n != cur.n+1 {
		c.wrong("case %s: event %d follows %d", cur.c.ID, n, cur.n)
	}
	cur.n = n
	e, err := decodeEvent(doc)
	if err != nil {
		c.wrong("case %s: event %d: %v", cur.c.ID, n, err)
		cur.broken = true
		return
	}
	if e.N != n || e.Case != cur.c.ID {
		c.wrong("case %s: event %d says it is event %d of case %s", cur.c.ID, n, e.N, e.Case)
	}
	cur.last = e
}

func (c *checker) endCase(cur caseCount) {
	if cur.c.ID == "" || cur.broken {
		return
	}
	k := cur.c
	c.gauges[gaugeOf(k)]++
	if cur.n != k.Version {
		c.wrong("case %s: at version %d with %d events", k.ID, k.Version, cur.n)
	}
	if cur.n > 0 && (cur.last.Status != k.Status || cur.last.Level != k.Level) {
		c.wrong("case %s: is %s at level %d, its last event says %s at level %d", k.ID, k.Status, k.Level, cur.last.Status, cur.last.Level)
	}
	if c.expect.Timers == nil {
		return
	}
	want := c.expect.Timers(k)
	if !atEdge(want.Escalate).Equal(cur.timers.Escalate) {
		c.wrong("case %s: escalation is due at %s, not %s", k.ID, show(want.Escalate), show(cur.timers.Escalate))
	}
	if !atEdge(want.Silence).Equal(cur.timers.Silence) {
		c.wrong("case %s: silence is due at %s, not %s", k.ID, show(want.Silence), show(cur.timers.Silence))
	}
}

func gaugeOf(k portal.Case) count {
	return count{district: string(k.CountedIn()), metric: string(store.GaugeStatus), key: fmt.Sprintf("%s|%s|%d", k.Category, k.Status, k.Level)}
}

func (c *checker) desks(ctx context.Context) error {
	var cur portal.Case
	var rows []string
	end := func() {
		if cur.ID == "" {
			return
		}
		want := make([]string, len(cur.Desks))
		for i, d := range cur.Desks {
			want[i] = deskLine(string(d), cur.LodgedAt.UnixMilli(), flag(cur.Status.Open()))
		}
		slices.Sort(want)
		slices.Sort(rows)
		if !slices.Equal(rows, want) {
			c.wrong("case %s: is on the desks [%s], the desk table says [%s]", cur.ID, strings.Join(want, ", "), strings.Join(rows, ", "))
		}
	}
	err := c.t.each(ctx, func(r Rows) error {
		var row caseRow
		var office *string
		var lodged, open *int64
		if err := r.Scan(&row.id, &row.status, &row.lodgedAt, &row.desks, &office, &lodged, &open); err != nil {
			return err
		}
		if row.id != cur.ID {
			end()
			cur, rows = portal.Case{ID: row.id, Status: portal.Status(row.status), LodgedAt: timeOf(row.lodgedAt), Desks: splitDesks(row.desks)}, nil
		}
		if office != nil {
			rows = append(rows, deskLine(*office, *lodged, *open))
		}
		return nil
	}, `SELECT c.id, c.status, c.lodged_at, c.desks, d.office, d.lodged_at, d.open
FROM cases c LEFT JOIN desk d ON d.district = c.district AND d.case_id = c.id ORDER BY c.district, c.id, d.office`)
	end()
	return err
}

func deskLine(office string, lodged, open int64) string {
	return fmt.Sprintf("%s at %d open %d", office, lodged, open)
}

// orphans looks for rows that belong to nothing, and cases without their text.
func (c *checker) orphans(ctx context.Context) error {
	const gone = " WHERE NOT EXISTS (SELECT 1 FROM cases c WHERE c.district = x.district AND c.id = x."
	for _, q := range []struct{ what, query string }{
		{"events of a case that is not there: ", "SELECT DISTINCT x.case_id FROM case_event x" + gone + "case_id)"},
		{"text of a case that is not there: ", "SELECT x.id FROM case_body x" + gone + "id)"},
		{"desk row of a case that is not there: ", "SELECT x.case_id FROM desk x" + gone + "case_id)"},
		{"entries of a feed without a head: ", "SELECT DISTINCT x.feed FROM feed_entry x WHERE NOT EXISTS (SELECT 1 FROM feed_head h WHERE h.feed = x.feed)"},
		{"case without its text: ", "SELECT c.id FROM cases c WHERE NOT EXISTS (SELECT 1 FROM case_body b WHERE b.district = c.district AND b.id = c.id)"},
	} {
		err := c.t.each(ctx, func(r Rows) error {
			var id string
			err := r.Scan(&id)
			c.wrong("%s%s", q.what, id)
			return err
		}, q.query)
		if err != nil {
			return err
		}
	}
	return nil
}

// counters compares the gauges with the recount that cases made.
func (c *checker) counters(ctx context.Context) error {
	err := c.t.each(ctx, func(r Rows) error {
		k := count{metric: string(store.GaugeStatus)}
		var n int64
		if err := r.Scan(&k.district, &k.key, &k.day, &n); err != nil {
			return err
		}
		if is := c.gauges[k]; is != n {
			c.wrong("counter %s %s %s: says %d, there are %d", k.metric, k.district, k.key, n, is)
		}
		delete(c.gauges, k)
		return nil
	}, "SELECT district, key, day, n FROM counter WHERE metric = ?", string(store.GaugeStatus))
	missing := make([]count, 0, len(c.gauges))
	for k, n := range c.gauges {
		k.delta = n
		missing = append(missing, k)
	}
	slices.SortFunc(missing, func(a, b count) int { return cmp.Or(compareCounts(a, b), cmp.Compare(a.delta, b.delta)) })
	for _, k := range missing {
		c.wrong("counter %s %s %s: is missing, there are %d", k.metric, k.district, k.key, k.delta)
	}
	return err
}

// operations makes sure that every remembered answer can be given again.
func (c *checker) operations(ctx context.Context) error {
	return c.t.each(ctx, func(r Rows) error {
		var op string
		var result []byte
		if err := r.Scan(&op, &result); err != nil {
			return err
		}
		if len(bytes.TrimSpace(result)) == 0 || !json.Valid(result) {
			c.wrong("operation %s: its remembered answer is not JSON", op)
		}
		return nil
	}, "SELECT op, result FROM operation ORDER BY op")
}

func show(t time.Time) string {
	if t.IsZero() {
		return "never"
	}
	return t.UTC().Format("2006-01-02T15:04:05.000Z")
}

package storetest

import (
	"strings"

	"github.com/citizens-portal/portal/backend/portal"
	"github.com/citizens-portal/portal/backend/store"
)

// checkFinds plants one corruption after another and mends it again: Check must
// find each, and nothing when there is none.
func checkFinds(f *fixture) {
	f.fill(0, 12)
	f.update(func(tx store.Tx) error {
		return change(f.ctx, tx, system, caseID(4), func(c *portal.Case, _ *portal.Event) { c.Level, c.Desks = 1, append(c.Desks, "top") })
	})
	f.update(func(tx store.Tx) error { return remember(f.ctx, tx, "op-1", "phone", 1) })
	f.check()
	for _, c := range []struct {
		what, plant, mend string
		finds             string
	}{
		{"a lost feed entry", "UPDATE feed_entry SET n = n + 1000 WHERE feed = 'o:dc-west' AND n = 2", "UPDATE feed_entry SET n = 2 WHERE feed = 'o:dc-west' AND n = 1002", "feed o:dc-west"},
		{"a changed feed entry", "UPDATE feed_entry SET event = 77 WHERE feed = 'o:dc-east' AND n = 1", "UPDATE feed_entry SET event = 1 WHERE feed = 'o:dc-east' AND n = 1", "checksum"},
		{"a feed head ahead", "UPDATE feed_head SET n = n + 1 WHERE feed = 'c:a1'", "UPDATE feed_head SET n = n - 1 WHERE feed = 'c:a1'", "feed c:a1"},
		{"a changed checksum", "UPDATE feed_head SET sum = sum + 1 WHERE feed = 'c:a1'", "UPDATE feed_head SET sum = sum - 1 WHERE feed = 'c:a1'", "checksum"},
		{"entries without a head", "UPDATE feed_head SET feed = 'c:lost' WHERE feed = 'c:a2'", "UPDATE feed_head SET feed = 'c:a2' WHERE feed = 'c:lost'", "without a head"},
		{"a lost event", "UPDATE case_event SET case_id = 'lost' WHERE case_id = '" + caseID(4) + "' AND n = 1", "UPDATE case_event SET case_id = '" + caseID(4) + "' WHERE case_id = 'lost'", "event 2 follows 0"},
		{"a version ahead", "UPDATE cases SET version = 3 WHERE id = '" + caseID(4) + "'", "UPDATE cases SET version = 2 WHERE id = '" + caseID(4) + "'", "at version 3 with 2 events"},
		{"another status than the last event's", "UPDATE case_event SET doc = replace(doc, '\"status\":\"new\"', '\"status\":\"assigned\"') WHERE case_id = '" + caseID(1) + "'",
			"UPDATE case_event SET doc = replace(doc, '\"status\":\"assigned\"', '\"status\":\"new\"') WHERE case_id = '" + caseID(1) + "'", "its last event says assigned"},
		{"a lost escalation", "UPDATE cases SET escalate_at = NULL WHERE id = '" + caseID(0) + "'",
			"UPDATE cases SET escalate_at = lodged_at + 432000000 WHERE id = '" + caseID(0) + "'", "escalation is due at"},
		{"an unwanted silence", "UPDATE cases SET silence_at = 5 WHERE id = '" + caseID(0) + "'", "UPDATE cases SET silence_at = NULL WHERE id = '" + caseID(0) + "'", "silence is due at never"},
		{"a lost desk", "UPDATE desk SET office = 'elsewhere' WHERE office = 'top'", "UPDATE desk SET office = 'top' WHERE office = 'elsewhere'", "desk table says"},
		{"a desk that says closed", "UPDATE desk SET open = 0 WHERE case_id = '" + caseID(3) + "'", "UPDATE desk SET open = 1 WHERE case_id = '" + caseID(3) + "'", "desk table says"},
		{"a counter that is off", "UPDATE counter SET n = n + 1 WHERE metric = 'status' AND district = 'p/d/east'", "UPDATE counter SET n = n - 1 WHERE metric = 'status' AND district = 'p/d/east'", "says 5, there are 4"},
		{"a lost counter", "UPDATE counter SET district = 'lost' WHERE metric = 'status' AND district = 'p/d/north'", "UPDATE counter SET district = 'p/d/north' WHERE metric = 'status' AND district = 'lost'", "is missing"},
		{"a lost text", "UPDATE case_body SET id = 'lost' WHERE id = '" + caseID(7) + "'", "UPDATE case_body SET id = '" + caseID(7) + "' WHERE id = 'lost'", "without its text"},
		{"an answer that cannot be given again", "UPDATE operation SET hash = '', result = substr(result, 3)", "DELETE FROM operation", "answer is not JSON"},
	} {
		if err := f.h.Tamper(f.ctx, c.plant); err != nil {
			f.Fatalf("plant %s: %v", c.what, err)
		}
		found, err := f.s.Check(f.ctx, expectation)
		if err != nil {
			f.Fatalf("check with %s: %v", c.what, err)
		}
		if !strings.Contains(strings.Join(found, "\n"), c.finds) {
			f.Errorf("%s was not found: %q", c.what, found)
		}
		if err := f.h.Tamper(f.ctx, c.mend); err != nil {
			f.Fatalf("mend %s: %v", c.what, err)
		}
		f.check()
	}
}

package local

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/citizens-portal/portal/sdk/api"
)

// Cursor is how far a feed was applied.
type Cursor struct {
	Feed string `json:"feed"`
	N    int64  `json:"n"`
	// Snapshot names the part of a snapshot read last, while one is read.
	Snapshot string `json:"snapshot,omitempty"`
	// Sum is the checksum of the entries up to N.
	Sum int64 `json:"sum"`
	// Gen is the reading's generation: a feed read anew (reset, mismatch, other
	// epoch) gets a higher one, and cases the new reading did not name go when
	// it is complete. Until then nothing disappears from the screen.
	Gen     int64 `json:"gen"`
	Reading bool  `json:"reading,omitempty"`
	// Gaps counts pages in a row that did not fit.
	Gaps int `json:"gaps,omitempty"`
}

// maxGaps is after how many ill-fitting pages in a row a feed is read anew.
const maxGaps = 3

// checksumModulus is the largest prime below 2^52: sums stay exact in every
// language's numbers.
const checksumModulus = 1<<52 - 47

// Applied tells what a response changed.
type Applied struct {
	Cases    []string // ids, possibly repeated
	Answered int
	Rejected []string // operations
	Entries  int
	More     bool // another page or part waits
	Gap      bool // a page did not fit and was left
	Reset    bool // the device needs a new identity
	Epoch    bool // the server's data is of another epoch
	Purged   bool
}

// Apply applies a response to a request, whole: answers, entries, cursors. An
// answer to another request than the last one is dropped.
func (tx *Tx) Apply(req api.SyncRequest, resp api.SyncResponse, wait func(tries int) time.Duration) (Applied, error) {
	var out Applied
	st, err := tx.State()
	if err != nil {
		return out, err
	}
	if (resp.Request != req.Request || st.Request != req.Request) && !tx.Has(BugStaleAnswer) {
		return out, nil
	}
	tx.server = resp.Time
	if out.Epoch = st.Epoch != "" && st.Epoch != resp.Epoch && !tx.Has(BugEpochIgnored); out.Epoch {
		if err := tx.otherEpoch(); err != nil {
			return out, fmt.Errorf("other epoch: %w", err)
		}
	}
	if err := tx.answers(req, resp, wait, &out); err != nil {
		return out, fmt.Errorf("answers: %w", err)
	}
	account, err := tx.Account()
	if err != nil {
		return out, err
	}
	// With the approval comes a first event of a case that was hidden; the case
	// must not stand there with only that, so all is read anew instead.
	approved := st.Waiting && !resp.Waiting
	for _, p := range resp.Feeds {
		if approved || !account.reads(p.Feed) {
			continue
		}
		if err := tx.page(p, &out); err != nil {
			return out, fmt.Errorf("feed %s: %w", p.Feed, err)
		}
	}
	for _, feed := range resp.Mismatch {
		if err := tx.readAnew(feed); err != nil {
			return out, err
		}
		out.More = true
	}
	if st, err = tx.State(); err != nil { // answers may have changed it
		return out, err
	}
	if approved {
		if err := tx.readAllAnew(); err != nil {
			return out, err
		}
		out.More = true
	}
	st.Waiting = resp.Waiting
	st.Epoch, st.ServerAt = resp.Epoch, resp.Time
	if !resp.Busy {
		st.SyncedAt = tx.now
	}
	out.More = out.More || resp.Busy
	if len(req.Checksums) > 0 {
		st.ChecksumAt = tx.now
	}
	if err := tx.purge(&st); err != nil {
		return out, err
	}
	return out, tx.putState(st)
}

func (tx *Tx) answers(req api.SyncRequest, resp api.SyncResponse, wait func(int) time.Duration, out *Applied) error {
	sent := map[string]api.Operation{}
	for _, op := range req.Operations {
		sent[op.Op] = op
	}
	for _, a := range resp.Answers {
		op, ok := sent[a.Op]
		if !ok {
			continue
		}
		out.Answered++
		out.Cases = append(out.Cases, op.Lane)
		if a.Status == api.ResetDevice {
			out.Reset = true
			continue
		}
		if a.Status == api.Rejected {
			out.Rejected = append(out.Rejected, a.Op)
		}
		if err := tx.answer(op, a, wait); err != nil {
			return err
		}
		delete(sent, a.Op)
	}
	// One without an answer is asked again, but not at once.
	for id, op := range sent {
		if out.Reset {
			break
		}
		if err := tx.answer(op, api.Answer{Op: id, Status: api.RetryAfter}, wait); err != nil {
			return err
		}
	}
	return nil
}

// otherEpoch: the server was restored from a backup. Feeds are read anew and
// what it acknowledged lately is offered again.
func (tx *Tx) otherEpoch() error {
	if err := tx.readAllAnew(); err != nil {
		return err
	}
	return tx.offerAgain()
}

// readAllAnew starts every feed from its beginning.
func (tx *Tx) readAllAnew() error {
	cursors, err := tx.Cursors()
	for _, c := range cursors {
		err = errors.Join(err, tx.readAnew(c.Feed))
	}
	return err
}

// Cursors lists how far each feed was applied.
func (tx *Tx) Cursors() ([]Cursor, error) {
	var out []Cursor
	err := each(tx, bucketCursors, nil, func(_ []byte, c Cursor) error {
		out = append(out, c)
		return nil
	})
	return out, err
}

func (tx *Tx) requestCursors(checksums bool) ([]api.Cursor, []api.Checksum, error) {
	cursors, err := tx.Cursors()
	var cs []api.Cursor
	var sums []api.Checksum
	for _, c := range cursors {
		cs = append(cs, api.Cursor{Feed: c.Feed, N: c.N, Snapshot: c.Snapshot})
		if checksums && !c.Reading {
			sums = append(sums, api.Checksum{Feed: c.Feed, N: c.N, Sum: c.Sum})
		}
	}
	return cs, sums, err
}

func (tx *Tx) cursor(feed string) (Cursor, error) {
	c, ok, err := get[Cursor](tx, bucketCursors, []byte(feed))
	if !ok {
		c = Cursor{Feed: feed}
	}
	return c, err
}

func (tx *Tx) putCursor(c Cursor) error { return put(tx, bucketCursors, []byte(c.Feed), c) }

// readAnew starts a feed from its beginning.
func (tx *Tx) readAnew(feed string) error {
	c, err := tx.cursor(feed)
	if err != nil {
		return err
	}
	return tx.putCursor(Cursor{Feed: feed, Gen: c.Gen + 1, Reading: true})
}

// page applies a stretch of a feed, or leaves it when it does not fit: a page
// that starts elsewhere than the cursor, or that skips a number.
func (tx *Tx) page(p api.Page, out *Applied) error {
	c, err := tx.cursor(p.Feed)
	if err != nil {
		return err
	}
	snapshot := p.Reset || c.Snapshot != ""
	if !snapshot && !fits(p, c) && !tx.Has(BugGapsUnnoticed) && !tx.Has(BugStaleAnswer) && !tx.Has(BugCursorFirst) {
		out.Gap = true
		if c.Gaps++; c.Gaps >= maxGaps {
			return tx.readAnew(p.Feed)
		}
		return tx.putCursor(c)
	}
	if p.Reset && c.Snapshot == "" {
		c.Gen++
		c.Reading = true
		if tx.Has(BugResetOutbox) {
			if err := tx.dropOutbox(); err != nil {
				return err
			}
		}
	}
	for _, e := range p.Entries {
		if err := tx.entry(p.Feed, c.Gen, e, snapshot || c.Reading, out); err != nil {
			return err
		}
		if !snapshot {
			c.Sum = addShare(c.Sum, e)
		}
	}
	out.Entries += len(p.Entries)
	if p.Reset { // where the feed stood at the first part, which is Next of all
		c.Sum = p.Sum
	}
	c.N, c.Snapshot, c.Gaps = p.Next, p.SnapshotAfter, 0
	more := p.More || p.SnapshotAfter != ""
	out.More = out.More || more
	if c.Reading && !more {
		c.Reading = false
		if err := tx.sweep(c, out); err != nil {
			return err
		}
	}
	return tx.putCursor(c)
}

func fits(p api.Page, c Cursor) bool {
	if p.From != c.N {
		return false
	}
	for i, e := range p.Entries {
		if e.N != p.From+int64(i)+1 {
			return false
		}
	}
	return p.Next == p.From+int64(len(p.Entries))
}

// addShare adds an entry's share to a feed's checksum (api.Checksum).
func addShare(sum int64, e api.Entry) int64 {
	h := sha256.Sum256(fmt.Appendf(nil, "%s|%s|%d", e.Type, e.Case, e.Event))
	share := binary.BigEndian.Uint64(h[:8]) % checksumModulus
	return int64((uint64(sum) + share) % checksumModulus)
}

func memberKey(feed, id string) []byte { return []byte(feed + "\x00" + id) }

func (tx *Tx) entry(feed string, gen int64, e api.Entry, anew bool, out *Applied) error {
	out.Cases = append(out.Cases, e.Case)
	if e.Type == api.EntryForget || e.Gone {
		if tx.Has(BugForgetIgnored) {
			return nil
		}
		return tx.forget(feed, e.Case)
	}
	if err := put(tx, bucketMembers, memberKey(feed, e.Case), gen); err != nil {
		return err
	}
	if e.Type == api.EntryGrant {
		if err := tx.deleteEvents(e.Case); err != nil {
			return err
		}
	}
	if err := tx.sendLostAgain(e); err != nil {
		return err
	}
	for _, ev := range e.Events {
		if err := put(tx, bucketEvents, eventKey(e.Case, ev.N), ev); err != nil {
			return err
		}
	}
	if e.Complaint == nil {
		return nil
	}
	return tx.takeCase(*e.Complaint, anew)
}

// takeCase stores the server's word on a case. Only a feed that is read anew,
// from a snapshot or entry by entry, may bring an older version than the one
// held: of a server restored from a backup.
func (tx *Tx) takeCase(c api.Complaint, anew bool) error {
	held, ok, err := tx.Case(c.ID)
	if err != nil && !errors.Is(err, ErrDamaged) {
		return err
	}
	if ok && !held.Local && !anew && c.Version < held.Complaint.Version {
		return nil
	}
	c.State = ""
	if tx.Has(BugDraftsReplaced) {
		if err := tx.replaceDrafts(c); err != nil {
			return err
		}
	}
	return tx.PutCase(Case{Complaint: c, SortAt: c.LodgedAt})
}

// forget takes a case out of a feed, and off the device when no other feed
// has it. What the owner has not yet sent stays, as do receipts.
func (tx *Tx) forget(feed, id string) error {
	if err := del(tx, bucketMembers, memberKey(feed, id)); err != nil {
		return err
	}
	cursors, err := tx.Cursors()
	if err != nil {
		return err
	}
	for _, c := range cursors {
		if tx.b.Bucket([]byte(bucketMembers)).Get(memberKey(c.Feed, id)) != nil {
			return nil
		}
	}
	if c, ok, err := tx.Case(id); err != nil || (ok && c.Local) {
		return err
	}
	return tx.deleteCase(id)
}

// sweep forgets what a complete new reading of a feed did not name.
func (tx *Tx) sweep(c Cursor, out *Applied) error {
	prefix := memberKey(c.Feed, "")
	var gone []string
	err := each(tx, bucketMembers, prefix, func(key []byte, gen int64) error {
		if gen < c.Gen {
			gone = append(gone, string(key[len(prefix):]))
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, id := range gone {
		if err := tx.sweepCase(c.Feed, id); err != nil {
			return err
		}
		out.Cases = append(out.Cases, id)
	}
	return nil
}

// sweepCase forgets a case, except one that this device lodged and is offering
// again to a restored server: that becomes local once more.
func (tx *Tx) sweepCase(feed, id string) error {
	offered, err := tx.offers(id)
	if err != nil {
		return err
	}
	if !offered {
		return tx.forget(feed, id)
	}
	c, ok, err := tx.Case(id)
	if err != nil || !ok {
		return errors.Join(err, del(tx, bucketMembers, memberKey(feed, id)))
	}
	c.Local, c.Complaint.Version = true, 0
	return errors.Join(del(tx, bucketMembers, memberKey(feed, id)), tx.PutCase(c))
}

func (tx *Tx) offers(id string) (bool, error) {
	out, err := tx.Outbox()
	for _, op := range out {
		if op.Lane == id && op.Type == api.OpLodge {
			return true, err
		}
	}
	return false, err
}

// dropOtherFeeds forgets feeds that the viewer no longer has.
func (tx *Tx) dropOtherFeeds(feeds []string) error {
	keep := map[string]bool{}
	for _, f := range feeds {
		keep[f] = true
	}
	cursors, err := tx.Cursors()
	if err != nil || len(feeds) == 0 {
		return err
	}
	var dropped Applied
	for _, c := range cursors {
		if keep[c.Feed] {
			continue
		}
		c.Gen++
		if err := tx.sweep(c, &dropped); err != nil {
			return err
		}
		if err := del(tx, bucketCursors, []byte(c.Feed)); err != nil {
			return err
		}
	}
	return nil
}

// Rebuild starts all feeds anew after damage to what came from them.
func (tx *Tx) Rebuild() error {
	cursors, err := tx.Cursors()
	if errors.Is(err, ErrDamaged) {
		for _, k := range tx.keys(bucketCursors, nil) {
			if err := tx.putCursor(Cursor{Feed: string(k), Gen: tx.now.Unix(), Reading: true}); err != nil {
				return err
			}
		}
		return nil
	}
	if err != nil || len(cursors) == 0 {
		return err
	}
	return tx.readAllAnew()
}

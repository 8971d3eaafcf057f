package local

import (
	"errors"
	"strings"

	"github.com/citizens-portal/portal/sdk/api"
)

// Faults let the project's own simulation interrupt a device at any write and
// plant mistakes, to prove that it would notice them. The zero value, which is
// all that programs have, does nothing.
type Faults struct {
	// Write, when set, is called before (done false) and after each durable
	// write; it does not return when the device is to stop there.
	Write func(what string, done bool)
	// Bug is the mistake that is planted, one of the Bug constants.
	Bug Bug
}

// Bug names a mistake that a client of this protocol could make.
type Bug string

// The mistakes.
const (
	BugDequeueEarly   Bug = "operation dequeued before its answer"
	BugCursorFirst    Bug = "cursor saved before the entries"
	BugStaleAnswer    Bug = "stale answer applied"
	BugGapsUnnoticed  Bug = "gaps unnoticed"
	BugOneQueue       Bug = "poison blocks other lanes"
	BugLaneReversed   Bug = "order of a lane broken"
	BugForgetIgnored  Bug = "forget ignored"
	BugEpochIgnored   Bug = "epoch ignored"
	BugReceiptDropped Bug = "receipt not offered again"
	BugOverlayDropped Bug = "overlay dropped early"
	BugRefreshUnsaved Bug = "refreshed session not saved"
	BugResetOutbox    Bug = "snapshot resets the outbox"
	BugDraftsReplaced Bug = "pull overwrites drafts"
	BugNewID          Bug = "new id on a retry"
	BugTakeBackSent   Bug = "sent operation taken back"
	BugSharedFile     Bug = "accounts share one file"
	BugJournalSkipped Bug = "journal not read after damage"
)

func (f Faults) write(what string, done bool) {
	if f.Write != nil {
		f.Write(what, done)
	}
}

// Has reports whether a mistake is planted.
func (tx *Tx) Has(b Bug) bool { return tx.u.faults.Bug == b }

// otherID is the id a careless retry would make up: another one at each request.
func (tx *Tx) otherID(op Op) string {
	st, err := tx.State()
	if err != nil {
		return op.Op
	}
	digit := string("0123456789abcdef"[st.Request%16])
	return strings.TrimSuffix(op.Op, op.Op[35:]) + digit
}

func (tx *Tx) dropOutbox() error {
	var errs []error
	for _, k := range tx.keys(bucketOutbox, nil) {
		errs = append(errs, del(tx, bucketOutbox, k))
	}
	return errors.Join(errs...)
}

func (tx *Tx) replaceDrafts(c api.Complaint) error {
	drafts, err := tx.Drafts()
	for _, d := range drafts {
		d.Text = c.Text
		err = errors.Join(err, tx.PutDraft(d))
	}
	return err
}

// SaveCursors is the first half of what BugCursorFirst does in two
// transactions.
func (tx *Tx) SaveCursors(resp api.SyncResponse) error {
	for _, p := range resp.Feeds {
		c, err := tx.cursor(p.Feed)
		if err != nil {
			return err
		}
		c.N = p.Next
		if err := tx.putCursor(c); err != nil {
			return err
		}
	}
	return nil
}

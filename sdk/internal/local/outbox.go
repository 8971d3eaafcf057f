package local

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/citizens-portal/portal/sdk/api"
)

// Op is one operation of this device with what became of it so far.
type Op struct {
	api.Operation
	// Device numbered it; under another identity it needs a new number.
	Device string `json:"device"`
	// Action is the verb, for people: lodge, message, confirm …
	Action   string `json:"action"`
	Priority int    `json:"priority"`
	// Frozen: its first byte may have been sent, so it never changes again and
	// cannot be taken back here.
	Frozen bool `json:"frozen,omitempty"`
	// NotBefore is the earliest moment to send it. Told: the server or its
	// author set it, so that impatience does not shorten it.
	NotBefore time.Time `json:"not_before,omitzero"`
	Told      bool      `json:"told,omitempty"`
	// Tries counts how often the server failed on it while others passed; from
	// FailuresToReport on it is offered for quarantine.
	Tries int `json:"tries,omitempty"`
	// Alone: a request with others failed, so it goes by itself.
	Alone bool `json:"alone,omitempty"`
	// Checking: the server keeps it and a person looks.
	Checking bool `json:"checking,omitempty"`
	// Upgrade: this program is too old for it, or the server not new enough.
	Upgrade bool `json:"upgrade,omitempty"`
	// Answer is the server's word, once it came, at AnsweredAt.
	Answer     *api.Answer `json:"answer,omitempty"`
	AnsweredAt time.Time   `json:"answered_at,omitzero"`
}

// Accepted reports whether the server took it.
func (op Op) Accepted() bool {
	return op.Answer != nil && (op.Answer.Status == api.Applied || op.Answer.Status == api.Duplicate)
}

// Held reports whether its author can still take it back.
func (op Op) Held(now time.Time) bool {
	return op.Told && !op.Frozen && op.NotBefore.After(now)
}

// FailuresToReport is after how many failures on the server, while others
// pass, an operation is offered for quarantine.
const FailuresToReport = 5

const (
	// keepDone is how long acknowledged operations are kept to be offered
	// again to a server that was restored from a backup.
	keepDone = 30 * 24 * time.Hour
	// askAgain is how often the fate of a quarantined operation is asked.
	askAgain = time.Hour
	// upgradeWait is how often an operation that needs another version is tried.
	upgradeWait = 24 * time.Hour
)

// Receipt is what the owner keeps of a complaint for ever.
type Receipt struct {
	Case     string    `json:"case"`
	Op       string    `json:"op"`
	Secret   string    `json:"secret,omitempty"` // tracking secret, base64url
	Code     string    `json:"code,omitempty"`
	LodgedAt time.Time `json:"lodged_at,omitzero"`
	Receipt  string    `json:"receipt,omitempty"`
}

// Enqueue adds an operation, numbered and bound to the device, and notes it in
// the journal together with the case and receipt made for it, if any.
func (tx *Tx) Enqueue(op Op, made *Case, receipt *Receipt) (Op, error) {
	a, err := tx.Account()
	if err != nil {
		return op, err
	}
	st, err := tx.State()
	if err != nil {
		return op, err
	}
	st.N++
	op.N, op.Device = st.N, a.Device.ID
	if err := tx.putState(st); err != nil {
		return op, err
	}
	if made != nil {
		if err := tx.PutCase(*made); err != nil {
			return op, err
		}
	}
	if receipt != nil {
		if err := put(tx, bucketReceipts, []byte(receipt.Case), *receipt); err != nil {
			return op, err
		}
	}
	tx.note = append(tx.note, journalRecord{Op: &op, Case: made, Receipt: receipt})
	return op, put(tx, bucketOutbox, number(op.N), op)
}

func (tx *Tx) recordOf(op Op) (journalRecord, error) {
	r := journalRecord{Op: &op}
	if op.Type != api.OpLodge {
		return r, nil
	}
	c, ok, err := tx.Case(op.Lane)
	if err != nil {
		return r, err
	}
	if ok {
		r.Case = &c
	}
	receipt, ok, err := tx.Receipt(op.Lane)
	if ok {
		r.Receipt = &receipt
	}
	return r, err
}

// Outbox lists what was not yet answered, in order of number.
func (tx *Tx) Outbox() ([]Op, error) {
	var out []Op
	err := each(tx, bucketOutbox, nil, func(_ []byte, op Op) error {
		out = append(out, op)
		return nil
	})
	return out, err
}

// AttentionItems lists what the server refused and its owner has not yet
// settled, oldest first.
func (tx *Tx) AttentionItems() ([]Op, error) {
	var out []Op
	err := each(tx, bucketAttention, nil, func(_ []byte, op Op) error {
		out = append(out, op)
		return nil
	})
	slices.SortFunc(out, func(a, b Op) int { return cmp.Compare(a.N, b.N) })
	return out, err
}

// unsent is everything the journal must be able to bring back.
func (tx *Tx) unsent() ([]Op, error) {
	out, err := tx.Outbox()
	if err != nil {
		return nil, err
	}
	items, err := tx.AttentionItems()
	return append(out, items...), err
}

// Attention gives one refused operation.
func (tx *Tx) Attention(op string) (Op, bool, error) {
	return get[Op](tx, bucketAttention, []byte(op))
}

// FindOp looks an operation up wherever it is: refused, queued or answered.
func (tx *Tx) FindOp(id string) (op Op, found bool, err error) {
	if op, ok, err := tx.Attention(id); ok || err != nil {
		return op, ok, err
	}
	for _, bucket := range []string{bucketOutbox, bucketDone} {
		err := each(tx, bucket, nil, func(_ []byte, o Op) error {
			if o.Op == id {
				op, found = o, true
				return errStop
			}
			return nil
		})
		if found || err != nil {
			return op, found, err
		}
	}
	return op, false, nil
}

// Done lists answered operations of a lane.
func (tx *Tx) Done(lane string) ([]Op, error) {
	var out []Op
	err := each(tx, bucketDone, doneKey(lane, ""), func(_ []byte, op Op) error {
		out = append(out, op)
		return nil
	})
	slices.SortFunc(out, func(a, b Op) int { return cmp.Compare(a.N, b.N) })
	return out, err
}

func doneKey(lane, op string) []byte { return []byte(lane + "\x00" + op) }

// Receipt gives what is kept of a complaint for ever.
func (tx *Tx) Receipt(caseID string) (Receipt, bool, error) {
	return get[Receipt](tx, bucketReceipts, []byte(caseID))
}

// Select says which operations may go into a request.
type Select struct {
	// Tried were sent already in this round of syncing.
	Tried map[string]bool
	// Impatient: a person asked, so waits the device chose itself are skipped.
	Impatient bool
	// WaitSeconds for new entries, if nothing is to be sent.
	WaitSeconds int
	// Checksums asks the server to compare.
	Checksums bool
	// PullOnly sends no operation.
	PullOnly bool
}

// Prepare makes the next request: it takes the head of each lane that may go,
// most urgent first, and freezes them. Only heads go, so that whatever the
// server does with one, the next of its lane never overtakes it.
func (tx *Tx) Prepare(sel Select) (api.SyncRequest, error) {
	st, err := tx.State()
	if err != nil {
		return api.SyncRequest{}, err
	}
	st.Request++
	req := api.SyncRequest{Request: st.Request, Epoch: st.Epoch}
	if !sel.PullOnly {
		batch, err := tx.batch(sel)
		if err != nil {
			return req, err
		}
		for _, op := range batch {
			if !op.Frozen {
				op.Frozen = true
				if err := put(tx, bucketOutbox, number(op.N), op); err != nil {
					return req, err
				}
			}
			if tx.Has(BugDequeueEarly) {
				if err := del(tx, bucketOutbox, number(op.N)); err != nil {
					return req, err
				}
			}
			if tx.Has(BugNewID) && op.Tries == 0 {
				op.Op = tx.otherID(op)
				if err := put(tx, bucketOutbox, number(op.N), op); err != nil {
					return req, err
				}
			}
			op.Failures = op.Tries
			req.Operations = append(req.Operations, op.Operation)
		}
	}
	if len(req.Operations) == 0 {
		req.WaitSeconds = sel.WaitSeconds
	}
	if req.Cursors, req.Checksums, err = tx.requestCursors(sel.Checksums); err != nil {
		return req, err
	}
	return req, tx.putState(st)
}

// Ready reports whether another operation may go now.
func (tx *Tx) Ready(sel Select) (bool, error) {
	batch, err := tx.batch(sel)
	return len(batch) > 0, err
}

func (tx *Tx) batch(sel Select) ([]Op, error) {
	heads, err := tx.heads()
	if err != nil {
		return nil, err
	}
	heads = slices.DeleteFunc(heads, func(op Op) bool { return !op.ready(tx.now, sel) })
	slices.SortStableFunc(heads, func(a, b Op) int { return cmp.Or(cmp.Compare(a.Priority, b.Priority), cmp.Compare(a.N, b.N)) })
	var batch []Op
	size := 0
	for _, op := range heads {
		switch {
		case op.Alone && len(batch) > 0:
			continue
		case op.Alone:
			return []Op{op}, nil
		case len(batch) > 0 && (len(batch) == api.MaxBatchOperations || size+len(op.Body) > api.MaxBatchBytes):
			return batch, nil
		}
		batch = append(batch, op)
		size += len(op.Body)
	}
	return batch, nil
}

func (op Op) ready(now time.Time, sel Select) bool {
	if sel.Tried[op.Op] {
		return false
	}
	return !op.NotBefore.After(now) || (sel.Impatient && !op.Told)
}

// heads gives the first operation of each lane. A refused complaint holds its
// lane: what its owner wrote after it means nothing without it.
func (tx *Tx) heads() ([]Op, error) {
	seen := map[string]bool{}
	items, err := tx.AttentionItems()
	if err != nil {
		return nil, err
	}
	for _, op := range items {
		if op.Type == api.OpLodge {
			seen[op.Lane] = true
		}
	}
	out, err := tx.Outbox()
	if err != nil {
		return nil, err
	}
	var heads []Op
	if tx.Has(BugOneQueue) {
		return out[:min(1, len(out))], nil
	}
	if tx.Has(BugLaneReversed) {
		slices.Reverse(out)
	}
	for _, op := range out {
		if !seen[op.Lane] {
			seen[op.Lane] = true
			heads = append(heads, op)
		}
	}
	return heads, nil
}

// NextTry is the earliest moment at which an operation may be sent, and false
// when none waits.
func (tx *Tx) NextTry() (at time.Time, waiting bool, err error) {
	heads, err := tx.heads()
	for _, op := range heads {
		if !waiting || op.NotBefore.Before(at) {
			at, waiting = op.NotBefore, true
		}
	}
	return at, waiting, err
}

// Fail notes that the server failed on these operations with an internal
// error while others passed. Several are from now on sent one by one; a single
// one waits, given by wait from its number of failures.
func (tx *Tx) Fail(ops []api.Operation, wait func(tries int) time.Duration) error {
	for _, sent := range ops {
		op, ok, err := get[Op](tx, bucketOutbox, number(sent.N))
		if err != nil {
			return err
		}
		if !ok || op.Op != sent.Op {
			continue
		}
		op.Alone = true
		if len(ops) == 1 {
			op.fail(tx.now, wait)
		}
		if err := put(tx, bucketOutbox, number(op.N), op); err != nil {
			return err
		}
	}
	return nil
}

func (op *Op) fail(now time.Time, wait func(int) time.Duration) {
	op.Tries++
	op.NotBefore, op.Told = now.Add(wait(op.Tries)), false
	op.Checking = op.Checking || op.Tries >= FailuresToReport
}

// offerAgain puts the operations acknowledged in the last 30 days back into
// the outbox: the server was restored from a backup and may have lost them.
// Under the same identity they keep their numbers.
func (tx *Tx) offerAgain() error {
	a, err := tx.Account()
	if err != nil {
		return err
	}
	var again []Op
	err = each(tx, bucketDone, nil, func(_ []byte, op Op) error {
		if tx.serverTime().Sub(op.AnsweredAt) < keepDone {
			again = append(again, op)
		}
		return nil
	})
	if err != nil {
		return err
	}
	slices.SortFunc(again, func(a, b Op) int { return cmp.Compare(a.N, b.N) })
	moved := false
	for _, op := range again {
		if err := del(tx, bucketDone, doneKey(op.Lane, op.Op)); err != nil {
			return err
		}
		moved = moved || op.Device != a.Device.ID
		op.Answer, op.AnsweredAt = nil, time.Time{}
		// What it built on was carried out once, and may be too old to be offered
		// again: from now on the order of its lane is enough.
		op.Deps = nil
		if err := tx.putBack(op); err != nil {
			return err
		}
	}
	if moved {
		return tx.renumber(a.Device.ID)
	}
	return nil
}

// putBack stores an operation under its number, or the next free one before it
// is renumbered.
func (tx *Tx) putBack(op Op) error {
	for tx.b.Bucket([]byte(bucketOutbox)).Get(number(op.N)) != nil {
		op.N++
	}
	r, err := tx.recordOf(op)
	if err != nil {
		return err
	}
	tx.note = append(tx.note, r)
	return put(tx, bucketOutbox, number(op.N), op)
}

// ResetDevice gives the outbox to a new identity: numbers start again, order,
// ids and bodies stay. The owner signs in again.
func (tx *Tx) ResetDevice(device api.DeviceInfo) error {
	a, err := tx.Account()
	if err != nil {
		return err
	}
	a.Device = device
	if err := put(tx, bucketKV, keyAccount, a); err != nil {
		return err
	}
	return errors.Join(tx.renumber(device.ID), tx.SignOut())
}

// adoptDevice renumbers when the outbox belongs to another identity.
func (tx *Tx) adoptDevice(device string) error {
	out, err := tx.Outbox()
	if err != nil {
		return err
	}
	for _, op := range out {
		if op.Device != device {
			return tx.renumber(device)
		}
	}
	return nil
}

// renumber gives all of the outbox new numbers under a device, in the old
// order. Numbers go on from the highest used, so none is ever used twice.
func (tx *Tx) renumber(device string) error {
	out, err := tx.Outbox()
	if err != nil {
		return err
	}
	st, err := tx.State()
	if err != nil {
		return err
	}
	for _, op := range out {
		st.N = max(st.N, op.N)
	}
	for _, op := range out {
		if err := del(tx, bucketOutbox, number(op.N)); err != nil {
			return err
		}
		st.N++
		op.N, op.Device = st.N, device
		if err := put(tx, bucketOutbox, number(op.N), op); err != nil {
			return err
		}
	}
	return tx.putState(st)
}

// Settle removes an attention item; with it, when it was a complaint the
// server never had, the complaint and what waited behind it.
func (tx *Tx) Settle(id string) error {
	op, ok, err := tx.Attention(id)
	if err != nil {
		return err
	}
	if !ok {
		return fmt.Errorf("attention item %s: %w", id, ErrNoSuch)
	}
	if err := del(tx, bucketAttention, []byte(id)); err != nil {
		return err
	}
	tx.gone(id)
	if op.Type == api.OpLodge {
		return tx.dropLocalCase(op.Lane)
	}
	return nil
}

// Cancel takes an operation back that was never sent. ErrNoSuch when there is
// none, or it may be on the server already.
func (tx *Tx) Cancel(id string) error {
	out, err := tx.Outbox()
	if err != nil {
		return err
	}
	for _, op := range out {
		if op.Op != id || (op.Frozen && !tx.Has(BugTakeBackSent)) {
			continue
		}
		if err := tx.drop(op); err != nil {
			return err
		}
		if op.Type == api.OpLodge {
			return tx.dropLocalCase(op.Lane)
		}
		return tx.strand(op.Op, "was taken back")
	}
	return fmt.Errorf("unsent operation %s: %w", id, ErrNoSuch)
}

// drop removes an operation from the outbox for good: the journal must not
// bring it back either.
func (tx *Tx) drop(op Op) error {
	tx.gone(op.Op)
	return del(tx, bucketOutbox, number(op.N))
}

// gone tells the journal that an operation is settled.
func (tx *Tx) gone(op string) {
	tx.emptied = true
	tx.note = append(tx.note, journalRecord{Gone: op})
}

func (tx *Tx) dropLocalCase(id string) error {
	c, ok, err := tx.Case(id)
	if err != nil || !ok || !c.Local {
		return err
	}
	out, err := tx.Outbox()
	if err != nil {
		return err
	}
	for _, op := range out {
		if op.Lane != id {
			continue
		}
		if err := tx.drop(op); err != nil {
			return err
		}
	}
	return errors.Join(tx.deleteCase(id), del(tx, bucketReceipts, []byte(id)))
}

// NewClient clears the waits of operations that an older program was too old
// for.
func (tx *Tx) NewClient(client string) error {
	st, err := tx.State()
	if err != nil || st.Client == client {
		return err
	}
	st.Client = client
	out, err := tx.Outbox()
	if err != nil {
		return err
	}
	for _, op := range out {
		if !op.Upgrade {
			continue
		}
		op.Upgrade, op.Told, op.NotBefore = false, false, time.Time{}
		if err := put(tx, bucketOutbox, number(op.N), op); err != nil {
			return err
		}
	}
	return tx.putState(st)
}

// purge lets go of acknowledged operations older than 30 days, once a day.
func (tx *Tx) purge(st *State) error {
	now := tx.serverTime()
	if now.Sub(st.PurgedAt) < 24*time.Hour {
		return nil
	}
	st.PurgedAt = now
	if err := tx.purgeTransfers(); err != nil {
		return err
	}
	var old [][]byte
	err := each(tx, bucketDone, nil, func(key []byte, op Op) error {
		if now.Sub(op.AnsweredAt) >= keepDone {
			old = append(old, append([]byte(nil), key...))
		}
		return nil
	})
	for _, k := range old {
		err = errors.Join(err, del(tx, bucketDone, k))
	}
	return err
}

// DropAttention removes an attention item that a new operation replaces; the
// complaint it is about stays.
func (tx *Tx) DropAttention(id string) error {
	tx.gone(id)
	return del(tx, bucketAttention, []byte(id))
}

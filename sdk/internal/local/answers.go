package local

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/citizens-portal/portal/sdk/api"
)

// What the server answered: taken off the queue, tried again later, or shown to
// the owner.

// Refuse turns an operation into an attention item, for a request that was
// refused as a whole because of it.
func (tx *Tx) Refuse(sent api.Operation, p *api.Problem) error {
	op, ok, err := get[Op](tx, bucketOutbox, number(sent.N))
	if err != nil || !ok {
		return err
	}
	return tx.toAttention(op, api.Answer{Op: op.Op, Status: api.Rejected, Problem: p})
}

func (tx *Tx) toAttention(op Op, a api.Answer) error {
	op.Answer, op.AnsweredAt = &a, tx.now
	if err := del(tx, bucketOutbox, number(op.N)); err != nil {
		return err
	}
	if err := put(tx, bucketAttention, []byte(op.Op), op); err != nil {
		return err
	}
	return tx.strand(op.Op, "was refused")
}

// strand turns what builds on an operation that will never be carried out into
// attention items: the server would let it wait for ever.
func (tx *Tx) strand(id, fate string) error {
	out, err := tx.Outbox()
	if err != nil {
		return err
	}
	for _, op := range out {
		if !slices.Contains(op.Deps, id) {
			continue
		}
		detail := fmt.Sprintf("depends on operation %s, which %s", id, fate)
		p := &api.Problem{Type: api.TypeConflict, Title: "What this builds on " + fate, Status: http.StatusConflict, Detail: detail,
			Errors: []api.FieldProblem{{Pointer: "/deps", Code: api.CodeDependency, Detail: detail}}}
		// One that builds on this in turn follows by way of toAttention.
		if err := tx.toAttention(op, api.Answer{Op: op.Op, Status: api.Rejected, Problem: p}); err != nil {
			return err
		}
	}
	return nil
}

// answer applies the server's word on one operation.
func (tx *Tx) answer(sent api.Operation, a api.Answer, wait func(int) time.Duration) error {
	op, ok, err := get[Op](tx, bucketOutbox, number(sent.N))
	if err != nil {
		return err
	}
	if !ok || op.Op != a.Op {
		return nil // answered before, by a request whose answer came late
	}
	switch a.Status {
	case api.Applied, api.Duplicate:
		return tx.finish(op, a)
	case api.Rejected:
		return tx.toAttention(op, a)
	case api.Quarantined:
		op.Checking, op.NotBefore, op.Told = true, tx.now.Add(askAgain), false
	case api.Upgrade:
		op.Upgrade, op.NotBefore, op.Told = true, tx.now.Add(upgradeWait), true
	case api.RetryAfter:
		if a.Problem != nil && a.Problem.Type == api.TypeInternal {
			op.fail(tx.now, wait)
			break
		}
		op.NotBefore, op.Told = tx.now.Add(wait(1)), false
		if a.RetryAfterSeconds > 0 {
			op.NotBefore, op.Told = tx.now.Add(patience(a.RetryAfterSeconds)), true
		}
	default:
		// A word this program does not know: keep the operation, ask later.
		op.NotBefore, op.Told = tx.now.Add(askAgain), true
	}
	return put(tx, bucketOutbox, number(op.N), op)
}

// patience bounds how long a server may make an operation wait: a slip there
// must not keep it here for years.
func patience(seconds int) time.Duration {
	return time.Duration(min(seconds, int(upgradeWait/time.Second))) * time.Second
}

// finish moves an acknowledged operation to those kept for a restored server.
func (tx *Tx) finish(op Op, a api.Answer) error {
	op.Answer, op.AnsweredAt = &a, tx.serverTime()
	op.NotBefore, op.Told, op.Checking, op.Alone, op.Tries = time.Time{}, false, false, false, 0
	if a.Receipt != "" && !tx.Has(BugReceiptDropped) {
		op.Receipt = a.Receipt
	}
	if err := del(tx, bucketOutbox, number(op.N)); err != nil {
		return err
	}
	tx.emptied = true
	if err := put(tx, bucketDone, doneKey(op.Lane, op.Op), op); err != nil {
		return err
	}
	if err := tx.startTransfers(op); err != nil {
		return err
	}
	if op.Type != api.OpLodge {
		return nil
	}
	return tx.received(op, a)
}

// received notes code and filing time at once: the feed may bring the case
// only later.
func (tx *Tx) received(op Op, a api.Answer) error {
	r, _, err := tx.Receipt(op.Lane)
	if err != nil {
		return err
	}
	r.Case, r.Op = op.Lane, op.Op
	r.Code, r.LodgedAt, r.Receipt = cmp.Or(a.Code, r.Code), a.LodgedAt, cmp.Or(a.Receipt, r.Receipt)
	if err := put(tx, bucketReceipts, []byte(op.Lane), r); err != nil {
		return err
	}
	c, ok, err := tx.Case(op.Lane)
	if err != nil || !ok || !c.Local {
		return err
	}
	c.Complaint.Code, c.Complaint.LodgedAt = r.Code, r.LodgedAt
	return tx.PutCase(c)
}

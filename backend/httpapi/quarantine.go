package httpapi

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"strconv"
	"time"

	"github.com/citizens-portal/portal/backend/identity"
	"github.com/citizens-portal/portal/backend/store"
	"github.com/citizens-portal/portal/sdk/api"
)

// An operation that fails here again and again, while others pass, must not
// hold up its sender for ever: its raw bytes are kept for a person to look at and
// the sender is told "received, being checked".

const (
	kindFailure    = "operation-failure"
	kindQuarantine = "quarantine"
	failuresMax    = 5
	failureMemory  = 30 * 24 * time.Hour

	// What one account may have put aside in a day: far more than honest faults
	// make, far too little to fill the disk with.
	kindRoom = "quarantine-room"
	roomMax  = 1 << 20 // bytes
	roomFor  = 24 * time.Hour
	// roomOfReceipts is shared by all who file without an account: a receipt is
	// made by whoever holds it, so one of each would be no limit.
	roomOfReceipts = "receipts"
)

// errNoRoom means that an account had too much put aside today; the operation
// stays on its device.
var errNoRoom = errors.New("too much put aside")

// failedOften counts one more failure of an operation and reports whether it is
// time to put it aside.
func (a *API) failedOften(ctx context.Context, op api.Operation) bool {
	failures := 0
	err := a.Store.Update(ctx, func(tx store.Tx) error {
		r, err := tx.Record(ctx, kindFailure, op.Op)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
		failures, _ = strconv.Atoi(string(r.Doc)) // absent counts as none
		failures++
		return tx.PutRecord(ctx, store.Record{Kind: kindFailure, ID: op.Op, Doc: []byte(strconv.Itoa(failures)), ExpiresAt: a.Now().Add(failureMemory)})
	})
	return err == nil && failures >= failuresMax
}

// quarantine keeps an operation as it came. Two different bodies under one id
// are both kept: the record's id carries the hash.
func (a *API) quarantine(ctx context.Context, op api.Operation, p *api.Problem) api.Answer {
	doc, err := json.Marshal(struct {
		Sender    string        `json:"sender"`
		At        time.Time     `json:"at"`
		Operation api.Operation `json:"operation"`
		Problem   *api.Problem  `json:"problem"`
	}{viewer(ctx).Device, a.Now().UTC(), op, p})
	if err == nil {
		id := op.Op + "/" + op.SHA256
		err = a.Store.Update(ctx, func(tx store.Tx) error {
			_, err := tx.Record(ctx, kindQuarantine, id)
			if !errors.Is(err, store.ErrNotFound) {
				return err // kept already, or the store does not answer
			}
			if err := a.takeRoom(ctx, tx, len(doc)); err != nil {
				return err
			}
			return tx.PutRecord(ctx, store.Record{Kind: kindQuarantine, ID: id, By: viewer(ctx).Subject(), Doc: doc})
		})
	}
	if errors.Is(err, errNoRoom) {
		a.log.WarnContext(ctx, "no room to put another operation of this account aside", slog.String("op", op.Op))
		return api.Answer{Op: op.Op, Status: api.RetryAfter, Problem: p, RetryAfterSeconds: int(roomFor / time.Second)}
	}
	if err != nil {
		a.log.ErrorContext(ctx, "quarantine failed", slog.String("op", op.Op), slog.Any("error", err))
		return api.Answer{Op: op.Op, Status: api.RetryAfter, Problem: p, RetryAfterSeconds: retrySeconds}
	}
	a.log.WarnContext(ctx, "operation put aside for a person to look at", slog.String("op", op.Op))
	return api.Answer{Op: op.Op, Status: api.Quarantined, Problem: p}
}

// takeRoom counts what the viewer's account has put aside today.
func (a *API) takeRoom(ctx context.Context, tx store.Tx, size int) error {
	who := roomOf(viewer(ctx))
	if err := tx.Lock(ctx, kindRoom+"/"+who); err != nil {
		return err
	}
	r, err := tx.Record(ctx, kindRoom, who)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	ends, used := r.ExpiresAt, 0
	if a.Now().Before(ends) {
		used, _ = strconv.Atoi(string(r.Doc)) // written below
	} else {
		ends = a.Now().Add(roomFor)
	}
	if used+size > roomMax {
		return errNoRoom
	}
	return tx.PutRecord(ctx, store.Record{Kind: kindRoom, ID: who, Doc: []byte(strconv.Itoa(used + size)), ExpiresAt: ends})
}

// roomOf names the room that a viewer uses up.
func roomOf(p identity.Principal) string {
	if p.Actor.Account.Anonymous() {
		return roomOfReceipts
	}
	return p.Subject()
}

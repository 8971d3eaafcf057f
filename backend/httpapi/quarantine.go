package httpapi

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"strconv"
	"time"

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
)

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
		err = a.Store.Update(ctx, func(tx store.Tx) error {
			return tx.PutRecord(ctx, store.Record{Kind: kindQuarantine, ID: op.Op + "/" + op.SHA256, By: viewer(ctx).Device, Doc: doc})
		})
	}
	if err != nil {
		a.log.ErrorContext(ctx, "quarantine failed", slog.String("op", op.Op), slog.Any("error", err))
		return api.Answer{Op: op.Op, Status: api.RetryAfter, Problem: p, RetryAfterSeconds: retrySeconds}
	}
	a.log.WarnContext(ctx, "operation put aside for a person to look at", slog.String("op", op.Op))
	return api.Answer{Op: op.Op, Status: api.Quarantined, Problem: p}
}

package server

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/citizens-portal/portal/backend/store"
)

// AuditLine is an entry of the audit log as it is shipped elsewhere: ids only,
// no names or numbers of people, and chained by Prev and Hash (store.AuditHead
// says how), so that a line that was removed or changed is seen.
type AuditLine struct {
	N       int64     `json:"n"`
	At      time.Time `json:"at"`
	Actor   string    `json:"actor"`
	Action  string    `json:"action"`
	Subject string    `json:"subject"`
	Detail  string    `json:"detail,omitempty"`
	Prev    string    `json:"prev"`
	Hash    string    `json:"hash"`
}

// ErrAudit means that the audit log is not what was written to it.
var ErrAudit = errors.New("the audit log does not lead to its chain's head: an entry was changed, added or removed")

// auditPage is how many entries are read at once.
const auditPage = 1000

// Audit gives the entries since a moment, oldest first, and with follow those
// that come until ctx ends, looked for whenever tick gives a value; also beside a
// live server. The error is ErrAudit for a log that was tampered with.
func Audit(ctx context.Context, c Config, since time.Time, tick <-chan time.Time, emit func(AuditLine) error) error {
	s, err := openBeside(ctx, c)
	if err != nil {
		return err
	}
	a := auditor{store: s, since: since, emit: emit}
	err = a.run(ctx, tick)
	if tick != nil && ctx.Err() != nil {
		err = nil // the way to end following
	}
	return errors.Join(err, s.Close())
}

// auditor walks the chain from its start, since every hash needs the one before.
type auditor struct {
	store store.Store
	since time.Time
	emit  func(AuditLine) error
	at    store.AuditHead
	begun bool
}

func (a *auditor) run(ctx context.Context, tick <-chan time.Time) error {
	for {
		if err := a.catchUp(ctx); err != nil {
			return err
		}
		if tick == nil {
			return nil
		}
		select {
		case <-tick:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// catchUp reads page by page up to the head.
func (a *auditor) catchUp(ctx context.Context) error {
	for {
		var entries []store.AuditEntry
		var head store.AuditHead
		err := a.store.View(ctx, func(tx store.Tx) error {
			var err error
			if head, err = tx.AuditHead(ctx); err != nil {
				return err
			}
			after := a.at.N
			if !a.begun {
				after = head.After
			}
			entries, err = tx.AuditLog(ctx, after, auditPage)
			return err
		})
		if err != nil {
			return err
		}
		if !a.begun {
			a.at, a.begun = head.Start(), true
		}
		for _, e := range entries {
			if err := a.take(e); err != nil {
				return err
			}
		}
		switch {
		case a.at == head:
			return nil
		case len(entries) < auditPage:
			return fmt.Errorf("%w: it was followed up to entry %d", ErrAudit, a.at.N)
		}
	}
}

func (a *auditor) take(e store.AuditEntry) error {
	if e.N != a.at.N+1 {
		return fmt.Errorf("%w: entry %d is followed by %d", ErrAudit, a.at.N, e.N)
	}
	prev := a.at.Hash
	a.at = a.at.Next(e)
	if e.At.Before(a.since) {
		return nil
	}
	return a.emit(AuditLine{N: e.N, At: e.At, Actor: e.Actor, Action: e.Action, Subject: e.Subject, Detail: e.Detail, Prev: prev, Hash: a.at.Hash})
}

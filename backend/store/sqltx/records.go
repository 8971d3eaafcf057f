package sqltx

import (
	"context"
	"strings"
	"time"

	"encoding/json"
	"errors"
	"fmt"
	"github.com/citizens-portal/portal/backend/store"
)

const selectRecord = "SELECT kind, id, by_key, doc, expires_at FROM record WHERE kind = ? AND id = ?"

// Record implements store.RecordTx. A record that is absent cannot be locked:
// use Lock where two transactions might both create it.
func (t *Tx) Record(ctx context.Context, kind, id string) (store.Record, error) {
	if !storable(kind, id) {
		return store.Record{}, store.ErrNotFound
	}
	query := t.d.record
	if t.write {
		query = t.d.recordLocked
	}
	var rec store.Record
	err := t.one(ctx, func(r Rows) (err error) {
		rec, err = scanRecord(r)
		return err
	}, query, kind, id)
	return rec, err
}

func scanRecord(r Rows) (store.Record, error) {
	var rec store.Record
	var expires *int64
	if err := r.Scan(&rec.Kind, &rec.ID, &rec.By, &rec.Doc, &expires); err != nil {
		return store.Record{}, err
	}
	rec.Doc = nonNil(rec.Doc)
	if expires != nil {
		rec.ExpiresAt = time.UnixMilli(*expires).UTC()
	}
	return rec, nil
}

// Records implements store.RecordTx.
func (t *Tx) Records(ctx context.Context, kind, by string) ([]store.Record, error) {
	if !storable(kind, by) {
		return nil, nil
	}
	query, args := "SELECT kind, id, by_key, doc, expires_at FROM record WHERE kind = ?", []any{kind}
	if by != "" {
		query, args = query+" AND by_key = ? AND by_key <> ''", append(args, by)
	}
	var out []store.Record
	err := t.each(ctx, func(r Rows) error {
		rec, err := scanRecord(r)
		out = append(out, rec)
		return err
	}, query+" ORDER BY id", args...)
	return out, err
}

// PutRecord implements store.RecordTx.
func (t *Tx) PutRecord(ctx context.Context, r store.Record) error {
	if err := checkKeys("record", r.Kind, r.ID, r.By); err != nil {
		return err
	}
	return t.queue(ctx, nil, `INSERT INTO record (kind, id, by_key, doc, expires_at) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (kind, id) DO UPDATE SET by_key = excluded.by_key, doc = excluded.doc, expires_at = excluded.expires_at`,
		r.Kind, r.ID, r.By, nonNil(r.Doc), nullMillis(r.ExpiresAt))
}

// DeleteRecord implements store.RecordTx. Deleting what is not there is no
// error.
func (t *Tx) DeleteRecord(ctx context.Context, kind, id string) error {
	if !storable(kind, id) {
		return nil
	}
	return t.queue(ctx, nil, "DELETE FROM record WHERE kind = ? AND id = ?", kind, id)
}

// Expire implements store.RecordTx.
func (t *Tx) Expire(ctx context.Context, now time.Time, limit int) (int, error) {
	n, err := t.exec(ctx, t.d.expire, now.UnixMilli(), int64(max(limit, 0)))
	return int(n), err
}

// Lock implements store.RecordTx.
func (t *Tx) Lock(ctx context.Context, key string) error {
	if !t.write {
		return ErrReadOnly
	}
	if t.d.lock == "" {
		return nil
	}
	return t.queue(ctx, nil, t.d.lock, strings.ToValidUTF8(strings.ReplaceAll(key, "\x00", ""), "\ufffd"))
}

// Audit implements store.RecordTx. What cannot be kept as text (it may come
// from an attacker) is replaced character by character, so that no entry is
// ever refused. Entries are numbered and chained at the end of the transaction,
// so that others wait for it shortly.
func (t *Tx) Audit(_ context.Context, e store.AuditEntry) error {
	if !t.write {
		return ErrReadOnly
	}
	e.At = timeOf(millis(e.At))
	e.Actor, e.Action, e.Subject, e.Detail = legible(e.Actor), legible(e.Action), legible(e.Subject), legible(e.Detail)
	t.audits = append(t.audits, e)
	return nil
}

// Where the head of the audit log's chain is kept.
const (
	kindAudit = "audit"
	auditHead = "head"
)

// flushAudits writes the entries that wait. The head's row makes transactions
// with entries commit one after the other, on all nodes.
func (t *Tx) flushAudits(ctx context.Context) error {
	if len(t.audits) == 0 {
		return nil
	}
	if err := t.Lock(ctx, kindAudit); err != nil {
		return err
	}
	head, err := t.auditHead(ctx)
	if errors.Is(err, store.ErrNotFound) {
		// Entries of before there was a chain stay outside it.
		if err := t.each(ctx, func(r Rows) error { return r.Scan(&head.N) }, "SELECT coalesce(max(n), 0) FROM audit"); err != nil {
			return err
		}
		head.After = head.N
	} else if err != nil {
		return err
	}
	for _, e := range t.audits {
		e.N = head.N + 1
		head = head.Next(e)
		if err := t.queue(ctx, nil, "INSERT INTO audit (n, at, actor, action, subject, detail) VALUES (?, ?, ?, ?, ?, ?)",
			e.N, millis(e.At), e.Actor, e.Action, e.Subject, e.Detail); err != nil {
			return err
		}
	}
	t.audits = nil
	doc, err := json.Marshal(head)
	if err != nil {
		return err
	}
	return t.PutRecord(ctx, store.Record{Kind: kindAudit, ID: auditHead, Doc: doc})
}

// auditHead reads where the chain ends; store.ErrNotFound before the first entry.
func (t *Tx) auditHead(ctx context.Context) (store.AuditHead, error) {
	r, err := t.Record(ctx, kindAudit, auditHead)
	if err != nil {
		return store.AuditHead{}, err
	}
	var h store.AuditHead
	if err := json.Unmarshal(r.Doc, &h); err != nil {
		return h, fmt.Errorf("the audit log's head: %w", err)
	}
	return h, nil
}

// AuditHead implements store.RecordTx.
func (t *Tx) AuditHead(ctx context.Context) (store.AuditHead, error) {
	if err := t.flushAudits(ctx); err != nil {
		return store.AuditHead{}, err
	}
	h, err := t.auditHead(ctx)
	if errors.Is(err, store.ErrNotFound) {
		return h, nil
	}
	return h, err
}

func legible(s string) string {
	if storable(s) {
		return s
	}
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\ufffd"), "\x00", "\ufffd")
}

// AuditLog implements store.RecordTx.
func (t *Tx) AuditLog(ctx context.Context, after int64, limit int) ([]store.AuditEntry, error) {
	if err := t.flushAudits(ctx); err != nil {
		return nil, err
	}
	var out []store.AuditEntry
	err := t.each(ctx, func(r Rows) error {
		var e store.AuditEntry
		var at int64
		err := r.Scan(&e.N, &at, &e.Actor, &e.Action, &e.Subject, &e.Detail)
		e.At = timeOf(at)
		out = append(out, e)
		return err
	}, "SELECT n, at, actor, action, subject, detail FROM audit WHERE n > ? ORDER BY n LIMIT ?", after, int64(max(limit, 0)))
	return out, err
}

package directory

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/citizens-portal/portal/backend/portal"
	"github.com/citizens-portal/portal/backend/store"
)

// kindHistory keeps what happened to each office and officer: id
// "officer/focal.swat/00000002", second key "officer/focal.swat".
const kindHistory = "directory.history"

// Console is who acts in history and audit log when the server's owner does.
const Console = "console"

// Change is a set of offices and officers as they are to be.
type Change struct {
	Offices  []portal.Office
	Officers []portal.Officer
	// Reason is in the words of who changes it; it may be empty.
	Reason string
}

// Outcome says what a change did.
type Outcome struct {
	Added     int `json:"added"`
	Changed   int `json:"changed"`
	Unchanged int `json:"unchanged"`
	// NewOfficers were added, Moved went to another office, and Stopped were
	// disabled.
	NewOfficers []portal.OfficerID `json:"-"`
	Moved       []portal.Officer   `json:"-"` // as they were
	Stopped     []portal.OfficerID `json:"-"`
	Returned    []portal.OfficerID `json:"-"`
}

// Revision is one entry of an office's or officer's history.
type Revision struct {
	N  int       `json:"n"`
	At time.Time `json:"at"`
	// By is "o:OFFICER" or Console.
	By     string        `json:"by"`
	Reason string        `json:"reason,omitempty"`
	Fields []FieldChange `json:"fields"`
}

// FieldChange is one field with its JSON before and after; null when absent.
type FieldChange struct {
	Field string          `json:"field"`
	From  json.RawMessage `json:"from"`
	To    json.RawMessage `json:"to"`
}

// Apply changes offices and officers for an actor, if they may and the result
// is a valid directory; else nothing changes. What is the same already is left
// alone. Every change goes into the history and the audit log. Errors are
// portal.CheckChange's and portal.NewDirectory's.
func Apply(ctx context.Context, tx store.Tx, by portal.Actor, at time.Time, ch Change) (Outcome, error) {
	if err := tx.Lock(ctx, kindMeta+"/"+versionID); err != nil {
		return Outcome{}, err
	}
	base, err := Read(ctx, tx)
	if err != nil {
		return Outcome{}, err
	}
	before, after, err := Preview(base, ch)
	if err != nil {
		return Outcome{}, err
	}
	if err := portal.CheckChange(by, before, after); err != nil {
		return Outcome{}, err
	}
	w := writer{tx: tx, by: Who(by), at: at.UTC().Truncate(time.Millisecond), reason: ch.Reason}
	out := Compare(before, ch)
	for i, o := range ch.Offices {
		if portal.OfficeChanged(before, o) {
			if err := write(ctx, w, kindOffice, string(o.ID), string(o.Area), len(base.Offices)+i, o); err != nil {
				return Outcome{}, err
			}
		}
	}
	for i, o := range ch.Officers {
		if len(portal.OfficerChanges(before, o)) > 0 {
			if err := write(ctx, w, kindOfficer, string(o.ID), string(o.Office), len(base.Officers)+i, o); err != nil {
				return Outcome{}, err
			}
		}
	}
	if out.Added+out.Changed == 0 {
		return out, nil
	}
	return out, nextVersion(ctx, tx)
}

// Who names an actor in history and audit log.
func Who(a portal.Actor) string {
	if a.Kind == portal.OfficerActor {
		return "o:" + string(a.Officer.ID)
	}
	return Console
}

// Preview gives the directory before and after a change, without asking whether
// anybody may.
func Preview(base portal.Dataset, ch Change) (before, after *portal.Directory, err error) {
	if before, err = portal.NewDirectory(base); err != nil {
		return nil, nil, fmt.Errorf("directory in the store: %w", err)
	}
	next := base
	next.Offices = merge(base.Offices, ch.Offices, func(o portal.Office) portal.OfficeID { return o.ID })
	next.Officers = merge(base.Officers, ch.Officers, func(o portal.Officer) portal.OfficerID { return o.ID })
	after, err = portal.NewDirectory(next)
	return before, after, err
}

func merge[T any, K comparable](base, changed []T, key func(T) K) []T {
	out, at := slices.Clone(base), map[K]int{}
	for i, item := range out {
		at[key(item)] = i
	}
	for _, item := range changed {
		if i, ok := at[key(item)]; ok {
			out[i] = item
			continue
		}
		out = append(out, item)
	}
	return out
}

// Compare counts what a change would do.
func Compare(before *portal.Directory, ch Change) Outcome {
	var out Outcome
	count := func(known, changed bool) {
		switch {
		case !known:
			out.Added++
		case changed:
			out.Changed++
		default:
			out.Unchanged++
		}
	}
	for _, o := range ch.Offices {
		_, known := before.Office(o.ID)
		count(known, portal.OfficeChanged(before, o))
	}
	for _, o := range ch.Officers {
		was, known := before.Officer(o.ID)
		count(known, len(portal.OfficerChanges(before, o)) > 0)
		switch {
		case !known:
			out.NewOfficers = append(out.NewOfficers, o.ID)
		case was.Office != o.Office:
			out.Moved = append(out.Moved, was)
		}
		switch {
		case known && o.Disabled && !was.Disabled:
			out.Stopped = append(out.Stopped, o.ID)
		case known && was.Disabled && !o.Disabled:
			out.Returned = append(out.Returned, o.ID)
		}
	}
	return out
}

// writer is who writes, and when.
type writer struct {
	tx     store.Tx
	by     string
	at     time.Time
	reason string
}

// write stores one item, with a line of its history and of the audit log.
func write[T any](ctx context.Context, w writer, kind, id, by string, order int, item T) error {
	was, before, err := readOne[T](ctx, w.tx, kind, id)
	if err != nil {
		return err
	}
	if before != nil {
		order = was.Order
	}
	after, err := json.Marshal(item)
	if err != nil {
		return err
	}
	fields, err := difference(before, after)
	if err != nil {
		return err
	}
	rev := Revision{N: was.Rev + 1, At: w.at, By: w.by, Reason: w.reason, Fields: fields}
	doc, err := json.Marshal(ordered[T]{Order: order, Rev: rev.N, Item: item})
	if err != nil {
		return err
	}
	line, err := json.Marshal(rev)
	if err != nil {
		return err
	}
	subject := kind + "/" + id
	return errors.Join(
		w.tx.PutRecord(ctx, store.Record{Kind: kind, ID: id, By: by, Doc: doc}),
		w.tx.PutRecord(ctx, store.Record{Kind: kindHistory, ID: fmt.Sprintf("%s/%08d", subject, rev.N), By: subject, Doc: line}),
		w.tx.Audit(ctx, store.AuditEntry{At: w.at, Actor: w.by, Action: kind + ".change", Subject: id, Detail: "revision " + strconv.Itoa(rev.N)}),
	)
}

// readOne reads one item with its wrapper; raw is the item's JSON, nil when it
// is not there.
func readOne[T any](ctx context.Context, tx store.Tx, kind, id string) (item ordered[T], raw []byte, err error) {
	r, err := tx.Record(ctx, kind, id)
	if errors.Is(err, store.ErrNotFound) {
		return item, nil, nil
	}
	if err != nil {
		return item, nil, err
	}
	if err := json.Unmarshal(r.Doc, &item); err != nil {
		return item, nil, fmt.Errorf("%s %s: %w", kind, id, err)
	}
	raw, err = json.Marshal(item.Item)
	return item, raw, err
}

// difference lists the fields in which two JSON objects differ, by name. before
// may be nil.
func difference(before, after []byte) ([]FieldChange, error) {
	was, is := map[string]json.RawMessage{}, map[string]json.RawMessage{}
	if before != nil {
		if err := json.Unmarshal(before, &was); err != nil {
			return nil, err
		}
	}
	if err := json.Unmarshal(after, &is); err != nil {
		return nil, err
	}
	var names []string
	for name := range was {
		names = append(names, name)
	}
	for name := range is {
		if _, both := was[name]; !both {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	var out []FieldChange
	for _, name := range names {
		if !bytes.Equal(was[name], is[name]) {
			out = append(out, FieldChange{Field: name, From: orNull(was[name]), To: orNull(is[name])})
		}
	}
	return out, nil
}

func orNull(raw json.RawMessage) json.RawMessage {
	if raw == nil {
		return json.RawMessage("null")
	}
	return raw
}

// OfficeHistory and OfficerHistory give what happened to one, oldest first. What
// came with the province's folder has none until it is changed.
func OfficeHistory(ctx context.Context, tx store.Tx, id portal.OfficeID) ([]Revision, error) {
	return history(ctx, tx, kindOffice+"/"+string(id))
}

// OfficerHistory is OfficeHistory for an officer.
func OfficerHistory(ctx context.Context, tx store.Tx, id portal.OfficerID) ([]Revision, error) {
	return history(ctx, tx, kindOfficer+"/"+string(id))
}

func history(ctx context.Context, tx store.Tx, subject string) ([]Revision, error) {
	records, err := tx.Records(ctx, kindHistory, subject)
	if err != nil {
		return nil, err
	}
	out := make([]Revision, len(records))
	for i, r := range records {
		if err := json.Unmarshal(r.Doc, &out[i]); err != nil {
			return nil, fmt.Errorf("history %s: %w", r.ID, err)
		}
	}
	return out, nil
}

// Package access keeps the citizen's access log: which officer opened which of
// their complaints, or who they are, and when. One line an officer, complaint
// and day is kept, for two years.
//
// It must never know HTTP, or decide who may open what: it is told. Start
// reading at Note.
package access

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/citizens-portal/portal/backend/portal"
	"github.com/citizens-portal/portal/backend/store"
)

// kind of the log's records; their second key is the account.
const kind = "access"

// keep is how long a line is kept.
const keep = 2 * 365 * 24 * time.Hour

// What was opened.
type What string

// The two things an officer can open.
const (
	Complaint What = "complaint"
	Identity  What = "identity"
)

// Entry is one line of the log. Office and title are as they were then.
type Entry struct {
	Case    string           `json:"case"`
	Code    portal.Code      `json:"code"`
	At      time.Time        `json:"at"`
	What    What             `json:"what"`
	Officer portal.OfficerID `json:"officer"`
	Name    string           `json:"name"`
	Office  portal.OfficeID  `json:"office"`
	Title   portal.Text      `json:"title"`
}

func id(o portal.OfficerID, c portal.Case, what What, at time.Time) string {
	return fmt.Sprintf("%s/%s/%s/%s", c.ID, o, at.UTC().Format(time.DateOnly), what)
}

// Noted reports whether the day's line is there already, or none is needed: the
// citizen's own reading, and the clock's, is not logged.
func Noted(ctx context.Context, tx store.Tx, a portal.Actor, c portal.Case, what What, at time.Time) (bool, error) {
	if a.Kind != portal.OfficerActor {
		return true, nil
	}
	_, err := tx.Record(ctx, kind, id(a.Officer.ID, c, what, at))
	if errors.Is(err, store.ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

// Note writes the day's line in the caller's transaction, unless it is there.
func Note(ctx context.Context, tx store.Tx, a portal.Actor, c portal.Case, what What, at time.Time) error {
	if noted, err := Noted(ctx, tx, a, c, what, at); noted || err != nil {
		return err
	}
	o := a.Officer
	doc, err := json.Marshal(Entry{Case: c.ID, Code: c.Code, At: at, What: what, Officer: o.ID, Name: o.Name, Office: o.Office, Title: o.Title})
	if err != nil {
		return err
	}
	return tx.PutRecord(ctx, store.Record{Kind: kind, ID: id(o.ID, c, what, at), By: string(c.Citizen), Doc: doc, ExpiresAt: at.Add(keep)})
}

// Of gives an account's log, newest first.
func Of(ctx context.Context, tx store.Tx, account portal.AccountID) ([]Entry, error) {
	records, err := tx.Records(ctx, kind, string(account))
	if err != nil || account == "" {
		return nil, err
	}
	out := make([]Entry, len(records))
	for i, r := range records {
		if err := json.Unmarshal(r.Doc, &out[i]); err != nil {
			return nil, fmt.Errorf("access %s: %w", r.ID, err)
		}
	}
	slices.SortStableFunc(out, func(a, b Entry) int { return b.At.Compare(a.At) })
	return out, nil
}

// Forget deletes an account's log, with the account.
func Forget(ctx context.Context, tx store.Tx, account portal.AccountID) error {
	records, err := tx.Records(ctx, kind, string(account))
	if err != nil || account == "" {
		return err
	}
	for _, r := range records {
		if err := tx.DeleteRecord(ctx, kind, r.ID); err != nil {
			return err
		}
	}
	return nil
}

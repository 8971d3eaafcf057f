package local

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/citizens-portal/portal/sdk/api"
)

// Case is a complaint as this device holds it.
type Case struct {
	Complaint api.Complaint `json:"complaint"`
	// Local: made here, and the server's word has not come by a feed yet.
	Local bool `json:"local,omitempty"`
	// SortAt orders lists: filing, or writing before it was filed.
	SortAt time.Time `json:"sort_at"`
}

// excerptRunes is how much of a text the index keeps for lists.
const excerptRunes = 160

// Case gives one complaint.
func (tx *Tx) Case(id string) (Case, bool, error) {
	return get[Case](tx, bucketCases, []byte(id))
}

// CaseByCode gives one complaint by its code, however it is typed.
func (tx *Tx) CaseByCode(code string) (Case, bool, error) {
	id, ok, err := get[string](tx, bucketCodes, []byte(flatCode(code)))
	if err != nil || !ok {
		return Case{}, false, err
	}
	return tx.Case(id)
}

func flatCode(code string) string {
	return strings.Map(func(r rune) rune {
		switch r {
		case '-', ' ', '\u200e', '\u200f':
			return -1
		}
		return r
	}, strings.ToUpper(code))
}

// PutCase stores a complaint and its line in the index.
func (tx *Tx) PutCase(c Case) error {
	id := []byte(c.Complaint.ID)
	if !c.Complaint.LodgedAt.IsZero() {
		c.SortAt = c.Complaint.LodgedAt
	}
	old, ok, err := tx.Case(c.Complaint.ID)
	if err != nil && !errors.Is(err, ErrDamaged) {
		return err
	}
	if ok && !old.SortAt.Equal(c.SortAt) {
		if err := del(tx, bucketIndex, indexKey(old)); err != nil {
			return err
		}
	}
	if code := c.Complaint.Code; code != "" && code != old.Complaint.Code {
		if err := put(tx, bucketCodes, []byte(flatCode(code)), c.Complaint.ID); err != nil {
			return err
		}
	}
	if err := put(tx, bucketCases, id, c); err != nil {
		return err
	}
	return put(tx, bucketIndex, indexKey(c), summary(c))
}

// indexKey sorts newest first.
func indexKey(c Case) []byte {
	key := binary.BigEndian.AppendUint64(nil, ^uint64(c.SortAt.UnixMilli()))
	return append(key, c.Complaint.ID...)
}

// summary is what lists show; opening 10,000 of these is quick.
func summary(c Case) Case {
	if text := []rune(c.Complaint.Text); len(text) > excerptRunes {
		c.Complaint.Text = string(text[:excerptRunes]) + "…"
	}
	c.Complaint.Ladder, c.Complaint.Files, c.Complaint.Place = nil, nil, ""
	return c
}

// ListCases visits the index, newest first, from just after a place that a
// former visit gave ("" is the start). fn gets each line with its place and
// ends the visit by returning false.
func (tx *Tx) ListCases(after string, fn func(place string, c Case) (more bool, err error)) error {
	from, err := hex.DecodeString(after)
	if err != nil {
		return fmt.Errorf("place %q in a list: %w", after, ErrNoSuch)
	}
	c := tx.b.Bucket([]byte(bucketIndex)).Cursor()
	k, sealed := c.Seek(from)
	if after != "" && string(k) == string(from) {
		k, sealed = c.Next()
	}
	for ; k != nil; k, sealed = c.Next() {
		var line Case
		if err := tx.decode(bucketIndex, k, sealed, &line); err != nil {
			return err
		}
		more, err := fn(hex.EncodeToString(k), line)
		if err != nil || !more {
			return err
		}
	}
	return nil
}

// Events gives what happened to a complaint, in order.
func (tx *Tx) Events(id string) ([]api.Event, error) {
	var out []api.Event
	err := each(tx, bucketEvents, []byte(id+"\x00"), func(_ []byte, e api.Event) error {
		out = append(out, e)
		return nil
	})
	return out, err
}

func eventKey(id string, n int64) []byte { return append([]byte(id+"\x00"), number(n)...) }

func (tx *Tx) deleteEvents(id string) error {
	for _, k := range tx.keys(bucketEvents, []byte(id+"\x00")) {
		if err := del(tx, bucketEvents, k); err != nil {
			return err
		}
	}
	return nil
}

// deleteCase removes every trace of a complaint but its receipt.
func (tx *Tx) deleteCase(id string) error {
	c, ok, err := tx.Case(id)
	if err != nil {
		return err
	}
	if !ok {
		return tx.deleteEvents(id)
	}
	return errors.Join(
		del(tx, bucketKV, proofKey(id)),
		del(tx, bucketIndex, indexKey(c)),
		del(tx, bucketCodes, []byte(flatCode(c.Complaint.Code))),
		del(tx, bucketCases, []byte(id)),
		tx.deleteEvents(id),
	)
}

// Draft is a complaint being written. Anything goes into a draft; it is
// checked when it is lodged.
type Draft struct {
	ID       string     `json:"id"`
	Category string     `json:"category,omitempty"`
	District string     `json:"district,omitempty"`
	Area     string     `json:"area,omitempty"`
	Place    string     `json:"place,omitempty"`
	Text     string     `json:"text,omitempty"`
	Language string     `json:"language,omitempty"`
	Files    []api.File `json:"files,omitempty"`
	// AboutOffice (an id) and AboutOfficer (a name) are whom it complains of.
	AboutOffice  string `json:"about_office,omitempty"`
	AboutOfficer string `json:"about_officer,omitempty"`
	// Anonymous says that it is to be filed without a name, and in no other way.
	Anonymous bool `json:"anonymous,omitempty"`
	// Instead names the refused operation this is the corrected copy of; it is
	// settled when the draft is lodged.
	Instead string    `json:"instead,omitempty"`
	SavedAt time.Time `json:"saved_at,omitzero"`
}

// PutDraft saves a draft.
func (tx *Tx) PutDraft(d Draft) error { return put(tx, bucketDrafts, []byte(d.ID), d) }

// Draft gives one draft.
func (tx *Tx) Draft(id string) (Draft, bool, error) { return get[Draft](tx, bucketDrafts, []byte(id)) }

// DeleteDraft removes a draft; one that is not there is no error.
func (tx *Tx) DeleteDraft(id string) error { return del(tx, bucketDrafts, []byte(id)) }

// Drafts lists drafts in order of their ids, which is the order they were
// begun in.
func (tx *Tx) Drafts() ([]Draft, error) {
	var out []Draft
	err := each(tx, bucketDrafts, nil, func(_ []byte, d Draft) error {
		out = append(out, d)
		return nil
	})
	return out, err
}

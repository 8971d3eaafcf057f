package sdk

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/citizens-portal/portal/sdk/api"
	"github.com/citizens-portal/portal/sdk/internal/local"
)

// Queued is one operation in the outbox or among the attention items.
type Queued struct {
	Pending
	Complaint string `json:"complaint"`
	// Sent: it may be on the server already, so it cannot be taken back here.
	Sent bool `json:"sent"`
	// Tries is how often the server failed on it; NextTry when it goes again.
	Tries   int       `json:"tries,omitempty"`
	NextTry time.Time `json:"next_try,omitzero"`
	// Upgrade: it needs a newer program, or server.
	Upgrade bool `json:"upgrade,omitempty"`
	// DependsOn are operations that have to be carried out before.
	DependsOn []string `json:"depends_on,omitempty"`
}

func queuedOf(op local.Op) Queued {
	return Queued{Pending: pendingOf(op), Complaint: op.Lane, Sent: op.Frozen, Tries: op.Tries, NextTry: op.NotBefore, Upgrade: op.Upgrade, DependsOn: op.Deps}
}

// Outbox lists what the server has not answered, in order.
func (s *Syncer) Outbox(ctx context.Context) ([]Queued, error) {
	return s.queued(ctx, (*local.Tx).Outbox)
}

// Attention lists what the server refused and its owner has not settled: with
// Copy, Retry or Discard.
func (s *Syncer) Attention(ctx context.Context) ([]Queued, error) {
	return s.queued(ctx, (*local.Tx).AttentionItems)
}

func (s *Syncer) queued(ctx context.Context, read func(*local.Tx) ([]local.Op, error)) ([]Queued, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	out := []Queued{}
	err := s.c.view(func(tx *local.Tx) error {
		ops, err := read(tx)
		for _, op := range ops {
			out = append(out, queuedOf(op))
		}
		return err
	})
	return out, err
}

func (s *Syncer) item(tx *local.Tx, id string) (local.Op, error) {
	op, ok, err := tx.Attention(id)
	if err == nil && !ok {
		err = notFound(fmt.Sprintf("nothing that needs attention is called %q", id))
	}
	return op, err
}

// Copy makes a draft from a refused complaint, to be corrected and lodged; the
// refused one goes when the draft is lodged.
func (s *Syncer) Copy(ctx context.Context, id string) (Draft, error) {
	var op local.Op
	err := s.c.view(func(tx *local.Tx) (err error) {
		op, err = s.item(tx, id)
		return err
	})
	if err != nil {
		return Draft{}, err
	}
	if op.Type != api.OpLodge {
		return Draft{}, invalid(field("op", "not_a_complaint", "only a complaint can be copied to a draft; retry this one with another text"))
	}
	var b api.LodgeBody
	if err := json.Unmarshal(op.Body, &b); err != nil {
		return Draft{}, fmt.Errorf("operation %s: %w", id, err)
	}
	return s.c.Complaints.SaveDraft(ctx, Draft{
		Category: b.Category, District: b.District, Area: b.Area, Place: b.Place, Text: b.Text, Language: b.Language, Files: b.Files, Instead: id,
	})
}

// Retry offers a refused operation again as a new one; text, when not empty,
// replaces what was written with an act.
func (s *Syncer) Retry(ctx context.Context, id, text string) (Submission, error) {
	if err := problems(checkText("text", text, MaxText, false)); err != nil {
		return Submission{}, err
	}
	if err := ctx.Err(); err != nil {
		return Submission{}, err
	}
	var again local.Op
	err := s.c.update(func(tx *local.Tx) error {
		op, err := s.item(tx, id)
		if err != nil {
			return err
		}
		if op.Type == api.OpLodge {
			again, err = s.retryLodge(tx, op, text)
		} else {
			again, err = s.retryAct(tx, op, text)
		}
		return err
	})
	if err != nil {
		return Submission{}, err
	}
	return s.c.Complaints.submitted(again)
}

// retryLodge keeps the complaint's id: the server never had it.
func (s *Syncer) retryLodge(tx *local.Tx, op local.Op, text string) (local.Op, error) {
	if text != "" {
		return op, invalid(field("text", "not_an_act", "copy the complaint to a draft to change it"))
	}
	again, err := s.c.newOp(op.Lane, op.Type, op.Action, op.Body)
	if err != nil {
		return op, err
	}
	held, ok, err := tx.Case(op.Lane)
	if err != nil {
		return op, err
	}
	receipt, _, err := tx.Receipt(op.Lane)
	if err != nil {
		return op, err
	}
	if err := tx.DropAttention(op.Op); err != nil {
		return op, err
	}
	if !ok {
		return tx.Enqueue(again, nil, nil)
	}
	return tx.Enqueue(again, &held, &receipt)
}

func (s *Syncer) retryAct(tx *local.Tx, op local.Op, text string) (local.Op, error) {
	var b api.ActBody
	if err := json.Unmarshal(op.Body, &b); err != nil {
		return op, fmt.Errorf("operation %s: %w", op.Op, err)
	}
	if text != "" {
		b.Text = text
	}
	if err := tx.DropAttention(op.Op); err != nil {
		return op, err
	}
	held, _, err := tx.Case(op.Lane)
	if err != nil {
		return op, err
	}
	deps, err := s.c.Complaints.expect(tx, &b, held.Complaint.Version)
	if err != nil {
		return op, err
	}
	again, err := s.c.newOp(op.Lane, op.Type, op.Action, b)
	if err != nil {
		return op, err
	}
	again.Deps = deps
	return tx.Enqueue(again, nil, nil)
}

// Discard settles a refused operation for good, or takes back one that was
// never sent.
func (s *Syncer) Discard(ctx context.Context, id string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	err := s.c.update(func(tx *local.Tx) error {
		if _, ok, err := tx.Attention(id); ok || err != nil {
			return errors.Join(err, tx.Settle(id))
		}
		return tx.Cancel(id)
	})
	if errors.Is(err, local.ErrNoSuch) {
		return notFound(fmt.Sprintf("nothing unsent or refused is called %q; what was sent cannot be taken back here", id))
	}
	s.c.changes.send(Change{Outbox: true})
	return err
}

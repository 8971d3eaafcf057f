package sdk

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/citizens-portal/portal/sdk/api"
	"github.com/citizens-portal/portal/sdk/internal/local"
)

// DeskDraft is what an officer is writing about a complaint and has not done.
type DeskDraft struct {
	Case   string `json:"case"`
	Action string `json:"action"` // as in allowed_actions
	Text   string `json:"text,omitempty"`
	// Disposition and Evidence belong to a proposal, Office to a transfer.
	Disposition string     `json:"disposition,omitempty"`
	Evidence    []api.File `json:"evidence,omitempty"`
	Office      string     `json:"office,omitempty"`
}

func (d DeskDraft) key() string { return d.Case + " " + d.Action }

func (d DeskDraft) empty() bool {
	return d.Text == "" && d.Disposition == "" && d.Office == "" && len(d.Evidence) == 0
}

// deskDrafts is where the drafts are among what belongs to the account alone.
const deskDrafts = "desk-drafts"

// SaveDraft keeps a draft, one for each complaint and action, sealed like
// everything the account holds. An empty one is forgotten.
func (d *Desk) SaveDraft(ctx context.Context, draft DeskDraft) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if len(draft.Text) > 16*MaxText {
		return invalid(field("text", "text_long", "this is too long even for a draft"))
	}
	return d.c.update(func(tx *local.Tx) error {
		all, err := readDeskDrafts(tx)
		if err != nil {
			return err
		}
		all[draft.key()] = draft
		if draft.empty() {
			delete(all, draft.key())
		}
		body, err := json.Marshal(all)
		if err != nil {
			return fmt.Errorf("encode drafts: %w", err)
		}
		return tx.PutPrivate(deskDrafts, local.Collection{Body: body, FetchedAt: tx.Now()})
	})
}

// Draft gives back what was being written; an empty draft when nothing was.
func (d *Desk) Draft(ctx context.Context, id, action string) (DeskDraft, error) {
	draft := DeskDraft{Case: id, Action: action}
	if err := ctx.Err(); err != nil {
		return draft, err
	}
	err := d.c.view(func(tx *local.Tx) error {
		all, err := readDeskDrafts(tx)
		if held, ok := all[draft.key()]; ok {
			draft = held
		}
		return err
	})
	return draft, err
}

func readDeskDrafts(tx *local.Tx) (map[string]DeskDraft, error) {
	all := map[string]DeskDraft{}
	held, ok, err := tx.Private(deskDrafts)
	if err != nil || !ok {
		return all, err
	}
	if err := json.Unmarshal(held.Body, &all); err != nil {
		return nil, fmt.Errorf("drafts: %w: %w", ErrDamaged, err)
	}
	return all, nil
}

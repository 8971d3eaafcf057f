package sdk

import (
	"cmp"
	"encoding/json"
	"slices"

	"github.com/citizens-portal/portal/sdk/api"
	"github.com/citizens-portal/portal/sdk/internal/local"
)

// overlay is what the owner did and the server has not settled, by complaint:
// shown over the server's state, so that people see their own acts at once.
type overlay map[string][]local.Op

// readOverlay reads the outbox and the attention items.
func readOverlay(tx *local.Tx) (overlay, error) {
	out, err := tx.Outbox()
	if err != nil {
		return nil, err
	}
	items, err := tx.AttentionItems()
	own := overlay{}
	for _, op := range append(out, items...) {
		own[op.Lane] = append(own[op.Lane], op)
	}
	return own, err
}

// state is what this device knows of a complaint; what needs a person comes
// first.
func (o overlay) state(id string) string {
	found := StateReceived
	for _, op := range o[id] {
		switch {
		case op.Answer != nil:
			return StateAttention
		case op.Checking:
			found = StateChecking
		case found == StateReceived:
			found = StateQueued
		}
	}
	return found
}

// pending lists the owner's acts that the held complaint does not show yet,
// oldest first: queued, refused, and answered ones whose result the feed has
// not brought.
func (o overlay) pending(tx *local.Tx, held local.Case) ([]Pending, error) {
	done, err := tx.Done(held.Complaint.ID)
	if err != nil {
		return nil, err
	}
	all := slices.DeleteFunc(done, func(op local.Op) bool { return !held.Local && held.Complaint.Version >= op.Answer.Version })
	for _, op := range o[held.Complaint.ID] {
		if !op.Frozen || !tx.Has(local.BugOverlayDropped) {
			all = append(all, op)
		}
	}
	slices.SortFunc(all, func(a, b local.Op) int { return cmp.Compare(a.N, b.N) })
	list := make([]Pending, len(all))
	for i, op := range all {
		list[i] = pendingOf(op)
	}
	return list, nil
}

func pendingOf(op local.Op) Pending {
	p := Pending{Op: op.Op, Action: op.Action, State: Waiting, At: op.At}
	var b api.ActBody // what it shares with the other kinds of body is named alike
	if json.Unmarshal(op.Body, &b) == nil {
		p.Text, p.ToOfficer, p.ToOffice, p.Seen = b.Text, b.ToOfficer, b.ToOffice, b.ExpectedVersion
	}
	switch {
	case op.Accepted():
		p.State = Received
	case op.Answer != nil:
		p.State, p.Problem = Refused, op.Answer.Problem
	case op.Checking:
		p.State = Checking
	}
	return p
}

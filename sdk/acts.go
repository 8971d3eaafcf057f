package sdk

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/citizens-portal/portal/sdk/api"
	"github.com/citizens-portal/portal/sdk/internal/local"
)

// Actions on the wire.
const (
	actLodge       = "lodge"
	actAcknowledge = "acknowledge"
	actAssign      = "assign"
	actTransfer    = "transfer"
	actAsk         = "ask"
	actAnswer      = "answer"
	actMessage     = "message"
	actPropose     = "propose"
	actConfirm     = "confirm"
	actReject      = "reject"
	actInvalidate  = "invalidate"
	actRate        = "rate"
	actReopen      = "reopen"
	actAppeal      = "appeal"
	actWithdraw    = "withdraw"
)

// Priorities within a request: filing first, then decisions and ratings.
const (
	priorityLodge = iota
	priorityAct
)

// newOp makes an operation. Its body's bytes are settled here, once: the hash
// is over exactly these.
func (c *Client) newOp(lane, kind, action string, body any) (local.Op, error) {
	id, err := c.newID()
	if err != nil {
		return local.Op{}, err
	}
	b, err := json.Marshal(body)
	if err != nil {
		return local.Op{}, fmt.Errorf("encode %s: %w", action, err)
	}
	sum := sha256.Sum256(b)
	op := local.Op{Action: action, Priority: priorityAct, Operation: api.Operation{
		Op: id, Lane: lane, Type: kind, Version: 1, Body: b, SHA256: hex.EncodeToString(sum[:]), At: c.cfg.Now().UTC().Truncate(time.Millisecond),
	}}
	if kind == api.OpLodge {
		op.Priority = priorityLodge
	}
	return op, nil
}

// act saves and queues an act on a complaint given by id or code.
func (s *Complaints) act(ctx context.Context, ref string, body api.ActBody, checks ...[]api.FieldProblem) (Submission, error) {
	return s.actAfter(ctx, 0, ref, body, checks...)
}

// actAfter is act for what its author may want to take back: it is saved now and
// sent when hold has passed, whoever asks for a sync meanwhile.
func (s *Complaints) actAfter(ctx context.Context, hold time.Duration, ref string, body api.ActBody, checks ...[]api.FieldProblem) (Submission, error) {
	if err := problems(checks...); err != nil {
		return Submission{}, err
	}
	target, err := s.Show(ctx, ref)
	if err != nil {
		return Submission{}, err
	}
	body.Case = target.ID
	var op local.Op
	err = s.c.update(func(tx *local.Tx) error {
		deps, err := s.expect(tx, &body, target.Version)
		if err != nil {
			return err
		}
		if op, err = s.c.newOp(target.ID, api.OpAct, body.Action, body); err != nil {
			return err
		}
		op.Deps = deps
		if hold > 0 {
			op.NotBefore, op.Told = s.c.cfg.Now().Add(hold), true
		}
		op, err = tx.Enqueue(op, nil, nil)
		return err
	})
	if err != nil {
		return Submission{}, err
	}
	return s.submitted(op)
}

// expect gives an officer's act the version they looked at: the complaint's,
// counted on by their own acts that are still on the way. The version counts on
// the last of these, so the act builds on it.
func (s *Complaints) expect(tx *local.Tx, body *api.ActBody, seen int64) (deps []string, err error) {
	a, err := tx.Account()
	if err != nil || a.Session.Profile.Kind != kindOfficer {
		return nil, err
	}
	done, err := tx.Done(body.Case)
	if err != nil {
		return nil, err
	}
	for _, op := range done {
		seen = max(seen, op.Answer.Version)
	}
	out, err := tx.Outbox()
	for _, op := range out {
		if op.Lane == body.Case {
			seen++
			deps = []string{op.Op}
		}
	}
	body.ExpectedVersion = seen
	return deps, err
}

// Message writes to the office; it changes nothing else.
func (s *Complaints) Message(ctx context.Context, ref, text string) (Submission, error) {
	return s.act(ctx, ref, api.ActBody{Action: actMessage, Text: text}, checkText("text", text, MaxText, true))
}

// Answer answers what the office asked.
func (s *Complaints) Answer(ctx context.Context, ref, text string) (Submission, error) {
	return s.act(ctx, ref, api.ActBody{Action: actAnswer, Text: text}, checkText("text", text, MaxText, true))
}

// Confirm says that the proposed resolution solved it.
func (s *Complaints) Confirm(ctx context.Context, ref string) (Submission, error) {
	return s.act(ctx, ref, api.ActBody{Action: actConfirm})
}

// Reject says that it did not, and why.
func (s *Complaints) Reject(ctx context.Context, ref, reason string) (Submission, error) {
	return s.act(ctx, ref, api.ActBody{Action: actReject, Text: reason}, checkText("reason", reason, MaxText, true))
}

// Rate gives a verdict on a closed complaint, each 1 (very bad) to 5; a later
// one replaces it.
func (s *Complaints) Rate(ctx context.Context, ref string, r api.Rating) (Submission, error) {
	return s.act(ctx, ref, api.ActBody{Action: actRate, Rating: &r}, checkRating(r))
}

// Reopen opens a closed complaint again, once, with a reason.
func (s *Complaints) Reopen(ctx context.Context, ref, reason string) (Submission, error) {
	return s.act(ctx, ref, api.ActBody{Action: actReopen, Text: reason}, checkText("reason", reason, MaxText, true))
}

// Appeal brings it to the next office up, with a reason.
func (s *Complaints) Appeal(ctx context.Context, ref, reason string) (Submission, error) {
	return s.act(ctx, ref, api.ActBody{Action: actAppeal, Text: reason}, checkText("reason", reason, MaxText, true))
}

// Withdraw takes a complaint back. One that was never sent is simply gone, and
// the submission then names no operation.
func (s *Complaints) Withdraw(ctx context.Context, ref string) (Submission, error) {
	target, err := s.held(ref)
	if err == nil && target.Code == "" && len(target.Pending) > 0 && target.Pending[0].Action == actLodge {
		err = s.c.update(func(tx *local.Tx) error { return tx.Cancel(target.Pending[0].Op) })
		if err == nil {
			s.c.changes.send(Change{Complaints: []string{target.ID}, Outbox: true})
			target.Pending, target.Status = nil, "withdrawn"
			return Submission{Complaint: target}, nil
		}
		if !errors.Is(err, local.ErrNoSuch) {
			return Submission{}, err
		}
	}
	return s.act(ctx, ref, api.ActBody{Action: actWithdraw})
}

package model

import (
	"slices"
	"time"

	"github.com/citizens-portal/portal/sdk"
)

// Status is what a citizen is told about a case, in the words of the status chips.
type Status string

// The statuses. Each is the end of a key "status.…" of the catalogue.
const (
	StatusDraft       Status = "draft"
	StatusQueued      Status = "queued"
	StatusReceived    Status = "received"
	StatusInProgress  Status = "in_progress"
	StatusNeedsAnswer Status = "needs_answer"
	StatusProposed    Status = "proposed"
	StatusConfirmed   Status = "confirmed"
	StatusSilent      Status = "silent"
	StatusRefused     Status = "refused"
	StatusEscalated   Status = "escalated"
	StatusLate        Status = "late"
	StatusReopened    Status = "reopened"
	StatusAppeal      Status = "appeal"
	StatusWithdrawn   Status = "withdrawn"
)

// StatusOf says where a complaint stands, the most pressing thing first.
func StatusOf(c sdk.Complaint, now time.Time) Status {
	if c.Code == "" {
		if c.State == sdk.StateAttention {
			return StatusRefused
		}
		return StatusQueued
	}
	switch c.Status {
	case "waiting_citizen":
		return StatusNeedsAnswer
	case "proposed":
		return StatusProposed
	case "closed_confirmed":
		return StatusConfirmed
	case "closed_silent":
		return StatusSilent
	case "invalid":
		return StatusRefused
	case "withdrawn":
		return StatusWithdrawn
	}
	switch {
	case !c.DueAt.IsZero() && day(c.DueAt) < day(now):
		return StatusLate
	case c.Appealed:
		return StatusAppeal
	case c.Level > 0:
		return StatusEscalated
	case c.Reopened:
		return StatusReopened
	case c.Status == "acknowledged", c.Status == "assigned":
		return StatusInProgress
	}
	return StatusReceived
}

// answered reports whether the citizen already answered what the office waits for, and
// the answer is on its way.
func answered(c sdk.Complaint) bool {
	return slices.ContainsFunc(c.Pending, func(p sdk.Pending) bool {
		return p.State != sdk.Refused && slices.Contains([]string{"confirm", "reject", "answer", "withdraw"}, p.Action)
	})
}

// may reports whether an action is among those the server allows now.
func may(c sdk.Complaint, action string) bool { return slices.Contains(c.AllowedActions, action) }

package main

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/citizens-portal/portal/sdk"
	"github.com/citizens-portal/portal/sdk/verify"
)

// verificationJSON is a check against the public log as scripts read it.
type verificationJSON struct {
	ID           string         `json:"id"`
	Code         string         `json:"code,omitempty"`
	Outcome      verify.Outcome `json:"outcome"`
	Verified     bool           `json:"verified"`
	Reason       string         `json:"reason,omitempty"`
	PromisedAt   *stamp         `json:"promised_at,omitempty"`
	IntegratedAt *stamp         `json:"integrated_at,omitempty"`
	// Events is how many verified; Entries and CheckpointAt are the log's.
	Events       int    `json:"events"`
	Entries      int64  `json:"entries,omitempty"`
	CheckpointAt *stamp `json:"checkpoint_at,omitempty"`
	// Kept: the server was not reached; it was checked with what is kept here.
	Kept bool `json:"kept,omitempty"`
	// Evidence, when the log itself was caught.
	Evidence *sdk.LogError `json:"evidence,omitempty"`
}

// verifyComplaint checks a complaint against the public log.
func (a *app) verifyComplaint(ctx context.Context, ref string) error {
	v, err := a.client.Complaints.Verify(ctx, ref)
	out := verificationJSON{
		ID: v.Case, Code: v.Code, Outcome: v.Outcome, Verified: v.OK(), Reason: v.Reason, PromisedAt: optional(v.PromisedAt),
		IntegratedAt: optional(v.IntegratedAt), Events: len(v.Events), Entries: v.Checkpoint.Size, CheckpointAt: optional(v.Checkpoint.At), Kept: v.Kept,
	}
	if errors.As(err, &out.Evidence) {
		out.Outcome, out.Verified, out.Reason = verify.NotVerified, false, out.Evidence.Error()
	} else if err != nil {
		return err
	}
	if err := a.print(out, func(w io.Writer) { sayVerified(w, out) }); err != nil {
		return err
	}
	switch {
	case out.Verified:
		return nil
	case out.Outcome == verify.Pending:
		return &exitError{exitSaved}
	}
	return &exitError{exitRefused}
}

func sayVerified(w io.Writer, v verificationJSON) {
	pending := "Not in the public log yet. Ask again later."
	if v.Kept {
		pending = "Not known here: the server was not reached. Ask again with a network."
	}
	line(w, "%s", map[verify.Outcome]string{
		verify.Verified:    "Verified: it stands in the public log, unchanged and in time.",
		verify.Late:        "Verified, but recorded late.",
		verify.Pending:     pending,
		verify.Lost:        "Lost with a restore of the server.",
		verify.NotVerified: "NOT VERIFIED.",
	}[v.Outcome])
	if v.Reason != "" {
		row(w, "why", v.Reason)
	}
	if v.PromisedAt != nil {
		row(w, "filed", when(time.Time(*v.PromisedAt)))
	}
	if v.IntegratedAt != nil {
		row(w, "in the log", when(time.Time(*v.IntegratedAt)))
	}
	if v.CheckpointAt != nil {
		row(w, "checked against", when(time.Time(*v.CheckpointAt)))
	}
	if v.Kept {
		row(w, "with", "the proof kept here: the server was not reached")
	}
}

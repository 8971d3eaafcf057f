package model

import (
	"errors"

	"github.com/citizens-portal/portal/assets"
	"github.com/citizens-portal/portal/sdk"
	"github.com/citizens-portal/portal/sdk/verify"
)

// Record is what this device knows of a complaint's place in the public log.
type Record struct {
	Icon assets.Icon
	Mood Mood
	// Text is empty when there is nothing to tell: not received yet, or nothing
	// here to check with.
	Text string
}

// RecordOf says what checking came to. What is wrong is said in the words of the
// rule of the house: what it is, then what to do.
func RecordOf(w Words, v sdk.Verification, err error) Record {
	switch {
	case errors.Is(err, sdk.ErrLog):
		return Record{assets.IconTriangle, Bad, w.T("record.alarm")}
	case err != nil:
		return Record{}
	}
	switch v.Outcome {
	case verify.Verified:
		return Record{assets.IconTick, Good, w.T("record.verified")}
	case verify.Late:
		return Record{assets.IconClock, Overdue, w.T("record.late", "filed", w.When(v.PromisedAt), "recorded", w.When(v.IntegratedAt))}
	case verify.Pending:
		return Record{assets.IconClock, Plain, w.T("record.pending")}
	case verify.Lost:
		return Record{assets.IconTriangle, Asking, w.T("record.lost")}
	}
	return Record{assets.IconTriangle, Bad, w.T("record.wrong")}
}

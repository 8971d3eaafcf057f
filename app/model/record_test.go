package model_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/citizens-portal/portal/app/i18n"
	"github.com/citizens-portal/portal/app/model"
	"github.com/citizens-portal/portal/sdk"
	"github.com/citizens-portal/portal/sdk/verify"
)

// TestRecord: only a whole proof is called checked, what cannot be told is not
// told, and what is wrong looks wrong.
func TestRecord(t *testing.T) {
	w := words(t, i18n.English)
	at := w.Now.Add(-50 * time.Hour)
	result := func(o verify.Outcome) sdk.Verification {
		return sdk.Verification{Result: verify.Result{Outcome: o, PromisedAt: at, IntegratedAt: at.Add(26 * time.Hour)}}
	}
	tests := []struct {
		v    sdk.Verification
		err  error
		mood model.Mood
		says string
	}{
		{result(verify.Verified), nil, model.Good, "unchanged"},
		{result(verify.Late), nil, model.Overdue, "later than promised"},
		{result(verify.Pending), nil, model.Plain, "within the hour"},
		{result(verify.Lost), nil, model.Asking, "restored"},
		{result(verify.NotVerified), nil, model.Bad, "does not match"},
		{sdk.Verification{}, &sdk.LogError{Reason: "split"}, model.Bad, "changed its public record"},
	}
	for _, x := range tests {
		got := model.RecordOf(w, x.v, x.err)
		if got.Mood != x.mood || !strings.Contains(got.Text, x.says) {
			t.Errorf("%s %v: %d %q, want %d %q", x.v.Outcome, x.err, got.Mood, got.Text, x.mood, x.says)
		}
	}
	if got := model.RecordOf(w, sdk.Verification{}, errors.Join(sdk.ErrOffline)); got != (model.Record{}) {
		t.Errorf("nothing to check with: %q", got.Text)
	}
}

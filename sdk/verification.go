package sdk

import (
	"context"
	"errors"
	"fmt"

	"github.com/citizens-portal/portal/sdk/api"
	"github.com/citizens-portal/portal/sdk/internal/local"
	"github.com/citizens-portal/portal/sdk/verify"
)

// Verification is what checking a complaint against the public log came to.
type Verification struct {
	Case string
	Code string
	verify.Result
	// Kept: it was checked with the proof that this device has kept, because the
	// server was not to be reached.
	Kept bool
}

// Verify checks that a complaint's events stand in the portal's public log as
// this device shows them, that the filing is the one its receipt promises, and
// that it was recorded in time. It fetches a new proof when it can, and else
// uses the one kept; with only a receipt the outcome is verify.Pending.
//
// Errors: ErrNotFound, ErrLog when the log itself was caught, ErrOffline when
// nothing to check with is here.
func (s *Complaints) Verify(ctx context.Context, ref string) (Verification, error) {
	out, receipt, err := s.toVerify(ref)
	if err != nil {
		return out, err
	}
	_, fetchErr := s.c.log.proof(ctx, out.Case)
	switch {
	case errors.Is(fetchErr, ErrOffline), errors.Is(fetchErr, ErrSignedOut):
		out.Kept = true
	case errors.Is(fetchErr, ErrNotFound) && receipt != "":
		out.Result, err = s.c.log.denied(receipt)
		return out, err
	case fetchErr != nil:
		return out, fetchErr
	}
	err = s.c.view(func(tx *local.Tx) error { return s.verifyKept(tx, receipt, &out) })
	if errors.Is(err, errNoProof) {
		return out, fetchErr
	}
	return out, err
}

// VerifyKept is Verify with what is on this device and no network, for a page
// that tells the state of a record whenever it is shown. Errors: ErrNotFound,
// ErrLog, ErrOffline when nothing to check with is here.
func (s *Complaints) VerifyKept(_ context.Context, ref string) (Verification, error) {
	out, receipt, err := s.toVerify(ref)
	if err != nil {
		return out, err
	}
	out.Kept = true
	err = s.c.view(func(tx *local.Tx) error { return s.verifyKept(tx, receipt, &out) })
	if errors.Is(err, errNoProof) {
		err = fmt.Errorf("%w: %w", ErrOffline, err)
	}
	return out, err
}

// errNoProof: there is nothing to check with.
var errNoProof = errors.New("no proof and no receipt on this device")

// toVerify finds the complaint, here or among the receipts.
func (s *Complaints) toVerify(ref string) (out Verification, receipt string, err error) {
	err = s.c.view(func(tx *local.Tx) error {
		id, err := resolve(tx, ref)
		if err != nil {
			return err
		}
		c, _, err := tx.Case(id)
		if err != nil {
			return err
		}
		r, _, err := tx.Receipt(id)
		out.Case, out.Code, receipt = id, c.Complaint.Code, r.Receipt
		return err
	})
	return out, receipt, err
}

func (s *Complaints) verifyKept(tx *local.Tx, receipt string, out *Verification) error {
	st, err := tx.Log()
	if err != nil {
		return err
	}
	if st.Alarm != nil {
		return alarmed(*st.Alarm)
	}
	keys, err := s.c.log.keys(st)
	if err != nil {
		return errNoProof
	}
	p, found, err := tx.Proof(out.Case)
	switch {
	case err != nil:
		return err
	case !found && receipt == "":
		return errNoProof
	case !found:
		out.Result = receiptOnly(keys, receipt)
		return nil
	}
	out.Result = verify.Policy{Keys: keys, Quorum: s.c.cfg.WitnessQuorum}.Verify(receipt, p)
	if !out.OK() && out.Outcome != verify.Pending {
		return nil
	}
	held, _, err := tx.Case(out.Case)
	if err != nil {
		return err
	}
	events, err := tx.Events(out.Case)
	if err != nil {
		return err
	}
	out.compare(held.Complaint, events)
	return nil
}

// denied judges a complaint that was signed for and that the server says it does
// not have.
func (l *logbook) denied(receipt string) (verify.Result, error) {
	st, err := l.state()
	if err != nil {
		return verify.Result{}, err
	}
	keys, err := l.keys(st)
	if err != nil {
		return verify.Result{}, err
	}
	out := receiptOnly(keys, receipt)
	if out.Outcome != verify.Pending {
		return out, nil
	}
	out.Outcome, out.Reason = verify.NotVerified, "the portal has signed for it, and says now that it has no such complaint"
	for _, r := range st.Restores {
		if r.At.After(out.PromisedAt) {
			out.Outcome, out.Reason = verify.Lost, fmt.Sprintf("the server was restored from a backup at %s, after the receipt was given", verify.Time(r.At))
		}
	}
	return out, nil
}

// receiptOnly judges a promise of which nothing more is known.
func receiptOnly(keys verify.Keys, text string) verify.Result {
	r, err := verify.ParseReceipt(text)
	switch {
	case err != nil:
		return verify.Result{Outcome: verify.NotVerified, Reason: err.Error()}
	case !r.SignedBy(keys.Public()...):
		return verify.Result{Outcome: verify.NotVerified, Reason: "the receipt was not signed by this portal"}
	}
	return verify.Result{Outcome: verify.Pending, PromisedAt: r.LodgedAt, Reason: "the portal has signed for it, and this device has no proof from the log yet"}
}

// compare holds what this device shows against what was recorded.
func (v *Verification) compare(c api.Complaint, events []api.Event) {
	recorded := map[int64]verify.VerifiedEvent{}
	for _, e := range v.Events {
		recorded[e.Event.N] = e
	}
	for _, shown := range events {
		e, ok := recorded[shown.N]
		switch {
		case !ok && v.Kept:
			v.Outcome, v.Reason = verify.Pending, "the proof kept on this device is older than the newest events"
		case !ok:
			v.Outcome, v.Reason = verify.NotVerified, fmt.Sprintf("the portal shows event %d, and has no proof of it", shown.N)
		case !sameEvent(c, shown, e):
			v.Outcome, v.Reason = verify.NotVerified, fmt.Sprintf("event %d was recorded otherwise than it is shown here", shown.N)
			return
		}
	}
}

func sameEvent(c api.Complaint, shown api.Event, e verify.VerifiedEvent) bool {
	r := e.Event
	if r.Action != shown.Action || r.Role != shown.Role || r.At != verify.Time(shown.At) || r.DueAt != verify.Time(shown.DueAt) ||
		r.Status != shown.Status || r.Level != shown.Level || r.ToOffice != shown.ToOffice || r.Disposition != shown.Disposition {
		return false
	}
	if e.Words == nil {
		return true
	}
	if r.N == 1 {
		return e.Words.Text == c.Text && e.Words.Category == c.Category
	}
	return e.Words.Text == shown.Text
}

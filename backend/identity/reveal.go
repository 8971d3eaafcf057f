package identity

import (
	"context"
	"errors"
	"time"

	"github.com/citizens-portal/portal/backend/portal"
	"github.com/citizens-portal/portal/backend/store"
)

// Person is who a citizen is, for an officer who gave a reason.
type Person struct {
	Name   string
	Mobile Mobile
	// CNIC shows the first five digits and the last: enough to compare with a
	// card, not enough to use.
	CNIC     string
	District portal.AreaID
}

// revealsPerDay bounds how many identities one officer opens in 24 hours, so that
// nobody walks out with all of them.
const revealsPerDay = 30

// Reveal opens who an account is, in the transaction that tells the citizen. The
// officer must be allowed to (portal.Can) and must have proved lately who they
// are. Errors: ErrStepUp, *LimitError, portal.ErrNotFound when the citizen had
// their account erased.
func (s *Service) Reveal(ctx context.Context, tx store.Tx, p Principal, c portal.Case) (Person, error) {
	if p.Actor.Kind != portal.OfficerActor {
		return Person{}, portal.ErrForbidden
	}
	if err := p.Fresh(s.now()); err != nil {
		return Person{}, err
	}
	subject := subjectOf(p.Actor)
	if err := s.spend(ctx, tx, "reveal/"+subject, "identities opened in a day", limit{revealsPerDay, 24 * time.Hour}); err != nil {
		return Person{}, err
	}
	who, err := s.person(ctx, tx, c.Citizen)
	if err != nil {
		return Person{}, err
	}
	out := Person{Name: who.Name, Mobile: Mobile{who.Mobile}, CNIC: maskCNIC(who.CNIC), District: who.District}
	return out, s.audit(ctx, tx, subject, "identity.reveal", string(c.Citizen), "case "+c.ID)
}

// maskCNIC writes 15602-1234567-1 as 15602-*******-1.
func maskCNIC(digits string) string {
	if len(digits) != 13 {
		return ""
	}
	return digits[:5] + "-*******-" + digits[12:]
}

// limit is so many in a window of time.
type limit struct {
	n      int
	window time.Duration
}

// spend counts one use of something under a key, or refuses with a LimitError.
// It holds on all nodes and across restarts.
func (s *Service) spend(ctx context.Context, tx store.Tx, key, what string, limits ...limit) error {
	if err := tx.Lock(ctx, kindQuota+"/"+key); err != nil {
		return err
	}
	now, longest := s.now(), time.Duration(0)
	q, err := get[quotaDoc](ctx, tx, kindQuota, key, now)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	for _, l := range limits {
		if wait := until(q.Sent, l.n, l.window, now); wait > 0 {
			return &LimitError{What: what, RetryAfter: wait}
		}
		longest = max(longest, l.window)
	}
	kept := q.Sent[:0]
	for _, t := range q.Sent {
		if now.Before(t.Add(longest)) {
			kept = append(kept, t)
		}
	}
	q.Sent = append(kept, now)
	return put(ctx, tx, kindQuota, key, "", q, now.Add(longest))
}

// Limits on filing without an account. A carrier puts many people behind one
// address, so an address gets some; the whole portal has a breaker.
const (
	anonymousPerHour = 10
	anonymousPerDay  = 40
	anonymousInAll   = 2000 // an hour
)

// AdmitAnonymous counts one filing without an account from an address. The
// address is kept for a day, hashed with a key and the date, apart from the
// complaint: nothing leads from one to the other.
func (s *Service) AdmitAnonymous(ctx context.Context, tx store.Tx, address string) error {
	now := s.now()
	key := "anonymous/" + s.cfg.Keys.BlindIndex("address", now.Format(time.DateOnly), address)
	if err := s.spend(ctx, tx, key, "complaints without an account from this network", limit{anonymousPerHour, time.Hour}, limit{anonymousPerDay, 24 * time.Hour}); err != nil {
		return err
	}
	id := "anonymous/all/" + now.Truncate(time.Hour).Format("2006-01-02T15")
	if err := tx.Lock(ctx, kindQuota+"/"+id); err != nil {
		return err
	}
	b, err := get[budgetDoc](ctx, tx, kindQuota, id, now)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	if b.Sent >= anonymousInAll {
		return &LimitError{What: "complaints without an account", RetryAfter: now.Truncate(time.Hour).Add(time.Hour).Sub(now)}
	}
	b.Sent++
	return put(ctx, tx, kindQuota, id, "", b, now.Truncate(time.Hour).Add(2*time.Hour))
}

// AnonymousPrincipal is whoever holds a receipt: they see one complaint and are
// nobody else. Errors: ErrSignedOut when it is no receipt.
func (s *Service) AnonymousPrincipal(receipt string) (Principal, error) {
	account, err := portal.AnonymousAccount(receipt)
	if err != nil {
		return Principal{}, ErrSignedOut
	}
	// No device and no session: nothing else may tie two receipts together.
	return Principal{Actor: portal.Actor{Kind: portal.CitizenActor, Account: account}, Session: string(account), Device: "receipt"}, nil
}

// Particulars is all that is kept of who a citizen is, for their own export.
type Particulars struct {
	Name      string
	CNIC      CNIC
	Mobile    Mobile
	District  portal.AreaID
	Language  string
	CreatedAt time.Time
}

// Particulars gives a citizen's own particulars after a fresh proof (a sign-in
// or a PIN of the last 15 minutes), on a device that sees everything.
func (s *Service) Particulars(ctx context.Context, p Principal) (Particulars, error) {
	if err := s.MayDelete(ctx, p); err != nil {
		return Particulars{}, err
	}
	if err := p.Fresh(s.now()); err != nil {
		return Particulars{}, err
	}
	var out Particulars
	err := s.cfg.Store.Update(ctx, func(tx store.Tx) error {
		a, err := get[accountDoc](ctx, tx, kindAccount, string(p.Actor.Account), s.now())
		if err != nil {
			return err
		}
		who, err := s.person(ctx, tx, a.ID)
		if err != nil {
			return err
		}
		out = Particulars{who.Name, CNIC{who.CNIC}, Mobile{who.Mobile}, who.District, a.Language, a.CreatedAt}
		return s.audit(ctx, tx, subjectOf(p.Actor), "account.export", string(a.ID), "")
	})
	return out, err
}

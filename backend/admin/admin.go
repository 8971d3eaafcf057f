// Package admin is how people administer offices and officers: who is appointed
// where, who acts for whom, who is on leave, who may sign in. Each act asks
// portal.CanAdminister, is kept in the history and in the audit log, and holds
// on every node within a second.
//
// It must never read what a case says, nor know HTTP. The rules are portal's,
// the records directory's, the credentials identity's.
//
// Start reading at Service.
package admin

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/citizens-portal/portal/backend/directory"
	"github.com/citizens-portal/portal/backend/identity"
	"github.com/citizens-portal/portal/backend/portal"
	"github.com/citizens-portal/portal/backend/store"
)

// Service administers; all fields but Changed are required.
type Service struct {
	Store     store.Store
	Directory *directory.Service
	Identity  *identity.Service
	Now       func() time.Time
	// Changed is told after every change: a complaint about an officer must not
	// stay where they have just come to.
	Changed func(context.Context) error
}

// Console is the actor of commands: who can run them owns the server.
func Console() portal.Actor { return portal.Actor{Kind: portal.SystemActor} }

// Invitation is the one-time token with which an officer sets a password.
type Invitation struct {
	Officer   portal.OfficerID `json:"officer"`
	Token     string           `json:"token,omitempty"`
	ExpiresAt time.Time        `json:"expires_at,omitzero"`
}

// Saved says what became of an officer or office that was saved.
type Saved struct {
	directory.Outcome
	// Reassign are the codes of open cases that an officer who moved leaves with
	// nobody: they stay with the office.
	Reassign []portal.Code `json:"reassign,omitempty"`
}

// Save puts offices and officers into the directory as given. Errors are those
// of directory.Apply, and *OpenCasesError for an office to be closed that still
// has cases.
func (s *Service) Save(ctx context.Context, by portal.Actor, ch directory.Change) (Saved, error) {
	var out Saved
	err := s.Store.Update(ctx, func(tx store.Tx) error {
		var err error
		out = Saved{}
		if out.Outcome, err = directory.Apply(ctx, tx, by, s.Now(), ch); err != nil {
			return err
		}
		for _, o := range ch.Offices {
			if err := s.checkClosing(ctx, tx, by, o); err != nil {
				return err
			}
		}
		for _, was := range out.Moved {
			left, err := openCases(ctx, tx, was)
			if err != nil {
				return err
			}
			out.Reassign = append(out.Reassign, codes(by, left)...)
		}
		return nil
	})
	if err != nil {
		return Saved{}, err
	}
	return out, s.settle(ctx, directory.Who(by), out.Outcome)
}

// settle makes credentials follow the directory. Should it fail, the officer is
// out all the same: the directory is asked at every request.
func (s *Service) settle(ctx context.Context, by string, out directory.Outcome) error {
	if err := s.Directory.Reload(ctx); err != nil {
		return err
	}
	for _, id := range out.Stopped {
		if err := s.Identity.DisableOfficer(ctx, by, id); err != nil && !errors.Is(err, portal.ErrNotFound) { // who never signed in has no credentials
			return err
		}
	}
	for _, id := range out.Returned {
		if err := s.Identity.EnableOfficer(ctx, by, id); err != nil && !errors.Is(err, portal.ErrNotFound) {
			return err
		}
	}
	if s.Changed == nil {
		return nil
	}
	return s.Changed(ctx)
}

// OpenCasesError says that an office cannot be closed yet. Cases are those that
// the administrator may know of: none when all are about their own office.
type OpenCasesError struct {
	Office portal.OfficeID
	Cases  []portal.Code
}

func (e *OpenCasesError) Error() string {
	if len(e.Cases) == 0 {
		return fmt.Sprintf("%s still has open cases: they have to go to another office first", e.Office)
	}
	return fmt.Sprintf("%s still has %d open cases, %s first: hand them to another office", e.Office, len(e.Cases), e.Cases[0])
}

// Unwrap makes it a portal.ErrConflict.
func (e *OpenCasesError) Unwrap() error { return portal.ErrConflict }

// checkClosing keeps cases from being left with an office that is no more.
func (s *Service) checkClosing(ctx context.Context, tx store.Tx, by portal.Actor, o portal.Office) error {
	if !o.Closed() {
		return nil
	}
	held, err := openCases(ctx, tx, portal.Officer{Office: o.ID})
	if err == nil && len(held) > 0 {
		err = &OpenCasesError{o.ID, codes(by, held)}
	}
	return err
}

// openCases lists the open cases on an officer's desk that they have, or, when
// the officer has no name, all that are with the office.
func openCases(ctx context.Context, tx store.Tx, who portal.Officer) ([]portal.Case, error) {
	const page = 500
	var out []portal.Case
	next := store.Page{Limit: page, OpenOnly: true}
	for {
		cases, err := tx.Cases(ctx, store.ScopeOfDesk(who.Office), next)
		if err != nil {
			return nil, err
		}
		for _, c := range cases {
			if who.ID == "" && c.Office == who.Office || who.ID != "" && c.Officer == who.ID {
				out = append(out, c)
			}
			next.BeforeTime, next.BeforeID = c.LodgedAt, c.ID
		}
		if len(cases) < page {
			return out, nil
		}
	}
}

// codes gives the codes of cases, without those that the administrator must not
// learn of because they are about them, their office or one above it.
func codes(by portal.Actor, cases []portal.Case) []portal.Code {
	var out []portal.Code
	for _, c := range cases {
		if !by.BarredFrom(c) {
			out = append(out, c.Code)
		}
	}
	return out
}

// CloseOffice closes an office from now on. It needs to have no open case, and
// nothing below it.
func (s *Service) CloseOffice(ctx context.Context, by portal.Actor, id portal.OfficeID, reason string) (Saved, error) {
	o, err := s.office(ctx, by, portal.AdminOffice, id)
	if err != nil {
		return Saved{}, err
	}
	o.ClosedAt = s.Now().UTC().Truncate(time.Millisecond)
	return s.Save(ctx, by, directory.Change{Offices: []portal.Office{o}, Reason: reason})
}

// SetDisabled stops an officer from doing anything, or lets them in again.
func (s *Service) SetDisabled(ctx context.Context, by portal.Actor, id portal.OfficerID, disabled bool, reason string) (Saved, error) {
	action := portal.AdminEnable
	if disabled {
		action = portal.AdminDisable
	}
	o, err := s.officer(ctx, by, action, id)
	if err != nil {
		return Saved{}, err
	}
	o.Disabled = disabled
	return s.Save(ctx, by, directory.Change{Officers: []portal.Officer{o}, Reason: reason})
}

// Invite makes the one-time token with which an officer sets their password and
// gets a TOTP secret. Earlier ones stop working.
func (s *Service) Invite(ctx context.Context, by portal.Actor, id portal.OfficerID) (Invitation, error) {
	return s.token(ctx, by, portal.AdminInvite, id, s.Identity.InviteToken)
}

// Reset is Invite for who has lost their phone or password: the old ones stop
// working at once, and their sessions end.
func (s *Service) Reset(ctx context.Context, by portal.Actor, id portal.OfficerID) (Invitation, error) {
	return s.token(ctx, by, portal.AdminReset, id, s.Identity.Reset)
}

func (s *Service) token(ctx context.Context, by portal.Actor, action portal.AdminAction, id portal.OfficerID, give func(context.Context, string, portal.OfficerID) (identity.Token, error)) (Invitation, error) {
	o, err := s.officer(ctx, by, action, id)
	if err != nil {
		return Invitation{}, err
	}
	if o.Disabled {
		return Invitation{}, portal.Invalid("name", "officer_disabled", "%s is disabled: let them in again first", id)
	}
	token, err := give(ctx, directory.Who(by), id)
	if err != nil {
		return Invitation{}, err
	}
	return s.invitation(id, token), nil
}

func (s *Service) invitation(id portal.OfficerID, token identity.Token) Invitation {
	return Invitation{Officer: id, Token: token.Reveal(), ExpiresAt: s.Now().Add(identity.InviteLife).UTC().Truncate(time.Second)}
}

// office finds an office for an action the actor may do there.
func (s *Service) office(ctx context.Context, by portal.Actor, action portal.AdminAction, id portal.OfficeID) (portal.Office, error) {
	dir := s.Directory.Current(ctx)
	o, ok := dir.Office(id)
	if err := portal.CanAdminister(dir, by, action, portal.Target{Office: id}); err != nil {
		return portal.Office{}, err
	}
	if !ok {
		return portal.Office{}, fmt.Errorf("office %q: %w", id, portal.ErrNotFound)
	}
	return o, nil
}

// officer is office for an officer.
func (s *Service) officer(ctx context.Context, by portal.Actor, action portal.AdminAction, id portal.OfficerID) (portal.Officer, error) {
	dir := s.Directory.Current(ctx)
	o, ok := dir.Officer(id)
	if err := portal.CanAdminister(dir, by, action, portal.Target{Office: o.Office, Officer: o.ID}); err != nil {
		return portal.Officer{}, err
	}
	if !ok {
		return portal.Officer{}, fmt.Errorf("officer %q: %w", id, portal.ErrNotFound)
	}
	return o, nil
}

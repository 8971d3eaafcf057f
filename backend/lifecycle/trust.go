package lifecycle

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/citizens-portal/portal/backend/access"
	"github.com/citizens-portal/portal/backend/portal"
	"github.com/citizens-portal/portal/backend/store"
)

// Reveal notes in a case's own timeline that an officer opened the complainant's
// identity, and why; the citizen has it by feed. open runs in the transaction
// and gives the identity out: what is not noted is not opened. A repeat of the
// same operation by the same officer opens it again and notes no second time.
func (s *Service) Reveal(ctx context.Context, req Request, ask Ask, open func(context.Context, store.Tx, portal.Case) error) (Result, error) {
	ask.Action = portal.ActReveal
	return s.act(ctx, req, ask, func(tx store.Tx, c portal.Case) error {
		if err := access.Note(ctx, tx, req.Actor, c, access.Identity, s.moment()); err != nil {
			return err
		}
		return open(ctx, tx, c)
	})
}

func (s *Service) moment() time.Time { return s.Now().UTC().Truncate(time.Millisecond) }

// Opened notes that an officer opened a case that lay on their device already.
// Citizens' own reading is not noted, so theirs is refused: each one remembered
// would cost the store a line for nothing.
func (s *Service) Opened(ctx context.Context, req Request, id string) (Result, error) {
	if req.Actor.Kind != portal.OfficerActor {
		return Result{}, fmt.Errorf("open: %w", portal.ErrForbidden)
	}
	var out Result
	err := s.Store.Update(ctx, func(tx store.Tx) error {
		prior, found, err := replay(ctx, tx, req)
		if err != nil || found {
			out = prior
			return err
		}
		c, err := tx.Case(ctx, store.ScopeOf(req.Actor), id)
		if err != nil {
			return err
		}
		out = Result{Case: c.ID, Code: c.Code, LodgedAt: c.LodgedAt}
		if err := remember(ctx, tx, req, out, s.moment()); err != nil {
			return err
		}
		return access.Note(ctx, tx, req.Actor, c, access.Complaint, s.moment())
	})
	return out, err
}

// checkAnonymous: a picture or recording tells more about who made it than a
// portal that promises no name can take back.
func checkAnonymous(a portal.Actor, files []portal.File) error {
	if a.Account.Anonymous() && len(files) > 0 {
		return portal.Invalid("files", "files_anonymous", "what is filed without a name carries no files: a picture can tell who took it")
	}
	return nil
}

// oneForReceipt: a receipt is for one complaint.
func oneForReceipt(ctx context.Context, tx store.Tx, c portal.Case) error {
	filed, err := tx.Filed(ctx, c.Citizen, 1)
	if err == nil && !filed.IsZero() {
		err = fmt.Errorf("this receipt has its complaint: %w", portal.ErrConflict)
	}
	return err
}

// eraseBatch is how many of an account's cases are looked up at a time.
const eraseBatch = 100

// Erase takes an account's words out of all its cases and withdraws those that
// are open: nobody could work on them. Codes, states, events' dates, counters
// and the transparency log stay. Desks are told to fetch the cases anew, so that their copies
// lose the words too. each is told, before the words of a case go, which one it
// is. Erase may be repeated: it goes on where it stopped.
func (s *Service) Erase(ctx context.Context, account portal.AccountID, each func(context.Context, portal.Case) error) error {
	citizen := portal.Actor{Kind: portal.CitizenActor, Account: account}
	page := store.Page{Limit: eraseBatch}
	for {
		var cases []portal.Case
		err := s.Store.View(ctx, func(tx store.Tx) (err error) {
			cases, err = tx.Cases(ctx, store.ScopeOf(citizen), page)
			return err
		})
		if err != nil {
			return err
		}
		for _, c := range cases {
			if err := errors.Join(each(ctx, c), s.eraseCase(ctx, citizen, c.ID)); err != nil {
				return fmt.Errorf("erase %s: %w", c.ID, err)
			}
		}
		if len(cases) < eraseBatch {
			return nil
		}
		last := cases[len(cases)-1]
		page.BeforeTime, page.BeforeID = last.LodgedAt, last.ID
	}
}

func (s *Service) eraseCase(ctx context.Context, citizen portal.Actor, id string) error {
	dir := s.Directory(ctx)
	return s.Store.Update(ctx, func(tx store.Tx) error {
		c, err := tx.Case(ctx, store.ScopeOf(citizen), id)
		if err != nil {
			return err
		}
		if c.Status.Open() {
			before := c
			var events []portal.Event
			if c, events, err = portal.Act(dir, before, portal.Command{Action: portal.ActWithdraw, Actor: citizen, At: s.moment()}); err != nil {
				return err
			}
			if err := s.Changed(ctx, tx, dir, before, c, events); err != nil {
				return err
			}
		}
		if err := s.Seal.Erase(ctx, tx, c); err != nil {
			return err
		}
		return eraseWords(ctx, tx, c, s.moment())
	})
}

func eraseWords(ctx context.Context, tx store.Tx, c portal.Case, at time.Time) error {
	raw, err := tx.Body(ctx, c.ID)
	if err != nil {
		return err
	}
	var body portal.Complaint
	if err := json.Unmarshal(raw, &body); err != nil {
		return fmt.Errorf("body of %s: %w", c.ID, err)
	}
	if raw, err = json.Marshal(portal.EraseBody(c, body)); err != nil {
		return err
	}
	events, err := tx.Events(ctx, c.ID, 0)
	if err != nil {
		return err
	}
	for i := range events {
		events[i] = portal.EraseEvent(events[i])
	}
	if err := tx.EraseCase(ctx, portal.EraseCase(c), raw, events); err != nil {
		return err
	}
	for _, desk := range c.Desks {
		if err := tx.Publish(ctx, store.DeskFeed(desk), store.Entry{Type: store.EntryGrant, Case: c.ID, Event: c.Version, At: at}); err != nil {
			return err
		}
	}
	return nil
}

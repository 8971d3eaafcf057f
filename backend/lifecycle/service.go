// Package lifecycle carries out what people ask of a case: it lodges complaints
// and acts on them. One call is one transaction that holds the operation's
// memory, the case, its events, the counters and the feeds; a repeat of the same
// operation gets the same answer and changes nothing.
//
// It must never know HTTP or the wire format; the rules are portal's and the
// sweep of due cases is package escalation's, which records through Recorder.
//
// Start reading at Service.Lodge.
package lifecycle

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/citizens-portal/portal/backend/portal"
	"github.com/citizens-portal/portal/backend/store"
	"github.com/citizens-portal/portal/backend/transparency"
)

// ErrOperationReused means that an operation's id came back with another body:
// both are kept and a person looks.
var ErrOperationReused = fmt.Errorf("operation id used twice with different content: %w", portal.ErrConflict)

// ErrDeviceCopied means that a device's counter came back under another
// operation: two copies of one phone are in use.
var ErrDeviceCopied = fmt.Errorf("two copies of this device are in use: %w", portal.ErrConflict)

// Config is what a Service needs.
type Config struct {
	Store     store.Store
	Directory func(context.Context) *portal.Directory
	Keys      Keyring
	Notify    Notify // may be nil: nobody is told but by feed
	// PerDay is how many complaints one account may file in 24 hours; 0 sets no
	// limit. More wait on the phone: nothing is lost.
	PerDay int
	Now    func() time.Time
	Rand   io.Reader // for codes and for the salts of the public log
	// CodeSource, when set, gives the bytes of a case's first code from its id:
	// the same whenever it is asked, and not to be guessed. A case that is filed
	// again after the server was restored then has the same code, even where no
	// receipt had reached the phone that filed it.
	CodeSource func(caseID string) io.Reader
}

// Service lodges complaints and acts on cases.
type Service struct {
	Config
	Recorder
}

// New gives a service.
func New(c Config) *Service {
	return &Service{Config: c, Recorder: Recorder{Notify: c.Notify, Seal: transparency.Sealer{Rand: c.Rand}}}
}

// Request says who asks and under which operation.
type Request struct {
	Actor portal.Actor
	// Op is the client-made id (UUID), Device and N the device and its counter,
	// Hash the SHA-256 (hex) of the operation's body.
	Op     string
	Device string
	N      int64
	Hash   string
	// Receipt comes with an operation that is offered again after a restore.
	Receipt string
	// Hides tells, by filing time, which cases the device may not see yet, and
	// so not act on; nil for none.
	Hides func(lodgedAt time.Time) bool
	// Admit, when set, is asked in the transaction of a new filing whether one
	// more is taken from where it comes.
	Admit func(ctx context.Context, tx store.Tx) error
}

// Result is what an operation led to.
type Result struct {
	Case     string      `json:"case"`
	Code     portal.Code `json:"code"`
	Version  int64       `json:"version"`
	LodgedAt time.Time   `json:"lodged_at"`
	Receipt  string      `json:"receipt,omitempty"`
	// Duplicate is set when it had been carried out before.
	Duplicate bool `json:"-"`
}

// Filing is a complaint as it comes from the citizen.
type Filing struct {
	ID       string
	District portal.AreaID
	Category portal.CategoryCode
	Body     portal.Complaint
	// AboutOffice and AboutOfficer are whom it is about, as the citizen wrote it.
	AboutOffice  portal.OfficeID
	AboutOfficer string
}

// codeTries bounds how often a code that happens to be taken is drawn anew.
const codeTries = 8

// Lodge files a complaint for the citizen who asks. It is durable, has its code
// and is on the desk of its district's office when Lodge returns. The same
// complaint under another operation (a reinstalled app, say) is found by its id
// and answered as a duplicate.
func (s *Service) Lodge(ctx context.Context, req Request, f Filing) (Result, error) {
	if req.Actor.Kind != portal.CitizenActor {
		return Result{}, fmt.Errorf("lodge: %w", portal.ErrForbidden)
	}
	dir := s.Directory(ctx)
	at := s.Now().UTC().Truncate(time.Millisecond)
	c := portal.Case{ID: f.ID, District: f.District, Category: f.Category, Citizen: req.Actor.Account}
	about, errAbout := dir.FindAbout(f.AboutOffice, f.AboutOfficer)
	c.About = about
	c, first, err := portal.Lodge(dir, c, f.Body, at)
	if err = portal.Collect(errAbout, err, checkAnonymous(req.Actor, f.Body.Files)); err != nil {
		return s.lodgedBefore(ctx, req, err)
	}
	body, err := json.Marshal(f.Body)
	if err != nil {
		return Result{}, fmt.Errorf("lodge %s: %w", f.ID, err)
	}
	for try := range codeTries {
		source := s.Rand
		if try == 0 && s.CodeSource != nil {
			source = s.CodeSource(c.ID)
		}
		if c.Code, err = newCode(source, c.District, at); err != nil {
			return Result{}, err
		}
		if try == 0 {
			s.restore(&c, &first, req)
		}
		var res Result
		res, err = s.lodgeOnce(ctx, dir, req, filed{c, f.Body, body, first})
		if !errors.Is(err, store.ErrExists) {
			return res, err
		}
	}
	return Result{}, fmt.Errorf("lodge %s: no free code in %d tries: %w", f.ID, codeTries, err)
}

// lodgedBefore answers a filing that today's rules refuse: if it was accepted
// when it first came, before a category was closed, say, it stays accepted.
func (s *Service) lodgedBefore(ctx context.Context, req Request, refused error) (Result, error) {
	var out Result
	err := s.Store.View(ctx, func(tx store.Tx) error {
		prior, found, err := replay(ctx, tx, req)
		if err == nil && !found {
			err = refused
		}
		out = prior
		return err
	})
	return out, err
}

// restore gives a re-offered complaint the code and filing time that were
// promised before the server was restored from a backup.
func (s *Service) restore(c *portal.Case, first *portal.Event, req Request) {
	if req.Receipt == "" {
		return
	}
	r, ok := s.readReceipt(req.Receipt)
	if ok && r.Case == c.ID && r.BodySHA256 == req.Hash {
		c.Code, c.LodgedAt, first.At = portal.Code(r.Code), r.LodgedAt, r.LodgedAt
	}
}

// filed is a complaint that is about to be written.
type filed struct {
	portal.Case
	body  portal.Complaint
	doc   []byte // body, as it is stored
	first portal.Event
}

func (s *Service) lodgeOnce(ctx context.Context, dir *portal.Directory, req Request, c filed) (Result, error) {
	leaf, err := s.Seal.First(c.Case, c.body, c.first)
	if err != nil {
		return Result{}, err
	}
	res := Result{Case: c.ID, Code: c.Code, Version: c.Version, LodgedAt: c.LodgedAt, Receipt: s.sign(c.ID, c.Code, c.LodgedAt, req.Hash, leaf)}
	var out Result
	err = s.Store.Update(ctx, func(tx store.Tx) error {
		prior, found, err := replay(ctx, tx, req)
		if err != nil || found {
			out = prior
			return err
		}
		switch old, err := tx.Case(ctx, store.ScopeOf(portal.Actor{Kind: portal.SystemActor}), c.ID); {
		case err == nil && old.Citizen == c.Citizen:
			if out, err = s.refiled(ctx, tx, req, old, c); err != nil {
				return err
			}
			return remember(ctx, tx, req, out, c.LodgedAt)
		case err == nil:
			return portal.ErrConflict
		case !errors.Is(err, store.ErrNotFound):
			return err
		}
		if err := s.withinDay(ctx, tx, c.Case); err != nil {
			return err
		}
		if req.Admit != nil {
			if err := req.Admit(ctx, tx); err != nil {
				return err
			}
		}
		if err := remember(ctx, tx, req, res, c.first.At); err != nil {
			return err
		}
		out = res
		return s.Created(ctx, tx, dir, c.Case, c.doc, c.first, leaf)
	})
	if err != nil {
		return Result{}, err
	}
	return out, nil
}

// refiled answers a complaint that is there already, with the receipt of what
// was recorded then.
func (s *Service) refiled(ctx context.Context, tx store.Tx, req Request, old portal.Case, c filed) (Result, error) {
	if err := sameFiling(ctx, tx, old, c.Case, c.doc); err != nil {
		return Result{}, err
	}
	leaves, err := tx.LeavesOf(ctx, []string{old.ID})
	if err != nil {
		return Result{}, err
	}
	var first store.Leaf
	if list := leaves[old.ID]; len(list) > 0 {
		first = list[0]
	}
	return Result{Case: old.ID, Code: old.Code, Version: old.Version, LodgedAt: old.LodgedAt, Duplicate: true,
		Receipt: s.sign(old.ID, old.Code, old.LodgedAt, req.Hash, first)}, nil
}

// sameFiling refuses another complaint under the id of one that was filed: its
// words would be dropped in silence, and the receipt would promise that they
// were filed when the first ones were.
func sameFiling(ctx context.Context, tx store.Tx, old, c portal.Case, body []byte) error {
	filed, err := tx.Body(ctx, old.ID)
	if err != nil {
		return err
	}
	if old.About != c.About || old.District != c.District || old.Category != c.Category || !bytes.Equal(filed, body) {
		return ErrOperationReused
	}
	return nil
}

// LimitError says that an account has filed as many complaints, or written as
// many messages, in a day as it may, and when the next will be taken.
type LimitError struct {
	What       string // "complaints", or "messages on one complaint"
	PerDay     int
	RetryAfter time.Duration
}

func (e *LimitError) Error() string {
	return fmt.Sprintf("at most %d %s in 24 hours: again in %s", e.PerDay, e.What, e.RetryAfter.Round(time.Minute))
}

// Unwrap makes every LimitError a portal.ErrLimited.
func (e *LimitError) Unwrap() error { return portal.ErrLimited }

// withinDay keeps one account from flooding a desk.
func (s *Service) withinDay(ctx context.Context, tx store.Tx, c portal.Case) error {
	if c.Citizen.Anonymous() {
		return oneForReceipt(ctx, tx, c)
	}
	if s.PerDay <= 0 {
		return nil
	}
	filed, err := tx.Filed(ctx, c.Citizen, s.PerDay)
	if err != nil || filed.IsZero() {
		return err
	}
	if wait := filed.Add(24 * time.Hour).Sub(s.Now()); wait > 0 {
		return &LimitError{What: "complaints", PerDay: s.PerDay, RetryAfter: wait}
	}
	return nil
}

// messagesInARow is how many messages a citizen may write on one complaint in 24
// hours without anything else happening to it: more than a talk has, and too
// little to bury a desk under.
const messagesInARow = 40

// withinTalk keeps one citizen from flooding the desks of a complaint. What waits
// stays on the phone: nothing is lost.
func withinTalk(ctx context.Context, tx store.Tx, c portal.Case, a portal.Actor, action portal.Action, at time.Time) error {
	if a.Kind != portal.CitizenActor || action != portal.ActMessage || c.Version < messagesInARow {
		return nil
	}
	last, err := tx.Events(ctx, c.ID, c.Version-messagesInARow)
	if err != nil || len(last) == 0 {
		return err
	}
	for _, e := range last {
		if e.Action != portal.ActMessage || e.Role != portal.RoleCitizen {
			return nil
		}
	}
	if wait := last[0].At.Add(24 * time.Hour).Sub(at); wait > 0 {
		return &LimitError{What: "messages on one complaint", PerDay: messagesInARow, RetryAfter: wait}
	}
	return nil
}

// newCode draws a code for a district's province and the filing year.
func newCode(source io.Reader, district portal.AreaID, at time.Time) (portal.Code, error) {
	province, _, _ := strings.Cut(string(district), "/")
	var random [portal.CodeRandomLen]byte
	for i := range random {
		for {
			if _, err := io.ReadFull(source, random[i:i+1]); err != nil {
				return "", fmt.Errorf("draw a code: %w", err)
			}
			if portal.UniformCodeByte(random[i]) {
				break
			}
		}
	}
	return portal.NewCode(province, at.Year(), random), nil
}

// Ask is an action on a case, as it comes from its actor.
type Ask struct {
	Case string
	// Code may be given instead of Case.
	Code        portal.Code
	Action      portal.Action
	Expected    int64
	Text        string
	ToOffice    portal.OfficeID
	ToOfficer   portal.OfficerID
	Disposition portal.Disposition
	Files       []portal.File
	Rating      *portal.Rating
}

// Act does something to a case. Errors are portal's: ErrNotFound also when the
// case is not the actor's to see.
func (s *Service) Act(ctx context.Context, req Request, ask Ask) (Result, error) {
	if slices.Contains(notAsked, ask.Action) {
		return Result{}, fmt.Errorf("%s: %w", ask.Action, portal.ErrForbidden)
	}
	if err := checkAnonymous(req.Actor, ask.Files); err != nil {
		return Result{}, err
	}
	return s.act(ctx, req, ask, nil)
}

// notAsked are the actions with a way of their own.
var notAsked = []portal.Action{portal.ActLodge, portal.ActEscalate, portal.ActSilence, portal.ActReroute, portal.ActReveal}

// act carries out an action; also, when set, runs in its transaction.
func (s *Service) act(ctx context.Context, req Request, ask Ask, also func(store.Tx, portal.Case) error) (Result, error) {
	dir := s.Directory(ctx)
	req.Actor = req.Actor.In(dir)
	var out Result
	err := s.Store.Update(ctx, func(tx store.Tx) error {
		prior, found, err := replay(ctx, tx, req)
		if err != nil || found && also == nil {
			out = prior
			return err
		}
		before, err := find(ctx, tx, store.ScopeOf(req.Actor), ask)
		if err == nil && req.Hides != nil && req.Hides(before.LodgedAt) {
			err = portal.ErrNotFound
		}
		if err != nil {
			return err
		}
		if found {
			out = prior
			return also(tx, before)
		}
		at := s.Now().UTC().Truncate(time.Millisecond)
		if err := withinTalk(ctx, tx, before, req.Actor, ask.Action, at); err != nil {
			return err
		}
		after, events, err := portal.Act(dir, before, portal.Command{
			Action: ask.Action, Actor: req.Actor, At: at, Expected: ask.Expected, Text: ask.Text, ToOffice: ask.ToOffice,
			ToOfficer: ask.ToOfficer, Disposition: ask.Disposition, Files: ask.Files, Rating: ask.Rating,
		})
		if err != nil {
			return err
		}
		out = Result{Case: after.ID, Code: after.Code, Version: after.Version, LodgedAt: after.LodgedAt}
		if err := remember(ctx, tx, req, out, at); err != nil {
			return err
		}
		if err := s.Changed(ctx, tx, dir, before, after, events); err != nil || also == nil {
			return err
		}
		return also(tx, after)
	})
	if err != nil {
		return Result{}, err
	}
	return out, nil
}

func find(ctx context.Context, tx store.Tx, scope store.Scope, ask Ask) (portal.Case, error) {
	if ask.Case == "" {
		return tx.CaseByCode(ctx, scope, ask.Code)
	}
	return tx.Case(ctx, scope, ask.Case)
}

// replay finds the answer an operation was given before.
func replay(ctx context.Context, tx store.Tx, req Request) (Result, bool, error) {
	prior, err := tx.Operation(ctx, req.Op, req.Device, req.N)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return Result{}, false, nil
	case err != nil:
		return Result{}, false, err
	case prior.Op != req.Op:
		return Result{}, false, ErrDeviceCopied
	case prior.Hash != req.Hash:
		return Result{}, false, ErrOperationReused
	}
	var m memory
	if err := json.Unmarshal(prior.Result, &m); err != nil {
		return Result{}, false, fmt.Errorf("operation %s: %w", req.Op, err)
	}
	if m.By != subject(req.Actor) {
		return Result{}, false, ErrOperationReused
	}
	m.Duplicate = true
	return m.Result, true, nil
}

// memory is an operation's answer as it is kept, with whom it was given to:
// nobody else may have it, whoever learns of its id.
type memory struct {
	Result
	By string `json:"by"`
}

func subject(a portal.Actor) string {
	return string(a.Kind) + ":" + string(a.Account) + string(a.Officer.ID)
}

func remember(ctx context.Context, tx store.Tx, req Request, res Result, at time.Time) error {
	doc, err := json.Marshal(memory{res, subject(req.Actor)})
	if err != nil {
		return err
	}
	return tx.Remember(ctx, store.Operation{Op: req.Op, Device: req.Device, N: req.N, Hash: req.Hash, Result: doc, At: at})
}

package sdk

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/url"
	"slices"
	"time"

	"github.com/citizens-portal/portal/sdk/api"
	"github.com/citizens-portal/portal/sdk/internal/local"
	"github.com/citizens-portal/portal/sdk/internal/remote"
)

// Complaints is the citizen's side: writing, filing, following, deciding. Its
// reads serve officers too.
type Complaints struct{ c *Client }

// Draft is a complaint being written; anything may be in it until it is lodged.
type Draft = local.Draft

// States of a complaint on this device.
const (
	StateDraft     = "draft"
	StateQueued    = "queued"    // saved here, the server has not everything yet
	StateReceived  = "received"  // the server has it
	StateAttention = "attention" // the server refused something: see Sync.Attention
	StateChecking  = "checking"  // the server keeps something and a person looks
)

// Complaint is a complaint as this device knows it.
type Complaint struct {
	api.Complaint
	// Pending are the owner's own acts that the complaint above does not show
	// yet, oldest first.
	Pending []Pending `json:"pending,omitempty"`
	// Track is the address of the public tracking page, with the secret only
	// this device knows; empty for other people's complaints.
	Track     string    `json:"track,omitempty"`
	Freshness Freshness `json:"-"`
}

// Closed reports whether nobody is to do anything more.
func (c Complaint) Closed() bool { return !c.ClosedAt.IsZero() }

// NeedsCitizen reports whether the citizen is asked for something.
func (c Complaint) NeedsCitizen() bool {
	return slices.Contains(c.AllowedActions, actConfirm) || slices.Contains(c.AllowedActions, actAnswer)
}

// Pending is one act of the owner on its way.
type Pending struct {
	Op     string    `json:"op"`
	Action string    `json:"action"`
	State  Delivery  `json:"state"`
	At     time.Time `json:"at"`
	// Text is what was written with it.
	Text string `json:"text,omitempty"`
	// ToOfficer and ToOffice are whom an officer gave the complaint to, and Seen
	// is the version of it that they had before them.
	ToOfficer string       `json:"to_officer,omitempty"`
	ToOffice  string       `json:"to_office,omitempty"`
	Seen      int64        `json:"seen,omitempty"`
	Problem   *api.Problem `json:"problem,omitempty"`
}

// Submission is a write that is saved here; Sync.Deliver waits for its answer.
type Submission struct {
	Op        string
	Complaint Complaint
}

// SaveDraft keeps a draft, at any stage, and gives it back with its id.
func (s *Complaints) SaveDraft(ctx context.Context, d Draft) (Draft, error) {
	if err := ctx.Err(); err != nil {
		return d, err
	}
	if len(d.Text) > 16*MaxComplaintText {
		return d, invalid(field("text", "text_long", "this is too long even for a draft"))
	}
	if d.ID == "" {
		id, err := s.c.newID()
		if err != nil {
			return d, err
		}
		d.ID = id
	}
	d.SavedAt = s.c.cfg.Now()
	err := s.c.update(func(tx *local.Tx) error { return tx.PutDraft(d) })
	if err == nil {
		s.c.changes.send(Change{Drafts: true})
	}
	return d, err
}

// Drafts lists drafts, oldest first.
func (s *Complaints) Drafts(ctx context.Context) (out []Draft, err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	err = s.c.view(func(tx *local.Tx) error {
		out, err = tx.Drafts()
		return err
	})
	return out, err
}

// Draft gives one draft.
func (s *Complaints) Draft(ctx context.Context, id string) (d Draft, err error) {
	if err := ctx.Err(); err != nil {
		return d, err
	}
	var ok bool
	err = s.c.view(func(tx *local.Tx) error {
		d, ok, err = tx.Draft(id)
		return err
	})
	if err == nil && !ok {
		err = notFound(fmt.Sprintf("no draft %q on this device", id))
	}
	return d, err
}

// DeleteDraft removes a draft.
func (s *Complaints) DeleteDraft(ctx context.Context, id string) error {
	if _, err := s.Draft(ctx, id); err != nil {
		return err
	}
	err := s.c.update(func(tx *local.Tx) error { return tx.DeleteDraft(id) })
	s.c.changes.send(Change{Drafts: true})
	return err
}

// Lodge files a complaint: it is checked, saved and queued in one transaction,
// and the draft it came from, if saved, is gone with it. ErrInvalid names what
// is wrong and leaves everything as it was.
func (s *Complaints) Lodge(ctx context.Context, d Draft) (Submission, error) {
	s.c.Directory.ensure(ctx)
	if d.Anonymous {
		return Submission{}, invalid(field("anonymous", "anonymous", "this is to be filed without a name: Anonymous.Lodge does it"))
	}
	if err := s.check(d); err != nil {
		return Submission{}, err
	}
	made, err := s.makeComplaint(d)
	if err != nil {
		return Submission{}, err
	}
	err = s.c.update(func(tx *local.Tx) error {
		if made.op, err = tx.Enqueue(made.op, &made.held, &made.receipt); err != nil {
			return err
		}
		if d.Instead != "" {
			if err := tx.Settle(d.Instead); err != nil && !errors.Is(err, local.ErrNoSuch) {
				return err
			}
		}
		if d.ID != "" {
			return tx.DeleteDraft(d.ID)
		}
		return nil
	})
	if err != nil {
		return Submission{}, err
	}
	return s.submitted(made.op)
}

func (s *Complaints) submitted(op local.Op) (Submission, error) {
	s.c.changes.send(Change{Complaints: []string{op.Lane}, Outbox: true, Drafts: op.Type == api.OpLodge})
	s.c.Sync.Poke()
	var c Complaint
	err := s.c.view(func(tx *local.Tx) (err error) {
		c, err = s.read(tx, op.Lane)
		return err
	})
	if errors.Is(err, ErrNotFound) { // known to the server only
		c, err = Complaint{Complaint: api.Complaint{ID: op.Lane, State: StateQueued}}, nil
	}
	return Submission{Op: op.Op, Complaint: c}, err
}

func (s *Complaints) check(d Draft) error {
	return problems(s.c.Directory.checkDistrict(d.District), s.c.Directory.checkCategory(d.Category),
		checkText("text", d.Text, MaxComplaintText, true), checkText("place", d.Place, MaxPlace, false), checkFiles(d.Files),
		checkText("about_officer", d.AboutOfficer, MaxName, false), s.c.Directory.checkOffice(d.AboutOffice))
}

// lodging is what filing makes on the device.
type lodging struct {
	op      local.Op
	held    local.Case
	receipt local.Receipt
}

func (s *Complaints) makeComplaint(d Draft) (lodging, error) {
	secret := make([]byte, 16)
	if _, err := io.ReadFull(s.c.rand, secret); err != nil {
		return lodging{}, fmt.Errorf("tracking secret: %w", err)
	}
	return s.lodging(d, secret)
}

// lodging makes the operation that files a draft under a tracking secret.
func (s *Complaints) lodging(d Draft, secret []byte) (out lodging, err error) {
	id, err := s.c.newID()
	if err != nil {
		return out, err
	}
	hash := sha256.Sum256(secret)
	now := s.c.cfg.Now().UTC().Truncate(time.Millisecond)
	body := api.LodgeBody{
		ID: id, Category: d.Category, District: d.District, Area: d.Area, Place: d.Place, Text: d.Text, Language: d.Language,
		Files: d.Files, SecretHash: hex.EncodeToString(hash[:]), WrittenAt: now, AboutOffice: d.AboutOffice, AboutOfficer: d.AboutOfficer,
	}
	if out.op, err = s.c.newOp(id, api.OpLodge, actLodge, body); err != nil {
		return out, err
	}
	district := d.District
	if a, found, _ := s.c.Directory.district(d.District); found {
		district = a.Slug
	}
	out.held = local.Case{Local: true, SortAt: now, Complaint: api.Complaint{
		ID: id, Text: d.Text, Category: d.Category, District: district, Area: d.Area, Place: d.Place, Files: d.Files, UpdatedAt: now,
	}}
	if d.AboutOffice != "" || d.AboutOfficer != "" {
		out.held.Complaint.About = &api.About{Office: d.AboutOffice, Officer: d.AboutOfficer}
	}
	out.receipt = local.Receipt{Case: id, Op: out.op.Op, Secret: base64.RawURLEncoding.EncodeToString(secret)}
	return out, nil
}

// Filter chooses complaints for a list.
type Filter string

// Filters of lists.
const (
	ListAll      Filter = ""
	ListOpen     Filter = "open"
	ListNeedsYou Filter = "needs-you"
	ListClosed   Filter = "closed"
)

// ListOptions of List; the zero value lists everything.
type ListOptions struct {
	Filter Filter
	// Limit is how many at most; 0 means all.
	Limit int
	// After is Next of the page before.
	After string
	// Whole brings complaints in full; otherwise texts are cut short and the
	// ladder, place and files are left out, which is much quicker.
	Whole bool
}

// Page is a stretch of a list.
type Page struct {
	Complaints []Complaint
	// Next, when not empty, is where the next page starts.
	Next      string
	Freshness Freshness
}

// List gives the complaints on this device, newest first.
func (s *Complaints) List(ctx context.Context, o ListOptions) (Page, error) {
	if err := ctx.Err(); err != nil {
		return Page{}, err
	}
	match, ok := map[Filter]func(Complaint) bool{
		ListAll:      func(Complaint) bool { return true },
		ListOpen:     func(c Complaint) bool { return !c.Closed() },
		ListNeedsYou: Complaint.NeedsCitizen,
		ListClosed:   Complaint.Closed,
	}[o.Filter]
	if !ok {
		return Page{}, invalid(field("filter", "filter_unknown", "%q is not a filter: open, needs-you or closed", o.Filter))
	}
	return s.list(o, match)
}

func (s *Complaints) list(o ListOptions, match func(Complaint) bool) (page Page, err error) {
	page.Complaints = []Complaint{}
	err = s.c.view(func(tx *local.Tx) error {
		own, err := readOverlay(tx)
		if err != nil {
			return err
		}
		if page.Freshness, err = s.c.freshness(tx); err != nil {
			return err
		}
		last := ""
		return tx.ListCases(o.After, func(place string, held local.Case) (bool, error) {
			c := Complaint{Complaint: held.Complaint, Freshness: page.Freshness}
			c.State = own.state(c.ID)
			if !match(c) {
				return true, nil
			}
			if o.Limit > 0 && len(page.Complaints) == o.Limit {
				page.Next = last
				return false, nil
			}
			last = place
			if o.Whole {
				if c, err = s.load(tx, c.ID, own); err != nil {
					return false, err
				}
			}
			page.Complaints = append(page.Complaints, c)
			return true, nil
		})
	})
	if errors.Is(err, local.ErrNoSuch) {
		err = invalid(field("after", "place_unknown", "%v", err))
	}
	return page, err
}

// Show gives one complaint by id or code. One that is not on this device is
// asked from the server; ErrNotFound when it is not to be had.
func (s *Complaints) Show(ctx context.Context, ref string) (Complaint, error) {
	c, err := s.held(ref)
	if !errors.Is(err, ErrNotFound) || s.c.remote == nil {
		return c, err
	}
	err = s.c.authed(ctx, func(r *remote.Client, token string) (err error) {
		c.Complaint, err = r.Complaint(ctx, token, ref)
		return err
	})
	if err == nil {
		c.State = StateReceived
		c.Freshness = Freshness{SyncedAt: s.c.cfg.Now()}
	}
	return c, err
}

// held gives a complaint that is on this device.
func (s *Complaints) held(ref string) (c Complaint, err error) {
	err = s.c.view(func(tx *local.Tx) error {
		id, err := resolve(tx, ref)
		if err != nil {
			return err
		}
		c, err = s.read(tx, id)
		return err
	})
	return c, err
}

// resolve finds the id behind an id or a code.
func resolve(tx *local.Tx, ref string) (string, error) {
	if _, ok, err := tx.Case(ref); ok || err != nil {
		return ref, err
	}
	c, ok, err := tx.CaseByCode(ref)
	if err == nil && !ok {
		err = notFound(fmt.Sprintf("no complaint %q on this device", ref))
	}
	return c.Complaint.ID, err
}

// read loads one complaint.
func (s *Complaints) read(tx *local.Tx, id string) (Complaint, error) {
	own, err := readOverlay(tx)
	if err != nil {
		return Complaint{}, err
	}
	return s.load(tx, id, own)
}

// load reads a complaint with the overlay of what its owner did meanwhile.
func (s *Complaints) load(tx *local.Tx, id string, own overlay) (Complaint, error) {
	held, ok, err := tx.Case(id)
	if err != nil {
		return Complaint{}, err
	}
	if !ok {
		return Complaint{}, notFound(fmt.Sprintf("no complaint %q on this device", id))
	}
	c := Complaint{Complaint: held.Complaint}
	c.State = own.state(id)
	if c.Freshness, err = s.c.freshness(tx); err != nil {
		return c, err
	}
	if c.Pending, err = own.pending(tx, held); err != nil {
		return c, err
	}
	r, ok, err := tx.Receipt(id)
	if ok {
		c.Code = cmp.Or(c.Code, r.Code)
		c.Track = s.track(r)
	}
	return c, err
}

// track is the address a QR code holds. The secret is a query parameter that
// the page needs; the receipt stays in the fragment, which is not sent.
func (s *Complaints) track(r local.Receipt) string {
	if r.Code == "" || r.Secret == "" {
		return ""
	}
	u := s.c.home.Server() + "/track/" + url.PathEscape(r.Code) + "?s=" + url.QueryEscape(r.Secret)
	if r.Receipt != "" {
		u += "#r=" + url.PathEscape(r.Receipt)
	}
	return u
}

// Timeline is what happened to a complaint, and what is on its way.
type Timeline struct {
	Events    []api.Event
	Pending   []Pending
	Freshness Freshness
}

// Timeline gives a complaint's events in order, from the device or else the
// server.
func (s *Complaints) Timeline(ctx context.Context, ref string) (t Timeline, err error) {
	err = s.c.view(func(tx *local.Tx) error {
		id, err := resolve(tx, ref)
		if err != nil {
			return err
		}
		c, err := s.read(tx, id)
		if err != nil {
			return err
		}
		t.Pending, t.Freshness = c.Pending, c.Freshness
		t.Events, err = tx.Events(id)
		return err
	})
	if !errors.Is(err, ErrNotFound) || s.c.remote == nil {
		return t, err
	}
	err = s.c.authed(ctx, func(r *remote.Client, token string) (err error) {
		t.Events, err = r.Events(ctx, token, ref)
		return err
	})
	return t, err
}

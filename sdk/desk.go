package sdk

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/citizens-portal/portal/sdk/api"
)

// Desk is the officer's side. Acts wait in the outbox when there is no
// network, and are authorised when the server receives them.
type Desk struct {
	c    *Client
	hold time.Duration
}

// Holding gives a desk whose acts stay on the device for a while, so that
// Sync.Discard can take them back until then. They are saved like any other:
// after a crash they go when their time has come.
func (d *Desk) Holding(hold time.Duration) *Desk { return &Desk{c: d.c, hold: hold} }

// View chooses what an inbox shows.
type View string

// Views of an inbox.
const (
	ViewOpen     View = "open"     // everything not closed
	ViewNew      View = "new"      // open and with nobody yet
	ViewMine     View = "mine"     // open and assigned to me
	ViewDue      View = "due"      // open and due within three days, or overdue
	ViewWaiting  View = "waiting"  // with the citizen: asked or proposed
	ViewClosed   View = "closed"   //
	ViewEveryone View = "everyone" // all, closed ones too
)

// Views lists the views.
func Views() []View {
	return []View{ViewOpen, ViewNew, ViewMine, ViewDue, ViewWaiting, ViewClosed, ViewEveryone}
}

// dueSoon is what counts as due.
const dueSoon = 72 * time.Hour

// Inbox lists the desk's complaints, the most urgent first; ErrForbidden for
// citizens, who have none.
func (d *Desk) Inbox(ctx context.Context, view View, whole bool) (Page, error) {
	if err := ctx.Err(); err != nil {
		return Page{}, err
	}
	match, err := d.matcher(view)
	if err != nil {
		return Page{}, err
	}
	page, err := d.c.Complaints.list(ListOptions{Whole: whole}, match)
	slices.SortStableFunc(page.Complaints, byUrgency)
	return page, err
}

// Held looks complaints up on this device alone, by their ids. Those that are
// not here any more are told apart: a Change names them too.
func (d *Desk) Held(ctx context.Context, ids ...string) (found []Complaint, gone []string, err error) {
	if err := ctx.Err(); err != nil {
		return nil, nil, err
	}
	for _, id := range ids {
		c, err := d.c.Complaints.held(id)
		switch {
		case errors.Is(err, ErrNotFound):
			gone = append(gone, id)
		case err != nil:
			return nil, nil, err
		default:
			found = append(found, c)
		}
	}
	return found, gone, nil
}

func (d *Desk) matcher(view View) (func(Complaint) bool, error) {
	acc, err := d.c.account()
	if err != nil {
		return nil, err
	}
	me, now := acc.Session.Profile.Subject, d.c.cfg.Now()
	match, ok := map[View]func(Complaint) bool{
		ViewOpen:     func(c Complaint) bool { return !c.Closed() },
		ViewNew:      func(c Complaint) bool { return !c.Closed() && c.Officer == "" },
		ViewMine:     func(c Complaint) bool { return !c.Closed() && c.Officer != "" && sameOfficer(c.Officer, me) },
		ViewDue:      func(c Complaint) bool { return !c.Closed() && !c.DueAt.IsZero() && c.DueAt.Before(now.Add(dueSoon)) },
		ViewWaiting:  func(c Complaint) bool { return c.Status == "waiting_citizen" || c.Status == "proposed" },
		ViewClosed:   Complaint.Closed,
		ViewEveryone: func(Complaint) bool { return true },
	}[view]
	if !ok {
		return nil, invalid(field("view", "view_unknown", "%q is not a view: take one of %v", view, Views()))
	}
	if acc.Session.Profile.Kind != kindOfficer {
		return nil, &Error{Kind: ErrForbidden, Problem: &api.Problem{Type: api.TypeForbidden, Title: "Not allowed", Detail: "only officers have a desk"}}
	}
	return match, nil
}

// sameOfficer compares an officer's id with a subject, "o:" and the id.
func sameOfficer(id, subject string) bool {
	return strings.TrimPrefix(subject, "o:") == id || subject == id
}

// byUrgency sorts by due time; what has none comes last, newest first.
func byUrgency(a, b Complaint) int {
	switch {
	case a.DueAt.IsZero() && b.DueAt.IsZero():
		return b.LodgedAt.Compare(a.LodgedAt)
	case a.DueAt.IsZero():
		return 1
	case b.DueAt.IsZero():
		return -1
	}
	return a.DueAt.Compare(b.DueAt)
}

// Acknowledge tells the citizen that the office has seen it.
func (d *Desk) Acknowledge(ctx context.Context, ref string) (Submission, error) {
	return d.act(ctx, ref, api.ActBody{Action: actAcknowledge})
}

func (d *Desk) act(ctx context.Context, ref string, b api.ActBody, checks ...[]api.FieldProblem) (Submission, error) {
	return d.c.Complaints.actAfter(ctx, d.hold, ref, b, checks...)
}

// Assign gives it to an officer, by id or name; note may be empty.
func (d *Desk) Assign(ctx context.Context, ref, officer, note string) (Submission, error) {
	id, missing := d.officerID(ctx, officer)
	return d.act(ctx, ref, api.ActBody{Action: actAssign, ToOfficer: id, Text: note}, missing, checkText("text", note, MaxText, false))
}

// officerID finds an officer among the colleagues held; one that cannot be
// looked up now is left to the server.
func (d *Desk) officerID(ctx context.Context, name string) (string, []api.FieldProblem) {
	if strings.TrimSpace(name) == "" {
		return "", []api.FieldProblem{field("to_officer", "officer_missing", "name the officer")}
	}
	list, err := d.Officers(ctx)
	if err != nil {
		return name, nil
	}
	for _, o := range list {
		if o.ID == name || strings.EqualFold(o.Name, name) {
			return o.ID, nil
		}
	}
	return "", []api.FieldProblem{field("to_officer", "officer_unknown", "%q is not among the officers you may assign to", name)}
}

// Transfer moves it to another office; code and clock stay.
func (d *Desk) Transfer(ctx context.Context, ref, office, reason string) (Submission, error) {
	var missing []api.FieldProblem
	if office == "" {
		missing = []api.FieldProblem{field("to_office", "office_missing", "name the office")}
	}
	if offices, ok := heldList[api.Office](d.c.Directory, api.CollectionOffices); ok && office != "" {
		known := slices.ContainsFunc(offices, func(o api.Office) bool { return o.ID == office })
		if !known {
			missing = []api.FieldProblem{field("to_office", "office_unknown", "%q is not an office: see the list of offices", office)}
		}
	}
	return d.act(ctx, ref, api.ActBody{Action: actTransfer, ToOffice: office, Text: reason}, missing, checkText("text", reason, MaxText, false))
}

// Ask asks the citizen; the clock goes on.
func (d *Desk) Ask(ctx context.Context, ref, text string) (Submission, error) {
	return d.act(ctx, ref, api.ActBody{Action: actAsk, Text: text}, checkText("text", text, MaxText, true))
}

// Message writes to the citizen; it changes nothing else.
func (d *Desk) Message(ctx context.Context, ref, text string) (Submission, error) {
	return d.act(ctx, ref, api.ActBody{Action: actMessage, Text: text}, checkText("text", text, MaxText, true))
}

// Dispositions of a proposal.
const (
	ReliefGranted = "relief_granted"
	ReliefPartial = "relief_partial"
	NotPossible   = "not_possible"
)

// Proposal says how a complaint was solved.
type Proposal struct {
	Text string
	// Disposition is what the answer grants; empty means ReliefGranted.
	Disposition string
	Evidence    []api.File
}

// Propose proposes a resolution; only the citizen, or their silence, closes it.
func (d *Desk) Propose(ctx context.Context, ref string, p Proposal) (Submission, error) {
	var bad []api.FieldProblem
	if p.Disposition != "" && !slices.Contains([]string{ReliefGranted, ReliefPartial, NotPossible}, p.Disposition) {
		bad = []api.FieldProblem{field("disposition", "disposition_unknown", "%q is not relief_granted, relief_partial or not_possible", p.Disposition)}
	}
	body := api.ActBody{Action: actPropose, Text: p.Text, Disposition: p.Disposition, Files: p.Evidence}
	return d.act(ctx, ref, body, checkText("text", p.Text, MaxText, true), bad, checkFiles(p.Evidence))
}

// Invalidate declines it with a reason the citizen sees.
func (d *Desk) Invalidate(ctx context.Context, ref, reason string) (Submission, error) {
	return d.act(ctx, ref, api.ActBody{Action: actInvalidate, Text: reason}, checkText("reason", reason, MaxText, true))
}

// Officers lists the colleagues one may assign to.
func (d *Desk) Officers(ctx context.Context) ([]api.OfficerInfo, error) {
	return d.c.Directory.officers(ctx)
}

// TransferTargets lists the offices a complaint may be moved to: line departments
// that answer for its place and category, and the district's office, without the
// one that holds it. Upwards a case goes by time or by appeal, never by transfer.
func (d *Desk) TransferTargets(ctx context.Context, ref string) ([]api.Office, error) {
	c, err := d.c.Complaints.Show(ctx, ref)
	if err != nil {
		return nil, err
	}
	offices, err := d.c.Directory.Offices(ctx)
	if err != nil {
		return nil, err
	}
	if _, err := d.c.Directory.Areas(ctx); err != nil && !errors.Is(err, ErrOffline) {
		return nil, err
	}
	categories, err := d.c.Directory.Categories(ctx)
	if err != nil && !errors.Is(err, ErrOffline) {
		return nil, err
	}
	area, found, _ := d.c.Directory.district(c.District)
	about := append(categoryPath(categories, c.Category), c.Category) // itself, also when the tree is not here
	return slices.DeleteFunc(offices, func(o api.Office) bool {
		covers := !found || o.Area == area.ID || strings.HasPrefix(area.ID, o.Area+"/")
		return o.ID == c.Holder || !covers || !receives(o, about)
	}), nil
}

// Kinds of office that may be handed a case.
const (
	officeChain = "chain"
	officeLine  = "line"
)

// receives reports whether an office's kind and categories let it take a case
// about the last of a path of categories.
func receives(o api.Office, about []string) bool {
	switch o.Kind {
	case officeChain:
		return o.Level == 0
	case officeLine:
		return len(o.Categories) == 0 || slices.ContainsFunc(o.Categories, func(code string) bool { return slices.Contains(about, code) })
	}
	return false
}

// categoryPath is the way from the top of the tree to a category.
func categoryPath(tree []api.Category, code string) []string {
	for _, c := range tree {
		if c.Code == code {
			return []string{code}
		}
		if below := categoryPath(c.Children, code); below != nil {
			return append([]string{c.Code}, below...)
		}
	}
	return nil
}

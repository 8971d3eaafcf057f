package model

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/citizens-portal/portal/sdk"
)

// DeskView is a line of the officer's rail: which complaints the list holds.
type DeskView string

// The views of the inbox.
const (
	DeskOpen      DeskView = "open"
	DeskNew       DeskView = "new" // with nobody yet
	DeskMine      DeskView = "mine"
	DeskDueSoon   DeskView = "due-soon" // today and in the three days to come
	DeskOverdue   DeskView = "overdue"
	DeskEscalated DeskView = "escalated"
	DeskReopened  DeskView = "reopened"
	DeskAppeals   DeskView = "appeals"
	DeskWaiting   DeskView = "waiting" // for the citizen
	// DeskAttention holds what the officer did and the server refused. The rail shows
	// it only when there is something.
	DeskAttention DeskView = "attention"
)

// DeskViews lists the views in the order of the rail.
func DeskViews() []DeskView {
	return []DeskView{DeskAttention, DeskOpen, DeskNew, DeskMine, DeskDueSoon, DeskOverdue, DeskEscalated, DeskReopened, DeskAppeals, DeskWaiting}
}

// dueSoonDays is how many days ahead something is due soon.
const dueSoonDays = 3

// DeskQuery chooses and orders complaints. Its zero value is everything open, what is
// due first on top.
type DeskQuery struct {
	View     DeskView `json:"view,omitempty"`
	Search   string   `json:"search,omitempty"`
	Category string   `json:"category,omitempty"`
	// Holder is an officer's id, or NobodyHolds.
	Holder string `json:"holder,omitempty"`
	Newest bool   `json:"newest,omitempty"` // newest first
}

// NobodyHolds as the holder asks for complaints that are assigned to nobody.
const NobodyHolds = "-"

// Narrow reports whether anything but the view leaves complaints out.
func (q DeskQuery) Narrow() bool { return q.Search != "" || q.Category != "" || q.Holder != "" }

// Workload is what an officer has in hand.
type Workload struct{ Open, Late int }

// DeskList is what a query found, as of one moment. It is never changed afterwards, so
// it may pass between goroutines.
type DeskList struct {
	Query DeskQuery
	Cases []*sdk.Complaint
	// InView counts the view's complaints without search and filters.
	InView int
	Held   int // complaints on this device, whatever the view
	Counts map[DeskView]int
	// Categories and Holders count what the view holds, for the filters.
	Categories, Holders map[string]int
	Loads               map[string]Workload // by officer
}

// At gives the place of a complaint in the list, or -1.
func (l DeskList) At(id string) int {
	return slices.IndexFunc(l.Cases, func(c *sdk.Complaint) bool { return c.ID == id })
}

// Inbox holds the desk's complaints for looking through. It is kept up to date one
// change at a time, and is used by one goroutine.
type Inbox struct {
	me    string // the officer's id
	cases map[string]deskCase
}

// deskCase is a complaint with what the officer did to it already shown, and its text
// made ready for searching and its date for comparing.
type deskCase struct {
	c      *sdk.Complaint
	folded string
	dated  bool
	due    int // day of the date
}

// NewInbox makes an empty inbox of an officer, by the subject of their profile.
func NewInbox(subject string) *Inbox {
	return &Inbox{me: strings.TrimPrefix(subject, "o:"), cases: map[string]deskCase{}}
}

// Replace takes all complaints anew.
func (b *Inbox) Replace(all []sdk.Complaint) {
	b.cases = make(map[string]deskCase, len(all))
	b.Update(all, nil)
}

// Update takes complaints that changed, and ids of those that are gone.
func (b *Inbox) Update(found []sdk.Complaint, gone []string) {
	for _, c := range found {
		shown := withOwnActs(c)
		k := deskCase{c: &shown, dated: !c.DueAt.IsZero(), folded: fold(c.Text + "\n" + c.Place + "\n" + c.Code + " " + strings.ReplaceAll(c.Code, "-", ""))}
		if k.dated {
			k.due = day(c.DueAt)
		}
		b.cases[c.ID] = k
	}
	for _, id := range gone {
		delete(b.cases, id)
	}
}

// withOwnActs shows a complaint as it will be once the officer's own acts arrive.
// What may be done then is left to the server; until it answers, an act is not offered
// twice.
func withOwnActs(c sdk.Complaint) sdk.Complaint {
	for _, p := range c.Pending {
		if p.State == sdk.Refused {
			continue
		}
		done := []string{p.Action}
		switch p.Action {
		case "acknowledge":
			c.Status = "acknowledged"
		case "assign":
			c.Status, c.Officer, done = "assigned", p.ToOfficer, []string{"acknowledge"}
		case "ask":
			c.Status, done = "waiting_citizen", []string{"acknowledge"}
		case "propose":
			c.Status, done = "proposed", deskActions()
		case "transfer":
			c.Holder, c.Officer, done = p.ToOffice, "", deskActions()
		case "invalidate":
			c.Status, c.ClosedAt, done = "invalid", p.At, deskActions()
		case "message":
			done = nil
		}
		c.AllowedActions = slices.DeleteFunc(slices.Clone(c.AllowedActions), func(a string) bool { return slices.Contains(done, a) })
	}
	return c
}

// deskActions are an officer's acts that change a complaint.
func deskActions() []string {
	return []string{"acknowledge", "assign", "ask", "propose", "transfer", "invalidate"}
}

// in reports whether a complaint belongs to a view today, counted in days as people do.
func (b *Inbox) in(v DeskView, k deskCase, today int) bool {
	c, left := k.c, k.due-today
	if v == DeskAttention {
		return c.State == sdk.StateAttention
	}
	if c.Closed() {
		return false
	}
	switch v {
	case DeskNew:
		return c.Officer == ""
	case DeskMine:
		return c.Officer != "" && c.Officer == b.me
	case DeskDueSoon:
		return k.dated && left >= 0 && left <= dueSoonDays
	case DeskOverdue:
		return k.dated && left < 0
	case DeskEscalated:
		return c.Level > 0 && !c.Appealed
	case DeskReopened:
		return c.Reopened
	case DeskAppeals:
		return c.Appealed
	case DeskWaiting:
		return c.Status == "waiting_citizen" || c.Status == "proposed"
	}
	return true
}

// Find looks through the inbox as of a moment.
func (b *Inbox) Find(q DeskQuery, now time.Time) DeskList {
	l := DeskList{Query: q, Held: len(b.cases), Counts: map[DeskView]int{}, Categories: map[string]int{}, Holders: map[string]int{}, Loads: map[string]Workload{}}
	if l.Query.View == "" {
		l.Query.View = DeskOpen
	}
	today, query, views := day(now), fold(q.Search), DeskViews()
	for _, k := range b.cases {
		for _, v := range views {
			if !b.in(v, k, today) {
				continue
			}
			l.Counts[v]++
			if v == l.Query.View {
				l.take(k, query)
			}
		}
		l.load(k, today)
	}
	order := dueFirst
	if q.Newest {
		order = newestFirst
	}
	slices.SortFunc(l.Cases, order)
	return l
}

// take counts a complaint of the view and keeps it if search and filters do.
func (l *DeskList) take(k deskCase, query string) {
	holder := cmp.Or(k.c.Officer, NobodyHolds)
	l.InView++
	l.Categories[k.c.Category]++
	l.Holders[holder]++
	switch {
	case query != "" && !strings.Contains(k.folded, query):
	case l.Query.Category != "" && l.Query.Category != k.c.Category:
	case l.Query.Holder != "" && l.Query.Holder != holder:
	default:
		l.Cases = append(l.Cases, k.c)
	}
}

// load counts an open complaint as work of the officer who has it.
func (l *DeskList) load(k deskCase, today int) {
	c := k.c
	if c.Closed() || c.Officer == "" {
		return
	}
	w := l.Loads[c.Officer]
	w.Open++
	if k.dated && k.due < today {
		w.Late++
	}
	l.Loads[c.Officer] = w
}

// dueFirst puts what is due first on top; what has no date comes last.
func dueFirst(a, b *sdk.Complaint) int {
	switch {
	case a.DueAt.IsZero() != b.DueAt.IsZero():
		if a.DueAt.IsZero() {
			return 1
		}
		return -1
	case !a.DueAt.Equal(b.DueAt):
		return a.DueAt.Compare(b.DueAt)
	}
	return newestFirst(a, b)
}

func newestFirst(a, b *sdk.Complaint) int {
	return cmp.Or(b.LodgedAt.Compare(a.LodgedAt), cmp.Compare(a.ID, b.ID))
}

package model

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/citizens-portal/portal/sdk/api"
)

// The posts that officers hold, as the server names them.
const (
	PostHead    = "head"
	PostFocal   = "focal"
	PostStaff   = "staff"
	PostAdmin   = "admin"
	PostAnalyst = "analyst"
)

// Posts lists the posts in the order in which an office names its people.
func Posts() []string { return []string{PostHead, PostFocal, PostStaff, PostAdmin, PostAnalyst} }

// PostName is a post in words; one that the app does not know is shown as it is named.
func PostName(w Words, post string) string {
	switch post {
	case PostHead:
		return w.T("people.post.head")
	case PostFocal:
		return w.T("people.post.focal")
	case PostStaff:
		return w.T("people.post.staff")
	case PostAdmin:
		return w.T("people.post.admin")
	case PostAnalyst:
		return w.T("people.post.analyst")
	}
	return post
}

// PeopleView is one of the two lists of "People and posts".
type PeopleView string

// The lists.
const (
	PeopleOffices  PeopleView = "offices"
	PeopleOfficers PeopleView = "officers"
)

// PeopleLine is an office or an officer in a list.
type PeopleLine struct {
	ID, Name, Note string
	// Warn says what needs the administrator; empty when nothing does.
	Warn string
	// Below counts the offices right below an office.
	Below int
}

// OfficeNames knows offices by id.
type OfficeNames map[string]api.Text

// OfficeNamesOf takes the names of offices.
func OfficeNamesOf(offices []api.Office) OfficeNames {
	out := OfficeNames{}
	for _, o := range offices {
		out[o.ID] = o.Name
	}
	return out
}

// Name is an office's name, or its id while the name is not known.
func (n OfficeNames) Name(w Words, id string) string { return cmp.Or(w.In(n[id]), id) }

// OfficeLineOf is an office in a list.
func OfficeLineOf(w Words, names OfficeNames, o api.OfficeRow) PeopleLine {
	l := PeopleLine{ID: o.ID, Name: cmp.Or(w.In(o.Name), o.ID), Below: o.Below}
	parts := []string{w.T("people.officers_n", "n", o.Officers)}
	if o.Below > 0 {
		parts = append(parts, w.T("people.below_n", "n", o.Below))
	}
	if o.Parent != "" {
		parts = append(parts, w.T("people.under", "name", names.Name(w, o.Parent)))
	}
	l.Note = strings.Join(parts, " · ")
	switch {
	case !o.ClosedAt.IsZero():
		l.Warn = w.T("people.closed", "date", w.Short(o.ClosedAt))
	case o.Vacant:
		l.Warn = w.T("people.vacant")
	}
	return l
}

// OfficerLineOf is an officer in the list of all.
func OfficerLineOf(w Words, names OfficeNames, o api.OfficerRecord) PeopleLine {
	return PeopleLine{ID: o.ID, Name: o.Name, Note: PostName(w, o.Post) + " · " + names.Name(w, o.Office), Warn: away(w, o)}
}

// away says why an officer does not work now: stopped, or on leave.
func away(w Words, o api.OfficerRecord) string {
	if o.Disabled {
		return w.T("people.disabled")
	}
	for _, s := range o.Leaves {
		if (span{s.From, s.Until}).holds(w.Now) {
			return leaveWords(w, s.Until)
		}
	}
	return ""
}

func leaveWords(w Words, until time.Time) string {
	if until.IsZero() {
		return w.T("people.on_leave")
	}
	return w.T("people.on_leave_until", "date", lastDay(w, until))
}

// lastDay is the last day of a stretch whose end is not in it.
func lastDay(w Words, until time.Time) string { return w.Short(until.Add(-time.Second)) }

// OfficePage is an office with its people and history.
type OfficePage struct {
	ID, Name           string
	Parent, ParentName string
	Closed             string
	// Warn says which posts nobody holds.
	Warn []string
	// Staff are its people, the head first; Acting hold one of its posts for a while.
	Staff, Acting []PeopleLine
	Below         int
	History       []PeopleChange
}

// OfficePageOf is what the page of an office shows.
func OfficePageOf(w Words, names OfficeNames, d api.OfficeDetail) OfficePage {
	p := OfficePage{ID: d.ID, Name: cmp.Or(w.In(d.Name), d.ID), Parent: d.Parent, Below: d.Below, History: peopleHistory(w, names, d.History)}
	if d.Parent != "" {
		p.ParentName = names.Name(w, d.Parent)
	}
	if d.ClosedAt.IsZero() {
		p.Warn = vacancies(w, d)
	} else {
		p.Closed = w.T("people.closed", "date", w.Short(d.ClosedAt))
	}
	staff := slices.Clone(d.Staff)
	slices.SortStableFunc(staff, func(a, b api.OfficerRecord) int {
		return cmp.Or(cmp.Compare(slices.Index(Posts(), a.Post), slices.Index(Posts(), b.Post)), cmp.Compare(a.Name, b.Name))
	})
	for _, o := range staff {
		p.Staff = append(p.Staff, PeopleLine{ID: o.ID, Name: o.Name, Note: join(PostName(w, o.Post), w.In(o.Title)), Warn: away(w, o)})
	}
	for _, o := range d.Acting {
		for _, c := range o.Charges {
			if c.Office == d.ID && (span{c.From, c.Until}).holds(w.Now) {
				p.Acting = append(p.Acting, PeopleLine{ID: o.ID, Name: o.Name, Note: chargeWords(w, c.Until, w.T("people.acting_as", "post", PostName(w, c.Post))), Warn: away(w, o)})
			}
		}
	}
	return p
}

// join puts what there is of two notes beside each other.
func join(a, b string) string {
	if a == "" || b == "" || strings.EqualFold(a, b) {
		return cmp.Or(a, b)
	}
	return a + " · " + b
}

// vacancies names the posts that an office needs and nobody holds now.
func vacancies(w Words, d api.OfficeDetail) (out []string) {
	held := map[string]bool{}
	for _, o := range d.Staff {
		held[o.Post] = held[o.Post] || !o.Disabled
	}
	for _, o := range d.Acting {
		for _, c := range o.Charges {
			held[c.Post] = held[c.Post] || !o.Disabled && c.Office == d.ID && span{c.From, c.Until}.holds(w.Now)
		}
	}
	if !held[PostHead] {
		out = append(out, w.T("people.no_head"))
	}
	if !held[PostFocal] {
		out = append(out, w.T("people.no_focal"))
	}
	if d.Vacant {
		out = append(out, w.T("people.nobody_receives"))
	}
	return out
}

func chargeWords(w Words, until time.Time, what string) string {
	if until.IsZero() {
		return what
	}
	return what + " · " + w.T("people.until", "date", lastDay(w, until))
}

// span is a stretch of time: from is in it, until is not and may be missing.
type span struct{ from, until time.Time }

func (s span) over(now time.Time) bool  { return !s.until.IsZero() && !now.Before(s.until) }
func (s span) holds(now time.Time) bool { return !now.Before(s.from) && !s.over(now) }

// PeopleSpan is a leave or a charge that is under way or still to come.
type PeopleSpan struct {
	N    int // its place in the record
	Text string
}

// OfficerPage is an officer with their history.
type OfficerPage struct {
	ID, Name, Title    string
	Post, PostName     string
	Office, OfficeName string
	// State says whether they can sign in; Bad means that they cannot.
	State string
	Bad   bool
	// Away says why they do not work now.
	Away      string
	Disabled  bool
	CanSignIn bool
	Self      bool // the administrator, whom others administer
	Cases     string
	Leaves    []PeopleSpan
	Charges   []PeopleSpan
	History   []PeopleChange
}

// OfficerPageOf is what the page of an officer shows to an administrator, whose own
// subject is self.
func OfficerPageOf(w Words, names OfficeNames, d api.OfficerDetail, self string) OfficerPage {
	p := OfficerPage{
		ID: d.ID, Name: d.Name, Title: w.In(d.Title), Post: d.Post, PostName: PostName(w, d.Post), Office: d.Office, OfficeName: names.Name(w, d.Office),
		Disabled: d.Disabled, CanSignIn: d.CanSignIn, Self: self == "o:"+d.ID, Away: away(w, d.OfficerRecord), Cases: w.T("people.cases_n", "n", d.OpenCases),
		History: peopleHistory(w, names, d.History),
	}
	switch {
	case d.Disabled:
		p.State, p.Bad = w.T("people.state.disabled"), true
	case d.CanSignIn:
		p.State = w.T("people.state.ready")
	default:
		p.State, p.Bad = w.T("people.state.not_invited"), true
	}
	for i, s := range d.Leaves {
		if (span{s.From, s.Until}).over(w.Now) {
			continue
		}
		p.Leaves = append(p.Leaves, PeopleSpan{i, spanWords(w, s.From, s.Until)})
	}
	for i, c := range d.Charges {
		if (span{c.From, c.Until}).over(w.Now) {
			continue
		}
		p.Charges = append(p.Charges, PeopleSpan{i, PostName(w, c.Post) + " · " + names.Name(w, c.Office) + " · " + spanWords(w, c.From, c.Until)})
	}
	return p
}

func spanWords(w Words, from, until time.Time) string {
	if until.IsZero() {
		return w.T("people.from", "date", w.Short(from))
	}
	return w.T("people.from_to", "from", w.Short(from), "to", lastDay(w, until))
}

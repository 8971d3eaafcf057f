package model

import (
	"cmp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/citizens-portal/portal/assets"
	"github.com/citizens-portal/portal/sdk"
	"github.com/citizens-portal/portal/sdk/api"
)

// Office is what a desk knows about offices and colleagues. Its zero value knows
// nobody.
type Office struct {
	Own      string // the officer's own office, by id
	Officers []api.OfficerInfo
	Offices  []api.Office
}

// officer finds a colleague.
func (o Office) officer(id string) (api.OfficerInfo, bool) {
	i := slices.IndexFunc(o.Officers, func(p api.OfficerInfo) bool { return p.ID == id })
	if i < 0 {
		return api.OfficerInfo{}, false
	}
	return o.Officers[i], true
}

// OfficeName is an office's name, or what stands for it.
func (o Office) OfficeName(w Words, id string) string {
	for _, x := range o.Offices {
		if x.ID == id {
			return w.In(x.Name)
		}
	}
	return id
}

// Holder names who has a complaint, by the officer's name as colleagues know them.
func (o Office) Holder(w Words, id string, title api.Text) string {
	if id == "" || id == NobodyHolds {
		return w.T("desk.nobody")
	}
	if p, ok := o.officer(id); ok {
		return p.Name
	}
	return cmp.Or(w.In(title), id)
}

// DeskRow is a complaint in the officer's list.
type DeskRow struct {
	ID, Code string
	Icon     assets.Icon
	Title    string
	Place    string
	Holder   string
	Above    string // the office it went up to, if any
	Due      Due
	Used     float32 // share of the time used, from 0 to 1
}

// Due is how a complaint stands with its date, in words, with a mood that repeats it.
type Due struct {
	Words string
	Icon  assets.Icon
	Mood  Mood
}

// DeskRowOf shows a complaint as a row of the officer's list.
func DeskRowOf(w Words, g Guide, o Office, c sdk.Complaint) DeskRow {
	kind, _ := g.Kind(w, c.Category)
	r := DeskRow{
		ID: c.ID, Code: c.Code, Icon: kind.Icon, Title: cmp.Or(Title(c.Text), kind.Name), Place: cmp.Or(g.TehsilName(w, c.Area), g.DistrictName(w, c.District)),
		Holder: o.Holder(w, c.Officer, c.OfficerTitle), Due: DueOf(w, c), Used: used(c, w.Now),
	}
	if c.Level > 0 && !c.Closed() {
		r.Above = w.numbered("level", c.Level)
	}
	return r
}

// DueOf says how a complaint stands with its date.
func DueOf(w Words, c sdk.Complaint) Due {
	left := w.days(c.DueAt)
	words, _ := w.Left(c.DueAt)
	d := Due{Words: sentence(words), Icon: assets.IconClock}
	switch {
	case c.State == sdk.StateAttention:
		return Due{w.T("desk.not_sent"), assets.IconTriangle, Bad}
	case c.Closed():
		return Due{w.T("desk.closed"), assets.IconBox, Plain}
	case c.Status == "waiting_citizen" && (c.DueAt.IsZero() || left >= 0):
		return Due{w.T("desk.citizen_asked"), assets.IconQuestion, Plain}
	case c.Status == "proposed":
		return Due{w.T("desk.citizen_decides"), assets.IconQuestion, Plain}
	case c.DueAt.IsZero():
		return Due{w.T("desk.no_date"), assets.IconClock, Plain}
	case left < 0:
		d.Icon, d.Mood = assets.IconTriangle, Overdue
	case left == 0:
		d.Mood = Bad
	case left <= dueSoonDays:
		d.Mood = Asking
	default:
		d.Mood = News
	}
	return d
}

// used is which share of the time until the next step has gone by.
func used(c sdk.Complaint, now time.Time) float32 {
	if c.DueAt.IsZero() || !c.DueAt.After(c.LodgedAt) {
		return 0
	}
	return min(max(float32(now.Sub(c.LodgedAt))/float32(c.DueAt.Sub(c.LodgedAt)), 0), 1)
}

// sentence starts a phrase with a capital where the script has any.
func sentence(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	if n == 0 {
		return s
	}
	return string(unicode.ToUpper(r)) + s[n:]
}

// Assignee is somebody to assign to, with the work in hand.
type Assignee struct {
	ID     string
	Mark   string // the first letters of the name
	Name   string
	Title  string
	Load   string // "6 open, 1 late"
	Chosen bool   // has it now
}

// Assignees lists the officers of one's own office, those with the least in hand first.
// An office may give a complaint to its own people even while one above holds it.
func Assignees(w Words, o Office, loads map[string]Workload, c sdk.Complaint) []Assignee {
	people := slices.DeleteFunc(slices.Clone(o.Officers), func(p api.OfficerInfo) bool {
		return p.Office != cmp.Or(o.Own, c.Holder) || p.Post == "admin" || p.Post == "analyst"
	})
	slices.SortFunc(people, func(a, b api.OfficerInfo) int {
		la, lb := loads[a.ID], loads[b.ID]
		return cmp.Or(cmp.Compare(la.Open, lb.Open), cmp.Compare(la.Late, lb.Late), cmp.Compare(a.Name, b.Name))
	})
	var out []Assignee
	for _, p := range people {
		load := loads[p.ID]
		words := w.T("desk.load", "n", load.Open)
		if load.Late > 0 {
			words = w.T("desk.load_late", "n", load.Open, "late", load.Late)
		}
		out = append(out, Assignee{ID: p.ID, Mark: Initials(p.Name), Name: p.Name, Title: w.In(p.Title), Load: words, Chosen: p.ID == c.Officer})
	}
	return out
}

// Initials are the first letters of the first two words of a name.
func Initials(name string) string {
	var out []rune
	for _, word := range strings.Fields(name) {
		if r, _ := utf8.DecodeRuneInString(word); unicode.IsLetter(r) && len(out) < 2 {
			out = append(out, unicode.ToUpper(r))
		}
	}
	return string(out)
}

// DeskChoice is a line of a filter.
type DeskChoice struct {
	ID    string
	Name  string
	Count int
}

// CategoryChoices lists the kinds that the view holds, the most frequent first.
func (l DeskList) CategoryChoices(w Words, g Guide) []DeskChoice {
	return choices(l.Categories, func(id string) string {
		kind, _ := g.Kind(w, id)
		return kind.Name
	})
}

// HolderChoices lists who holds what the view shows, the most frequent first.
func (l DeskList) HolderChoices(w Words, o Office) []DeskChoice {
	return choices(l.Holders, func(id string) string { return o.Holder(w, id, api.Text{}) })
}

func choices(counts map[string]int, name func(id string) string) []DeskChoice {
	var out []DeskChoice
	for id, n := range counts {
		out = append(out, DeskChoice{ID: id, Name: name(id), Count: n})
	}
	slices.SortFunc(out, func(a, b DeskChoice) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID))
	})
	return out
}

package model

import (
	"strings"

	"github.com/citizens-portal/portal/assets"
	"github.com/citizens-portal/portal/sdk"
)

// Row is a complaint in a list.
type Row struct {
	ID     string
	Code   string
	Icon   assets.Icon
	Title  string
	Holder string
	Status Status
	Left   string
	By     string
	Late   bool
	// Wanted: the citizen is asked for something.
	Wanted bool
	Closed bool
}

// RowOf shows a complaint as a row.
func RowOf(w Words, g Guide, c sdk.Complaint) Row {
	kind, _ := g.Kind(w, c.Category)
	r := Row{
		ID: c.ID, Code: c.Code, Icon: kind.Icon, Title: Title(c.Text), Holder: w.In(c.HolderName), Status: StatusOf(c, w.Now),
		Wanted: c.NeedsCitizen(), Closed: c.Closed(),
	}
	if r.Holder == "" {
		r.Holder = office(w, g, c.District)
	}
	if !r.Closed && r.Status != StatusProposed {
		r.Left, r.Late = w.Left(c.DueAt)
		r.By = w.By(c.DueAt)
	}
	return r
}

// office names the office that a district's complaints go to.
func office(w Words, g Guide, district string) string {
	if district == "" {
		return w.T("office.dc")
	}
	return w.T("office.dc_of", "place", g.DistrictName(w, district))
}

// Tab of the list of cases.
type Tab string

// The tabs.
const (
	TabOpen   Tab = "open"
	TabNeeds  Tab = "needs-you"
	TabClosed Tab = "closed"
)

// DraftRow is a complaint not finished.
type DraftRow struct {
	ID    string
	Icon  assets.Icon
	Title string
	When  string
}

// DraftRows shows drafts, the newest first.
func DraftRows(w Words, g Guide, drafts []sdk.Draft) []DraftRow {
	var out []DraftRow
	for i := len(drafts) - 1; i >= 0; i-- {
		d := drafts[i]
		kind, known := g.Kind(w, d.Category)
		title := Title(d.Text)
		switch {
		case title != "":
		case known:
			title = kind.Name
		default:
			title = w.T("draft.untitled")
		}
		out = append(out, DraftRow{ID: d.ID, Icon: kind.Icon, Title: title, When: w.T("draft.saved", "when", w.When(d.SavedAt))})
	}
	return out
}

// Cases is the list of the citizen's own cases.
type Cases struct {
	Tab    Tab
	Rows   []Row
	Drafts []DraftRow // shown on the open tab
	Total  int        // of all tabs, to tell "none at all" from "none here"
	Lack   Lack
}

// Lack is why complaints may be missing on this phone.
type Lack uint8

// The reasons.
const (
	LackNothing Lack = iota
	LackSession      // nobody is signed in now
	LackSync         // the phone has not spoken with the portal yet
)

func lackOf(st sdk.Status) Lack {
	switch {
	case !st.SignedIn:
		return LackSession
	case st.SyncedAt.IsZero():
		return LackSync
	}
	return LackNothing
}

// CasesOf makes the list for a tab from all complaints.
func CasesOf(w Words, g Guide, tab Tab, st sdk.Status, all []sdk.Complaint, drafts []sdk.Draft) Cases {
	out := Cases{Tab: tab, Total: len(all) + len(drafts), Lack: lackOf(st)}
	for _, c := range all {
		if inTab(c, tab) {
			out.Rows = append(out.Rows, RowOf(w, g, c))
		}
	}
	if tab == TabOpen {
		out.Drafts = DraftRows(w, g, drafts)
	}
	return out
}

func inTab(c sdk.Complaint, tab Tab) bool {
	switch tab {
	case TabNeeds:
		return c.NeedsCitizen()
	case TabClosed:
		return c.Closed()
	}
	return !c.Closed()
}

// Search keeps the rows that hold the query in title, code or holder.
func Search(rows []Row, query string) []Row {
	query = fold(query)
	if query == "" {
		return rows
	}
	var out []Row
	for _, r := range rows {
		if strings.Contains(fold(r.Title+" "+r.Code+" "+r.Holder), query) {
			out = append(out, r)
		}
	}
	return out
}

package model

import (
	"github.com/citizens-portal/portal/sdk"
	"github.com/citizens-portal/portal/sdk/api"
)

// Ask is what a citizen is asked about one case.
type Ask struct {
	ID       string
	Status   Status
	Until    string
	Question string
	Office   string // what the office wrote
	Silence  string // what follows without an answer
	// Decide: the answer is yes or no; otherwise it is written.
	Decide bool
}

// Home is the first page.
type Home struct {
	Place  string // of the citizen
	Fresh  string // "up to date, 10:42"; empty before the first time
	Asks   []Ask
	Drafts []DraftRow
	Cases  []Row // the two newest
	Total  int
	// Older says when complaints of before appear on this new phone; empty when all
	// are here.
	Older string
}

// homeCases is how many cases the first page shows.
const homeCases = 2

// HomeOf makes the first page. asked are the complaints, in full, that wait for the
// citizen.
func HomeOf(w Words, g Guide, p api.Profile, fresh sdk.Freshness, all, asked []sdk.Complaint, drafts []sdk.Draft) Home {
	h := Home{Place: g.DistrictName(w, p.District), Drafts: DraftRows(w, g, drafts), Total: len(all)}
	if !fresh.SyncedAt.IsZero() {
		h.Fresh = w.When(fresh.SyncedAt)
		if w.days(fresh.SyncedAt) == 0 {
			h.Fresh = w.Clock(fresh.SyncedAt)
		}
	}
	if !p.OldCasesFrom.IsZero() && p.OldCasesFrom.After(w.Now) {
		h.Older = w.T("home.older", "date", w.Date(p.OldCasesFrom))
	}
	wanted := map[string]bool{}
	for _, c := range asked {
		if a, ok := AskOf(w, c, nil); ok {
			h.Asks = append(h.Asks, a)
			wanted[c.ID] = true
		}
	}
	for _, c := range all {
		if len(h.Cases) < homeCases && !c.Closed() && !wanted[c.ID] {
			h.Cases = append(h.Cases, RowOf(w, g, c))
		}
	}
	return h
}

// AskOf says what the citizen is asked about a complaint; false when nothing, or when
// the answer is already on its way. The office's own words are looked for in events.
func AskOf(w Words, c sdk.Complaint, events []api.Event) (Ask, bool) {
	if !c.NeedsCitizen() || answered(c) {
		return Ask{}, false
	}
	a := Ask{ID: c.ID, Status: StatusOf(c, w.Now)}
	if may(c, "confirm") {
		a.Decide = true
		a.Question = w.T("confirm.about", "title", Title(c.Text))
		a.Until = w.Until(c.SilentAt)
		if !c.SilentAt.IsZero() {
			a.Silence = w.T("confirm.silence", "date", w.Short(c.SilentAt))
		}
		a.Office = lastText(events, "propose")
		return a, true
	}
	a.Question = w.T("ask.about", "title", Title(c.Text))
	a.Office = lastText(events, "ask")
	return a, true
}

// lastText is what was written with the newest event of a kind.
func lastText(events []api.Event, action string) string {
	for i := len(events) - 1; i >= 0; i-- {
		if events[i].Action == action {
			return events[i].Text
		}
	}
	return ""
}

// BannerKind is what the line under the app bar is about.
type BannerKind string

// The kinds; the empty one shows no banner.
const (
	BannerNone    BannerKind = ""
	BannerOffline BannerKind = "offline"
	BannerSending BannerKind = "sending"
	BannerNeeds   BannerKind = "needs-you"
	BannerSignIn  BannerKind = "sign-in"
	BannerSpace   BannerKind = "space"
)

// Banner is the line under the app bar.
type Banner struct {
	Kind     BannerKind
	Sentence string
}

// BannerOf says what a person has to know about the network now, the most important
// thing alone.
func BannerOf(w Words, st sdk.Status) Banner {
	switch {
	case st.Attention > 0:
		return Banner{BannerNeeds, w.T("sync.needs_you")}
	case !st.SignedIn:
		return Banner{BannerSignIn, w.T("sync.sign_in")}
	case st.LowSpace:
		return Banner{BannerSpace, w.T("sync.space")}
	case st.Offline:
		return Banner{BannerOffline, w.T("error.offline")}
	case st.Queued > 0:
		return Banner{BannerSending, w.T("sync.waiting", "n", st.Queued)}
	}
	return Banner{}
}

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
	Evidence []Photo
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
	Lack   Lack
	// Older says when complaints of before appear on this new phone; empty when all
	// are here.
	Older string
}

// homeCases is how many cases the first page shows.
const homeCases = 2

// Asked is a complaint, in full, that waits for the citizen, with what happened to it.
type Asked struct {
	Complaint sdk.Complaint
	Events    []api.Event
}

// HomeOf makes the first page.
func HomeOf(w Words, g Guide, p api.Profile, st sdk.Status, all []sdk.Complaint, asked []Asked, drafts []sdk.Draft) Home {
	fresh := st.Freshness
	h := Home{Place: g.DistrictName(w, p.District), Drafts: DraftRows(w, g, drafts), Total: len(all), Lack: lackOf(st)}
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
	for _, q := range asked {
		if a, ok := AskOf(w, q.Complaint, q.Events); ok {
			a.Evidence = a.Evidence[:min(1, len(a.Evidence))] // the others are on its own page
			h.Asks = append(h.Asks, a)
			wanted[q.Complaint.ID] = true
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
		a.said(c, events, "propose")
		return a, true
	}
	a.Question = w.T("ask.about", "title", Title(c.Text))
	a.said(c, events, "ask")
	return a, true
}

// said takes what the office wrote and showed with its newest event of a kind.
func (a *Ask) said(c sdk.Complaint, events []api.Event, action string) {
	for i := len(events) - 1; i >= 0; i-- {
		if events[i].Action == action {
			a.Office, a.Evidence = events[i].Text, evidence(c.ID, events[i])
			return
		}
	}
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
	case st.Files > 0:
		return Banner{BannerSending, w.T("sync.photos", "n", st.Files)}
	}
	return Banner{}
}

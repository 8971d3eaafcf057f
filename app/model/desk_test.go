package model_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/citizens-portal/portal/app/i18n"
	"github.com/citizens-portal/portal/app/model"
	"github.com/citizens-portal/portal/assets"
	"github.com/citizens-portal/portal/sdk"
	"github.com/citizens-portal/portal/sdk/api"
)

// deskMorning is the moment of these tests.
func deskMorning() time.Time { return time.Date(2026, 11, 23, 10, 42, 0, 0, model.Pakistan()) }

func deskWords(t testing.TB) model.Words {
	t.Helper()
	c, err := i18n.Load(assets.Translations)
	if err != nil {
		t.Fatal(err)
	}
	return model.Words{Lang: i18n.English, Catalogue: c, Now: deskMorning()}
}

// matter is a complaint due in so many days, with changes.
func matter(id string, left int, change ...func(*sdk.Complaint)) sdk.Complaint {
	c := sdk.Complaint{Complaint: api.Complaint{
		ID: id, Code: "KP-26-" + id, Category: "water", District: "swat", Text: "Pipe " + id + " broken", Status: "new", Holder: "dc", Citizen: "Citizen 7Q4F",
		LodgedAt: deskMorning().AddDate(0, 0, left-15), DueAt: deskMorning().AddDate(0, 0, left), Version: 1,
		AllowedActions: []string{"acknowledge", "assign", "transfer", "ask", "message", "propose", "invalidate"},
	}}
	for _, f := range change {
		f(&c)
	}
	return c
}

func ids(l model.DeskList) []string {
	var out []string
	for _, c := range l.Cases {
		out = append(out, c.ID)
	}
	return out
}

func TestInboxViews(t *testing.T) {
	box := model.NewInbox("o:me")
	box.Replace([]sdk.Complaint{
		matter("late", -2, func(c *sdk.Complaint) { c.Officer, c.Level = "gul", 1 }),
		matter("today", 0, func(c *sdk.Complaint) { c.Officer = "me" }),
		matter("soon", 3), matter("later", 4),
		matter("asked", 6, func(c *sdk.Complaint) { c.Status, c.Officer = "waiting_citizen", "gul" }),
		matter("again", 9, func(c *sdk.Complaint) { c.Reopened = true }),
		matter("appeal", 9, func(c *sdk.Complaint) { c.Appealed, c.Level = true, 1 }),
		matter("closed", -9, func(c *sdk.Complaint) { c.ClosedAt = deskMorning() }),
		matter("undated", 0, func(c *sdk.Complaint) { c.DueAt = time.Time{} }),
	})
	for view, want := range map[model.DeskView][]string{
		model.DeskOpen:      {"late", "today", "soon", "later", "asked", "again", "appeal", "undated"},
		model.DeskNew:       {"soon", "later", "again", "appeal", "undated"},
		model.DeskMine:      {"today"},
		model.DeskDueSoon:   {"today", "soon"},
		model.DeskOverdue:   {"late"},
		model.DeskEscalated: {"late"},
		model.DeskReopened:  {"again"},
		model.DeskAppeals:   {"appeal"},
		model.DeskWaiting:   {"asked"},
	} {
		l := box.Find(model.DeskQuery{View: view}, deskMorning())
		got := ids(l)
		if view == model.DeskNew || view == model.DeskOpen {
			slices.Sort(got)
			slices.Sort(want)
		}
		if !slices.Equal(got, want) || l.Counts[view] != len(want) {
			t.Errorf("%s: %v (%d), want %v", view, got, l.Counts[view], want)
		}
	}
	l := box.Find(model.DeskQuery{}, deskMorning())
	if first, last := l.Cases[0].ID, l.Cases[len(l.Cases)-1].ID; first != "late" || last != "undated" {
		t.Errorf("due first: %s … %s", first, last)
	}
	if l.Loads["gul"] != (model.Workload{Open: 2, Late: 1}) {
		t.Errorf("work in hand: %+v", l.Loads)
	}
}

func TestInboxSearchAndFilters(t *testing.T) {
	box := model.NewInbox("o:me")
	box.Replace([]sdk.Complaint{
		matter("AAAA", 3, func(c *sdk.Complaint) { c.Text = "پاني كا پائپ" }), // Arabic ي and ك
		matter("BBBB", 4, func(c *sdk.Complaint) { c.Category, c.Officer = "roads", "gul" }),
		matter("CCCC", 5, func(c *sdk.Complaint) { c.Officer = "gul" }),
	})
	for _, x := range []struct {
		q    model.DeskQuery
		want []string
	}{
		{model.DeskQuery{Search: "پانی کا"}, []string{"AAAA"}},
		{model.DeskQuery{Search: "kp26bbbb"}, []string{"BBBB"}},
		{model.DeskQuery{Search: "PIPE"}, []string{"BBBB", "CCCC"}},
		{model.DeskQuery{Category: "roads"}, []string{"BBBB"}},
		{model.DeskQuery{Holder: "gul"}, []string{"BBBB", "CCCC"}},
		{model.DeskQuery{Holder: model.NobodyHolds}, []string{"AAAA"}},
		{model.DeskQuery{Holder: "gul", Category: "water"}, []string{"CCCC"}},
		{model.DeskQuery{Search: "nothing like it"}, nil},
	} {
		l := box.Find(x.q, deskMorning())
		if got := ids(l); !slices.Equal(got, x.want) || l.InView != 3 {
			t.Errorf("%+v: %v of %d, want %v", x.q, got, l.InView, x.want)
		}
	}
	w := deskWords(t)
	l := box.Find(model.DeskQuery{}, deskMorning())
	got := l.HolderChoices(w, model.Office{Officers: []api.OfficerInfo{{ID: "gul", Name: "R. Gul"}}})
	if len(got) != 2 || got[0] != (model.DeskChoice{ID: "gul", Name: "R. Gul", Count: 2}) {
		t.Errorf("%+v", got)
	}
}

func TestInboxFollowsChanges(t *testing.T) {
	box := model.NewInbox("o:me")
	box.Replace([]sdk.Complaint{matter("a", 3), matter("b", 4)})
	before := box.Find(model.DeskQuery{}, deskMorning())
	box.Update([]sdk.Complaint{matter("a", 9), matter("c", 1)}, []string{"b"})
	if got := ids(box.Find(model.DeskQuery{}, deskMorning())); !slices.Equal(got, []string{"c", "a"}) {
		t.Fatalf("%v", got)
	}
	if got := ids(before); !slices.Equal(got, []string{"a", "b"}) {
		t.Fatalf("a list that was given out changed: %v", got)
	}
}

func TestOwnActsShowAtOnce(t *testing.T) {
	waits := func(p sdk.Pending) func(*sdk.Complaint) {
		return func(c *sdk.Complaint) { p.State, c.Pending = sdk.Waiting, []sdk.Pending{p} }
	}
	box := model.NewInbox("o:me")
	box.Replace([]sdk.Complaint{
		matter("assigned", 1, waits(sdk.Pending{Action: "assign", ToOfficer: "gul"})),
		matter("proposed", 2, waits(sdk.Pending{Action: "propose"})),
		matter("declined", 3, waits(sdk.Pending{Action: "invalidate", At: deskMorning()})),
		matter("refused", 4, func(c *sdk.Complaint) {
			c.Pending = []sdk.Pending{{Action: "assign", ToOfficer: "gul", State: sdk.Refused}}
		}),
	})
	l := box.Find(model.DeskQuery{}, deskMorning())
	if got := ids(l); !slices.Equal(got, []string{"assigned", "proposed", "refused"}) {
		t.Fatalf("%v", got)
	}
	if l.Cases[0].Officer != "gul" || slices.Contains(l.Cases[0].AllowedActions, "acknowledge") || !slices.Contains(l.Cases[0].AllowedActions, "assign") {
		t.Errorf("assigned: %+v", l.Cases[0])
	}
	if got := l.Cases[1].AllowedActions; !slices.Equal(got, []string{"message"}) || l.Cases[1].Status != "proposed" {
		t.Errorf("proposed: %v", got)
	}
	if l.Cases[2].Officer != "" {
		t.Errorf("what the server refused is not shown as done: %+v", l.Cases[2])
	}
}

func TestDeskCaseOffersExactlyWhatIsAllowed(t *testing.T) {
	w := deskWords(t)
	for _, x := range []struct {
		allowed []string
		want    []model.DeskAction
		primary model.DeskAction
	}{
		{[]string{"acknowledge", "assign", "transfer", "ask", "message", "propose", "invalidate"},
			[]model.DeskAction{"acknowledge", "assign", "propose", "ask", "transfer", "invalidate"}, model.DeskAcknowledge},
		{[]string{"assign", "propose"}, []model.DeskAction{"assign", "propose"}, model.DeskAssign},
		{[]string{"ask", "message", "propose"}, []model.DeskAction{"propose", "ask"}, model.DeskPropose},
		{[]string{"message"}, nil, ""},
		{nil, nil, ""},
	} {
		c := matter("a", 3, func(c *sdk.Complaint) { c.AllowedActions = x.allowed })
		p := model.DeskCaseOf(w, model.Guide{}, model.Office{}, nil, c, nil)
		if !slices.Equal(p.Actions, x.want) || p.Primary != x.primary || p.MayMessage != slices.Contains(x.allowed, "message") {
			t.Errorf("%v: %v, %q filled, want %v, %q", x.allowed, p.Actions, p.Primary, x.want, x.primary)
		}
	}
}

func TestDeskCaseTellsWhatChangedBeforeARefusal(t *testing.T) {
	w := deskWords(t)
	c := matter("a", 3, func(c *sdk.Complaint) {
		c.Pending = []sdk.Pending{{Op: "1", Action: "ask", Text: "Which street?", Seen: 2, State: sdk.Refused, Problem: &api.Problem{Type: api.TypeConflict}}}
	})
	events := []api.Event{
		{N: 1, Action: "lodge", Role: "citizen", At: deskMorning().AddDate(0, 0, -3)}, {N: 2, Action: "acknowledge", Role: "distributor", At: deskMorning().AddDate(0, 0, -2)},
		{N: 3, Action: "message", Role: "citizen", At: deskMorning(), Text: "House 4"},
	}
	p := model.DeskCaseOf(w, model.Guide{}, model.Office{}, nil, c, events)
	if len(p.Refused) != 1 {
		t.Fatalf("%+v", p)
	}
	r := p.Refused[0]
	if want := []string{"Citizen wrote · today, 10:42"}; !slices.Equal(r.Changed, want) || !r.Again || r.Text != "Which street?" || r.Why != w.T("desk.changed") {
		t.Errorf("%+v, want %v", r, want)
	}
	if p.Last == nil || p.Last.Text != "House 4" {
		t.Errorf("the citizen's last word: %+v", p.Last)
	}
	for _, f := range p.Facts {
		if f.Label == w.T("desk.citizen") && f.Value != "Citizen 7Q4F" {
			t.Errorf("officers see the pseudonym: %+v", f)
		}
	}
}

func TestAssigneesByWorkInHand(t *testing.T) {
	w := deskWords(t)
	o := model.Office{Officers: []api.OfficerInfo{
		{ID: "busy", Name: "A. Busy", Office: "dc", Post: "staff"}, {ID: "free", Name: "Z. Free", Office: "dc", Post: "staff"},
		{ID: "late", Name: "B. Late", Office: "dc", Post: "staff"}, {ID: "else", Name: "E. Elsewhere", Office: "tma", Post: "staff"},
		{ID: "admin", Name: "C. Admin", Office: "dc", Post: "admin"},
	}}
	loads := map[string]model.Workload{"busy": {Open: 14, Late: 5}, "late": {Open: 2, Late: 1}, "free": {Open: 2}}
	var got []string
	for _, a := range model.Assignees(w, o, loads, matter("a", 3)) {
		got = append(got, a.Name+": "+a.Load)
	}
	if want := []string{"Z. Free: 2 open", "B. Late: 2 open, 1 late", "A. Busy: 14 open, 5 late"}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

func TestDueInWords(t *testing.T) {
	w := deskWords(t)
	for _, x := range []struct {
		c    sdk.Complaint
		want string
		mood model.Mood
	}{
		{matter("a", -2), "Late by 2 days", model.Overdue}, {matter("a", 0), "Due today", model.Bad}, {matter("a", 3), "3 days left", model.Asking},
		{matter("a", 4), "4 days left", model.News},
		{matter("a", 2, func(c *sdk.Complaint) { c.Status = "waiting_citizen" }), "Citizen asked", model.Plain},
		{matter("a", -2, func(c *sdk.Complaint) { c.Status = "waiting_citizen" }), "Late by 2 days", model.Overdue}, // the clock goes on
		{matter("a", 2, func(c *sdk.Complaint) { c.State = sdk.StateAttention }), "Needs you", model.Bad},
	} {
		if d := model.DueOf(w, x.c); d.Words != x.want || d.Mood != x.mood {
			t.Errorf("%+v, want %q %d", d, x.want, x.mood)
		}
	}
}

func TestDeskCheckNamesTheField(t *testing.T) {
	w := deskWords(t)
	for _, x := range []struct {
		action   model.DeskAction
		draft    sdk.DeskDraft
		evidence bool
		want     string
	}{
		{model.DeskPropose, sdk.DeskDraft{Text: "done"}, false, ""}, {model.DeskPropose, sdk.DeskDraft{Text: " "}, false, "text"},
		{model.DeskPropose, sdk.DeskDraft{Text: "done"}, true, "files"}, {model.DeskTransfer, sdk.DeskDraft{Text: "yours"}, false, "to_office"},
		{model.DeskTransfer, sdk.DeskDraft{Office: "tma"}, false, ""}, {model.DeskDecline, sdk.DeskDraft{}, false, "text"},
	} {
		got := model.DeskCheck(w, x.action, x.draft, x.evidence)
		if (x.want == "") != (len(got) == 0) || x.want != "" && got[x.want] == "" {
			t.Errorf("%s %+v: %v, want %q", x.action, x.draft, got, x.want)
		}
	}
	err := fmt.Errorf("ask: %w", &api.Problem{Type: api.TypeInvalid, Errors: []api.FieldProblem{{Pointer: "/reason", Code: "text_missing"}}})
	if got := model.DeskWrong(w, err); got["text"] != w.T("desk.error.text") {
		t.Errorf("%v", got)
	}
	if got := model.DeskWrong(w, errors.New("else")); got != nil {
		t.Errorf("%v", got)
	}
}

func manyMatters(n int) []sdk.Complaint {
	out := make([]sdk.Complaint, n)
	for i := range out {
		out[i] = matter(fmt.Sprintf("%05d", i), i%40-10, func(c *sdk.Complaint) {
			c.Officer = []string{"", "gul", "ahmad", "me"}[i%4]
			c.Text = "گلی نمبر 12 میں پانی کی لائن ٹوٹی ہوئی ہے اور دفتر کو تین بار بتایا گیا مگر کوئی نہیں آیا"
		})
	}
	return out
}

// BenchmarkInbox is what one change costs a desk of 10,000 complaints.
func BenchmarkInbox(b *testing.B) {
	box := model.NewInbox("o:me")
	all := manyMatters(10_000)
	box.Replace(all)
	for name, q := range map[string]model.DeskQuery{"open": {}, "search": {Search: "دفتر کو"}, "mine": {View: model.DeskMine}} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				box.Update(all[:1], nil)
				box.Find(q, deskMorning())
			}
		})
	}
	b.Run("first", func(b *testing.B) {
		for b.Loop() {
			box.Replace(all)
		}
	})
}

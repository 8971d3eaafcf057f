package model_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/citizens-portal/portal/app/i18n"
	"github.com/citizens-portal/portal/app/model"
	"github.com/citizens-portal/portal/assets"
	"github.com/citizens-portal/portal/sdk"
	"github.com/citizens-portal/portal/sdk/api"
)

// now is Monday 23 November 2026, 10:42 in Pakistan.
var now = time.Date(2026, 11, 23, 5, 42, 0, 0, time.UTC)

func words(t testing.TB, lang i18n.Lang) model.Words {
	t.Helper()
	c, err := i18n.Load(assets.Translations)
	if err != nil {
		t.Fatal(err)
	}
	return model.Words{Lang: lang, Catalogue: c, Now: now}
}

func TestDatesAndDeadlines(t *testing.T) {
	due := time.Date(2026, 11, 29, 5, 42, 0, 0, time.UTC)
	cases := []struct {
		lang i18n.Lang
		got  func(w model.Words) string
		want string
	}{
		{i18n.English, func(w model.Words) string { return w.Date(due) }, "Sunday 29 November"},
		{i18n.Urdu, func(w model.Words) string { return w.Date(due) }, "\u200fاتوار 29 نومبر"},
		{i18n.Pashto, func(w model.Words) string { return w.Date(due) }, "\u200fیکشنبه 29 نومبر"},
		{i18n.English, func(w model.Words) string { return w.Short(due) }, "29 Nov"},
		{i18n.English, func(w model.Words) string { return w.Short(due.AddDate(1, 0, 0)) }, "29 Nov 2027"},
		{i18n.English, func(w model.Words) string { return w.When(now) }, "today, 10:42"},
		{i18n.English, func(w model.Words) string { return left(w, due) }, "6 days left"},
		{i18n.English, func(w model.Words) string { return left(w, now.AddDate(0, 0, 1)) }, "1 day left"},
		{i18n.English, func(w model.Words) string { return left(w, now.Add(-time.Hour)) }, "due today"},
		{i18n.English, func(w model.Words) string { return left(w, now.AddDate(0, 0, -2)) }, "late by 2 days!"},
		{i18n.Urdu, func(w model.Words) string { return left(w, due) }, "6 دن باقی"},
		{i18n.Pashto, func(w model.Words) string { return left(w, now.AddDate(0, 0, -2)) }, "2 ورځې ځنډ!"},
		// The last minute of a day in Pakistan is still that day.
		{i18n.English, func(w model.Words) string { return left(w, time.Date(2026, 11, 23, 18, 59, 0, 0, time.UTC)) }, "due today"},
		{i18n.English, func(w model.Words) string { return left(w, time.Date(2026, 11, 23, 19, 1, 0, 0, time.UTC)) }, "1 day left"},
		{i18n.English, func(model.Words) string {
			return model.Number(8000) + " " + model.Number(12) + " " + model.Number(1234567)
		}, "8,000 12 1,234,567"},
	}
	for _, c := range cases {
		if got := c.got(words(t, c.lang)); got != c.want {
			t.Errorf("%s: %q, want %q", c.lang, got, c.want)
		}
	}
}

func left(w model.Words, due time.Time) string {
	s, late := w.Left(due)
	if late {
		s += "!"
	}
	return s
}

func TestTitleIsTheFirstSentence(t *testing.T) {
	for text, want := range map[string]string{
		"Street light is out. Since Monday.": "Street light is out",
		"  One line only ":                   "One line only",
		"پانی کی لائن ٹوٹی ہے۔ سڑک بھی":      "پانی کی لائن ٹوٹی ہے",
		"First\nSecond":                      "First",
		strings.Repeat("word ", 30):          strings.TrimSpace(strings.Repeat("word ", 14)) + "…",
		"":                                   "",
	} {
		if got := model.Title(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestStatusSaysTheMostPressingThing(t *testing.T) {
	later, before := now.AddDate(0, 0, 3), now.AddDate(0, 0, -3)
	for _, c := range []struct {
		name string
		c    sdk.Complaint
		want model.Status
	}{
		{"queued", sdk.Complaint{Complaint: api.Complaint{State: sdk.StateQueued}}, model.StatusQueued},
		{"came back", sdk.Complaint{Complaint: api.Complaint{State: sdk.StateAttention}}, model.StatusRefused},
		{"new", coded("new", later), model.StatusReceived},
		{"assigned", coded("assigned", later), model.StatusInProgress},
		{"late", coded("assigned", before), model.StatusLate},
		{"asked though late", coded("waiting_citizen", before), model.StatusNeedsAnswer},
		{"proposed", coded("proposed", later), model.StatusProposed},
		{"closed", coded("closed_silent", time.Time{}), model.StatusSilent},
		{"escalated", with(coded("new", later), func(c *sdk.Complaint) { c.Level = 1 }), model.StatusEscalated},
		{"appeal", with(coded("new", later), func(c *sdk.Complaint) { c.Level, c.Appealed = 1, true }), model.StatusAppeal},
		{"reopened", with(coded("assigned", later), func(c *sdk.Complaint) { c.Reopened = true }), model.StatusReopened},
	} {
		if got := model.StatusOf(c.c, now); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

func coded(status string, due time.Time) sdk.Complaint {
	return sdk.Complaint{Complaint: api.Complaint{Code: "KP-26-7F3K-92QX", Status: status, DueAt: due}}
}

func with(c sdk.Complaint, change func(*sdk.Complaint)) sdk.Complaint {
	change(&c)
	return c
}

func kinds() model.Guide {
	return model.Guide{
		Areas: []api.Area{
			{ID: "kp/malakand/swat", Slug: "swat", Kind: "district", Name: api.Text{EN: "Swat"}},
			{ID: "kp/malakand/swat/babuzai", Slug: "babuzai", Kind: "tehsil", Name: api.Text{EN: "Babuzai"}, Parent: "kp/malakand/swat"},
		},
		Kinds: []api.Category{{Code: "town", Name: api.Text{EN: "Town", UR: "شہر"}, Words: []string{"baldia"}, Children: []api.Category{
			{Code: "water", Name: api.Text{EN: "Water supply", UR: "پانی"}, Words: []string{"pani", "oba"}},
			{Code: "lights", Name: api.Text{EN: "Street lights"}, Words: []string{"batti"}},
		}}},
	}
}

func TestSearchFindsWhatPeopleSay(t *testing.T) {
	w, g := words(t, i18n.English), kinds()
	for query, want := range map[string]string{"pan": "water", "WATER": "water", "light": "lights", "پاني": "water", "bald": "water lights", "zzz": "", "": ""} {
		var got []string
		for _, c := range g.Search(w, query) {
			got = append(got, c.ID)
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%q: %q, want %q", query, got, want)
		}
	}
}

func TestReportGoesStepByStep(t *testing.T) {
	w, g := words(t, i18n.English), kinds()
	r := model.Report{Step: model.StepWhat}
	if r.Check(w, model.StepWhat)["category"] == "" || r.FirstWrong(w) != model.StepWhat || !r.Empty() {
		t.Error("an empty report is taken for a full one")
	}
	r = r.Choose(g, w, "town")
	if r.Step != model.StepWhat || r.Group != "town" {
		t.Errorf("a group was chosen: %+v", r)
	}
	if up, ok := r.Up(g); !ok || up.Group != "" || up.All {
		t.Errorf("up from a group: %+v %v", up, ok)
	}
	r = r.Choose(g, w, "water")
	if r.Step != model.StepWhere || r.Draft.Category != "water" {
		t.Errorf("a kind was not chosen: %+v", r)
	}
	r.Draft.District = "swat"
	if r.FirstWrong(w) != model.StepHappened {
		t.Errorf("first wrong: %v", r.FirstWrong(w))
	}
	r.Draft.Text = strings.Repeat("x", model.MaxText+1)
	if !strings.Contains(r.Check(w, model.StepHappened)["text"], "too long") {
		t.Error("a text that is too long was taken")
	}
	r.Draft.Text = "No water."
	if r.Check(w, model.StepCheck) != nil {
		t.Errorf("a full report has faults: %v", r.Check(w, model.StepCheck))
	}
	if c := r.Chosen(w, g); c.GoesTo != "Goes to: Deputy Commissioner, Swat" || c.Kind != "Water supply" {
		t.Errorf("chosen: %+v", c)
	}
	for _, bad := range []string{"", "0", "5", "x"} {
		if model.ParseStep(bad) != model.StepWhat {
			t.Errorf("step %q", bad)
		}
	}
}

func TestAnAnswerOnItsWayIsNotAskedForAgain(t *testing.T) {
	w := words(t, i18n.English)
	c := coded("proposed", now)
	c.AllowedActions, c.SilentAt = []string{"confirm", "reject"}, now.AddDate(0, 0, 8)
	a, ok := model.AskOf(w, c, []api.Event{{Action: "propose", Text: "Repaired."}})
	if !ok || !a.Decide || a.Office != "Repaired." || !strings.Contains(a.Silence, "1 Dec") {
		t.Errorf("%+v %v", a, ok)
	}
	c.Pending = []sdk.Pending{{Action: "confirm", State: sdk.Waiting}}
	if _, ok := model.AskOf(w, c, nil); ok {
		t.Error("the citizen is asked again while the answer is on its way")
	}
	c.Pending[0].State = sdk.Refused
	if _, ok := model.AskOf(w, c, nil); !ok {
		t.Error("an answer that came back is not asked for again")
	}
}

func TestErrorsSayWhatToDo(t *testing.T) {
	w := words(t, i18n.English)
	problem := &api.Problem{Type: api.TypeInvalid, Errors: []api.FieldProblem{{Pointer: "/cnic", Code: "cnic_digits", Detail: "x"}, {Pointer: "/other", Code: "new_code"}}}
	wrong := model.Wrong(w, &sdk.Error{Kind: sdk.ErrInvalid, Problem: problem})
	if !strings.Contains(wrong["cnic"], "13 digits") || wrong["other"] == "" {
		t.Errorf("%q", wrong)
	}
	for _, err := range []error{sdk.ErrOffline, sdk.ErrSignedOut, sdk.ErrLimited, sdk.ErrUpgrade, sdk.ErrFull, errors.New("other"), &sdk.Error{Kind: sdk.ErrConflict, Problem: &api.Problem{Type: api.TypeConflict}}} {
		if s := model.Say(w, err); s == "" || strings.Contains(s, "error.") {
			t.Errorf("%v: %q", err, s)
		}
	}
}

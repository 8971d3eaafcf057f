package model_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/citizens-portal/portal/app/i18n"
	"github.com/citizens-portal/portal/app/model"
	"github.com/citizens-portal/portal/sdk"
	"github.com/citizens-portal/portal/sdk/api"
)

// TestVacancies: an acting holder fills a post, one who is disabled or whose time has
// not come does not.
func TestVacancies(t *testing.T) {
	w := words(t, i18n.English)
	head := api.OfficerRecord{ID: "dc", Name: "DC", Office: "swat", Post: model.PostHead}
	focal := api.OfficerRecord{ID: "f", Name: "F", Office: "swat", Post: model.PostFocal, Disabled: true}
	acting := api.OfficerRecord{ID: "a", Name: "A", Office: "phe", Post: model.PostStaff, Charges: []api.Charge{{Office: "swat", Post: model.PostFocal, From: w.Now.Add(-time.Hour)}}}
	later := acting
	later.Charges = []api.Charge{{Office: "swat", Post: model.PostFocal, From: w.Now.Add(time.Hour)}}
	for _, c := range []struct {
		name   string
		detail api.OfficeDetail
		want   []string
	}{
		{"head and acting focal person", api.OfficeDetail{Staff: []api.OfficerRecord{head, focal}, Acting: []api.OfficerRecord{acting}}, nil},
		{"focal person disabled", api.OfficeDetail{Staff: []api.OfficerRecord{head, focal}}, []string{w.T("people.no_focal")}},
		{"acting later", api.OfficeDetail{Staff: []api.OfficerRecord{head}, Acting: []api.OfficerRecord{later}}, []string{w.T("people.no_focal")}},
		{"nobody", api.OfficeDetail{OfficeRow: api.OfficeRow{Vacant: true}}, []string{w.T("people.no_head"), w.T("people.no_focal"), w.T("people.nobody_receives")}},
	} {
		c.detail.ID = "swat"
		if got := model.OfficePageOf(w, nil, c.detail).Warn; !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

// TestPeopleForm: the last day of a leave belongs to it, in the figures of any language,
// and what is wrong is said at its field.
func TestPeopleForm(t *testing.T) {
	w := words(t, i18n.Urdu)
	was := api.OfficerRecord{ID: "a", Office: "swat", Post: model.PostStaff}
	got, wrong := model.PeopleForm{model.FieldFrom: "۲۰۲۶-۱۲-۰۱", model.FieldUntil: "2026-12-05"}.Apply(w, model.PeopleLeave, was)
	if len(wrong) > 0 || len(got.Leaves) != 1 {
		t.Fatalf("leave %+v, wrong %v", got, wrong)
	}
	from := time.Date(2026, 12, 1, 0, 0, 0, 0, model.Pakistan())
	if l := got.Leaves[0]; !l.From.Equal(from) || !l.Until.Equal(from.AddDate(0, 0, 5)) {
		t.Errorf("leave %v", l)
	}
	if len(was.Leaves) != 0 {
		t.Error("the form changed the record it was given")
	}
	for _, c := range []struct {
		action model.PeopleAction
		form   model.PeopleForm
		want   []model.PeopleField
	}{
		{model.PeopleLeave, model.PeopleForm{model.FieldFrom: "1 December"}, []model.PeopleField{model.FieldFrom}},
		{model.PeopleLeave, model.PeopleForm{model.FieldFrom: "2026-12-05", model.FieldUntil: "2026-12-01"}, []model.PeopleField{model.FieldUntil}},
		{model.PeopleAct, model.PeopleForm{model.FieldFrom: "2026-12-05", model.FieldPost: model.PostHead}, []model.PeopleField{model.FieldOffice}},
		{model.PeopleAdd, model.PeopleForm{model.FieldName: " ", model.FieldID: "b", model.FieldTitle: "Clerk", model.FieldPost: model.PostStaff}, []model.PeopleField{model.FieldName}},
	} {
		_, wrong := c.form.Apply(w, c.action, was)
		if len(wrong) != len(c.want) || wrong[c.want[0]] == "" {
			t.Errorf("%s %v: wrong %v, want %v", c.action, c.form, wrong, c.want)
		}
	}
}

// TestPeopleActions: nobody administers themselves, and who is disabled is let in again
// before anything else.
func TestPeopleActions(t *testing.T) {
	w := words(t, i18n.English)
	page := func(d api.OfficerDetail, self string) model.OfficerPage { return model.OfficerPageOf(w, nil, d, self) }
	if got := model.PeopleActions(page(api.OfficerDetail{OfficerRecord: api.OfficerRecord{ID: "me"}}, "o:me")); got != nil {
		t.Errorf("one's own actions: %v", got)
	}
	if got := model.PeopleActions(page(api.OfficerDetail{OfficerRecord: api.OfficerRecord{ID: "a", Disabled: true}}, "o:me")); got[0] != model.PeopleEnable || slices.Contains(got, model.PeopleInvite) {
		t.Errorf("disabled: %v", got)
	}
	if got := model.PeopleActions(page(api.OfficerDetail{OfficerRecord: api.OfficerRecord{ID: "a"}}, "o:me")); got[0] != model.PeopleInvite {
		t.Errorf("not invited yet: %v", got)
	}
}

func TestPeopleHistory(t *testing.T) {
	w := words(t, i18n.English)
	names := model.OfficeNames{"swat": {EN: "DC Swat"}}
	p := model.OfficerPageOf(w, names, api.OfficerDetail{History: []api.Revision{
		{N: 1, At: w.Now, By: "console", Fields: []api.FieldChange{{Field: "name", From: "null", To: `"A"`}}},
		{N: 2, At: w.Now, By: "o:admin", Fields: []api.FieldChange{{Field: "office", From: `"peshawar"`, To: `"swat"`}, {Field: "leaves", From: "null", To: "[]"}, {Field: "disabled", From: "null", To: "true"}}},
	}}, "")
	if len(p.History) != 2 || p.History[0].By != "admin" || p.History[1].What[0] != w.T("people.added") {
		t.Fatalf("history %+v", p.History)
	}
	got := strings.NewReplacer("\u2068", "", "\u2069", "").Replace(strings.Join(p.History[0].What, "; "))
	if want := "Office: peshawar, now DC Swat; Leave: changed; Disabled: no, now yes"; got != want {
		t.Errorf("changes %q, want %q", got, want)
	}
}

func TestBadLines(t *testing.T) {
	err := fmt.Errorf("import: %w", &sdk.Error{Kind: sdk.ErrInvalid, Problem: &api.Problem{Type: api.TypeInvalid, Errors: []api.FieldProblem{
		{Pointer: "/csv/4", Detail: "no such office"}, {Pointer: "/csv/11", Detail: "no such post"},
	}}})
	if got := model.BadLines(err); len(got) != 2 || got[1] != (model.BadLine{N: 11, Text: "no such post"}) {
		t.Errorf("bad lines %+v", got)
	}
	if got := model.BadLines(sdk.ErrOffline); got != nil {
		t.Errorf("without the server: %+v", got)
	}
}

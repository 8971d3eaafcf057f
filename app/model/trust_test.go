package model_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/citizens-portal/portal/app/i18n"
	"github.com/citizens-portal/portal/app/model"
	"github.com/citizens-portal/portal/sdk"
	"github.com/citizens-portal/portal/sdk/api"
)

func hierarchy() model.Guide {
	name := func(s string) api.Text { return api.Text{EN: s} }
	return model.Guide{
		Areas: []api.Area{{ID: "kp/malakand/swat", Slug: "swat", Kind: "district"}, {ID: "kp/mardan/mardan", Slug: "mardan", Kind: "district"}},
		Offices: []api.Office{
			{ID: "cs", Kind: "chain", Level: 2, Area: "kp", Name: name("Chief Secretary")},
			{ID: "commissioner", Kind: "chain", Level: 1, Area: "kp/malakand", Name: name("Commissioner"), Parent: "cs"},
			{ID: "dc", Kind: "chain", Area: "kp/malakand/swat", Name: name("DC Swat"), Parent: "commissioner"},
			{ID: "dc-mardan", Kind: "chain", Area: "kp/mardan/mardan", Name: name("DC Mardan")},
			{ID: "tma", Kind: "line", Area: "kp/malakand/swat", Name: name("Municipality"), Parent: "dc"},
			{ID: "panel", Kind: "panel", Area: "kp", Name: name("Appeal panel")},
		},
	}
}

// TestWhereAComplaintAboutAnOfficeGoes: never to them nor below them, and the citizen is
// told so before it is sent.
func TestWhereAComplaintAboutAnOfficeGoes(t *testing.T) {
	w, g := words(t, i18n.English), hierarchy()
	for about, want := range map[string]string{
		"tma": "It goes to: DC Swat", "dc": "It goes to: Commissioner", "commissioner": "It goes to: Chief Secretary",
		"cs": "It goes to: Appeal panel", "gone": "It goes to the next office above them.",
	} {
		if got := g.GoesTo(w, sdk.Draft{District: "swat", AboutOffice: about}); got != want {
			t.Errorf("about %s: %q, want %q", about, got, want)
		}
	}
	if got := g.GoesTo(w, sdk.Draft{District: "swat", AboutOfficer: "Rahim Gul"}); got != "It goes to the next office above them." {
		t.Errorf("about a name alone: %q", got)
	}
	g.Offices = slices.DeleteFunc(g.Offices, func(o api.Office) bool { return o.ID == "panel" })
	if got := g.GoesTo(w, sdk.Draft{District: "swat", AboutOffice: "cs"}); !strings.Contains(got, "Ombudsman") {
		t.Errorf("about the top: %q", got)
	}
	if list := hierarchy().OfficeChoices(w, "swat"); len(list) != 5 || list[4].ID != "dc-mardan" {
		t.Errorf("the near ones come first, panels never: %+v", list)
	}
}

// TestReceiptOnPaper: every character stands in a line, in order, and a link never holds
// what proves the complaint to be one's own.
func TestReceiptOnPaper(t *testing.T) {
	w := words(t, i18n.English)
	c := sdk.AnonymousComplaint{Receipt: "Q2XK7-MB4TD-WZ6EH-RNVYP-3SCGA-L", Track: "https://p.example/track/KP?s=x#r=signed"}
	n := model.NamelessOf(w, c, true)
	if got := n.Lines(3); !slices.Equal(got, []string{"Q2XK7-MB4TD-WZ6EH-", "RNVYP-3SCGA-L"}) {
		t.Errorf("%q", got)
	}
	if got := strings.Join(n.Lines(1), ""); got != c.Receipt {
		t.Errorf("%q", got)
	}
	if file := n.File(w); !n.Saved || !strings.Contains(file, c.Receipt) || strings.Contains(file, "signed") {
		t.Errorf("%q", file)
	}
	c.Problem = &api.Problem{Type: api.TypeInvalid, Errors: []api.FieldProblem{{Code: "officer_unclear"}}}
	if got := model.NamelessOf(w, c, true).Problem; !strings.Contains(got, "Choose the office too") {
		t.Errorf("%q", got)
	}
}

// TestLooks names the person only where the identity was opened, as the server does.
func TestLooks(t *testing.T) {
	w := words(t, i18n.English)
	at := w.Now.Add(-time.Hour)
	got := model.Looks(w, []api.Access{
		{Code: "A", At: at, What: api.AccessIdentity, OfficeName: api.Text{EN: "DC Swat"}, Title: api.Text{EN: "Officer"}, Person: "R. Gul"},
		{Code: "B", At: at, What: api.AccessComplaint, By: "dc"},
	})
	if len(got) != 2 || got[0].Who != "R. Gul\nOfficer\nDC Swat" || !got[0].Identity || got[1].Who != "dc" || got[1].Identity {
		t.Errorf("%+v", got)
	}
}

package screen

import (
	"errors"
	"flag"
	"fmt"
	"image/png"
	"os"
	"path/filepath"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"github.com/citizens-portal/portal/app/bidi"
	"github.com/citizens-portal/portal/app/i18n"
	"github.com/citizens-portal/portal/app/model"
	"github.com/citizens-portal/portal/app/style"
	"github.com/citizens-portal/portal/assets"
	"github.com/citizens-portal/portal/sdk/api"
)

// peopleData is a district with its people.
type peopleData struct {
	env      bidi.Env
	words    model.Words
	names    model.OfficeNames
	offices  []api.OfficeRow
	officers []api.OfficerRecord
}

func newPeopleData(env bidi.Env) peopleData {
	d := peopleData{env: env, words: model.Words{Lang: env.Lang, Catalogue: env.Words, Now: deskNow()}, names: model.OfficeNames{
		"cs":   {EN: "Chief Secretary, Khyber Pakhtunkhwa", UR: "چیف سیکرٹری خیبر پختونخوا", PS: "د خیبر پښتونخوا چیف سېکرټري"},
		"swat": {EN: "Deputy Commissioner, Swat", UR: "ڈپٹی کمشنر سوات", PS: "د سوات ډپټي کمشنر"},
		"phe":  {EN: "Public Health Engineering, Swat", UR: "پبلک ہیلتھ انجینئرنگ سوات", PS: "عامه روغتیا انجنیري سوات"},
	}}
	row := func(id, parent string, officers, below int, vacant bool) api.OfficeRow {
		return api.OfficeRow{OfficeRecord: api.OfficeRecord{ID: id, Name: d.names[id], Parent: parent}, Officers: officers, Below: below, Vacant: vacant}
	}
	d.offices = []api.OfficeRow{row("cs", "", 3, 38, false), row("swat", "cs", 5, 12, false), row("phe", "swat", 1, 0, true)}
	closed := row("old", "swat", 0, 0, false)
	closed.Name, closed.ClosedAt = api.Text{EN: "Ward office, Mingora", UR: "وارڈ آفس مینگورہ", PS: "د مینګورې وارډ دفتر"}, deskNow().AddDate(0, -2, 0)
	d.offices = append(d.offices, closed)
	d.officers = []api.OfficerRecord{
		{ID: "dc.swat", Name: "Imran Sattar", Office: "swat", Post: model.PostHead, Title: api.Text{EN: "Deputy Commissioner", UR: "ڈپٹی کمشنر", PS: "ډپټي کمشنر"}},
		{ID: "focal.swat", Name: "Naveed Akhtar", Office: "swat", Post: model.PostFocal, Disabled: true},
		{ID: "officer.swat", Name: "شبانہ بی بی", Office: "swat", Post: model.PostStaff, Title: api.Text{EN: "Officer", UR: "افسر", PS: "افسر"},
			Leaves:  []api.Span{{From: deskNow().AddDate(0, 0, -2), Until: deskNow().AddDate(0, 0, 5)}},
			Charges: []api.Charge{{Office: "phe", Post: model.PostFocal, From: deskNow().AddDate(0, 0, -1), Until: deskNow().AddDate(0, 1, 0)}}},
	}
	return d
}

func (d peopleData) history() []api.Revision {
	at := func(days int) time.Time { return deskNow().AddDate(0, 0, -days) }
	return []api.Revision{
		{N: 1, At: at(40), By: "console", Fields: []api.FieldChange{{Field: "name", From: "null", To: `"Shabana Bibi"`}}},
		{N: 2, At: at(9), By: "o:admin.kp", Reason: "Transfer order 114/2026", Fields: []api.FieldChange{{Field: "office", From: `"cs"`, To: `"swat"`}, {Field: "post", From: `"focal"`, To: `"staff"`}}},
		{N: 3, At: at(0), By: "o:admin.kp", Fields: []api.FieldChange{{Field: "leaves", From: "null", To: `[{"from":"2026-11-21T00:00:00Z"}]`}}},
	}
}

func (d peopleData) office() model.OfficePage {
	return model.OfficePageOf(d.words, d.names, api.OfficeDetail{OfficeRow: d.offices[1], Staff: d.officers, History: d.history()[:2]})
}

func (d peopleData) acting() model.OfficePage {
	return model.OfficePageOf(d.words, d.names, api.OfficeDetail{OfficeRow: d.offices[2], Acting: d.officers[2:]})
}

func (d peopleData) officer(i int, self string) model.OfficerPage {
	return model.OfficerPageOf(d.words, d.names, api.OfficerDetail{OfficerRecord: d.officers[i], CanSignIn: i == 2, OpenCases: 3, History: d.history()}, self)
}

func (d peopleData) list(view model.PeopleView) PeopleListState {
	s := PeopleListState{View: view, Count: len(d.offices), Selected: "swat", Line: func(i int) model.PeopleLine { return model.OfficeLineOf(d.words, d.names, d.offices[i]) }}
	if view == model.PeopleOfficers {
		s.Count, s.Selected = len(d.officers), "officer.swat"
		s.Line = func(i int) model.PeopleLine { return model.OfficerLineOf(d.words, d.names, d.officers[i]) }
	}
	return s
}

func peopleActs() PeopleActs {
	id, n, none := func(string) {}, func(int) {}, func() {}
	view := func(model.PeopleView) {}
	return PeopleActs{View: view, Search: id, More: none, Office: id, Officer: id, Below: id, Do: func(model.PeopleAction) {}, EndLeave: n, EndCharge: n,
		Open: none, Leave: none, Desk: none, Person: none, Retry: none, Import: PeopleImportActs{Kind: view, Choose: none, Apply: none, Copy: none}}
}

func formActs() PeopleFormActs {
	return PeopleFormActs{Write: func(model.PeopleField, string) {}, Find: func(string) {}, Send: func() {}, Leave: func() {}}
}

// peopleShot is one state of the screen to look at.
type peopleShot struct {
	name string
	size fyne.Size
	view model.PeopleView
	show func(p *People, d peopleData)
}

func peopleShots() []peopleShot {
	offices, officers := model.PeopleOffices, model.PeopleOfficers
	over := func(draw func(d peopleData) fyne.CanvasObject) func(*People, peopleData) {
		return func(p *People, d peopleData) {
			p.SetOfficer(d.officer(2, ""), false)
			p.SetOver(draw(d), func() {})
		}
	}
	form := func(d peopleData, a model.PeopleAction, s PeopleFormState) fyne.CanvasObject {
		s.Action, s.About = a, d.officers[2].Name
		return NewPeopleFormCard(d.env, formActs()).Draw(s)
	}
	return []peopleShot{
		{"office", desktop, offices, func(p *People, d peopleData) { p.SetOffice(d.office(), false) }},
		{"officer", desktop, officers, func(p *People, d peopleData) { p.SetOfficer(d.officer(2, ""), false) }},
		{"acting", desktop, offices, func(p *People, d peopleData) {
			s := d.list(offices)
			s.Scope, s.Selected = d.names.Name(d.words, "swat"), "phe"
			p.SetList(s)
			p.SetOffice(d.acting(), false)
			p.SetToast(d.env.T("people.saved"))
		}},
		{"disabled", desktop, officers, func(p *People, d peopleData) { p.SetOfficer(d.officer(1, ""), false) }},
		{"self", desktop, officers, func(p *People, d peopleData) { p.SetOfficer(d.officer(0, "o:dc.swat"), false) }},
		{"offline", desktop, offices, func(p *People, d peopleData) {
			p.SetList(PeopleListState{View: offices, Trouble: d.env.T("people.offline"), Offline: true})
			p.SetNote(assets.IconCloudOff, d.env.T("people.offline"), func() {})
		}},
		{"none", desktop, officers, func(p *People, d peopleData) {
			p.SetList(PeopleListState{View: officers, Search: "khan"})
			p.SetNote(assets.IconPeople, d.env.T("people.choose"), nil)
		}},
		{"move", desktop, officers, over(func(d peopleData) fyne.CanvasObject {
			return form(d, model.PeopleMove, PeopleFormState{Form: model.PeopleForm{model.FieldOffice: "phe", model.FieldPost: model.PostFocal}, OfficeName: d.names.Name(d.words, "phe"),
				Offices: []model.PeopleLine{{ID: "phe", Name: d.names.Name(d.words, "phe")}, {ID: "swat", Name: d.names.Name(d.words, "swat")}}})
		})},
		{"leave", desktop, officers, over(func(d peopleData) fyne.CanvasObject {
			return form(d, model.PeopleLeave, PeopleFormState{Form: model.PeopleForm{model.FieldFrom: "2026-11-23", model.FieldUntil: "soon"},
				Wrong: map[model.PeopleField]string{model.FieldUntil: d.env.T("people.error.day")}})
		})},
		{"reset", desktop, officers, over(func(d peopleData) fyne.CanvasObject { return form(d, model.PeopleReset, PeopleFormState{}) })},
		{"step-up", desktop, officers, over(func(d peopleData) fyne.CanvasObject {
			return StepUpCard(d.env, StepUpEntry(d.env, func() {}, func() {}), StepUpState{Wrong: d.env.T("people.step_up.wrong")}, func() {}, func() {})
		})},
		{"token", desktop, officers, over(func(d peopleData) fyne.CanvasObject {
			return TokenCard(d.env, d.officers[2].Name, "7F3K92QX-2MXD4RTB-PQ8Z", d.words.Short(deskNow()), false, func() {}, func() {})
		})},
		{"import-bad", desktop, officers, func(p *People, d peopleData) {
			p.SetImport(model.ImportPage{Kind: officers, File: "officers.csv", Bad: []model.BadLine{{N: 4, Text: `office "dc-swatt" is not in the directory`}, {N: 11, Text: "the post is one of head, focal, staff, admin, analyst"}}})
		}},
		{"import-tried", desktop, officers, func(p *People, d peopleData) {
			p.SetImport(model.ImportPage{Kind: officers, File: "officers.csv", Tried: model.Outcome(d.words, api.AdminOutcome{Added: 12, Changed: 3, Unchanged: 4985, DryRun: true})})
		}},
		{"import-done", desktop, officers, func(p *People, d peopleData) {
			p.SetImport(model.ImportPage{Kind: officers, File: "officers.csv", Done: true, Invited: 12, Reassign: []string{"KP-26-7F3K-92QX"}, Tried: model.Outcome(d.words, api.AdminOutcome{Added: 12, Changed: 3, Unchanged: 4985})})
		}},
		{"narrow", fyne.NewSize(900, 700), officers, func(p *People, d peopleData) {
			p.ShowPage(true)
			p.SetOfficer(d.officer(2, ""), false)
		}},
	}
}

func peopleWindow(t testing.TB, env bidi.Env, s peopleShot) fyne.Window {
	t.Helper()
	d := newPeopleData(env)
	p := NewPeople(env, peopleActs())
	w := test.NewTempWindow(t, p.Object)
	w.SetPadded(false)
	w.Resize(s.size)
	p.SetRail(PeopleRail{View: s.view, Name: "Rabia Khalid", Post: model.PostName(d.words, model.PostAdmin)})
	p.SetList(d.list(s.view))
	s.show(p, d)
	return w
}

// TestPeoplePictures compares the pages of an office and an officer in both directions
// and both looks with testdata/people.
func TestPeoplePictures(t *testing.T) {
	for _, lang := range []i18n.Lang{i18n.English, i18n.Urdu} {
		for _, dark := range []bool{false, true} {
			env := deskEnv(t, lang, dark, style.Scale100)
			for _, s := range peopleShots()[:2] {
				name := fmt.Sprintf("people/%s-%s-%s.png", s.name, lang, map[bool]string{false: "light", true: "dark"}[dark])
				test.AssertImageMatches(t, name, peopleWindow(t, env, s).Canvas().Capture())
			}
		}
	}
}

// TestPeopleMarkup compares every state, in English and in Urdu, with testdata/people.
func TestPeopleMarkup(t *testing.T) {
	for _, lang := range []i18n.Lang{i18n.English, i18n.Urdu} {
		env := deskEnv(t, lang, false, style.Scale100)
		for _, s := range peopleShots() {
			test.AssertRendersToMarkup(t, fmt.Sprintf("people/%s-%s.xml", s.name, lang), peopleWindow(t, env, s).Canvas())
		}
	}
}

var peopleGallery = flag.String("people-gallery", "", "also write pictures of every state of people and posts to this folder")

// TestPeopleGallery writes pictures for eyes; the goldens are for machines.
func TestPeopleGallery(t *testing.T) {
	if *peopleGallery == "" {
		return
	}
	for _, lang := range i18n.Langs() {
		for _, scale := range []style.Scale{style.Scale100, style.Scale200} {
			env := deskEnv(t, lang, false, scale)
			for _, s := range peopleShots() {
				f, err := os.Create(filepath.Join(*peopleGallery, fmt.Sprintf("%s-%s-%.0f.png", s.name, lang, scale*100)))
				if err != nil {
					t.Fatal(err)
				}
				if err := errors.Join(png.Encode(f, peopleWindow(t, env, s).Canvas().Capture()), f.Close()); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
}

// many is a list of a province's officers, of which only some pages were read.
func many(d peopleData, n int) PeopleListState {
	return PeopleListState{View: model.PeopleOfficers, Count: n, More: true, Line: func(i int) model.PeopleLine {
		o := d.officers[i%len(d.officers)]
		o.ID = fmt.Sprintf("officer.%04d", i)
		return model.OfficerLineOf(d.words, d.names, o)
	}}
}

// TestPeopleListReadsOn: the end of what was read asks for more, and the list keeps its
// place when more arrives.
func TestPeopleListReadsOn(t *testing.T) {
	env := deskEnv(t, i18n.English, false, style.Scale100)
	d := newPeopleData(env)
	asked := 0
	acts := peopleActs()
	acts.More = func() { asked++ }
	p := NewPeople(env, acts)
	w := test.NewTempWindow(t, p.Object)
	w.SetPadded(false)
	w.Resize(desktop)
	p.SetList(many(d, 100))
	if asked != 0 {
		t.Errorf("the first screen of 100 rows asked %d times for more", asked)
	}
	p.rows.list.ScrollTo(80)
	if asked == 0 {
		t.Error("near the end nothing asked for more")
	}
	at := p.rows.list.GetScrollOffset()
	p.UpdateList(many(d, 200))
	if got := p.rows.list.GetScrollOffset(); got != at || at == 0 {
		t.Errorf("with more rows the list stands at %v, was at %v", got, at)
	}
	if n := len(p.rows.Cells()); n > 60 {
		t.Errorf("%d rows are drawn for one screen", n)
	}
}

// BenchmarkPeopleScroll5000 is what a jump through a list of 5,000 officers costs.
func BenchmarkPeopleScroll5000(b *testing.B) {
	env := deskEnv(b, i18n.Urdu, false, style.Scale100)
	p := NewPeople(env, peopleActs())
	w := test.NewTempWindow(b, p.Object)
	w.SetPadded(false)
	w.Resize(desktop)
	p.SetList(many(newPeopleData(env), 5_000))
	for i := 0; b.Loop(); i++ {
		p.rows.list.ScrollToOffset(float32(i%5_000) * p.rows.high)
	}
}

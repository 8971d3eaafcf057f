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
	"github.com/citizens-portal/portal/sdk"
	"github.com/citizens-portal/portal/sdk/api"
)

func deskEnv(t testing.TB, lang i18n.Lang, dark bool, scale style.Scale) bidi.Env {
	t.Helper()
	th := style.New(dark, scale)
	test.NewTempApp(t).Settings().SetTheme(th)
	words, err := i18n.Load(assets.Translations)
	if err != nil {
		t.Fatal(err)
	}
	faces, err := bidi.NewFaces()
	if err != nil {
		t.Fatal(err)
	}
	return bidi.NewEnv(lang, words, th, faces)
}

// deskNow is the moment of every desk in these tests.
func deskNow() time.Time { return time.Date(2026, 11, 23, 10, 42, 0, 0, model.Pakistan()) }

// deskData is a desk worth looking at.
type deskData struct {
	env    bidi.Env
	words  model.Words
	guide  model.Guide
	office model.Office
	list   model.DeskList
}

func newDeskData(env bidi.Env, q model.DeskQuery, more int) deskData {
	d := deskData{env: env, words: model.Words{Lang: env.Lang, Catalogue: env.Words, Now: deskNow()}}
	d.guide = model.Guide{
		Areas: []api.Area{
			{ID: "kp/malakand/swat", Slug: "swat", Kind: "district", Name: api.Text{EN: "Swat", UR: "سوات", PS: "سوات"}},
			{ID: "kp/malakand/swat/babuzai", Slug: "babuzai", Kind: "tehsil", Parent: "kp/malakand/swat", Name: api.Text{EN: "Babuzai", UR: "بابوزئی", PS: "بابوزی"}},
			{ID: "kp/malakand/swat/kabal", Slug: "kabal", Kind: "tehsil", Parent: "kp/malakand/swat", Name: api.Text{EN: "Kabal", UR: "کبل", PS: "کبل"}},
		},
		Kinds: []api.Category{
			{Code: "water", Icon: "water", Name: api.Text{EN: "Water supply", UR: "پانی کی فراہمی", PS: "د اوبو رسونه"}, Evidence: true},
			{Code: "health", Icon: "health", Name: api.Text{EN: "Health", UR: "صحت", PS: "روغتیا"}},
			{Code: "roads", Icon: "roads", Name: api.Text{EN: "Roads", UR: "سڑکیں", PS: "سړکونه"}},
			{Code: "rubbish", Icon: "rubbish", Name: api.Text{EN: "Rubbish", UR: "کوڑا", PS: "کثافات"}},
		},
	}
	officer := api.Text{EN: "Officer", UR: "افسر", PS: "افسر"}
	d.office = model.Office{
		Officers: []api.OfficerInfo{
			{ID: "gul", Name: "R. Gul", Title: officer, Office: "dc", Post: "staff"}, {ID: "ahmad", Name: "S. Ahmad", Title: officer, Office: "dc", Post: "staff"},
			{ID: "bibi", Name: "Nasreen Bibi (demo)", Title: officer, Office: "dc", Post: "staff"},
		},
		Offices: []api.Office{{ID: "dc", Name: api.Text{EN: "Deputy Commissioner, Swat", UR: "ڈپٹی کمشنر سوات", PS: "ډپټي کمشنر سوات"}}},
	}
	box := model.NewInbox("o:khan")
	box.Replace(deskComplaints(more))
	d.list = box.Find(q, deskNow())
	return d
}

func deskComplaints(more int) []sdk.Complaint {
	out := []sdk.Complaint{
		deskComplaint("4KQ2-83MD", "health", "kabal", "No medicine at clinic. The doctor sends everybody away.", "gul", 13, -2, 1),
		deskComplaint("9D5T-36VC", "roads", "babuzai", "Bridge railing broken on the road to Amankot.", "gul", 15, 0, 0),
		deskComplaint("3X6T-75NB", "water", "babuzai", "امانکوٹ میں گرلز سکول کے قریب پانی کی مین لائن پیر سے ٹوٹی ہوئی ہے۔ تقریباً 40 گھروں میں پانی نہیں اور سڑک پر پانی کھڑا ہے۔", "", 13, 2, 0),
		deskComplaint("2H7N-55WB", "roads", "babuzai", "Street lights off for a month.", "ahmad", 13, 2, 0),
		deskComplaint("6P3J-24XA", "rubbish", "babuzai", "Rubbish not collected.", "", 12, 3, 0),
		deskComplaint("8M4C-77TE", "health", "kabal", "Two nurses absent since Ward 7 was closed.", "bibi", 11, 4, 0),
		deskComplaint("3V9R-62GH", "water", "kabal", "ٹیوب ویل کی موٹر جل گئی", "gul", 10, 5, 0),
		deskComplaint("5T8B-49KP", "roads", "babuzai", "د ښوونځي سړک سېلاب وړی دی", "ahmad", 9, 6, 0),
		deskComplaint("9W2F-73RN", "health", "babuzai", "Ambulance did not come.", "", 6, 9, 0),
	}
	out[5].Status = "waiting_citizen"
	out[6].Reopened = true
	for i := range more {
		out = append(out, deskComplaint(fmt.Sprintf("%04d-AAAA", i), "water", "kabal", fmt.Sprintf("Pipe %d leaks in the street and nobody comes to mend it", i), "ahmad", 5, 10+i%9, 0))
	}
	return out
}

func deskComplaint(code, kind, tehsil, text, officer string, age, left, level int) sdk.Complaint {
	filed := deskNow().AddDate(0, 0, -age)
	c := sdk.Complaint{Complaint: api.Complaint{
		ID: code, Code: "KP-26-" + code, Category: kind, District: "swat", Area: "kp/malakand/swat/" + tehsil, Text: text, Place: "Amankot", Status: "new",
		LodgedAt: filed, DueAt: deskNow().AddDate(0, 0, left), Level: level, Officer: officer, Holder: "dc",
		HolderName: api.Text{EN: "Deputy Commissioner, Swat", UR: "ڈپٹی کمشنر سوات", PS: "ډپټي کمشنر سوات"}, Citizen: "Citizen 7Q4F", Version: 3,
		AllowedActions: []string{"acknowledge", "assign", "ask", "propose", "transfer", "message", "invalidate", "reveal"},
	}}
	c.Ladder = []time.Time{filed, filed.AddDate(0, 0, 15), filed.AddDate(0, 0, 22)}
	if officer != "" || code == "3X6T-75NB" {
		c.Status, c.AllowedActions = "assigned", c.AllowedActions[1:]
	}
	return c
}

func deskEvents() []api.Event {
	at := func(days int) time.Time { return deskNow().AddDate(0, 0, -days).Add(-90 * time.Minute) }
	dc := api.Text{EN: "Deputy Commissioner, Swat", UR: "ڈپٹی کمشنر سوات", PS: "ډپټي کمشنر سوات"}
	return []api.Event{
		{N: 1, Action: "lodge", Role: "citizen", At: at(13), ToName: dc},
		{N: 2, Action: "acknowledge", Role: "distributor", ByName: dc, At: at(12)},
		{N: 3, Action: "ask", Role: "distributor", ByName: dc, At: at(2), Text: "Which street is it?"},
		{N: 4, Action: "answer", Role: "citizen", At: at(0), Text: "اب تک کوئی نہیں آیا۔ بچے نالے سے پانی لا رہے ہیں۔"},
	}
}

func deskActs() DeskActs {
	text := func(string) {}
	return DeskActs{
		View: func(model.DeskView) {}, Query: func(model.DeskQuery) {}, Open: text, Leave: func() {}, Tab: func(model.DeskTab) {}, Do: func(model.DeskAction) {},
		Assign: text, Write: text, Send: func() {}, Again: text, Drop: text, Edit: func(model.Refusal) {}, Sync: func() {}, Person: func() {},
		Categories: func() {}, Holders: func() {}, Keys: func() {}, More: func([]model.DeskAction) {},
		Form: DeskFormActs{Text: text, Disposition: text, Office: text, RemoveFile: text, AddFile: func() {}, Send: func() {}, Leave: func() {}, Escape: func() {}},
	}
}

// deskShot is one state of the desk to look at.
type deskShot struct {
	name string
	size fyne.Size
	show func(d *Desk, x deskData)
}

func (x deskData) rail(d *Desk, view model.DeskView) {
	st := sdk.Status{SignedIn: true, Freshness: sdk.Freshness{SyncedAt: deskNow()}}
	d.SetRail(DeskRail{View: view, Counts: x.list.Counts, Sync: model.DeskSyncOf(x.words, st), Name: "Aisha Khan", Post: "Focal person, DC Swat"})
}

func (x deskData) rows(d *Desk, selected int) {
	d.SetList(DeskListState{Query: x.list.Query, Count: len(x.list.Cases), InView: x.list.InView, Held: x.list.Held, Selected: selected,
		Row: func(i int) model.DeskRow { return model.DeskRowOf(x.words, x.guide, x.office, *x.list.Cases[i]) }})
}

func (x deskData) page(c sdk.Complaint, events []api.Event) model.DeskCase {
	return model.DeskCaseOf(x.words, x.guide, x.office, x.list.Loads, c, events)
}

// water is the complaint that most pictures open: written in Urdu, with nobody yet.
func (x deskData) water() sdk.Complaint { return *x.list.Cases[x.list.At("3X6T-75NB")] }

var desktop = fyne.NewSize(1389, 868)

func deskShots() []deskShot {
	return []deskShot{
		{"open", desktop, func(d *Desk, x deskData) {
			d.SetCase(DeskCaseState{Case: x.page(x.water(), deskEvents()), Tab: model.DeskTabCase, Kept: &DeskFields{}})
			d.SetToast(x.env.T("officer.assigned_to", "name", "R. Gul"), x.env.T("action.undo"), func() {})
		}},
		{"history", desktop, func(d *Desk, x deskData) {
			d.SetCase(DeskCaseState{Case: x.page(x.water(), deskEvents()), Tab: model.DeskTabHistory, Kept: &DeskFields{}})
		}},
		{"talk", desktop, func(d *Desk, x deskData) {
			d.SetCase(DeskCaseState{Case: x.page(x.water(), deskEvents()), Tab: model.DeskTabTalk, Message: "میں کل Ward 7 آؤں گا", Kept: &DeskFields{}})
		}},
		{"propose", desktop, func(d *Desk, x deskData) {
			f := &DeskForm{Action: model.DeskPropose, Text: "The line was mended on Thursday.", Disposition: sdk.ReliefPartial,
				Files: []DeskFile{{SHA: "1", Name: x.env.T("desk.file.photo", "size", "240 kB")}}}
			d.SetCase(DeskCaseState{Case: x.page(x.water(), deskEvents()), Form: f, Kept: &DeskFields{}})
		}},
		{"refused", desktop, func(d *Desk, x deskData) {
			c := x.water()
			c.State = sdk.StateAttention
			c.Pending = []sdk.Pending{{Op: "1", Action: "ask", State: sdk.Refused, Seen: 3, Text: "Which street?", Problem: &api.Problem{Type: api.TypeConflict}}}
			d.SetCase(DeskCaseState{Case: x.page(c, deskEvents()), Kept: &DeskFields{}})
		}},
		{"reveal", desktop, func(d *Desk, x deskData) {
			d.SetCase(DeskCaseState{Case: x.page(x.water(), deskEvents()), Kept: &DeskFields{}})
			card, _ := d.DeskRevealCard(DeskReveal{Reason: x.env.T("reveal.reason"), Ask: true, Wrong: map[string]string{"totp": x.env.T("error.code_wrong")}}, DeskRevealActs{}, func() {})
			d.SetOver(card, func() {})
		}},
		{"revealed", desktop, func(d *Desk, x deskData) {
			who := api.Identity{Name: "Zarmina Bibi", Mobile: "+923451234567", CNIC: "15602-*******-1", District: "swat", Place: "Amankot"}
			d.SetCase(DeskCaseState{Case: x.page(x.water(), deskEvents()), Kept: &DeskFields{}, Identity: model.IdentityFacts(x.words, x.guide, who)})
		}},
		{"keys", desktop, func(d *Desk, x deskData) {
			d.SetCase(DeskCaseState{})
			d.SetOver(d.DeskKeys(func() {}), func() {})
		}},
		{"narrow", fyne.NewSize(900, 700), func(d *Desk, x deskData) { d.SetCase(DeskCaseState{}) }},
		{"narrow-case", fyne.NewSize(900, 700), func(d *Desk, x deskData) {
			d.ShowCase(true)
			d.SetCase(DeskCaseState{Case: x.page(*x.list.Cases[0], deskEvents()[:2]), Narrow: true, Kept: &DeskFields{}})
		}},
	}
}

func deskWindow(t testing.TB, env bidi.Env, s deskShot) fyne.Window {
	t.Helper()
	x := newDeskData(env, model.DeskQuery{View: model.DeskOpen}, 34)
	d := NewDesk(env, deskActs())
	w := test.NewTempWindow(t, d.Object)
	w.SetPadded(false)
	w.Resize(s.size)
	x.rail(d, model.DeskOpen)
	x.rows(d, x.list.At("3X6T-75NB"))
	s.show(d, x)
	return w
}

// TestDeskPictures compares the desk, and the question who filed a complaint, in both
// directions and both looks with testdata/desk.
func TestDeskPictures(t *testing.T) {
	for _, lang := range []i18n.Lang{i18n.English, i18n.Urdu} {
		for _, dark := range []bool{false, true} {
			env := deskEnv(t, lang, dark, style.Scale100)
			look := fmt.Sprintf("%s-%s.png", lang, map[bool]string{false: "light", true: "dark"}[dark])
			for _, s := range deskShots() {
				switch s.name {
				case "open":
					test.AssertImageMatches(t, "desk/picture-"+look, deskWindow(t, env, s).Canvas().Capture())
				case "reveal", "revealed":
					test.AssertImageMatches(t, "desk/"+s.name+"-"+look, deskWindow(t, env, s).Canvas().Capture())
				}
			}
		}
	}
}

var deskGallery = flag.String("desk-gallery", "", "also write pictures of every state of the desk, in every look, to this folder")

// TestDeskGallery writes pictures for eyes; the goldens are for machines.
func TestDeskGallery(t *testing.T) {
	if *deskGallery == "" {
		return
	}
	for _, lang := range i18n.Langs() {
		for _, scale := range []style.Scale{style.Scale100, style.Scale200} {
			env := deskEnv(t, lang, false, scale)
			for _, s := range deskShots() {
				f, err := os.Create(filepath.Join(*deskGallery, fmt.Sprintf("%s-%s-%.0f.png", s.name, lang, scale*100)))
				if err != nil {
					t.Fatal(err)
				}
				if err := errors.Join(png.Encode(f, deskWindow(t, env, s).Canvas().Capture()), f.Close()); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
}

// TestDeskMarkup compares every state of the desk, in English and in Urdu, with
// testdata/desk.
func TestDeskMarkup(t *testing.T) {
	for _, lang := range []i18n.Lang{i18n.English, i18n.Urdu} {
		env := deskEnv(t, lang, false, style.Scale100)
		for _, s := range deskShots() {
			test.AssertRendersToMarkup(t, fmt.Sprintf("desk/%s-%s.xml", s.name, lang), deskWindow(t, env, s).Canvas())
		}
	}
}

// BenchmarkDeskFrame10000 is what showing a list of 10,000 complaints anew costs, and
// what a step through it costs.
func BenchmarkDeskFrame10000(b *testing.B) {
	env := deskEnv(b, i18n.Urdu, false, style.Scale100)
	x := newDeskData(env, model.DeskQuery{View: model.DeskOpen}, 9_991)
	d := NewDesk(env, deskActs())
	w := test.NewTempWindow(b, d.Object)
	w.SetPadded(false)
	w.Resize(desktop)
	x.rail(d, model.DeskOpen)
	b.Run("news", func(b *testing.B) {
		for b.Loop() {
			x.rows(d, 2)
		}
	})
	b.Run("step", func(b *testing.B) {
		for i := 0; b.Loop(); i++ {
			d.Select(i % 10_000)
		}
	})
	b.Run("scroll", func(b *testing.B) {
		for i := 0; b.Loop(); i++ {
			d.list.list.list.ScrollToOffset(float32(i%9_000) * 69)
		}
	})
}

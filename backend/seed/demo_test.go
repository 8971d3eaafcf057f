package seed_test

import (
	"slices"
	"testing"
	"time"

	"github.com/citizens-portal/portal/backend/portal"
	"github.com/citizens-portal/portal/backend/seed"
)

// day0 is the "now" of the tests.
var day0 = time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)

func demoDirectory(t *testing.T) (seed.Demo, *portal.Directory) {
	t.Helper()
	demo, data := seed.KPDemo(), seed.KP()
	data.Officers = demo.Officers
	dir, err := portal.NewDirectory(data)
	if err != nil {
		t.Fatal(err)
	}
	return demo, dir
}

// Every story must be playable by the life cycle's own rules, with the clock
// running, and end where its row says.
func TestDemoComplaintsPlayToTheirStatus(t *testing.T) {
	demo, dir := demoDirectory(t)
	for _, story := range demo.Complaints {
		c := play(t, dir, story)
		if c.Status != story.Status {
			t.Errorf("%s ends as %q, its row says %q", story.ID, c.Status, story.Status)
		}
		if !story.Sample {
			t.Errorf("%s is not marked as a sample", story.ID)
		}
	}
}

func play(t *testing.T, dir *portal.Directory, story seed.DemoComplaint) portal.Case {
	t.Helper()
	lodged := day0.Add(-story.Age)
	body := portal.Complaint{Text: story.Text, Area: story.Area, Place: story.Place, Language: story.Language}
	start := portal.Case{ID: story.ID, District: story.District, Category: story.Category, Citizen: "account"}
	c, e, err := portal.Lodge(dir, start, body, lodged)
	if err != nil {
		t.Fatalf("%s: lodge: %v", story.ID, err)
	}
	events := []portal.Event{e}
	for _, step := range story.Steps {
		at := lodged.Add(step.After)
		c, _ = portal.CatchUp(dir, c, events, at, at)
		actor := portal.Actor{Kind: portal.CitizenActor, Account: "account"}
		if step.Officer != "" {
			o, _ := dir.Officer(step.Officer)
			actor = portal.Actor{Kind: portal.OfficerActor, Officer: o}
		}
		cmd := portal.Command{Action: step.Action, Actor: actor, At: at, Text: step.Text, ToOffice: step.ToOffice, ToOfficer: step.ToOfficer, Rating: step.Rating}
		if c, _, err = portal.Act(dir, c, cmd); err != nil {
			t.Fatalf("%s: %s by %q: %v", story.ID, step.Action, step.Officer, err)
		}
	}
	c, _ = portal.CatchUp(dir, c, events, day0, day0)
	if due, ok := portal.SilenceDue(dir, c); ok && !due.After(day0) {
		cmd := portal.Command{Action: portal.ActSilence, Actor: portal.Actor{Kind: portal.SystemActor}, At: day0, AsOf: day0}
		if c, _, err = portal.Act(dir, c, cmd); err != nil {
			t.Fatalf("%s: silence: %v", story.ID, err)
		}
	}
	return c
}

func TestDemoCoversWhatADemonstrationShows(t *testing.T) {
	demo, dir := demoDirectory(t)
	if len(demo.Complaints) < 40 {
		t.Errorf("%d complaints, want 40 at least", len(demo.Complaints))
	}
	statuses, languages, districts, levels := map[portal.Status]int{}, map[string]int{}, map[portal.AreaID]int{}, map[int]int{}
	for _, c := range demo.Complaints {
		statuses[c.Status]++
		languages[c.Language]++
		districts[c.District]++
		levels[play(t, dir, c).Level]++
	}
	for _, s := range portal.Statuses() {
		if statuses[s] == 0 {
			t.Errorf("no complaint with status %q", s)
		}
	}
	for _, l := range []string{"en", "ur", "ps"} {
		if languages[l] < 8 {
			t.Errorf("%d complaints in %q, want 8 at least", languages[l], l)
		}
	}
	if districts["kp/malakand/swat"] == 0 || districts["kp/peshawar/peshawar"] == 0 || levels[0] == 0 || levels[1] == 0 || levels[2] == 0 {
		t.Errorf("districts %v and levels %v leave one out", districts, levels)
	}
}

func TestDemoOfficersHoldThePostsTheirNamesSay(t *testing.T) {
	demo, _ := demoDirectory(t)
	want := map[portal.OfficerID]struct {
		office portal.OfficeID
		post   portal.Post
	}{
		"focal.swat": {"dc-swat", portal.FocalPost}, "officer.swat": {"dc-swat", portal.Staff}, "dc.swat": {"dc-swat", portal.Head},
		"focal.peshawar": {"dc-peshawar", portal.FocalPost}, "commissioner.malakand": {"commissioner-malakand", portal.Head}, "cs": {"cs-kp", portal.Head},
	}
	for id, w := range want {
		at := slices.IndexFunc(demo.Officers, func(o portal.Officer) bool { return o.ID == id })
		if at < 0 || demo.Officers[at].Office != w.office || demo.Officers[at].Post != w.post {
			t.Errorf("%s is not %s of %s", id, w.post, w.office)
		}
	}
	for _, o := range demo.Officers {
		if !o.Demo {
			t.Errorf("%s is not marked as made up", o.ID)
		}
	}
	if demo.Citizens[0].ID != "citizen.swat" {
		t.Errorf("the first citizen is %q", demo.Citizens[0].ID)
	}
}

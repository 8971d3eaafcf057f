package portal_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	. "github.com/citizens-portal/portal/backend/portal"
)

const day = 24 * time.Hour

// filed is when the tests' complaints are filed, at the portal's precision.
var filed = time.Date(2026, 3, 1, 9, 30, 0, 123_000_000, time.UTC)

// after gives the moment some days (and a bit) after filing.
func after(days int, more ...time.Duration) time.Time {
	at := filed.Add(time.Duration(days) * day)
	for _, d := range more {
		at = at.Add(d)
	}
	return at
}

// kpLike is a small province like KP: 2 divisions, 3 districts, line
// departments, a panel, and the 15 and 22 days.
func kpLike() Dataset {
	areas := []Area{
		area("kp", Province), area("kp/malakand", Division), area("kp/hazara", Division),
		area("kp/malakand/swat", District), area("kp/malakand/swat/babuzai", Tehsil), area("kp/malakand/buner", District),
		area("kp/hazara/haripur", District),
	}
	offices := []Office{
		{ID: "cs", Kind: Chain, Area: "kp", Level: 2}, {ID: "panel", Kind: Panel, Area: "kp", Level: 2},
		{ID: "com-malakand", Kind: Chain, Area: "kp/malakand", Level: 1, Parent: "cs"},
		{ID: "com-hazara", Kind: Chain, Area: "kp/hazara", Level: 1, Parent: "cs"},
		{ID: "dc-swat", Kind: Chain, Area: "kp/malakand/swat", Parent: "com-malakand"},
		{ID: "dc-buner", Kind: Chain, Area: "kp/malakand/buner", Parent: "com-malakand"},
		{ID: "dc-haripur", Kind: Chain, Area: "kp/hazara/haripur", Parent: "com-hazara"},
		{ID: "water-swat", Kind: Line, Area: "kp/malakand/swat", Parent: "dc-swat", Categories: []CategoryCode{"municipal"}},
		{ID: "roads-malakand", Kind: Line, Area: "kp/malakand", Level: 1, Parent: "com-malakand", Categories: []CategoryCode{"road"}},
		{ID: "any-swat", Kind: Line, Area: "kp/malakand/swat", Parent: "dc-swat"},
		{ID: "water-haripur", Kind: Line, Area: "kp/hazara/haripur", Parent: "dc-haripur", Categories: []CategoryCode{"municipal"}},
	}
	return Dataset{
		Areas: areas, Offices: offices, Officers: staffed(offices),
		Categories: []Category{{Code: "municipal", Policy: "standard"}, {Code: "water", Parent: "municipal"}, {Code: "road", Parent: "municipal", Policy: "works"}},
		Policies: []Policy{
			{ID: "standard", EscalateAfterDays: []int{15, 22}, SilentAfterDays: 15, ReopenWithinDays: 30, AppealWithinDays: 30},
			{ID: "works", EscalateAfterDays: []int{15, 22}, SilentAfterDays: 15, ReopenWithinDays: 30, AppealWithinDays: 30, Evidence: true},
		},
		AppealPanel: map[AreaID]OfficeID{"kp": "panel"},
	}
}

// northland is a made-up province that shares nothing with KP: other names,
// other days, districts right under the province, no panel.
func northland() Dataset {
	offices := []Office{
		{ID: "crown", Kind: Chain, Area: "nl", Level: 2}, {ID: "governor", Kind: Chain, Area: "nl", Level: 1, Parent: "crown"},
		{ID: "mayor-east", Kind: Chain, Area: "nl/east", Parent: "governor"}, {ID: "mayor-west", Kind: Chain, Area: "nl/west", Parent: "governor"},
		{ID: "bridges", Kind: Line, Area: "nl", Level: 0, Parent: "governor", Categories: []CategoryCode{"bridge"}},
	}
	return Dataset{
		Areas: []Area{area("nl", Province), area("nl/east", District), area("nl/west", District)}, Offices: offices, Officers: staffed(offices),
		Categories: []Category{{Code: "bridge", Policy: "quick"}, {Code: "wolves", Policy: "once"}},
		Policies: []Policy{
			{ID: "quick", EscalateAfterDays: []int{7, 10}, SilentAfterDays: 4, ReopenWithinDays: 9, AppealWithinDays: 0},
			{ID: "once", EscalateAfterDays: []int{3}, SilentAfterDays: 20, ReopenWithinDays: 0, AppealWithinDays: 5},
		},
	}
}

func area(id AreaID, kind AreaKind) Area {
	cut := strings.LastIndexByte(string(id), '/')
	return Area{ID: id, Parent: id[:max(cut, 0)], Slug: string(id[cut+1:]), Kind: kind, Name: Text{EN: string(id)}}
}

// staffed gives every office a head, a focal person, two on the staff, one who
// left, and two who read no case: "head.dc-swat", "staff.dc-swat", …
func staffed(offices []Office) []Officer {
	var out []Officer
	for _, o := range offices {
		for name, post := range map[string]Post{"head": Head, "focal": FocalPost, "staff": Staff, "staff2": Staff, "gone": Staff, "admin": AdminPost, "analyst": AnalystPost} {
			out = append(out, Officer{ID: OfficerID(name + "." + string(o.ID)), Office: o.ID, Post: post, Disabled: name == "gone"})
		}
	}
	slices.SortFunc(out, func(a, b Officer) int { return strings.Compare(string(a.ID), string(b.ID)) })
	return out
}

func directory(t testing.TB, data Dataset) *Directory {
	t.Helper()
	dir, err := NewDirectory(data)
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

const (
	owner    AccountID = "acc-owner"
	stranger AccountID = "acc-stranger"
)

func citizen(a AccountID) Actor { return Actor{Kind: CitizenActor, Account: a} }

func clockActor() Actor { return Actor{Kind: SystemActor} }

var photo = File{SHA256: strings.Repeat("0a", 32), Size: 1000, Type: "image/jpeg"}

// story is one case's life as a test tells it.
type story struct {
	testing.TB
	dir    *Directory
	c      Case
	events []Event
}

// swatWater files a complaint about water in Swat.
func swatWater(t testing.TB) *story {
	t.Helper()
	return lodged(t, directory(t, kpLike()), "kp/malakand/swat", "water")
}

func lodged(t testing.TB, dir *Directory, district AreaID, category CategoryCode) *story {
	t.Helper()
	filing := Case{ID: "0198-test", Code: "KP-26-2345-6789", District: district, Category: category, Citizen: owner}
	c, e, err := Lodge(dir, filing, Complaint{Text: "no water for ten days"}, filed)
	if err != nil {
		t.Fatal(err)
	}
	return &story{TB: t, dir: dir, c: c, events: []Event{e}}
}

func (s *story) officer(id OfficerID) Actor {
	s.Helper()
	o, ok := s.dir.Officer(id)
	if !ok {
		s.Fatalf("no officer %s", id)
	}
	return Actor{Kind: OfficerActor, Officer: o}
}

// said builds a command that is complete for any action.
func said(action Action, actor Actor, at time.Time) Command {
	return Command{Action: action, Actor: actor, At: at, AsOf: at, Text: "because", Files: []File{photo}, Rating: &Rating{Time: 3, Quality: 4}}
}

// do carries out an action and gives the actions of the events it left.
func (s *story) do(action Action, actor Actor, at time.Time, more ...func(*Command)) []Action {
	s.Helper()
	kinds, err := s.try(action, actor, at, more...)
	if err != nil {
		s.Fatalf("%s: %v", action, err)
	}
	return kinds
}

func (s *story) try(action Action, actor Actor, at time.Time, more ...func(*Command)) ([]Action, error) {
	cmd := said(action, actor, at)
	for _, change := range more {
		change(&cmd)
	}
	next, events, err := Act(s.dir, s.c, cmd)
	if err != nil {
		return nil, err
	}
	s.c, s.events = next, append(s.events, events...)
	return kindsOf(events), nil
}

// office and officer name whom a transfer or an assignment goes to.
func office(id OfficeID) func(*Command) { return func(c *Command) { c.ToOffice = id } }
func to(id OfficerID) func(*Command)    { return func(c *Command) { c.ToOfficer = id } }
func text(text string) func(*Command)   { return func(c *Command) { c.Text = text } }
func files(f ...File) func(*Command)    { return func(c *Command) { c.Files = f } }
func expect(version int64) func(*Command) {
	return func(c *Command) { c.Expected = version }
}

// sweep is the clock looking at a moment.
func (s *story) sweep(asOf time.Time) []Event {
	c, events := CatchUp(s.dir, s.c, nil, asOf, asOf)
	s.c = c
	c, more, err := CloseSilent(s.dir, s.c, asOf, asOf)
	if err != nil {
		s.Fatal(err)
	}
	s.c = c
	events = append(events, more...)
	s.events = append(s.events, events...)
	return events
}

// is fails unless the case stands like this.
func (s *story) is(status Status, level int, office OfficeID) {
	s.Helper()
	if s.c.Status != status || s.c.Level != level || s.c.Office != office {
		s.Fatalf("the case is %s at level %d with %s, want %s, %d, %s", s.c.Status, s.c.Level, s.c.Office, status, level, office)
	}
}

func kindsOf(events []Event) []Action {
	var out []Action
	for _, e := range events {
		out = append(out, e.Action)
	}
	return out
}

func same[T comparable](t testing.TB, what string, got []T, want ...T) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Fatalf("%s: got %v, want %v", what, got, want)
	}
}

package portal_test

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	. "github.com/citizens-portal/portal/backend/portal"
)

const canGolden = "testdata/can.txt"

// situation is where a case is and how it came there.
type situation struct {
	name string
	c    Case
}

// situations are the ways a case of Swat can lie in the chain of offices.
func situations() []situation {
	base := Case{ID: "0198-test", Kind: KindComplaint, District: "kp/malakand/swat", Category: "water", Citizen: owner, LodgedAt: filed, Version: 1}
	at := func(name string, level int, appealed bool, holder OfficeID, desks ...OfficeID) situation {
		c := base
		c.Level, c.Appealed, c.Office, c.Desks = level, appealed, holder, desks
		return situation{name, c}
	}
	return []situation{
		at("filed: with the district office", 0, false, "dc-swat", "dc-swat"),
		at("handed to a line department", 0, false, "water-swat", "water-swat"),
		at("moved up to the Commissioner; the district office goes on working", 1, false, "com-malakand", "dc-swat", "com-malakand"),
		at("moved up while with a line department", 1, false, "com-malakand", "water-swat", "com-malakand"),
		at("appealed to the Commissioner: the district office only reads", 1, true, "com-malakand", "dc-swat", "com-malakand"),
		at("appealed at the top: a panel decides", 2, true, "panel", "dc-swat", "com-malakand", "cs", "panel"),
		about(at("about the district office: with the Commissioner", 1, false, "com-malakand", "com-malakand"), About{Office: "dc-swat"}),
		about(at("about the Commissioner, yet on the desks below them", 2, false, "cs", "water-swat", "dc-swat", "com-malakand", "cs"), About{Office: "com-malakand"}),
		about(at("about the Chief Secretary: with the panel", 2, false, "panel", "panel"), About{Office: "cs"}),
		about(at("about an officer of Buner who works for the Commissioner now", 1, false, "com-malakand", "com-malakand"), About{Office: "dc-buner", Officer: "staff.com-malakand"}),
		about(at("about somebody of an office with this very desk", 1, false, "cs", "cs"), About{Office: "dc-swat", Officer: "me.cs"}),
		anonymous(at("filed without a name", 0, false, "dc-swat", "dc-swat")),
	}
}

func about(s situation, who About) situation {
	s.c.About = who
	return s
}

func anonymous(s situation) situation {
	s.c.Citizen = "anon-0198"
	return s
}

// candidate is somebody who may want something; assigned says whether the case
// is given to them.
type candidate struct {
	name     string
	actor    Actor
	assigned bool
}

var canOffices = []OfficeID{"dc-swat", "water-swat", "com-malakand", "cs", "panel", "dc-buner", "dc-haripur", "com-hazara", "any-swat"}

// canPosts are the posts there are, none, and one that there is not.
var canPosts = []Post{Head, FocalPost, Staff, AdminPost, AnalystPost, "", "chief"}

func candidates() []candidate {
	out := []candidate{
		{"citizen: the one who filed it", citizen(owner), false},
		{"citizen: another", citizen(stranger), false},
		{"citizen: without an account", citizen(""), false},
		{"the clock", clockActor(), false},
		{"nobody", Actor{}, false},
		{"an unknown kind", Actor{Kind: "robot", Account: owner, Officer: Officer{ID: "r", Office: "dc-swat", Post: Head}}, false},
		// What belongs to another kind of actor must not count.
		{"citizen with an officer's post", Actor{Kind: CitizenActor, Account: stranger, Officer: Officer{ID: "x", Office: "dc-swat", Post: Head}}, false},
		{"officer with the citizen's account", Actor{Kind: OfficerActor, Account: owner, Officer: Officer{ID: "x", Office: "dc-buner", Post: Head}}, false},
		{"officer without a name", Actor{Kind: OfficerActor, Officer: Officer{Office: "dc-swat", Post: Head}}, false},
		{"officer without an office", Actor{Kind: OfficerActor, Officer: Officer{ID: "x", Post: Head}}, false},
	}
	for _, o := range canOffices {
		for _, post := range canPosts {
			for _, assigned := range []bool{false, true} {
				for _, disabled := range []bool{false, true} {
					out = append(out, officerCandidate(o, post, assigned, disabled))
				}
			}
		}
	}
	return out
}

func officerCandidate(o OfficeID, post Post, assigned, disabled bool) candidate {
	name := fmt.Sprintf("%s: %s", o, post)
	if post == "" {
		name = fmt.Sprintf("%s: (no post)", o)
	}
	if assigned {
		name += ", assigned"
	}
	if disabled {
		name += ", disabled"
	}
	officer := Officer{ID: OfficerID("me." + string(o)), Office: o, Post: post, Disabled: disabled}
	return candidate{name, Actor{Kind: OfficerActor, Officer: officer}, assigned}
}

// given puts a candidate and a status into a situation.
func given(s situation, who candidate, status Status) Case {
	c := s.c
	c.Status, c.Officer = status, "somebody.else"
	if who.assigned {
		c.Officer = who.actor.Officer.ID
	}
	if !status.Open() {
		c.ClosedAt = filed
	}
	if status == Proposed {
		c.ProposedAt = filed
	}
	return c
}

func allActions() []Action { return append([]Action{ActionView}, Actions()...) }

// eachCan runs over role × post × jurisdiction × action × status × ownership.
func eachCan(t *testing.T, f func(s situation, who candidate, c Case, action Action, err error)) {
	dir := directory(t, kpLike())
	for _, s := range situations() {
		for _, who := range candidates() {
			who.actor = who.actor.In(dir)
			for _, status := range Statuses() {
				c := given(s, who, status)
				for _, action := range append(allActions(), "", "delete") {
					f(s, who, c, action, Can(who.actor, action, c))
				}
			}
		}
	}
}

// canTable prints who may do what, those with the same rights together.
func canTable(t *testing.T) string {
	dir := directory(t, kpLike())
	var b strings.Builder
	for _, s := range situations() {
		fmt.Fprintf(&b, "%s\n", strings.ToUpper(s.name[:1])+s.name[1:])
		var order []string
		who := map[string][]string{}
		for _, p := range candidates() {
			p.actor = p.actor.In(dir)
			rights := rightsOf(s, p)
			if who[rights] == nil {
				order = append(order, rights)
			}
			who[rights] = append(who[rights], p.name)
		}
		for _, rights := range order {
			b.WriteString(named(who[rights]))
			b.WriteString(rights)
		}
	}
	return b.String()
}

// named lists people, those of one office on one line.
func named(people []string) string {
	var offices []string
	of := map[string][]string{}
	for _, name := range people {
		office, person, _ := strings.Cut(name, ": ")
		if of[office] == nil {
			offices = append(offices, office)
		}
		of[office] = append(of[office], person)
	}
	var b strings.Builder
	for _, office := range offices {
		switch all := strings.Join(of[office], "; "); {
		case len(of[office]) == len(canPosts)*4:
			fmt.Fprintf(&b, "  %s: everybody\n", office)
		case all == "":
			fmt.Fprintf(&b, "  %s\n", office)
		default:
			fmt.Fprintf(&b, "  %s: %s\n", office, all)
		}
	}
	return b.String()
}

func rightsOf(s situation, p candidate) string {
	var b strings.Builder
	for _, status := range Statuses() {
		c := given(s, p, status)
		if errors.Is(Can(p.actor, ActionView, c), ErrNotFound) {
			continue
		}
		var may []string
		for _, action := range allActions() {
			if Can(p.actor, action, c) == nil {
				may = append(may, string(action))
			}
		}
		fmt.Fprintf(&b, "      %-16s %s\n", status, strings.Join(may, " "))
	}
	if b.Len() == 0 {
		return "      it does not exist for them\n"
	}
	return b.String()
}

// TestCanTable keeps the printed rights and the code together.
func TestCanTable(t *testing.T) {
	if *update {
		if err := os.WriteFile(canGolden, []byte(canTable(t)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(canGolden)
	if err != nil {
		t.Fatal(err)
	}
	if got := canTable(t); got != string(want) {
		t.Errorf("the rights differ from %s (run with -update and review the diff):\n%s", canGolden, got)
	}
}

// TestCanDenies states the rules once more, in other words than the code.
func TestCanDenies(t *testing.T) {
	citizens := []Action{ActLodge, ActAnswer, ActConfirm, ActReject, ActRate, ActReopen, ActAppeal, ActWithdraw}
	leads := []Action{ActAssign, ActTransfer, ActInvalidate}
	clocks := []Action{ActSilence, ActEscalate, ActReroute}
	tried, allowed := 0, 0
	eachCan(t, func(s situation, who candidate, c Case, action Action, err error) {
		tried++
		if err == nil {
			allowed++
		}
		a, o := who.actor, who.actor.Officer
		officer := a.Kind == OfficerActor
		barred := officer && slices.Contains(barredFrom(c.About), o.Office) || o.ID != "" && o.ID == c.About.Officer
		working := officer && !barred && !o.Disabled && o.ID != "" && (o.Post == Head || o.Post == FocalPost || o.Post == Staff) && slices.Contains(c.Desks, o.Office)
		sees := working || a.Kind == SystemActor || a.Kind == CitizenActor && a.Account == c.Citizen
		mustNot := func(rule bool, why string) {
			if rule && err == nil {
				t.Errorf("%s / %s: %s %s: allowed, but %s", s.name, who.name, action, c.Status, why)
			}
		}
		if !sees != errors.Is(err, ErrNotFound) {
			t.Errorf("%s / %s: %s: %v, sees %v", s.name, who.name, action, err, sees)
		}
		if sees && (action == ActionView) != (err == nil) && action == ActionView {
			t.Errorf("%s / %s: cannot view: %v", s.name, who.name, err)
		}
		mustNot(action == "" || action == "delete", "there is no such action")
		mustNot(action == ActLodge, "it is filed already")
		mustNot(slices.Contains(citizens, action) && (a.Kind != CitizenActor || a.Account != c.Citizen), "only the one who filed it may")
		mustNot(slices.Contains(clocks, action) && a.Kind != SystemActor, "only time may")
		mustNot(a.Kind == SystemActor && action != ActionView && !slices.Contains(clocks, action), "the clock does nothing else")
		mustNot(slices.Contains(leads, action) && o.Post == Staff, "the staff does not distribute")
		mustNot(officer && o.Post == Staff && !who.assigned && action != ActionView, "it is a colleague's")
		mustNot(officer && c.Appealed && o.Office != c.Office && action != ActionView, "the office appealed against must not decide")
		mustNot(action == ActInvalidate && o.Office != c.Office, "only the office that holds it may end it")
		mustNot(action == ActReveal && c.Citizen != owner, "there is no identity to reveal")
		mustNot(c.Status == Withdrawn && action != ActionView, "it was withdrawn for good")
		mustNot(!c.Status.Open() && officer && action != ActionView, "it is closed")
	})
	if tried < 50_000 || allowed == 0 {
		t.Errorf("%d combinations tried, %d allowed", tried, allowed)
	}
}

// barredFrom says once more, by hand, who must not have what is about whom.
func barredFrom(a About) []OfficeID {
	switch {
	case a.Office == "cs":
		return []OfficeID{"cs", "com-malakand", "com-hazara", "dc-swat", "dc-buner", "dc-haripur", "water-swat", "any-swat"}
	case a.Office == "com-malakand" || a.Officer == "staff.com-malakand":
		return []OfficeID{"com-malakand", "dc-swat", "dc-buner", "water-swat", "any-swat"}
	case a.Office == "dc-swat":
		return []OfficeID{"dc-swat", "water-swat", "any-swat"}
	}
	return nil
}

// TestCanNeedsTheHierarchy: an officer whose place in the hierarchy nobody said
// sees no complaint about anybody.
func TestCanNeedsTheHierarchy(t *testing.T) {
	c := situations()[6].c
	c.Status = New
	who := officerCandidate("com-malakand", Head, false, false).actor
	if err := Can(who, ActionView, c); !errors.Is(err, ErrNotFound) {
		t.Errorf("without a hierarchy: %v", err)
	}
	if err := Can(who.In(directory(t, kpLike())), ActionView, c); err != nil {
		t.Errorf("with it: %v", err)
	}
}

// TestCanAgreesWithAct: nobody gets through Act past Can, and nobody whom Can
// lets through is turned away as a stranger or as not allowed.
func TestCanAgreesWithAct(t *testing.T) {
	dir := directory(t, kpLike())
	eachCan(t, func(s situation, who candidate, c Case, action Action, err error) {
		if _, moved := CatchUp(dir, c, nil, filed, filed); action == ActionView || len(moved) > 0 {
			return // what lies with whom it is about is moved before anybody acts
		}
		_, _, acted := Act(dir, c, said(action, who.actor, filed))
		for _, kind := range []error{ErrNotFound, ErrForbidden} {
			if errors.Is(err, kind) != errors.Is(acted, kind) {
				t.Errorf("%s / %s: %s %s: Can says %v, Act %v", s.name, who.name, action, c.Status, err, acted)
			}
		}
		if err != nil && acted == nil {
			t.Errorf("%s / %s: %s %s: Act did what Can refuses: %v", s.name, who.name, action, c.Status, err)
		}
	})
}

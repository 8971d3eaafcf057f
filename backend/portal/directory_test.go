package portal_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	. "github.com/citizens-portal/portal/backend/portal"
)

// TestBadDatasetsAreNamed: a directory with a hole is refused as a whole, and
// the message says which record it is.
func TestBadDatasetsAreNamed(t *testing.T) {
	for name, bad := range map[string]struct {
		field, code, names string
		spoil              func(*Dataset)
	}{
		"area twice":          {"areas", "duplicate", "kp/hazara", func(d *Dataset) { d.Areas = append(d.Areas, area("kp/hazara", Division)) }},
		"area without parent": {"areas", "parent", "kp/kohat", func(d *Dataset) { d.Areas = append(d.Areas, area("kp/kohat/hangu", District)) }},
		"area off its path":   {"areas", "path", "kp/x", func(d *Dataset) { d.Areas = append(d.Areas, Area{ID: "kp/x", Parent: "kp", Slug: "y", Kind: Division}) }},
		"area with no slug":   {"areas", "slug", "kp/", func(d *Dataset) { d.Areas = append(d.Areas, Area{ID: "kp/", Parent: "kp", Kind: Division}) }},
		"area with a path slug": {"areas", "slug", "kp/a/b", func(d *Dataset) {
			d.Areas = append(d.Areas, Area{ID: "kp/a/b", Parent: "kp", Slug: "a/b", Kind: District})
		}},
		"area of no kind":   {"areas", "kind", "kp/x", func(d *Dataset) { d.Areas = append(d.Areas, area("kp/x", "county")) }},
		"office twice":      {"offices", "duplicate", "cs", func(d *Dataset) { d.Offices = append(d.Offices, d.Offices[0]) }},
		"office nowhere":    {"offices", "area", "dc-x", func(d *Dataset) { d.Offices = append(d.Offices, Office{ID: "dc-x", Kind: Chain, Area: "kp/x"}) }},
		"office of no kind": {"offices", "kind", "x", func(d *Dataset) { d.Offices = append(d.Offices, Office{ID: "x", Kind: "club", Area: "kp"}) }},
		"office under nobody": {"offices", "parent", "x", func(d *Dataset) {
			d.Offices = append(d.Offices, Office{ID: "x", Kind: Line, Area: "kp", Parent: "ghost"})
		}},
		"two offices on one step": {"offices", "chain_twice", "dc-swat-2", func(d *Dataset) {
			d.Offices = append(d.Offices, Office{ID: "dc-swat-2", Kind: Chain, Area: "kp/malakand/swat"})
		}},
		"line for nothing":        {"offices", "category", "ghosts", func(d *Dataset) { d.Offices[7].Categories = []CategoryCode{"ghosts"} }},
		"district with no office": {"offices", "chain", "kp/hazara/allai", func(d *Dataset) { d.Areas = append(d.Areas, area("kp/hazara/allai", District)) }},
		"no Commissioner above": {"offices", "chain", "level 1", func(d *Dataset) {
			d.Offices = slices.Delete(d.Offices, 3, 4)
			d.Offices[5].Parent = ""
			d.Officers = nil
		}},
		"no top":                 {"offices", "chain", "level 3", func(d *Dataset) { d.Policies[0].EscalateAfterDays = []int{1, 2, 3} }},
		"panel missing":          {"appeal_panel", "office", "ghost", func(d *Dataset) { d.AppealPanel["kp"] = "ghost" }},
		"panel is complained of": {"appeal_panel", "kind", "dc-swat", func(d *Dataset) { d.AppealPanel["kp"] = "dc-swat" }},
		"panel of nowhere":       {"appeal_panel", "area", "xx", func(d *Dataset) { d.AppealPanel["xx"] = "panel" }},
		"category twice":         {"categories", "duplicate", "water", func(d *Dataset) { d.Categories = append(d.Categories, Category{Code: "water", Policy: "works"}) }},
		"category without parent": {"categories", "parent", "x", func(d *Dataset) {
			d.Categories = append(d.Categories, Category{Code: "x", Parent: "ghost", Policy: "works"})
		}},
		"category without policy": {"categories", "policy", "x", func(d *Dataset) { d.Categories = append(d.Categories, Category{Code: "x"}) }},
		"policy misspelt":         {"categories", "policy", "wroks", func(d *Dataset) { d.Categories[2].Policy = "wroks" }},
		"category below itself":   {"categories", "circle", "municipal", func(d *Dataset) { d.Categories[0].Parent = "water" }},
		"policy twice":            {"policies", "duplicate", "standard", func(d *Dataset) { d.Policies = append(d.Policies, d.Policies[0]) }},
		"steps that fall":         {"policies", "days", "standard", func(d *Dataset) { d.Policies[0].EscalateAfterDays = []int{22, 15} }},
		"steps at once":           {"policies", "days", "standard", func(d *Dataset) { d.Policies[0].EscalateAfterDays = []int{15, 15} }},
		"a step at filing":        {"policies", "days", "standard", func(d *Dataset) { d.Policies[0].EscalateAfterDays = []int{0, 15} }},
		"silence at once":         {"policies", "days", "works", func(d *Dataset) { d.Policies[1].SilentAfterDays = 0 }},
		"a negative window":       {"policies", "days", "works", func(d *Dataset) { d.Policies[1].AppealWithinDays = -1 }},
		"officer twice":           {"officers", "duplicate", "admin.any-swat", func(d *Dataset) { d.Officers = append(d.Officers, d.Officers[0]) }},
		"officer of no office":    {"officers", "office", "x", func(d *Dataset) { d.Officers = append(d.Officers, Officer{ID: "x", Office: "ghost", Post: Head}) }},
		"officer without post":    {"officers", "post", "x", func(d *Dataset) { d.Officers = append(d.Officers, Officer{ID: "x", Office: "cs"}) }},
	} {
		t.Run(name, func(t *testing.T) {
			data := kpLike()
			bad.spoil(&data)
			_, err := NewDirectory(data)
			wantField(t, err, bad.field, bad.code)
			if !strings.Contains(err.Error(), bad.names) {
				t.Errorf("%q does not name %s", err, bad.names)
			}
		})
	}
}

func TestDirectoryIsASnapshot(t *testing.T) {
	data := kpLike()
	dir := directory(t, data)
	data.Policies[0].EscalateAfterDays = nil
	data.Offices[0].Area = "moon"
	data.AppealPanel["kp"] = "dc-swat"
	if o, _ := dir.Office("cs"); o.Area != "kp" {
		t.Errorf("the Chief Secretary moved to %s", o.Area)
	}
	if p, _ := dir.AppealPanel("kp/malakand/swat"); p.ID != "panel" {
		t.Errorf("the panel became %s", p.ID)
	}
	if p, _ := dir.Policy("water"); len(p.EscalateAfterDays) != 2 {
		t.Errorf("the policy became %v", p)
	}
}

func TestChainAndPanel(t *testing.T) {
	dir := directory(t, kpLike())
	for place, want := range map[AreaID][]OfficeID{
		"kp/malakand/swat": {"dc-swat", "com-malakand", "cs"}, "kp/malakand/swat/babuzai": {"dc-swat", "com-malakand", "cs"},
		"kp/hazara/haripur": {"dc-haripur", "com-hazara", "cs"},
	} {
		for level, id := range want {
			if o, ok := dir.ChainOffice(place, level); !ok || o.ID != id {
				t.Errorf("%s at level %d: %s", place, level, o.ID)
			}
		}
		if o, ok := dir.ChainOffice(place, 3); ok {
			t.Errorf("above the top is %s", o.ID)
		}
		if o, ok := dir.AppealPanel(place); !ok || o.ID != "panel" {
			t.Errorf("panel of %s: %s", place, o.ID)
		}
	}
	if o, ok := dir.ChainOffice("nowhere", 0); ok {
		t.Errorf("nowhere is with %s", o.ID)
	}
	if o, ok := directory(t, northland()).AppealPanel("nl/east"); ok {
		t.Errorf("Northland has no panel, but %s", o.ID)
	}
}

func TestLookups(t *testing.T) {
	dir := directory(t, kpLike())
	for name, want := range map[string]AreaID{"swat": "kp/malakand/swat", "kp/hazara/haripur": "kp/hazara/haripur"} {
		if a, ok := dir.DistrictBySlug(name); !ok || a.ID != want {
			t.Errorf("%s is %s", name, a.ID)
		}
	}
	for _, name := range []string{"", "malakand", "babuzai", "kp/malakand", "kp/malakand/swat/babuzai", "atlantis"} {
		if a, ok := dir.DistrictBySlug(name); ok {
			t.Errorf("%q is the district %s", name, a.ID)
		}
	}
	if dir.IsLeaf("municipal") || !dir.IsLeaf("water") || dir.IsLeaf("ghosts") {
		t.Error("only categories without children can be chosen")
	}
	if !dir.CategoryWithin("road", "municipal") || dir.CategoryWithin("municipal", "road") || dir.CategoryWithin("", "road") {
		t.Error("categories lie within their parents")
	}
	if p, _ := dir.Policy("water"); p.ID != "standard" {
		t.Errorf("water inherits %q", p.ID)
	}
	if p, _ := dir.Policy("road"); p.ID != "works" {
		t.Errorf("road has its own policy, got %q", p.ID)
	}
	if after, ok := (Policy{EscalateAfterDays: []int{15, 22}}).EscalateAfter(1); !ok || after != 22*24*time.Hour {
		t.Errorf("after %s", after)
	}
	if _, ok := (Policy{EscalateAfterDays: []int{15}}).EscalateAfter(-1); ok {
		t.Error("there is no level below 0")
	}
	var ids []OfficerID
	for _, o := range dir.OfficersOf("cs") {
		ids = append(ids, o.ID)
	}
	same(t, "officers who are there", ids, "admin.cs", "analyst.cs", "focal.cs", "head.cs", "staff.cs", "staff2.cs")
}

// TestSharedSlug: two provinces in one directory may share a district's name;
// the short name then says nothing, the path everything.
func TestSharedSlug(t *testing.T) {
	data := kpLike()
	other := northland()
	data.Areas = append(data.Areas, other.Areas...)
	data.Areas = append(data.Areas, area("nl/swat", District))
	data.Offices = append(data.Offices, other.Offices...)
	data.Categories, data.Policies = append(data.Categories, other.Categories...), append(data.Policies, other.Policies...)
	data.Offices = append(data.Offices, Office{ID: "mayor-swat", Kind: Chain, Area: "nl/swat", Parent: "governor"})
	dir := directory(t, data)
	if a, ok := dir.DistrictBySlug("swat"); ok {
		t.Errorf("which Swat? got %s", a.ID)
	}
	if a, ok := dir.DistrictBySlug("nl/swat"); !ok || a.ID != "nl/swat" {
		t.Errorf("by path: %s", a.ID)
	}
}

func TestTransferTargets(t *testing.T) {
	dir := directory(t, kpLike())
	ids := func(district AreaID, category CategoryCode) []OfficeID {
		var out []OfficeID
		for _, o := range dir.TransferTargets(district, category) {
			out = append(out, o.ID)
		}
		return out
	}
	same(t, "water in Swat", ids("kp/malakand/swat", "water"), "any-swat", "dc-swat", "water-swat")
	same(t, "a road in Swat", ids("kp/malakand/swat", "road"), "any-swat", "dc-swat", "roads-malakand", "water-swat")
	same(t, "a road in Buner", ids("kp/malakand/buner", "road"), "dc-buner", "roads-malakand")
	same(t, "water in Haripur", ids("kp/hazara/haripur", "water"), "dc-haripur", "water-haripur")
}

func TestAreaWithin(t *testing.T) {
	if !AreaID("kp/malakand/swat").Within("kp/malakand") || !AreaID("kp").Within("kp") {
		t.Error("inside is inside")
	}
	if AreaID("kp/malakand2").Within("kp/malakand") || AreaID("kp").Within("kp/malakand") {
		t.Error("a longer name is not a place inside")
	}
}

func TestTextFallsBackToEnglish(t *testing.T) {
	text := Text{EN: "Water", UR: "پانی"}
	if text.In("ur") != "پانی" || text.In("ps") != "Water" || text.In("en") != "Water" || text.In("tlh") != "Water" {
		t.Errorf("texts %q %q %q", text.In("ur"), text.In("ps"), text.In("tlh"))
	}
	if (Text{EN: "Water", PS: "اوبه"}).In("ps") != "اوبه" {
		t.Error("Pashto is there")
	}
}

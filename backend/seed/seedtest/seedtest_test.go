package seedtest_test

import (
	"slices"
	"testing"
	"time"

	"github.com/citizens-portal/portal/backend/portal"
	"github.com/citizens-portal/portal/backend/seed/seedtest"
)

func testland(t *testing.T) *portal.Directory {
	t.Helper()
	dir, err := portal.NewDirectory(seedtest.Testland())
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestTestlandClimbsItsOwnChain(t *testing.T) {
	dir := testland(t)
	for district, want := range map[portal.AreaID][]portal.OfficeID{
		"tl/oasis/oasis":   {"reeve-oasis-oasis", "warden-oasis", "governor"},
		"tl/oasis/market":  {"reeve-oasis-market", "warden-oasis", "governor"},
		"tl/delta/market":  {"reeve-delta-market", "warden-delta", "governor"},
		"tl/delta/harbour": {"reeve-delta-harbour", "warden-delta", "governor"},
	} {
		for level, id := range want {
			if o, ok := dir.ChainOffice(district, level); !ok || o.ID != id {
				t.Errorf("%s level %d is with %q, want %q", district, level, o.ID, id)
			}
		}
		if panel, ok := dir.AppealPanel(district); !ok || panel.ID != "elders" {
			t.Errorf("appeals of %s go to %q", district, panel.ID)
		}
	}
}

func TestTestlandHasItsOwnDays(t *testing.T) {
	policy, ok := testland(t).Policy("dry-well")
	if !ok {
		t.Fatal("dry-well has no policy")
	}
	for level, days := range []int{7, 10} {
		if after, _ := policy.EscalateAfter(level); after != time.Duration(days)*24*time.Hour {
			t.Errorf("level %d moves up after %s, want %d days", level, after, days)
		}
	}
}

func TestSharedShortNameNeedsThePath(t *testing.T) {
	dir := testland(t)
	if a, ok := dir.DistrictBySlug("market"); ok {
		t.Errorf("market alone found %s; two districts have that name", a.ID)
	}
	if a, ok := dir.DistrictBySlug("tl/delta/market"); !ok || a.Name.EN != "Market of Delta" {
		t.Errorf("the path found %q, %v", a.Name.EN, ok)
	}
}

func TestAnOfficeReplacesTheOneItsRuleGives(t *testing.T) {
	dir := testland(t)
	o, _ := dir.Office("wells-delta-harbour")
	if o.Name.EN != "Harbour well and camel masters" || !slices.Equal(o.Categories, []portal.CategoryCode{"wells", "camels"}) {
		t.Errorf("wells-delta-harbour is %+v", o)
	}
	if other, _ := dir.Office("wells-delta-market"); other.Name.EN != "Well masters, Market of Delta" {
		t.Errorf("wells-delta-market is %+v", other)
	}
}

package nav_test

import (
	"encoding/json"
	"testing"

	"github.com/citizens-portal/portal/app/nav"
)

func TestBackWalksTheWayDown(t *testing.T) {
	s := nav.NewStack(nav.Route{Name: nav.Home})
	s.Push(nav.Route{Name: nav.Case, ID: "a"})
	s.Push(nav.Route{Name: nav.Write, ID: "a", Part: "message"})
	if !s.Back() || s.Top().Name != nav.Case {
		t.Errorf("Back led to %v", s.Top())
	}
	if !s.Back() || s.Top().Name != nav.Home || s.Back() {
		t.Errorf("the way does not end at home: %v", s.Top())
	}
}

func TestStepsOfOneFlowAreOnePlace(t *testing.T) {
	s := nav.NewStack(nav.Route{Name: nav.Home})
	s.Push(nav.Route{Name: nav.Report, ID: "d", Part: "1"})
	s.Push(nav.Route{Name: nav.Report, ID: "d", Part: "2"})
	if s.Depth() != 2 || s.Top().Part != "2" {
		t.Errorf("depth %d at %v", s.Depth(), s.Top())
	}
}

func TestTabsClearTheWay(t *testing.T) {
	s := nav.NewStack(nav.Route{Name: nav.Home})
	s.Push(nav.Route{Name: nav.Case, ID: "a"})
	s.Push(nav.Route{Name: nav.Cases})
	if s.Depth() != 1 {
		t.Errorf("depth %d", s.Depth())
	}
}

func TestTheWayIsKeptButNotWhatIsShownOnce(t *testing.T) {
	s := nav.NewStack(nav.Route{Name: nav.Home})
	s.Push(nav.Route{Name: nav.Report, ID: "d", Part: "3"})
	s.Push(nav.Route{Name: nav.Paper})
	raw, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	var back nav.Stack
	if err := json.Unmarshal(raw, &back); err != nil {
		t.Fatal(err)
	}
	if back.Depth() != 2 || back.Top() != (nav.Route{Name: nav.Report, ID: "d", Part: "3"}) {
		t.Errorf("%s came back as %v", raw, back.Top())
	}
	for _, bad := range []string{`{}`, `[{"name":"case"}]`, `[{"name":"home"},{"name":"cases"}]`} {
		if json.Unmarshal([]byte(bad), &back) == nil {
			t.Errorf("%s was taken", bad)
		}
	}
}

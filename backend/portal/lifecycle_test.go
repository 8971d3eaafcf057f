package portal_test

import (
	"errors"
	"flag"
	"os"
	"slices"
	"strings"
	"testing"

	. "github.com/citizens-portal/portal/backend/portal"
)

var update = flag.Bool("update", false, "write testdata/lifecycle.txt anew")

const golden = "testdata/lifecycle.txt"

// TestLifecycleTable keeps the printed policy and the code together: who
// changes one sees the other in the diff.
func TestLifecycleTable(t *testing.T) {
	if *update {
		if err := os.WriteFile(golden, []byte(LifecycleTable()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if got := LifecycleTable(); got != string(want) {
		t.Errorf("the table differs from %s (run with -update and review the diff):\n%s", golden, got)
	}
}

// cell names one cell of the printed table.
type cell struct {
	from   Status
	action Action
	role   Role
}

// policy reads the golden file: what may happen, and the status that follows as
// it is printed.
func policy(t *testing.T) map[cell]string {
	t.Helper()
	text, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	out, from := map[cell]string{}, Status("")
	for line := range strings.Lines(string(text)) {
		if !strings.HasPrefix(line, " ") {
			from = Status(strings.TrimSpace(line))
			continue
		}
		who, next, _ := strings.Cut(line, "->")
		action, roles, _ := strings.Cut(strings.TrimSpace(who), " ")
		for role := range strings.SplitSeq(roles, ",") {
			out[cell{from, Action(action), Role(strings.TrimSpace(role))}] = strings.TrimSpace(next)
		}
	}
	return out
}

// inStatus gives a case of Swat in a status, with everything in order for any
// action that the status allows.
func inStatus(t *testing.T, status Status, officer OfficerID) *story {
	t.Helper()
	s := swatWater(t)
	s.c.Status, s.c.Officer, s.c.Rejections = status, officer, 1
	if !status.Open() {
		s.c.ClosedAt = filed
	}
	if status == Proposed {
		s.c.ProposedAt = filed
	}
	return s
}

// TestEveryCell tries each action on each status as each role and wants exactly
// what the printed table says.
func TestEveryCell(t *testing.T) {
	allowed := policy(t)
	if len(allowed) < 60 {
		t.Fatalf("the golden file was read as %d cells only", len(allowed))
	}
	for _, status := range Statuses() {
		for _, action := range Actions() {
			if action == ActReroute {
				continue // the clock does it to a case about somebody alone: about_test.go
			}
			for _, role := range Roles() {
				t.Run(string(status)+"/"+string(action)+"/"+string(role), func(t *testing.T) {
					next, ok := allowed[cell{status, action, role}]
					tryCell(t, cell{status, action, role}, next, ok, everAllowed(allowed, action, role))
				})
			}
		}
	}
}

func everAllowed(allowed map[cell]string, action Action, role Role) bool {
	for c := range allowed {
		if c.action == action && c.role == role {
			return true
		}
	}
	return false
}

func tryCell(t *testing.T, c cell, next string, ok, ever bool) {
	t.Helper()
	officer := OfficerID("staff.dc-swat")
	if c.from == New || c.from == Acknowledged {
		officer = ""
	}
	s := inStatus(t, c.from, officer)
	var actor Actor
	switch c.role {
	case RoleCitizen:
		actor = citizen(owner)
	case RoleDistributor:
		actor = s.officer("focal.dc-swat")
	case RoleHandler:
		s.c.Officer = "staff.dc-swat"
		actor = s.officer("staff.dc-swat")
	case RoleReader:
		actor = s.officer("staff2.dc-swat")
	case RoleSystem:
		actor = clockActor()
	}
	at := after(1)
	if c.role == RoleSystem {
		at = after(40)
	}
	before := s.c
	listed := slices.Contains(AllowedActions(s.dir, s.c, actor, at), c.action)
	kinds, err := s.try(c.action, actor, at, office("water-swat"), to("staff2.dc-swat"))

	if listed != ok {
		t.Errorf("AllowedActions lists it: %v, the table: %v", listed, ok)
	}
	var transition *TransitionError
	switch {
	case ok && err != nil:
		t.Fatalf("refused: %v", err)
	case ok:
		same(t, "events", kinds, c.action)
		if want := printedStatus(next, before); s.c.Status != want {
			t.Fatalf("the case is %s, want %s", s.c.Status, want)
		}
	case err == nil:
		t.Fatal("went through, but the table does not have it")
	case ever && !errors.As(err, &transition):
		t.Fatalf("want a TransitionError (the role may, at other times), got %v", err)
	case !ever && !errors.Is(err, ErrForbidden):
		t.Fatalf("want ErrForbidden (the role never may), got %v", err)
	}
}

// printedStatus turns the table's words into the status they mean for a case.
func printedStatus(words string, before Case) Status {
	switch {
	case words == "(stays)":
		return before.Status
	case strings.HasPrefix(words, "assigned, or acknowledged") && before.Officer == "":
		return Acknowledged
	}
	first, _, _ := strings.Cut(words, ",")
	return Status(first)
}

func TestUnknownAction(t *testing.T) {
	s := swatWater(t)
	_, err := s.try("vanish", citizen(owner), after(1))
	wantField(t, err, "action", "action_unknown")
}

func TestOnlyOpenStatusesAreOpen(t *testing.T) {
	var open []Status
	for _, s := range Statuses() {
		if s.Open() {
			open = append(open, s)
		}
	}
	same(t, "open", open, New, Acknowledged, Assigned, WaitingCitizen, Proposed)
}

// wantField fails unless err is wrong input on one named field.
func wantField(t testing.TB, err error, field, code string) {
	t.Helper()
	if !errors.Is(err, ErrInvalid) {
		t.Fatalf("want wrong input on %s, got %v", field, err)
	}
	var one *FieldError
	var many FieldErrors
	switch {
	case errors.As(err, &many):
		for _, f := range many {
			if f.Field == field && f.Code == code && f.Detail != "" {
				return
			}
		}
	case errors.As(err, &one):
		if one.Field == field && one.Code == code && one.Detail != "" {
			return
		}
	}
	t.Fatalf("want %s on field %s, got %#v", code, field, err)
}

package escalation_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"sync"
	"testing"
	"time"

	. "github.com/citizens-portal/portal/backend/backendtest"
	"github.com/citizens-portal/portal/backend/escalation"
	"github.com/citizens-portal/portal/backend/lifecycle"
	"github.com/citizens-portal/portal/backend/portal"
	"github.com/citizens-portal/portal/backend/store"
)

const day = 24 * time.Hour

var errBroken = errors.New("no way to tell")

// The made-up province escalates after 7 and 10 days and takes 5 days of
// silence for an answer.
func due(level int) time.Time { return Filed.Add([]time.Duration{7 * day, 10 * day}[level]) }

// file lodges count complaints in Oasis.
func file(n *Node, count int) []string {
	n.Helper()
	ids := make([]string, count)
	for i := range ids {
		f := Filing()
		n.Lodge(Citizen(fmt.Sprintf("citizen-%d", i)), f)
		ids[i] = f.ID
	}
	n.Notices()
	return ids
}

func escalate(n *Node, asOf time.Time) []escalation.Move {
	n.Helper()
	moves, err := n.Sweeper.Escalate(n.Ctx(), asOf)
	if err != nil {
		n.Fatal(err)
	}
	return moves
}

func TestInclusiveToTheMillisecond(t *testing.T) {
	both.Each(t, func(t *testing.T, n *Node) {
		id := file(n, 1)[0]
		n.Clock.Set(due(0).Add(time.Hour))
		if moves := escalate(n, due(0).Add(-time.Millisecond)); len(moves) != 0 || moves == nil {
			t.Fatalf("a millisecond early: %#v, want an empty list", moves)
		}
		moves := escalate(n, due(0))
		want := escalation.Move{Code: n.Case(id).Code, Case: id, From: 0, To: 1, DueAt: due(0), RanAt: n.Clock.Now()}
		if len(moves) != 1 || moves[0] != want {
			t.Fatalf("moves %+v, want %+v", moves, want)
		}
		if c := n.Case(id); c.Level != 1 || c.Office != "warden-oasis" || c.LodgedAt != Filed {
			t.Errorf("case %+v", c)
		}
		if again := escalate(n, due(0)); len(again) != 0 {
			t.Errorf("the same step again: %+v", again)
		}
	})
}

// TestMissedSteps: steps missed while the server was down run in order, dated as
// due, beside when they ran and from when it was asked; the citizen hears once.
func TestMissedSteps(t *testing.T) {
	both.Each(t, func(t *testing.T, n *Node) {
		id := file(n, 1)[0]
		asOf := Filed.Add(30 * day)
		n.Clock.Set(Filed.Add(40 * day))
		moves := escalate(n, asOf)
		if len(moves) != 2 || moves[0].DueAt != due(0) || moves[1].DueAt != due(1) || moves[1].From != 1 || moves[1].To != 2 {
			t.Fatalf("moves %+v", moves)
		}
		for i, e := range n.Events(id)[1:] {
			if e.Action != portal.ActEscalate || e.DueAt != due(i) || e.AsOf != asOf || e.At != n.Clock.Now() || e.Role != portal.RoleSystem {
				t.Errorf("event %+v", e)
			}
		}
		if c := n.Case(id); c.Level != 2 || !slices.Equal(c.Desks, []portal.OfficeID{"reeve-oasis-oasis", "warden-oasis", "governor"}) {
			t.Errorf("case %+v", c)
		}
		if told := n.Notices(); len(told) != 1 || told[0].Action != portal.ActEscalate {
			t.Errorf("told %+v", told)
		}
		if more := escalate(n, asOf.Add(1000*day)); len(more) != 0 {
			t.Errorf("beyond the top: %+v", more)
		}
	})
}

func TestDryRun(t *testing.T) {
	both.Each(t, func(t *testing.T, n *Node) {
		ids := file(n, 3)
		n.Clock.Set(Filed.Add(11 * day))
		plan, err := n.Sweeper.Plan(n.Ctx(), n.Clock.Now())
		if err != nil || len(plan) != 6 {
			t.Fatalf("plan %+v, %v", plan, err)
		}
		for _, id := range ids {
			if c := n.Case(id); c.Version != 1 || c.Level != 0 {
				t.Errorf("a dry run changed %+v", c)
			}
		}
		if told := n.Notices(); told != nil {
			t.Errorf("a dry run told %v", told)
		}
		moves := escalate(n, n.Clock.Now())
		byCase := func(a, b escalation.Move) int {
			return slices.Compare([]string{a.Case, fmt.Sprint(a.From)}, []string{b.Case, fmt.Sprint(b.From)})
		}
		slices.SortFunc(plan, byCase)
		slices.SortFunc(moves, byCase)
		if !reflect.DeepEqual(plan, moves) {
			t.Errorf("planned %+v, done %+v", plan, moves)
		}
		if plan, err := n.Sweeper.Plan(n.Ctx(), n.Clock.Now()); err != nil || plan == nil || len(plan) != 0 {
			t.Errorf("afterwards %#v, %v", plan, err)
		}
	})
}

// TestProposalDefers: while the citizen decides, no step runs; silence closes,
// inclusive to the millisecond, and a rejection runs the step at once.
func TestProposalDefers(t *testing.T) {
	both.Each(t, func(t *testing.T, n *Node) {
		ids := file(n, 2)
		proposed := Filed.Add(6 * day)
		n.Clock.Set(proposed)
		for _, id := range ids {
			n.Act(n.Officer("focal.oasis"), lifecycle.Ask{Case: id, Action: portal.ActPropose, Text: "dug"})
		}
		n.Clock.Set(Filed.Add(9 * day))
		if moves := escalate(n, n.Clock.Now()); len(moves) != 0 {
			t.Fatalf("escalated a proposal: %+v", moves)
		}
		n.Act(Citizen("citizen-1"), lifecycle.Ask{Case: ids[1], Action: portal.ActReject, Text: "dry"})
		if c := n.Case(ids[1]); c.Level != 1 || n.Events(ids[1])[3].DueAt != due(0) {
			t.Errorf("after a rejection: %+v", c)
		}
		n.Notices()
		silent := proposed.Add(5 * day)
		n.Clock.Set(silent.Add(time.Hour))
		if closed, err := n.Sweeper.Silence(n.Ctx(), silent.Add(-time.Millisecond)); err != nil || closed == nil || len(closed) != 0 {
			t.Fatalf("a millisecond early: %#v, %v", closed, err)
		}
		closed, err := n.Sweeper.Silence(n.Ctx(), silent)
		if err != nil || len(closed) != 1 || closed[0].Case != ids[0] || closed[0].DueAt != silent || closed[0].RanAt != n.Clock.Now() {
			t.Fatalf("closed %+v, %v", closed, err)
		}
		if c := n.Case(ids[0]); c.Status != portal.ClosedSilent || c.Level != 0 {
			t.Errorf("case %+v", c)
		}
		if told := n.Notices(); len(told) != 1 || told[0].Action != portal.ActSilence || told[0].Account != "citizen-0" {
			t.Errorf("told %+v", told)
		}
	})
}

// TestClaimedOnce: sweepers on several nodes share the work, and no case moves
// twice.
func TestClaimedOnce(t *testing.T) {
	both.Each(t, func(t *testing.T, n *Node) {
		const cases = 230 // more than two claims
		ids := file(n, cases)
		n.Clock.Set(due(0))
		seen := map[string]int{}
		var mu sync.Mutex
		var wg sync.WaitGroup
		for range 3 {
			node := n.Beside(n.Store)
			wg.Go(func() {
				moves, err := node.Sweeper.Escalate(n.Ctx(), due(0))
				if err != nil {
					t.Error(err)
				}
				mu.Lock()
				defer mu.Unlock()
				for _, m := range moves {
					seen[m.Case]++
				}
			})
		}
		wg.Wait()
		for _, id := range ids {
			if c := n.Case(id); seen[id] != 1 || c.Level != 1 || c.Version != 2 {
				t.Errorf("%s moved %d times: %+v", id, seen[id], c)
			}
		}
	})
}

// TestPolicyChanged: a timer that a change of policy left behind is mended, and
// the case is neither moved early nor claimed for ever.
func TestPolicyChanged(t *testing.T) {
	both.Each(t, func(t *testing.T, n *Node) {
		id := file(n, 1)[0]
		n.Update(func(tx store.Tx) error {
			c, err := tx.Case(n.Ctx(), store.ScopeOf(portal.Actor{Kind: portal.SystemActor}), id)
			if err != nil {
				return err
			}
			return tx.PutCase(n.Ctx(), c, store.Timers{Escalate: Filed.Add(3 * day), Silence: Filed.Add(3 * day)}, nil)
		})
		n.Clock.Set(Filed.Add(4 * day))
		if moves := escalate(n, n.Clock.Now()); len(moves) != 0 {
			t.Errorf("moved early: %+v", moves)
		}
		if closed, err := n.Sweeper.Silence(n.Ctx(), n.Clock.Now()); err != nil || len(closed) != 0 {
			t.Errorf("closed: %+v, %v", closed, err)
		}
		// Each ends with the store's check, which knows the right timers.
	})
}

// TestNothingIsReportedThatFailed: a sweep that cannot finish gives its error.
func TestNothingIsReportedThatFailed(t *testing.T) {
	both.Each(t, func(t *testing.T, n *Node) {
		id := file(n, 1)[0]
		n.Clock.Set(due(0))
		broken := lifecycle.Recorder{Notify: func(context.Context, store.Tx, portal.AccountID, portal.Action, portal.Code) error { return errBroken }}
		sweeper := escalation.New(n.Store, n.Directory.Current, broken, n.Clock.Now)
		if moves, err := sweeper.Escalate(n.Ctx(), due(0)); !errors.Is(err, errBroken) || len(moves) != 0 {
			t.Errorf("%+v, %v", moves, err)
		}
		if c := n.Case(id); c.Level != 0 || c.Version != 1 {
			t.Errorf("half a step: %+v", c)
		}
	})
}

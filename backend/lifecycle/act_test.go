package lifecycle_test

import (
	"errors"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	. "github.com/citizens-portal/portal/backend/backendtest"
	"github.com/citizens-portal/portal/backend/lifecycle"
	"github.com/citizens-portal/portal/backend/portal"
	"github.com/citizens-portal/portal/backend/store"
)

func unixMilli(t time.Time) string { return strconv.FormatInt(t.UnixMilli(), 10) }

// one is a filed complaint about a well in Oasis.
func one(n *Node) (portal.Actor, string) {
	n.Helper()
	filing := Filing()
	n.Lodge(Citizen("amir"), filing)
	return Citizen("amir"), filing.ID
}

func TestActOnce(t *testing.T) {
	both.Each(t, func(t *testing.T, n *Node) {
		_, id := one(n)
		ask := lifecycle.Ask{Case: id, Action: portal.ActAcknowledge}
		req := Request(n.Officer("focal.oasis"), ask)
		first, err := n.Lifecycle.Act(n.Ctx(), req, ask)
		if err != nil || first.Version != 2 {
			t.Fatalf("%+v, %v", first, err)
		}
		n.Clock.Forward(time.Minute)
		again, err := n.Lifecycle.Act(n.Ctx(), req, ask)
		if err != nil || !again.Duplicate || again.Version != 2 || again.Code != first.Code {
			t.Errorf("repeat: %+v, %v", again, err)
		}
		if c := n.Case(id); c.Version != 2 || c.Status != portal.Acknowledged {
			t.Errorf("case %+v", c)
		}
	})
}

// TestAnswerSurvivesLosingSight: who handed a case on still gets the answer to
// the operation that did it.
func TestAnswerSurvivesLosingSight(t *testing.T) {
	both.Each(t, func(t *testing.T, n *Node) {
		_, id := one(n)
		ask := lifecycle.Ask{Case: id, Action: portal.ActTransfer, ToOffice: "wells-oasis-oasis", Text: "a well"}
		req := Request(n.Officer("focal.oasis"), ask)
		for range 2 {
			if res, err := n.Lifecycle.Act(n.Ctx(), req, ask); err != nil || res.Version != 2 {
				t.Errorf("%+v, %v", res, err)
			}
		}
		if _, err := n.TryAct(n.Officer("focal.oasis"), lifecycle.Ask{Case: id, Action: portal.ActMessage, Text: "x"}); !errors.Is(err, portal.ErrNotFound) {
			t.Errorf("after handing it on: %v", err)
		}
	})
}

func TestActByCode(t *testing.T) {
	both.Each(t, func(t *testing.T, n *Node) {
		_, id := one(n)
		code := n.Case(id).Code
		if res := n.Act(n.Officer("focal.oasis"), lifecycle.Ask{Code: code, Action: portal.ActAcknowledge}); res.Case != id {
			t.Errorf("%+v", res)
		}
	})
}

func TestActIsRefused(t *testing.T) {
	both.Each(t, func(t *testing.T, n *Node) {
		amir, id := one(n)
		code := n.Case(id).Code
		for _, c := range []struct {
			name string
			by   portal.Actor
			ask  lifecycle.Ask
			want error
		}{
			{"another citizen", Citizen("zarmina"), lifecycle.Ask{Case: id, Action: portal.ActWithdraw}, portal.ErrNotFound},
			{"another citizen by code", Citizen("zarmina"), lifecycle.Ask{Code: code, Action: portal.ActWithdraw}, portal.ErrNotFound},
			{"another district", n.Officer("focal.harbour"), lifecycle.Ask{Case: id, Action: portal.ActAcknowledge}, portal.ErrNotFound},
			{"a disabled officer", n.Officer("gone.oasis"), lifecycle.Ask{Case: id, Action: portal.ActAcknowledge}, portal.ErrNotFound},
			{"an office above before its time", n.Officer("warden.oasis"), lifecycle.Ask{Case: id, Action: portal.ActAcknowledge}, portal.ErrNotFound},
			{"nobody", portal.Actor{}, lifecycle.Ask{Case: id, Action: portal.ActWithdraw}, portal.ErrNotFound},
			{"no such case", amir, lifecycle.Ask{Case: "x", Action: portal.ActWithdraw}, portal.ErrNotFound},
			{"a colleague who only reads", n.Officer("clerk.oasis"), lifecycle.Ask{Case: id, Action: portal.ActAcknowledge}, portal.ErrForbidden},
			{"the citizen as an office", amir, lifecycle.Ask{Case: id, Action: portal.ActAcknowledge}, portal.ErrForbidden},
			{"the clock's step", amir, lifecycle.Ask{Case: id, Action: portal.ActEscalate}, portal.ErrForbidden},
			{"silence", n.Officer("focal.oasis"), lifecycle.Ask{Case: id, Action: portal.ActSilence}, portal.ErrForbidden},
			{"lodge", amir, lifecycle.Ask{Case: id, Action: portal.ActLodge}, portal.ErrForbidden},
			{"too early", amir, lifecycle.Ask{Case: id, Action: portal.ActConfirm}, portal.ErrConflict},
			{"an old version", n.Officer("focal.oasis"), lifecycle.Ask{Case: id, Action: portal.ActAcknowledge, Expected: 9}, portal.ErrConflict},
			{"no words", n.Officer("focal.oasis"), lifecycle.Ask{Case: id, Action: portal.ActAsk}, portal.ErrInvalid},
			{"no such action", amir, lifecycle.Ask{Case: id, Action: "burn"}, portal.ErrInvalid},
		} {
			res, err := n.TryAct(c.by, c.ask)
			if !errors.Is(err, c.want) || res != (lifecycle.Result{}) {
				t.Errorf("%s: %+v, %v; want %v", c.name, res, err, c.want)
			}
		}
		if c := n.Case(id); c.Version != 1 {
			t.Errorf("a refusal changed the case: %+v", c)
		}
		if _, head := n.Feed(store.CitizenFeed("amir")); head.N != 1 {
			t.Errorf("a refusal left a feed entry: %+v", head)
		}
	})
}

// TestRefusedMayTryAgain: a refusal is not remembered, so the same operation
// may succeed once its reason is gone.
func TestRefusedMayTryAgain(t *testing.T) {
	both.Each(t, func(t *testing.T, n *Node) {
		amir, id := one(n)
		ask := lifecycle.Ask{Case: id, Action: portal.ActConfirm}
		req := Request(amir, ask)
		if _, err := n.Lifecycle.Act(n.Ctx(), req, ask); !errors.Is(err, portal.ErrConflict) {
			t.Fatal(err)
		}
		n.Act(n.Officer("focal.oasis"), lifecycle.Ask{Case: id, Action: portal.ActPropose, Text: "done"})
		if res, err := n.Lifecycle.Act(n.Ctx(), req, ask); err != nil || res.Duplicate {
			t.Errorf("%+v, %v", res, err)
		}
	})
}

// TestActionsNeverInterleave: of many who act on what they saw, one wins and the
// others learn that it has changed.
func TestActionsNeverInterleave(t *testing.T) {
	both.Each(t, func(t *testing.T, n *Node) {
		_, id := one(n)
		var wg sync.WaitGroup
		errs := make([]error, 10)
		for i := range errs {
			wg.Go(func() {
				_, errs[i] = n.TryAct(n.Officer("focal.oasis"), lifecycle.Ask{Case: id, Action: portal.ActMessage, Text: "x", Expected: 1})
			})
		}
		wg.Wait()
		won := 0
		for _, err := range errs {
			var old *portal.VersionError
			switch {
			case err == nil:
				won++
			case !errors.As(err, &old):
				t.Error(err)
			}
		}
		if won != 1 || n.Case(id).Version != 2 {
			t.Errorf("%d won; version %d", won, n.Case(id).Version)
		}
	})
}

// TestCitizenIsTold: an SMS goes with what asks for the citizen's answer or
// decides their case, and with nothing else.
func TestCitizenIsTold(t *testing.T) {
	both.Each(t, func(t *testing.T, n *Node) {
		amir, id := one(n)
		focal := n.Officer("focal.oasis")
		code := n.Case(id).Code
		step := func(by portal.Actor, ask lifecycle.Ask, want ...portal.Action) {
			t.Helper()
			n.Clock.Forward(time.Minute)
			ask.Case = id
			n.Act(by, ask)
			var told []portal.Action
			for _, note := range n.Notices() {
				if note.Account != "amir" || note.Code != code {
					t.Errorf("told %+v", note)
				}
				told = append(told, note.Action)
			}
			if !slices.Equal(told, want) {
				t.Errorf("%s told %v, want %v", ask.Action, told, want)
			}
		}
		step(focal, lifecycle.Ask{Action: portal.ActAcknowledge})
		step(focal, lifecycle.Ask{Action: portal.ActAssign, ToOfficer: "clerk.oasis"})
		step(focal, lifecycle.Ask{Action: portal.ActAsk, Text: "which well?"}, portal.ActAsk)
		step(amir, lifecycle.Ask{Action: portal.ActAnswer, Text: "the old one"})
		step(focal, lifecycle.Ask{Action: portal.ActMessage, Text: "thanks"})
		step(n.Officer("clerk.oasis"), lifecycle.Ask{Action: portal.ActPropose, Text: "dug"}, portal.ActPropose)
		step(amir, lifecycle.Ask{Action: portal.ActReject, Text: "still dry"})
		step(focal, lifecycle.Ask{Action: portal.ActPropose, Text: "dug deeper"}, portal.ActPropose)
		step(amir, lifecycle.Ask{Action: portal.ActConfirm})
		step(amir, lifecycle.Ask{Action: portal.ActRate, Rating: &portal.Rating{Time: 2, Quality: 4}})
		step(amir, lifecycle.Ask{Action: portal.ActReopen, Text: "dry again"})
		n.Clock.Set(Filed.Add(8 * 24 * time.Hour))
		step(focal, lifecycle.Ask{Action: portal.ActMessage, Text: "we come"}, portal.ActEscalate)
		step(n.Officer("warden.oasis"), lifecycle.Ask{Action: portal.ActInvalidate, Text: "no well there"}, portal.ActInvalidate)
	})
}

// TestNobodyToTell: without a way to notify, everything else works.
func TestNobodyToTell(t *testing.T) {
	both.Each(t, func(t *testing.T, n *Node) {
		_, id := one(n)
		n.Lifecycle.Recorder.Notify = nil
		n.Act(n.Officer("focal.oasis"), lifecycle.Ask{Case: id, Action: portal.ActAsk, Text: "which?"})
	})
}

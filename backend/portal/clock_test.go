package portal_test

import (
	"errors"
	"testing"
	"time"

	. "github.com/citizens-portal/portal/backend/portal"
)

func TestStepsRunToTheMillisecond(t *testing.T) {
	s := swatWater(t)
	for _, look := range []struct {
		at    time.Time
		level int
	}{
		{after(0), 0}, {after(15, -time.Millisecond), 0}, {after(15), 1}, {after(15, time.Second), 1},
		{after(22, -time.Millisecond), 1}, {after(22), 2}, {after(400), 2},
	} {
		events := s.sweep(look.at)
		if s.c.Level != look.level {
			t.Fatalf("at %s the level is %d, want %d", look.at, s.c.Level, look.level)
		}
		for _, e := range events {
			if !e.DueAt.Equal(look.at) || e.Level != e.FromLevel+1 {
				t.Fatalf("the step is dated %s from %d to %d", e.DueAt, e.FromLevel, e.Level)
			}
		}
	}
	s.is(New, 2, "cs")
	if s.c.Officer != "" {
		t.Fatal("nobody was assigned, and it climbed all the same")
	}
}

func TestFilingTimeIsKeptInMilliseconds(t *testing.T) {
	dir := directory(t, kpLike())
	at := filed.Add(777 * time.Microsecond).In(time.FixedZone("PKT", 5*3600))
	c, e, err := Lodge(dir, Case{ID: "i", District: "kp/hazara/haripur", Category: "water", Citizen: owner}, Complaint{Text: "t"}, at)
	if err != nil {
		t.Fatal(err)
	}
	if c.LodgedAt != filed || e.At != filed {
		t.Fatalf("filed at %s, event at %s, want %s", c.LodgedAt, e.At, filed)
	}
}

func TestDowntimeIsCaughtUpInOrder(t *testing.T) {
	s := swatWater(t)
	ran := after(90)
	events := s.sweep(ran)
	same(t, "events", kindsOf(events), ActEscalate, ActEscalate)
	for i, want := range []time.Time{after(15), after(22)} {
		if e := events[i]; e.DueAt != want || e.At != ran || e.AsOf != ran || e.FromLevel != i || e.Level != i+1 {
			t.Errorf("step %d: due %s ran %s from %d to %d", i, e.DueAt, e.At, e.FromLevel, e.Level)
		}
	}
}

func TestTheClockCannotBeForced(t *testing.T) {
	early := swatWater(t)
	_, err := early.try(ActEscalate, clockActor(), after(15, -time.Millisecond))
	wantField(t, err, "as_of", "not_due")

	early.do(ActPropose, early.officer("focal.dc-swat"), after(1))
	_, err = early.try(ActSilence, clockActor(), after(16, -time.Millisecond))
	wantField(t, err, "as_of", "not_due")

	top := swatWater(t)
	top.sweep(after(22))
	var transition *TransitionError
	if _, err := top.try(ActEscalate, clockActor(), after(500)); !errors.As(err, &transition) {
		t.Fatalf("there is nothing above the top, got %v", err)
	}
}

func TestNoActionSlipsInBeforeADueStep(t *testing.T) {
	late := after(15, 30*time.Second) // due, but no sweep came by yet
	for _, action := range []Action{ActAcknowledge, ActAssign, ActTransfer, ActAsk, ActMessage, ActPropose} {
		t.Run(string(action), func(t *testing.T) {
			s := swatWater(t)
			kinds := s.do(action, s.officer("focal.dc-swat"), late, to("staff.dc-swat"), office("water-swat"))
			same(t, "events", kinds, ActEscalate, action)
			if e := s.events[1]; e.DueAt != after(15) || e.At != late || s.c.Level != 1 || s.c.Office != "com-malakand" {
				t.Fatalf("the step is due %s, ran %s, level %d with %s", e.DueAt, e.At, s.c.Level, s.c.Office)
			}
		})
	}
	t.Run("invalidate", func(t *testing.T) {
		s := swatWater(t)
		if _, err := s.try(ActInvalidate, s.officer("focal.dc-swat"), late); !errors.Is(err, ErrForbidden) {
			t.Fatalf("it is the Commissioner's by now, got %v", err)
		}
	})
	t.Run("withdraw", func(t *testing.T) {
		s := swatWater(t)
		same(t, "events", s.do(ActWithdraw, citizen(owner), late), ActEscalate, ActWithdraw)
	})
	t.Run("version", func(t *testing.T) {
		s := swatWater(t)
		s.do(ActAcknowledge, s.officer("focal.dc-swat"), late, expect(1))
		if s.c.Version != 3 {
			t.Fatalf("version %d, want 3", s.c.Version)
		}
	})
}

func TestRejectionRunsDeferredStepsAtOnce(t *testing.T) {
	s := swatWater(t)
	dc := s.officer("focal.dc-swat")
	s.do(ActPropose, dc, after(14))
	if _, ok := EscalationDue(s.dir, s.c); ok {
		t.Fatal("a proposal defers the step")
	}
	if at, ok := Deadline(s.dir, s.c); !ok || at != after(15) {
		t.Fatalf("the promise stays on show: got %s", at)
	}
	if events := s.sweep(after(23)); len(events) != 0 {
		t.Fatalf("deferred, but %v", kindsOf(events))
	}
	at := after(23, time.Hour)
	same(t, "events", s.do(ActReject, citizen(owner), at), ActReject, ActEscalate, ActEscalate)
	n := len(s.events)
	if a, b := s.events[n-2], s.events[n-1]; a.DueAt != after(15) || b.DueAt != after(22) || a.At != at || b.At != at {
		t.Fatalf("dated %s and %s", a.DueAt, b.DueAt)
	}
	s.is(Acknowledged, 2, "cs")

	in := swatWater(t)
	in.do(ActPropose, dc, after(3))
	same(t, "a rejection in time", in.do(ActReject, citizen(owner), after(15, -time.Millisecond)), ActReject)
	in.is(Acknowledged, 0, "dc-swat")
}

func TestSilenceIsInclusiveAndDatedAsDue(t *testing.T) {
	s := swatWater(t)
	s.do(ActPropose, s.officer("focal.dc-swat"), after(10, 5*time.Millisecond))
	due := after(25, 5*time.Millisecond)
	if events := s.sweep(due.Add(-time.Millisecond)); len(events) != 0 {
		t.Fatalf("too early: %v", kindsOf(events))
	}
	s.do(ActMessage, citizen(owner), due.Add(-time.Millisecond))
	if at, _ := SilenceDue(s.dir, s.c); at != due {
		t.Fatalf("a message moved the closure to %s", at)
	}
	events := s.sweep(due)
	same(t, "events", kindsOf(events), ActSilence)
	if events[0].DueAt != due || s.c.Status != ClosedSilent || s.c.ClosedAt != due {
		t.Fatalf("due %s, %s, closed %s", events[0].DueAt, s.c.Status, s.c.ClosedAt)
	}
	if events := s.sweep(due.Add(100 * day)); len(events) != 0 {
		t.Fatalf("closed is closed: %v", kindsOf(events))
	}
}

// TestAnswerBeatsLateSweep: what the citizen said counts until the closure has
// happened, even when a sweep is late.
func TestAnswerBeatsLateSweep(t *testing.T) {
	s := swatWater(t)
	s.do(ActPropose, s.officer("focal.dc-swat"), after(1))
	same(t, "events", s.do(ActReject, citizen(owner), after(16, time.Minute)), ActReject, ActEscalate)
}

func TestReopeningKeepsTheClock(t *testing.T) {
	s := swatWater(t)
	s.do(ActPropose, s.officer("focal.dc-swat"), after(2))
	s.do(ActConfirm, citizen(owner), after(3))
	if events := s.sweep(after(30)); len(events) != 0 {
		t.Fatalf("a closed case does not climb: %v", kindsOf(events))
	}
	kinds := s.do(ActReopen, citizen(owner), after(30))
	same(t, "events", kinds, ActReopen, ActEscalate, ActEscalate)
	if e := s.events[len(s.events)-3]; e.Level != 0 {
		t.Fatalf("reopening itself keeps the level, got %d", e.Level)
	}
	s.is(Acknowledged, 2, "cs")
	if s.c.LodgedAt != filed || !s.c.ClosedAt.IsZero() || !s.c.ProposedAt.IsZero() {
		t.Fatalf("times after reopening: %+v", s.c)
	}
}

func TestLadder(t *testing.T) {
	s := swatWater(t)
	same(t, "ladder", Ladder(s.dir, s.c), filed, after(15), after(22))
	nl := lodged(t, directory(t, northland()), "nl/east", "wolves")
	same(t, "ladder", Ladder(nl.dir, nl.c), filed, after(3))
}

// TestOtherProvinceOtherDays: nothing of the rules is KP's.
func TestOtherProvinceOtherDays(t *testing.T) {
	dir := directory(t, northland())
	bridge := lodged(t, dir, "nl/west", "bridge")
	for _, look := range []struct {
		at     time.Time
		level  int
		holder OfficeID
	}{{after(7, -time.Millisecond), 0, "mayor-west"}, {after(7), 1, "governor"}, {after(10, -time.Millisecond), 1, "governor"}, {after(10), 2, "crown"}} {
		bridge.sweep(look.at)
		bridge.is(New, look.level, look.holder)
	}
	wolves := lodged(t, dir, "nl/east", "wolves")
	wolves.sweep(after(1000))
	wolves.is(New, 1, "governor")

	quiet := lodged(t, dir, "nl/east", "bridge")
	quiet.do(ActPropose, quiet.officer("head.mayor-east"), after(1))
	quiet.sweep(after(5, -time.Millisecond))
	quiet.is(Proposed, 0, "mayor-east")
	quiet.sweep(after(5))
	quiet.is(ClosedSilent, 0, "mayor-east")
}

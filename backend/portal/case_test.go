package portal_test

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	. "github.com/citizens-portal/portal/backend/portal"
)

func TestLodgeNamesEveryWrongField(t *testing.T) {
	dir := directory(t, kpLike())
	good := Case{ID: "i", District: "kp/malakand/swat", Category: "water", Citizen: owner}
	body := Complaint{Text: "پانی نہیں", Area: "kp/malakand/swat/babuzai", Language: "ur", SecretHash: photo.SHA256, Files: []File{photo}}
	if _, _, err := Lodge(dir, good, body, filed); err != nil {
		t.Fatal(err)
	}
	for _, bad := range []struct {
		field, code string
		spoil       func(*Case, *Complaint)
	}{
		{"id", "id_missing", func(c *Case, _ *Complaint) { c.ID = "" }},
		{"district", "district_unknown", func(c *Case, _ *Complaint) { c.District = "atlantis" }},
		{"district", "district_unknown", func(c *Case, _ *Complaint) { c.District = "kp/malakand" }},
		{"category", "category_unknown", func(c *Case, _ *Complaint) { c.Category = "no-such" }},
		{"category", "category_unknown", func(c *Case, _ *Complaint) { c.Category = "municipal" }},
		{"area", "area_unknown", func(_ *Case, b *Complaint) { b.Area = "kp/malakand/swat/nowhere" }},
		{"area", "area_unknown", func(_ *Case, b *Complaint) { b.Area = "kp/malakand/buner" }},
		{"area", "area_unknown", func(_ *Case, b *Complaint) { b.Area = "kp/malakand" }},
		{"text", "text_missing", func(_ *Case, b *Complaint) { b.Text = " \n\t" }},
		{"text", "text_long", func(_ *Case, b *Complaint) { b.Text = strings.Repeat("پ", MaxComplaintText+1) }},
		{"text", "text_encoding", func(_ *Case, b *Complaint) { b.Text = "a\xff" }},
		{"place", "text_long", func(_ *Case, b *Complaint) { b.Place = strings.Repeat("x", 301) }},
		{"language", "language_unknown", func(_ *Case, b *Complaint) { b.Language = "tlh" }},
		{"secret_hash", "hash_shape", func(_ *Case, b *Complaint) { b.SecretHash = strings.Repeat("g", 64) }},
		{"files", "files_many", func(_ *Case, b *Complaint) { b.Files = slices.Repeat([]File{photo}, MaxFiles+1) }},
		{"files", "hash_shape", func(_ *Case, b *Complaint) { b.Files = []File{{SHA256: "abc", Size: 1}} }},
		{"files", "file_size", func(_ *Case, b *Complaint) { b.Files = []File{{SHA256: photo.SHA256}} }},
		{"files", "file_type", func(_ *Case, b *Complaint) { b.Files = []File{{SHA256: photo.SHA256, Size: 1, Type: "text/html"}} }},
		{"files", "file_type", func(_ *Case, b *Complaint) { b.Files = []File{photo, {SHA256: photo.SHA256, Size: 1}} }},
		{"files", "file_size", func(_ *Case, b *Complaint) { b.Files = []File{{SHA256: photo.SHA256, Size: MaxFileSize + 1}} }},
		{"files", "files_size", func(_ *Case, b *Complaint) {
			b.Files = slices.Repeat([]File{{SHA256: photo.SHA256, Size: MaxFileSize}}, 5)
		}},
	} {
		c, b := good, body
		bad.spoil(&c, &b)
		_, _, err := Lodge(dir, c, b, filed)
		wantField(t, err, bad.field, bad.code)
	}
	_, _, err := Lodge(dir, Case{}, Complaint{}, filed)
	for _, f := range []string{"id", "district", "category", "text"} {
		if !strings.Contains(err.Error(), f+":") {
			t.Errorf("all wrong fields are told at once; %s is missing in %q", f, err)
		}
	}
}

func TestLodgeTrustsNothingButTheFiling(t *testing.T) {
	dir := directory(t, kpLike())
	forged := Case{
		ID: "i", Code: "KP-26-2345-6789", District: "kp/malakand/swat", Category: "water", Citizen: owner, Kind: KindApplication,
		Status: ClosedConfirmed, Level: 2, Office: "cs", Officer: "staff.dc-swat", Desks: []OfficeID{"cs", "dc-haripur"}, LodgedAt: after(-99), Version: 9,
		ProposedAt: filed, ClosedAt: filed, Rejections: 3, Reopened: true, Appealed: true, Rating: &Rating{Time: 5, Quality: 5},
	}
	c, e, err := Lodge(dir, forged, Complaint{Text: "t"}, filed)
	if err != nil {
		t.Fatal(err)
	}
	want := Case{
		ID: "i", Code: "KP-26-2345-6789", District: "kp/malakand/swat", Category: "water", Citizen: owner, Kind: KindComplaint,
		Status: New, Office: "dc-swat", Desks: []OfficeID{"dc-swat"}, LodgedAt: filed, Version: 1,
	}
	if !reflect.DeepEqual(c, want) {
		t.Fatalf("got %+v, want %+v", c, want)
	}
	if e.N != 1 || e.Action != ActLodge || e.Account != owner || e.ToOffice != "dc-swat" || e.Status != New {
		t.Fatalf("first event %+v", e)
	}
}

func TestTransferKeepsCodeAndClock(t *testing.T) {
	s := swatWater(t)
	due, _ := EscalationDue(s.dir, s.c)
	s.do(ActAssign, s.officer("focal.dc-swat"), after(1), to("staff.dc-swat"))
	s.do(ActTransfer, s.officer("head.dc-swat"), after(2), office("water-swat"))
	s.is(New, 0, "water-swat")
	same(t, "desks", s.c.Desks, "water-swat")
	if now, _ := EscalationDue(s.dir, s.c); now != due || s.c.Code != "KP-26-2345-6789" || s.c.Officer != "" {
		t.Fatalf("due %s (was %s), code %s, officer %q", now, due, s.c.Code, s.c.Officer)
	}
	if _, err := s.try(ActMessage, s.officer("focal.dc-swat"), after(3)); !errors.Is(err, ErrNotFound) {
		t.Fatalf("the desk it left no longer sees it, got %v", err)
	}
	s.do(ActTransfer, s.officer("focal.water-swat"), after(4), office("dc-swat"))
	s.is(New, 0, "dc-swat")
}

func TestTransferAfterEscalation(t *testing.T) {
	up := func(t *testing.T) *story {
		s := swatWater(t)
		s.do(ActAssign, s.officer("focal.dc-swat"), after(1), to("staff.dc-swat"))
		s.sweep(after(15))
		s.is(Assigned, 1, "com-malakand")
		same(t, "desks", s.c.Desks, "dc-swat", "com-malakand")
		return s
	}
	t.Run("below hands on its part", func(t *testing.T) {
		s := up(t)
		s.do(ActTransfer, s.officer("focal.dc-swat"), after(16), office("water-swat"))
		s.is(New, 1, "com-malakand")
		same(t, "desks", s.c.Desks, "com-malakand", "water-swat")
	})
	t.Run("below does not take it from an officer above", func(t *testing.T) {
		s := up(t)
		s.do(ActAssign, s.officer("focal.com-malakand"), after(16), to("staff.com-malakand"))
		s.do(ActTransfer, s.officer("focal.dc-swat"), after(17), office("water-swat"))
		s.is(Assigned, 1, "com-malakand")
		if s.c.Officer != "staff.com-malakand" {
			t.Fatalf("officer %q", s.c.Officer)
		}
	})
	t.Run("the holder hands on and goes on holding it", func(t *testing.T) {
		s := up(t)
		s.do(ActTransfer, s.officer("focal.com-malakand"), after(16), office("any-swat"))
		s.is(New, 1, "com-malakand")
		same(t, "desks", s.c.Desks, "dc-swat", "com-malakand", "any-swat")
		if s.c.Officer != "" {
			t.Fatalf("officer %q", s.c.Officer)
		}
		s.sweep(after(22))
		s.is(New, 2, "cs")
		same(t, "desks", s.c.Desks, "dc-swat", "com-malakand", "any-swat", "cs")
	})
}

func TestTransferOnlyToWhoAnswersForIt(t *testing.T) {
	for target, code := range map[OfficeID]string{
		"": "office_unknown", "nowhere": "office_unknown", "dc-buner": "office_unknown", "water-haripur": "office_unknown", "com-malakand": "office_unknown", "panel": "office_unknown",
		"roads-malakand": "office_unknown", // of another category
		"dc-swat":        "office_same",
	} {
		s := swatWater(t)
		_, err := s.try(ActTransfer, s.officer("focal.dc-swat"), after(1), office(target))
		wantField(t, err, "office", code)
	}
	s := swatWater(t)
	_, err := s.try(ActTransfer, s.officer("focal.dc-swat"), after(1), office("water-swat"), text(""))
	wantField(t, err, "reason", "text_missing")
}

func TestAssignOnlyDownwards(t *testing.T) {
	s := swatWater(t)
	dc, com := s.officer("focal.dc-swat"), s.officer("focal.com-malakand")
	for _, id := range []OfficerID{"", "nobody", "gone.dc-swat", "admin.dc-swat", "analyst.dc-swat", "staff.dc-buner", "staff.com-malakand"} {
		_, err := s.try(ActAssign, dc, after(1), to(id))
		wantField(t, err, "to", "officer_unknown")
	}
	s.sweep(after(15))
	_, err := s.try(ActAssign, dc, after(16), to("staff.com-malakand"))
	wantField(t, err, "to", "officer_elsewhere")

	s.do(ActAssign, com, after(16), to("staff.dc-swat")) // the holder may, downwards
	s.do(ActAssign, dc, after(17), to("staff2.dc-swat"))
	s.do(ActAssign, com, after(18), to("staff.com-malakand"))
	_, err = s.try(ActAssign, dc, after(19), to("staff.dc-swat"))
	wantField(t, err, "to", "officer_above")
	s.is(Assigned, 1, "com-malakand")

	if _, err := s.try(ActAssign, s.officer("staff.com-malakand"), after(19), to("staff.com-malakand")); !errors.Is(err, ErrForbidden) {
		t.Fatalf("a handler does not distribute, got %v", err)
	}
}

func TestInvalidIsTheHoldersWordOnly(t *testing.T) {
	s := swatWater(t)
	_, err := s.try(ActInvalidate, s.officer("focal.dc-swat"), after(1), text(" "))
	wantField(t, err, "reason", "text_missing")

	s.sweep(after(15))
	dc := s.officer("head.dc-swat")
	if _, err := s.try(ActInvalidate, dc, after(16)); !errors.Is(err, ErrForbidden) {
		t.Fatalf("the office it climbed from may not end it, got %v", err)
	}
	if slices.Contains(AllowedActions(s.dir, s.c, dc, after(16)), ActInvalidate) {
		t.Fatal("nor is it offered")
	}
	s.do(ActInvalidate, s.officer("head.com-malakand"), after(16), text("the road is private land"))
	s.is(InvalidStatus, 1, "com-malakand")
	if e := s.events[len(s.events)-1]; e.Text != "the road is private land" {
		t.Fatalf("the citizen sees the reason, got %q", e.Text)
	}
	s.do(ActReopen, citizen(owner), after(17))
	s.do(ActInvalidate, s.officer("head.com-malakand"), after(18))
	s.do(ActAppeal, citizen(owner), after(19))
	s.is(New, 2, "cs")
}

func TestAppealGoesUpOneDecisionAtATime(t *testing.T) {
	s := swatWater(t)
	appeal := func(at int) error { _, err := s.try(ActAppeal, citizen(owner), after(at)); return err }
	var transition *TransitionError
	if err := appeal(1); !errors.As(err, &transition) {
		t.Fatalf("nothing was decided yet, got %v", err)
	}
	dc, com, cs := s.officer("focal.dc-swat"), s.officer("focal.com-malakand"), s.officer("head.cs")
	s.do(ActAssign, dc, after(1), to("staff.dc-swat"))
	s.do(ActPropose, s.officer("staff.dc-swat"), after(2))
	s.do(ActReject, citizen(owner), after(3))
	s.is(Assigned, 0, "dc-swat")
	_, err := s.try(ActAppeal, citizen(owner), after(3), text(""))
	wantField(t, err, "reason", "text_missing")

	s.do(ActAsk, dc, after(3)) // a question does not block the appeal
	s.do(ActAppeal, citizen(owner), after(4))
	s.is(New, 1, "com-malakand")
	if s.c.Officer != "" || !s.c.Appealed {
		t.Fatalf("officer %q, appealed %v", s.c.Officer, s.c.Appealed)
	}
	s.onlyReads("head.dc-swat", "focal.dc-swat", "staff.dc-swat")
	s.is(New, 1, "com-malakand")
	if err := appeal(5); !errors.As(err, &transition) {
		t.Fatalf("the Commissioner has decided nothing yet, got %v", err)
	}
	_, err = s.try(ActAssign, com, after(5), to("staff.dc-swat"))
	wantField(t, err, "to", "officer_appealed")
	_, err = s.try(ActTransfer, com, after(5), office("water-swat"))
	wantField(t, err, "office", "office_appealed")

	s.do(ActAssign, com, after(6), to("staff.com-malakand"))
	s.do(ActPropose, com, after(7))
	s.do(ActConfirm, citizen(owner), after(8))
	s.do(ActAppeal, citizen(owner), after(9))
	s.is(New, 2, "cs")
	s.onlyReads("focal.dc-swat", "focal.com-malakand", "staff.com-malakand")

	s.do(ActInvalidate, cs, after(10))
	s.do(ActAppeal, citizen(owner), after(11))
	s.is(New, 2, "panel")
	s.onlyReads("focal.com-malakand", "head.cs")
	if events := s.sweep(after(300)); len(events) != 0 {
		t.Fatalf("nothing is above the panel: %v", kindsOf(events))
	}
	s.do(ActInvalidate, s.officer("head.panel"), after(301))
	_, err = s.try(ActAppeal, citizen(owner), after(302))
	wantField(t, err, "case", "appeal_top")
}

// onlyReads tries every action as officers who may look but not touch.
func (s *story) onlyReads(ids ...OfficerID) {
	s.Helper()
	for _, id := range ids {
		actor := s.officer(id)
		if role, ok := actor.RoleIn(s.c); !ok || role != RoleReader {
			s.Fatalf("%s is %q", id, role)
		}
		for _, action := range Actions() {
			at := s.events[len(s.events)-1].At
			if _, err := s.try(action, actor, at, to(id), office("water-swat")); !errors.Is(err, ErrForbidden) {
				s.Fatalf("%s by %s: %v", action, id, err)
			}
		}
		if got := AllowedActions(s.dir, s.c, actor, after(9)); len(got) != 0 {
			s.Fatalf("%s is offered %v", id, got)
		}
	}
}

func TestEscalatedAppealLeavesNobodyStranded(t *testing.T) {
	s := swatWater(t)
	s.do(ActPropose, s.officer("focal.dc-swat"), after(1))
	s.do(ActReject, citizen(owner), after(2))
	s.do(ActAppeal, citizen(owner), after(3))
	s.do(ActAssign, s.officer("focal.com-malakand"), after(4), to("staff.com-malakand"))
	if events := s.sweep(after(15)); len(events) != 0 {
		t.Fatalf("the first step was taken by the appeal: %v", kindsOf(events))
	}
	s.sweep(after(22))
	s.is(Acknowledged, 2, "cs") // not "assigned" to somebody who may only read
	if s.c.Officer != "" {
		t.Fatalf("officer %q", s.c.Officer)
	}
	s.onlyReads("staff.com-malakand", "focal.dc-swat")
}

// TestNoAppealAgainstWhoHasNotDecided: a refusal of the office below says
// nothing about the one that it went up to since.
func TestNoAppealAgainstWhoHasNotDecided(t *testing.T) {
	s := swatWater(t)
	s.do(ActPropose, s.officer("focal.dc-swat"), after(14))
	same(t, "events", s.do(ActReject, citizen(owner), after(16)), ActReject, ActEscalate)
	var transition *TransitionError
	if _, err := s.try(ActAppeal, citizen(owner), after(17)); !errors.As(err, &transition) {
		t.Fatalf("the Commissioner has decided nothing yet, got %v", err)
	}
	s.do(ActPropose, s.officer("focal.com-malakand"), after(18))
	s.do(ActReject, citizen(owner), after(19))
	s.do(ActAppeal, citizen(owner), after(19))
	s.is(New, 2, "cs")
}

func TestAppealAfterTheDatesClimbsAtOnce(t *testing.T) {
	s := swatWater(t)
	s.do(ActPropose, s.officer("focal.dc-swat"), after(10))
	s.sweep(after(25))
	s.is(ClosedSilent, 0, "dc-swat")
	same(t, "events", s.do(ActAppeal, citizen(owner), after(26)), ActAppeal, ActEscalate)
	if e := s.events[len(s.events)-1]; e.DueAt != after(22) {
		t.Fatalf("dated %s", e.DueAt)
	}
	s.is(New, 2, "cs")
}

func TestWindowsToReopenAndAppeal(t *testing.T) {
	closed := func() *story {
		s := swatWater(t)
		s.do(ActPropose, s.officer("focal.dc-swat"), after(1))
		s.do(ActConfirm, citizen(owner), after(2))
		return s
	}
	closed().do(ActReopen, citizen(owner), after(32))
	closed().do(ActAppeal, citizen(owner), after(32))
	late := closed()
	_, err := late.try(ActReopen, citizen(owner), after(32, time.Millisecond))
	wantField(t, err, "case", "reopen_late")
	_, err = late.try(ActAppeal, citizen(owner), after(32, time.Millisecond))
	wantField(t, err, "case", "appeal_late")
	same(t, "offered late", AllowedActions(late.dir, late.c, citizen(owner), after(33)), ActRate)
	same(t, "offered in time", AllowedActions(late.dir, late.c, citizen(owner), after(31)), ActRate, ActReopen, ActAppeal)
}

func TestReopenOnce(t *testing.T) {
	s := swatWater(t)
	dc := s.officer("focal.dc-swat")
	s.do(ActPropose, dc, after(1))
	s.do(ActConfirm, citizen(owner), after(2))
	_, err := s.try(ActReopen, citizen(owner), after(3), text("  "))
	wantField(t, err, "reason", "text_missing")
	s.do(ActReopen, citizen(owner), after(3))
	s.do(ActPropose, dc, after(4))
	s.do(ActConfirm, citizen(owner), after(5))
	_, err = s.try(ActReopen, citizen(owner), after(6))
	wantField(t, err, "case", "reopened_once")
	s.do(ActAppeal, citizen(owner), after(6))
	s.is(New, 1, "com-malakand")
}

func TestOnlyTheCitizenCloses(t *testing.T) {
	s := swatWater(t)
	s.do(ActPropose, s.officer("head.dc-swat"), after(1))
	for _, id := range []OfficerID{"head.dc-swat", "focal.dc-swat"} {
		for _, action := range []Action{ActConfirm, ActReject, ActSilence, ActRate, ActWithdraw} {
			if _, err := s.try(action, s.officer(id), after(40)); !errors.Is(err, ErrForbidden) {
				t.Errorf("%s by %s: %v", action, id, err)
			}
		}
		for _, action := range []Action{ActPropose, ActInvalidate, ActTransfer, ActAssign} {
			var transition *TransitionError
			if _, err := s.try(action, s.officer(id), after(2)); !errors.As(err, &transition) {
				t.Errorf("%s on a proposal: %v", action, err)
			}
		}
	}
	if _, err := s.try(ActConfirm, citizen(stranger), after(2)); !errors.Is(err, ErrNotFound) {
		t.Errorf("a stranger's confirmation: %v", err)
	}
	if _, err := s.try(ActConfirm, citizen(""), after(2)); !errors.Is(err, ErrNotFound) {
		t.Errorf("nobody's confirmation: %v", err)
	}
}

func TestProposalNeedsEvidenceWhereTheCategorySaysSo(t *testing.T) {
	s := lodged(t, directory(t, kpLike()), "kp/malakand/swat", "road")
	dc := s.officer("focal.dc-swat")
	_, err := s.try(ActPropose, dc, after(1), files())
	wantField(t, err, "evidence", "evidence_missing")
	_, err = s.try(ActPropose, dc, after(1), text(""))
	wantField(t, err, "text", "text_missing")
	_, err = s.try(ActPropose, dc, after(1), func(c *Command) { c.Disposition = "dropped" })
	wantField(t, err, "disposition", "disposition_unknown")
	s.do(ActPropose, dc, after(1), func(c *Command) { c.Disposition = NotPossible })
	if e := s.events[1]; e.Disposition != NotPossible || len(e.Files) != 1 || e.Officer != "focal.dc-swat" || e.Office != "dc-swat" {
		t.Fatalf("event %+v", e)
	}
	plain := swatWater(t)
	plain.do(ActPropose, dc, after(1), files())
	if e := plain.events[1]; e.Disposition != ReliefGranted {
		t.Fatalf("disposition %q", e.Disposition)
	}
}

func TestAnswerGoesToWhoeverHasIt(t *testing.T) {
	nobody := swatWater(t)
	nobody.do(ActAsk, nobody.officer("focal.dc-swat"), after(1))
	nobody.do(ActAnswer, citizen(owner), after(2))
	nobody.is(Acknowledged, 0, "dc-swat")

	somebody := swatWater(t)
	somebody.do(ActAssign, somebody.officer("focal.dc-swat"), after(1), to("staff.dc-swat"))
	somebody.do(ActAsk, somebody.officer("staff.dc-swat"), after(2))
	somebody.do(ActAnswer, citizen(owner), after(14))
	somebody.is(Assigned, 0, "dc-swat")
	if at, _ := EscalationDue(somebody.dir, somebody.c); at != after(15) {
		t.Fatalf("asking stopped the clock: %s", at)
	}
}

func TestWaitingForTheCitizenDoesNotStopTheClock(t *testing.T) {
	s := swatWater(t)
	s.do(ActAsk, s.officer("focal.dc-swat"), after(14))
	s.sweep(after(15))
	s.is(WaitingCitizen, 1, "com-malakand")
}

func TestRatingCanBeReplaced(t *testing.T) {
	s := swatWater(t)
	s.do(ActPropose, s.officer("focal.dc-swat"), after(1))
	s.do(ActConfirm, citizen(owner), after(2))
	first := &Rating{Time: 1, Quality: 5, Comment: "slow"}
	s.do(ActRate, citizen(owner), after(3), func(c *Command) { c.Rating = first })
	first.Time = 5 // what the caller does to it later changes nothing
	if s.c.Rating.Time != 1 {
		t.Fatalf("rating %+v", s.c.Rating)
	}
	s.do(ActRate, citizen(owner), after(4), func(c *Command) { c.Rating = &Rating{Time: 2, Quality: 2} })
	if *s.c.Rating != (Rating{Time: 2, Quality: 2}) || s.events[3].Rating.Quality != 5 {
		t.Fatalf("now %+v, then %+v", s.c.Rating, s.events[3].Rating)
	}
	for _, bad := range []struct {
		rating      *Rating
		field, code string
	}{
		{nil, "rating", "rating_missing"}, {&Rating{Time: 9, Quality: 4}, "time", "rating_range"}, {&Rating{Time: 4}, "quality", "rating_range"},
		{&Rating{Time: -1, Quality: 6}, "quality", "rating_range"}, {&Rating{Time: 1, Quality: 1, Comment: strings.Repeat("x", MaxText+1)}, "comment", "text_long"},
	} {
		_, err := s.try(ActRate, citizen(owner), after(5), func(c *Command) { c.Rating = bad.rating })
		wantField(t, err, bad.field, bad.code)
	}
}

func TestWithdrawnIsTheEnd(t *testing.T) {
	s := swatWater(t)
	s.do(ActWithdraw, citizen(owner), after(1), text(""))
	if s.c.ClosedAt != after(1) {
		t.Fatalf("closed at %s", s.c.ClosedAt)
	}
	same(t, "offered", AllowedActions(s.dir, s.c, citizen(owner), after(2)))
	same(t, "offered", AllowedActions(s.dir, s.c, s.officer("focal.dc-swat"), after(2)))
	if events := s.sweep(after(100)); len(events) != 0 {
		t.Fatalf("events %v", kindsOf(events))
	}
}

func TestWordsAndFilesAreBoundedOnEveryAction(t *testing.T) {
	for _, action := range Actions() {
		for _, actor := range []Actor{citizen(owner), swatWater(t).officer("focal.dc-swat")} {
			for _, status := range Statuses() {
				s := inStatus(t, status, "staff.dc-swat")
				if !slices.Contains(AllowedActions(s.dir, s.c, actor, after(1)), action) {
					continue
				}
				if _, err := s.try(action, actor, after(1), to("staff.dc-swat"), office("water-swat"), text(strings.Repeat("x", MaxText+1))); !errors.Is(err, ErrInvalid) {
					t.Errorf("%s with a book of text: %v", action, err)
				}
				if _, err := s.try(action, actor, after(1), to("staff.dc-swat"), office("water-swat"), files(File{SHA256: "?", Size: 1})); !errors.Is(err, ErrInvalid) {
					t.Errorf("%s with a wrong file: %v", action, err)
				}
			}
		}
	}
}

func TestVersionGuardsAgainstStaleEyes(t *testing.T) {
	s := swatWater(t)
	dc := s.officer("focal.dc-swat")
	s.do(ActAcknowledge, dc, after(1), expect(1))
	_, err := s.try(ActPropose, dc, after(2), expect(1))
	var version *VersionError
	if !errors.As(err, &version) || version.Expected != 1 || version.Actual != 2 || !errors.Is(err, ErrConflict) {
		t.Fatalf("got %v", err)
	}
	s.do(ActPropose, dc, after(2), expect(2))
}

func TestActLeavesItsInputAlone(t *testing.T) {
	s := swatWater(t)
	s.sweep(after(15))
	before := s.c
	before.Desks = slices.Clone(s.c.Desks)
	for _, action := range []Action{ActTransfer, ActAssign, ActPropose, ActInvalidate} {
		given := s.c
		if _, _, err := Act(s.dir, given, Command{Action: action, Actor: s.officer("focal.com-malakand"), At: after(16), Text: "t", ToOffice: "any-swat", ToOfficer: "staff.dc-swat"}); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(given, before) {
			t.Fatalf("%s changed the case it was given: %+v", action, given)
		}
	}
}

func TestOthersDoNotEvenLearnThatItExists(t *testing.T) {
	s := swatWater(t)
	for _, appealed := range []bool{false, true} {
		s.c.Appealed = appealed
		for _, o := range s.dir.Data().Officers {
			outside := o.Office != "dc-swat" || o.Disabled || o.Post == AdminPost || o.Post == AnalystPost
			if !outside {
				continue
			}
			for _, action := range Actions() {
				if _, err := s.try(action, Actor{Kind: OfficerActor, Officer: o}, after(1), to("staff.dc-swat"), office("water-swat")); !errors.Is(err, ErrNotFound) {
					t.Errorf("%s by %s: %v", action, o.ID, err)
				}
			}
			if got := AllowedActions(s.dir, s.c, Actor{Kind: OfficerActor, Officer: o}, after(1)); got != nil {
				t.Errorf("%s is offered %v", o.ID, got)
			}
		}
	}
	s.c.Appealed, s.c.Office, s.c.Desks = true, "com-malakand", []OfficeID{"dc-swat", "com-malakand"}
	for _, id := range []OfficerID{"admin.dc-swat", "analyst.com-malakand", "gone.dc-swat"} {
		if role, ok := s.officer(id).RoleIn(s.c); ok {
			t.Errorf("%s reads an appealed case as %s", id, role)
		}
	}
	if _, ok := (Actor{}).RoleIn(s.c); ok {
		t.Error("nobody in particular has a role")
	}
}

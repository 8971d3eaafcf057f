package portal_test

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	. "github.com/citizens-portal/portal/backend/portal"
)

// world is a directory with the pieces random histories are drawn from.
type world struct {
	dir        *Directory
	districts  []AreaID
	categories []CategoryCode
	officers   []Officer
	offices    []OfficeID
}

func worlds(t *testing.T) []world {
	t.Helper()
	var out []world
	for _, data := range []Dataset{kpLike(), northland()} {
		w := world{dir: directory(t, data), officers: data.Officers}
		for _, a := range data.Areas {
			if a.Kind == District {
				w.districts = append(w.districts, a.ID)
			}
		}
		for _, c := range data.Categories {
			if w.dir.IsLeaf(c.Code) {
				w.categories = append(w.categories, c.Code)
			}
		}
		for _, o := range data.Offices {
			w.offices = append(w.offices, o.ID)
		}
		out = append(out, w)
	}
	return out
}

// below draws a number below n, each as likely as the other; rapid's own
// ranges favour small numbers, so that histories would rarely get anywhere.
func below(t *rapid.T, n int, label string) int {
	return int(rapid.Uint32().Draw(t, label)*2654435761>>8) % n
}

// oneOf draws one of a list.
func oneOf[E any](t *rapid.T, list []E, label string) E { return list[below(t, len(list), label)] }

// file files a random complaint of the world.
func (w world) file(t *rapid.T) (Case, []Event) {
	random := [CodeRandomLen]byte(rapid.SliceOfN(rapid.Byte(), CodeRandomLen, CodeRandomLen).Draw(t, "code"))
	filing := Case{
		ID: "0198-random", Code: NewCode("KP", 2026, random), Citizen: owner,
		District: oneOf(t, w.districts, "district"), Category: oneOf(t, w.categories, "category"),
	}
	c, e, err := Lodge(w.dir, filing, Complaint{Text: "t"}, filed)
	if err != nil {
		t.Fatal(err)
	}
	return c, []Event{e}
}

// command draws what somebody tries next: mostly something that is offered to
// somebody, at times anything by anyone.
func (w world) command(t *rapid.T, c Case, at time.Time) Command {
	actor := citizen(owner)
	switch below(t, 10, "who") {
	case 0, 1, 2:
	case 3:
		actor = citizen(stranger)
	case 4:
		actor = Actor{Kind: OfficerActor, Officer: oneOf(t, w.officers, "anyone")}
	default:
		var near []Officer
		for _, desk := range c.Desks {
			for _, o := range w.dir.OfficersOf(desk) {
				if role, _ := (Actor{Kind: OfficerActor, Officer: o}).RoleIn(c); role == RoleDistributor || role == RoleHandler {
					near = append(near, o)
				}
			}
		}
		actor = Actor{Kind: OfficerActor, Officer: oneOf(t, near, "officer")}
	}
	action := oneOf(t, append(Actions(), ActTransfer, ActTransfer), "action")
	if offered := AllowedActions(w.dir, c, actor, at); len(offered) > 0 && below(t, 5, "polite") > 0 {
		action = oneOf(t, offered, "offered")
		if action == ActWithdraw && below(t, 8, "insist") > 0 {
			action = oneOf(t, offered, "rather") // else few histories would live long
		}
	}
	cmd := said(action, actor, at)
	var targets []OfficeID
	for _, o := range w.dir.TransferTargets(c.District, c.Category) {
		targets = append(targets, o.ID)
	}
	if below(t, 4, "astray") == 0 {
		targets = w.offices
	}
	cmd.ToOffice = oneOf(t, targets, "office")
	if mates := w.dir.OfficersOf(actor.Officer.Office); len(mates) > 0 {
		cmd.ToOfficer = oneOf(t, mates, "mate").ID
	}
	if below(t, 5, "afar") == 0 {
		cmd.ToOfficer = oneOf(t, w.officers, "to").ID
	}
	cmd.Expected = oneOf(t, []int64{0, 0, 0, c.Version, c.Version - 1}, "expected")
	return cmd
}

// nextMoment draws a later moment; often one at or around a date that matters.
func (w world) nextMoment(t *rapid.T, c Case, now time.Time) time.Time {
	at := now.Add(time.Duration(below(t, int(2*day/time.Second), "wait"))*time.Second + time.Duration(below(t, 1000, "thousandths"))*time.Millisecond)
	dates := Ladder(w.dir, c)
	if due, ok := SilenceDue(w.dir, c); ok {
		dates = append(dates, due)
	}
	if below(t, 6, "near a date") == 0 {
		date := oneOf(t, dates, "date")
		at = date.Add(time.Duration(below(t, 3, "ms")-1) * time.Millisecond)
	}
	if at.Before(now) {
		return now
	}
	return at
}

// TestRandomHistories lets anybody try anything for some weeks, with a clock
// that looks when it likes, and checks after each step what must always hold.
func TestRandomHistories(t *testing.T) {
	happened := map[Action]int{}
	for i, w := range worlds(t) {
		t.Run(fmt.Sprint(i), rapid.MakeCheck(func(t *rapid.T) {
			c, events := w.file(t)
			filing, now := c, filed
			for range 5 + below(t, 40, "steps") {
				now = w.nextMoment(t, c, now)
				before := c
				var more []Event
				if below(t, 4, "sweep") == 0 {
					c, more = w.sweep(t, c, now)
				} else {
					c, more = w.attempt(t, c, now)
				}
				events = append(events, more...)
				w.check(t, filing, before, c, more)
			}
			checkHistory(t, w.dir, c, events)
			for _, e := range events {
				happened[e.Action]++
			}
		}))
	}
	for _, action := range Actions() {
		if happened[action] == 0 && action != ActReroute { // which TestAboutHistories has
			t.Errorf("no history had a %s: what the others show is worth little", action)
		}
	}
	t.Log("events:", happened)
}

func (w world) sweep(t *rapid.T, c Case, now time.Time) (Case, []Event) {
	c, events := CatchUp(w.dir, c, nil, now, now)
	c, closing, err := CloseSilent(w.dir, c, now, now)
	if err != nil {
		t.Fatal(err)
	}
	if due, ok := EscalationDue(w.dir, c); ok && !due.After(now) {
		t.Fatalf("swept at %s, but a step of %s is still due", now, due)
	}
	return c, append(events, closing...)
}

func (w world) attempt(t *rapid.T, c Case, now time.Time) (Case, []Event) {
	cmd := w.command(t, c, now)
	_, part := cmd.Actor.RoleIn(c)
	given := c
	given.Desks = slices.Clone(c.Desks)
	after, events, err := Act(w.dir, c, cmd)
	if !reflect.DeepEqual(given, c) {
		t.Fatalf("%s changed the case it was given", cmd.Action)
	}
	if err == nil {
		if overdue, ok := EscalationDue(w.dir, after); ok && !overdue.After(now) {
			t.Fatalf("%s at %s left a step of %s undone", cmd.Action, now, overdue)
		}
		return after, events
	}
	known := slices.ContainsFunc([]error{ErrNotFound, ErrForbidden, ErrInvalid, ErrConflict}, func(kind error) bool { return errors.Is(err, kind) })
	reached, _ := CatchUp(w.dir, c, nil, now, now)
	if _, by := cmd.Actor.RoleIn(reached); !known || (!part && !by) != errors.Is(err, ErrNotFound) {
		t.Fatalf("%s by somebody with a part (%v): %v", cmd.Action, part, err)
	}
	return c, nil
}

// check is what one step may never break.
func (w world) check(t *rapid.T, filing, before, c Case, events []Event) {
	if c.Code != filing.Code || c.LodgedAt != filed || c.ID != filing.ID || c.Citizen != owner || c.District != filing.District || c.Category != filing.Category {
		t.Fatalf("what was filed changed: %+v", c)
	}
	if c.Level < before.Level || c.Version != before.Version+int64(len(events)) {
		t.Fatalf("level %d after %d, version %d after %d with %d events", c.Level, before.Level, c.Version, before.Version, len(events))
	}
	if before.Reopened && !c.Reopened || before.Appealed && !c.Appealed {
		t.Fatal("a reopening or an appeal was forgotten")
	}
	if c.Status.Open() != c.ClosedAt.IsZero() || (c.Status == Proposed && c.ProposedAt.IsZero()) {
		t.Fatalf("%s, proposed %s, closed %s", c.Status, c.ProposedAt, c.ClosedAt)
	}
	if !slices.Contains(c.Desks, c.Office) || len(slices.Compact(slices.Sorted(slices.Values(c.Desks)))) != len(c.Desks) {
		t.Fatalf("held by %s, desks %v", c.Office, c.Desks)
	}
	w.checkOfficer(t, c)
	if policy, _ := w.dir.Policy(c.Category); c.Level < len(policy.EscalateAfterDays) {
		want := filed.Add(time.Duration(policy.EscalateAfterDays[c.Level]) * day)
		if got, ok := Deadline(w.dir, c); !ok || got != want {
			t.Fatalf("the deadline at level %d is %s, want %s", c.Level, got, want)
		}
	}
	for _, o := range w.officers {
		actor := Actor{Kind: OfficerActor, Officer: o}
		role, ok := actor.RoleIn(c)
		if ok && !slices.Contains(c.Desks, o.Office) || ok && c.Appealed && o.Office != c.Office && role != RoleReader {
			t.Fatalf("%s is %s; desks %v, appealed %v, holder %s", o.ID, role, c.Desks, c.Appealed, c.Office)
		}
	}
}

// checkOfficer: whoever has it can see it and work on it.
func (w world) checkOfficer(t *rapid.T, c Case) {
	if c.Officer == "" {
		if c.Status == Assigned {
			t.Fatal("assigned to nobody")
		}
		return
	}
	o, _ := w.dir.Officer(c.Officer)
	role, ok := Actor{Kind: OfficerActor, Officer: o}.RoleIn(c)
	if !ok || role == RoleReader || c.Status == New || c.Status == Acknowledged {
		t.Fatalf("%s has it as %s (%v), status %s, desks %v", o.ID, role, ok, c.Status, c.Desks)
	}
}

// checkHistory is what a whole life must show.
func checkHistory(t *rapid.T, dir *Directory, c Case, events []Event) {
	if int64(len(events)) != c.Version || events[len(events)-1].Status != c.Status || events[len(events)-1].Level != c.Level {
		t.Fatalf("version %d of %d events; %s at %d after an event to %s at %d", c.Version, len(events), c.Status, c.Level, events[len(events)-1].Status, events[len(events)-1].Level)
	}
	closers := map[Status]Action{ClosedConfirmed: ActConfirm, ClosedSilent: ActSilence, InvalidStatus: ActInvalidate, Withdrawn: ActWithdraw}
	status, level, reopened, lastDue := Status(""), 0, 0, time.Time{}
	for i, e := range events {
		if e.N != int64(i+1) || i > 0 && e.At.Before(events[i-1].At) {
			t.Fatalf("event %d is number %d at %s", i+1, e.N, e.At)
		}
		if e.Status != status && !e.Status.Open() && (closers[e.Status] != e.Action || (e.Action != ActInvalidate && (e.Role == RoleDistributor || e.Role == RoleHandler))) {
			t.Fatalf("closed as %s by %s of %s", e.Status, e.Action, e.Role)
		}
		if e.Action == ActReopen {
			reopened++
		}
		if rise := e.Level - level; rise != 0 && (rise != 1 || e.Action != ActEscalate && e.Action != ActAppeal) {
			t.Fatalf("from level %d to %d by %s", level, e.Level, e.Action)
		}
		if e.Action == ActEscalate {
			policy, _ := dir.Policy(c.Category)
			want := filed.Add(time.Duration(policy.EscalateAfterDays[level]) * day)
			if e.DueAt != want || e.FromLevel != level || e.At.Before(want) || e.DueAt.Before(lastDue) || e.Role != RoleSystem {
				t.Fatalf("a step from level %d dated %s (want %s), ran %s", level, e.DueAt, want, e.At)
			}
			lastDue = e.DueAt
		}
		status, level = e.Status, e.Level
	}
	if reopened > 1 {
		t.Fatalf("reopened %d times", reopened)
	}
}

// TestDowntimeChangesNothing plays one history before two clocks: one that
// looks every minute and one that is down for days on end. Both must tell the
// same story with the same dates; only when a step ran may differ.
func TestDowntimeChangesNothing(t *testing.T) {
	for i, w := range worlds(t) {
		t.Run(fmt.Sprint(i), rapid.MakeCheck(func(t *rapid.T) {
			steady, steadyEvents := w.file(t)
			lazy, lazyEvents := steady, slices.Clone(steadyEvents)
			now := filed
			for range 5 + below(t, 40, "steps") {
				then := w.nextMoment(t, lazy, now)
				steady, steadyEvents = w.everyMinute(steady, steadyEvents, now, then)
				now = then
				if below(t, 6, "back up") == 0 {
					lazy, lazyEvents = CatchUp(w.dir, lazy, lazyEvents, now, now)
					continue
				}
				cmd := w.command(t, lazy, now)
				cmd.Expected = 0
				a, moreA, errA := Act(w.dir, steady, cmd)
				b, moreB, errB := Act(w.dir, lazy, cmd)
				if (errA == nil) != (errB == nil) {
					t.Fatalf("%s at %s: %v with a steady clock, %v after downtime", cmd.Action, now, errA, errB)
				}
				if errA == nil {
					steady, steadyEvents = a, append(steadyEvents, moreA...)
					lazy, lazyEvents = b, append(lazyEvents, moreB...)
				}
			}
			steady, steadyEvents = w.everyMinute(steady, steadyEvents, now, now.Add(30*day))
			lazy, lazyEvents = CatchUp(w.dir, lazy, lazyEvents, now.Add(30*day), now.Add(30*day))
			if !reflect.DeepEqual(steady, lazy) || !reflect.DeepEqual(undated(steadyEvents), undated(lazyEvents)) {
				t.Fatalf("steady %+v\n%v\nlazy %+v\n%v", steady, kindsOf(steadyEvents), lazy, kindsOf(lazyEvents))
			}
		}))
	}
}

// everyMinute is a clock that looks at each full minute. It skips the minutes
// at which nothing can be due, which is all but a few.
func (w world) everyMinute(c Case, events []Event, from, until time.Time) (Case, []Event) {
	for tick := from.Truncate(time.Minute).Add(time.Minute); !tick.After(until); tick = tick.Add(time.Minute) {
		due, ok := EscalationDue(w.dir, c)
		if !ok || due.After(until) {
			break
		}
		if skip := due.Truncate(time.Minute); skip.After(tick) {
			tick = skip
		}
		c, events = CatchUp(w.dir, c, events, tick, tick)
	}
	return c, events
}

// undated drops when the clock's steps ran, which downtime may change; when
// they were due stays.
func undated(events []Event) []Event {
	out := slices.Clone(events)
	for i := range out {
		if out[i].Action == ActEscalate {
			out[i].At, out[i].AsOf = time.Time{}, time.Time{}
		}
	}
	return out
}

// TestNothingStopsTheClimb: whatever offices do to it among themselves, a case
// that nobody solves is at the top when the last date has passed.
func TestNothingStopsTheClimb(t *testing.T) {
	busy := []Action{ActAcknowledge, ActAssign, ActTransfer, ActAsk, ActMessage}
	for i, w := range worlds(t) {
		t.Run(fmt.Sprint(i), rapid.MakeCheck(func(t *rapid.T) {
			c, _ := w.file(t)
			dates := Ladder(w.dir, c)
			now, last := filed, dates[len(dates)-1]
			for range below(t, 21, "steps") {
				now = w.nextMoment(t, c, now)
				cmd := w.command(t, c, now)
				if cmd.Actor.Kind != OfficerActor || !slices.Contains(busy, cmd.Action) {
					continue
				}
				if next, _, err := Act(w.dir, c, cmd); err == nil {
					c = next
				}
			}
			c, _ = CatchUp(w.dir, c, nil, last, last)
			if c.Level != len(dates)-1 {
				t.Fatalf("at %s it is at level %d of %d", last, c.Level, len(dates)-1)
			}
		}))
	}
}

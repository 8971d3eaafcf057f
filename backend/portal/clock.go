package portal

import (
	"slices"
	"time"
)

// The clock of a case starts at filing and is never reset: no comment,
// transfer, reassignment, vacancy or downtime moves it. It is worked out from
// LodgedAt and the policy each time, so there is nothing that could be reset.

// EscalationDue gives when the case moves up a level if nobody solves it. It is
// false when it is closed, at the top, or waits for the citizen's verdict (a
// proposal defers the step; rejecting it runs the step at once).
func EscalationDue(dir *Directory, c Case) (time.Time, bool) {
	if !c.Status.Open() || c.Status == Proposed {
		return time.Time{}, false
	}
	return Deadline(dir, c)
}

// Deadline gives the instant by which the case should be solved at its present
// level, whether or not a proposal defers the step.
func Deadline(dir *Directory, c Case) (time.Time, bool) {
	policy, ok := dir.Policy(c.Category)
	if !ok {
		return time.Time{}, false
	}
	after, ok := policy.EscalateAfter(c.Level)
	if !ok {
		return time.Time{}, false
	}
	if _, up := nextOffice(dir, c, c.Level+1); !up {
		return time.Time{}, false
	}
	return c.LodgedAt.Add(after), true
}

// Ladder gives the filing time and the instants of all steps up, for the
// deadline ladder on the screen.
func Ladder(dir *Directory, c Case) []time.Time {
	out := []time.Time{c.LodgedAt}
	policy, _ := dir.Policy(c.Category)
	for level := range policy.EscalateAfterDays {
		after, _ := policy.EscalateAfter(level)
		out = append(out, c.LodgedAt.Add(after))
	}
	return out
}

// SilenceDue gives when a proposal that the citizen never answered closes the
// case as "no reply".
func SilenceDue(dir *Directory, c Case) (time.Time, bool) {
	policy, ok := dir.Policy(c.Category)
	if !ok || c.Status != Proposed {
		return time.Time{}, false
	}
	return c.ProposedAt.Add(time.Duration(policy.SilentAfterDays) * 24 * time.Hour), true
}

// CatchUp runs every escalation step that is due as of a moment, in order, each
// dated as due, and appends its events. Deadlines are inclusive: a step due at
// exactly asOf runs. A case that has come to lie with an office it is about is
// taken from it first. now is the server's clock.
func CatchUp(dir *Directory, c Case, events []Event, asOf, now time.Time) (Case, []Event) {
	for {
		step := Command{Action: ActReroute, Actor: Actor{Kind: SystemActor}, At: now, AsOf: asOf}
		if !misplaced(dir, c) {
			step.Action = ActEscalate
			if due, ok := EscalationDue(dir, c); !ok || due.After(asOf) {
				return c, events
			}
		}
		next, more, err := Act(dir, c, step)
		if err != nil {
			// The table lets the clock act on every status the two accept.
			return c, events
		}
		c, events = next, append(events, more...)
	}
}

// CloseSilent closes a case whose proposal found no answer, if that is due.
func CloseSilent(dir *Directory, c Case, asOf, now time.Time) (Case, []Event, error) {
	due, ok := SilenceDue(dir, c)
	if !ok || due.After(asOf) {
		return c, nil, nil
	}
	return Act(dir, c, Command{Action: ActSilence, Actor: Actor{Kind: SystemActor}, At: now, AsOf: asOf})
}

// AllowedActions lists what an actor may do with a case now, in table order;
// clients show exactly these and keep no state machine of their own.
func AllowedActions(dir *Directory, c Case, a Actor, now time.Time) []Action {
	a = a.In(dir)
	role, ok := a.RoleIn(c)
	if !ok {
		return nil
	}
	policy, _ := dir.Policy(c.Category)
	var out []Action
	// The table itself is walked: a list asks for many cases, and most answers
	// are "no", for which nobody needs a reason in words.
	for _, t := range transitions {
		if slices.Contains(t.from, c.Status) && slices.Contains(t.roles, role) && allowedNow(dir, policy, c, a, t.action, now) {
			out = append(out, t.action)
		}
	}
	return out
}

func allowedNow(dir *Directory, p Policy, c Case, a Actor, action Action, now time.Time) bool {
	switch action {
	case ActReopen:
		return checkReopen(p, c, now) == nil
	case ActAppeal:
		return checkAppeal(dir, p, c, now) == nil
	case ActTransfer:
		return !c.Appealed
	case ActInvalidate:
		return checkInvalidate(c, a) == nil
	case ActReveal:
		return checkReveal(c) == nil
	case ActReroute:
		return misplaced(dir, c)
	case ActEscalate, ActSilence:
		return checkDue(dir, c, Command{Action: action, AsOf: now}) == nil
	}
	return true
}

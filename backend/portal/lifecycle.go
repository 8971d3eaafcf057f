package portal

import (
	"fmt"
	"slices"
	"strings"
)

// Status is where a case stands in its life.
type Status string

// The statuses. "" is a case that does not exist yet.
const (
	New             Status = "new"
	Acknowledged    Status = "acknowledged"
	Assigned        Status = "assigned"
	WaitingCitizen  Status = "waiting_citizen" // the office asked; the clock goes on
	Proposed        Status = "proposed"        // the office says solved; the citizen decides
	ClosedConfirmed Status = "closed_confirmed"
	ClosedSilent    Status = "closed_silent"
	InvalidStatus   Status = "invalid" // not accepted, with a reason the citizen sees
	Withdrawn       Status = "withdrawn"
)

// Statuses lists all statuses in the order of a case's life.
func Statuses() []Status {
	return []Status{New, Acknowledged, Assigned, WaitingCitizen, Proposed, ClosedConfirmed, ClosedSilent, InvalidStatus, Withdrawn}
}

// Open reports whether a case still waits for somebody.
func (s Status) Open() bool {
	switch s {
	case New, Acknowledged, Assigned, WaitingCitizen, Proposed:
		return true
	}
	return false
}

// Action is something that happens to a case, and the kind of the event it
// leaves.
type Action string

// The actions.
const (
	ActLodge       Action = "lodge"
	ActAcknowledge Action = "acknowledge"
	ActAssign      Action = "assign"
	ActTransfer    Action = "transfer" // to another office: keeps code and clock
	ActAsk         Action = "ask"      // the office asks the citizen
	ActAnswer      Action = "answer"   // the citizen answers
	ActMessage     Action = "message"  // either side writes; changes nothing else
	ActPropose     Action = "propose"  // a resolution, with evidence
	ActConfirm     Action = "confirm"
	ActReject      Action = "reject" // the citizen says it is not solved
	ActSilence     Action = "silence"
	ActInvalidate  Action = "invalidate" // not accepted, with a reason
	ActRate        Action = "rate"
	ActReopen      Action = "reopen" // once, with a reason
	ActAppeal      Action = "appeal" // to the next office up
	ActWithdraw    Action = "withdraw"
	ActEscalate    Action = "escalate" // time ran out; up one level
	ActReveal      Action = "reveal"   // an officer opened the complainant's identity, with a reason
	ActReroute     Action = "reroute"  // taken from an office that it has come to be about
)

// Actions lists all actions in the table's order.
func Actions() []Action {
	return []Action{ActLodge, ActAcknowledge, ActAssign, ActTransfer, ActAsk, ActAnswer, ActMessage, ActPropose, ActConfirm, ActReject,
		ActSilence, ActInvalidate, ActRate, ActReopen, ActAppeal, ActWithdraw, ActEscalate, ActReveal, ActReroute}
}

// Pseudo-statuses of the table, which depend on whether an officer has the case.
const (
	// kept is the status as it was; only an assigned case that loses its officer
	// to an escalated appeal becomes acknowledged.
	kept Status = ""
	// resumed is assigned when an officer has it, else acknowledged.
	resumed Status = "resumed"
	// handedOn is new for the office that receives it, but assigned when an
	// officer of an office above has it.
	handedOn Status = "handed_on"
)

// Role is the part an actor plays towards one case.
type Role string

// The roles.
const (
	RoleCitizen     Role = "citizen"     // the one who filed it
	RoleDistributor Role = "distributor" // focal person or head of an office that holds it
	RoleHandler     Role = "handler"     // the officer it is assigned to
	RoleReader      Role = "reader"      // may see it and do nothing: colleagues, and an office appealed against
	RoleSystem      Role = "system"      // the clock
)

// Roles lists all roles.
func Roles() []Role { return []Role{RoleCitizen, RoleDistributor, RoleHandler, RoleReader, RoleSystem} }

// transition is one cell of the table: from these statuses, these roles may,
// and the case is then in status to ("" keeps the status).
type transition struct {
	action Action
	from   []Status
	roles  []Role
	to     Status
}

// transitions is the life of a case, whole: what is not written here cannot
// happen. The golden file testdata/lifecycle.txt prints it for reviewers.
var transitions = func() []transition {
	var (
		citizen  = []Role{RoleCitizen}
		desk     = []Role{RoleDistributor, RoleHandler}
		lead     = []Role{RoleDistributor}
		clock    = []Role{RoleSystem}
		everyone = []Role{RoleCitizen, RoleDistributor, RoleHandler}
		working  = []Status{New, Acknowledged, Assigned, WaitingCitizen}
		open     = []Status{New, Acknowledged, Assigned, WaitingCitizen, Proposed}
		closed   = []Status{ClosedConfirmed, ClosedSilent, InvalidStatus}
		decided  = []Status{ClosedConfirmed, ClosedSilent}
	)
	return []transition{
		{ActLodge, []Status{""}, citizen, New},
		{ActAcknowledge, []Status{New}, desk, Acknowledged},
		{ActAssign, working, lead, Assigned},
		{ActTransfer, working, lead, handedOn},
		{ActAsk, working, desk, WaitingCitizen},
		{ActAnswer, []Status{WaitingCitizen}, citizen, resumed},
		{ActMessage, open, everyone, kept},
		{ActPropose, working, desk, Proposed},
		{ActConfirm, []Status{Proposed}, citizen, ClosedConfirmed},
		{ActReject, []Status{Proposed}, citizen, resumed},
		{ActSilence, []Status{Proposed}, clock, ClosedSilent},
		{ActInvalidate, working, lead, InvalidStatus},
		{ActRate, decided, citizen, kept},
		{ActReopen, closed, citizen, resumed},
		{ActAppeal, append(slices.Clone(working), closed...), citizen, New},
		{ActWithdraw, open, citizen, Withdrawn},
		{ActEscalate, working, clock, kept},
		{ActReveal, open, desk, kept},
		{ActReroute, open, clock, kept},
	}
}()

// transitionFor finds the table's cell; to may be a pseudo-status. The error is a TransitionError when the
// status forbids the action, ErrForbidden when only the role does.
func transitionFor(from Status, action Action, role Role) (to Status, err error) {
	for _, t := range transitions {
		if t.action != action {
			continue
		}
		if !slices.Contains(t.roles, role) {
			return "", fmt.Errorf("%s as %s: %w", action, role, ErrForbidden)
		}
		if !slices.Contains(t.from, from) {
			return "", &TransitionError{From: from, Action: action}
		}
		return t.to, nil
	}
	return "", Invalid("action", "action_unknown", "%q is not something that can be done to a case", action)
}

// LifecycleTable prints the table as text, status × action, each cell with the
// roles that may and the status that follows: policy that people can review.
func LifecycleTable() string {
	var b strings.Builder
	for _, s := range append([]Status{""}, Statuses()...) {
		name := string(s)
		if s == "" {
			name = "(not filed)"
		}
		fmt.Fprintf(&b, "%s\n", name)
		for _, t := range transitions {
			if !slices.Contains(t.from, s) {
				continue
			}
			roles := make([]string, len(t.roles))
			for i, r := range t.roles {
				roles[i] = string(r)
			}
			to := string(t.to)
			switch t.to {
			case kept:
				to = "(stays)"
			case resumed:
				to = "assigned, or acknowledged when nobody has it"
			case handedOn:
				to = "new, or assigned when an officer above has it"
			}
			fmt.Fprintf(&b, "    %-12s %-34s -> %s\n", t.action, strings.Join(roles, ", "), to)
		}
	}
	return b.String()
}

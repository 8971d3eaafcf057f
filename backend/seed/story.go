package seed

import (
	"slices"
	"time"

	"github.com/citizens-portal/portal/backend/portal"
)

// story turns one row of complaints.csv into what happened, step by step.
type story struct {
	row row
	dir *portal.Directory
	c   DemoComplaint
}

// How long after filing an office does its first things, and how long after an
// office's answer the citizen does theirs.
const (
	acknowledgedAfter = 2 * time.Hour
	transferredAfter  = 5 * time.Hour
	takenOverAfter    = 9 * time.Hour
	assignedAfter     = 20 * time.Hour
	citizenTakes      = 12 * time.Hour
)

func (s story) steps() []DemoStep {
	before := len(s.row.folder.problems)
	lead, out := s.arrival()
	if s.c.Status != portal.New {
		out = append(out, s.answer(lead)...)
	}
	for i, step := range out {
		if i > 0 && step.After < out[i-1].After || step.After > s.c.Age {
			s.row.fail("the step %q would come before another or in the future: see age_days and reply_days", step.Action)
		}
	}
	if len(s.row.folder.problems) > before {
		return nil
	}
	return out
}

// arrival is what every complaint beyond "new" goes through: the district's desk
// takes note and perhaps hands it to a department or an officer. It gives the
// officer who answers for it afterwards.
func (s story) arrival() (portal.OfficerID, []DemoStep) {
	desk, _ := s.dir.ChainOffice(s.c.District, 0)
	lead := s.focal(desk.ID)
	if s.c.Status == portal.New || s.c.Status == portal.InvalidStatus {
		return lead, nil
	}
	out := []DemoStep{{After: acknowledgedAfter, Officer: lead, Action: portal.ActAcknowledge}}
	if to := portal.OfficeID(s.row.get("office")); to != "" {
		s.checkOffice(to)
		out = append(out, DemoStep{After: transferredAfter, Officer: lead, Action: portal.ActTransfer, ToOffice: to, Text: "SAMPLE: this department answers for it."})
		lead = s.focal(to)
		out = append(out, DemoStep{After: takenOverAfter, Officer: lead, Action: portal.ActAcknowledge})
	}
	to := portal.OfficerID(s.row.get("assignee"))
	if to == "" && s.c.Status == portal.Assigned {
		to = lead
	}
	if to != "" {
		if _, ok := s.dir.Officer(to); !ok {
			s.row.fail("assignee %q is not in %s", to, OfficersFile)
		}
		out = append(out, DemoStep{After: assignedAfter, Officer: lead, Action: portal.ActAssign, ToOfficer: to})
		lead = to
	}
	return lead, out
}

func (s story) checkOffice(id portal.OfficeID) {
	o, ok := s.dir.Office(id)
	if !ok || !s.dir.CanReceive(o, s.c.District, s.c.Category) {
		s.row.fail("office %q does not answer for %s in %s", id, s.c.Category, s.c.District)
	}
}

// focal gives the officer who receives for an office.
func (s story) focal(office portal.OfficeID) portal.OfficerID {
	officers := s.dir.OfficersOf(office)
	at := slices.IndexFunc(officers, func(o portal.Officer) bool { return o.Post == portal.FocalPost })
	if at < 0 {
		s.row.fail("office %q has no focal person in %s", office, OfficersFile)
		return ""
	}
	return officers[at].ID
}

// answer is how it ends, as far as it has ended.
func (s story) answer(by portal.OfficerID) []DemoStep {
	switch s.c.Status {
	case portal.Acknowledged, portal.Assigned:
		return nil
	case portal.WaitingCitizen:
		return []DemoStep{s.reply(by, portal.ActAsk)}
	case portal.InvalidStatus:
		return []DemoStep{s.reply(by, portal.ActInvalidate)}
	case portal.Withdrawn:
		return []DemoStep{{After: s.row.days("reply_days"), Action: portal.ActWithdraw, Text: s.row.must("remark")}}
	case portal.Proposed, portal.ClosedSilent:
		return s.proposal(by)
	case portal.ClosedConfirmed:
		return append(s.proposal(by), s.verdict()...)
	}
	s.row.fail("status is %q, which is not a case's status", s.c.Status)
	return nil
}

func (s story) reply(by portal.OfficerID, action portal.Action) DemoStep {
	return DemoStep{After: s.row.days("reply_days"), Officer: by, Action: action, Text: s.row.must("reply")}
}

// proposal is the office's answer, perhaps after a first one that the citizen
// refused.
func (s story) proposal(by portal.OfficerID) []DemoStep {
	if p, ok := s.dir.Policy(s.c.Category); ok && p.Evidence {
		s.row.fail("%s needs evidence with an answer, which made-up complaints have none of: choose another category or status", s.c.Category)
	}
	last := s.reply(by, portal.ActPropose)
	first := s.row.get("first_reply")
	if first == "" {
		return []DemoStep{last}
	}
	at := last.After - 2*citizenTakes
	return []DemoStep{
		{After: at, Officer: by, Action: portal.ActPropose, Text: first},
		{After: at + citizenTakes, Action: portal.ActReject, Text: s.row.must("refused")},
		last,
	}
}

func (s story) verdict() []DemoStep {
	at := s.row.days("reply_days") + citizenTakes
	rating := &portal.Rating{Time: s.row.number("time", 1, 5), Quality: s.row.number("quality", 1, 5), Comment: s.row.get("remark")}
	return []DemoStep{{After: at, Action: portal.ActConfirm}, {After: at, Action: portal.ActRate, Rating: rating}}
}

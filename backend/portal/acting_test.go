package portal_test

import (
	"errors"
	"testing"

	. "github.com/citizens-portal/portal/backend/portal"
)

// TestActing: a charge gives the desk and the post it is for, from its first day
// to its last, and nothing of the office complained of in an appeal.
func TestActing(t *testing.T) {
	data := kpLike()
	officerAt(&data, "staff.com-malakand").Charges = []Charge{{"dc-swat", Head, Span{From: filed, Until: after(5)}}}
	officerAt(&data, "staff.dc-swat").Charges = []Charge{{"com-malakand", Head, Span{From: filed, Until: after(5)}}}
	d := directory(t, data)
	at := func(id OfficerID, days int) Actor {
		o, _ := d.Officer(id)
		return d.OfficerActing(o, after(days))
	}
	c := Case{ID: "1", District: "kp/malakand/swat", Category: "water", Status: New, Office: "dc-swat", Desks: []OfficeID{"dc-swat"}, LodgedAt: filed, Version: 1}
	for days, want := range map[int]error{-1: ErrNotFound, 0: nil, 4: nil, 5: ErrNotFound} {
		if err := Can(at("staff.com-malakand", days), ActAssign, c); !errors.Is(err, want) {
			t.Errorf("day %d: %v, want %v", days, err, want)
		}
	}
	after5, _, err := Act(d, c, Command{Action: ActAcknowledge, Actor: at("staff.com-malakand", 1), At: after(1)})
	if err != nil || after5.Status != Acknowledged {
		t.Errorf("%+v, %v", after5, err)
	}
	_, events, err := Act(d, c, Command{Action: ActAssign, Actor: at("head.dc-swat", 1), At: after(1), ToOfficer: "staff.com-malakand"})
	if err != nil || events[0].Office != "dc-swat" {
		t.Errorf("given to the acting holder: %v", err)
	}
	appeal := c
	appeal.Level, appeal.Appealed, appeal.Office, appeal.Desks = 1, true, "com-malakand", []OfficeID{"dc-swat", "com-malakand"}
	if err := Can(at("staff.dc-swat", 1), ActAssign, appeal); !errors.Is(err, ErrForbidden) {
		t.Errorf("decides an appeal against the own office: %v", err)
	}
	if err := Can(at("head.com-malakand", 1), ActAssign, appeal); err != nil {
		t.Errorf("the office that decides: %v", err)
	}
}

// TestAway: nothing is given to who is on leave.
func TestAway(t *testing.T) {
	data := kpLike()
	officerAt(&data, "staff.dc-swat").Leaves = []Span{{From: filed, Until: after(3)}}
	d := directory(t, data)
	c := Case{ID: "1", District: "kp/malakand/swat", Category: "water", Status: New, Office: "dc-swat", Desks: []OfficeID{"dc-swat"}, LodgedAt: filed, Version: 1}
	head, _ := d.Officer("head.dc-swat")
	give := func(days int) error {
		_, _, err := Act(d, c, Command{Action: ActAssign, Actor: d.OfficerActing(head, after(days)), At: after(days), ToOfficer: "staff.dc-swat"})
		return err
	}
	if err := give(1); !errors.Is(err, ErrInvalid) {
		t.Errorf("on leave: %v", err)
	}
	if err := give(4); err != nil {
		t.Errorf("back: %v", err)
	}
}

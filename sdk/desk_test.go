package sdk_test

import (
	"errors"
	"testing"
	"time"

	"github.com/citizens-portal/portal/sdk"
	"github.com/citizens-portal/portal/sdk/api"
)

// held is an officer's desk with one complaint, whose acts wait six seconds.
func heldDesk(t *testing.T) (o *phone, clock *time.Time, desk *sdk.Desk, id string) {
	t.Helper()
	s, _ := newServer()
	p := citizen(t, s)
	id = p.lodge("a").Complaint.ID
	p.sync()
	o = officer(t, s)
	now := s.Now()
	o.restart(func(c *sdk.Config) { c.Now = func() time.Time { return now } })
	return o, &now, o.Desk.Holding(6 * time.Second), id
}

func TestHeldActIsTakenBack(t *testing.T) {
	o, _, desk, id := heldDesk(t)
	sub, err := desk.Assign(t.Context(), id, "rahim gul", "")
	if err != nil {
		t.Fatal(err)
	}
	if res := o.sync(); res.Sent != 0 || res.Waiting != 1 || res.Held != 1 {
		t.Fatalf("sent while it could be taken back, or not told: %+v", res)
	}
	if st, err := o.Sync.Status(); err != nil || st.Queued != 1 || st.Held != 1 {
		t.Fatalf("%+v %v", st, err)
	}
	if got := o.show(id).Pending; len(got) != 1 || got[0].ToOfficer != "officer.swat" || got[0].Seen != 1 {
		t.Fatalf("%+v", got)
	}
	if err := o.Sync.Discard(t.Context(), sub.Op); err != nil {
		t.Fatal(err)
	}
	if got := o.show(id).Pending; len(got) != 0 {
		t.Fatalf("taken back, but still there: %+v", got)
	}
}

func TestHeldActGoesWhenItsTimeHasCome(t *testing.T) {
	o, now, desk, id := heldDesk(t)
	sub, err := desk.Acknowledge(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	o.restart() // killed while it was held
	*now = now.Add(6 * time.Second)
	if st, err := o.Sync.Status(); err != nil || st.Queued != 1 || st.Held != 0 {
		t.Fatalf("%+v %v", st, err)
	}
	if res := o.sync(); res.Sent != 1 || res.Held != 0 {
		t.Fatalf("%+v", res)
	}
	if err := o.Sync.Discard(t.Context(), sub.Op); !errors.Is(err, sdk.ErrNotFound) {
		t.Fatalf("taken back after it was sent: %v", err)
	}
	if c := o.show(id); c.Status != "acknowledged" {
		t.Fatalf("%+v", c)
	}
}

func TestHeldComplaintsComeFromTheDeviceAlone(t *testing.T) {
	o, _, _, id := heldDesk(t)
	found, gone, err := o.Desk.Held(t.Context(), id, "elsewhere")
	if err != nil || len(found) != 1 || found[0].ID != id || len(gone) != 1 || gone[0] != "elsewhere" {
		t.Fatalf("%+v %v %v", found, gone, err)
	}
}

func TestDeskDraftsOutliveTheProgram(t *testing.T) {
	o, _, _, id := heldDesk(t)
	d := sdk.DeskDraft{Case: id, Action: "propose", Text: "آدھا جملہ", Disposition: sdk.ReliefPartial}
	if err := o.Desk.SaveDraft(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	o.restart()
	got, err := o.Desk.Draft(t.Context(), id, "propose")
	if err != nil || got.Text != d.Text || got.Disposition != d.Disposition {
		t.Fatalf("%+v %v", got, err)
	}
	if other, err := o.Desk.Draft(t.Context(), id, "ask"); err != nil || other.Text != "" {
		t.Fatalf("%+v %v", other, err)
	}
	if err := o.Desk.SaveDraft(t.Context(), sdk.DeskDraft{Case: id, Action: "propose"}); err != nil {
		t.Fatal(err)
	}
	if got, err := o.Desk.Draft(t.Context(), id, "propose"); err != nil || got.Text != "" {
		t.Fatalf("an emptied draft came back: %+v %v", got, err)
	}
}

// TestTransferTargetsFollowTheTree: a department that answers for a category
// answers for those below it; upwards nothing is transferred.
func TestTransferTargetsFollowTheTree(t *testing.T) {
	s, _ := newServer()
	p := citizen(t, s)
	sub, err := p.Complaints.Lodge(t.Context(), sdk.Draft{Category: "municipal.water", District: "swat", Text: "a"})
	if err != nil {
		t.Fatal(err)
	}
	p.sync()
	o := officer(t, s)
	targets, err := o.Desk.TransferTargets(t.Context(), sub.Complaint.ID)
	if err != nil || len(targets) != 1 || targets[0].ID != "municipal.swat" {
		t.Fatalf("targets %+v %v", targets, err)
	}
}

// TestWhatBuildsOnARefusedActIsSettled: it would otherwise wait for ever for
// something that never comes. It can be corrected and sent again.
func TestWhatBuildsOnARefusedActIsSettled(t *testing.T) {
	s, _ := newServer()
	p := citizen(t, s)
	id := p.lodge("a").Complaint.ID
	p.sync()
	o := officer(t, s)
	s.Lose = down
	first, err := o.Desk.Ask(t.Context(), id, "Which street?")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := o.Desk.Assign(t.Context(), id, "rahim gul", "please see to it"); err != nil {
		t.Fatal(err)
	}
	last, err := o.Desk.Propose(t.Context(), id, sdk.Proposal{Text: "done"})
	if err != nil {
		t.Fatal(err)
	}
	s.Lose = nil
	s.Answer = func(op api.Operation) *api.Answer {
		if op.Op == first.Op {
			return &api.Answer{Status: api.Rejected, Problem: &api.Problem{Type: api.TypeConflict, Title: "No", Status: 409}}
		}
		return nil
	}
	o.sync()
	items, err := o.Sync.Attention(t.Context())
	if err != nil || len(items) != 3 {
		t.Fatalf("all three need attention: %+v %v", items, err)
	}
	if f := items[2].Problem.Errors; items[2].Op != last.Op || len(f) != 1 || f[0].Code != api.CodeDependency {
		t.Errorf("the reason of the last: %+v", items[2])
	}
	if out, _ := o.Sync.Outbox(t.Context()); len(out) != 0 {
		t.Errorf("still waiting: %+v", out)
	}
	again, err := o.Sync.Retry(t.Context(), last.Op, "done, see the photo")
	if err != nil {
		t.Fatal(err)
	}
	if d, err := o.Sync.Deliver(t.Context(), again.Op); d != sdk.Received {
		t.Fatalf("%v %v", d, err)
	}
}

func TestWhatBuildsOnAnActTakenBackIsSettled(t *testing.T) {
	o, _, desk, id := heldDesk(t)
	held, err := desk.Assign(t.Context(), id, "rahim gul", "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := desk.Ask(t.Context(), id, "Which street?"); err != nil {
		t.Fatal(err)
	}
	if err := o.Sync.Discard(t.Context(), held.Op); err != nil {
		t.Fatal(err)
	}
	items, err := o.Sync.Attention(t.Context())
	if err != nil || len(items) != 1 || items[0].Text != "Which street?" {
		t.Fatalf("%+v %v", items, err)
	}
}

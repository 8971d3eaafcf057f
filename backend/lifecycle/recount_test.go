package lifecycle_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	. "github.com/citizens-portal/portal/backend/backendtest"
	"github.com/citizens-portal/portal/backend/lifecycle"
	"github.com/citizens-portal/portal/backend/portal"
	"github.com/citizens-portal/portal/backend/store"
)

// TestRandomHistories lets several people try anything on several complaints,
// with sweeps in between, on both stores; then every counter and every feed must
// be what a recount from the events gives.
func TestRandomHistories(t *testing.T) {
	both.Each(t, func(t *testing.T, n *Node) {
		ids := map[string]bool{}
		happened := map[portal.Action]bool{}
		rapid.Check(t, func(r *rapid.T) {
			h := history{Node: n, r: r}
			h.file()
			for range rapid.IntRange(1, 12).Draw(r, "steps") {
				h.step()
			}
			ids[h.id] = true
		})
		want := map[store.Counter]int64{}
		for id := range ids {
			c, events := n.Case(id), n.Events(id)
			recount(want, c, events)
			for _, e := range events {
				happened[e.Action] = true
			}
			feedsAgree(t, n, c, events)
		}
		if got := counters(n); !maps.Equal(got, want) {
			t.Errorf("counters %v\nrecounted %v", got, want)
		}
		if len(happened) < 12 {
			t.Errorf("only %v happened: what this shows is worth little", slices.Sorted(maps.Keys(happened)))
		}
	})
}

// history is one complaint's life.
type history struct {
	*Node
	r    *rapid.T
	id   string
	last lifecycle.Request
	ask  lifecycle.Ask
}

func (h *history) file() {
	f := Filing()
	f.Category = rapid.SampledFrom([]portal.CategoryCode{"dry-well", "camels", "guard-conduct"}).Draw(h.r, "category")
	f.District = rapid.SampledFrom([]portal.AreaID{"tl/oasis/oasis", "tl/delta/harbour"}).Draw(h.r, "district")
	f.Body.Area = f.District
	h.id = f.ID
	h.Clock.Forward(time.Hour)
	if _, err := h.Lifecycle.Lodge(h.Ctx(), Request(Citizen("amir:"+f.ID), f), f); err != nil {
		h.r.Fatal(err)
	}
}

func (h *history) step() {
	c := h.Case(h.id)
	switch rapid.IntRange(0, 9).Draw(h.r, "what") {
	case 0:
		h.Clock.Forward(time.Duration(rapid.IntRange(1, 6).Draw(h.r, "days")) * 24 * time.Hour)
		h.sweep()
	case 1:
		if h.last.Op != "" {
			h.repeat()
		}
	default:
		h.act(c)
	}
}

func (h *history) sweep() {
	if _, err := h.Sweeper.Escalate(h.Ctx(), h.Clock.Now()); err != nil {
		h.r.Fatal(err)
	}
	if _, err := h.Sweeper.Silence(h.Ctx(), h.Clock.Now()); err != nil {
		h.r.Fatal(err)
	}
}

// repeat sends the last operation again, which must change nothing.
func (h *history) repeat() {
	before := h.Case(h.id)
	res, err := h.Lifecycle.Act(h.Ctx(), h.last, h.ask)
	if err != nil || !res.Duplicate || h.Case(h.id).Version != before.Version {
		h.r.Fatalf("a repeat: %+v, %v", res, err)
	}
}

func (h *history) act(c portal.Case) {
	actor := Citizen(string(c.Citizen))
	dir := h.Directory.Current(h.Ctx())
	if rapid.Bool().Draw(h.r, "office") {
		var near []portal.Officer
		for _, desk := range c.Desks {
			near = append(near, dir.OfficersOf(desk)...)
		}
		if len(near) > 0 {
			actor = portal.Actor{Kind: portal.OfficerActor, Officer: rapid.SampledFrom(near).Draw(h.r, "officer")}
		}
	}
	actions := portal.AllowedActions(dir, c, actor, h.Clock.Now())
	if len(actions) == 0 {
		actions = portal.Actions()
	}
	ask := lifecycle.Ask{Case: h.id, Action: rapid.SampledFrom(actions).Draw(h.r, "action"), Text: "said", Rating: &portal.Rating{
		Time: rapid.IntRange(1, 5).Draw(h.r, "time"), Quality: rapid.IntRange(1, 5).Draw(h.r, "quality"),
	}}
	if targets := dir.TransferTargets(c.District, c.Category); len(targets) > 0 {
		ask.ToOffice = rapid.SampledFrom(targets).Draw(h.r, "target").ID
	}
	if mates := dir.OfficersOf(actor.Officer.Office); len(mates) > 0 {
		ask.ToOfficer = rapid.SampledFrom(mates).Draw(h.r, "mate").ID
	}
	req := lifecycle.Request{Actor: actor, Op: uuid.NewString(), Device: h.id, N: c.Version*1000 + int64(rapid.IntRange(0, 999).Draw(h.r, "n")), Hash: "h"}
	_, err := h.Lifecycle.Act(h.Ctx(), req, ask)
	if err == nil {
		h.last, h.ask = req, ask
		return
	}
	known := slices.ContainsFunc([]error{portal.ErrNotFound, portal.ErrForbidden, portal.ErrInvalid, portal.ErrConflict}, func(k error) bool { return errors.Is(err, k) })
	if !known {
		h.r.Fatalf("%s by %s: %v", ask.Action, actor.Officer.ID, err)
	}
}

// recount adds what one case's events should have counted.
func recount(into map[store.Counter]int64, c portal.Case, events []portal.Event) {
	add := func(m store.Metric, key string, at time.Time) {
		day := ""
		if !at.IsZero() {
			day = at.UTC().Format(time.DateOnly)
		}
		into[store.Counter{District: c.District, Metric: m, Key: key, Day: day}]++
	}
	add(store.GaugeStatus, fmt.Sprintf("%s|%s|%d", c.Category, c.Status, c.Level), time.Time{})
	status, rated := portal.Status(""), false
	for _, e := range events {
		category := string(c.Category)
		switch {
		case e.Action == portal.ActLodge:
			add(store.CountRegistered, category, e.At)
		case e.Action == portal.ActEscalate:
			add(store.CountEscalated, category, e.At)
		case e.Action == portal.ActRate && !rated:
			rated = true
			add(store.CountRated, category, e.At)
			if e.Rating.Quality >= 4 {
				add(store.CountSatisfied, category, e.At)
			}
		case status.Open() && !e.Status.Open():
			add(store.CountClosed, category, e.At)
		}
		status = e.Status
	}
}

func counters(n *Node) map[store.Counter]int64 {
	out := map[store.Counter]int64{}
	n.View(func(tx store.Tx) error {
		for _, m := range []store.Metric{store.GaugeStatus, store.CountRegistered, store.CountClosed, store.CountEscalated, store.CountRated, store.CountSatisfied} {
			list, err := tx.Counters(n.Ctx(), m, "")
			if err != nil {
				return err
			}
			for _, c := range list {
				count := c.N
				if c.N = 0; count != 0 {
					out[c] = count
				}
			}
		}
		return nil
	})
	return out
}

// feedsAgree: the citizen's feed tells every event once, in order; each desk
// that has the case was granted it and not told to forget it since, the others
// the other way round.
func feedsAgree(t *testing.T, n *Node, c portal.Case, events []portal.Event) {
	entries, _ := n.Feed(store.CitizenFeed(c.Citizen))
	if len(entries) != len(events) {
		t.Errorf("%s: %d entries of %d events", c.ID, len(entries), len(events))
	}
	for i, e := range entries {
		if e.N != int64(i+1) || e.Event != int64(i+1) || (e.Type == store.EntryGrant) != (i == 0) {
			t.Errorf("%s: entry %+v at %d", c.ID, e, i+1)
		}
	}
	for _, o := range n.Directory.Current(n.Ctx()).Data().Offices {
		desk, _ := n.Feed(store.DeskFeed(o.ID))
		holds := false
		for _, e := range desk {
			if e.Case == c.ID && e.Type != store.EntryEvent {
				holds = e.Type == store.EntryGrant
			}
		}
		if holds != slices.Contains(c.Desks, o.ID) {
			t.Errorf("%s: desk %s holds it: %v; desks %v", c.ID, o.ID, holds, c.Desks)
		}
	}
}

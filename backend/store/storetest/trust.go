package storetest

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/citizens-portal/portal/backend/portal"
	"github.com/citizens-portal/portal/backend/store"
)

// aboutReader: a case that is about the viewer, though it lies on their desk,
// is not there, alone or in lists, and the pages of a list do not show the gap.
func aboutReader(f *fixture) {
	const desk = portal.OfficeID("dc-east")
	dir, err := portal.NewDirectory(portal.Dataset{
		Areas:   []portal.Area{{ID: "p", Slug: "p", Kind: portal.Province}},
		Offices: []portal.Office{{ID: desk, Kind: portal.Chain, Area: "p"}, {ID: "dc-west", Kind: portal.Line, Area: "p"}},
	})
	if err != nil {
		f.Fatal(err)
	}
	look := func(id portal.OfficerID) store.Scope {
		return store.ScopeOf((portal.Actor{Kind: portal.OfficerActor, Officer: portal.Officer{ID: id, Office: desk, Post: portal.Head}}).In(dir))
	}
	var all, others []string
	f.update(func(tx store.Tx) error {
		for i := range 30 {
			c := newCase(3 * i)
			if i%3 != 0 {
				c.About = portal.About{Office: "dc-west", Officer: "me", Name: "Me"}
			}
			if err := lodge(f.ctx, tx, c, []byte("{}")); err != nil {
				return err
			}
			all = append([]string{c.ID}, all...)
			if i%3 == 0 {
				others = append([]string{c.ID}, others...)
			}
		}
		return nil
	})
	listed := func(s store.Scope) []string {
		var ids []string
		f.view(func(tx store.Tx) error {
			for p := (store.Page{Limit: 4}); ; {
				cases, err := tx.Cases(f.ctx, s, p)
				if err != nil || len(cases) == 0 {
					return err
				}
				for _, c := range cases {
					ids = append(ids, c.ID)
				}
				if last := cases[len(cases)-1]; len(cases) == p.Limit {
					p.BeforeTime, p.BeforeID = last.LodgedAt, last.ID
					continue
				}
				return nil
			}
		})
		return ids
	}
	if got := listed(look("me")); !slices.Equal(got, others) {
		f.Errorf("the one it is about sees %v, want %v", got, others)
	}
	if got := listed(look("colleague")); !slices.Equal(got, all) {
		f.Errorf("a colleague sees %v, want %v", got, all)
	}
	if got := listed(officer(desk)); !slices.Equal(got, others) {
		f.Errorf("somebody whose place nobody knows sees %v, want %v", got, others)
	}
	f.view(func(tx store.Tx) error {
		hidden, err := tx.Case(f.ctx, system, caseID(3))
		if err != nil || hidden.About.Officer != "me" || hidden.About.Name != "Me" {
			f.Errorf("kept as %+v, %v", hidden.About, err)
		}
		for name, find := range map[string]func(store.Scope) (portal.Case, error){
			"id":   func(s store.Scope) (portal.Case, error) { return tx.Case(f.ctx, s, hidden.ID) },
			"code": func(s store.Scope) (portal.Case, error) { return tx.CaseByCode(f.ctx, s, hidden.Code) },
		} {
			if _, err := find(look("me")); !errors.Is(err, store.ErrNotFound) {
				f.Errorf("found by %s by the one it is about: %v", name, err)
			}
			if _, err := find(look("colleague")); err != nil {
				f.Errorf("not found by %s by a colleague: %v", name, err)
			}
		}
		return nil
	})
}

// erase: what people wrote is replaced, all else stays, and Scrub may follow.
func erase(f *fixture) {
	c := newCase(1)
	secret := "erase me " + string(bytes.Repeat([]byte("long "), 3000))
	f.update(func(tx store.Tx) error { return lodge(f.ctx, tx, c, []byte(fmt.Sprintf("{%q:1}", secret))) })
	said := portal.Event{Case: c.ID, N: 2, Action: portal.ActMessage, Role: portal.RoleCitizen, Account: c.Citizen, At: epoch.Add(time.Hour), Status: c.Status, Text: secret}
	c.Version, c.Rating = 2, &portal.Rating{Time: 1, Quality: 2, Comment: secret}
	f.update(func(tx store.Tx) error { return tx.PutCase(f.ctx, c, timersOf(c), []portal.Event{said}) })
	erased, bare := said, c
	erased.Text, bare.Rating = "", &portal.Rating{Time: 1, Quality: 2}
	f.update(func(tx store.Tx) error { return tx.EraseCase(f.ctx, bare, []byte("{}"), []portal.Event{erased}) })
	for _, whole := range []bool{false, true} {
		if err := f.s.Scrub(f.ctx, whole); err != nil {
			f.Fatal(err)
		}
	}
	f.view(func(tx store.Tx) error {
		got, err := tx.Case(f.ctx, system, c.ID)
		if err != nil {
			return err
		}
		body, err := tx.Body(f.ctx, c.ID)
		if err != nil {
			return err
		}
		events, err := tx.Events(f.ctx, c.ID, 0)
		if got.Rating.Comment != "" || got.Version != 2 || string(body) != "{}" || len(events) != 2 || events[1].Text != "" || events[1].At != said.At {
			f.Errorf("after erasing: %+v, %s, %+v", got, body, events)
		}
		return err
	})
	err := f.s.Update(f.ctx, func(tx store.Tx) error {
		other := newCase(2)
		return tx.EraseCase(f.ctx, other, []byte("{}"), nil)
	})
	f.wantErr(err, portal.ErrConflict)
}

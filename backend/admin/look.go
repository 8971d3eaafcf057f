package admin

import (
	"context"
	"slices"
	"strings"

	"github.com/citizens-portal/portal/backend/directory"
	"github.com/citizens-portal/portal/backend/portal"
	"github.com/citizens-portal/portal/backend/store"
)

// Query chooses offices or officers. Limit bounds the answer; After is the id
// of the last one already seen.
type Query struct {
	// Text is looked for in ids, names and titles, in any language.
	Text string
	// Office narrows offices to those right below it, and officers to its own.
	Office portal.OfficeID
	After  string
	Limit  int
}

// OfficeInfo is an office as administrators see it.
type OfficeInfo struct {
	portal.Office
	Officers int  `json:"officers"`
	Below    int  `json:"below"`
	Vacant   bool `json:"vacant"`
}

// OfficeView is an office with everything around it.
type OfficeView struct {
	OfficeInfo
	Staff   []portal.Officer     `json:"staff"`
	Acting  []portal.Officer     `json:"acting"`
	History []directory.Revision `json:"history"`
}

// OfficerView is an officer with their history.
type OfficerView struct {
	portal.Officer
	// CanSignIn is set once they have a password and TOTP.
	CanSignIn bool                 `json:"can_sign_in"`
	OpenCases int                  `json:"open_cases"`
	History   []directory.Revision `json:"history"`
}

// Offices lists the offices an actor may look at, by id; more is set when others
// follow.
func (s *Service) Offices(ctx context.Context, by portal.Actor, q Query) (list []OfficeInfo, more bool, err error) {
	dir := s.Directory.Current(ctx)
	below := map[portal.OfficeID]int{}
	for _, o := range dir.Data().Offices {
		below[o.Parent]++
	}
	all := choose(dir.Data().Offices, q, func(o portal.Office) (string, bool) {
		return string(o.ID), (q.Office == "" || o.Parent == q.Office) && matches(q.Text, string(o.ID), o.Name.EN, o.Name.UR, o.Name.PS) &&
			portal.CanAdminister(dir, by, portal.AdminView, portal.Target{Office: o.ID}) == nil
	})
	for _, o := range all {
		list = append(list, s.info(dir, o, below[o.ID]))
	}
	return cut(list, q.Limit)
}

func (s *Service) info(dir *portal.Directory, o portal.Office, below int) OfficeInfo {
	return OfficeInfo{Office: o, Officers: len(dir.OfficersOf(o.ID)), Below: below, Vacant: !o.Closed() && dir.Vacant(o.ID, s.Now())}
}

// Officers lists the officers an actor may look at, by id.
func (s *Service) Officers(ctx context.Context, by portal.Actor, q Query) (list []portal.Officer, more bool, err error) {
	dir := s.Directory.Current(ctx)
	all := choose(dir.Data().Officers, q, func(o portal.Officer) (string, bool) {
		return string(o.ID), (q.Office == "" || o.Office == q.Office) && matches(q.Text, string(o.ID), o.Name, o.Title.EN, o.Title.UR, o.Title.PS) &&
			portal.CanAdminister(dir, by, portal.AdminView, portal.Target{Office: o.Office, Officer: o.ID}) == nil
	})
	return cut(all, q.Limit)
}

// choose keeps what a query asks for, in the order of ids, and one more than its
// limit.
func choose[T any](all []T, q Query, want func(T) (id string, yes bool)) []T {
	type kept struct {
		id   string
		item T
	}
	var found []kept
	for _, item := range all {
		if id, yes := want(item); yes && id > q.After {
			found = append(found, kept{id, item})
		}
	}
	slices.SortFunc(found, func(a, b kept) int { return strings.Compare(a.id, b.id) })
	if q.Limit > 0 && len(found) > q.Limit+1 {
		found = found[:q.Limit+1]
	}
	out := make([]T, len(found))
	for i, f := range found {
		out[i] = f.item
	}
	return out
}

func cut[T any](list []T, limit int) ([]T, bool, error) {
	if limit > 0 && len(list) > limit {
		return list[:limit], true, nil
	}
	if list == nil {
		list = []T{}
	}
	return list, false, nil
}

func matches(text string, fields ...string) bool {
	text = strings.ToLower(strings.TrimSpace(text))
	return text == "" || slices.ContainsFunc(fields, func(f string) bool { return strings.Contains(strings.ToLower(f), text) })
}

// Office gives one office with its officers, who acts there, and its history.
func (s *Service) Office(ctx context.Context, by portal.Actor, id portal.OfficeID) (OfficeView, error) {
	o, err := s.office(ctx, by, portal.AdminView, id)
	if err != nil {
		return OfficeView{}, err
	}
	dir := s.Directory.Current(ctx)
	below := 0
	for _, other := range dir.Data().Offices {
		if other.Parent == id {
			below++
		}
	}
	v := OfficeView{OfficeInfo: s.info(dir, o, below), Staff: []portal.Officer{}, Acting: []portal.Officer{}}
	for _, who := range dir.Data().Officers {
		if who.Office == id {
			v.Staff = append(v.Staff, who)
		}
		if c, ok := who.Acting(s.Now()); ok && c.Office == id {
			v.Acting = append(v.Acting, who)
		}
	}
	err = s.Store.View(ctx, func(tx store.Tx) (err error) {
		v.History, err = directory.OfficeHistory(ctx, tx, id)
		return err
	})
	return v, err
}

// Officer gives one officer with their history.
func (s *Service) Officer(ctx context.Context, by portal.Actor, id portal.OfficerID) (OfficerView, error) {
	o, err := s.officer(ctx, by, portal.AdminView, id)
	if err != nil {
		return OfficerView{}, err
	}
	v := OfficerView{Officer: o}
	err = s.Store.View(ctx, func(tx store.Tx) error {
		held, err := openCases(ctx, tx, o)
		if err != nil {
			return err
		}
		v.OpenCases = len(codes(by, held))
		if v.CanSignIn, err = s.Identity.CanSignIn(ctx, tx, id); err != nil {
			return err
		}
		v.History, err = directory.OfficerHistory(ctx, tx, id)
		return err
	})
	return v, err
}

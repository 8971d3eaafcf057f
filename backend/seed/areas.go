package seed

import (
	"slices"
	"strings"

	"github.com/citizens-portal/portal/backend/portal"
)

// AreasFile lists the places: one row each, a place after the one it lies in.
const AreasFile = "areas.csv"

// ranks are the kinds of place from the largest down; a place lies in one of
// the rank above it.
func ranks() []portal.AreaKind {
	return []portal.AreaKind{portal.Province, portal.Division, portal.District, portal.Tehsil}
}

// places is the place tree while a folder is read.
type places struct {
	list  []portal.Area
	byID  map[portal.AreaID]portal.Area
	lines map[string]int
}

func (f *folder) areas() *places {
	p := &places{byID: map[portal.AreaID]portal.Area{}, lines: map[string]int{}}
	for _, r := range f.table(AreasFile, slices.Concat([]string{"id", "kind"}, textColumns, factColumns)...) {
		parent, slug := splitArea(r.must("id"))
		a := portal.Area{
			ID: portal.AreaID(r.get("id")), Slug: slug, Kind: portal.AreaKind(r.get("kind")),
			Name: r.text(), Parent: parent, Fact: r.fact(),
		}
		r.slug("id", slug)
		r.seen("id", string(a.ID), p.lines)
		p.checkRank(r, a)
		p.byID[a.ID] = a
		p.list = append(p.list, a)
	}
	return p
}

// splitArea takes a path apart into the place it lies in and its short name.
func splitArea(id string) (portal.AreaID, string) {
	cut := strings.LastIndexByte(id, '/')
	if cut < 0 {
		return "", id
	}
	return portal.AreaID(id[:cut]), id[cut+1:]
}

func (p *places) checkRank(r row, a portal.Area) {
	rank := slices.Index(ranks(), a.Kind)
	if rank < 0 {
		r.fail("kind is %q; write province, division, district or tehsil", a.Kind)
		return
	}
	parent, ok := p.byID[a.Parent]
	switch {
	case a.Parent == "" && rank > 0:
		r.fail("%s is a %s: its id must be a path that begins with its %s", a.ID, a.Kind, ranks()[rank-1])
	case a.Parent != "" && !ok:
		r.fail("%s lies in %s, which is missing or comes later", a.ID, a.Parent)
	case a.Parent != "" && slices.Index(ranks(), parent.Kind) != rank-1:
		r.fail("%s is a %s and cannot lie in a %s", a.ID, a.Kind, parent.Kind)
	}
}

// above gives the short name of the place of a kind that a lies in, or a's own.
func (p *places) above(a portal.Area, kind portal.AreaKind) string {
	for a.ID != "" {
		if a.Kind == kind {
			return a.Slug
		}
		a = p.byID[a.Parent]
	}
	return ""
}

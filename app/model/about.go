package model

import (
	"cmp"
	"slices"
	"strings"

	"github.com/citizens-portal/portal/assets"
	"github.com/citizens-portal/portal/sdk"
	"github.com/citizens-portal/portal/sdk/api"
)

// Kinds of office, as the directory names them.
const (
	officeChain = "chain"
	officePanel = "panel"
)

// OfficeChoices lists the offices that a complaint may be about, those that answer for
// the district first.
func (g Guide) OfficeChoices(w Words, district string) []Choice {
	area, _ := g.District(district)
	near := map[string]bool{}
	var out []Choice
	for _, o := range g.Offices {
		if o.Kind == officePanel {
			continue
		}
		near[o.ID] = covers(o, area.ID) || strings.HasPrefix(o.Area, area.ID+"/")
		out = append(out, Choice{ID: o.ID, Name: w.In(o.Name), Icon: assets.IconOffice})
	}
	slices.SortFunc(out, func(a, b Choice) int {
		if near[a.ID] != near[b.ID] {
			if near[a.ID] {
				return -1
			}
			return 1
		}
		return cmp.Compare(a.Name, b.Name)
	})
	return out
}

// office finds an office by its id.
func (g Guide) office(id string) (api.Office, bool) {
	i := slices.IndexFunc(g.Offices, func(o api.Office) bool { return o.ID == id })
	if i < 0 {
		return api.Office{}, false
	}
	return g.Offices[i], true
}

// OfficeName is an office's name, or what stands for it.
func (g Guide) OfficeName(w Words, id string) string {
	if o, ok := g.office(id); ok {
		return w.In(o.Name)
	}
	return id
}

// About says whom a draft complains of; "" for nobody.
func (g Guide) About(w Words, d sdk.Draft) string {
	parts := []string{strings.TrimSpace(d.AboutOfficer)}
	if d.AboutOffice != "" {
		parts = append(parts, g.OfficeName(w, d.AboutOffice))
	}
	return lines(parts...)
}

// GoesTo says which office a draft goes to. Whom it complains of never gets it: the next
// office above them does. It tells beforehand what the server decides, which knows more
// of who works where.
func (g Guide) GoesTo(w Words, d sdk.Draft) string {
	if d.AboutOffice == "" && strings.TrimSpace(d.AboutOfficer) == "" {
		return w.T("report.goes_to", "office", office(w, g, d.District))
	}
	about, known := g.office(d.AboutOffice)
	area, placed := g.District(d.District)
	if !known || !placed {
		return w.T("about.goes_above")
	}
	above, ok := g.above(about, area.ID)
	if !ok {
		return w.T("about.nobody_above")
	}
	return w.T("about.goes_to", "office", w.In(above.Name))
}

// above is the lowest office of the chain that answers for an area and does not work
// under another one, or else the panel.
func (g Guide) above(about api.Office, area string) (best api.Office, ok bool) {
	rank := func(o api.Office) int {
		if o.Kind == officePanel {
			return 1 << 20
		}
		return o.Level
	}
	for _, o := range g.Offices {
		if o.Kind != officeChain && o.Kind != officePanel || !covers(o, area) || g.under(o, about) {
			continue
		}
		if !ok || rank(o) < rank(best) {
			best, ok = o, true
		}
	}
	return best, ok
}

// under reports whether an office is another or takes orders from it.
func (g Guide) under(o, top api.Office) bool {
	if o.ID == top.ID || o.Kind == officeChain && top.Kind == officeChain && o.Level < top.Level && within(o.Area, top.Area) {
		return true
	}
	for range len(g.Offices) { // the hierarchy is data: it may run in a circle
		if o.Kind == officePanel || o.Parent == "" {
			return false
		}
		if o.Parent == top.ID {
			return true
		}
		o, _ = g.office(o.Parent)
	}
	return false
}

func covers(o api.Office, area string) bool { return within(area, o.Area) }

func within(area, in string) bool { return area == in || strings.HasPrefix(area, in+"/") }

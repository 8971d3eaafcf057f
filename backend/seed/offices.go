package seed

import (
	"slices"
	"strings"

	"github.com/citizens-portal/portal/backend/portal"
)

// OfficesFile lists the offices. A row with a kind of place under "each" is a
// rule: it stands for one office per such place, with {province}, {division},
// {district} and {tehsil} filled in with short names and {name} with the
// place's name. A row without "each" is one office; with the id of an office
// that a rule gives, it takes that office's place.
const OfficesFile = "offices.csv"

// maxLevel bounds the steps of a chain.
const maxLevel = 9

// officeRow is an office with the row it came from.
type officeRow struct {
	portal.Office
	row  row
	rule bool
}

func (f *folder) offices(p *places, categories map[string]int) []officeRow {
	var out []officeRow
	at := map[portal.OfficeID]int{}
	columns := []string{"each", "id", "kind", "level", "area", "parent", "categories"}
	for _, r := range f.table(OfficesFile, slices.Concat(columns, textColumns, factColumns)...) {
		for _, o := range r.officesOf(p) {
			first, known := at[o.ID]
			switch {
			case !known:
				at[o.ID] = len(out)
				out = append(out, o)
			case out[first].rule != o.rule:
				if out[first].rule {
					out[first] = o
				}
			case o.rule:
				r.fail("the rule gives id %q for %s as well as for %s: put {division} or {province} into the id too", o.ID, out[first].Area, o.Area)
			default:
				r.fail("id %q is there twice, first on line %d", o.ID, out[first].row.line)
			}
		}
		r.checkCategories(categories)
	}
	for _, o := range out {
		if _, ok := at[o.Parent]; o.Parent != "" && !ok {
			o.row.fail("%s is below %q, which is not an office", o.ID, o.Parent)
		}
	}
	return out
}

func (r row) checkCategories(known map[string]int) {
	for _, code := range words(r.get("categories"), " ") {
		if _, ok := known[code]; !ok {
			r.fail("category %q is not in %s", code, CategoriesFile)
		}
	}
}

// officesOf gives the one office of a plain row, or a rule's office for each
// place of its kind (within its area, when it names one).
func (r row) officesOf(p *places) []officeRow {
	base := r.office()
	each := portal.AreaKind(r.get("each"))
	if _, ok := p.byID[base.Area]; base.Area != "" && !ok {
		r.fail("area %q is not in %s", base.Area, AreasFile)
		return nil
	}
	switch {
	case each == "":
		r.must("area")
		r.slug("id", string(base.ID))
		return []officeRow{{base, r, false}}
	case !slices.Contains(ranks(), each):
		r.fail("each is %q; write province, division, district or tehsil, or nothing", each)
		return nil
	}
	var out []officeRow
	for _, a := range p.list {
		if a.Kind == each && (base.Area == "" || a.ID.Within(base.Area)) {
			out = append(out, officeRow{r.fill(base, a, p), r, true})
		}
	}
	if len(p.list) > 0 {
		r.checkFilled(out)
	}
	return out
}

func (r row) office() portal.Office {
	o := portal.Office{
		ID: portal.OfficeID(r.must("id")), Kind: portal.OfficeKind(r.get("kind")), Name: r.text(), Area: portal.AreaID(r.get("area")),
		Level: r.number("level", 0, maxLevel), Parent: portal.OfficeID(r.get("parent")), Fact: r.fact(),
	}
	switch o.Kind {
	case portal.Chain, portal.Line, portal.Panel:
	default:
		r.fail("kind is %q; write chain, line or panel", o.Kind)
	}
	for _, code := range words(r.get("categories"), " ") {
		o.Categories = append(o.Categories, portal.CategoryCode(code))
	}
	return o
}

// fill makes a rule's office for one place.
func (r row) fill(o portal.Office, a portal.Area, p *places) portal.Office {
	var pairs []string
	for _, kind := range ranks() {
		if slug := p.above(a, kind); slug != "" {
			pairs = append(pairs, "{"+string(kind)+"}", slug)
		}
	}
	slugs := strings.NewReplacer(pairs...)
	o.ID = portal.OfficeID(slugs.Replace(string(o.ID)))
	o.Parent = portal.OfficeID(slugs.Replace(string(o.Parent)))
	o.Area = a.ID
	o.Name.EN = strings.ReplaceAll(o.Name.EN, "{name}", a.Name.EN)
	o.Name.UR = strings.ReplaceAll(o.Name.UR, "{name}", a.Name.In("ur"))
	o.Name.PS = strings.ReplaceAll(o.Name.PS, "{name}", a.Name.In("ps"))
	o.Name.Reviewed = o.Name.Reviewed && a.Name.Reviewed
	o.Categories = slices.Clone(o.Categories)
	return o
}

// checkFilled looks at a rule's first office only: its others fail alike.
func (r row) checkFilled(out []officeRow) {
	if len(out) == 0 {
		r.fail("the rule finds no place of kind %q", r.get("each"))
		return
	}
	o := out[0]
	r.slug("id", string(o.ID))
	for _, cell := range []string{string(o.Parent), o.Name.EN, o.Name.UR, o.Name.PS} {
		if strings.ContainsAny(cell, "{}") {
			r.fail("%q has a blank that this rule cannot fill; use {province}, {division}, {district}, {tehsil} or {name}", cell)
		}
	}
}

// panels finds, per province, the office that hears appeals against the top of
// the chain: the panel whose area it is.
func (f *folder) panels(offices []officeRow) map[portal.AreaID]portal.OfficeID {
	out := map[portal.AreaID]portal.OfficeID{}
	for _, o := range offices {
		if o.Kind != portal.Panel {
			continue
		}
		if other, twice := out[o.Area]; twice {
			o.row.fail("%s has the panel %s already", o.Area, other)
			continue
		}
		out[o.Area] = o.ID
	}
	return out
}

package portal

import (
	"slices"
	"strings"
)

// About is whom a complaint is about, when it is about an office or an officer
// of the portal. Neither they, nor the office they work in, nor any office below
// one of the two is ever given it, reads it or works on it: not at filing, nor
// by transfer, assignment, escalation or appeal, nor after the officer has gone
// to another post. The zero About is a complaint about nobody in particular.
type About struct {
	// Office is complained of: the one named, or where the officer worked when
	// it was filed.
	Office OfficeID `json:"office,omitempty"`
	// Officer is set when the name was found among the officers.
	Officer OfficerID `json:"officer,omitempty"`
	// Name is the officer's name as the citizen wrote it.
	Name string `json:"name,omitempty"`
}

// Somebody reports whether the complaint is about an office or officer.
func (a About) Somebody() bool { return a != About{} }

// CountedIn is the place whose figures a case belongs to: its district, but for
// a complaint about somebody the whole province, because in the figures of a
// district the office complained of could see that there is one.
func (c Case) CountedIn() AreaID {
	if !c.About.Somebody() {
		return c.District
	}
	province, _, _ := strings.Cut(string(c.District), "/")
	return AreaID(province)
}

// FindAbout reads what a citizen wrote: an office's id, an officer's name or
// sign-in name, or both. A name that two officers share, or that nobody has,
// needs the office beside it, because guessing wrong would put the complaint on
// the desk of the one it is about. Errors name about_office or about_officer.
func (d *Directory) FindAbout(office OfficeID, name string) (About, error) {
	name = strings.Join(strings.Fields(name), " ")
	if office == "" && name == "" {
		return About{}, nil
	}
	if _, ok := d.Office(office); office != "" && !ok {
		return About{}, Invalid("about_office", "office_unknown", "%q is not an office: choose one from the list of offices", office)
	}
	if err := checkText("about_officer", name, 120, false); err != nil {
		return About{}, err
	}
	found := d.named(name, office)
	if len(found) != 1 && office == "" {
		return About{}, Invalid("about_officer", "officer_unclear", "this name is not enough to tell who it is: choose their office too")
	}
	about := About{Office: office, Name: name}
	if len(found) == 1 {
		about.Officer = found[0].ID
		if office == "" {
			about.Office = found[0].Office
		}
	}
	return about, nil
}

// named lists the officers of a name or sign-in name, of one office or of all.
func (d *Directory) named(name string, office OfficeID) []Officer {
	var found []Officer
	for _, o := range d.data.Officers {
		if name != "" && (office == "" || o.Office == office) && (strings.EqualFold(string(o.ID), name) || strings.EqualFold(o.Name, name)) {
			found = append(found, o)
		}
	}
	return found
}

// Bars reports whether an office must have no part in a complaint about
// somebody: it is the office complained of, or where the officer complained of
// works now, holds or is to hold a charge, or lies below one of them. A charge that
// has ended still bars its office, on purpose: the people there took the officer's
// orders, and a rule without a clock gives the same answer at filing, at the sweep
// and after a restore. What it costs is that such a complaint lies one office
// higher than it might; taking the charge off the officer's record ends it.
func (d *Directory) Bars(a About, office OfficeID) bool {
	if a.Office != "" && d.below(office, a.Office) {
		return true
	}
	if a.Officer == "" {
		return false
	}
	o, ok := d.Officer(a.Officer)
	return ok && (d.below(office, o.Office) || slices.ContainsFunc(o.Charges, func(c Charge) bool { return d.below(office, c.Office) }))
}

// below reports whether an office is another or takes orders from it, by the
// line of parents or by its step in the chain inside the other's area: either
// may be missing in a deployment's data.
func (d *Directory) below(office, top OfficeID) bool {
	t, known := d.Office(top)
	if office == top || !known {
		return office == top
	}
	o, ok := d.Office(office)
	if !ok {
		return false
	}
	if t.Kind == Chain && o.Area.Within(t.Area) && (o.Kind == Chain && o.Level < t.Level || o.Kind == Line && o.Level <= t.Level) {
		return true
	}
	// A panel is nobody's subordinate, whatever office its papers lie with.
	for seen := 0; o.Parent != "" && o.Kind != Panel && seen < maxDepth; seen++ {
		if o.Parent == top {
			return true
		}
		if o, ok = d.Office(o.Parent); !ok {
			return false
		}
	}
	return false
}

// maxDepth bounds walks up the hierarchy, which is data.
const maxDepth = 16

// nextOffice gives the first office of the chain, from a level up, that may
// have the case.
func nextOffice(dir *Directory, c Case, level int) (Office, bool) {
	for l := level; l <= dir.topLevel(); l++ {
		if o, ok := dir.ChainOffice(c.District, l); ok && !dir.Bars(c.About, o.ID) {
			return o, true
		}
	}
	return Office{}, false
}

// firstOffice gives the office a complaint is filed with and its level: the
// district's, or the next one up that it is not about, or at last the panel.
func firstOffice(dir *Directory, c Case) (Office, int, error) {
	if o, ok := nextOffice(dir, c, c.Level); ok {
		return o, o.Level, nil
	}
	if panel, ok := dir.AppealPanel(c.District); ok && !dir.Bars(c.About, panel.ID) {
		return panel, dir.topLevel(), nil
	}
	return Office{}, 0, Invalid("about_office", "office_top", "no office of the portal stands above this one: complain to the Ombudsman or a court")
}

// misplaced reports whether an open case lies with an office that must not have
// it any more, because the officer complained of works there now or the
// hierarchy changed, and somebody else could have it. With nobody left it stays
// where it is, and nobody there can read it.
func misplaced(dir *Directory, c Case) bool {
	if !c.About.Somebody() || !c.Status.Open() {
		return false
	}
	barred := func(o OfficeID) bool { return dir.Bars(c.About, o) }
	if !slices.ContainsFunc(c.Desks, barred) {
		return false
	}
	_, _, err := firstOffice(dir, c)
	return err == nil || !barred(c.Office)
}

// reroute is what ActReroute changes: every desk that is barred loses the case,
// and the next office up that is not has it.
func reroute(dir *Directory, c *Case, e *Event) {
	barred := func(o OfficeID) bool { return dir.Bars(c.About, o) }
	if has, ok := dir.Officer(c.Officer); ok && barred(has.Office) {
		c.Officer = ""
	}
	c.Desks = slices.DeleteFunc(c.Desks, barred)
	if !barred(c.Office) {
		return
	}
	office, level, err := firstOffice(dir, *c)
	if err != nil {
		return
	}
	c.Office, c.Level, c.Officer, e.ToOffice = office.ID, level, "", office.ID
	addDesk(c, office.ID)
}

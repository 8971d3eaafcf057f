package seed

import (
	"slices"
	"strings"

	"github.com/citizens-portal/portal/backend/portal"
)

// OfficersFile lists officers. A province's folder may leave it out: officers
// are usually entered one by one, each with their own sign-in.
const OfficersFile = "officers.csv"

func (f *folder) officers(file string, offices map[portal.OfficeID]bool) []portal.Officer {
	return f.officersIn(file, offices, map[string]int{})
}

// officersIn also notes on which line each stands.
func (f *folder) officersIn(file string, offices map[portal.OfficeID]bool, lines map[string]int) []portal.Officer {
	var out []portal.Officer
	for _, r := range f.table(file, officerColumns...) {
		o := portal.Officer{
			ID: portal.OfficerID(r.must("id")), Name: r.must("name"), Title: portal.Text{EN: r.get("en"), UR: r.get("ur"), PS: r.get("ps"), Reviewed: r.yes("reviewed")}, Office: portal.OfficeID(r.must("office")),
			Post: portal.Post(r.get("post")), Disabled: r.yes("disabled"),
		}
		r.slug("id", strings.ReplaceAll(string(o.ID), ".", "-"))
		r.seen("id", string(o.ID), lines)
		if !offices[o.Office] {
			r.fail("office %q is not an office of this directory", o.Office)
		}
		if !slices.Contains(portal.Posts(), o.Post) {
			r.fail("post is %q; write head, focal, staff, admin or analyst", o.Post)
		}
		out = append(out, o)
	}
	return out
}

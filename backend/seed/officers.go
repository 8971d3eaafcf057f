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
	var out []portal.Officer
	lines := map[string]int{}
	columns := []string{"id", "name", "office", "post", "disabled"}
	for _, r := range f.table(file, slices.Concat(columns, textColumns)...) {
		o := portal.Officer{
			ID: portal.OfficerID(r.must("id")), Name: r.must("name"), Title: r.text(), Office: portal.OfficeID(r.must("office")),
			Post: portal.Post(r.get("post")), Disabled: r.yes("disabled"),
		}
		r.slug("id", strings.ReplaceAll(string(o.ID), ".", "-"))
		r.seen("id", string(o.ID), lines)
		if !offices[o.Office] {
			r.fail("office %q is not an office of this directory", o.Office)
		}
		switch o.Post {
		case portal.Head, portal.FocalPost, portal.Staff, portal.AdminPost, portal.AnalystPost:
		default:
			r.fail("post is %q; write head, focal, staff, admin or analyst", o.Post)
		}
		out = append(out, o)
	}
	return out
}

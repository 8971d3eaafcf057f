package portal

import (
	"fmt"
	"slices"
	"strings"
)

// AdminAction is something done to the directory of offices and officers.
type AdminAction string

// What administrators do.
const (
	AdminView    AdminAction = "view"    // offices, officers and their history
	AdminOffice  AdminAction = "office"  // create, rename, change, close
	AdminOfficer AdminAction = "officer" // create, and change name and title
	AdminAppoint AdminAction = "appoint" // post, office and charges
	AdminLeave   AdminAction = "leave"
	AdminInvite  AdminAction = "invite" // a one-time token that sets password and TOTP
	AdminReset   AdminAction = "reset"  // the old password and TOTP stop working
	AdminDisable AdminAction = "disable"
	AdminEnable  AdminAction = "enable"
	AdminImport  AdminAction = "import"
	AdminExport  AdminAction = "export"
)

// AdminActions lists them all.
func AdminActions() []AdminAction {
	return []AdminAction{AdminView, AdminOffice, AdminOfficer, AdminAppoint, AdminLeave, AdminInvite, AdminReset, AdminDisable, AdminEnable, AdminImport, AdminExport}
}

// Reach is how far from the own office a right goes.
type Reach string

// The reaches. Nothing reaches upwards or sideways, so nobody can give away
// more than they have.
const (
	NoReach Reach = ""
	// Below is the own office and all that lie below it; for the top of a
	// province's chain, all of the province.
	Below Reach = "below"
)

// postRule is what a post may do: its part in the cases on its office's desk,
// and what it may administer, how far.
type postRule struct {
	post  Post
	desk  Role
	admin []AdminAction
	reach Reach
}

// postRules is every right that comes with a post; what is not written here is
// not allowed. It is part of the program on purpose: a file that somebody
// imports must not be able to grant rights. What each role may do to a case
// stands in transitions. testdata/admin.txt prints both for reviewers.
var postRules = []postRule{
	{Head, RoleDistributor, nil, NoReach},
	{FocalPost, RoleDistributor, nil, NoReach},
	{Staff, RoleHandler, nil, NoReach}, // of what is assigned to them; RoleReader of the rest
	{AdminPost, "", AdminActions(), Below},
	{AnalystPost, "", nil, NoReach},
}

// Posts lists the posts there are.
func Posts() []Post {
	out := make([]Post, len(postRules))
	for i, r := range postRules {
		out[i] = r.post
	}
	return out
}

// postRuleOf gives a post's rule; one that there is not may do nothing.
func postRuleOf(p Post) postRule {
	i := slices.IndexFunc(postRules, func(r postRule) bool { return r.post == p })
	if i < 0 {
		return postRule{}
	}
	return postRules[i]
}

// ReadsCases reports whether a post has a part in its office's cases.
func (p Post) ReadsCases() bool { return postRuleOf(p).desk != "" }

// Administers reports whether a post administers anything.
func (p Post) Administers() bool { return len(postRuleOf(p).admin) > 0 }

// PostTable prints the rights of the posts.
func PostTable() string {
	var b strings.Builder
	for _, r := range postRules {
		words := make([]string, len(r.admin))
		for i, a := range r.admin {
			words[i] = string(a)
		}
		fmt.Fprintf(&b, "%-8s cases: %-12s administers: %s %s\n", r.post, orDash(string(r.desk)), orDash(string(r.reach)), strings.Join(words, " "))
	}
	return b.String()
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

// Target is what an administrator's action is about: an office, and an officer
// of it where it is about one.
type Target struct {
	Office  OfficeID
	Officer OfficerID
}

// CanAdminister is the one question of authorisation over offices and officers;
// nil means yes. The system (the server's owner at the console) may everything.
// The error is ErrForbidden for who does not administer, or would administer
// themselves, and ErrNotFound for what lies out of reach.
func CanAdminister(d *Directory, a Actor, action AdminAction, t Target) error {
	if a.Kind == SystemActor && slices.Contains(AdminActions(), action) {
		return nil
	}
	o := a.Officer
	rule := postRuleOf(o.Post)
	switch {
	case a.Kind != OfficerActor || o.ID == "" || o.Disabled || !slices.Contains(rule.admin, action):
		return fmt.Errorf("%s: %w", action, ErrForbidden)
	case rule.reach != Below || !d.Below(t.Office, o.Office):
		return fmt.Errorf("%s %s: %w", action, t.Office, ErrNotFound)
	case t.Officer == o.ID && action != AdminView && action != AdminExport:
		return fmt.Errorf("%s: nobody administers themselves: %w", action, ErrForbidden)
	}
	return nil
}

// Below reports whether an office is other or lies below it. Below the top of a
// province's chain lies every office of the province, whatever is above it.
func (d *Directory) Below(id, other OfficeID) bool {
	top, ok := d.offices[other]
	o, known := d.offices[id]
	if !ok || !known {
		return false
	}
	if d.Top(other) && o.Area.Within(top.Area) {
		return true
	}
	for seen := 0; id != "" && seen <= len(d.offices); seen++ {
		if id == other {
			return true
		}
		if o = d.offices[id]; o == nil {
			return false
		}
		id = o.Parent
	}
	return false
}

// Top reports whether an office is the top of its chain.
func (d *Directory) Top(id OfficeID) bool {
	o := d.offices[id]
	return o != nil && o.Kind == Chain && o.Parent == "" && !o.Closed()
}

// Administrators lists who administers from the top of a chain and can sign in.
// There is always one, once there was.
func (d *Directory) Administrators() []Officer {
	var out []Officer
	for _, o := range d.data.Officers {
		if o.Post.Administers() && !o.Disabled && d.Top(o.Office) {
			out = append(out, o)
		}
	}
	return out
}

package portal_test

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	. "github.com/citizens-portal/portal/backend/portal"
)

const adminGolden = "testdata/admin.txt"

// where are the offices an administrator of dc-swat may look at, by how they lie
// to it.
var where = []struct {
	name   string
	office OfficeID
}{
	{"own", "dc-swat"}, {"a department below", "water-swat"}, {"above", "com-malakand"}, {"a district beside", "dc-buner"},
	{"the top", "cs"}, {"the panel", "panel"}, {"another division", "water-haripur"}, {"none", ""}, {"unknown", "nowhere"},
}

// eachAdmin runs over post × office × action × jurisdiction × self × disabled.
func eachAdmin(d *Directory, f func(key string, a Actor, action AdminAction, t Target, err error)) {
	for _, home := range []OfficeID{"dc-swat", "cs", "water-swat"} {
		for _, post := range append(Posts(), "", "chief") {
			for _, disabled := range []bool{false, true} {
				a := Actor{Kind: OfficerActor, Officer: Officer{ID: "me", Office: home, Post: post, Disabled: disabled}}
				for _, w := range where {
					for _, who := range []OfficerID{"", "me", "another"} {
						for _, action := range append(AdminActions(), "", "rule") {
							t := Target{Office: w.office, Officer: who}
							key := fmt.Sprintf("%s of %s, disabled %v: %s %q at %s", post, home, disabled, action, who, w.name)
							f(key, a, action, t, CanAdminister(d, a, action, t))
						}
					}
				}
			}
		}
	}
}

// listed states the rules once more, in other words than the code: what is
// allowed, by the office of the administrator and where the target lies.
var listed = map[OfficeID][]string{
	"dc-swat":    {"own", "a department below"},
	"water-swat": {"a department below"}, // which is the own one
	"cs":         {"own", "a department below", "above", "a district beside", "the top", "the panel", "another division"},
}

// TestAdminRights enumerates every combination: what listed does not allow must
// be refused, and what it allows must not.
func TestAdminRights(t *testing.T) {
	d := directory(t, kpLike())
	tried := 0
	eachAdmin(d, func(key string, a Actor, action AdminAction, target Target, err error) {
		tried++
		lies := where[slices.IndexFunc(where, func(w struct {
			name   string
			office OfficeID
		}) bool {
			return w.office == target.Office
		})].name
		want := a.Officer.Post == AdminPost && !a.Officer.Disabled && slices.Contains(AdminActions(), action) &&
			slices.Contains(listed[a.Officer.Office], lies) && (target.Officer != "me" || action == AdminView || action == AdminExport)
		if want != (err == nil) {
			t.Errorf("%s: %v, listed %v", key, err, want)
		}
		if err != nil && !errors.Is(err, ErrForbidden) && !errors.Is(err, ErrNotFound) {
			t.Errorf("%s: an unknown refusal: %v", key, err)
		}
	})
	if want := 3 * 7 * 2 * len(where) * 3 * 13; tried != want {
		t.Errorf("%d combinations tried, want %d", tried, want)
	}
	for _, a := range []Actor{citizen(owner), {}, {Kind: "robot"}, {Kind: OfficerActor, Officer: Officer{Office: "cs", Post: AdminPost}}} {
		for _, action := range AdminActions() {
			if CanAdminister(d, a, action, Target{Office: "dc-swat"}) == nil {
				t.Errorf("%+v may %s", a, action)
			}
		}
	}
}

// TestPostTable keeps the printed rights and the code together; a new post or
// right shows in the file's diff.
func TestPostTable(t *testing.T) {
	if *update {
		if err := os.WriteFile(adminGolden, []byte(PostTable()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(adminGolden)
	if err != nil {
		t.Fatal(err)
	}
	if got := PostTable(); got != string(want) {
		t.Errorf("the rights of the posts differ from %s (run with -update and review the diff):\n%s", adminGolden, got)
	}
	for _, p := range Posts() {
		if !strings.Contains(string(want), string(p)+" ") {
			t.Errorf("%s is not in %s", p, adminGolden)
		}
	}
}

func adminOf(office OfficeID) Actor {
	return Actor{Kind: OfficerActor, Officer: Officer{ID: "admin." + OfficerID(office), Office: office, Post: AdminPost}}
}

// changed gives the directory with one office or officer changed.
func changed(t *testing.T, edit func(d *Dataset)) (before, after *Directory, err error) {
	t.Helper()
	before = directory(t, kpLike())
	data := kpLike()
	edit(&data)
	after, err = NewDirectory(data)
	return before, after, err
}

func officeAt(d *Dataset, id OfficeID) *Office {
	return &d.Offices[slices.IndexFunc(d.Offices, func(o Office) bool { return o.ID == id })]
}

func officerAt(d *Dataset, id OfficerID) *Officer {
	return &d.Officers[slices.IndexFunc(d.Officers, func(o Officer) bool { return o.ID == id })]
}

func TestCheckChange(t *testing.T) {
	for _, tc := range []struct {
		name  string
		actor Actor
		edit  func(d *Dataset)
		want  error
	}{
		{"nothing", citizen(owner), func(*Dataset) {}, nil},
		{"rename the own office", adminOf("dc-swat"), func(d *Dataset) { officeAt(d, "dc-swat").Name.EN = "New" }, nil},
		{"move the own office", adminOf("water-swat"), func(d *Dataset) { officeAt(d, "water-swat").Parent = "com-malakand" }, ErrForbidden},
		{"widen the own office", adminOf("any-swat"), func(d *Dataset) { officeAt(d, "any-swat").Categories = []CategoryCode{"road"} }, ErrForbidden},
		{"open an office below", adminOf("dc-swat"), func(d *Dataset) {
			d.Offices = append(d.Offices, Office{ID: "new-swat", Kind: Line, Area: "kp/malakand/swat", Parent: "dc-swat"})
		}, nil},
		{"open an office for another place", adminOf("dc-swat"), func(d *Dataset) {
			d.Offices = append(d.Offices, Office{ID: "new-swat", Kind: Line, Area: "kp/malakand", Parent: "dc-swat"})
		}, ErrForbidden},
		{"open an office elsewhere", adminOf("dc-swat"), func(d *Dataset) {
			d.Offices = append(d.Offices, Office{ID: "new-buner", Kind: Line, Area: "kp/malakand/buner", Parent: "dc-buner"})
		}, ErrNotFound},
		{"open an office above", adminOf("dc-swat"), func(d *Dataset) {
			d.Offices = append(d.Offices, Office{ID: "new", Kind: Line, Area: "kp/malakand/swat", Level: 1, Parent: "dc-swat"})
		}, ErrForbidden},
		{"take an office over", adminOf("dc-swat"), func(d *Dataset) { officeAt(d, "water-haripur").Parent = "dc-swat" }, ErrNotFound},
		{"close an office below", adminOf("com-malakand"), func(d *Dataset) { officeAt(d, "water-swat").ClosedAt = filed }, nil},
		{"appoint below", adminOf("com-malakand"), func(d *Dataset) { officerAt(d, "staff.dc-swat").Post = Head }, nil},
		{"appoint above", adminOf("dc-swat"), func(d *Dataset) { officerAt(d, "staff.dc-swat").Office = "com-malakand" }, ErrNotFound},
		{"fetch from elsewhere", adminOf("dc-swat"), func(d *Dataset) { officerAt(d, "staff.dc-buner").Office = "dc-swat" }, ErrNotFound},
		{"charge elsewhere", adminOf("dc-swat"), func(d *Dataset) {
			officerAt(d, "staff.dc-swat").Charges = []Charge{{Office: "dc-buner", Post: Head, Span: Span{From: filed}}}
		}, ErrNotFound},
		{"charge below", adminOf("dc-swat"), func(d *Dataset) {
			officerAt(d, "staff.dc-swat").Charges = []Charge{{Office: "water-swat", Post: Head, Span: Span{From: filed}}}
		}, nil},
		{"appoint oneself", adminOf("dc-swat"), func(d *Dataset) { officerAt(d, "admin.dc-swat").Post = Head }, ErrForbidden},
		{"an analyst gives leave", Actor{Kind: OfficerActor, Officer: Officer{ID: "analyst.dc-swat", Office: "dc-swat", Post: AnalystPost}},
			func(d *Dataset) { officerAt(d, "staff.dc-swat").Leaves = []Span{{From: filed}} }, ErrForbidden},
		{"a name nobody can sign in with", Actor{Kind: SystemActor}, func(d *Dataset) {
			d.Officers = append(d.Officers, Officer{ID: "Bad name!", Name: "N", Office: "dc-swat", Post: Staff})
		}, ErrInvalid},
		{"a name without end", Actor{Kind: SystemActor}, func(d *Dataset) { officerAt(d, "staff.dc-swat").Name = strings.Repeat("ن", 201) }, ErrInvalid},
		{"a long name", Actor{Kind: SystemActor}, func(d *Dataset) { officerAt(d, "staff.dc-swat").Name = strings.Repeat("ن", 200) }, nil},
		{"the last administrator", Actor{Kind: SystemActor}, func(d *Dataset) { officerAt(d, "admin.cs").Disabled = true }, ErrConflict},
		{"the last administrator moves", Actor{Kind: SystemActor}, func(d *Dataset) { officerAt(d, "admin.cs").Post = Staff }, ErrConflict},
	} {
		t.Run(tc.name, func(t *testing.T) {
			before, after, err := changed(t, tc.edit)
			if err != nil {
				t.Fatal(err)
			}
			if err := CheckChange(tc.actor, before, after); !errors.Is(err, tc.want) {
				t.Errorf("%v, want %v", err, tc.want)
			}
		})
	}
}

func TestAppointmentsAreChecked(t *testing.T) {
	for name, edit := range map[string]func(d *Dataset){
		"circle":            func(d *Dataset) { officeAt(d, "cs").Parent = "dc-swat" },
		"closed with below": func(d *Dataset) { officeAt(d, "dc-swat").ClosedAt = filed },
		"closed panel":      func(d *Dataset) { officeAt(d, "panel").ClosedAt = filed },
		"charge unknown": func(d *Dataset) {
			officerAt(d, "staff.cs").Charges = []Charge{{Office: "no", Post: Head, Span: Span{From: filed}}}
		},
		"charge of the own office": func(d *Dataset) {
			officerAt(d, "staff.cs").Charges = []Charge{{Office: "cs", Post: Head, Span: Span{From: filed}}}
		},
		"charge of an administrator": func(d *Dataset) {
			officerAt(d, "staff.cs").Charges = []Charge{{Office: "panel", Post: AdminPost, Span: Span{From: filed}}}
		},
		"two charges at once": func(d *Dataset) {
			officerAt(d, "staff.cs").Charges = []Charge{{"panel", Head, Span{From: filed}}, {"dc-swat", Head, Span{From: after(3)}}}
		},
		"leave without a beginning": func(d *Dataset) { officerAt(d, "staff.cs").Leaves = []Span{{Until: filed}} },
		"leave backwards":           func(d *Dataset) { officerAt(d, "staff.cs").Leaves = []Span{{From: after(2), Until: filed}} },
		"two leaves at once": func(d *Dataset) {
			officerAt(d, "staff.cs").Leaves = []Span{{From: filed, Until: after(9)}, {From: after(8)}}
		},
	} {
		if _, _, err := changed(t, edit); !errors.Is(err, ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestVacancy: leave makes a post vacant, and a charge fills it, by the day.
func TestVacancy(t *testing.T) {
	data := kpLike()
	for _, id := range []OfficerID{"head.dc-swat", "focal.dc-swat"} {
		officerAt(&data, id).Leaves = []Span{{From: filed, Until: after(10)}}
	}
	officerAt(&data, "staff.com-malakand").Charges = []Charge{{"dc-swat", Head, Span{From: after(2), Until: after(5)}}}
	d := directory(t, data)
	for days, want := range map[int]bool{-1: false, 0: true, 1: true, 2: false, 4: false, 5: true, 9: true, 10: false} {
		if got := d.Vacant("dc-swat", after(days)); got != want {
			t.Errorf("day %d: vacant %v, want %v", days, got, want)
		}
	}
	if h := d.Holders("dc-swat", Head, after(3)); len(h) != 1 || h[0].ID != "staff.com-malakand" {
		t.Errorf("acting holder: %+v", h)
	}
}

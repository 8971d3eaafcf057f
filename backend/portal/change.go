package portal

import (
	"fmt"
	"slices"
	"unicode/utf8"
)

// LastAdministratorError says that a change would leave nobody who administers
// the portal.
type LastAdministratorError struct{}

func (*LastAdministratorError) Error() string {
	return "this would leave nobody who administers the portal: appoint another administrator at the top first"
}

// Unwrap makes it an ErrConflict.
func (*LastAdministratorError) Unwrap() error { return ErrConflict }

// CheckChange decides whether an actor may turn one directory into another.
// Only offices and officers may differ; each difference is judged by what it
// is. It also keeps the last administrator.
func CheckChange(a Actor, before, after *Directory) error {
	for _, o := range after.data.Offices {
		if err := CheckOffice(a, before, after, o); err != nil {
			return err
		}
	}
	for _, o := range after.data.Officers {
		for _, action := range OfficerChanges(before, o) {
			if err := CheckOfficer(a, before, after, action, o); err != nil {
				return err
			}
		}
	}
	if len(before.Administrators()) > 0 && len(after.Administrators()) == 0 {
		return &LastAdministratorError{}
	}
	return nil
}

// CheckOffice decides about one office of the new directory: an administrator
// may rename the own one, and create, change and close those below it. None may
// come to lie outside.
func CheckOffice(a Actor, before, after *Directory, o Office) error {
	was, known := before.Office(o.ID)
	if known && sameOffice(was, o) {
		return nil
	}
	if known {
		if err := CanAdminister(before, a, AdminOffice, Target{Office: o.ID}); err != nil {
			return err
		}
	}
	if a.Kind == SystemActor {
		return nil
	}
	own := a.Officer.Office
	renamed := was
	renamed.Name = o.Name
	switch {
	case o.ID == own && !sameOffice(renamed, o):
		return fmt.Errorf("office %s: its own administrators may only rename it: %w", o.ID, ErrForbidden)
	case o.ID == own:
		return nil
	}
	if err := CanAdminister(after, a, AdminOffice, Target{Office: o.ID}); err != nil {
		return err
	}
	mine, _ := after.Office(own)
	if !o.Area.Within(mine.Area) || o.Level > mine.Level {
		return fmt.Errorf("office %s: it would answer for more than %s: %w", o.ID, own, ErrForbidden)
	}
	return nil
}

// maxPersonName bounds the name of an officer, in characters.
const maxPersonName = 200

// CheckOfficer decides about one change of an officer, where they come from and
// where they go. Somebody new needs a name to sign in with: without one the
// directory would hold an officer whom nobody can invite.
func CheckOfficer(a Actor, before, after *Directory, action AdminAction, o Officer) error {
	offices := []OfficeID{o.Office}
	was, known := before.Officer(o.ID)
	if known {
		offices = append(offices, was.Office)
	} else if err := o.ID.Check(); err != nil {
		return err
	}
	if o.Name != was.Name && utf8.RuneCountInString(o.Name) > maxPersonName {
		return Invalid("name", "person_name_long", "%s: a person's name has at most %d characters", o.ID, maxPersonName)
	}
	if action == AdminAppoint {
		for _, c := range slices.Concat(was.Charges, o.Charges) {
			offices = append(offices, c.Office)
		}
	}
	for _, office := range offices {
		if err := CanAdminister(after, a, action, Target{Office: office, Officer: o.ID}); err != nil {
			return err
		}
	}
	if now, ok := after.Office(o.Office); action == AdminAppoint && ok && now.Closed() {
		return Invalid("office", "office_closed", "%s is closed: nobody can be appointed to it", o.Office)
	}
	return nil
}

// OfficerChanges names what must be allowed to put an officer into a directory
// as given; empty when nothing changes.
func OfficerChanges(before *Directory, o Officer) []AdminAction {
	was, known := before.Officer(o.ID)
	var out []AdminAction
	if !known || was.Name != o.Name || was.Title != o.Title || was.Demo != o.Demo {
		out = append(out, AdminOfficer)
	}
	if !known || was.Office != o.Office || was.Post != o.Post || !slices.EqualFunc(was.Charges, o.Charges, Charge.same) {
		out = append(out, AdminAppoint)
	}
	if !slices.EqualFunc(was.Leaves, o.Leaves, Span.same) {
		out = append(out, AdminLeave)
	}
	switch {
	case known && !was.Disabled && o.Disabled:
		out = append(out, AdminDisable)
	case known && was.Disabled && !o.Disabled:
		out = append(out, AdminEnable)
	}
	return out
}

func (s Span) same(o Span) bool { return s.From.Equal(o.From) && s.Until.Equal(o.Until) }

func (c Charge) same(o Charge) bool {
	return c.Office == o.Office && c.Post == o.Post && c.Span.same(o.Span)
}

func sameOffice(a, b Office) bool {
	return a.ID == b.ID && a.Kind == b.Kind && a.Name == b.Name && a.Area == b.Area && a.Level == b.Level && a.Parent == b.Parent &&
		slices.Equal(a.Categories, b.Categories) && a.ClosedAt.Equal(b.ClosedAt) && a.Fact == b.Fact
}

// OfficeChanged reports whether an office differs from what a directory has.
func OfficeChanged(before *Directory, o Office) bool {
	was, known := before.Office(o.ID)
	return !known || !sameOffice(was, o)
}

package portal

import (
	"slices"
	"time"
)

// Span is a stretch of time: From is in it, Until is not; a zero Until is not
// known yet.
type Span struct {
	From  time.Time `json:"from"`
	Until time.Time `json:"until,omitzero"`
}

// Holds reports whether a moment lies in the span.
func (s Span) Holds(at time.Time) bool {
	return !at.Before(s.From) && (s.Until.IsZero() || at.Before(s.Until))
}

// overlaps reports whether two spans share a moment.
func (s Span) overlaps(o Span) bool {
	return (s.Until.IsZero() || o.From.Before(s.Until)) && (o.Until.IsZero() || s.From.Before(o.Until))
}

// Charge is a post held for a while beside the own one: the acting holder of a
// post that is vacant, or whose holder is on leave.
type Charge struct {
	Office OfficeID `json:"office"`
	Post   Post     `json:"post"`
	Span
}

// Away reports whether the officer is on leave at a moment: then no case is
// given to them.
func (o Officer) Away(at time.Time) bool {
	return slices.ContainsFunc(o.Leaves, func(s Span) bool { return s.Holds(at) })
}

// Acting gives the charge held at a moment, if any; there is never more than
// one.
func (o Officer) Acting(at time.Time) (Charge, bool) {
	for _, c := range o.Charges {
		if c.Holds(at) {
			return c, true
		}
	}
	return Charge{}, false
}

// checkAppointment checks an officer's leaves and charges.
func (d *Directory) checkAppointment(o Officer) error {
	var held []Span
	for _, c := range o.Charges {
		switch {
		case d.offices[c.Office] == nil:
			return Invalid("officers", "charge_office", "%s: the office %s of a charge is missing", o.ID, c.Office)
		case c.Office == o.Office:
			return Invalid("officers", "charge_own", "%s: a charge is of another office than the own one", o.ID)
		case postRuleOf(c.Post).desk == "":
			return Invalid("officers", "charge_post", "%s: %q cannot be held as a charge; use head, focal or staff", o.ID, c.Post)
		}
		held = append(held, c.Span)
	}
	if err := checkSpans(o.ID, "charge", held); err != nil {
		return err
	}
	return checkSpans(o.ID, "leave", o.Leaves)
}

func checkSpans(who OfficerID, what string, spans []Span) error {
	for i, s := range spans {
		if s.From.IsZero() || !s.Until.IsZero() && !s.From.Before(s.Until) {
			return Invalid("officers", what+"_dates", "%s: a %s begins before it ends, and has a first day", who, what)
		}
		if slices.ContainsFunc(spans[:i], s.overlaps) {
			return Invalid("officers", what+"_overlap", "%s: two spans of %s overlap", who, what)
		}
	}
	return nil
}

// Serves gives the post in which an officer works in an office at a moment: the
// own one, or a charge. False when in none, or disabled.
func (o Officer) Serves(office OfficeID, at time.Time) (Post, bool) {
	if o.Disabled || office == "" {
		return "", false
	}
	if o.Office == office {
		return o.Post, true
	}
	c, ok := o.Acting(at)
	return c.Post, ok && c.Office == office
}

// Holders lists who works in an office at a moment in a post: those appointed
// who are not on leave, and those who act for them.
func (d *Directory) Holders(office OfficeID, post Post, at time.Time) []Officer {
	var out []Officer
	for _, o := range d.OfficersOf(office) {
		if o.Post == post && !o.Away(at) {
			out = append(out, o)
		}
	}
	for _, o := range d.acting[office] {
		if p, ok := o.Serves(office, at); ok && p == post && !o.Away(at) {
			out = append(out, *o)
		}
	}
	return out
}

// Vacant reports whether an office has nobody at a moment who receives and
// distributes its cases. They are with it all the same, and move up in time.
func (d *Directory) Vacant(office OfficeID, at time.Time) bool {
	return len(d.Holders(office, Head, at)) == 0 && len(d.Holders(office, FocalPost, at)) == 0
}

// OfficerActing gives the actor that an officer is at a moment: the own post,
// with the charge held then, in the hierarchy.
func (d *Directory) OfficerActing(o Officer, at time.Time) Actor {
	a := Actor{Kind: OfficerActor, Officer: o}.In(d)
	a.Acting, _ = o.Acting(at)
	return a
}

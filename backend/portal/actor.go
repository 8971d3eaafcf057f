package portal

import "slices"

// ActorKind says who acts.
type ActorKind string

// The kinds of actor.
const (
	CitizenActor ActorKind = "citizen"
	OfficerActor ActorKind = "officer"
	SystemActor  ActorKind = "system"
)

// Actor is who acts: a citizen's account, an officer in a post, or the clock.
type Actor struct {
	Kind    ActorKind
	Account AccountID
	Officer Officer
	// Acting is the charge an officer holds at this moment beside the own post.
	Acting Charge
	// dir is the hierarchy an officer stands in; see In.
	dir *Directory
}

// In gives the actor with the hierarchy they stand in. Without one an officer
// sees no complaint about anybody: nobody could tell whether it is about them.
func (a Actor) In(dir *Directory) Actor {
	a.dir = dir
	return a
}

// BarredFrom reports whether a case is about the actor, their office or an
// office above theirs.
func (a Actor) BarredFrom(c Case) bool {
	if a.Kind != OfficerActor || !c.About.Somebody() {
		return false
	}
	if a.dir == nil || a.Officer.ID == c.About.Officer || a.dir.Bars(c.About, a.Officer.Office) || a.Acting.Office != "" && a.dir.Bars(c.About, a.Acting.Office) {
		return true
	}
	// Whoever acts elsewhere for a while stays the subordinate of their own office.
	own, ok := a.dir.Officer(a.Officer.ID)
	return ok && a.dir.Bars(c.About, own.Office)
}

// RoleIn gives the actor's part in a case, and false when they have none: then
// the case does not exist for them.
func (a Actor) RoleIn(c Case) (Role, bool) {
	switch a.Kind {
	case SystemActor:
		return RoleSystem, true
	case CitizenActor:
		return RoleCitizen, a.Account != "" && a.Account == c.Citizen
	case OfficerActor:
		return a.officerRole(c)
	}
	return "", false
}

func (a Actor) officerRole(c Case) (Role, bool) {
	o := a.Officer
	if o.ID == "" || o.Disabled || a.BarredFrom(c) {
		return "", false
	}
	standing := a.standing(c)
	switch rule := postRuleOf(standing.Post); {
	case standing.Office == "":
		return "", false
	case c.Appealed && a.worksElsewhere(c):
		return RoleReader, true
	case rule.desk == RoleHandler && c.Officer != o.ID:
		return RoleReader, true
	default:
		return rule.desk, true
	}
}

// Desks lists the posts in which the actor reads cases: the own one, and that
// of a charge.
func (a Actor) Desks() []Charge {
	var out []Charge
	for _, c := range []Charge{{Office: a.Officer.Office, Post: a.Officer.Post}, a.Acting} {
		if a.Kind == OfficerActor && !a.Officer.Disabled && c.Office != "" && c.Post.ReadsCases() {
			out = append(out, c)
		}
	}
	return out
}

// standing is the post in which the actor works on a case: of two, that of the
// office that holds it, else the one that may more. Zero when in none.
func (a Actor) standing(c Case) Charge {
	var best Charge
	for _, d := range a.Desks() {
		switch {
		case !slices.Contains(c.Desks, d.Office):
		case best.Office == "", d.Office == c.Office, best.Office != c.Office && best.Post == Staff:
			best = d
		}
	}
	return best
}

// worksElsewhere reports whether the actor also works in an office that an
// appeal is against: whoever acts for two may not decide it.
func (a Actor) worksElsewhere(c Case) bool {
	return slices.ContainsFunc(a.Desks(), func(d Charge) bool { return d.Office != c.Office && slices.Contains(c.Desks, d.Office) })
}

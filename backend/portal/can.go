package portal

import "fmt"

// ActionView is reading a case: what everybody with a part in it may do. It is
// no event and stands in no table.
const ActionView Action = "view"

// Can is the one question of authorisation: may this actor do this to this case
// as it stands? What is not allowed somewhere is denied. nil means yes.
//
// Errors: ErrNotFound when the case does not exist for the actor (they must not
// learn that it does), ErrForbidden when they may see it and never do this,
// *TransitionError when they may do it, but not in its present status, and
// *FieldError for an action that there is not.
//
// Limits of time and input are Act's, which asks the same rules first.
func Can(a Actor, action Action, c Case) error {
	role, ok := a.RoleIn(c)
	if !ok {
		return ErrNotFound
	}
	if action == ActionView {
		return nil
	}
	if _, err := transitionFor(c.Status, action, role); err != nil {
		return err
	}
	switch action {
	case ActInvalidate:
		return checkInvalidate(c, a)
	case ActReveal:
		return checkReveal(c)
	}
	return nil
}

// checkReveal: who filed without a name cannot be revealed.
func checkReveal(c Case) error {
	if c.Citizen.Anonymous() {
		return fmt.Errorf("reveal: it was filed without a name: %w", ErrForbidden)
	}
	return nil
}

package portal

import (
	"errors"
	"fmt"
	"strings"
)

// The few kinds of refusal. Typed errors below unwrap to one of them.
var (
	// ErrNotFound also stands for "not yours to see": both look the same outside.
	ErrNotFound = errors.New("not found")
	// ErrForbidden means the actor may see the matter but not do this.
	ErrForbidden = errors.New("not allowed")
	// ErrInvalid means the input is wrong; a FieldError says where.
	ErrInvalid = errors.New("input is wrong")
	// ErrConflict means the matter has moved on since the actor looked.
	ErrConflict = errors.New("conflicts with the present state")
	// ErrLimited means too many tries; a LimitError says when to try again.
	ErrLimited = errors.New("too many tries")
)

// FieldError names one input field and says what to do about it.
type FieldError struct {
	Field  string // the field's name on the wire, e.g. "cnic"
	Code   string // a stable word clients translate, e.g. "cnic_digits"
	Detail string // one English sentence: what is wrong and what is needed
}

func (e *FieldError) Error() string { return e.Field + ": " + e.Detail }

// Unwrap makes every FieldError an ErrInvalid.
func (e *FieldError) Unwrap() error { return ErrInvalid }

// Invalid builds a FieldError.
func Invalid(field, code, format string, args ...any) error {
	return &FieldError{Field: field, Code: code, Detail: fmt.Sprintf(format, args...)}
}

// FieldErrors is several FieldErrors at once, so that a form can show all.
type FieldErrors []*FieldError

func (e FieldErrors) Error() string {
	parts := make([]string, len(e))
	for i, f := range e {
		parts[i] = f.Error()
	}
	return strings.Join(parts, "; ")
}

// Unwrap makes FieldErrors an ErrInvalid.
func (e FieldErrors) Unwrap() error { return ErrInvalid }

// Collect gathers the FieldErrors among errs; any other error is returned as it
// is, and nil when there is none.
func Collect(errs ...error) error {
	var all FieldErrors
	for _, err := range errs {
		if err == nil {
			continue
		}
		var one *FieldError
		var many FieldErrors
		switch {
		case errors.As(err, &one):
			all = append(all, one)
		case errors.As(err, &many):
			all = append(all, many...)
		default:
			return err
		}
	}
	if len(all) == 0 {
		return nil
	}
	return all
}

// TransitionError says that a case's status does not allow an action.
type TransitionError struct {
	From   Status
	Action Action
}

func (e *TransitionError) Error() string {
	return fmt.Sprintf("a case that is %s cannot %s", e.From, e.Action)
}

// Unwrap makes every TransitionError an ErrConflict.
func (e *TransitionError) Unwrap() error { return ErrConflict }

// VersionError says that the case changed since the actor last saw it.
type VersionError struct{ Expected, Actual int64 }

func (e *VersionError) Error() string {
	return fmt.Sprintf("the case is at version %d, not %d: sync and look again", e.Actual, e.Expected)
}

// Unwrap makes every VersionError an ErrConflict.
func (e *VersionError) Unwrap() error { return ErrConflict }

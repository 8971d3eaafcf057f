package portal_test

import (
	"errors"
	"io"
	"testing"

	. "github.com/citizens-portal/portal/backend/portal"
)

func TestTypedErrorsAreOfAKind(t *testing.T) {
	for _, e := range []struct{ err, kind error }{
		{Invalid("cnic", "cnic_digits", "13 digits"), ErrInvalid},
		{FieldErrors{{Field: "a"}, {Field: "b"}}, ErrInvalid},
		{&TransitionError{From: New, Action: ActConfirm}, ErrConflict},
		{&VersionError{Expected: 1, Actual: 2}, ErrConflict},
	} {
		if !errors.Is(e.err, e.kind) || e.err.Error() == "" {
			t.Errorf("%v is not a %v", e.err, e.kind)
		}
	}
}

func TestCollect(t *testing.T) {
	if err := Collect(nil, nil); err != nil {
		t.Errorf("nothing wrong, got %v", err)
	}
	a, b := Invalid("a", "x", "one"), Collect(Invalid("b", "x", "two"), Invalid("c", "x", "three"))
	var all FieldErrors
	if err := Collect(a, nil, b); !errors.As(err, &all) || len(all) != 3 || err.Error() != "a: one; b: two; c: three" {
		t.Errorf("got %v", err)
	}
	if err := Collect(a, io.EOF); !errors.Is(err, io.EOF) || errors.Is(err, ErrInvalid) {
		t.Errorf("what is no wrong field comes first, got %v", err)
	}
}

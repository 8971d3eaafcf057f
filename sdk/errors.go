package sdk

import (
	"errors"
	"fmt"
	"time"

	"github.com/citizens-portal/portal/sdk/api"
	"github.com/citizens-portal/portal/sdk/internal/local"
	"github.com/citizens-portal/portal/sdk/internal/remote"
)

// What can go wrong, for errors.Is.
var (
	// ErrOffline: the server was not reached; what was saved stays saved.
	ErrOffline = errors.New("the server cannot be reached")
	// ErrNotFound: it does not exist, or not for this account.
	ErrNotFound = errors.New("not found")
	// ErrForbidden: this account may see it but not do that.
	ErrForbidden = errors.New("not allowed")
	// ErrStepUp, which is ErrForbidden too: prove once more who you are
	// (Accounts.StepUp), then ask again.
	ErrStepUp = fmt.Errorf("enter your code once more: %w", ErrForbidden)
	// ErrInvalid: the input is wrong; the *api.Problem names the fields.
	ErrInvalid = errors.New("invalid input")
	// ErrConflict: the complaint has moved on; sync and look again.
	ErrConflict = errors.New("it has changed meanwhile")
	// ErrSignedOut: nobody is signed in here, or the session ended.
	ErrSignedOut = errors.New("not signed in")
	// ErrLimited: too often; RetryAfter tells how long to wait.
	ErrLimited = errors.New("too many requests")
	// ErrUpgrade: this program is too old for the server.
	ErrUpgrade = errors.New("this program is too old: update it")
	// ErrUnsent: work that was not sent stands in the way of logging out.
	ErrUnsent = errors.New("there is unsent work")
	// ErrServer: the server failed.
	ErrServer = errors.New("the server failed")
	// ErrFolder: the folder cannot be used as given, e.g. it belongs to another
	// server.
	ErrFolder = errors.New("the folder cannot be used")
)

// Errors of the folder, for errors.Is.
var (
	ErrLocked      = local.ErrLocked
	ErrNewer       = local.ErrNewer
	ErrDamaged     = local.ErrDamaged
	ErrOtherServer = local.ErrOtherServer
	ErrFull        = local.ErrFull
)

// Error is a refusal or failure with what the server, or the check on the
// device, said about it.
type Error struct {
	Kind    error // one of the Err… values
	Problem *api.Problem
	Cause   error
	// RetryAfter, when positive, is how long the server asked to wait.
	RetryAfter time.Duration
}

func (e *Error) Error() string {
	switch {
	case e.Problem != nil:
		return e.Problem.Error()
	case e.Cause != nil:
		return fmt.Sprintf("%v: %v", e.Kind, e.Cause)
	}
	return e.Kind.Error()
}

// Unwrap lets errors.Is and errors.As see kind, problem and cause.
func (e *Error) Unwrap() []error {
	out := []error{e.Kind}
	if e.Problem != nil {
		out = append(out, e.Problem)
	}
	if e.Cause != nil {
		out = append(out, e.Cause)
	}
	return out
}

// fromRemote turns what the server or the network said into an *Error. The
// problem's type decides, never the HTTP status.
func fromRemote(err error) error {
	if err == nil {
		return nil
	}
	var off *remote.Offline
	if errors.As(err, &off) {
		return &Error{Kind: ErrOffline, Cause: off, RetryAfter: off.RetryAfter}
	}
	var p *api.Problem
	if errors.As(err, &p) {
		return fromProblem(p)
	}
	return err
}

// maxWaitSeconds bounds what a server may ask for: a day.
const maxWaitSeconds = 24 * 60 * 60

func fromProblem(p *api.Problem) error {
	wait := min(max(p.RetryAfterSeconds, 0), maxWaitSeconds)
	return &Error{Kind: kindOf(p), Problem: p, RetryAfter: time.Duration(wait) * time.Second}
}

func kindOf(p *api.Problem) error {
	switch p.Type {
	case api.TypeInvalid:
		return ErrInvalid
	case api.TypeNotFound:
		return ErrNotFound
	case api.TypeForbidden:
		return ErrForbidden
	case api.TypeStepUp:
		return ErrStepUp
	case api.TypeConflict:
		return ErrConflict
	case api.TypeSignedOut, api.TypeResetDevice:
		return ErrSignedOut
	case api.TypeLimited:
		return ErrLimited
	case api.TypeUpgrade:
		return ErrUpgrade
	case api.TypeUnavailable:
		return ErrOffline
	}
	return ErrServer
}

// invalid reports what is wrong with fields, in the form the server uses.
func invalid(fields ...api.FieldProblem) error {
	return fromProblem(&api.Problem{Type: api.TypeInvalid, Title: "Please check the input", Status: 422, Errors: fields})
}

func field(name, code, format string, args ...any) api.FieldProblem {
	return api.FieldProblem{Pointer: "/" + name, Code: code, Detail: fmt.Sprintf(format, args...)}
}

func notFound(what string) error {
	return fromProblem(&api.Problem{Type: api.TypeNotFound, Title: "Not found", Status: 404, Detail: what})
}

// retryAfter is how long the server asked to wait, 0 when it did not.
func retryAfter(err error) time.Duration {
	var e *Error
	if errors.As(err, &e) {
		return e.RetryAfter
	}
	return 0
}

package identity

import (
	"errors"
	"fmt"
	"time"

	"github.com/citizens-portal/portal/backend/portal"
)

var (
	// ErrNoSMS means the server has no way to send an SMS, so nobody can
	// register or sign in by OTP (HTTP 503).
	ErrNoSMS = errors.New("no way to send SMS is configured")
	// ErrSignedOut means the token is unknown, expired or revoked: sign in again.
	ErrSignedOut = errors.New("signed out")
	// ErrDeviceCopied means that a device refreshes a session which it gave up by
	// signing in anew: two copies of it are in use, and this one needs another
	// identity.
	ErrDeviceCopied = errors.New("two copies of this device are in use")
	// ErrCredentials is the one answer to a wrong name, password, TOTP or
	// recovery code, and to an account that is not there.
	ErrCredentials = errors.New("the sign-in details are not right")
	// ErrStepUp means the act needs a fresh proof: see Service.StepUp.
	ErrStepUp = errors.New("enter your code once more for this")
	// ErrBootstrapped means there is an administrator already.
	ErrBootstrapped = errors.New("there are officers who can sign in already")
	// ErrKeys means the store was written with other keys than these.
	ErrKeys = errors.New("these are not the keys this store was written with")
)

// LimitError says that something was tried too often, and when it may be tried
// again.
type LimitError struct {
	// What is limited, in English, e.g. "SMS to this number".
	What       string
	RetryAfter time.Duration
}

func (e *LimitError) Error() string {
	return fmt.Sprintf("too many tries (%s): again in %s", e.What, e.RetryAfter.Round(time.Second))
}

// Unwrap makes every LimitError a portal.ErrLimited.
func (e *LimitError) Unwrap() error { return portal.ErrLimited }

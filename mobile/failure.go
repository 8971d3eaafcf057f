package mobile

import (
	"context"
	"errors"

	"github.com/citizens-portal/portal/sdk"
)

// Numbers of errors; they never change their meaning.
const (
	CodeUnknown   = 1  // none of the others
	CodeInvalid   = 2  // the input is wrong; the failure's fields say where
	CodeOffline   = 3  // the server was not reached; what was saved stays saved
	CodeNotFound  = 4  // it does not exist, or not for this account
	CodeForbidden = 5  // this account may see it but not do that
	CodeConflict  = 6  // the complaint has moved on; sync and look again
	CodeSignedOut = 7  // nobody is signed in, or the session ended
	CodeLimited   = 8  // too often; the failure says how long to wait
	CodeUpgrade   = 9  // this program is too old for the server
	CodeUnsent    = 10 // unsent work stands in the way of logging out
	CodeServer    = 11 // the server failed
	CodeFolder    = 12 // the folder cannot be used, e.g. it is another server's
	CodeLocked    = 13 // another program has the folder open
	CodeDamaged   = 14 // what is in the folder cannot be read
	CodeFull      = 15 // the device has no room
	CodeTime      = 16 // the call's time was over, or its job was ended
	CodeClosed    = 17 // the portal was closed
	CodeBug       = 18 // a fault in this library; please report it
)

// Failure explains an error.
type Failure struct {
	// Code is one of the Code… numbers.
	Code int
	// Message is a sentence in English, for logs and developers.
	Message string
	// Fields are those of the input that are wrong.
	Fields *FieldList
	// RetryAfterMillis, when positive, is how long the server asked to wait.
	RetryAfterMillis int64
	// RequestID finds the request in the server's log.
	RequestID string
}

// Field is one field of the input that is wrong.
type Field struct {
	// Pointer is its place in the input, e.g. "/cnic".
	Pointer string
	// Code is a stable word for it, e.g. "cnic_digits"; programs translate it.
	Code string
	// Detail is a sentence in English.
	Detail string
}

// FieldList is a list of fields.
type FieldList struct{ list[Field] }

// Len is how many there are.
func (l *FieldList) Len() int { return l.len() }

// Get gives one of them, nothing outside the list.
func (l *FieldList) Get(i int) *Field { return l.get(i) }

// Explain gives the number and the particulars of an error that a call ended
// with; nothing for no error.
func Explain(err error) *Failure {
	if err == nil {
		return nil
	}
	f := &Failure{Code: codeOf(err), Message: err.Error(), Fields: &FieldList{}}
	if e, ok := errors.AsType[*sdk.Error](err); ok {
		f.RetryAfterMillis = e.RetryAfter.Milliseconds()
		if e.Problem != nil {
			f.RequestID = e.Problem.RequestID
			for _, wrong := range e.Problem.Errors {
				f.Fields.add(Field{Pointer: wrong.Pointer, Code: wrong.Code, Detail: wrong.Detail})
			}
		}
	}
	return f
}

// codeOf goes from the particular to the general: a locked folder is also one that
// cannot be used.
func codeOf(err error) int {
	for _, c := range []struct {
		err  error
		code int
	}{
		{errBug, CodeBug},
		{errClosed, CodeClosed},
		{sdk.ErrLocked, CodeLocked},
		{sdk.ErrDamaged, CodeDamaged},
		{sdk.ErrFull, CodeFull},
		{sdk.ErrFolder, CodeFolder},
		{sdk.ErrInvalid, CodeInvalid},
		{sdk.ErrOffline, CodeOffline},
		{sdk.ErrNotFound, CodeNotFound},
		{sdk.ErrForbidden, CodeForbidden},
		{sdk.ErrConflict, CodeConflict},
		{sdk.ErrSignedOut, CodeSignedOut},
		{sdk.ErrLimited, CodeLimited},
		{sdk.ErrUpgrade, CodeUpgrade},
		{sdk.ErrUnsent, CodeUnsent},
		{sdk.ErrServer, CodeServer},
		{context.DeadlineExceeded, CodeTime},
		{context.Canceled, CodeTime},
	} {
		if errors.Is(err, c.err) {
			return c.code
		}
	}
	return CodeUnknown
}

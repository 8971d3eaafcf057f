package api

import "fmt"

// Types of problem. Clients go by these, never by the HTTP status alone.
const (
	TypeInvalid     = "urn:portal:problem:invalid"
	TypeNotFound    = "urn:portal:problem:not-found" // also "not yours"
	TypeForbidden   = "urn:portal:problem:forbidden"
	TypeConflict    = "urn:portal:problem:conflict"
	TypeStepUp      = "urn:portal:problem:step-up" // prove once more who you are (RouteStepUp)
	TypeSignedOut   = "urn:portal:problem:signed-out"
	TypeLimited     = "urn:portal:problem:limited"
	TypeUnavailable = "urn:portal:problem:unavailable"
	TypeUpgrade     = "urn:portal:problem:upgrade"
	TypeResetDevice = "urn:portal:problem:reset-device"
	TypeInternal    = "urn:portal:problem:internal"
)

// Problem is an error on the wire: RFC 9457 problem details with the portal's
// extensions. It is a Go error.
type Problem struct {
	Type  string `json:"type"`
	Title string `json:"title"`
	// Status is the answer's HTTP status; absent when no server was asked.
	Status int            `json:"status,omitempty"`
	Detail string         `json:"detail,omitempty"`
	Errors []FieldProblem `json:"errors,omitempty"`
	// RequestID finds the request in the server's log.
	RequestID string `json:"request_id,omitempty"`
	// RetryAfterSeconds, when positive, is how long to wait before trying again.
	RetryAfterSeconds int `json:"retry_after_seconds,omitempty"`
}

// FieldProblem says what is wrong with one field of the request.
type FieldProblem struct {
	// Pointer is a JSON pointer into the request's body, e.g. "/cnic".
	Pointer string `json:"pointer"`
	// Code is a stable word that apps translate, e.g. "cnic_digits".
	Code   string `json:"code,omitempty"`
	Detail string `json:"detail"`
}

// GetStatus gives the HTTP status, and ContentType the media type; servers'
// frameworks ask errors for both.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType makes errors problem documents whatever was asked for.
func (p *Problem) ContentType(string) string { return ProblemType }

func (p *Problem) Error() string {
	s := p.Title
	if p.Detail != "" && (len(p.Errors) != 1 || p.Errors[0].Detail != p.Detail) { // the only field says it already
		s += ": " + p.Detail
	}
	for _, f := range p.Errors {
		s += fmt.Sprintf("; %s: %s", f.Pointer, f.Detail)
	}
	return s
}

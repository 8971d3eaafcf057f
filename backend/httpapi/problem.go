package httpapi

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/validation"

	"github.com/citizens-portal/portal/backend/identity"
	"github.com/citizens-portal/portal/backend/lifecycle"
	"github.com/citizens-portal/portal/backend/media"
	"github.com/citizens-portal/portal/backend/portal"
	"github.com/citizens-portal/portal/backend/transparency"
	"github.com/citizens-portal/portal/sdk/api"
)

// kind is one row of the table that turns errors into problems.
type kind struct {
	is     error
	typ    string
	status int
	title  string
}

// kinds is searched from the top; the first match wins.
var kinds = []kind{
	{lifecycle.ErrDeviceCopied, api.TypeResetDevice, http.StatusConflict, "Two copies of this device are in use"},
	{identity.ErrDeviceCopied, api.TypeResetDevice, http.StatusConflict, "Two copies of this device are in use"},
	{identity.ErrSignedOut, api.TypeSignedOut, http.StatusUnauthorized, "Not signed in"},
	{identity.ErrCredentials, api.TypeSignedOut, http.StatusUnauthorized, "The sign-in details are not right"},
	{identity.ErrStepUp, api.TypeStepUp, http.StatusForbidden, "Enter your code once more for this"},
	{identity.ErrNoSMS, api.TypeUnavailable, http.StatusServiceUnavailable, "No SMS can be sent now"},
	{media.ErrScanner, api.TypeUnavailable, http.StatusServiceUnavailable, "The file is here and waits to be checked"},
	{transparency.ErrNoCheckpoint, api.TypeUnavailable, http.StatusServiceUnavailable, "The log is not there yet"},
	{portal.ErrInvalid, api.TypeInvalid, http.StatusUnprocessableEntity, "Something in the request needs correcting"},
	{portal.ErrNotFound, api.TypeNotFound, http.StatusNotFound, "Not found"},
	{portal.ErrForbidden, api.TypeForbidden, http.StatusForbidden, "Not allowed"},
	{portal.ErrConflict, api.TypeConflict, http.StatusConflict, "This has changed in the meantime"},
	{portal.ErrLimited, api.TypeLimited, http.StatusTooManyRequests, "Too many tries"},
	{context.DeadlineExceeded, api.TypeUnavailable, http.StatusServiceUnavailable, "The server is busy"},
	{context.Canceled, api.TypeUnavailable, http.StatusServiceUnavailable, "The request was cancelled"},
}

// problemOf turns any error into what may leave the server. An unknown one is
// logged whole and leaves as 500 without detail.
func (a *API) problemOf(ctx context.Context, err error) *api.Problem {
	var ready *api.Problem
	if errors.As(err, &ready) {
		return ready
	}
	for _, k := range kinds {
		if !errors.Is(err, k.is) {
			continue
		}
		p := &api.Problem{Type: k.typ, Title: k.title, Status: k.status, RequestID: requestID(ctx)}
		addDetail(p, err)
		return p
	}
	a.log.ErrorContext(ctx, "request failed", slog.String("request_id", requestID(ctx)), slog.Any("error", err))
	return &api.Problem{Type: api.TypeInternal, Title: "Something went wrong here; it is recorded", Status: http.StatusInternalServerError, RequestID: requestID(ctx)}
}

// addDetail says more where the error carries words meant for people.
func addDetail(p *api.Problem, err error) {
	var (
		field      *portal.FieldError
		fields     portal.FieldErrors
		transition *portal.TransitionError
		version    *portal.VersionError
		limit      *identity.LimitError
		daily      *lifecycle.LimitError
	)
	switch {
	case errors.As(err, &fields):
		for _, f := range fields {
			p.Errors = append(p.Errors, fieldProblem(f))
		}
	case errors.As(err, &field):
		p.Errors = append(p.Errors, fieldProblem(field))
	case errors.As(err, &transition):
		p.Detail = transition.Error()
	case errors.As(err, &version):
		p.Detail = version.Error()
	case errors.As(err, &limit):
		p.RetryAfterSeconds = int(limit.RetryAfter.Round(time.Second) / time.Second)
		p.Detail = fmt.Sprintf("try again in %s", limit.RetryAfter.Round(time.Second))
	case errors.As(err, &daily):
		p.RetryAfterSeconds = int(daily.RetryAfter/time.Second) + 1
		p.Detail = daily.Error()
	case errors.Is(err, lifecycle.ErrOperationReused):
		p.Detail = "an operation's id came back with different content; both are kept"
	}
	if len(p.Errors) == 1 {
		p.Detail = p.Errors[0].Detail
	}
}

func fieldProblem(f *portal.FieldError) api.FieldProblem {
	return api.FieldProblem{Pointer: "/" + f.Field, Code: f.Code, Detail: f.Detail}
}

// fail is problemOf as an error for huma.
func (a *API) fail(ctx context.Context, err error) error {
	p := a.problemOf(ctx, err)
	if p.RetryAfterSeconds > 0 {
		return huma.ErrorWithHeaders(p, http.Header{"Retry-After": {strconv.Itoa(p.RetryAfterSeconds)}})
	}
	return p
}

// humaProblem replaces huma's own error document: pointers instead of paths,
// and never an echo of the value, which may be somebody's CNIC.
func humaProblem(ctx context.Context, status int, msg string, errs []error) huma.StatusError {
	p := &api.Problem{Type: typeOfStatus(status), Title: msg, Status: status, RequestID: requestID(ctx)}
	for _, err := range errs {
		if errors.Is(err, errEncoding) {
			p.Type, p.Status, p.Title = api.TypeInvalid, http.StatusBadRequest, errEncoding.Error()
		}
		var d huma.ErrorDetailer
		if errors.As(err, &d) {
			detail := d.ErrorDetail()
			p.Errors = append(p.Errors, api.FieldProblem{Pointer: pointer(missing(*detail)), Code: "shape", Detail: detail.Message})
		}
	}
	return p
}

// missing gives a problem's location, which huma leaves at the object above when
// a member is not there at all.
func missing(d huma.ErrorDetail) string {
	var member string
	if n, _ := fmt.Sscanf(d.Message, validation.MsgExpectedRequiredProperty, &member); n == 1 {
		return d.Location + "." + member
	}
	return d.Location
}

// pointer turns "body.files[2].size" into "/files/2/size", and the whole body
// into "".
func pointer(location string) string {
	location = strings.TrimPrefix(strings.TrimPrefix(location, "body"), ".")
	if location == "" {
		return ""
	}
	return "/" + strings.NewReplacer(".", "/", "[", "/", "]", "").Replace(location)
}

func typeOfStatus(status int) string {
	switch status {
	case http.StatusNotFound, http.StatusMethodNotAllowed:
		return api.TypeNotFound
	case http.StatusUnauthorized:
		return api.TypeSignedOut
	case http.StatusForbidden:
		return api.TypeForbidden
	case http.StatusConflict:
		return api.TypeConflict
	case http.StatusTooManyRequests:
		return api.TypeLimited
	}
	if status >= http.StatusInternalServerError {
		return api.TypeInternal
	}
	return api.TypeInvalid
}

package httpapi

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"regexp"
	"runtime/debug"
	"strings"
)

// numbers are what a panic's text may hold of a person: a mobile number, a CNIC,
// a one-time password.
var numbers = regexp.MustCompile(`[0-9][0-9 -]{4,}`)

// maxPanicText bounds what is logged of a panic's own words.
const maxPanicText = 500

// LogPanic logs what recover gave and where it came from. The stack has places
// in the program and no values; the panic's words lose every longer number.
func LogPanic(ctx context.Context, log *slog.Logger, v any, attrs ...slog.Attr) {
	words := numbers.ReplaceAllString(fmt.Sprint(v), "[number]")
	if len(words) > maxPanicText {
		words = strings.ToValidUTF8(words[:maxPanicText], "") + "…"
	}
	attrs = append(attrs, slog.String("panic", words), slog.String("stack", string(debug.Stack())))
	log.LogAttrs(ctx, slog.LevelError, "panic", attrs...)
}

// isAbort tells a panic that means "hang up", net/http's own way to say so.
func isAbort(v any) bool {
	err, ok := v.(error)
	return ok && errors.Is(err, http.ErrAbortHandler)
}

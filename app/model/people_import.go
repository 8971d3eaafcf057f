package model

import (
	"errors"
	"strconv"
	"strings"

	"github.com/citizens-portal/portal/sdk"
	"github.com/citizens-portal/portal/sdk/api"
)

// BadLine is a line of a CSV file that cannot be imported.
type BadLine struct {
	N    int
	Text string
}

// ImportPage is an import from the choice of a file to what came of it.
type ImportPage struct {
	Kind PeopleView
	File string // its name; empty before one is chosen
	Busy bool
	// Tried says what an import would do, or did once Done is set.
	Tried string
	Done  bool
	// Bad are the lines to mend; nothing is imported while there are some.
	Bad     []BadLine
	Trouble string
	// Invited are the officers whose one-time codes can be copied, this once.
	Invited int
	// Reassign are the open complaints left with nobody.
	Reassign []string
}

// Outcome is what an import did, or would do.
func Outcome(w Words, o api.AdminOutcome) string {
	if o.DryRun {
		return w.T("people.import.would", "added", o.Added, "changed", o.Changed, "same", o.Unchanged)
	}
	return w.T("people.import.did", "added", o.Added, "changed", o.Changed, "same", o.Unchanged)
}

// BadLines lists what is wrong with a file, line by line; nil when the error is not
// about lines.
func BadLines(err error) (out []BadLine) {
	var p *api.Problem
	if !errors.Is(err, sdk.ErrInvalid) || !errors.As(err, &p) {
		return nil
	}
	for _, f := range p.Errors {
		at, ok := strings.CutPrefix(f.Pointer, "/csv/")
		if n, err := strconv.Atoi(at); ok && err == nil {
			out = append(out, BadLine{n, f.Detail})
		}
	}
	return out
}

// InvitationTable lists one-time codes as lines of CSV, to hand on. Ids and codes hold
// neither commas nor quotes.
func InvitationTable(list []api.AdminInvitation) string {
	var b strings.Builder
	b.WriteString("officer,code,expires\n")
	for _, i := range list {
		b.WriteString(i.Officer + "," + i.Token + "," + i.ExpiresAt.UTC().Format("2006-01-02T15:04:05Z") + "\n")
	}
	return b.String()
}

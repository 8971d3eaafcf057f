package model

import (
	"errors"
	"strings"

	"github.com/citizens-portal/portal/sdk"
	"github.com/citizens-portal/portal/sdk/api"
)

// Nameless is the receipt of a complaint filed without a name: the only way back to it.
type Nameless struct {
	ID, Code string
	Receipt  string // letters and digits in groups, with dashes
	Track    string // what the QR code holds; it lets nobody act
	When     string
	Saved    bool   // not yet received
	Problem  string // why the server did not take it
	// Here: this device holds the receipt.
	Here bool
}

// NamelessOf makes the receipt of a complaint.
func NamelessOf(w Words, c sdk.AnonymousComplaint, here bool) Nameless {
	n := Nameless{ID: c.ID, Code: c.Code, Receipt: c.Receipt, Track: c.Track, Saved: c.Code == "", Here: here}
	if !c.LodgedAt.IsZero() {
		n.When = w.T("received.when", "date", w.Date(c.LodgedAt), "time", w.Clock(c.LodgedAt))
	}
	if c.Problem != nil {
		n.Problem = w.T("track.refused", "why", sayProblem(w, c.Problem))
	}
	return n
}

// groupLength is how many characters of a receipt stand together, with their dash.
const groupLength = 6

// Lines breaks the receipt into lines of so many groups, to be read aloud and copied by
// hand. A line that goes on ends with its dash.
func (n Nameless) Lines(groups int) (out []string) {
	rest := n.Receipt
	for len(rest) > groups*groupLength {
		out, rest = append(out, rest[:groups*groupLength]), rest[groups*groupLength:]
	}
	return append(out, rest)
}

// File is the receipt as text to keep.
func (n Nameless) File(w Words) string {
	code := n.Code
	if n.Saved {
		code = w.T("receipt.code_later")
	}
	return w.T("receipt.file", "code", code, "receipt", n.Receipt, "link", n.Link()) + "\n"
}

// Link shows where the complaint stands; what proves it stays off it.
func (n Nameless) Link() string {
	link, _, _ := strings.Cut(n.Track, "#")
	return link
}

// AsCase is a complaint filed without a name as the pages of complaints show it.
func AsCase(c sdk.AnonymousComplaint) sdk.Complaint {
	return sdk.Complaint{Complaint: c.Complaint, Track: c.Track}
}

// NamelessRows are complaints filed without a name, the newest first.
func NamelessRows(w Words, g Guide, list []sdk.AnonymousComplaint) []Row {
	var out []Row
	for i := len(list) - 1; i >= 0; i-- {
		out = append(out, RowOf(w, g, AsCase(list[i])))
	}
	return out
}

// Look is one line of who looked at the citizen's complaints.
type Look struct {
	What, Code, When string
	Who              string // office and post, and the person where the identity was opened
	Identity         bool
}

// Looks says who looked at the citizen's complaints, newest first.
func Looks(w Words, log []api.Access) []Look {
	var out []Look
	for _, a := range log {
		l := Look{What: w.T("access.complaint"), Code: a.Code, When: w.When(a.At), Identity: a.What == api.AccessIdentity}
		if l.Identity {
			l.What = w.T("access.identity")
		}
		l.Who = lines(a.Person, w.In(a.Title), w.In(a.OfficeName))
		if l.Who == "" {
			l.Who = a.By
		}
		out = append(out, l)
	}
	return out
}

// NeedsProof reports whether the server asks to prove once more who is signed in.
func NeedsProof(err error) bool { return errors.Is(err, sdk.ErrStepUp) }

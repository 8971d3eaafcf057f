package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/citizens-portal/portal/sdk"
	"github.com/citizens-portal/portal/sdk/api"
)

// stamp is a time as scripts read it: RFC 3339 in UTC with milliseconds.
type stamp time.Time

func (s stamp) MarshalJSON() ([]byte, error) {
	return []byte(`"` + time.Time(s).UTC().Format("2006-01-02T15:04:05.000Z07:00") + `"`), nil
}

// optional leaves a time that is not set out of the output.
func optional(t time.Time) *stamp {
	if t.IsZero() {
		return nil
	}
	s := stamp(t)
	return &s
}

// complaintJSON is a complaint as scripts read it; the names are for ever.
type complaintJSON struct {
	ID         string        `json:"id"`
	Code       string        `json:"code,omitempty"`
	State      string        `json:"state"`
	Status     string        `json:"status,omitempty"`
	Level      int           `json:"level"`
	LodgedAt   *stamp        `json:"lodged_at,omitempty"`
	DueAt      *stamp        `json:"due_at,omitempty"`
	SilentAt   *stamp        `json:"silent_at,omitempty"`
	ClosedAt   *stamp        `json:"closed_at,omitempty"`
	Text       string        `json:"text"`
	Category   string        `json:"category"`
	District   string        `json:"district"`
	Area       string        `json:"area,omitempty"`
	Place      string        `json:"place,omitempty"`
	Files      []fileJSON    `json:"files,omitempty"`
	Holder     string        `json:"holder,omitempty"`
	HolderName string        `json:"holder_name,omitempty"`
	Officer    string        `json:"officer,omitempty"`
	Citizen    string        `json:"citizen,omitempty"`
	Version    int64         `json:"version,omitempty"`
	Rejections int           `json:"rejections,omitempty"`
	Reopened   bool          `json:"reopened,omitempty"`
	Appealed   bool          `json:"appealed,omitempty"`
	Rating     *api.Rating   `json:"rating,omitempty"`
	Allowed    []string      `json:"allowed_actions,omitempty"`
	Pending    []pendingJSON `json:"pending,omitempty"`
	Track      string        `json:"track,omitempty"`
	About      *api.About    `json:"about,omitempty"`
	Withheld   bool          `json:"place_withheld,omitempty"`
	Anonymous  bool          `json:"anonymous,omitempty"`
	Erased     bool          `json:"erased,omitempty"`
	SyncedAt   *stamp        `json:"synced_at,omitempty"`
	// Gone: what was done took it off this desk; the rest is as last known.
	Gone bool `json:"gone,omitempty"`
}

type pendingJSON struct {
	Op        string       `json:"op"`
	Complaint string       `json:"complaint,omitempty"`
	Action    string       `json:"action"`
	State     string       `json:"state"`
	At        *stamp       `json:"at,omitempty"`
	Text      string       `json:"text,omitempty"`
	Sent      bool         `json:"sent,omitempty"`
	Tries     int          `json:"tries,omitempty"`
	NextTry   *stamp       `json:"next_try,omitempty"`
	Upgrade   bool         `json:"upgrade,omitempty"`
	Problem   *api.Problem `json:"problem,omitempty"`
}

func complaintOut(c sdk.Complaint) complaintJSON {
	out := complaintJSON{
		ID: c.ID, Code: c.Code, State: c.State, Status: c.Status, Level: c.Level, LodgedAt: optional(c.LodgedAt), DueAt: optional(c.DueAt),
		SilentAt: optional(c.SilentAt), ClosedAt: optional(c.ClosedAt), Text: c.Text, Category: c.Category, District: c.District, Area: c.Area,
		Place: c.Place, Files: mapFiles(c.Files), Holder: c.Holder, HolderName: c.HolderName.In("en"), Officer: c.Officer, Citizen: c.Citizen,
		Version: c.Version, Rejections: c.Rejections, Reopened: c.Reopened, Appealed: c.Appealed, Rating: c.Rating, Allowed: c.AllowedActions,
		Track: c.Track, SyncedAt: optional(c.Freshness.SyncedAt), About: c.About, Withheld: c.PlaceWithheld, Anonymous: c.Anonymous, Erased: c.Erased,
	}
	for _, p := range c.Pending {
		out.Pending = append(out.Pending, pendingOut(p))
	}
	return out
}

func pendingOut(p sdk.Pending) pendingJSON {
	return pendingJSON{Op: p.Op, Action: p.Action, State: string(p.State), At: optional(p.At), Text: p.Text, Problem: p.Problem}
}

func queuedOut(q sdk.Queued) pendingJSON {
	out := pendingOut(q.Pending)
	out.Complaint, out.Sent, out.Tries, out.NextTry, out.Upgrade = q.Complaint, q.Sent, q.Tries, optional(q.NextTry), q.Upgrade
	return out
}

// mapAll gives [] rather than null for an empty list.
func mapAll[A, B any](in []A, f func(A) B) []B {
	out := make([]B, 0, len(in))
	for _, v := range in {
		out = append(out, f(v))
	}
	return out
}

// print writes a result: as JSON, or as text by human.
func (a *app) print(v any, human func(w io.Writer)) error {
	if !a.json {
		tw := tabwriter.NewWriter(a.stdout, 0, 4, 2, ' ', 0)
		human(tw)
		return tw.Flush()
	}
	enc := json.NewEncoder(a.stdout)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}

func line(w io.Writer, format string, args ...any) { _, _ = fmt.Fprintf(w, format+"\n", args...) }

// printComplaint shows one complaint with its files as they are on their way.
func (a *app) printComplaint(ctx context.Context, c sdk.Complaint) error {
	out := complaintOut(c)
	files, err := a.client.Complaints.Files(ctx, c.ID)
	if err != nil && !errors.Is(err, sdk.ErrNotFound) && !errors.Is(err, sdk.ErrOffline) {
		return err
	}
	if err == nil {
		out.Files = mapAll(files, fileOut)
	}
	return a.print(out, func(w io.Writer) {
		describe(w, c)
		describeFiles(w, files)
	})
}

// printGone shows a complaint that left this desk by what was just done to it:
// what was last known of it, no longer as something to act on.
func (a *app) printGone(c sdk.Complaint) error {
	c.State, c.Pending, c.AllowedActions = sdk.StateReceived, nil, nil
	out := complaintOut(c)
	out.Gone = true
	return a.print(out, func(w io.Writer) { line(w, "%s is done; this desk no longer holds it", c.Code) })
}

// describe writes a complaint for people.
func describe(w io.Writer, c sdk.Complaint) {
	code := c.Code
	if code == "" {
		code = "(no code yet)"
	}
	line(w, "%s\t%s", code, c.ID)
	line(w, "on this device\t%s", c.State)
	if c.Status != "" {
		line(w, "status\t%s, level %d", c.Status, c.Level)
	}
	row(w, "holder", holder(c))
	row(w, "category", c.Category)
	row(w, "district", c.District)
	row(w, "place", c.Place)
	if c.PlaceWithheld {
		row(w, "place", "withheld: it comes with portalctl reveal")
	}
	if c.About != nil {
		row(w, "about", strings.TrimSpace(c.About.Office+" "+c.About.Officer))
	}
	row(w, "received", when(c.LodgedAt))
	row(w, "due", when(c.DueAt))
	row(w, "closes silently", when(c.SilentAt))
	row(w, "closed", when(c.ClosedAt))
	row(w, "you may", strings.Join(c.AllowedActions, ", "))
	row(w, "tracking page", c.Track)
	for _, p := range c.Pending {
		line(w, "on its way\t%s (%s)", p.Action, p.State)
	}
	line(w, "")
	line(w, "%s", c.Text)
}

func row(w io.Writer, name, value string) {
	if value != "" {
		line(w, "%s\t%s", name, value)
	}
}

func holder(c sdk.Complaint) string {
	name := c.HolderName.In("en")
	if name == "" {
		return c.Holder
	}
	return name + " (" + c.Holder + ")"
}

func when(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Local().Format("2 Jan 2006 15:04")
}

func (a *app) printList(p sdk.Page) error {
	return a.print(mapAll(p.Complaints, complaintOut), func(w io.Writer) {
		if len(p.Complaints) == 0 {
			line(w, "nothing here%s", freshness(p.Freshness))
			return
		}
		line(w, "CODE\tSTATE\tSTATUS\tLEVEL\tDUE\tTEXT")
		for _, c := range p.Complaints {
			line(w, "%s\t%s\t%s\t%d\t%s\t%s", c.Code, c.State, c.Status, c.Level, when(c.DueAt), firstLine(c.Text))
		}
		line(w, "%d in all%s", len(p.Complaints), freshness(p.Freshness))
	})
}

func freshness(f sdk.Freshness) string {
	switch {
	case f.SyncedAt.IsZero():
		return "; never synced"
	case f.Offline:
		return "; offline, as of " + when(f.SyncedAt)
	}
	return "; as of " + when(f.SyncedAt)
}

func firstLine(s string) string {
	s, _, _ = strings.Cut(s, "\n")
	if r := []rune(s); len(r) > 60 {
		return string(r[:59]) + "…"
	}
	return s
}

// finish turns an error into its code and its words on standard error.
func (a *app) finish(err error) int {
	var exit *exitError
	switch {
	case err == nil:
		return exitDone
	case errors.As(err, &exit):
		return exit.code
	}
	p := problemOf(err)
	if a.json {
		enc := json.NewEncoder(a.stderr)
		enc.SetEscapeHTML(false)
		if encErr := enc.Encode(p); encErr != nil {
			return exitFailed
		}
	} else {
		line(a.stderr, "portalctl: %s", p.Error())
	}
	return codeOf(err)
}

// problemTypes of failures that never reached the server.
const (
	typeUsage   = "urn:portal:problem:usage"
	typeOffline = "urn:portal:problem:offline"
	typeUnsent  = "urn:portal:problem:unsent"
	typeFolder  = "urn:portal:problem:folder"
)

func problemOf(err error) *api.Problem {
	var p *api.Problem
	if errors.As(err, &p) {
		return p
	}
	kind, title := api.TypeInternal, "It did not work"
	var bad *usageError
	switch {
	case errors.As(err, &bad):
		kind, title = typeUsage, "Not understood"
	case errors.Is(err, sdk.ErrFolder):
		kind, title = typeFolder, "The home folder cannot be used"
	case errors.Is(err, sdk.ErrUnsent):
		kind, title = typeUnsent, "Some work was not sent yet"
	case errors.Is(err, sdk.ErrOffline):
		kind, title = typeOffline, "The server cannot be reached"
	}
	return &api.Problem{Type: kind, Title: title, Detail: cause(err)}
}

// cause is an error's words without the kind that the title says already.
func cause(err error) string {
	said := err.Error()
	for _, kind := range []error{sdk.ErrOffline, sdk.ErrFolder} {
		said = strings.TrimPrefix(said, kind.Error()+": ")
	}
	return said
}

func codeOf(err error) int {
	var bad *usageError
	switch {
	case errors.As(err, &bad), errors.Is(err, sdk.ErrInvalid), errors.Is(err, sdk.ErrOtherServer), errors.Is(err, sdk.ErrUnsent):
		return exitUsage
	case errors.Is(err, sdk.ErrSignedOut):
		return exitSignedOut
	case errors.Is(err, sdk.ErrNotFound), errors.Is(err, sdk.ErrForbidden), errors.Is(err, sdk.ErrConflict), errors.Is(err, sdk.ErrLimited),
		errors.Is(err, sdk.ErrUpgrade):
		return exitRefused
	}
	return exitFailed
}

// deliver brings a submission to the server within the command's patience and
// prints the complaint as it is then.
func (a *app) deliver(ctx context.Context, sub sdk.Submission, err error) error {
	if err != nil || sub.Op == "" {
		if err == nil {
			err = a.printComplaint(ctx, sub.Complaint)
		}
		return err
	}
	got, why := sdk.Waiting, error(nil)
	if a.wait > 0 && !a.offline {
		wctx, cancel := context.WithTimeout(ctx, a.wait)
		defer cancel()
		if got, why = a.client.Sync.Deliver(wctx, sub.Op); got == sdk.Received {
			// What does not arrive in the rest of the time goes with the next sync.
			_, _ = a.client.Sync.SendFiles(wctx)
		}
	}
	if got == sdk.Refused {
		return refusal(why)
	}
	c, err := a.client.Complaints.Show(context.WithoutCancel(ctx), sub.Complaint.ID)
	switch {
	case errors.Is(err, sdk.ErrNotFound) && got == sdk.Received:
		return a.printGone(sub.Complaint)
	case err != nil:
		c = sub.Complaint
	}
	if err := a.printComplaint(context.WithoutCancel(ctx), c); err != nil {
		return err
	}
	switch {
	case got == sdk.Waiting && errors.Is(why, sdk.ErrSignedOut):
		return why
	case got == sdk.Waiting:
		if !a.json {
			line(a.stderr, "saved here; it goes to the server with the next sync")
		}
		return &exitError{exitSaved}
	case got == sdk.Checking:
		if !a.json {
			line(a.stderr, "saved here; the server has put it aside for a person to look at, and it has no code yet; the next sync asks again")
		}
		return &exitError{exitSaved}
	}
	return nil
}

// refusal is the server's no to something that was sent: always code 4, even
// when the reason lies in the input.
func refusal(err error) error {
	var p *api.Problem
	if !errors.As(err, &p) {
		p = &api.Problem{Type: api.TypeConflict, Title: "The server refused it"}
	}
	copied := *p
	if len(p.Errors) == 1 && p.Errors[0].Detail == p.Detail {
		copied.Detail = "" // the field says it
	}
	copied.Detail = strings.TrimSpace(copied.Detail + " (kept: see portalctl outbox)")
	return &sdk.Error{Kind: sdk.ErrConflict, Problem: &copied}
}

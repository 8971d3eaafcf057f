package main

import (
	"cmp"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/citizens-portal/portal/backend/admin"
	"github.com/citizens-portal/portal/backend/directory"
	"github.com/citizens-portal/portal/backend/portal"
	"github.com/citizens-portal/portal/backend/server"
)

// What officer and office take.
const (
	officerWords = "list | export | show, add, move, act, leave, invite, reset, disable, enable NAME | import FILE"
	officeWords  = "list | export | show, add, close ID | import FILE"
)

func (c *command) officer(ctx context.Context, args []string) error {
	switch {
	case len(args) == 1 && args[0] == "list":
		return c.listOfficers(ctx)
	case len(args) == 1 && args[0] == "export":
		return c.export(ctx, admin.OfficersFile)
	case len(args) == 2 && args[0] == "import":
		return c.importFile(ctx, admin.OfficersFile, args[1])
	case len(args) == 2 && slices.Contains([]string{"show", "add", "move", "act", "leave", "invite", "reset", "disable", "enable"}, args[0]):
		return c.onOfficer(ctx, args[0], args[1])
	}
	return fmt.Errorf("%w: officer %s", errUsage, officerWords)
}

// onOfficer does one thing to one officer.
func (c *command) onOfficer(ctx context.Context, verb, name string) error {
	r := server.OfficerRequest{ID: portal.OfficerID(name), Name: c.name, Title: c.title, Office: portal.OfficeID(c.office), Post: portal.Post(c.post), Reason: c.reason}
	if verb == "add" {
		r.Post = cmp.Or(r.Post, portal.Staff)
	}
	if verb == "leave" || verb == "act" {
		var err error
		if r.From, r.Until, err = c.span(); err != nil {
			return err
		}
	}
	raw, err := server.Admin(ctx, c.cfg, "officer-"+verb, server.AdminRequest{Officer: &r})
	if err != nil {
		return err
	}
	return c.print(raw, func() error { return c.printOfficer(verb, name, raw) })
}

// span reads --from and --until.
func (c *command) span() (from, until time.Time, err error) {
	from = time.Now().UTC().Truncate(time.Second)
	if c.from != "" {
		if from, err = day("from", c.from); err != nil {
			return from, until, err
		}
	}
	if c.until != "" {
		until, err = day("until", c.until)
	}
	return from, until, err
}

func day(field, text string) (time.Time, error) {
	for _, layout := range []string{time.DateOnly, time.RFC3339} {
		if t, err := time.Parse(layout, text); err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, portal.Invalid(field, "time_shape", "%q is not a day: write 2026-12-19 or 2026-12-19T09:00:00+05:00", text)
}

func (c *command) printOfficer(verb, name string, raw json.RawMessage) error {
	switch verb {
	case "show":
		var v admin.OfficerView
		if err := json.Unmarshal(raw, &v); err != nil {
			return err
		}
		c.showOfficer(v)
	case "add", "invite", "reset":
		var inv server.Invitation
		if err := json.Unmarshal(raw, &inv); err != nil {
			return err
		}
		fmt.Fprintf(c.stdout, "%s is in the directory; the one-time invitation, which replaces earlier ones, is\n%s\nvalid until %s\n", inv.Officer, inv.Token, inv.ExpiresAt.Format("2 Jan 15:04 MST"))
	case "disable":
		fmt.Fprintf(c.stdout, "%s is disabled\n", name)
	case "enable":
		fmt.Fprintf(c.stdout, "%s may sign in again\n", name)
	default:
		var saved admin.Saved
		if err := json.Unmarshal(raw, &saved); err != nil {
			return err
		}
		fmt.Fprintf(c.stdout, "%s is changed\n", name)
		c.printReassign(saved.Reassign)
	}
	return nil
}

func (c *command) printReassign(codes []portal.Code) {
	for _, code := range codes {
		fmt.Fprintf(c.stdout, "%s stays with the office and waits to be given to somebody\n", code)
	}
}

func (c *command) showOfficer(v admin.OfficerView) {
	state := "has not set a password yet"
	if v.CanSignIn {
		state = "can sign in"
	}
	if v.Disabled {
		state = "disabled"
	}
	fmt.Fprintf(c.stdout, "%s  %s\n%s of %s, %s, %d open cases\n", v.ID, v.Name, v.Post, v.Office, state, v.OpenCases)
	for _, l := range v.Leaves {
		fmt.Fprintf(c.stdout, "leave %s\n", spanText(l))
	}
	for _, a := range v.Charges {
		fmt.Fprintf(c.stdout, "acting %s of %s %s\n", a.Post, a.Office, spanText(a.Span))
	}
	c.printHistory(v.History)
}

func spanText(s portal.Span) string {
	until := "open"
	if !s.Until.IsZero() {
		until = s.Until.Format(time.DateOnly)
	}
	return s.From.Format(time.DateOnly) + " to " + until
}

func (c *command) printHistory(history []directory.Revision) {
	for _, r := range history {
		fmt.Fprintf(c.stdout, "%d  %s  %s", r.N, r.At.Format("2006-01-02 15:04 MST"), r.By)
		if r.Reason != "" {
			fmt.Fprintf(c.stdout, "  %s", r.Reason)
		}
		fmt.Fprintln(c.stdout)
		for _, f := range r.Fields {
			fmt.Fprintf(c.stdout, "   %s: %s -> %s\n", f.Field, f.From, f.To)
		}
	}
}

func (c *command) listOfficers(ctx context.Context) error {
	raw, err := server.Admin(ctx, c.cfg, "officer-list", server.AdminRequest{})
	if err != nil {
		return err
	}
	return c.print(raw, func() error {
		var list []portal.Officer
		if err := json.Unmarshal(raw, &list); err != nil {
			return err
		}
		for _, o := range list {
			state := ""
			if o.Disabled {
				state = "  disabled"
			}
			fmt.Fprintf(c.stdout, "%-24s %-8s %-24s %s%s\n", o.ID, o.Post, o.Office, o.Name, state)
		}
		return nil
	})
}

func (c *command) officeCommand(ctx context.Context, args []string) error {
	switch {
	case len(args) == 1 && args[0] == "list":
		return c.listOffices(ctx)
	case len(args) == 1 && args[0] == "export":
		return c.export(ctx, admin.OfficesFile)
	case len(args) == 2 && args[0] == "import":
		return c.importFile(ctx, admin.OfficesFile, args[1])
	case len(args) == 2 && args[0] == "add":
		return c.addOffice(ctx, args[1], os.Stdin)
	case len(args) == 2 && (args[0] == "show" || args[0] == "close"):
		return c.onOffice(ctx, args[0], args[1])
	}
	return fmt.Errorf("%w: office %s", errUsage, officeWords)
}

func (c *command) onOffice(ctx context.Context, verb, id string) error {
	raw, err := server.Admin(ctx, c.cfg, "office-"+verb, server.AdminRequest{Officer: &server.OfficerRequest{Office: portal.OfficeID(id), Reason: c.reason}})
	if err != nil {
		return err
	}
	return c.print(raw, func() error {
		if verb == "close" {
			fmt.Fprintf(c.stdout, "%s is closed\n", id)
			return nil
		}
		var v admin.OfficeView
		if err := json.Unmarshal(raw, &v); err != nil {
			return err
		}
		fmt.Fprintf(c.stdout, "%s  %s\n%s level %d for %s, below %s%s\n", v.ID, v.Name.EN, v.Kind, v.Level, v.Area, cmp.Or(string(v.Parent), "nothing"), officeState(v.OfficeInfo))
		for _, o := range v.Staff {
			fmt.Fprintf(c.stdout, "%-24s %-8s %s\n", o.ID, o.Post, o.Name)
		}
		for _, o := range v.Acting {
			fmt.Fprintf(c.stdout, "%-24s acting   %s\n", o.ID, o.Name)
		}
		c.printHistory(v.History)
		return nil
	})
}

func officeState(o admin.OfficeInfo) string {
	switch {
	case o.Closed():
		return ", closed " + o.ClosedAt.Format(time.DateOnly)
	case o.Vacant:
		return ", vacant"
	}
	return ""
}

func (c *command) listOffices(ctx context.Context) error {
	raw, err := server.Admin(ctx, c.cfg, "office-list", server.AdminRequest{})
	if err != nil {
		return err
	}
	return c.print(raw, func() error {
		var list []admin.OfficeInfo
		if err := json.Unmarshal(raw, &list); err != nil {
			return err
		}
		for _, o := range list {
			fmt.Fprintf(c.stdout, "%-32s %-6s level %d  %-28s %s%s\n", o.ID, o.Kind, o.Level, o.Area, o.Name.EN, officeState(o))
		}
		return nil
	})
}

func (c *command) addOffice(ctx context.Context, id string, from io.Reader) error {
	office := portal.Office{}
	d := json.NewDecoder(io.LimitReader(from, 1<<20))
	d.DisallowUnknownFields()
	if err := d.Decode(&office); err != nil {
		return portal.Invalid("office", "office_json", "standard input is not an office's JSON: %s", err)
	}
	office.ID = portal.OfficeID(id)
	raw, err := server.Admin(ctx, c.cfg, "office-put", server.AdminRequest{Office: &office})
	if err != nil {
		return err
	}
	return c.print(raw, func() error {
		_, err := fmt.Fprintf(c.stdout, "%s is in the directory\n", id)
		return err
	})
}

// importFile adds and changes what a CSV file lists: all of it, or nothing.
func (c *command) importFile(ctx context.Context, kind, file string) error {
	raw, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("%w: %w", server.ErrFile, err)
	}
	if c.invitations != "" {
		if _, err := os.Stat(c.invitations); err == nil {
			return fmt.Errorf("%w: %s is there already; name a new file for the invitations", server.ErrFile, c.invitations)
		}
		if info, err := os.Stat(filepath.Dir(c.invitations)); err != nil || !info.IsDir() {
			return fmt.Errorf("%w: %s is not a folder", server.ErrFile, filepath.Dir(c.invitations))
		}
	}
	answer, err := server.Admin(ctx, c.cfg, "import", server.AdminRequest{File: &admin.File{Kind: kind, Name: file, CSV: string(raw), DryRun: c.dryRun}})
	if err != nil {
		return err
	}
	var done admin.Imported
	if err := json.Unmarshal(answer, &done); err != nil {
		return err
	}
	if c.invitations != "" && !c.dryRun {
		if err := writeInvitations(c.invitations, done.Invitations); err != nil {
			return err
		}
		done.Invitations = nil
		if answer, err = json.Marshal(done); err != nil {
			return err
		}
	}
	return c.print(answer, func() error { return c.printImported(done) })
}

func (c *command) printImported(done admin.Imported) error {
	word := ""
	if done.DryRun {
		word = "would be "
	}
	fmt.Fprintf(c.stdout, "%s%d added, %d changed, %d unchanged\n", word, done.Added, done.Changed, done.Unchanged)
	c.printReassign(done.Reassign)
	for _, inv := range done.Invitations {
		fmt.Fprintf(c.stdout, "%s %s until %s\n", inv.Officer, inv.Token, inv.ExpiresAt.Format(time.RFC3339))
	}
	return nil
}

// writeInvitations keeps the tokens from the screen: a new file that only its
// owner reads.
func writeInvitations(file string, list []admin.Invitation) (err error) {
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("invitations: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	w := csv.NewWriter(f)
	records := [][]string{{"officer", "invitation", "until"}}
	for _, inv := range list {
		records = append(records, []string{string(inv.Officer), inv.Token, inv.ExpiresAt.Format(time.RFC3339)})
	}
	return w.WriteAll(records)
}

// export prints a file that import reads.
func (c *command) export(ctx context.Context, kind string) error {
	raw, err := server.Admin(ctx, c.cfg, "export", server.AdminRequest{File: &admin.File{Kind: kind}})
	if err != nil {
		return err
	}
	return c.print(raw, func() error {
		var f admin.File
		if err := json.Unmarshal(raw, &f); err != nil {
			return err
		}
		_, err := io.WriteString(c.stdout, f.CSV)
		return err
	})
}

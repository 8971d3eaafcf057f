package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"

	"github.com/citizens-portal/portal/sdk"
	"github.com/citizens-portal/portal/sdk/api"
)

type texts = map[string]*string

func complaintCommands() []command {
	reason := map[string]string{"reason": "why"}
	return []command{
		{name: "lodge", args: "--category CODE --district D --text T [--photo FILE]… [--about-office O] [--about-officer NAME] [--anonymous | --for MOBILE [--otp CODE]] [--wait 10s]",
			summary: "file a complaint; without a name; or for somebody else, whose phone gets the code", group: groupComplaint, setup: lodge},
		{name: "track", args: "CODE --receipt R [--message T | --answer T | --confirm | --reject R | --reopen R | --appeal R | --withdraw | --forget]",
			summary: "follow, and act on, a complaint filed without a name", group: groupComplaint, max: 1, setup: track},
		{name: "draft", summary: "drafts on this device", group: groupComplaint, setup: simple((*app).drafts)},
		{name: "draft list", summary: "drafts on this device", group: groupComplaint, setup: simple((*app).drafts)},
		{name: "draft save", args: "[ID] --text T …", summary: "begin or change a draft", group: groupComplaint, max: 1, setup: saveDraft},
		{name: "draft show", args: "ID", summary: "one draft", group: groupComplaint, min: 1, max: 1, setup: simple((*app).showDraft)},
		{name: "draft delete", args: "ID", summary: "remove a draft", group: groupComplaint, min: 1, max: 1, setup: simple((*app).deleteDraft)},
		{name: "draft lodge", args: "ID [--wait 10s]", summary: "file a draft", group: groupComplaint, min: 1, max: 1, setup: lodgeDraft},
		{name: "list", args: "[--filter open|needs-you|closed]", summary: "complaints on this device, newest first", group: groupComplaint, setup: list},
		{name: "show", args: "ID|CODE", summary: "one complaint", group: groupComplaint, min: 1, max: 1, setup: simple((*app).show)},
		{name: "events", args: "ID|CODE", summary: "what happened to a complaint", group: groupComplaint, min: 1, max: 1, setup: simple((*app).events)},
		{name: "message", args: "ID|CODE --text T [--photo FILE]…", summary: "write to the other side", group: groupComplaint, min: 1, max: 1, setup: written((*sdk.Complaints).MessageWith)},
		{name: "answer", args: "ID|CODE --text T [--photo FILE]…", summary: "answer what the office asked", group: groupComplaint, min: 1, max: 1, setup: written((*sdk.Complaints).AnswerWith)},
		act("confirm", "", "say that it is solved", nil, func(a *app, ctx context.Context, ref string, _ texts) (sdk.Submission, error) {
			return a.client.Complaints.Confirm(ctx, ref)
		}),
		act("reject", "--reason R", "say that it is not solved", reason, func(a *app, ctx context.Context, ref string, t texts) (sdk.Submission, error) {
			return a.client.Complaints.Reject(ctx, ref, *t["reason"])
		}),
		{name: "rate", args: "ID|CODE --time 1..5 --quality 1..5 [--comment C]", summary: "rate how it was handled", group: groupComplaint, min: 1, max: 1, setup: rate},
		act("reopen", "--reason R", "open it again, once", reason, func(a *app, ctx context.Context, ref string, t texts) (sdk.Submission, error) {
			return a.client.Complaints.Reopen(ctx, ref, *t["reason"])
		}),
		act("appeal", "--reason R", "bring it to the next office up", reason, func(a *app, ctx context.Context, ref string, t texts) (sdk.Submission, error) {
			return a.client.Complaints.Appeal(ctx, ref, *t["reason"])
		}),
		act("withdraw", "", "take it back", nil, func(a *app, ctx context.Context, ref string, _ texts) (sdk.Submission, error) {
			return a.client.Complaints.Withdraw(ctx, ref)
		}),
	}
}

// act is a citizen's command on one complaint.
func act(name, args, summary string, flags map[string]string, do func(*app, context.Context, string, texts) (sdk.Submission, error)) command {
	return command{name: name, args: "ID|CODE " + args, summary: summary, group: groupComplaint, min: 1, max: 1, setup: submit(flags, do)}
}

// files is a flag that may be given several times.
type files []string

func (f *files) String() string { return fmt.Sprint([]string(*f)) }

func (f *files) Set(s string) error {
	*f = append(*f, s)
	return nil
}

// draftFlags binds a draft's fields; what is not given stays.
func draftFlags(f *flag.FlagSet, d *sdk.Draft, photos *files) {
	f.StringVar(&d.Category, "category", "", "what it is about: a `code`, see portalctl categories")
	f.StringVar(&d.District, "district", "", "where: a district, see portalctl areas")
	f.StringVar(&d.Area, "area", "", "nearest place below the district: an area's `id`")
	f.StringVar(&d.Place, "place", "", "street or landmark")
	f.StringVar(&d.Text, "text", "", "what happened")
	f.StringVar(&d.Language, "language", "", "language of the text: en, ur or ps")
	f.StringVar(&d.AboutOffice, "about-office", "", "the `office` it complains of, see portalctl offices: neither it nor those below it will see this")
	f.StringVar(&d.AboutOfficer, "about-officer", "", "the `name` of the officer it complains of; with --about-office when the name alone is not enough")
	f.Var(photos, "photo", "a picture, PDF or sound recording: a `file`; may be repeated")
}

// attach adds files to a draft.
func (a *app) attach(ctx context.Context, paths files) ([]api.File, error) {
	var out []api.File
	for _, path := range paths {
		f, err := os.Open(path)
		if err != nil {
			return nil, usage("%v", err)
		}
		file, err := a.client.Complaints.AddFile(ctx, f)
		if err = errors.Join(err, f.Close()); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		out = append(out, file)
	}
	return out, nil
}

func lodge(a *app, f *flag.FlagSet) action {
	var d sdk.Draft
	var photos files
	draftFlags(f, &d, &photos)
	a.waitFlag(f)
	nameless := f.Bool("anonymous", false, "without an account and a name; the receipt is the only way back to it")
	help := helpFlags(f)
	return func(ctx context.Context, _ []string) (err error) {
		switch {
		case *nameless && help.mobile != "":
			return usage("choose --anonymous or --for")
		case (*nameless || help.mobile != "") && len(photos) > 0:
			return usage("no files can go with --anonymous or --for")
		case *nameless:
			return a.lodgeAnonymous(ctx, d)
		case help.mobile != "":
			return a.lodgeFor(ctx, *help, d)
		}
		if d.Files, err = a.attach(ctx, photos); err != nil {
			return a.keepDraft(ctx, d, err)
		}
		sub, err := a.client.Complaints.Lodge(ctx, d)
		if err != nil {
			return a.keepDraft(ctx, d, err)
		}
		return a.deliver(ctx, sub, nil)
	}
}

// keepDraft saves what was typed when it cannot be lodged as it is.
func (a *app) keepDraft(ctx context.Context, d sdk.Draft, why error) error {
	var bad *usageError // a file that cannot be opened
	if d.Text == "" || errors.Is(why, sdk.ErrSignedOut) || (!errors.Is(why, sdk.ErrInvalid) && !errors.As(why, &bad)) {
		return why
	}
	d, err := a.client.Complaints.SaveDraft(ctx, d)
	if err != nil {
		return why
	}
	said := fmt.Sprintf("what you wrote is kept as draft %s: correct it with portalctl draft save %s, then draft lodge", d.ID, d.ID)
	if bad != nil {
		return usage("%s; %s", bad.text, said)
	}
	var p *api.Problem
	if !errors.As(why, &p) {
		return why
	}
	kept := *p
	kept.Detail = said
	return &sdk.Error{Kind: sdk.ErrInvalid, Problem: &kept}
}

type draftJSON struct {
	ID       string     `json:"id"`
	State    string     `json:"state"`
	Category string     `json:"category"`
	District string     `json:"district"`
	Area     string     `json:"area,omitempty"`
	Place    string     `json:"place,omitempty"`
	Text     string     `json:"text"`
	Language string     `json:"language,omitempty"`
	Files    []api.File `json:"files,omitempty"`
	Instead  string     `json:"instead,omitempty"`
	SavedAt  *stamp     `json:"saved_at,omitempty"`

	AboutOffice  string `json:"about_office,omitempty"`
	AboutOfficer string `json:"about_officer,omitempty"`
}

func draftOut(d sdk.Draft) draftJSON {
	return draftJSON{d.ID, sdk.StateDraft, d.Category, d.District, d.Area, d.Place, d.Text, d.Language, d.Files, d.Instead, optional(d.SavedAt), d.AboutOffice, d.AboutOfficer}
}

func (a *app) printDraft(d sdk.Draft) error {
	return a.print(draftOut(d), func(w io.Writer) {
		line(w, "draft\t%s", d.ID)
		row(w, "category", d.Category)
		row(w, "district", d.District)
		row(w, "place", d.Place)
		row(w, "saved", when(d.SavedAt))
		line(w, "")
		line(w, "%s", d.Text)
	})
}

func saveDraft(a *app, f *flag.FlagSet) action {
	var given sdk.Draft
	var photos files
	draftFlags(f, &given, &photos)
	return func(ctx context.Context, args []string) (err error) {
		var d sdk.Draft
		if len(args) == 1 {
			if d, err = a.client.Complaints.Draft(ctx, args[0]); err != nil {
				return err
			}
		}
		f.Visit(func(fl *flag.Flag) {
			field, ok := map[string]struct{ to, from *string }{
				"category": {&d.Category, &given.Category}, "district": {&d.District, &given.District}, "area": {&d.Area, &given.Area},
				"about-office": {&d.AboutOffice, &given.AboutOffice}, "about-officer": {&d.AboutOfficer, &given.AboutOfficer},
				"place": {&d.Place, &given.Place}, "text": {&d.Text, &given.Text}, "language": {&d.Language, &given.Language},
			}[fl.Name]
			if ok {
				*field.to = *field.from
			}
		})
		added, err := a.attach(ctx, photos)
		if err != nil {
			return err
		}
		d.Files = append(d.Files, added...)
		if d, err = a.client.Complaints.SaveDraft(ctx, d); err != nil {
			return err
		}
		return a.printDraft(d)
	}
}

func (a *app) drafts(ctx context.Context, _ []string) error {
	ds, err := a.client.Complaints.Drafts(ctx)
	if err != nil {
		return err
	}
	return a.print(mapAll(ds, draftOut), func(w io.Writer) {
		line(w, "ID\tSAVED\tCATEGORY\tDISTRICT\tTEXT")
		for _, d := range ds {
			line(w, "%s\t%s\t%s\t%s\t%s", d.ID, when(d.SavedAt), d.Category, d.District, firstLine(d.Text))
		}
	})
}

func (a *app) showDraft(ctx context.Context, args []string) error {
	d, err := a.client.Complaints.Draft(ctx, args[0])
	if err != nil {
		return err
	}
	return a.printDraft(d)
}

func (a *app) deleteDraft(ctx context.Context, args []string) error {
	if err := a.client.Complaints.DeleteDraft(ctx, args[0]); err != nil {
		return err
	}
	return a.print(map[string]string{"deleted": args[0]}, func(w io.Writer) { line(w, "Removed.") })
}

func lodgeDraft(a *app, f *flag.FlagSet) action {
	a.waitFlag(f)
	return func(ctx context.Context, args []string) error {
		d, err := a.client.Complaints.Draft(ctx, args[0])
		if err != nil {
			return err
		}
		sub, err := a.client.Complaints.Lodge(ctx, d)
		return a.deliver(ctx, sub, err)
	}
}

func list(a *app, f *flag.FlagSet) action {
	filter := f.String("filter", "", "open, needs-you or closed")
	limit := f.Int("limit", 0, "how many at most; 0 means all")
	return func(ctx context.Context, _ []string) error {
		p, err := a.client.Complaints.List(ctx, sdk.ListOptions{Filter: sdk.Filter(*filter), Limit: *limit, Whole: a.json})
		if err != nil {
			return err
		}
		return a.printList(p)
	}
}

func (a *app) show(ctx context.Context, args []string) error {
	c, err := a.client.Complaints.Show(ctx, args[0])
	if err != nil {
		return err
	}
	if err := a.opened(ctx, c); err != nil {
		return err
	}
	return a.printComplaint(ctx, c)
}

type eventJSON struct {
	N           int64       `json:"n"`
	Action      string      `json:"action"`
	Role        string      `json:"role"`
	By          string      `json:"by,omitempty"`
	At          *stamp      `json:"at,omitempty"`
	DueAt       *stamp      `json:"due_at,omitempty"`
	AsOf        *stamp      `json:"as_of,omitempty"`
	Status      string      `json:"status"`
	Level       int         `json:"level"`
	FromLevel   int         `json:"from_level,omitempty"`
	Text        string      `json:"text,omitempty"`
	ToOffice    string      `json:"to_office,omitempty"`
	ToOfficer   string      `json:"to_officer,omitempty"`
	Disposition string      `json:"disposition,omitempty"`
	Files       []api.File  `json:"files,omitempty"`
	Rating      *api.Rating `json:"rating,omitempty"`
	ByName      string      `json:"by_name,omitempty"`
	Person      string      `json:"person,omitempty"`
	Erased      bool        `json:"erased,omitempty"`
}

func eventOut(e api.Event) eventJSON {
	return eventJSON{
		e.N, e.Action, e.Role, e.By, optional(e.At), optional(e.DueAt), optional(e.AsOf), e.Status, e.Level, e.FromLevel, e.Text, e.ToOffice,
		e.ToOfficer, e.Disposition, e.Files, e.Rating, e.ByName.In("en"), e.Person, e.Erased,
	}
}

func (a *app) events(ctx context.Context, args []string) error {
	t, err := a.client.Complaints.Timeline(ctx, args[0])
	if err != nil {
		return err
	}
	return a.print(mapAll(t.Events, eventOut), func(w io.Writer) {
		line(w, "N\tWHEN\tWHAT\tBY\tSTATUS\tLEVEL\tTEXT")
		for _, e := range t.Events {
			by := e.ByName.In("en")
			if by == "" {
				by = e.Role
			}
			said := firstLine(e.Text)
			if e.Rating != nil {
				said = firstLine(fmt.Sprintf("time %d, quality %d %s", e.Rating.Time, e.Rating.Quality, e.Rating.Comment))
			}
			line(w, "%d\t%s\t%s\t%s\t%s\t%d\t%s", e.N, when(e.At), e.Action, by, e.Status, e.Level, said)
		}
		for _, p := range t.Pending {
			line(w, "-\t%s\t%s\tyou\t%s\t\t%s", when(p.At), p.Action, p.State, firstLine(p.Text))
		}
	})
}

func rate(a *app, f *flag.FlagSet) action {
	a.waitFlag(f)
	var r api.Rating
	f.IntVar(&r.Time, "time", 0, "was it in time? 1 (very bad) to 5 (very good)")
	f.IntVar(&r.Quality, "quality", 0, "was it done well? 1 to 5")
	f.StringVar(&r.Comment, "comment", "", "in your words")
	return func(ctx context.Context, args []string) error {
		sub, err := a.client.Complaints.Rate(ctx, args[0], r)
		return a.deliver(ctx, sub, err)
	}
}

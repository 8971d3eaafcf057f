package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/citizens-portal/portal/backend/identity"
	"github.com/citizens-portal/portal/backend/portal"
	"github.com/citizens-portal/portal/backend/server"
	"github.com/citizens-portal/portal/backend/store"
)

// Exit codes that scripts rely on.
const (
	exitDone     = 0
	exitInternal = 1
	exitUsage    = 2
	exitRefused  = 4
)

// errUsage marks a mistake on the command line.
var errUsage = errors.New("usage")

// errCheck means that check found something.
var errCheck = errors.New("check failed")

// command is one run of portald.
type command struct {
	stdout, stderr io.Writer
	flags          *flag.FlagSet

	cfg     server.Config
	json    bool
	verbose bool
	dryRun  bool
	asOf    string
	title   string
	office  string
	post    string
	name    string
	from    string
	until   string
	reason  string
	// invitations is the file for the invitations of an import.
	invitations string
	// Which part of the audit log.
	follow bool
	since  string
	// Who can open a backup, and with what one is opened.
	recipients               []string
	recipientsFile, identity string
}

// verb is one command.
type verb struct {
	name, args, help string
	run              func(*command, context.Context, []string) error
}

// everywhere are the flags that mean something to every command.
const everywhere = "data dsn dsn-file keys files-config json verbose"

// own are a command's other flags, by its name. A flag that a command would not
// heed is refused: who writes sweep --dry-run must not find the work done.
func (v verb) own() string {
	switch v.name {
	case "serve":
		return "addr demo sms-file sms-config tls-cert tls-key trusted-proxy clamd metrics-from complaints-per-day witnesses"
	case "escalate":
		return "as-of dry-run"
	case "sweep":
		return "as-of"
	case "log":
		return "witnesses"
	case "officer":
		return "office post name title from until reason dry-run invitations"
	case "office":
		return "reason dry-run"
	case "audit":
		return "follow since"
	case "backup":
		return "recipient recipients-file"
	case "restore":
		return "identity"
	}
	return ""
}

// accepts refuses flags that the command would not heed, and words where it
// takes none.
func (v verb) accepts(flags *flag.FlagSet, words []string) error {
	if v.args == "" && len(words) > 0 {
		return fmt.Errorf("%w: %s takes no words, only flags; %q is one", errUsage, v.name, words[0])
	}
	var err error
	heeded := strings.Fields(everywhere + " " + v.own())
	flags.Visit(func(f *flag.Flag) {
		if err == nil && !slices.Contains(heeded, f.Name) {
			err = fmt.Errorf("%w: %s has no --%s; see portald help", errUsage, v.name, f.Name)
		}
	})
	return err
}

// verbs lists the commands in the order people meet them.
func verbs() []verb {
	return []verb{
		{"serve", "", "run the server", (*command).serve},
		{"escalate", "", "move unsolved cases up a level as of --as-of (now by default)", (*command).escalate},
		{"sweep", "", "do all timed work as of --as-of: escalation, silent closure, expiry", (*command).sweep},
		{"check", "", "recount the whole store; ends with 'check: ok' or a line for each fault", (*command).check},
		{"audit", "", "the audit log: sign-ins, refusals, administration, reveals; each entry chained to the one before", (*command).audit},
		{"scrub", "", "make what was erased unreadable in the store's files, however large; writes wait meanwhile", (*command).scrub},
		{"backup", "FILE", "write a consistent copy of the store and its attachments, also beside a live server", (*command).backup},
		{"restore", "FILE", "replace the store with a copy (PostgreSQL: fill an empty database); devices then offer again what they keep", (*command).restore},
		{"seed", "[DIR]", "add or replace places, offices, categories and policies from CSV files", (*command).seed},
		{"migrate", "", "bring the store to this program's version", (*command).migrate},
		{"admin", "bootstrap", "print a one-time token for the first administrator", (*command).admin},
		{"officer", officerWords, "who works in which office", (*command).officer},
		{"office", officeWords, "offices; add takes JSON on standard input", (*command).officeCommand},
		{"keys", "list | rotate", "the master keys' names, or new ones to seal and sign with", (*command).keys},
		{"log", "checkpoint | keys | cosign FILE", "the transparency log: its newest checkpoint, its keys, or keep witnesses' signatures", (*command).transparencyLog},
		{"version", "", "print the version", (*command).printVersion},
	}
}

func (c *command) run(ctx context.Context, args []string) error {
	c.flags = flag.NewFlagSet("portald", flag.ContinueOnError)
	c.flags.SetOutput(io.Discard)
	c.define()
	words, err := c.parse(args)
	if err != nil {
		return err
	}
	if len(words) == 0 || words[0] == "help" {
		c.usage(c.stdout)
		return nil
	}
	c.cfg.Version = version
	c.cfg.Log = c.logger()
	for _, v := range verbs() {
		if v.name != words[0] {
			continue
		}
		if err := v.accepts(c.flags, words[1:]); err != nil {
			return err
		}
		c.warnOfPassword()
		return v.run(c, ctx, words[1:])
	}
	return fmt.Errorf("%w: %q is not a command; see portald help", errUsage, words[0])
}

// warnOfPassword says that a password on the command line is none.
func (c *command) warnOfPassword() {
	u, err := url.Parse(c.cfg.DSN)
	if err != nil || u.User == nil {
		return
	}
	if _, some := u.User.Password(); some {
		fmt.Fprintln(c.stderr, "portald: warning: the password in --dsn can be read by everybody on this machine; use --dsn-file, PGPASSFILE or PGPASSWORD")
	}
}

func (c *command) define() {
	f := c.flags
	f.StringVar(&c.cfg.DataDir, "data", "", "`DIR` for keys, files, the admin socket and the embedded store")
	f.StringVar(&c.cfg.DSN, "dsn", "", "PostgreSQL connection string instead of the embedded store")
	f.StringVar(&c.cfg.DSNFile, "dsn-file", "", "`FILE` (mode 0600) with that string: what stands on a command line, everybody on the machine can read")
	f.StringVar(&c.cfg.KeysFile, "keys", "", "key `FILE` shared by all nodes, instead of DIR/keys.json")
	f.StringVar(&c.cfg.Addr, "addr", "127.0.0.1:8080", "serve: `HOST:PORT`; port 0 takes a free one")
	f.BoolVar(&c.cfg.Demo, "demo", false, "serve: seed marked synthetic data; loopback only")
	f.StringVar(&c.cfg.SMSFile, "sms-file", "", "serve: append each SMS to `FILE` instead of sending; loopback only")
	f.StringVar(&c.cfg.SMSConfig, "sms-config", "", "serve: `FILE` that describes the operator's HTTP interface")
	f.StringVar(&c.cfg.TLSCert, "tls-cert", "", "serve: certificate `FILE`")
	f.StringVar(&c.cfg.TLSKey, "tls-key", "", "serve: key `FILE`")
	f.StringVar(&c.cfg.TrustedProxy, "trusted-proxy", "", "serve: `CIDR` of the proxy in front")
	f.StringVar(&c.cfg.FilesConfig, "files-config", "", "JSON `FILE` that names an S3 bucket for attachments, instead of DIR/files")
	f.StringVar(&c.cfg.Clamd, "clamd", "", "serve: malware scanner for attachments at `PLACE`, unix:/path or tcp:host:port")
	f.StringVar(&c.cfg.MetricsFrom, "metrics-from", "", "serve: `CIDR` that may read /metrics, beside this machine")
	f.IntVar(&c.cfg.ComplaintsPerDay, "complaints-per-day", 100, "serve: how many complaints one account may file in 24 hours; -1 for no limit")
	f.StringVar(&c.cfg.WitnessesFile, "witnesses", "", "serve, log: `FILE` with the verifier keys of those who cosign the transparency log, one a line")
	f.StringVar(&c.asOf, "as-of", "", "escalate, sweep: RFC 3339 `TIME` to look from")
	f.BoolVar(&c.dryRun, "dry-run", false, "escalate: only list what would move; import: only say what it would do")
	f.BoolVar(&c.json, "json", false, "one JSON value on standard output")
	f.BoolVar(&c.verbose, "verbose", false, "log every request")
	f.StringVar(&c.office, "office", "", "officer add, move, act: office `ID`")
	f.StringVar(&c.post, "post", "", "officer add (staff unless given), move, act: head, focal, staff, analyst or admin")
	f.StringVar(&c.name, "name", "", "officer add: the person's name")
	f.StringVar(&c.from, "from", "", "officer leave, act: first `DAY` (2026-12-19) or RFC 3339 time; now unless given")
	f.StringVar(&c.until, "until", "", "officer leave, act: `DAY` from which it is over; open unless given")
	f.StringVar(&c.reason, "reason", "", "officer, office: why, for the history")
	f.StringVar(&c.invitations, "invitations", "", "officer import: new `FILE` (mode 0600) for the one-time invitations, instead of standard output")
	f.Func("recipient", "backup: encrypt it for the `age1…` key of who may open it; repeatable", func(s string) error {
		c.recipients = append(c.recipients, s)
		return nil
	})
	f.BoolVar(&c.follow, "follow", false, "audit: go on with what comes until interrupted")
	f.StringVar(&c.since, "since", "", "audit: RFC 3339 `TIME` to begin at")
	f.StringVar(&c.recipientsFile, "recipients-file", "", "backup: encrypt it for the age keys in `FILE`, one a line")
	f.StringVar(&c.identity, "identity", "", "restore: `FILE` of age-keygen that opens an encrypted backup")
	f.StringVar(&c.title, "title", "", "officer add: title in English")
}

// parse takes flags before, between and after the words.
func (c *command) parse(args []string) ([]string, error) {
	var words []string
	for {
		if err := c.flags.Parse(args); errors.Is(err, flag.ErrHelp) {
			return []string{"help"}, nil
		} else if err != nil {
			return nil, fmt.Errorf("%w: %w; see portald help", errUsage, err)
		}
		if c.flags.NArg() == 0 {
			return words, nil
		}
		words, args = append(words, c.flags.Arg(0)), c.flags.Args()[1:]
	}
}

func (c *command) usage(w io.Writer) {
	fmt.Fprint(w, "portald: the Citizen's Portal server\n\n  portald COMMAND --data DIR [--dsn postgres://…] [flags]\n\ncommands\n")
	for _, v := range verbs() {
		fmt.Fprintf(w, "  %-42s %s\n", strings.TrimSpace(v.name+" "+v.args), v.help)
	}
	fmt.Fprint(w, "\nflags\n")
	c.flags.SetOutput(w)
	c.flags.PrintDefaults()
}

func (c *command) logger() *slog.Logger {
	level := slog.LevelInfo
	if c.verbose {
		level = slog.LevelDebug
	}
	return slog.New(slog.NewJSONHandler(c.stderr, &slog.HandlerOptions{Level: level}))
}

// exit prints an error and gives its code.
func (c *command) exit(err error) int {
	if err == nil {
		return exitDone
	}
	code, typ := exitInternal, "internal"
	switch {
	case errors.Is(err, errCheck):
		return exitInternal
	case errors.Is(err, errUsage), errors.Is(err, portal.ErrInvalid), errors.Is(err, server.ErrFile):
		code, typ = exitUsage, "invalid"
	case slices.ContainsFunc([]error{portal.ErrForbidden, portal.ErrNotFound, portal.ErrConflict, server.ErrLoopback, store.ErrNewer, server.ErrLive, identity.ErrKeys}, func(e error) bool { return errors.Is(err, e) }):
		code, typ = exitRefused, "refused"
	}
	if c.json {
		_ = json.NewEncoder(c.stderr).Encode(map[string]any{"type": "urn:portal:problem:" + typ, "title": typ, "detail": err.Error()}) // nowhere else to say it
	} else {
		fmt.Fprintf(c.stderr, "portald: %s\n", err)
	}
	return code
}

// moment reads --as-of; empty is now.
func (c *command) moment() (time.Time, error) {
	if c.asOf == "" {
		return time.Now().UTC(), nil
	}
	t, err := time.Parse(time.RFC3339Nano, c.asOf)
	if err != nil {
		return t, portal.Invalid("as-of", "time_shape", "%q is not a time: write 2026-11-29T10:00:00Z", c.asOf)
	}
	return t.UTC(), nil
}

// done tells what was carried out: as one JSON value, or as a line of words.
func (c *command) done(v any, format string, args ...any) error {
	if c.json {
		return json.NewEncoder(c.stdout).Encode(v)
	}
	_, err := fmt.Fprintf(c.stdout, format+"\n", args...)
	return err
}

// print shows a JSON answer as it is, or by the given lines.
func (c *command) print(raw json.RawMessage, lines func() error) error {
	if c.json {
		_, err := fmt.Fprintf(c.stdout, "%s\n", raw)
		return err
	}
	return lines()
}

func one(args []string, what string) (string, error) {
	if len(args) != 1 {
		return "", fmt.Errorf("%w: give %s; see portald help", errUsage, what)
	}
	return args[0], nil
}

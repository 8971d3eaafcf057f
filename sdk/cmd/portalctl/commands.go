package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/citizens-portal/portal/sdk"
)

// action does a command's work with its arguments.
type action func(ctx context.Context, args []string) error

// command is one entry of the table.
type command struct {
	name     string // one or two words
	args     string // shown in the usage
	summary  string
	group    string
	min, max int // arguments
	setup    func(a *app, f *flag.FlagSet) action
}

const (
	groupAccount   = "Account"
	groupComplaint = "Complaints"
	groupSync      = "Sync"
	groupDesk      = "Desk (officers)"
	groupPublic    = "Public knowledge"
)

// commands is the table of all commands, in the order help shows them.
func commands() []command {
	return slices.Concat(accountCommands(), publicCommands(), complaintCommands(), fileCommands(), syncCommands(), deskCommands(), trustCommands())
}

// find takes a command's one or two words off the arguments.
func find(args []string) (command, []string, error) {
	var family bool
	for _, c := range commands() {
		words := strings.Fields(c.name)
		if len(words) > len(args) || !slices.Equal(words, args[:len(words)]) {
			family = family || words[0] == args[0]
			continue
		}
		if len(words) == 1 && isFamily(args) {
			continue
		}
		return c, args[len(words):], nil
	}
	if family {
		return command{}, nil, usage("%q needs another word; try portalctl help %s", args[0], args[0])
	}
	return command{}, nil, usage("%q is not a command; try portalctl help", args[0])
}

// isFamily reports whether the first two words name a command of their own, so
// that "outbox" and "outbox retry" can both exist.
func isFamily(args []string) bool {
	return len(args) > 1 && slices.ContainsFunc(commands(), func(c command) bool { return c.name == args[0]+" "+args[1] })
}

func (a *app) showHelp(args []string) error {
	if len(args) < 2 {
		return a.generalHelp()
	}
	var shown []command
	for _, c := range commands() {
		if c.name == strings.Join(args[1:], " ") || strings.HasPrefix(c.name, args[1]+" ") || c.name == args[1] {
			shown = append(shown, c)
		}
	}
	if len(shown) == 0 {
		return usage("%q is not a command; try portalctl help", strings.Join(args[1:], " "))
	}
	for _, c := range shown {
		if err := a.commandHelp(c); err != nil {
			return err
		}
	}
	return nil
}

func (a *app) generalHelp() error {
	return a.printText(func(w io.Writer) {
		line(w, "portalctl --server URL --home DIR [--json] [--offline] COMMAND")
		line(w, "")
		line(w, "Everything works without a network and is sent when there is one. Flags may stand before or after the command.")
		group := ""
		for _, c := range commands() {
			if c.group != group {
				group = c.group
				line(w, "")
				line(w, "%s", group)
			}
			line(w, "  %s\t%s", strings.TrimSpace(c.name+" "+c.args), c.summary)
		}
		line(w, "")
		line(w, "Exit codes: 0 done, 1 failed, 2 bad usage or input, 3 saved here but not yet received, 4 refused, 5 not signed in.")
	})
}

// printText writes words for people, whatever the output form.
func (a *app) printText(f func(w io.Writer)) error {
	form := a.json
	a.json = false
	defer func() { a.json = form }()
	return a.print(nil, f)
}

func (a *app) commandHelp(c command) error {
	return a.printText(func(w io.Writer) {
		line(w, "portalctl %s", strings.TrimSpace(c.name+" "+c.args))
		line(w, "  %s", c.summary)
		f := newFlags(c.name)
		c.setup(a, f)
		f.VisitAll(func(fl *flag.Flag) {
			name, what := flag.UnquoteUsage(fl)
			def := ""
			if fl.DefValue != "" && fl.DefValue != "false" && fl.DefValue != "0" {
				def = fmt.Sprintf(" (default %s)", fl.DefValue)
			}
			line(w, "  --%s\t%s%s", strings.TrimSpace(fl.Name+" "+name), what, def)
		})
		line(w, "")
	})
}

// defaultWait is how long commands that write wait for the server.
const defaultWait = 10 * time.Second

func (a *app) waitFlag(f *flag.FlagSet) {
	a.wait = defaultWait
	f.Var((*patience)(&a.wait), "wait", "how `long` to try to reach the server, such as 10s; 0 only saves")
}

// patience is a duration that is not negative.
type patience time.Duration

func (p *patience) String() string { return time.Duration(*p).String() }

func (p *patience) Set(s string) error {
	d, err := time.ParseDuration(s)
	if err != nil || d < 0 {
		return errors.New("write a time such as 10s, or 0")
	}
	*p = patience(d)
	return nil
}

// simple is a command without flags of its own.
func simple(do func(a *app, ctx context.Context, args []string) error) func(*app, *flag.FlagSet) action {
	return func(a *app, _ *flag.FlagSet) action {
		return func(ctx context.Context, args []string) error { return do(a, ctx, args) }
	}
}

// submit is a command that acts on a complaint, with texts given by flags.
func submit(flags map[string]string, do func(a *app, ctx context.Context, ref string, text map[string]*string) (sdk.Submission, error)) func(*app, *flag.FlagSet) action {
	return func(a *app, f *flag.FlagSet) action {
		a.waitFlag(f)
		text := map[string]*string{}
		for name, what := range flags {
			text[name] = f.String(name, "", what)
		}
		return func(ctx context.Context, args []string) error {
			sub, err := do(a, ctx, args[0], text)
			return a.deliver(ctx, sub, err)
		}
	}
}

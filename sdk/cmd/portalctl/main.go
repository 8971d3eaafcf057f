// Command portalctl is the portal's command-line client, written on the SDK as
// any developer would write one.
//
// It knows the SDK and its wire types only; it must never reach into the SDK's
// internals or know the server's rules.
//
// Start reading at run, then commands.go (the table of commands).
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/citizens-portal/portal/sdk"
)

// version of the program, as it introduces itself to the server.
const version = "1.0"

// Exit codes that scripts rely on.
const (
	exitDone      = 0
	exitFailed    = 1
	exitUsage     = 2
	exitSaved     = 3 // saved here, not yet received by the server
	exitRefused   = 4
	exitSignedOut = 5
)

// lockPatience is how long a command waits for another one on the same home.
const lockPatience = 20 * time.Second

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

// run is the whole program: arguments in, exit code out.
func run(args []string, stdout, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	a := &app{stdout: stdout, stderr: stderr, now: time.Now}
	return a.main(ctx, args)
}

// app is one invocation.
type app struct {
	stdout, stderr io.Writer
	now            func() time.Time

	server, home string
	json         bool
	offline      bool
	help         bool
	wait         time.Duration

	client *sdk.Client
}

// usageError is a mistake on the command line.
type usageError struct{ text string }

func (e *usageError) Error() string { return e.text }

func usage(format string, args ...any) error { return &usageError{fmt.Sprintf(format, args...)} }

// exitError ends the program with a code after the output was written.
type exitError struct{ code int }

func (e *exitError) Error() string { return fmt.Sprintf("exit code %d", e.code) }

// globals adds the flags that work before and after the command.
func (a *app) globals(f *flag.FlagSet) {
	f.StringVar(&a.server, "server", a.server, "base `URL` of the server; kept in the home after the first time")
	f.StringVar(&a.home, "home", a.home, "the client's folder")
	f.BoolVar(&a.json, "json", a.json, "one JSON value on standard output, errors as a problem on standard error")
	f.BoolVar(&a.offline, "offline", a.offline, "open no connection")
	f.BoolVar(&a.help, "help", a.help, "show how it is used")
	f.BoolVar(&a.help, "h", a.help, "show how it is used")
}

func (a *app) main(ctx context.Context, args []string) int {
	a.home, a.server = os.Getenv("PORTALCTL_HOME"), os.Getenv("PORTALCTL_SERVER")
	err := a.dispatch(ctx, args)
	if a.client != nil {
		err = errors.Join(err, a.client.Close())
	}
	return a.finish(err)
}

func (a *app) dispatch(ctx context.Context, args []string) error {
	before := newFlags("portalctl")
	a.globals(before)
	if err := before.Parse(args); err != nil {
		return usage("%v", err)
	}
	rest := before.Args()
	if len(rest) == 0 || rest[0] == "help" {
		return a.showHelp(rest)
	}
	c, rest, err := find(rest)
	if err != nil {
		return err
	}
	f := newFlags(c.name)
	a.globals(f)
	act := c.setup(a, f)
	pos, err := parseMixed(f, rest)
	if err != nil {
		return usage("%s: %v; try portalctl help %s", c.name, err, c.name)
	}
	if a.help {
		return a.commandHelp(c)
	}
	if len(pos) < c.min || len(pos) > c.max {
		return usage("usage: portalctl %s; try portalctl help %s", strings.TrimSpace(c.name+" "+c.args), strings.Fields(c.name)[0])
	}
	if err := a.open(ctx); err != nil {
		return err
	}
	return act(ctx, pos)
}

func newFlags(name string) *flag.FlagSet {
	f := flag.NewFlagSet(name, flag.ContinueOnError)
	f.SetOutput(io.Discard)
	return f
}

// parseMixed parses flags that stand before, between or after arguments.
func parseMixed(f *flag.FlagSet, args []string) (positional []string, err error) {
	for {
		if err := f.Parse(args); err != nil {
			return nil, err
		}
		rest := f.Args()
		if len(rest) == 0 {
			return positional, nil
		}
		if len(args) > len(rest) && args[len(args)-len(rest)-1] == "--" {
			return append(positional, rest...), nil
		}
		positional, args = append(positional, rest[0]), rest[1:]
	}
}

func (a *app) open(ctx context.Context) error {
	if a.home == "" {
		return usage("name a folder with --home DIR (or PORTALCTL_HOME)")
	}
	host, err := os.Hostname()
	if err != nil {
		host = "a computer"
	}
	a.client, err = sdk.Open(ctx, sdk.Config{
		Dir: a.home, BaseURL: a.server, Offline: a.offline, Client: "portalctl/" + version, DeviceName: "portalctl on " + host, LockWait: lockPatience,
	})
	return err
}

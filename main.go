// Command portal is the Citizen's Portal's app. It stands beside FyneApp.toml because
// the fyne tool reads that file only from the folder it builds.
//
// It knows flags and nothing else; start reading at app.Run.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"

	"github.com/citizens-portal/portal/app"
)

// Set when a release is linked: -ldflags "-X main.version=1.2.3 -X main.address=https://…".
var (
	version = "0.1.0"
	address = ""
)

// Exit codes, the same in all programs of the project.
const (
	exitDone = iota
	exitFailed
	exitUsage
)

func main() { os.Exit(run(os.Args[1:], os.Stderr)) }

func run(args []string, stderr io.Writer) int {
	cfg := app.Config{Server: address, Version: version, TreeFile: os.Getenv("PORTAL_UI_TREE")}
	if s := os.Getenv("PORTAL_SERVER"); s != "" {
		cfg.Server = s
	}
	flags := flag.NewFlagSet("portal", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&cfg.Server, "server", cfg.Server, "the portal's `URL`; remembered in the home folder")
	flags.StringVar(&cfg.Home, "home", "", "`DIR`ectory of everything kept on this device")
	width := flags.Float64("width", 0, "width of the window at the start")
	height := flags.Float64("height", 0, "height of the window at the start")
	demo := demoFlags(flags)
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return exitDone
		}
		return exitUsage
	}
	if flags.NArg() > 0 {
		fmt.Fprintf(stderr, "portal: %q is not a flag; see portal --help\n", flags.Arg(0))
		return exitUsage
	}
	cfg.Width, cfg.Height = float32(*width), float32(*height)
	ctx := context.Background()
	stop, err := demo(ctx, &cfg)
	if err == nil {
		err = app.Run(ctx, cfg)
		err = errors.Join(err, stop())
	}
	if err != nil {
		fmt.Fprintln(stderr, "portal:", err)
		return exitFailed
	}
	return exitDone
}

// Command portald is the portal's server and what its operator does to it. Run
// "portald help" for the list of commands. Exit codes: 0 done, 1 internal error
// or a failed check, 2 bad usage or input, 4 refused.
//
// It holds flags, signals and exit codes only; everything else is package
// server's.
package main

import (
	"context"
	"io"
	"os"
	"os/signal"
	"syscall"
)

// version is set by the build.
var version = "development"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	c := &command{stdout: stdout, stderr: stderr}
	return c.exit(c.run(ctx, args))
}

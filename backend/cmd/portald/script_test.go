package main

import (
	"bufio"
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	_ "modernc.org/sqlite" // tamper's driver
)

// The scripts drive the real program: each exec of portald is a process.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"portald": main, "tamper": tamper})
}

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		Cmds:                map[string]func(*testscript.TestScript, bool, []string){"exits": exits, "start": start, "stop": stop, "answers": answers, "mode": mode},
	})
}

// tamper runs statements behind a store's back: tamper FILE SQL…
func tamper() {
	db, err := sql.Open("sqlite", os.Args[1])
	for _, statement := range os.Args[2:] {
		if err == nil {
			_, err = db.Exec(statement)
		}
	}
	if err == nil {
		err = db.Close()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// exits CODE PROGRAM ARGS… runs a program that must end with a code.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE PROGRAM ARGS…")
	}
	code := 0
	var exit *exec.ExitError
	if err := ts.Exec(args[1], args[2:]...); errors.As(err, &exit) {
		code = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if strconv.Itoa(code) != args[0] {
		ts.Fatalf("it ended with %d, want %s", code, args[0])
	}
}

// start ARGS… runs portald serve until its first line, whose URL becomes $URL.
func start(ts *testscript.TestScript, neg bool, args []string) {
	cmd := exec.Command("portald", append([]string{"serve"}, args...)...)
	cmd.Dir = ts.Getenv("WORK")
	log, err := os.Create(filepath.Join(cmd.Dir, "server.log"))
	ts.Check(err)
	cmd.Stderr = log
	out, err := cmd.StdoutPipe()
	ts.Check(err)
	ts.Check(cmd.Start())
	ts.Defer(func() { _ = cmd.Process.Kill() }) // unless stop has ended it
	line, err := bufio.NewReader(out).ReadString('\n')
	ts.Check(err)
	url, ok := strings.CutPrefix(strings.TrimSpace(line), "listening on ")
	if neg || !ok || strings.HasSuffix(url, ":0") {
		ts.Fatalf("first line %q", line)
	}
	ts.Setenv("URL", url)
	ts.Setenv("PID", strconv.Itoa(cmd.Process.Pid))
}

// stop interrupts the server, which must end well and so remove its socket.
func stop(ts *testscript.TestScript, _ bool, args []string) {
	pid, err := strconv.Atoi(ts.Getenv("PID"))
	ts.Check(err)
	p, err := os.FindProcess(pid)
	ts.Check(err)
	ts.Check(p.Signal(os.Interrupt))
	state, err := p.Wait()
	ts.Check(err)
	if state.ExitCode() != 0 {
		ts.Fatalf("the server ended with %s\n%s", state, ts.ReadFile("server.log"))
	}
}

// answers STATUS PATH asks the server of the script.
func answers(ts *testscript.TestScript, neg bool, args []string) {
	resp, err := http.Get(ts.Getenv("URL") + args[1]) //nolint:noctx // a script's own request
	ts.Check(err)
	ts.Check(resp.Body.Close())
	if neg || strconv.Itoa(resp.StatusCode) != args[0] {
		ts.Fatalf("%s answers %d, want %s", args[1], resp.StatusCode, args[0])
	}
}

// mode MODE FILE checks who may open a file.
func mode(ts *testscript.TestScript, neg bool, args []string) {
	info, err := os.Stat(ts.MkAbs(args[1]))
	ts.Check(err)
	if got := fmt.Sprintf("%04o", info.Mode().Perm()); neg || got != args[0] {
		ts.Fatalf("%s has mode %s, want %s", args[1], got, args[0])
	}
}

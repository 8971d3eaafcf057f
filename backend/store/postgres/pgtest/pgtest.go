// Package pgtest starts a real PostgreSQL for tests: one per test process, in a
// temporary folder, on a socket and a free port of this machine, with fsync on.
// Each test gets a database of its own, and nothing is left behind.
//
// It needs the server's programs (package "postgresql" of most systems); when
// they are missing the test fails and says so: a store that was not tried is
// not known to work. Start reading at Suite.
package pgtest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// startWithin bounds how long the server may take to answer.
const startWithin = 60 * time.Second

// Server is a running PostgreSQL.
type Server struct {
	dir  string
	port int
	cmd  *exec.Cmd
	done chan error
	next atomic.Int64
}

// Start starts a server. Whoever starts it must Stop it.
func Start(ctx context.Context) (*Server, error) {
	bin, err := Binaries()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "pgtest-")
	if err != nil {
		return nil, err
	}
	s := &Server{dir: dir, done: make(chan error, 1)}
	if err := s.start(ctx, bin); err != nil {
		return nil, errors.Join(err, s.Stop())
	}
	return s, nil
}

// Binaries finds the folder of the server's programs, the newest when there are
// several.
func Binaries() (string, error) {
	if p, err := exec.LookPath("initdb"); err == nil {
		if p, err = filepath.EvalSymlinks(p); err == nil && hasPrograms(filepath.Dir(p)) {
			return filepath.Dir(p), nil
		}
	}
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin")
	more, _ := filepath.Glob("/usr/local/opt/postgresql*/bin")
	found = slices.DeleteFunc(append(found, more...), func(dir string) bool { return !hasPrograms(dir) })
	if len(found) == 0 {
		return "", errors.New("PostgreSQL's programs (initdb, postgres) are not installed: run `make test`, which installs them, or install the package postgresql")
	}
	return slices.MaxFunc(found, func(a, b string) int { return majorVersion(a) - majorVersion(b) }), nil
}

func hasPrograms(dir string) bool {
	for _, p := range []string{"initdb", "postgres"} {
		if _, err := os.Stat(filepath.Join(dir, p)); err != nil {
			return false
		}
	}
	return true
}

// majorVersion reads the number in a path like /usr/lib/postgresql/15/bin.
func majorVersion(bin string) int {
	n, _ := strconv.Atoi(strings.TrimPrefix(filepath.Base(filepath.Dir(bin)), "postgresql@"))
	return n
}

func (s *Server) start(ctx context.Context, bin string) error {
	data := filepath.Join(s.dir, "data")
	if err := s.handOver(); err != nil {
		return err
	}
	initdb := asServerUser(ctx, filepath.Join(bin, "initdb"), "-D", data, "-U", "portal", "-A", "trust", "-E", "UTF8", "--locale=C", "-N")
	if out, err := initdb.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w\n%s", err, out)
	}
	var err error
	if s.port, err = freePort(); err != nil {
		return err
	}
	log, err := os.Create(filepath.Join(s.dir, "log"))
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }()
	s.cmd = asServerUser(context.WithoutCancel(ctx), filepath.Join(bin, "postgres"), "-D", data, "-p", strconv.Itoa(s.port), "-k", s.dir,
		"-c", "listen_addresses=127.0.0.1", "-c", "max_connections=200", "-c", "fsync=on", "-c", "log_min_messages=warning")
	s.cmd.Stdout, s.cmd.Stderr = log, log
	if err := s.cmd.Start(); err != nil {
		return err
	}
	go func() { s.done <- s.cmd.Wait() }()
	return s.waitReady(ctx)
}

// handOver gives the folder to the user that the server will run as.
func (s *Server) handOver() error {
	if os.Geteuid() != 0 {
		return nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		return fmt.Errorf("PostgreSQL refuses to run as root, and there is no user postgres to run it as: %w", err)
	}
	uid, _ := strconv.Atoi(u.Uid)
	gid, _ := strconv.Atoi(u.Gid)
	return os.Chown(s.dir, uid, gid)
}

// asServerUser runs a program as the user postgres when we are root, which the
// server refuses to run as.
func asServerUser(ctx context.Context, program string, args ...string) *exec.Cmd {
	if os.Geteuid() != 0 {
		return exec.CommandContext(ctx, program, args...)
	}
	cmd := exec.CommandContext(ctx, "setpriv", append([]string{"--reuid=postgres", "--regid=postgres", "--init-groups", "--", program}, args...)...)
	cmd.Dir = "/"
	return cmd
}

// freePort asks the system for a port that nobody uses just now.
func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer func() { _ = l.Close() }()
	return l.Addr().(*net.TCPAddr).Port, nil
}

func (s *Server) waitReady(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startWithin)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		conn, err := pgx.Connect(ctx, s.DSN("postgres"))
		if err == nil {
			return conn.Close(ctx)
		}
		select {
		case exit := <-s.done:
			s.done <- exit
			return fmt.Errorf("PostgreSQL ended at once: %w\n%s", exit, s.log())
		case <-ctx.Done():
			return fmt.Errorf("PostgreSQL does not answer: %w\n%s", err, s.log())
		case <-tick.C:
		}
	}
}

func (s *Server) log() string {
	text, _ := os.ReadFile(filepath.Join(s.dir, "log"))
	return string(text)
}

// DSN is the connection string of one of the server's databases.
func (s *Server) DSN(database string) string {
	return fmt.Sprintf("postgres://portal@127.0.0.1:%d/%s?sslmode=disable", s.port, database)
}

// Kill ends the server as a crash would: no checkpoint, connections cut.
func (s *Server) Kill() error { return s.cmd.Process.Kill() }

// Database makes a new empty database and gives its connection string and a
// function that removes it.
func (s *Server) Database(ctx context.Context) (dsn string, drop func() error, err error) {
	name := fmt.Sprintf("test_%d", s.next.Add(1))
	if err := s.admin(ctx, "CREATE DATABASE "+name); err != nil {
		return "", nil, err
	}
	return s.DSN(name), func() error {
		return s.admin(context.WithoutCancel(ctx), "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)")
	}, nil
}

func (s *Server) admin(ctx context.Context, statement string) error {
	conn, err := pgx.Connect(ctx, s.DSN("postgres"))
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	_, err = conn.Exec(ctx, statement)
	return err
}

// Stop ends the server and removes its folder.
func (s *Server) Stop() error {
	if s.cmd != nil && s.cmd.Process != nil {
		// SIGINT is the fast shutdown: it cuts connections instead of waiting.
		_ = s.cmd.Process.Signal(os.Interrupt)
		select {
		case <-s.done:
		case <-time.After(20 * time.Second):
			_ = s.cmd.Process.Kill()
			<-s.done
		}
	}
	return os.RemoveAll(s.dir)
}

// Suite runs a package's tests with one server, which New then uses:
//
//	func TestMain(m *testing.M) { os.Exit(server.Main(m)) }
type Suite struct{ server *Server }

// Main starts the server, runs the tests, and stops it. It gives the exit code.
func (s *Suite) Main(m *testing.M) int {
	var err error
	if s.server, err = Start(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "pgtest:", err)
		return 1
	}
	code := m.Run()
	if err := s.server.Stop(); err != nil {
		fmt.Fprintln(os.Stderr, "pgtest: stop:", err)
		return max(code, 1)
	}
	return code
}

// New gives a test a database of its own, which is dropped when the test ends.
func (s *Suite) New(tb testing.TB) string {
	tb.Helper()
	dsn, drop, err := s.server.Database(context.Background())
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := drop(); err != nil {
			tb.Error(err)
		}
	})
	return dsn
}

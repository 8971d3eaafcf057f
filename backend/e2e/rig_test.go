package e2e

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base32"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"github.com/citizens-portal/portal/backend/store/postgres/pgtest"
)

// binaries is the folder with freshly built portald and portalctl; databases
// gives each story on PostgreSQL a database of its own.
var (
	binaries  string
	databases pgtest.Suite
)

func TestMain(m *testing.M) {
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "portal-e2e-")
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer os.RemoveAll(dir)
		if err := lookAtSources(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		build := exec.Command("go", "build", "-o", dir+string(filepath.Separator), "../cmd/portald", "../../sdk/cmd/portalctl")
		build.Env = append(os.Environ(), "CGO_ENABLED=0")
		if out, err := build.CombinedOutput(); err != nil {
			fmt.Fprintf(os.Stderr, "build: %s\n%s", err, out)
			return 1
		}
		binaries = dir
		return databases.Main(m)
	}())
}

// lookAtSources makes Go's test cache notice a change of what the binaries are
// built from: it only knows the files that a test itself has looked at.
func lookAtSources() error {
	for _, dir := range []string{"../../backend", "../../sdk"} {
		err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
			if err == nil && filepath.Ext(path) == ".go" {
				_, err = os.Stat(path)
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// both runs a story on the embedded store and on PostgreSQL.
func both(t *testing.T, story func(t *testing.T, r *rig)) {
	t.Run("sqlite", func(t *testing.T) { story(t, newRig(t, "")) })
	t.Run("postgres", func(t *testing.T) { story(t, newRig(t, databases.New(t))) })
}

// rig is one installation: a data folder, a store, an SMS file, and homes.
type rig struct {
	t       *testing.T
	dir     string
	dsn     string
	url     string
	server  *exec.Cmd
	lastOTP map[string]int64 // TOTP step used, by officer: each works once
}

func newRig(t *testing.T, dsn string) *rig {
	t.Helper()
	r := &rig{t: t, dir: t.TempDir(), dsn: dsn, lastOTP: map[string]int64{}}
	if err := os.WriteFile(r.path("sms"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.kill)
	return r
}

func (r *rig) path(name string) string { return filepath.Join(r.dir, name) }

func (r *rig) store() []string {
	args := []string{"--data", r.path("data")}
	if r.dsn != "" {
		args = append(args, "--dsn", r.dsn)
	}
	return args
}

// serve starts portald; again after a kill, on the same port.
func (r *rig) serve() {
	r.t.Helper()
	addr := "127.0.0.1:0"
	if r.url != "" {
		addr = strings.TrimPrefix(r.url, "http://")
	}
	args := append([]string{"serve", "--demo", "--sms-file", r.path("sms"), "--addr", addr}, r.store()...)
	cmd := exec.Command(filepath.Join(binaries, "portald"), args...)
	log := &bytes.Buffer{}
	cmd.Stderr = log
	out, err := cmd.StdoutPipe()
	if err != nil {
		r.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		r.t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	url, ok := strings.CutPrefix(strings.TrimSpace(line), "listening on ")
	if err != nil || !ok {
		_ = cmd.Wait()
		r.t.Fatalf("portald said %q: %v\n%s", line, err, log)
	}
	r.server, r.url = cmd, url
}

// kill ends the server as a power cut would.
func (r *rig) kill() {
	if r.server == nil {
		return
	}
	_ = r.server.Process.Kill()
	_ = r.server.Wait()
	r.server = nil
}

// portald runs a command of the server's and wants an exit code.
func (r *rig) portald(want int, args ...string) string {
	r.t.Helper()
	out, stderr, code := r.exec("portald", append(args, r.store()...))
	if code != want {
		r.t.Fatalf("portald %s ended with %d, want %d\n%s%s", strings.Join(args, " "), code, want, out, stderr)
	}
	return out
}

// ctl runs portalctl in a home and wants one of the exit codes.
func (r *rig) ctl(home string, want []int, args ...string) string {
	r.t.Helper()
	all := append([]string{"--server", r.url, "--home", r.path(home), "--json"}, args...)
	out, stderr, code := r.exec("portalctl", all)
	for _, w := range want {
		if code == w {
			return out
		}
	}
	r.t.Fatalf("%s: portalctl %s ended with %d, want %v\n%s%s", home, strings.Join(args, " "), code, want, out, stderr)
	return ""
}

// do is ctl for what must succeed.
func (r *rig) do(home string, args ...string) string {
	r.t.Helper()
	return r.ctl(home, []int{0}, args...)
}

// patience is far more than any command takes, even on a busy machine.
const patience = 3 * time.Minute

func (r *rig) exec(program string, args []string) (stdout, stderr string, code int) {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, filepath.Join(binaries, program), args...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		r.t.Fatalf("%s: %v", program, err)
	}
	return out.String(), errs.String(), cmd.ProcessState.ExitCode()
}

// complaint is what the stories look at in portalctl's answers.
type complaint struct {
	ID       string    `json:"id"`
	Code     string    `json:"code"`
	State    string    `json:"state"`
	Status   string    `json:"status"`
	Level    int       `json:"level"`
	LodgedAt time.Time `json:"lodged_at"`
	DueAt    time.Time `json:"due_at"`
	Text     string    `json:"text"`
	Holder   string    `json:"holder"`
	Citizen  string    `json:"citizen"`
}

func read[T any](t *testing.T, raw string) T {
	t.Helper()
	var v T
	if err := json.Unmarshal([]byte(raw), &v); err != nil {
		t.Fatalf("not the JSON wanted: %v\n%s", err, raw)
	}
	return v
}

func (r *rig) show(home, ref string) complaint {
	r.t.Helper()
	r.do(home, "sync")
	return read[complaint](r.t, r.do(home, "show", ref))
}

func (r *rig) list(home string, args ...string) []complaint {
	r.t.Helper()
	return read[[]complaint](r.t, r.do(home, args...))
}

var otpRun = regexp.MustCompile(`\d+`)

// otp reads the newest code sent to a number, and makes sure that it is the only
// run of six digits in its message.
func (r *rig) otp(mobile string) string {
	r.t.Helper()
	raw, err := os.ReadFile(r.path("sms"))
	if err != nil {
		r.t.Fatal(err)
	}
	found := ""
	for line := range strings.Lines(string(raw)) {
		m := read[struct{ To, Text string }](r.t, line)
		var six []string
		for _, run := range otpRun.FindAllString(m.Text, -1) {
			if len(run) == 6 {
				six = append(six, run)
			}
		}
		if len(six) > 1 {
			r.t.Fatalf("more than one code in %q", m.Text)
		}
		if m.To == mobile && len(six) == 1 {
			found = six[0]
		}
	}
	if found == "" {
		r.t.Fatalf("no code was sent to %s", mobile)
	}
	return found
}

func (r *rig) register(home, cnic, mobile, district string) {
	r.t.Helper()
	r.do(home, "register", "--cnic", cnic, "--mobile", mobile, "--name", "Gul Khan", "--district", district)
	r.do(home, "verify", "--otp", r.otp(mobile))
}

// officer signs a person of the demonstration in and fetches their desk.
func (r *rig) officer(home, name string) {
	r.t.Helper()
	raw, err := os.ReadFile(r.path("data/demo.json"))
	if err != nil {
		r.t.Fatal(err)
	}
	type person struct {
		Name       string `json:"name"`
		Password   string `json:"password"`
		TOTPSecret string `json:"totp_secret"`
	}
	for _, p := range read[[]person](r.t, string(raw)) {
		if p.Name != name {
			continue
		}
		r.do(home, "login", "--name", p.Name, "--password", p.Password, "--totp", r.totp(name, p.TOTPSecret))
		r.do(home, "sync")
		return
	}
	r.t.Fatalf("%s is not in demo.json", name)
}

// totp gives a code that was not used yet: the next step's is good too, so no
// story has to wait for the clock.
func (r *rig) totp(name, secret string) string {
	r.t.Helper()
	if _, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(secret); err != nil {
		r.t.Fatalf("%s: %v", name, err)
	}
	step := max(time.Now().Unix()/30, r.lastOTP[name]+1)
	r.lastOTP[name] = step
	code, err := totp.GenerateCode(secret, time.Unix(step*30, 0))
	if err != nil {
		r.t.Fatal(err)
	}
	return code
}

// copyHome makes a twin of a phone.
func (r *rig) copyHome(from, to string) {
	r.t.Helper()
	if err := os.CopyFS(r.path(to), os.DirFS(r.path(from))); err != nil {
		r.t.Fatal(err)
	}
	if runtime.GOOS == "windows" {
		return
	}
	for _, folder := range []string{"", "keys"} { // CopyFS opens folders up
		if err := os.Chmod(filepath.Join(r.path(to), folder), 0o700); err != nil && !errors.Is(err, os.ErrNotExist) {
			r.t.Fatal(err)
		}
	}
	err := filepath.WalkDir(r.path(to), func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		return os.Chmod(path, 0o600)
	})
	if err != nil {
		r.t.Fatal(err)
	}
}

package main

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/citizens-portal/portal/sdk/api"
	"github.com/citizens-portal/portal/sdk/internal/fake"
	"github.com/citizens-portal/portal/sdk/verify"
)

// desk is a server on the loopback and the homes of its users.
type desk struct {
	t      *testing.T
	url    string
	down   atomic.Bool
	stale  atomic.Bool // nobody has proved lately who they are
	server *fake.Server
	dir    string
}

func newDesk(t *testing.T) *desk {
	d := &desk{t: t, server: fake.New(time.Now), dir: t.TempDir()}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if d.down.Load() {
			panic(http.ErrAbortHandler)
		}
		switch {
		case r.URL.Path == api.RouteStepUp:
			d.stale.Store(false)
			w.WriteHeader(http.StatusNoContent)
			return
		case r.Method == http.MethodDelete && r.URL.Path == api.RouteMe && d.stale.Load():
			w.Header().Set("Content-Type", api.ProblemType)
			w.WriteHeader(http.StatusForbidden)
			_ = json.NewEncoder(w).Encode(api.Problem{Type: api.TypeStepUp, Title: "Enter your code once more for this", Status: http.StatusForbidden})
			return
		}
		d.server.ServeHTTP(w, r)
	}))
	t.Cleanup(srv.Close)
	d.url = srv.URL
	return d
}

// ctl runs one command and checks its exit code; with JSON output it gives the
// value.
func (d *desk) ctl(home string, want int, args ...string) any {
	d.t.Helper()
	out, errs := d.raw(home, want, append([]string{"--json"}, args...)...)
	if out == "" {
		return nil
	}
	var v any
	dec := json.NewDecoder(strings.NewReader(out))
	if err := dec.Decode(&v); err != nil || dec.More() {
		d.t.Fatalf("%v: standard output is not one JSON value: %q (%v), errors %q", args, out, err, errs)
	}
	return v
}

func (d *desk) raw(home string, want int, args ...string) (out, errs string) {
	d.t.Helper()
	var stdout, stderr bytes.Buffer
	got := run(append([]string{"--server", d.url, "--home", filepath.Join(d.dir, home)}, args...), &stdout, &stderr)
	if got != want {
		d.t.Fatalf("%s: %v ended with %d, want %d\nout: %s\nerr: %s", home, args, got, want, &stdout, &stderr)
	}
	return stdout.String(), stderr.String()
}

// problem runs a command that fails and gives the problem it printed.
func (d *desk) problem(home string, want int, args ...string) api.Problem {
	d.t.Helper()
	_, errs := d.raw(home, want, append([]string{"--json"}, args...)...)
	var p api.Problem
	if err := json.Unmarshal([]byte(errs), &p); err != nil || p.Type == "" || p.Title == "" {
		d.t.Fatalf("%v: standard error is not one problem: %q (%v)", args, errs, err)
	}
	return p
}

func (d *desk) citizen(home, mobile string) {
	d.t.Helper()
	d.ctl(home, exitDone, "register", "--cnic", "15602-1234567-1", "--mobile", mobile, "--name", "Test Citizen", "--district", "swat")
	d.ctl(home, exitDone, "verify", "--otp", fake.OTP)
}

func field(v any, name string) any {
	m, _ := v.(map[string]any)
	return m[name]
}

func count(v any) int {
	l, _ := v.([]any)
	return len(l)
}

func TestOneComplaintFromEndToEnd(t *testing.T) {
	d := newDesk(t)
	d.citizen("phone", "+923451234567")
	if count(d.ctl("phone", exitDone, "categories")) == 0 || count(d.ctl("phone", exitDone, "areas")) == 0 {
		t.Fatal("public knowledge without a sync")
	}
	d.down.Store(true)
	c := d.ctl("phone", exitSaved, "lodge", "--category", "roads", "--district", "swat", "--text", "پانی", "--wait", "10ms")
	id, _ := field(c, "id").(string)
	if field(c, "state") != "queued" || field(c, "code") != nil || id == "" {
		t.Fatalf("lodged offline: %v", c)
	}
	if got := d.ctl("phone", exitDone, "--offline", "list"); count(got) != 1 {
		t.Fatalf("list offline: %v", got)
	}
	d.ctl("phone", exitSaved, "sync")
	d.down.Store(false)
	d.ctl("phone", exitDone, "sync")
	c = d.ctl("phone", exitDone, "show", id)
	code, _ := field(c, "code").(string)
	lodged, _ := field(c, "lodged_at").(string)
	if field(c, "state") != "received" || code == "" || field(c, "level") != 0.0 || field(c, "holder") == nil {
		t.Fatalf("received: %v", c)
	}
	if _, err := time.Parse("2006-01-02T15:04:05.000Z", lodged); err != nil {
		t.Errorf("lodged_at %q: RFC 3339 with milliseconds", lodged)
	}

	d.ctl("desk", exitDone, "login", "--name", "focal.swat", "--password", fake.Password, "--totp", "123456")
	d.ctl("desk", exitDone, "sync")
	if got := d.ctl("desk", exitDone, "inbox"); count(got) != 1 {
		t.Fatalf("inbox: %v", got)
	}
	d.ctl("desk", exitDone, "assign", code, "--to", "Rahim Gul")
	d.ctl("desk", exitDone, "resolve", id, "--text", "Pipe replaced")
	d.ctl("phone", exitDone, "sync")
	if got := field(d.ctl("phone", exitDone, "show", code), "status"); got != "proposed" {
		t.Fatalf("status %v", got)
	}
	d.ctl("phone", exitDone, "reject", id, "--reason", "still leaking")
	d.ctl("desk", exitDone, "sync")
	d.ctl("desk", exitDone, "resolve", id, "--text", "Again")
	d.ctl("phone", exitDone, "sync")
	d.ctl("phone", exitDone, "confirm", id)
	d.ctl("phone", exitDone, "rate", id, "--time", "2", "--quality", "4")
	if got := count(d.ctl("phone", exitDone, "events", id)); got != 7 {
		t.Fatalf("%d events", got)
	}
	d.ctl("phone", exitRefused, "confirm", id)
	if got := d.ctl("phone", exitDone, "outbox"); count(got) != 1 {
		t.Fatalf("the refused act is kept: %v", got)
	}
}

func TestExitCodes(t *testing.T) {
	d := newDesk(t)
	d.citizen("phone", "+923451234567")
	d.ctl("phone", exitDone, "areas")
	d.ctl("phone", exitDone, "categories")
	d.ctl("phone", exitDone, "lodge", "--category", "roads", "--district", "swat", "--text", "a")
	d.citizen("other", "+923339876543")
	tests := map[string]struct {
		home string
		code int
		args []string
	}{
		"no command's name":  {"phone", exitUsage, []string{"frobnicate"}},
		"unknown flag":       {"phone", exitUsage, []string{"list", "--odd"}},
		"missing argument":   {"phone", exitUsage, []string{"show"}},
		"too many arguments": {"phone", exitUsage, []string{"list", "what"}},
		"unknown category":   {"phone", exitUsage, []string{"lodge", "--category", "no-such", "--district", "swat", "--text", "x"}},
		"unknown district":   {"phone", exitUsage, []string{"lodge", "--category", "roads", "--district", "atlantis", "--text", "x"}},
		"bad rating":         {"phone", exitUsage, []string{"rate", "KP-26-TEST-0001", "--time", "9", "--quality", "4"}},
		"rating no number":   {"phone", exitUsage, []string{"rate", "KP-26-TEST-0001", "--time", "x"}},
		"bad CNIC":           {"new", exitUsage, []string{"register", "--cnic", "123", "--mobile", "+923451112223", "--name", "N", "--district", "swat"}},
		"other server":       {"phone", exitUsage, []string{"--server", "https://elsewhere.example", "list"}},
		"plain http":         {"new", exitUsage, []string{"--server", "http://portal.example", "list"}},
		"missing photo":      {"phone", exitUsage, []string{"lodge", "--category", "roads", "--district", "swat", "--text", "x", "--photo", "/no/such"}},
		"guessed code":       {"phone", exitRefused, []string{"show", "KP-26-AAAA-AAAA"}},
		"somebody else's":    {"other", exitRefused, []string{"show", "KP-26-TEST-0001"}},
		"act on it":          {"other", exitRefused, []string{"confirm", "KP-26-TEST-0001"}},
		"unknown offline":    {"phone", exitRefused, []string{"--offline", "show", "KP-26-AAAA-AAAA"}},
		"nobody signed in":   {"new", exitSignedOut, []string{"list"}},
		"wrong password":     {"new", exitSignedOut, []string{"login", "--name", "focal.swat", "--password", "x", "--totp", "123456"}},
		"delete without yes": {"phone", exitUsage, []string{"account", "delete"}},
		"offline register":   {"new", exitFailed, []string{"--offline", "login", "--mobile", "03451234567"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			d := &desk{t: t, url: d.url, dir: d.dir}
			d.problem(tt.home, tt.code, tt.args...)
		})
	}
}

func TestWhatWasTypedIsKeptAsADraft(t *testing.T) {
	d := newDesk(t)
	d.citizen("phone", "+923451234567")
	p := d.problem("phone", exitUsage, "lodge", "--category", "no-such", "--district", "swat", "--text", "long words")
	drafts := d.ctl("phone", exitDone, "draft", "list")
	if count(drafts) != 1 {
		t.Fatalf("drafts %v", drafts)
	}
	id, _ := field(drafts.([]any)[0], "id").(string)
	if !strings.Contains(p.Detail, id) || p.Errors[0].Pointer != "/category" {
		t.Fatalf("the message says where: %+v", p)
	}
	if count(d.ctl("phone", exitDone, "list")) != 0 {
		t.Error("a draft is no complaint")
	}
	d.ctl("phone", exitDone, "draft", "save", id, "--category", "roads")
	if c := d.ctl("phone", exitDone, "draft", "lodge", id); field(c, "text") != "long words" || field(c, "state") != "received" {
		t.Fatalf("%v", c)
	}
}

func TestUnreadablePhotoLosesNoWords(t *testing.T) {
	d := newDesk(t)
	d.citizen("phone", "+923451234567")
	p := d.problem("phone", exitUsage, "lodge", "--category", "roads", "--district", "swat", "--text", "long words", "--photo", filepath.Join(t.TempDir(), "none.jpg"))
	drafts := d.ctl("phone", exitDone, "draft", "list")
	if count(drafts) != 1 || !strings.Contains(p.Detail, "none.jpg") || !strings.Contains(p.Detail, "kept as draft") || p.Status != 0 {
		t.Fatalf("%+v, drafts %v", p, drafts)
	}
}

func TestPatienceIsNotNegative(t *testing.T) {
	d := newDesk(t)
	d.citizen("phone", "+923451234567")
	for _, wait := range []string{"-1s", "soon"} {
		if p := d.problem("phone", exitUsage, "lodge", "--category", "roads", "--district", "swat", "--text", "a", "--wait", wait); !strings.Contains(p.Detail, "-wait") {
			t.Errorf("%s: %+v", wait, p)
		}
	}
	if count(d.ctl("phone", exitDone, "list")) != 0 {
		t.Error("saved all the same")
	}
}

func TestCitizensHaveNoDesk(t *testing.T) {
	d := newDesk(t)
	d.citizen("phone", "+923451234567")
	if p := d.problem("phone", exitRefused, "inbox"); p.Type != api.TypeForbidden {
		t.Fatalf("%+v", p)
	}
}

func TestDesk(t *testing.T) {
	d := newDesk(t)
	d.citizen("phone", "+923451234567")
	c := d.ctl("phone", exitDone, "lodge", "--category", "roads", "--district", "swat", "--text", "a")
	id, _ := field(c, "id").(string)
	d.ctl("desk", exitDone, "login", "--name", "focal.swat", "--password", fake.Password, "--totp", "123456")
	d.ctl("desk", exitDone, "sync")
	d.ctl("desk", exitDone, "assign", id, "--to", "officer.swat")
	officers, _ := d.ctl("desk", exitDone, "officers").([]any)
	if len(officers) != 1 || field(officers[0], "open") != 1.0 {
		t.Fatalf("work in hand: %v", officers)
	}
	// What leaves the desk is shown as gone, not as still on its way.
	moved := d.ctl("desk", exitDone, "transfer", id, "--office", "cs")
	if field(moved, "gone") != true || field(moved, "state") != "received" || field(moved, "pending") != nil {
		t.Fatalf("%v", moved)
	}
	d.ctl("desk", exitRefused, "show", id)
}

func TestFlagsBeforeAndAfter(t *testing.T) {
	d := newDesk(t)
	d.citizen("phone", "+923451234567")
	c := d.ctl("phone", exitDone, "lodge", "--category", "roads", "--district", "swat", "--text", "a")
	id, _ := field(c, "id").(string)
	out, _ := d.raw("phone", exitDone, "message", "--text", "-- really?", id, "--json")
	if !strings.HasPrefix(out, "{") {
		t.Fatalf("--json after the command: %q", out)
	}
}

func TestPlainText(t *testing.T) {
	d := newDesk(t)
	d.citizen("phone", "+923451234567")
	d.raw("phone", exitDone, "lodge", "--category", "roads", "--district", "swat", "--text", "a hole in the road")
	for _, args := range [][]string{{"list"}, {"show", "KP-26-TEST-0001"}, {"events", "KP-26-TEST-0001"}, {"areas"}, {"categories"}, {"offices"}, {"status"}, {"outbox"}, {"devices"}, {"account"}, {"help"}, {"help", "lodge"}, {"lodge", "--help"}} {
		out, _ := d.raw("phone", exitDone, args...)
		if out == "" || strings.Contains(out, "%!") {
			t.Errorf("%v printed %q", args, out)
		}
	}
	_, errs := d.raw("phone", exitUsage, "show")
	if !strings.HasPrefix(errs, "portalctl: ") {
		t.Errorf("error in words: %q", errs)
	}
}

func TestLogoutAsks(t *testing.T) {
	d := newDesk(t)
	d.citizen("phone", "+923451234567")
	d.ctl("phone", exitSaved, "lodge", "--category", "roads", "--district", "swat", "--text", "a", "--wait", "0")
	if p := d.problem("phone", exitUsage, "logout"); !strings.Contains(p.Detail, "--send, --keep or --discard") {
		t.Fatalf("%+v", p)
	}
	d.ctl("phone", exitDone, "logout", "--send")
	d.ctl("phone", exitSignedOut, "list")
	if n := len(d.server.Complaints()); n != 1 {
		t.Errorf("the server holds %d", n)
	}
}

func TestEvidenceAndPhotos(t *testing.T) {
	d := newDesk(t)
	d.citizen("phone", "+923451234567")
	path := filepath.Join(t.TempDir(), "paper.pdf")
	if err := os.WriteFile(path, []byte("%PDF-1.4"), 0o600); err != nil {
		t.Fatal(err)
	}
	c := d.ctl("phone", exitDone, "draft", "save", "--text", "a", "--photo", path)
	if count(field(c, "files")) != 1 {
		t.Fatalf("%v", c)
	}
	text := filepath.Join(t.TempDir(), "notes.txt")
	if err := os.WriteFile(text, []byte("no picture"), 0o600); err != nil {
		t.Fatal(err)
	}
	d.problem("phone", exitUsage, "lodge", "--category", "roads", "--district", "swat", "--text", "x", "--photo", text)
}

// What people read says a thing once, and what to do.
func TestWordsForPeople(t *testing.T) {
	d := newDesk(t)
	d.citizen("a", "+923001234567")
	for _, tc := range []struct {
		name string
		down bool
		want int
		says string
		args []string
	}{
		{"a word too few", false, exitUsage, "ID|CODE to check a complaint", []string{"verify"}},
		{"an unknown word", false, exitUsage, "portalctl help outbox", []string{"outbox", "frob"}},
		{"the network, told once", true, exitFailed, "portalctl: The server cannot be reached: GET", []string{"devices"}},
		{"the folder, told once", false, exitUsage, "portalctl: The home folder cannot be used: this folder belongs to another server", []string{"--server", "http://127.0.0.1:1", "list"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			d.down.Store(tc.down)
			defer d.down.Store(false)
			if _, errs := d.raw("a", tc.want, tc.args...); !strings.Contains(errs, tc.says) {
				t.Errorf("%v says %q, not %q", tc.args, errs, tc.says)
			}
		})
	}
}

func TestUnknownIsNotUnlogged(t *testing.T) {
	for kept, says := range map[bool]string{false: "Not in the public log yet", true: "Not known here: the server was not reached"} {
		var out bytes.Buffer
		sayVerified(&out, verificationJSON{Outcome: verify.Pending, Kept: kept})
		if !strings.Contains(out.String(), says) {
			t.Errorf("kept %v says %q, not %q", kept, &out, says)
		}
	}
}

func TestOneFieldIsToldOnce(t *testing.T) {
	told := "That is not the code."
	p := api.Problem{Title: "Please check", Detail: told, Errors: []api.FieldProblem{{Pointer: "/otp", Detail: told}}}
	if got := p.Error(); got != "Please check; /otp: "+told {
		t.Errorf("%q", got)
	}
}

// Who signed in long ago can still close the account, and is told how.
func TestClosingAsksOnceMore(t *testing.T) {
	d := newDesk(t)
	d.citizen("a", "+923001234567")
	d.stale.Store(true)
	if p := d.problem("a", exitRefused, "account", "delete", "--yes"); p.Type != api.TypeStepUp || !strings.Contains(p.Detail, "--pin PIN") {
		t.Errorf("%+v does not say what to do", p)
	}
	d.ctl("a", exitDone, "account", "delete", "--yes", "--pin", "482915")
	d.problem("a", exitSignedOut, "list")
}

// Without a code it is not filed yet, whoever keeps it.
func TestPutAsideIsNotFiled(t *testing.T) {
	d := newDesk(t)
	d.citizen("a", "+923001234567")
	d.server.Answer = func(api.Operation) *api.Answer { return &api.Answer{Status: api.Quarantined} }
	got := d.ctl("a", exitSaved, "lodge", "--category", "roads", "--district", "swat", "--text", "Poison").(map[string]any)
	if got["state"] != "checking" || got["code"] != nil {
		t.Errorf("%v", got)
	}
}

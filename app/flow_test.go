//go:build flow

package app_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/png"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// The citizen's and the officer's way through the real programs, on a display that
// nobody sees. Nothing here knows the app's insides: it reads what the app says is on
// the screen (PORTAL_UI_TREE), moves the pointer, types, and asks portalctl what came
// of it. `make flow` and `make screenshots` run it.

// Patience with one step and with everything. A step is a matter of a second; a
// machine with other work gets many.
const (
	stepPatience = 60 * time.Second
	allPatience  = 4 * time.Minute
	lookEvery    = 100 * time.Millisecond
	soonLooks    = 50 // five seconds
	tries        = 3
	stillFor     = 500 * time.Millisecond // nothing changed for so long: drawn
)

const (
	phoneWidth, phoneHeight = 360, 740
	deskWidth, deskHeight   = 1389, 868
)

// The officer at whose office the complaint arrives.
const officerLabel = "Naveed Akhtar"

// TestFlow walks one complaint there and back.
func TestFlow(t *testing.T) {
	r := newRig(t)
	citizen, desk := filepath.Join(r.dir, "citizen"), filepath.Join(r.dir, "desk")

	code := r.file(citizen)
	if got := r.complaint(citizen, code); got.Status == "" {
		t.Fatalf("the server's %s is not on the citizen's device", code)
	}

	r.propose(desk, code)
	r.until("the proposal is sent", func() bool {
		r.ctl(desk, "sync")
		return r.complaint(desk, code).Status == "proposed"
	})
	r.ctl(citizen, "sync")
	if got := r.complaint(citizen, code); got.Status != "proposed" {
		t.Fatalf("the citizen sees %q, want the proposal", got.Status)
	}

	r.reject(citizen)
	r.ctl(citizen, "sync")
	r.resolve(desk, code)
	r.ctl(citizen, "sync")
	r.confirm(citizen)
	r.ctl(citizen, "sync")
	if got := r.complaint(citizen, code); got.Status != "closed_confirmed" {
		t.Fatalf("the citizen said yes, and it is %q", got.Status)
	}
	fmt.Println("flow: ok")
}

// file is the citizen's way from the choice of a language to the complaint's code.
func (r *rig) file(home string) (code string) {
	w := r.open(home, phoneWidth, phoneHeight)
	w.tap("English")
	w.at("welcome", "")
	w.picture("welcome")
	w.tap("Open an account")
	w.write("CNIC number", "15602-7654321-1")
	w.write("Mobile number", "0345-7654321")
	w.write("Your name", "Zarmina")
	w.tap("District")
	w.write("Search", "swa")
	w.tap("Swat")
	w.picture("register")
	w.tap("Send me a code")
	w.at("otp", "")
	w.until("the code is filled in", func(s sight) bool {
		return slices.ContainsFunc(s.Targets, func(t target) bool {
			return t.Kind == "entry" && regexp.MustCompile(`\d{6}`).MatchString(t.Label)
		})
	})
	w.tap("Go on")
	w.at("recovery-code", "")
	w.tap("I wrote it down")
	w.at("home", "")
	w.picture("home")

	w.tap("Report a problem")
	w.tap("Electricity")
	w.picture("report")
	w.tap("Power cuts")
	w.write("Street or landmark", "Near the bridge")
	w.picture("report-where")
	w.tap("Next: What happened")
	w.write("What happened?", "No electricity for three days. Eighty houses sit in the dark.")
	w.picture("report-what")
	w.tap("Next: Check")
	w.picture("report-check")
	w.tap("Send")
	w.at("received", "")
	format := regexp.MustCompile(`KP-[0-9A-Z-]+`)
	w.until("the code is here", func(s sight) bool {
		code = format.FindString(strings.Join(s.Texts, "\n"))
		return code != ""
	})
	w.picture("received")
	w.tap("See the complaint")
	w.at("case", "")
	w.picture("complaint")
	w.close()
	return code
}

// propose is the officer's way from the sign-in to a proposed solution.
func (r *rig) propose(home, code string) {
	w := r.open(home, deskWidth, deskHeight)
	w.tap("English")
	w.tap(officerLabel)
	w.at("desk", "")
	w.write("Search text or code", code)
	w.key("Escape") // leaves the field, keeps what is searched for
	w.key("j")
	w.see("No electricity for three days")
	w.picture("desk")
	w.key("a")
	w.tapAfter("Close", "Assign to") // the card's first, who has the least work
	w.see("Assigned to")
	w.picture("desk-assigned")
	w.until("the assignment cannot be undone any more", func(s sight) bool { return !s.says("On the way") })
	w.tapUntil("Propose solution", func(s sight) bool {
		return slices.ContainsFunc(s.Targets, func(t target) bool { return t.Kind == "entry" && strings.HasPrefix(t.Label, "What was done?") })
	})
	w.write("What was done?", "The transformer was replaced; the supply is back since noon.")
	w.picture("desk-propose")
	w.tap("Propose solution")
	w.see("Solution proposed")
	w.picture("desk-proposed")
	w.close()
}

// reject is the citizen's No, with what is still wrong.
func (r *rig) reject(home string) {
	w := r.open(home, phoneWidth, phoneHeight)
	w.at("case", "")
	w.see("The transformer was replaced")
	w.picture("complaint-proposed")
	w.tap("No, not yet")
	w.at("write", "reject")
	w.write("What is still wrong?", "It went dark again at night.")
	w.picture("reject")
	w.tap("Send")
	w.at("case", "")
	w.see("It went dark again at night.")
	w.close()
}

// resolve proposes another solution, with a photo, from the officer's own device.
func (r *rig) resolve(desk, code string) {
	r.t.Helper()
	photo := filepath.Join(r.dir, "evidence.png")
	f, err := os.Create(photo)
	if err == nil {
		err = errors.Join(png.Encode(f, image.NewGray(image.Rect(0, 0, 640, 480))), f.Close())
	}
	if err != nil {
		r.t.Fatal(err)
	}
	r.ctl(desk, "sync")
	r.ctl(desk, "resolve", code, "--text", "A second transformer stands there now.", "--evidence", photo)
	r.until("the proposal and its photo are sent", func() bool {
		r.ctl(desk, "sync")
		return r.complaint(desk, code).Status == "proposed" && bytes.Contains(r.ctl(desk, "files", code), []byte(`"sent"`))
	})
}

// confirm is the citizen's Yes, after a look at the evidence, and the verdict.
func (r *rig) confirm(home string) {
	w := r.open(home, phoneWidth, phoneHeight)
	w.at("case", "")
	w.see("A second transformer")
	w.tap("Photo 1")
	w.at("photo", "")
	w.picture("evidence")
	w.key("Escape")
	w.at("case", "")
	w.tap("Yes, solved")
	w.at("rate", "")
	w.tap("Good")
	w.tapAfter("Very good", "Good") // of the second question
	w.picture("rate")
	w.tap("Send the rating")
	w.at("case", "")
	w.see("Your rating")
	w.tap("Open it again") // so that leaving a page by the key is seen too
	w.at("write", "reopen")
	w.key("Escape")
	w.at("case", "")
	w.picture("complaint-confirmed")
	w.close()
}

// TestScreenshots takes the pictures of the documentation, in several languages and
// looks. Each is the same device opened again with other settings.
func TestScreenshots(t *testing.T) {
	r := newRig(t)
	citizen, desk := filepath.Join(r.dir, "citizen"), filepath.Join(r.dir, "desk")

	w := r.open(citizen, phoneWidth, phoneHeight)
	w.tap("English")
	w.tap("Sample Citizen")
	w.at("home", "")
	w.until("the complaints are here", func(s sight) bool { return len(s.Targets) > 6 })
	w.picture("home-en")
	w.tap("Report a problem")
	w.at("report", "")
	w.picture("report-en")
	w.close()
	for _, look := range []struct{ lang, brightness, name string }{
		{"ur", "light", "ur"}, {"en", "dark", "en-dark"}, {"ps", "light", "ps"},
	} {
		r.settings(citizen, look.lang, look.brightness, "home")
		w = r.open(citizen, phoneWidth, phoneHeight)
		w.at("home", "")
		w.picture("home-" + look.name)
		w.close()
	}

	w = r.open(desk, deskWidth, deskHeight)
	w.tap("English")
	w.tap(officerLabel)
	w.at("desk", "")
	w.until("there are complaints", func(s sight) bool { return s.says("Up to date") })
	w.key("j")
	w.until("a complaint is open", func(s sight) bool { return s.says("KP-") })
	w.picture("desk-en")
	w.close()
	r.settings(desk, "ur", "light", "desk")
	w = r.open(desk, deskWidth, deskHeight)
	w.at("desk", "")
	w.until("a complaint is open", func(s sight) bool { return s.says("KP-") })
	w.picture("desk-ur")
	w.close()
}

// settings changes what a person chose on a device, and where they are.
func (r *rig) settings(home, lang, brightness, page string) {
	r.t.Helper()
	name := filepath.Join(home, "app.json")
	raw, err := os.ReadFile(name)
	if err != nil {
		r.t.Fatal(err)
	}
	kept := map[string]any{}
	if err := json.Unmarshal(raw, &kept); err != nil {
		r.t.Fatal(err)
	}
	kept["lang"], kept["brightness"] = lang, brightness
	kept["way"] = []any{map[string]any{"name": page}}
	if raw, err = json.Marshal(kept); err == nil {
		err = os.WriteFile(name, raw, 0o600)
	}
	if err != nil {
		r.t.Fatal(err)
	}
}

// rig is a server with made-up data and a display.
type rig struct {
	t             *testing.T
	ctx           context.Context
	dir, pictures string
	url, display  string
}

func newRig(t *testing.T) *rig {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), allPatience)
	t.Cleanup(cancel)
	r := &rig{t: t, ctx: ctx, dir: t.TempDir(), pictures: os.Getenv("PORTAL_PICTURES")}
	if r.pictures == "" {
		r.pictures = t.TempDir()
	}
	if err := os.MkdirAll(r.pictures, 0o755); err != nil {
		t.Fatal(err)
	}
	r.startDisplay()
	r.startServer()
	return r
}

// start starts a program that ends with the test at the latest.
func (r *rig) start(cmd *exec.Cmd) (stop func()) {
	r.t.Helper()
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 10 * time.Second
	if err := cmd.Start(); err != nil {
		r.t.Fatal(err)
	}
	ended := false
	stop = func() {
		if ended {
			return
		}
		ended = true
		_ = cmd.Process.Signal(syscall.SIGTERM)
		kill := time.AfterFunc(20*time.Second, func() { _ = cmd.Process.Kill() })
		_ = cmd.Wait() // ended by a signal, which is an error of its own
		kill.Stop()
	}
	r.t.Cleanup(stop)
	return stop
}

// startDisplay lets the display choose its own number.
func (r *rig) startDisplay() {
	r.t.Helper()
	number, told, err := os.Pipe()
	if err != nil {
		r.t.Fatal(err)
	}
	cmd := exec.CommandContext(r.ctx, "Xvfb", "-displayfd", "3", "-screen", "0", "1400x900x24", "-nolisten", "tcp", "-fbdir", r.dir)
	cmd.ExtraFiles = []*os.File{told}
	r.start(cmd)
	r.display = ":" + r.line(told, number, func(line string) (string, bool) { return line, line != "" })
}

func (r *rig) startServer() {
	r.t.Helper()
	said, told, err := os.Pipe()
	if err != nil {
		r.t.Fatal(err)
	}
	cmd := exec.CommandContext(r.ctx, r.bin("portald"), "serve", "--data", filepath.Join(r.dir, "data"), "--addr", "127.0.0.1:0",
		"--demo", "--sms-file", filepath.Join(r.dir, "sms.jsonl"))
	cmd.Stdout, cmd.Stderr = told, r.log("portald.log")
	r.start(cmd)
	r.url = r.line(told, said, func(line string) (string, bool) { return strings.CutPrefix(line, "listening on ") })
}

// line reads a program's words until one line is what is waited for.
func (r *rig) line(told, said *os.File, want func(string) (string, bool)) string {
	r.t.Helper()
	_ = told.Close() // the program has its own
	_ = said.SetReadDeadline(time.Now().Add(allPatience))
	lines := bufio.NewScanner(said)
	for lines.Scan() {
		if got, ok := want(lines.Text()); ok {
			go func() { _, _ = io.Copy(io.Discard, said) }()
			return strings.TrimSpace(got)
		}
	}
	r.t.Fatalf("the program ended, or said nothing: %v", lines.Err())
	return ""
}

func (r *rig) bin(name string) string {
	path, err := filepath.Abs(filepath.Join("..", "bin", name))
	if err != nil {
		r.t.Fatal(err)
	}
	return path
}

// log is a file for a program's words; they are shown when the test fails.
func (r *rig) log(name string) *os.File {
	f, err := os.Create(filepath.Join(r.dir, name))
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() {
		_ = f.Close()
		if raw, err := os.ReadFile(f.Name()); err == nil && r.t.Failed() {
			r.t.Logf("%s:\n%s", name, raw[max(0, len(raw)-2000):])
		}
	})
	return f
}

// until looks again and again.
func (r *rig) until(what string, done func() bool) {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.ctx, stepPatience)
	defer cancel()
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for !done() {
		select {
		case <-ctx.Done():
			r.t.Fatalf("waited in vain until %s", what)
		case <-tick.C:
		}
	}
}

// complaint is what portalctl tells about one, from a device's own folder.
type complaint struct {
	Status string `json:"status"`
}

func (r *rig) complaint(home, code string) (c complaint) {
	r.t.Helper()
	out := r.ctl(home, "show", code)
	if err := json.Unmarshal(out, &c); err != nil {
		r.t.Fatalf("portalctl show: %v\n%s", err, out)
	}
	return c
}

// exitNotYet is portalctl's word for saved here but not yet received: an act waits
// while it can be undone.
const exitNotYet = 3

func (r *rig) ctl(home string, args ...string) []byte {
	r.t.Helper()
	cmd := exec.CommandContext(r.ctx, r.bin("portalctl"), append([]string{"--server", r.url, "--home", home, "--json"}, args...)...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil && cmd.ProcessState.ExitCode() != exitNotYet {
		r.t.Fatalf("portalctl %s: %v\n%s%s", strings.Join(args, " "), err, out, stderr.String())
	}
	return out
}

// window is the running app.
type window struct {
	*rig
	id, tree string
	width    int
	close    func()
}

// says reports whether words are on the screen, on something to tap or not.
func (s sight) says(words string) bool {
	return strings.Contains(strings.Join(s.Texts, "\n"), words) ||
		slices.ContainsFunc(s.Targets, func(t target) bool { return strings.Contains(t.Label, words) })
}

// target and sight are what the app says is on the screen.
type target struct {
	Label, Kind string
	X, Y        float64
	Full        bool
}

type sight struct {
	Route   struct{ Name, ID, Part string }
	Targets []target
	Texts   []string
}

func (r *rig) open(home string, width, height int) *window {
	r.t.Helper()
	w := &window{rig: r, tree: home + ".tree", width: width}
	_ = os.Remove(w.tree) // of an earlier window
	cmd := exec.CommandContext(r.ctx, r.bin("portal"), "--server", r.url, "--home", home,
		"--width", strconv.Itoa(width), "--height", strconv.Itoa(height))
	cmd.Env = append(os.Environ(), "DISPLAY="+r.display, "WAYLAND_DISPLAY=", "HOME="+r.dir, "XDG_CONFIG_HOME="+r.dir, "XDG_CACHE_HOME="+r.dir,
		"FYNE_SCALE=1", "FYNE_THEME=light", "LIBGL_ALWAYS_SOFTWARE=1", "PORTAL_DEMO="+r.dir, "PORTAL_UI_TREE="+w.tree)
	cmd.Stderr = r.log(filepath.Base(home) + ".log")
	w.close = r.start(cmd)
	r.until("the app has a window", func() bool {
		out, err := exec.CommandContext(r.ctx, "env", "DISPLAY="+r.display, "xdotool", "search", "--onlyvisible", "--pid", strconv.Itoa(cmd.Process.Pid)).Output()
		ids := strings.Fields(string(out))
		if err == nil && len(ids) > 0 {
			w.id = ids[len(ids)-1]
		}
		return w.id != ""
	})
	w.drawn()
	w.do("windowfocus", w.id)
	return w
}

// drawn waits for the first frame: until then the window is of one colour, and what is
// tapped is lost.
func (w *window) drawn() {
	w.t.Helper()
	w.rig.until("the window is drawn", func() bool {
		cmd := exec.CommandContext(w.ctx, "import", "-window", w.id, "-format", "%k", "info:-")
		cmd.Env = append(os.Environ(), "DISPLAY="+w.display)
		out, err := cmd.Output()
		colours, _ := strconv.Atoi(strings.TrimSpace(string(out)))
		return err == nil && colours > 1
	})
}

// do moves the pointer and the keys.
func (w *window) do(args ...string) {
	w.t.Helper()
	cmd := exec.CommandContext(w.ctx, "xdotool", args...)
	cmd.Env = append(os.Environ(), "DISPLAY="+w.display)
	if out, err := cmd.CombinedOutput(); err != nil {
		w.t.Fatalf("xdotool %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}

// look reads what is on the screen once nothing moves any more.
func (w *window) look() (s sight, ok bool) {
	info, err := os.Stat(w.tree)
	if err != nil || time.Since(info.ModTime()) < stillFor {
		return s, false
	}
	raw, err := os.ReadFile(w.tree)
	return s, err == nil && json.Unmarshal(raw, &s) == nil
}

func (w *window) until(what string, done func(sight) bool) {
	w.t.Helper()
	var last sight
	defer func() {
		if w.t.Failed() {
			w.t.Logf("on the screen: %+v", last)
		}
	}()
	w.rig.until(what, func() bool {
		s, ok := w.look()
		if ok {
			last = s
		}
		return ok && done(s)
	})
}

func (w *window) at(name, part string) {
	w.t.Helper()
	w.until("the page is "+name+" "+part, func(s sight) bool { return s.Route.Name == name && (part == "" || s.Route.Part == part) })
}

// see waits for words.
func (w *window) see(words string) {
	w.t.Helper()
	w.until("it says "+words, func(s sight) bool { return s.says(words) })
}

// find waits for something to tap, or to write into, and scrolls down to it.
func (w *window) find(kind, label string) (found target) {
	w.t.Helper()
	wheel, before := "5", sight{}
	w.until("there is "+label, func(s sight) bool {
		at := slices.IndexFunc(s.Targets, func(t target) bool { return t.Kind == kind && t.Full && strings.HasPrefix(t.Label, label) })
		if at >= 0 {
			found = s.Targets[at]
			return true
		}
		if reflect.DeepEqual(s, before) { // this is the end: what was scrolled past is the other way
			wheel = map[string]string{"4": "5", "5": "4"}[wheel]
		}
		before = s
		// What comes into sight has to be drawn and told before the next look.
		w.do("mousemove", strconv.Itoa(w.width/2), "400", "click", "--repeat", "3", "--delay", "30", wheel, "sleep", "0.8")
		return false
	})
	return found
}

func (w *window) tap(label string) {
	w.t.Helper()
	w.click(w.find("press", label))
}

// tapUntil taps until it has worked: a page that is drawn anew at that moment, as when
// news comes, may lose a tap.
func (w *window) tapUntil(label string, done func(sight) bool) {
	w.t.Helper()
	for range tries {
		w.tap(label)
		if w.soon(done) {
			return
		}
	}
	w.until(label+" was tapped", done)
}

// tapAfter taps the first of its label that comes after another: what lies over the page
// comes last.
func (w *window) tapAfter(other, label string) {
	w.t.Helper()
	var found target
	w.until("there is "+label+" after "+other, func(s sight) bool {
		from := slices.IndexFunc(s.Targets, func(t target) bool { return t.Label == other })
		if from < 0 {
			return false
		}
		at := slices.IndexFunc(s.Targets[from:], func(t target) bool { return strings.HasPrefix(t.Label, label) && t.Full })
		if at >= 0 {
			found = s.Targets[from+at]
		}
		return at >= 0
	})
	w.click(found)
}

func (w *window) click(at target) {
	w.t.Helper()
	w.do("mousemove", strconv.Itoa(int(at.X)), strconv.Itoa(int(at.Y)), "sleep", "0.1", "click", "1")
}

// write types into a field until it stands there. A busy machine may take the keys before
// the field has them, so it is tried again, over what came of it.
func (w *window) write(label, text string) {
	w.t.Helper()
	written := func(s sight) bool {
		return slices.ContainsFunc(s.Targets, func(t target) bool { return t.Kind == "entry" && t.Label == label+" "+text })
	}
	for range tries {
		w.click(w.find("entry", label))
		// A tap counts once it cannot become a double tap any more.
		w.do("sleep", "0.7", "key", "ctrl+a", "type", "--delay", "30", text)
		if w.soon(written) {
			return
		}
	}
	w.until(label+" holds what was typed", written)
}

// soon looks a few times, for what may have to be done again.
func (w *window) soon(done func(sight) bool) bool {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for range soonLooks {
		<-tick.C
		if s, ok := w.look(); ok && done(s) {
			return true
		}
	}
	return false
}

func (w *window) key(name string) {
	w.t.Helper()
	w.do("key", name)
}

// picture keeps what the window looks like, in few colours.
func (w *window) picture(name string) {
	w.t.Helper()
	w.until("nothing moves", func(sight) bool { return true })
	cmd := exec.CommandContext(w.ctx, "import", "-window", w.id, "-strip", "+dither", "-colors", "128", "png8:"+filepath.Join(w.pictures, name+".png"))
	cmd.Env = append(os.Environ(), "DISPLAY="+w.display)
	if out, err := cmd.CombinedOutput(); err != nil {
		w.t.Fatalf("picture %s: %v\n%s", name, err, out)
	}
}

package app

import (
	"context"
	"encoding/json"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"github.com/citizens-portal/portal/app/bidi"
	"github.com/citizens-portal/portal/app/nav"
	"github.com/citizens-portal/portal/app/screen"
	"github.com/citizens-portal/portal/backend/server"
	"github.com/citizens-portal/portal/sdk"
)

// driven is the app on a test driver against a real server, everything inline.
type driven struct {
	*App
	t    *testing.T
	sms  string
	late []func() // what waits for time to pass
}

// backend is a server with the demonstration's data, on a real socket.
type backend struct {
	url, sms string
	dir      string
	http     *httptest.Server
}

func newBackend(t *testing.T) *backend {
	t.Helper()
	dir := t.TempDir()
	sms := filepath.Join(dir, "sms.jsonl")
	if err := os.WriteFile(sms, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	s, err := server.New(ctx, server.Config{DataDir: dir, Addr: "127.0.0.1:0", Demo: true, SMSFile: sms})
	if err != nil {
		cancel()
		t.Fatal(err)
	}
	s.Start(ctx)
	h := httptest.NewServer(s.Handler())
	t.Cleanup(func() {
		h.CloseClientConnections()
		h.Close()
		cancel()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return &backend{url: h.URL, sms: sms, dir: dir, http: h}
}

// open starts the app in a folder.
func (b *backend) open(t *testing.T, home string) *driven {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	client, err := sdk.Open(ctx, sdk.Config{Dir: home, BaseURL: b.url, Client: "test/1"})
	if err != nil {
		cancel()
		t.Fatal(err)
	}
	a, err := newApp(ctx, Config{Home: home, Version: "test"}, test.NewTempApp(t), client)
	if err != nil {
		t.Fatal(err)
	}
	d := &driven{App: a, t: t, sms: b.sms}
	a.spawn, a.dispatch = func(f func()) { f() }, func(f func()) { f() }
	a.after = func(_ time.Duration, f func()) func() {
		d.late = append(d.late, f)
		return func() {}
	}
	a.start()
	a.win.Resize(fyne.NewSize(360, 740))
	t.Cleanup(func() {
		cancel()
		_ = client.Close() // closed before by quit in some tests
	})
	return d
}

// quit ends the program without a word, as a phone does.
func (d *driven) quit() {
	d.t.Helper()
	if err := d.client.Close(); err != nil {
		d.t.Fatal(err)
	}
}

// pass lets the time pass that pauses and toasts wait for.
func (d *driven) pass() {
	late := d.late
	d.late = nil
	for _, f := range late {
		f()
	}
}

// each visits what is on the screen.
func each(o fyne.CanvasObject, visit func(fyne.CanvasObject)) {
	visit(o)
	switch v := o.(type) {
	case *fyne.Container:
		children := v.Objects
		if rows, ok := v.Layout.(*screen.Rows); ok {
			children = rows.Cells()
		}
		for _, c := range children {
			each(c, visit)
		}
	case fyne.Widget:
		for _, c := range test.WidgetRenderer(v).Objects() {
			each(c, visit)
		}
	}
}

// find gives the part whose label begins as given.
func find[T any](d *driven, label string) (T, bool) {
	var found T
	ok := false
	root := d.win.Canvas().Content()
	if d.asking != nil && d.asking.Visible() {
		root = d.asking.Content
	}
	each(root, func(o fyne.CanvasObject) {
		part, isT := o.(T)
		said, speaks := o.(fyne.Accessible)
		if isT && speaks && !ok && o.Visible() && strings.HasPrefix(said.AccessibilityLabel(), label) {
			found, ok = part, true
		}
	})
	return found, ok
}

func (d *driven) tap(label string) {
	d.t.Helper()
	o, ok := find[fyne.Tappable](d, label)
	if !ok {
		d.t.Fatalf("%v shows nothing to tap that says %q, only %q", d.stack.Top(), label, d.texts())
	}
	o.Tapped(&fyne.PointEvent{})
}

func (d *driven) write(label, text string) {
	d.t.Helper()
	e, ok := find[*bidi.Entry](d, label)
	if !ok {
		d.t.Fatalf("%v has no field %q, only %q", d.stack.Top(), label, d.texts())
	}
	e.SetText(text)
	e.OnChanged(text)
}

func (d *driven) texts() (out []string) {
	each(d.win.Canvas().Content(), func(o fyne.CanvasObject) {
		if _, box := o.(*fyne.Container); box {
			return
		}
		if said, ok := o.(fyne.Accessible); ok && said.AccessibilityLabel() != "" {
			out = append(out, said.AccessibilityLabel())
		}
	})
	return out
}

func (d *driven) sees(text string) {
	d.t.Helper()
	if all := strings.Join(d.texts(), "\n"); !strings.Contains(all, text) {
		d.t.Fatalf("%v does not say %q but:\n%s", d.stack.Top(), text, all)
	}
}

func (d *driven) at(name nav.Name) {
	d.t.Helper()
	if d.stack.Top().Name != name {
		d.t.Fatalf("at %v, want %s; it says %q", d.stack.Top(), name, d.texts())
	}
}

// sync speaks with the server once and shows what came.
func (d *driven) sync() {
	d.t.Helper()
	if _, err := d.client.Sync.Now(context.Background()); err != nil {
		d.t.Fatal(err)
	}
	d.reload()
}

// otp waits for the code of the newest SMS to a number.
func (d *driven) otp(mobile string) string {
	d.t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for time.Now().Before(deadline) {
		raw, err := os.ReadFile(d.sms)
		if err != nil {
			d.t.Fatal(err)
		}
		code := ""
		for line := range strings.Lines(string(raw)) {
			var m struct{ To, Text string }
			if json.Unmarshal([]byte(line), &m) == nil && m.To == mobile {
				code = regexp.MustCompile(`\d{6}`).FindString(m.Text)
			}
		}
		if code != "" {
			return code
		}
		<-time.After(20 * time.Millisecond)
	}
	d.t.Fatal("no SMS came")
	return ""
}

// register opens an account and comes to the first page.
func (d *driven) register() {
	d.t.Helper()
	d.tap("English")
	d.tap("Open an account")
	d.write("CNIC number", "15602-123")
	d.write("Mobile number", "0345-7654321")
	d.write("Your name", "Zarmina")
	d.tap("Send me a code")
	d.sees("A CNIC has 13 digits")
	d.write("CNIC number", "15602-7654321-1")
	d.tap("District")
	d.write("Search", "swa")
	d.tap("Swat")
	d.tap("Send me a code")
	d.at(nav.OTP)
	d.write("Code from the SMS", d.otp("+923457654321"))
	d.tap("Go on")
	d.at(nav.Paper)
	d.tap("I wrote it down")
	d.at(nav.Home)
	d.sync()
}

// TestACitizensDay walks the way of a citizen: register, file, be killed on the way,
// lose the network, come back, be received, write, withdraw.
func TestACitizensDay(t *testing.T) {
	b := newBackend(t)
	home := t.TempDir()
	d := b.open(t, home)
	d.register()
	d.sees("You have no complaints yet")

	d.tap("Report a problem")
	d.tap("Electricity")
	d.tap("Power cuts")
	d.sees("Goes to: Deputy Commissioner, Swat")
	d.write("Street or landmark", "Near the bridge")
	d.tap("Next: What happened")
	d.tap("Next: Check")
	d.sees("Write a few words")
	d.write("What happened?", "No electricity for three days. Eighty houses sit in the dark.")
	d.pass() // a pause in the writing saves
	d.quit() // and the phone kills the app
	b.http.CloseClientConnections()

	d = b.open(t, home)
	d.at(nav.Report)
	d.sees("Eighty houses")
	d.client.Close()

	d = offline(t, home)
	d.at(nav.Report)
	d.tap("Next: Check")
	d.tap("Send")
	d.at(nav.Received)
	d.sees("Saved on this phone")
	d.tap("To the first page")
	d.sees("No electricity for three days")
	d.quit()

	d = b.open(t, home)
	d.sync()
	d.tap("No electricity for three days")
	d.sees("15 days left")
	d.sees("If not solved by")
	d.tap("Code and QR")
	d.sees("KP-")
	d.tap("Close")
	d.at(nav.Case)
	d.tap("Write to the office")
	d.write("Your message", "Please hurry.")
	d.tap("Send")
	d.at(nav.Case)
	d.sync()
	d.sees("Your message")
	d.sees("Please hurry.")

	d.tap("More choices")
	d.tap("Withdraw")
	d.tap("Withdraw")
	d.at(nav.Home)
	d.sync()
	d.tap("My cases")
	d.tap("Closed")
	d.sees("Withdrawn")
}

// offline starts the app in a folder without a network.
func offline(t *testing.T, home string) *driven {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	client, err := sdk.Open(ctx, sdk.Config{Dir: home, Offline: true})
	if err != nil {
		cancel()
		t.Fatal(err)
	}
	a, err := newApp(ctx, Config{Home: home, Version: "test"}, test.NewTempApp(t), client)
	if err != nil {
		t.Fatal(err)
	}
	d := &driven{App: a, t: t}
	a.spawn, a.dispatch = func(f func()) { f() }, func(f func()) { f() }
	a.after = func(_ time.Duration, f func()) func() {
		d.late = append(d.late, f)
		return func() {}
	}
	a.start()
	t.Cleanup(cancel)
	return d
}

// TestLanguageAndLook changes everything that is drawn, where the person is.
func TestLanguageAndLook(t *testing.T) {
	b := newBackend(t)
	d := b.open(t, t.TempDir())
	d.register()
	d.tap("More")
	d.tap("Settings")
	d.tap("\u200e200%")
	d.tap("Dark")
	d.tap("اردو")
	d.at(nav.Settings)
	if !d.env.RTL() || d.env.Style.Scale() != 2 || !d.env.Style.Dark() {
		t.Error("the look did not follow the settings")
	}
	d.tap("واپس")
	d.sees("زبان")
	if again := readSettings(d.cfg.Home); again.Lang != "ur" || again.Scale != 2 {
		t.Errorf("kept: %+v", again)
	}
}

// TestSigningOutAsksAboutWhatIsNotSent leaves nothing behind unseen.
func TestSigningOutAsksAboutWhatIsNotSent(t *testing.T) {
	b := newBackend(t)
	d := b.open(t, t.TempDir())
	d.register()
	d.tap("Report a problem")
	d.tap("Rubbish")
	d.tap("Close")
	d.sees("Kept on this phone")
	d.sees("Not finished")
	d.tap("More")
	d.tap("Sign out")
	d.sees("Not finished: 1")
	d.tap("Delete it for good")
	d.tap("Delete it for good")
	d.at(nav.Welcome)
	if _, err := d.client.Accounts.Profile(); err == nil {
		t.Error("somebody is still signed in")
	}
}

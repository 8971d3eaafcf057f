package desk

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"

	"github.com/citizens-portal/portal/app/bidi"
	"github.com/citizens-portal/portal/app/i18n"
	"github.com/citizens-portal/portal/app/model"
	"github.com/citizens-portal/portal/app/style"
	"github.com/citizens-portal/portal/assets"
	"github.com/citizens-portal/portal/sdk"
	"github.com/citizens-portal/portal/sdk/api"
)

// office is a server with one desk: it takes every act unless told to refuse it.
type office struct {
	mu     sync.Mutex
	now    time.Time
	cases  map[string]*api.Complaint
	feed   []api.Entry
	acts   []api.ActBody
	refuse bool     // the next act
	opened []string // complaints whose opening was told
	stale  bool     // the session is too old to open an identity
	why    []string // reasons given for opening one
}

const deskFeed = "d:dc"

func newOffice() *office {
	o := &office{now: time.Date(2026, 11, 23, 10, 42, 0, 0, model.Pakistan()), cases: map[string]*api.Complaint{}}
	for i, text := range []string{"Main water line burst", "Bridge railing broken", "Street lights off"} {
		id := fmt.Sprintf("case-%d", i)
		o.cases[id] = &api.Complaint{
			ID: id, Code: fmt.Sprintf("KP-26-AAAA-000%d", i), Status: "new", Text: text, Category: "water", District: "swat", Holder: "dc", Citizen: "Citizen 7Q4F",
			LodgedAt: o.now.AddDate(0, 0, -9), DueAt: o.now.AddDate(0, 0, 2+i), AllowedActions: []string{"acknowledge", "assign", "ask", "propose", "transfer", "message", "reveal"},
		}
		o.event(id, api.Event{Action: "lodge", Role: "citizen"}, api.EntryGrant)
	}
	return o
}

func (o *office) event(id string, e api.Event, kind string) {
	c := o.cases[id]
	c.Version++
	e.N, e.At = c.Version, o.now
	o.feed = append(o.feed, api.Entry{N: int64(len(o.feed) + 1), Type: kind, Case: id, Event: e.N, Events: []api.Event{e}})
}

func (o *office) clock() time.Time {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.now
}

func (o *office) forward(d time.Duration) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.now = o.now.Add(d)
}

func (o *office) taken() []api.ActBody {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Clone(o.acts)
}

// RoundTrip implements [http.RoundTripper].
func (o *office) RoundTrip(r *http.Request) (*http.Response, error) {
	body := []byte("null")
	if r.Body != nil {
		var err error
		if body, err = io.ReadAll(r.Body); err != nil {
			return nil, err
		}
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	var out any
	switch {
	case strings.HasSuffix(r.URL.Path, "/identity"):
		var ask api.RevealRequest
		if err := json.Unmarshal(body, &ask); err != nil {
			return nil, err
		}
		if o.stale {
			return answer(r, http.StatusForbidden, api.Problem{Type: api.TypeStepUp, Status: http.StatusForbidden})
		}
		o.why = append(o.why, ask.Reason)
		out = api.Identity{Case: "case-0", Name: "Zarmina Bibi", Mobile: "+923451234567", CNIC: "15602-*******-1", District: "swat"}
	case r.URL.Path == api.RouteMe:
		out = api.Profile{Subject: "o:khan", Kind: "officer"}
	case r.URL.Path == api.RouteStepUp:
		o.stale = false
		out = struct{}{}
	case r.URL.Path == api.RouteOfficer:
		out = api.Session{Access: "a", Refresh: "r", AccessExpiresAt: o.now.AddDate(1, 0, 0), RefreshExpiresAt: o.now.AddDate(1, 0, 0),
			Profile: api.Profile{Subject: "o:khan", Kind: "officer", Name: "Aisha Khan", Office: "dc", Title: api.Text{EN: "Focal person"}, Feeds: []string{deskFeed}}}
	case r.URL.Path == api.RouteSync:
		var req api.SyncRequest
		if err := json.Unmarshal(body, &req); err != nil {
			return nil, err
		}
		out = o.sync(req)
	case strings.HasSuffix(r.URL.Path, api.CollectionOfficers):
		out = []api.OfficerInfo{{ID: "gul", Name: "R. Gul", Office: "dc", Post: "staff", Title: api.Text{EN: "Officer"}}}
	default:
		out = []struct{}{}
	}
	return answer(r, http.StatusOK, out)
}

func answer(r *http.Request, status int, out any) (*http.Response, error) {
	w := httptest.NewRecorder()
	w.Header().Set("Content-Type", "application/json")
	if status != http.StatusOK {
		w.Header().Set("Content-Type", "application/problem+json")
	}
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(out); err != nil {
		return nil, err
	}
	resp := w.Result()
	resp.Request = r
	return resp, nil
}

func (o *office) sync(req api.SyncRequest) api.SyncResponse {
	resp := api.SyncResponse{Request: req.Request, Time: o.now, Epoch: "e"}
	for _, op := range req.Operations {
		resp.Answers = append(resp.Answers, o.act(op))
	}
	from := int64(0)
	for _, c := range req.Cursors {
		from = c.N
	}
	head := int64(len(o.feed))
	p := api.Page{Feed: deskFeed, From: from, Next: head, Head: head}
	for _, e := range o.feed[from:] {
		c := *o.cases[e.Case]
		e.Complaint = &c
		p.Entries = append(p.Entries, e)
	}
	resp.Feeds = []api.Page{p}
	return resp
}

func (o *office) act(op api.Operation) api.Answer {
	var b api.ActBody
	if err := json.Unmarshal(op.Body, &b); err != nil {
		return api.Answer{Op: op.Op, Status: api.Rejected, Problem: &api.Problem{Type: api.TypeInvalid, Status: 422}}
	}
	if op.Type == api.OpOpen {
		o.opened = append(o.opened, b.Case)
		return api.Answer{Op: op.Op, Status: api.Applied, Case: b.Case}
	}
	if o.refuse {
		o.refuse = false
		o.event(b.Case, api.Event{Action: "message", Role: "citizen", Text: "House 4"}, api.EntryEvent)
		return api.Answer{Op: op.Op, Status: api.Rejected, Problem: &api.Problem{Type: api.TypeConflict, Status: 409}}
	}
	o.acts = append(o.acts, b)
	o.event(b.Case, api.Event{Action: b.Action, Role: "distributor", Text: b.Text}, api.EntryEvent)
	return api.Answer{Op: op.Op, Status: api.Applied, Case: b.Case, Version: o.cases[b.Case].Version}
}

// seat is a desk with an officer at it.
type seat struct {
	*Desk
	t      *testing.T
	office *office
	client *sdk.Client
	cfg    Config
	cancel func()
	work   chan func()
	said   []string
	kept   State
	window fyne.Window
}

func newSeat(t *testing.T) *seat {
	t.Helper()
	o := newOffice()
	client, err := sdk.Open(t.Context(), sdk.Config{Dir: t.TempDir(), BaseURL: "http://127.0.0.1:1", Transport: o, Now: o.clock})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	if _, err := client.Accounts.LoginOfficer(t.Context(), "khan", "correct horse battery", "123456"); err != nil {
		t.Fatal(err)
	}
	s := &seat{t: t, office: o, client: client}
	s.sync()
	words, err := i18n.Load(assets.Translations)
	if err != nil {
		t.Fatal(err)
	}
	faces, err := bidi.NewFaces()
	if err != nil {
		t.Fatal(err)
	}
	th := style.New(false, style.Scale100)
	test.NewTempApp(t).Settings().SetTheme(th)
	s.window = test.NewTempWindow(t, nil)
	s.window.Canvas().SetOnTypedKey(func(k *fyne.KeyEvent) { s.Key(k) })
	s.window.Resize(fyne.NewSize(1300, 800))
	s.cfg = Config{
		Client: client, Env: bidi.NewEnv(i18n.English, words, th, faces),
		Words:    func() model.Words { return model.Words{Lang: i18n.English, Catalogue: words, Now: o.clock()} },
		Spawn:    func(f func()) { go f() },
		Dispatch: func(f func()) { s.work <- f },
		After:    func(time.Duration, func()) func() { return func() {} }, // no time passes by itself
		Focus: func(f fyne.Focusable) {
			if f == nil {
				s.window.Canvas().Unfocus()
				return
			}
			s.window.Canvas().Focus(f)
		},
		Modifiers: func() fyne.KeyModifier { return 0 },
		PickFile: func(chosen func(io.ReadCloser, error)) {
			chosen(io.NopCloser(bytes.NewReader([]byte("%PDF-1.4 evidence"))), nil)
		},
		Say: func(sentence string) { s.said = append(s.said, sentence) }, Keep: func(k State) { s.kept = k },
		SignIn: func() {}, Person: func() {},
	}
	s.sit()
	return s
}

// sit starts the desk where it was left, as a new process would.
func (s *seat) sit() {
	s.t.Helper()
	if s.cancel != nil {
		s.cancel()
	}
	s.work, s.cfg.State = make(chan func(), 1000), s.kept
	ctx, cancel := context.WithCancel(s.t.Context())
	s.cancel = cancel
	s.t.Cleanup(cancel)
	s.Desk = New(ctx, s.cfg)
	s.window.SetContent(s.Object())
	s.until("the list", func() bool { return len(s.list.Cases) == 3 && len(s.known.office.Officers) == 1 })
}

// until works off what was dispatched until something holds.
func (s *seat) until(what string, holds func() bool) {
	s.t.Helper()
	patience := time.After(20 * time.Second)
	look := time.NewTicker(time.Millisecond) // what is saved tells nobody
	defer look.Stop()
	for !holds() {
		select {
		case f := <-s.work:
			f()
		case <-look.C:
		case <-patience:
			s.t.Fatalf("never came: %s; open %q, page %+v", what, s.state.Open, s.page)
		}
	}
}

func (s *seat) sync() {
	s.t.Helper()
	if _, err := s.client.Sync.Now(s.t.Context()); err != nil {
		s.t.Fatal(err)
	}
}

func (s *seat) press(keys ...fyne.KeyName) {
	for _, k := range keys {
		if f := s.window.Canvas().Focused(); f != nil {
			f.TypedKey(&fyne.KeyEvent{Name: k})
			continue
		}
		s.window.Canvas().OnTypedKey()(&fyne.KeyEvent{Name: k})
	}
}

// stroke is a key going down, the letter it makes, and the key going up: each goes to
// what has the keyboard by then, as windows do it.
func (s *seat) stroke(key fyne.KeyName, letter rune) {
	canvas := s.window.Canvas()
	if k, ok := canvas.Focused().(desktop.Keyable); ok {
		k.KeyDown(&fyne.KeyEvent{Name: key})
	}
	s.press(key)
	if f := canvas.Focused(); f != nil {
		f.TypedRune(letter)
	}
	if k, ok := canvas.Focused().(desktop.Keyable); ok {
		k.KeyUp(&fyne.KeyEvent{Name: key})
	}
}

func (s *seat) strokes(text string) {
	for _, r := range text {
		s.stroke(fyne.KeyName(strings.ToUpper(string(r))), r)
	}
}

// first opens the first complaint of the list.
func (s *seat) first() {
	s.t.Helper()
	s.press(fyne.KeyJ)
	s.until("the complaint", func() bool { return s.page.ID == "case-0" })
}

// tap presses what says so; the last one lies on top.
func (s *seat) tap(label string) {
	s.t.Helper()
	var found fyne.Tappable
	each(s.Object(), func(o fyne.CanvasObject) {
		part, ok := o.(fyne.Tappable)
		if said, speaks := o.(fyne.Accessible); ok && speaks && said.AccessibilityLabel() == label {
			found = part
		}
	})
	if found == nil {
		s.t.Fatalf("there is no %q", label)
	}
	found.Tapped(&fyne.PointEvent{})
}

// each visits all parts.
func each(o fyne.CanvasObject, visit func(fyne.CanvasObject)) {
	visit(o)
	switch v := o.(type) {
	case *fyne.Container:
		for _, c := range v.Objects {
			each(c, visit)
		}
	case fyne.Widget:
		for _, c := range test.WidgetRenderer(v).Objects() {
			each(c, visit)
		}
	}
}

// texts are all words on the desk.
func texts(o fyne.CanvasObject) (out []string) {
	each(o, func(o fyne.CanvasObject) {
		if said, ok := o.(fyne.Accessible); ok {
			out = append(out, said.AccessibilityLabel())
		}
	})
	return out
}

func TestNothingIsClaimedBeforeItIsRead(t *testing.T) {
	s := newSeat(t)
	cfg := s.cfg
	cfg.Spawn = func(func()) {}
	d := New(t.Context(), cfg)
	test.NewTempWindow(t, d.Object()).Resize(fyne.NewSize(1300, 800))
	all := strings.Join(texts(d.Object()), "\n")
	for _, claim := range []string{"Sign in", "complaints", "Nothing"} {
		if strings.Contains(all, claim) {
			t.Errorf("says %q before anything was read:\n%s", claim, all)
		}
	}
}

func TestKeysMoveThroughTheList(t *testing.T) {
	s := newSeat(t)
	s.first()
	for _, x := range []struct {
		key  fyne.KeyName
		want string
	}{{fyne.KeyJ, "case-1"}, {fyne.KeyDown, "case-2"}, {fyne.KeyJ, "case-2"}, {fyne.KeyK, "case-1"}, {fyne.KeyUp, "case-0"}, {fyne.KeyEnd, "case-2"}} {
		s.press(x.key)
		if s.state.Open != x.want {
			t.Errorf("%s: at %s, want %s", x.key, s.state.Open, x.want)
		}
	}
	if s.kept.Open != "case-2" {
		t.Errorf("kept %+v", s.kept)
	}
}

func TestUndoTakesAnActBackBeforeItIsSent(t *testing.T) {
	s := newSeat(t)
	s.first()
	s.press(fyne.KeyC)
	s.until("the act", func() bool { return s.done.op != "" && len(s.page.OnWay) == 1 })
	s.sync()
	if s.page.May(model.DeskAcknowledge) || len(s.office.taken()) != 0 {
		t.Fatalf("%+v, %v", s.page, s.office.taken())
	}
	s.press(fyne.KeyU)
	s.until("the undo", func() bool { return len(s.page.OnWay) == 0 && s.page.May(model.DeskAcknowledge) })
	s.office.forward(time.Minute)
	s.sync()
	if got := s.office.taken(); len(got) != 0 {
		t.Fatalf("undone, but sent: %+v", got)
	}
}

func TestAnActGoesWhenTheTimeToUndoIsOver(t *testing.T) {
	s := newSeat(t)
	s.first()
	s.assign("gul")
	s.until("the act", func() bool { return s.done.op != "" })
	s.sit() // the program was killed meanwhile
	s.office.forward(holdTime)
	s.sync()
	if got := s.office.taken(); len(got) != 1 || got[0].Action != "assign" || got[0].ToOfficer != "gul" || got[0].ExpectedVersion != 1 {
		t.Fatalf("%+v", got)
	}
}

func TestUndoAfterItWasSentSaysSo(t *testing.T) {
	s := newSeat(t)
	s.first()
	s.press(fyne.KeyC)
	s.until("the act", func() bool { return s.done.op != "" })
	s.office.forward(holdTime)
	s.sync()
	s.press(fyne.KeyU)
	shown := s.toasts
	s.until("the answer", func() bool { return s.toasts > shown })
	if got := s.office.taken(); len(got) != 1 {
		t.Fatalf("%+v", got)
	}
}

func TestWhatIsWrittenOutlivesTheProgram(t *testing.T) {
	s := newSeat(t)
	s.first()
	s.stroke(fyne.KeyS, 's')
	s.strokes("jk done")
	if s.state.Open != "case-0" || s.form.Text != "jk done" {
		t.Fatalf("keys typed into a field must not move: %q %+v", s.state.Open, s.form)
	}
	s.addFile()
	s.until("the file", func() bool { return len(s.form.Files) == 1 })
	s.Pause()
	s.until("the draft", func() bool {
		d, err := s.client.Desk.Draft(t.Context(), "case-0", "propose")
		return err == nil && len(d.Evidence) == 1
	})
	s.sit()
	s.until("the form again", func() bool { return s.form != nil && !s.form.Reading })
	if s.form.Text != "jk done" || len(s.form.Files) != 1 || !s.form.Files[0].PDF {
		t.Fatalf("%+v", s.form)
	}
	s.sendForm()
	s.until("the act", func() bool { return s.done.op != "" && s.form == nil })
	s.undo()
	s.until("the undo", func() bool { return len(s.page.OnWay) == 0 && s.page.May(model.DeskPropose) })
	s.until("what was written", func() bool {
		d, err := s.client.Desk.Draft(t.Context(), "case-0", "propose")
		return err == nil && d.Text == "jk done"
	})
}

func TestAFormNamesWhatIsMissing(t *testing.T) {
	s := newSeat(t)
	s.first()
	s.press(fyne.KeyQ)
	s.until("the form", func() bool { return s.form != nil && !s.form.Reading })
	s.sendForm()
	if s.form.Wrong["text"] == "" || len(s.office.taken()) != 0 {
		t.Fatalf("%+v", s.form)
	}
	s.press(fyne.KeyEscape)
	if s.form != nil {
		t.Fatal("Escape leaves the form")
	}
}

// TestKeysTypedWhileAFormOpensAreText types without a pause, before anything was read
// from the device: no letter may act, and none may be lost.
func TestKeysTypedWhileAFormOpensAreText(t *testing.T) {
	s := newSeat(t)
	s.first()
	s.stroke(fyne.KeyQ, 'q')
	s.strokes("asked")
	s.until("the draft", func() bool { return !s.form.Reading })
	s.strokes(" acts")
	if s.form.Text != "asked acts" || s.over || s.busy || s.state.Open != "case-0" {
		t.Fatalf("%+v", s.form)
	}
	s.press(fyne.KeyEscape)
	s.until("what was written is kept", func() bool {
		d, err := s.client.Desk.Draft(t.Context(), "case-0", "ask")
		return err == nil && d.Text == "asked acts"
	})
	s.stroke(fyne.KeyQ, 'q')
	s.strokes("again")
	s.until("the draft", func() bool { return !s.form.Reading })
	if s.form.Text != "asked acts again" {
		t.Fatalf("what was written before stays: %+v", s.form)
	}
}

// TestAFormOpenedByATapHasTheKeyboard goes by the card of what the bar has no room for.
func TestAFormOpenedByATapHasTheKeyboard(t *testing.T) {
	s := newSeat(t)
	s.first()
	s.showMore([]model.DeskAction{model.DeskTransfer})
	s.tap("Transfer")
	s.strokes("Tehsil")
	if s.form == nil || s.form.Text != "Tehsil" {
		t.Fatalf("%+v", s.form)
	}
	s.window.Canvas().Unfocus() // a tap beside the field
	s.strokes("ackuj")
	if s.over || s.busy || s.form == nil || s.state.Open != "case-0" {
		t.Fatal("letters beside an open form must not act")
	}
}

// TestButtonsComeBackWithTheAct does one act after the other, with nothing but the first
// one's own news in between.
func TestButtonsComeBackWithTheAct(t *testing.T) {
	s := newSeat(t)
	s.first()
	s.press(fyne.KeyC)
	s.until("the act", func() bool { return s.done.op != "" })
	if s.busy || s.page.May(model.DeskAcknowledge) || !s.page.May(model.DeskAsk) {
		t.Fatalf("busy %v, may %v", s.busy, s.page.Actions)
	}
}

func TestAConflictComesBackWithWhatChanged(t *testing.T) {
	s := newSeat(t)
	s.office.refuse = true
	s.first()
	s.press(fyne.KeyC)
	s.until("the act", func() bool { return s.done.op != "" })
	s.office.forward(holdTime)
	s.sync()
	s.until("the refusal", func() bool { return len(s.page.Refused) == 1 && len(s.page.Refused[0].Changed) == 1 })
	r := s.page.Refused[0]
	if !r.Again || !strings.HasPrefix(r.Changed[0], "Citizen wrote") {
		t.Fatalf("%+v", r)
	}
	s.until("the rail", func() bool { return s.list.Counts[model.DeskAttention] == 1 })
	s.retry(r.Op)
	s.until("the retry", func() bool { return len(s.page.Refused) == 0 })
	s.sync()
	if got := s.office.taken(); len(got) != 1 || got[0].ExpectedVersion != 2 {
		t.Fatalf("%+v", got)
	}
}

func TestSlashSearches(t *testing.T) {
	s := newSeat(t)
	s.stroke(fyne.KeySlash, '/')
	s.strokes("bridge")
	s.until("the find", func() bool { return len(s.list.Cases) == 1 })
	if s.kept.Query.Search != "" {
		t.Errorf("what was searched for is not written down: %+v", s.kept)
	}
	s.press(fyne.KeyEscape, fyne.KeyEscape)
	s.until("all again", func() bool { return len(s.list.Cases) == 3 })
}

func TestCardsTakeTheKeys(t *testing.T) {
	s := newSeat(t)
	s.first()
	s.press(fyne.KeyA)
	if !s.over {
		t.Fatal("A opens the list of whom to assign to")
	}
	s.press(fyne.KeyJ)
	if s.state.Open != "case-0" {
		t.Fatal("keys below a card must not work")
	}
	s.press(fyne.KeyEscape, fyne.KeyF1)
	if !s.over {
		t.Fatal("F1 opens the cheat sheet")
	}
}

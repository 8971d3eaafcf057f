package httpapi_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/pquerna/otp/totp"

	"github.com/citizens-portal/portal/backend/backendtest"
	"github.com/citizens-portal/portal/backend/httpapi"
	"github.com/citizens-portal/portal/backend/identity"
	"github.com/citizens-portal/portal/backend/media"
	"github.com/citizens-portal/portal/backend/portal"
	"github.com/citizens-portal/portal/backend/store"
	"github.com/citizens-portal/portal/backend/store/sqlite"
	"github.com/citizens-portal/portal/sdk/api"
)

// world is the interface over real use cases, a real embedded store and a
// captured SMS gateway.
type world struct {
	*backendtest.Node
	api   *httpapi.API
	hub   *httpapi.Hub
	media *media.Service
	log   *lockedBuffer
	epoch atomic.Value // string
	fault *faultyStore
	count atomic.Int64
}

// next is a device's next counter.
func (w *world) next() int64 { return w.count.Add(1) }

// lockedBuffer takes the log of concurrent requests.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func newWorld(t testing.TB) *world {
	t.Helper()
	s, err := sqlite.Open(context.Background(), sqlite.Config{Path: filepath.Join(t.TempDir(), "portal.db")})
	if err != nil {
		t.Fatal(err)
	}
	w := &world{hub: httpapi.NewHub(), log: &lockedBuffer{}, fault: &faultyStore{Store: s}}
	s.OnPublish(w.hub.Wake)
	w.epoch.Store("first-epoch")
	w.Node = backendtest.New(t, w.fault)
	blobs, err := media.OpenFolder(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	w.media, err = media.New(media.Config{Store: w.Store, Blobs: blobs, Dir: t.TempDir(), Now: w.Clock.Now, Rand: rand.Reader})
	if err != nil {
		t.Fatal(err)
	}
	w.api = w.with(nil)
	t.Cleanup(func() {
		w.TB = t
		w.Check()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return w
}

// with gives the interface with its configuration changed.
func (w *world) with(change func(*httpapi.Config)) *httpapi.API {
	c := httpapi.Config{
		Store: w.Store, Identity: w.Identity, Lifecycle: w.Lifecycle, Directory: w.Directory.Current,
		People:    w.people(),
		Pseudonym: func(a portal.AccountID) string { return w.Keys.Pseudonym(string(a)) },
		Epoch:     func(context.Context) (string, error) { return w.epoch.Load().(string), nil },
		Now:       w.Clock.Now, Hub: w.hub, Media: w.media, Transparency: w.Transparency, Version: "1.2.3",
		Log: slog.New(slog.NewJSONHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	if change != nil {
		change(&c)
	}
	return httpapi.New(c)
}

var errFault = errors.New("the disk is on fire")

// faultyStore fails when a filed body contains a word.
type faultyStore struct {
	store.Store
	word atomic.Pointer[string]
}

func (f *faultyStore) failOn(word string) { f.word.Store(&word) }
func (f *faultyStore) mend()              { f.word.Store(nil) }

func (f *faultyStore) Update(ctx context.Context, do func(store.Tx) error) error {
	return f.Store.Update(ctx, func(tx store.Tx) error { return do(faultyTx{tx, f.word.Load()}) })
}

type faultyTx struct {
	store.Tx
	word *string
}

func (f faultyTx) CreateCase(ctx context.Context, c portal.Case, t store.Timers, body []byte, first portal.Event) error {
	if f.word != nil && bytes.Contains(body, []byte(*f.word)) {
		return errFault
	}
	return f.Tx.CreateCase(ctx, c, t, body, first)
}

// client is one signed-in (or not) device.
type client struct {
	*world
	token  string
	device api.DeviceInfo
	api.Session
}

func (w *world) anonymous() *client {
	key := sha256.Sum256([]byte(uuid.NewString()))
	return &client{world: w, device: api.DeviceInfo{ID: uuid.NewString(), Key: base64.RawURLEncoding.EncodeToString(key[:]), Name: "test"}}
}

// do sends one request; body is marshalled unless it is a string.
func (c *client) do(method, path string, body any, header ...string) *httptest.ResponseRecorder {
	c.Helper()
	var text string
	switch b := body.(type) {
	case nil:
	case string:
		text = b
	default:
		raw, err := json.Marshal(b)
		if err != nil {
			c.Fatal(err)
		}
		text = string(raw)
	}
	r := httptest.NewRequest(method, path, strings.NewReader(text))
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	if c.token != "" {
		r.Header.Set("Authorization", "Bearer "+c.token)
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	rec := httptest.NewRecorder()
	c.api.ServeHTTP(rec, r)
	return rec
}

// get decodes an answer that must have a status.
func get[T any](t testing.TB, rec *httptest.ResponseRecorder, status int) T {
	t.Helper()
	var v T
	if rec.Code != status {
		t.Fatalf("status %d, want %d: %s", rec.Code, status, rec.Body)
	}
	if rec.Body.Len() > 0 {
		if err := json.Unmarshal(rec.Body.Bytes(), &v); err != nil {
			t.Fatalf("%v in %s", err, rec.Body)
		}
	}
	return v
}

// problem checks that an answer is a problem document of a type and status.
func problem(t testing.TB, rec *httptest.ResponseRecorder, typ string, status int) api.Problem {
	t.Helper()
	var p api.Problem
	if err := json.Unmarshal(rec.Body.Bytes(), &p); err != nil {
		t.Errorf("not a problem document: %v: %.300s", err, rec.Body)
	}
	if rec.Code != status || p.Status != status || p.Type != typ || p.Title == "" || rec.Header().Get("Content-Type") != api.ProblemType {
		t.Errorf("status %d, %s, want %d, %s: %.300s", rec.Code, rec.Header().Get("Content-Type"), status, typ, rec.Body)
	}
	if p.RequestID == "" || p.RequestID != rec.Header().Get("X-Request-Id") {
		t.Errorf("request id %q, header %q", p.RequestID, rec.Header().Get("X-Request-Id"))
	}
	return p
}

// names gives the pointers of a problem's fields.
func names(p api.Problem) string {
	var out []string
	for _, f := range p.Errors {
		out = append(out, f.Pointer)
		if f.Detail == "" {
			out = append(out, "(without words)")
		}
	}
	return strings.Join(out, " ")
}

const (
	amirMobile = "+923451234567"
	amirCNIC   = "15602-1234567-1"
	zariMobile = "+923337654321"
)

func registration(mobile string, d api.DeviceInfo) api.RegisterRequest {
	return api.RegisterRequest{CNIC: amirCNIC, Mobile: mobile, Name: "Amir Khan", District: "oasis", Language: "en", Device: d}
}

// citizen signs somebody up over HTTP.
func (w *world) citizen(mobile string) *client {
	w.Helper()
	c := w.anonymous()
	challenge := get[api.Challenge](w, c.do("POST", api.RouteRegister, registration(mobile, c.device)), 200)
	c.enter(c.do("POST", api.RouteVerify, api.VerifyRequest{Challenge: challenge.Challenge, OTP: w.Phone.OTP(w, mobile), Device: c.device}))
	return c
}

func (c *client) enter(rec *httptest.ResponseRecorder) {
	c.Helper()
	c.Session = get[api.Session](c, rec, 200)
	c.token = c.Access
}

const password = "a sentence that is long enough"

// officer gives an officer credentials and signs them in over HTTP.
func (w *world) officer(id string) *client {
	w.Helper()
	e, err := w.Identity.CreateOfficer(context.Background(), "console", identity.Credential{Officer: portal.OfficerID(id), Password: password})
	if err != nil {
		w.Fatal(err)
	}
	c := w.anonymous()
	c.enter(c.do("POST", api.RouteOfficer, api.OfficerLogin{Name: id, Password: password, TOTP: w.totp(e.Secret.Reveal()), Device: c.device}))
	return c
}

func (w *world) totp(secret string) string {
	w.Helper()
	code, err := totp.GenerateCode(secret, w.Clock.Now())
	if err != nil {
		w.Fatal(err)
	}
	return code
}

const secretText = "The well behind the blue mosque has been dry for a week."

func lodgeBody() api.LodgeBody {
	return api.LodgeBody{ID: uuid.NewString(), Category: "dry-well", District: "oasis", Area: "tl/oasis/oasis/palms", Text: secretText, Language: "en"}
}

// lodge files a complaint by plain REST.
func (c *client) lodge() api.Answer {
	c.Helper()
	return get[api.Answer](c, c.do("POST", api.RouteComplaints, lodgeBody(), api.HeaderIdempotencyKey, uuid.NewString()), 201)
}

// act does something to a complaint by plain REST.
func (c *client) act(ref, action string, body httpapi.ActRequest) *httptest.ResponseRecorder {
	c.Helper()
	return c.do("POST", api.RouteComplaints+"/"+ref+"/"+action, body, api.HeaderIdempotencyKey, uuid.NewString())
}

// op makes an operation as a device would.
func op(n int64, lane, typ string, body any) api.Operation {
	raw, ok := body.(json.RawMessage)
	if !ok {
		raw, _ = json.Marshal(body) // test data always encodes
	}
	sum := sha256.Sum256(raw)
	return api.Operation{Op: uuid.NewString(), N: n, Lane: lane, Type: typ, Version: 1, Body: raw, SHA256: hex.EncodeToString(sum[:]), At: backendtest.Filed}
}

func lodgeOp(n int64) (api.Operation, string) {
	b := lodgeBody()
	return op(n, b.ID, api.OpLodge, b), b.ID
}

func (c *client) sync(req api.SyncRequest) api.SyncResponse {
	c.Helper()
	return get[api.SyncResponse](c, c.do("POST", api.RouteSync, req), 200)
}

// push syncs operations and gives their statuses in short.
func (c *client) push(ops ...api.Operation) ([]api.Answer, string) {
	c.Helper()
	answers := c.sync(api.SyncRequest{Operations: ops}).Answers
	if len(answers) != len(ops) {
		c.Fatalf("%d answers to %d operations", len(answers), len(ops))
	}
	var short []string
	for i, a := range answers {
		if a.Op != ops[i].Op {
			c.Errorf("answer %d is about %s, want %s", i, a.Op, ops[i].Op)
		}
		short = append(short, string(a.Status))
	}
	return answers, strings.Join(short, " ")
}

func day(n int) time.Time { return backendtest.Filed.Add(time.Duration(n) * 24 * time.Hour) }

func is(t testing.TB, what string, got, want any) {
	t.Helper()
	if g, w := fmt.Sprint(got), fmt.Sprint(want); g != w {
		t.Errorf("%s: %s, want %s", what, g, w)
	}
}

var _ http.Handler = (*httpapi.API)(nil)

package server_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/pquerna/otp/totp"

	"github.com/citizens-portal/portal/backend/portal"
	"github.com/citizens-portal/portal/backend/server"
	"github.com/citizens-portal/portal/backend/store/postgres/pgtest"
	"github.com/citizens-portal/portal/sdk/api"
)

var pg pgtest.Emptied

func TestMain(m *testing.M) { os.Exit(pg.Main(m)) }

// running is a server on a port of its own.
type running struct {
	*server.Server
	t    *testing.T
	url  string
	stop context.CancelFunc
	done chan error
	once sync.Once
	http http.Client
}

// configure gives a folder of its own and an SMS file.
func configure(t *testing.T) server.Config {
	dir := filepath.Join(t.TempDir(), "data")
	return server.Config{DataDir: dir, Addr: "127.0.0.1:0", SMSFile: filepath.Join(filepath.Dir(dir), "sms")}
}

// serve starts a server; it is ended by end, or with the test.
func serve(t *testing.T, c server.Config) *running {
	t.Helper()
	s, err := server.New(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	r := &running{Server: s, t: t, stop: stop, done: make(chan error, 1)}
	t.Cleanup(r.end)
	urls := make(chan string, 1)
	go func() { r.done <- s.Serve(ctx, func(url string) { urls <- url }) }()
	select {
	case r.url = <-urls:
	case err := <-r.done:
		r.done <- nil
		t.Fatalf("serve: %v", err)
	}
	return r
}

// end stops the server and waits until everything is closed.
func (r *running) end() {
	r.once.Do(func() {
		r.stop()
		r.http.CloseIdleConnections()
		if err := <-r.done; err != nil {
			r.t.Errorf("serve: %v", err)
		}
		if err := r.Close(); err != nil {
			r.t.Errorf("close: %v", err)
		}
	})
}

// reply is an answer with its body read.
type reply struct {
	status int
	body   []byte
	header http.Header
}

func (r *running) do(method, path, token string, body any) reply {
	r.t.Helper()
	raw, err := json.Marshal(body)
	if err != nil {
		r.t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(context.Background(), method, r.url+path, bytes.NewReader(raw))
	if err != nil {
		r.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	if method == http.MethodPost {
		req.Header.Set(api.HeaderIdempotencyKey, uuid.NewString())
	}
	resp, err := r.http.Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	defer resp.Body.Close()
	got, err := io.ReadAll(resp.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	return reply{resp.StatusCode, got, resp.Header}
}

// as decodes a reply that must have a status.
func as[T any](t *testing.T, r reply, status int) T {
	t.Helper()
	var v T
	if r.status != status {
		t.Fatalf("status %d, want %d: %s", r.status, status, r.body)
	}
	if err := json.Unmarshal(r.body, &v); err != nil {
		t.Fatalf("%v in %s", err, r.body)
	}
	return v
}

func device() api.DeviceInfo {
	key := make([]byte, 32)
	_, _ = rand.Read(key) // never fails
	return api.DeviceInfo{ID: uuid.NewString(), Key: base64.RawURLEncoding.EncodeToString(key), Name: "test"}
}

var otpShape = regexp.MustCompile(`\d{6}`)

// otp gives the one-time password of the last SMS in the file.
func (r *running) otp(to string) string {
	r.t.Helper()
	raw, err := os.ReadFile(r.SMSFile)
	if err != nil {
		r.t.Fatal(err)
	}
	code := ""
	for line := range strings.Lines(string(raw)) {
		var m struct{ To, Text string }
		if err := json.Unmarshal([]byte(line), &m); err != nil {
			r.t.Fatal(err)
		}
		if m.To == to {
			code = otpShape.FindString(m.Text)
		}
	}
	return code
}

func registration(mobile string, d api.DeviceInfo) api.RegisterRequest {
	return api.RegisterRequest{CNIC: "15602-1234567-1", Mobile: mobile, Name: "Amir Khan", District: "swat", Language: "en", Device: d}
}

const amirMobile = "+923451234567"

// citizen registers over HTTP and gives the access token.
func (r *running) citizen(mobile string) string {
	r.t.Helper()
	d := device()
	c := as[api.Challenge](r.t, r.do("POST", api.RouteRegister, "", registration(mobile, d)), 200)
	s := as[api.Session](r.t, r.do("POST", api.RouteVerify, "", api.VerifyRequest{Challenge: c.Challenge, OTP: r.otp(mobile), Device: d}), 200)
	return s.Access
}

const password = "a sentence that is long enough"

// officer is added through the admin socket and signs in with the invitation.
func (r *running) officer(id, office, post string) string {
	r.t.Helper()
	raw, err := server.Admin(context.Background(), r.Config, "officer-add", server.AdminRequest{Officer: &server.OfficerRequest{
		ID: portal.OfficerID(id), Name: "Officer " + id, Office: portal.OfficeID(office), Post: portal.Post(post),
	}})
	if err != nil {
		r.t.Fatal(err)
	}
	var inv server.Invitation
	if err := json.Unmarshal(raw, &inv); err != nil {
		r.t.Fatal(err)
	}
	e := as[api.Enrolment](r.t, r.do("POST", api.RouteInvitation, "", api.InvitationRequest{Token: inv.Token, Password: password}), 200)
	return r.loginOfficer(r, id, password, e.TOTPSecret)
}

// loginOfficer signs in on any node.
func (r *running) loginOfficer(node *running, id, password, secret string) string {
	r.t.Helper()
	code, err := totp.GenerateCode(secret, node.Now())
	if err != nil {
		r.t.Fatal(err)
	}
	return as[api.Session](r.t, node.do("POST", api.RouteOfficer, "", api.OfficerLogin{Name: id, Password: password, TOTP: code, Device: device()}), 200).Access
}

func lodgeBody() api.LodgeBody {
	return api.LodgeBody{ID: uuid.NewString(), Category: "water-supply", District: "swat", Text: "No water since Friday."}
}

// push is a sync request of a device with one operation, always the same.
func push(t *testing.T, body api.LodgeBody, receipt string) api.SyncRequest {
	t.Helper()
	raw, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(raw)
	return api.SyncRequest{Operations: []api.Operation{{
		Op: body.ID, N: 1, Lane: body.ID, Type: api.OpLodge, Version: 1, Body: raw, SHA256: hex.EncodeToString(sum[:]), Receipt: receipt,
	}}}
}

// lodge files a complaint and gives the answer.
func (r *running) lodge(token string) api.Answer {
	r.t.Helper()
	return as[api.Answer](r.t, r.do("POST", api.RouteComplaints, token, lodgeBody()), 201)
}

// clock moves only when told.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) forward(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

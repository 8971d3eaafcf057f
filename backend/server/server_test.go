package server_test

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/citizens-portal/portal/backend/feed"
	"github.com/citizens-portal/portal/backend/identity"
	"github.com/citizens-portal/portal/backend/keys"
	"github.com/citizens-portal/portal/backend/portal"
	"github.com/citizens-portal/portal/backend/server"
	"github.com/citizens-portal/portal/backend/store"
	"github.com/citizens-portal/portal/sdk/api"
)

func TestReadiness(t *testing.T) {
	c := configure(t)
	ready := serve(t, c)
	parts := as[map[string]string](t, ready.do("GET", "/readyz", "", nil), 200)
	if parts["store"] != "ok" || parts["sms"] != "ok" {
		t.Errorf("ready with %v", parts)
	}
	ready.citizen(amirMobile)
	as[map[string]string](t, ready.do("GET", "/healthz", "", nil), 200)
	metrics := ready.do("GET", "/metrics", "", nil)
	for _, want := range []string{`portal_request_seconds_count{route="POST /v1/accounts",status="200"} 1`, "go_goroutines"} {
		if !strings.Contains(string(metrics.body), want) {
			t.Errorf("metrics lack %s", want)
		}
	}
	ready.end()

	c.SMSFile = ""
	mute := serve(t, c)
	parts = as[map[string]string](t, mute.do("GET", "/readyz", "", nil), 503)
	if parts["store"] != "ok" || !strings.Contains(parts["sms"], "SMS") {
		t.Errorf("without SMS: %v", parts)
	}
	as[map[string]string](t, mute.do("GET", "/healthz", "", nil), 200)
	r := mute.do("POST", api.RouteRegister, "", registration(amirMobile, device()))
	if p := as[api.Problem](t, r, 503); p.Type != api.TypeUnavailable || r.header.Get("Content-Type") != api.ProblemType {
		t.Errorf("register without SMS: %s", r.body)
	}
}

func TestRefusedConfigurations(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*server.Config)
		want   error
	}{
		"no folder":             {func(c *server.Config) { c.DataDir = "" }, portal.ErrInvalid},
		"address without port":  {func(c *server.Config) { c.Addr = "127.0.0.1" }, portal.ErrInvalid},
		"certificate, no key":   {func(c *server.Config) { c.TLSCert = "x" }, portal.ErrInvalid},
		"proxy is no network":   {func(c *server.Config) { c.TrustedProxy = "10.0.0.1" }, portal.ErrInvalid},
		"demo on the network":   {func(c *server.Config) { c.Addr, c.Demo, c.SMSFile = "0.0.0.0:0", true, "" }, server.ErrLoopback},
		"demo on every address": {func(c *server.Config) { c.Addr, c.Demo, c.SMSFile = ":0", true, "" }, server.ErrLoopback},
		"SMS file on a network": {func(c *server.Config) { c.Addr = "192.0.2.1:0" }, server.ErrLoopback},
		"demo behind TLS":       {func(c *server.Config) { c.Addr, c.Demo, c.TLSCert, c.TLSKey = "[::]:0", true, "x", "x" }, server.ErrLoopback},
		"plain HTTP":            {func(c *server.Config) { c.Addr, c.SMSFile = "0.0.0.0:0", "" }, server.ErrLoopback},
	} {
		cfg := configure(t)
		c.change(&cfg)
		if s, err := server.New(t.Context(), cfg); !errors.Is(err, c.want) || s != nil {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}

// certificate makes a throw-away one for 127.0.0.1.
func certificate(t *testing.T) (cert, key string, pool *x509.CertPool) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	write := func(name, kind string, der []byte) string {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool = x509.NewCertPool()
	pool.AddCert(parsed)
	return write("cert.pem", "CERTIFICATE", der), write("key.pem", "PRIVATE KEY", raw), pool
}

func TestTLS(t *testing.T) {
	c := configure(t)
	var pool *x509.CertPool
	c.TLSCert, c.TLSKey, pool = certificate(t)
	r := serve(t, c)
	if !strings.HasPrefix(r.url, "https://127.0.0.1:") {
		t.Fatalf("url %s", r.url)
	}
	r.http.Transport = &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12, MaxVersion: tls.VersionTLS12}}
	if resp, err := r.http.Get(r.url + "/healthz"); err == nil {
		_ = resp.Body.Close()
		t.Error("TLS 1.2 was accepted")
	}
	r.http.Transport = &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS13}}
	as[map[string]string](t, r.do("GET", "/healthz", "", nil), 200)
	r.end()

	c.TLSKey = c.TLSCert
	s, err := server.New(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	err = s.Serve(t.Context(), func(string) { t.Error("said that it listens") })
	if !errors.Is(err, server.ErrFile) {
		t.Errorf("a key that is none: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

// pending is a request that the server has begun to read: it asked for the body.
type pending struct {
	net.Conn
	in   *bufio.Reader
	body []byte
}

func (r *running) begin(path, token string, body any) pending {
	r.t.Helper()
	raw, err := json.Marshal(body)
	if err != nil {
		r.t.Fatal(err)
	}
	conn, err := net.Dial("tcp", strings.TrimPrefix(r.url, "http://"))
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { _ = conn.Close() }) // the server may have closed it
	fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\n%s: %s\r\nContent-Length: %d\r\nExpect: 100-continue\r\n\r\n",
		path, token, api.HeaderIdempotencyKey, uuid.NewString(), len(raw))
	p := pending{conn, bufio.NewReader(conn), raw}
	if resp, err := http.ReadResponse(p.in, nil); err != nil || resp.StatusCode != http.StatusContinue {
		r.t.Fatalf("the server does not read the body: %v", err)
	}
	return p
}

// finish sends the body and gives the status of the answer.
func (p pending) finish(t *testing.T) int {
	t.Helper()
	if _, err := p.Write(p.body); err != nil {
		t.Fatal(err)
	}
	resp, err := http.ReadResponse(p.in, nil)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode
}

// TestShutdown: requests under way are finished and answered, and a long poll
// does not wait any longer.
func TestShutdown(t *testing.T) {
	r := serve(t, configure(t))
	token := r.citizen(amirMobile)
	poll := r.begin(api.RouteSync, token, api.SyncRequest{WaitSeconds: 55})
	lodge := r.begin(api.RouteComplaints, token, lodgeBody())
	ended := make(chan struct{})
	go func() { r.end(); close(ended) }()
	if status := poll.finish(t); status != 200 {
		t.Errorf("a long poll ends with %d", status)
	}
	select {
	case <-ended:
		t.Fatal("ended before the request under way")
	default:
	}
	if status := lodge.finish(t); status != 201 {
		t.Errorf("the request under way: %d", status)
	}
	<-ended
	if faults, err := server.Check(t.Context(), r.Config); err != nil || len(faults) > 0 {
		t.Errorf("check: %v, %v", faults, err)
	}
}

func TestAdminSocket(t *testing.T) {
	c := configure(t)
	r := serve(t, c)
	path := filepath.Join(c.DataDir, server.SocketFile)
	for file, want := range map[string]os.FileMode{path: 0o600, c.DataDir: 0o700, c.SMSFile: 0o600} {
		if info, err := os.Stat(file); err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: %v, %v", file, info.Mode(), err)
		}
	}
	if !server.Live(t.Context(), c.DataDir) {
		t.Error("not live")
	}
	ctx, future := t.Context(), time.Now().Add(24*time.Hour)
	for _, name := range []string{"escalate", "sweep"} {
		if _, err := server.Admin(ctx, c, name, server.AdminRequest{AsOf: future}); !errors.Is(err, portal.ErrForbidden) {
			t.Errorf("%s as of tomorrow on a live store: %v", name, err)
		}
		if _, err := server.Admin(ctx, c, name, server.AdminRequest{AsOf: time.Now()}); err != nil {
			t.Errorf("%s now: %v", name, err)
		}
	}
	raw, err := server.Admin(ctx, c, "escalate", server.AdminRequest{AsOf: time.Now(), DryRun: true})
	if err != nil || string(raw) != "[]" {
		t.Errorf("nothing to move: %s, %v", raw, err)
	}
	if _, err := server.Admin(ctx, c, "officer-add", server.AdminRequest{Officer: &server.OfficerRequest{ID: "x", Post: "king"}}); !errors.Is(err, portal.ErrInvalid) {
		t.Errorf("bad input: %v", err)
	}
	if _, err := server.Admin(ctx, c, "officer-disable", server.AdminRequest{Officer: &server.OfficerRequest{ID: "nobody"}}); !errors.Is(err, portal.ErrForbidden) {
		t.Errorf("an officer who is not there: %v", err)
	}
	r.end()
	if server.Live(ctx, c.DataDir) {
		t.Error("live after the end")
	}
	if _, err := server.Admin(ctx, c, "dance", server.AdminRequest{}); !errors.Is(err, portal.ErrInvalid) {
		t.Errorf("unknown command: %v", err)
	}
	if _, err := server.Admin(ctx, c, "escalate", server.AdminRequest{AsOf: future}); !errors.Is(err, portal.ErrForbidden) {
		t.Errorf("as of tomorrow beside no server: %v", err)
	}
}

// TestOfficerDisabled: an officer disabled through the socket is out at once.
func TestOfficerDisabled(t *testing.T) {
	c := configure(t)
	r := serve(t, c)
	token := r.officer("focal.test", "dc-swat", "focal")
	as[api.Profile](t, r.do("GET", api.RouteMe, token, nil), 200)
	if _, err := server.Admin(t.Context(), c, "officer-disable", server.AdminRequest{Officer: &server.OfficerRequest{ID: "focal.test"}}); err != nil {
		t.Fatal(err)
	}
	as[api.Problem](t, r.do("GET", api.RouteMe, token, nil), 401)

	// Put back, they sign in anew: the old session stays ended.
	again := server.OfficerRequest{ID: "focal.test", Name: "Officer", Office: "dc-swat", Post: "focal"}
	if _, err := server.Admin(t.Context(), c, "officer-add", server.AdminRequest{Officer: &again}); err != nil {
		t.Fatal(err)
	}
	as[api.Problem](t, r.do("GET", api.RouteMe, token, nil), 401)
}

// TestBootstrap: the first administrator's token works once, and there is none
// once anybody can sign in.
func TestBootstrap(t *testing.T) {
	c := configure(t)
	r := serve(t, c)
	raw, err := server.Admin(t.Context(), c, "bootstrap", server.AdminRequest{})
	var inv server.Invitation
	if err != nil || json.Unmarshal(raw, &inv) != nil || inv.Token == "" {
		t.Fatalf("%s, %v", raw, err)
	}
	e := as[api.Enrolment](t, r.do("POST", api.RouteInvitation, "", api.InvitationRequest{Token: inv.Token, Password: password}), 200)
	token := r.loginOfficer(r, e.Name, password, e.TOTPSecret)
	me := as[api.Profile](t, r.do("GET", api.RouteMe, token, nil), 200)
	if me.Post != "admin" || len(me.Feeds) != 0 {
		t.Errorf("profile %+v", me)
	}
	if list := as[struct{ Items []api.Complaint }](t, r.do("GET", api.RouteComplaints, token, nil), 200); len(list.Items) != 0 {
		t.Errorf("an administrator reads complaints: %+v", list)
	}
	if _, err := server.Admin(t.Context(), c, "bootstrap", server.AdminRequest{}); !errors.Is(err, portal.ErrForbidden) {
		t.Errorf("a second administrator: %v", err)
	}
}

// TestBesideLive: check and backup read beside a server; what would pull the
// floor from under it is refused.
func TestBesideLive(t *testing.T) {
	c := configure(t)
	r := serve(t, c)
	r.lodge(r.citizen(amirMobile))
	if faults, err := server.Check(t.Context(), c); err != nil || len(faults) > 0 {
		t.Errorf("check: %v, %v", faults, err)
	}
	file := filepath.Join(t.TempDir(), "backup")
	if err := server.Backup(t.Context(), c, file); err != nil {
		t.Fatalf("backup: %v", err)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("backup: %v, %v", info.Mode(), err)
	}
	if err := server.Backup(t.Context(), c, file); !errors.Is(err, server.ErrFile) {
		t.Errorf("backup over a file: %v", err)
	}
	if err := server.Restore(t.Context(), c, file); !errors.Is(err, server.ErrLive) {
		t.Errorf("restore: %v", err)
	}
	if err := server.Seed(t.Context(), c, ""); !errors.Is(err, server.ErrLive) {
		t.Errorf("seed: %v", err)
	}
	if _, err := server.New(t.Context(), c); !errors.Is(err, server.ErrLive) || !strings.Contains(err.Error(), c.DataDir) {
		t.Errorf("a second server: %v", err)
	}
}

// TestRestore: the store goes back to the backup under a new epoch, and what was
// filed since comes back with its code and time when the phone offers it again.
func TestRestore(t *testing.T) {
	c := configure(t)
	now := &clock{at: time.Now().UTC().Truncate(time.Millisecond)}
	c.Now = now.now
	r := serve(t, c)
	token := r.citizen(amirMobile)
	kept := r.lodge(token)
	file := filepath.Join(t.TempDir(), "backup")
	if err := server.Backup(t.Context(), c, file); err != nil {
		t.Fatal(err)
	}
	now.forward(time.Minute)
	body := lodgeBody()
	lost := as[api.SyncResponse](t, r.do("POST", api.RouteSync, token, push(t, body, "")), 200)
	r.end()
	if err := server.Restore(t.Context(), c, filepath.Join(t.TempDir(), "none")); !errors.Is(err, server.ErrFile) {
		t.Errorf("restore from nothing: %v", err)
	}
	if err := server.Restore(t.Context(), c, file); err != nil {
		t.Fatal(err)
	}
	if aside, _ := filepath.Glob(filepath.Join(c.DataDir, "portal.db.before-restore-*")); len(aside) == 0 {
		t.Error("the store that was there is gone")
	}
	now.forward(time.Minute)
	r = serve(t, c)
	as[api.Complaint](t, r.do("GET", api.RouteComplaints+"/"+kept.Code, token, nil), 200)
	as[api.Problem](t, r.do("GET", api.RouteComplaints+"/"+lost.Answers[0].Code, token, nil), 404)
	again := as[api.SyncResponse](t, r.do("POST", api.RouteSync, token, push(t, body, lost.Answers[0].Receipt)), 200)
	if again.Epoch == lost.Epoch || again.Answers[0].Status != api.Applied || again.Answers[0].Code != lost.Answers[0].Code || !again.Answers[0].LodgedAt.Equal(lost.Answers[0].LodgedAt) {
		t.Errorf("offered again: %+v, was %+v", again, lost)
	}
	r.end()
	if faults, err := server.Check(t.Context(), c); err != nil || len(faults) > 0 {
		t.Errorf("check: %v, %v", faults, err)
	}
}

func TestKeysMismatch(t *testing.T) {
	c := configure(t)
	serve(t, c).end()
	if err := os.Remove(filepath.Join(c.DataDir, "keys.json")); err != nil {
		t.Fatal(err)
	}
	if _, err := server.New(t.Context(), c); !errors.Is(err, identity.ErrKeys) {
		t.Errorf("with new keys: %v", err)
	}
	if _, err := keys.Open(c.DataDir, ""); err != nil {
		t.Errorf("the keys made meanwhile: %v", err)
	}
}

// lines hands each line of the log on.
type lines struct {
	slog.Handler
	to chan string
}

func (l lines) Handle(_ context.Context, r slog.Record) error {
	select {
	case l.to <- r.Message:
	default: // nobody reads so many
	}
	return nil
}
func (l lines) WithAttrs([]slog.Attr) slog.Handler       { return l }
func (l lines) Enabled(context.Context, slog.Level) bool { return true }

// TestCatchUpAtStart: what fell due while the server was down runs when it
// starts, dated as due.
func TestCatchUpAtStart(t *testing.T) {
	c := configure(t)
	now := &clock{at: time.Date(2026, 5, 4, 9, 10, 11, 123e6, time.UTC)}
	c.Now = now.now
	r := serve(t, c)
	r.lodge(r.citizen(amirMobile))
	r.end()
	now.forward(23 * 24 * time.Hour)
	log := lines{slog.DiscardHandler, make(chan string, 100)}
	c.Log = slog.New(log)
	r = serve(t, c)
	for line := range log.to {
		if line == "sweep" {
			break
		}
	}
	r.end()
	c.Log = nil
	b, err := server.Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	moves, err := b.Escalate(t.Context(), now.now(), false)
	if err != nil || len(moves) != 0 {
		t.Errorf("left undone: %+v, %v", moves, err)
	}
	faults, err := b.Check(t.Context())
	if err != nil || len(faults) > 0 {
		t.Errorf("check: %v, %v", faults, err)
	}
}

// TestFeedsAreTrimmedOnceADay by the timed work, whoever does it.
func TestFeedsAreTrimmedOnceADay(t *testing.T) {
	now := time.Date(2026, 5, 4, 9, 0, 0, 0, time.UTC)
	b, err := server.Open(t.Context(), server.Config{DataDir: t.TempDir(), Now: func() time.Time { return now }, Keep: feed.Retention{Age: 48 * time.Hour, Entries: 2}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	}()
	grow := func() {
		err := b.Store.Update(t.Context(), func(tx store.Tx) error {
			return tx.Publish(t.Context(), "o:dc-swat", store.Entry{Type: store.EntryForget, Case: "x", At: now})
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	sweep := func(want int) {
		t.Helper()
		if swept, err := b.Sweep(t.Context(), now); err != nil || swept.Trimmed != want {
			t.Fatalf("%s: %+v %v, want %d trimmed", now, swept, err, want)
		}
	}
	for range 6 {
		grow()
		now = now.Add(24 * time.Hour)
		if now.Day() == 5 {
			sweep(0)
		}
	}
	sweep(4)
	now = now.Add(23 * time.Hour)
	grow()
	sweep(0) // not twice a day
	now = now.Add(time.Hour)
	sweep(1)
}

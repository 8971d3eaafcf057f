package simtest

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/citizens-portal/portal/backend/lifecycle"
	"github.com/citizens-portal/portal/backend/portal"
	"github.com/citizens-portal/portal/backend/server"
	"github.com/citizens-portal/portal/sdk"
	"github.com/citizens-portal/portal/sdk/api"
)

// Budgets, in bytes on the wire in both directions, TLS and HTTP included.
const (
	budgetPublic = 300_000 // first sync of all public content
	budgetDay    = 50_000  // six foregrounds, three events, one complaint
	budgetPoll   = 1_000   // one long poll without news
)

// meter is a TCP relay that counts what passes.
type meter struct {
	listener net.Listener
	to       string
	up, down atomic.Int64
	wg       sync.WaitGroup

	mu      sync.Mutex
	open    map[net.Conn]bool
	limit   int64 // of down, at which reached is closed
	reached chan struct{}
}

func newMeter(t *testing.T, to string) *meter {
	t.Helper()
	var lc net.ListenConfig
	l, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	m := &meter{listener: l, to: to, open: map[net.Conn]bool{}}
	m.wg.Go(m.accept)
	t.Cleanup(func() {
		_ = l.Close() // ends accept
		m.wg.Wait()
	})
	return m
}

func (m *meter) accept() {
	for {
		in, err := m.listener.Accept()
		if err != nil {
			return
		}
		m.mu.Lock()
		m.open[in] = true
		m.mu.Unlock()
		var d net.Dialer
		out, err := d.DialContext(context.Background(), "tcp", m.to)
		if err != nil {
			_ = in.Close() // the caller sees that there is nobody
			continue
		}
		m.wg.Go(func() { m.relay(out, in, &m.up) })
		m.wg.Go(func() { m.relay(in, out, &m.down) })
	}
}

func (m *meter) relay(to, from net.Conn, count *atomic.Int64) {
	_, _ = io.Copy(to, io.TeeReader(from, counter{m, count})) // either side may hang up
	_ = to.Close()
	_ = from.Close()
}

// cut ends all connections, as a change of network does.
func (m *meter) cut() {
	m.mu.Lock()
	defer m.mu.Unlock()
	for c := range m.open {
		_ = c.Close() // it may have ended
		delete(m.open, c)
	}
}

// notifyAt gives a channel that is closed once so many bytes have come down.
func (m *meter) notifyAt(down int64) <-chan struct{} {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.limit, m.reached = down, make(chan struct{})
	return m.reached
}

type counter struct {
	m *meter
	n *atomic.Int64
}

// Write implements io.Writer.
func (c counter) Write(p []byte) (int, error) {
	c.n.Add(int64(len(p)))
	c.m.mu.Lock()
	defer c.m.mu.Unlock()
	if c.m.reached != nil && c.m.down.Load() >= c.m.limit {
		close(c.m.reached)
		c.m.reached = nil
	}
	return len(p), nil
}

func (m *meter) total() int64 { return m.up.Load() + m.down.Load() }

func (m *meter) url() string { return "https://" + m.listener.Addr().String() }

// secure is a server of its own with a certificate that this process trusts.
type secure struct {
	*server.Server
	dir   string
	sms   string
	meter *meter
	cert  string
	steps int // of TOTP, used
}

func startSecure(t *testing.T, demo bool) *secure {
	t.Helper()
	dir := fastDir(t)
	s := &secure{dir: dir, sms: filepath.Join(dir, "sms.jsonl"), cert: filepath.Join(dir, "cert.pem")}
	key := filepath.Join(dir, "key.pem")
	if err := writeCertificate(s.cert, key); err != nil {
		t.Fatal(err)
	}
	// Clients that ask the system whom to trust, as the SDK does, trust this.
	t.Setenv("SSL_CERT_FILE", s.cert)
	var err error
	s.Server, err = server.New(t.Context(), server.Config{
		DataDir: filepath.Join(dir, "data"), Addr: "127.0.0.1:0", TLSCert: s.cert, TLSKey: key, Demo: demo, SMSFile: s.sms, DrainFor: 5 * time.Second, ComplaintsPerDay: -1,
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ready, done := make(chan string, 1), make(chan error, 1)
	go func() { done <- s.Serve(ctx, func(url string) { ready <- url }) }()
	select {
	case url := <-ready:
		s.meter = newMeter(t, strings.TrimPrefix(url, "https://"))
	case err := <-done:
		t.Fatal(err)
	}
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// writeCertificate makes a certificate for this machine, of the usual kind and
// about the usual size of one without its chain.
func writeCertificate(certFile, keyFile string) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	from := time.Now().Add(-time.Hour)
	cert := x509.Certificate{
		SerialNumber: big.NewInt(from.UnixNano()), Subject: pkix.Name{CommonName: "portal.example"}, NotBefore: from, NotAfter: from.Add(48 * time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}, BasicConstraintsValid: true, IsCA: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, &cert, &cert, &key.PublicKey, key)
	if err != nil {
		return err
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	if err := os.WriteFile(certFile, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
		return err
	}
	return os.WriteFile(keyFile, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8}), 0o600)
}

// program is a client as an app starts it, with its own transport.
func (s *secure) program(t *testing.T, home string) *sdk.Client {
	t.Helper()
	c, err := sdk.Open(t.Context(), sdk.Config{Dir: filepath.Join(s.dir, home), BaseURL: s.meter.url(), Client: "portal/1.0"})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func (s *secure) signUp(t *testing.T, c *sdk.Client) {
	t.Helper()
	const mobile = "+923459999999"
	_, err := c.Accounts.Register(t.Context(), sdk.Registration{CNIC: "15602-9999999-1", Mobile: mobile, Name: "Byte Counter", District: "swat"})
	if err != nil {
		t.Fatal(err)
	}
	otp, err := newestOTP(s.sms, mobile)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Accounts.Verify(t.Context(), otp); err != nil {
		t.Fatal(err)
	}
}

// TestByteBudgets counts what a citizen pays for.
func TestByteBudgets(t *testing.T) {
	s := startSecure(t, true)
	public := s.publicContent(t)
	day := s.day(t)
	poll := s.idlePoll(t)
	first, resumed := s.reconnect(t)
	plainBody, packedBody := s.filing(t)
	fmt.Printf("bytes: the request that files a complaint of %d bytes: %d, compressed=%d\n", len(sampleText), plainBody, packedBody)
	if packedBody*10 > plainBody*7 {
		t.Errorf("compression makes %d bytes of %d", packedBody, plainBody)
	}
	fmt.Printf("bytes: public=%d of %d, day=%d of %d, poll=%d of %d, sync on a new connection=%d, on a resumed one=%d\n",
		public, budgetPublic, day, budgetDay, poll, budgetPoll, first, resumed)
	if resumed >= first {
		t.Errorf("a sync on a resumed connection took %d bytes, on a new one %d", resumed, first)
	}
	for _, b := range []struct {
		what       string
		have, most int64
	}{{"first sync of all public content", public, budgetPublic}, {"a typical day", day, budgetDay}, {"an idle long poll", poll, budgetPoll}} {
		if b.have > b.most {
			t.Errorf("%s took %d bytes, the budget is %d", b.what, b.have, b.most)
		}
	}
}

// publicContent has a new program fetch everything that needs no account.
func (s *secure) publicContent(t *testing.T) int64 {
	t.Helper()
	before := s.meter.total()
	c := s.program(t, "public")
	defer closed(t, c)
	if _, err := c.Directory.Areas(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Directory.Categories(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Directory.Offices(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s.meter.total() - before
}

func closed(t *testing.T, c *sdk.Client) {
	t.Helper()
	if err := c.Close(); err != nil {
		t.Error(err)
	}
}

// reconnect is what a sync without news costs on a program's first connection,
// and after the network has changed.
func (s *secure) reconnect(t *testing.T) (first, resumed int64) {
	t.Helper()
	c := s.program(t, "citizen")
	defer closed(t, c)
	for _, cost := range []*int64{&first, &resumed} {
		before := s.meter.total()
		_, err := c.Sync.Now(t.Context())
		if errors.Is(err, sdk.ErrOffline) { // it wrote into the connection that was cut
			_, err = c.Sync.Now(t.Context())
		}
		if err != nil {
			t.Fatal(err)
		}
		*cost = s.meter.total() - before
		s.meter.cut()
	}
	return first, resumed
}

// scale weighs the bodies of sync requests, as they are and as they were before
// they were compressed.
type scale struct {
	next          http.RoundTripper
	plain, packed int
}

// RoundTrip implements http.RoundTripper.
func (s *scale) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Path != api.RouteSync {
		return s.next.RoundTrip(r)
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	s.packed += len(body)
	s.plain += len(plain(body))
	r.Body = io.NopCloser(bytes.NewReader(body))
	return s.next.RoundTrip(r)
}

// filing weighs the requests that file a complaint.
func (s *secure) filing(t *testing.T) (plain, packed int) {
	t.Helper()
	transport := &http.Transport{ForceAttemptHTTP2: true}
	defer transport.CloseIdleConnections()
	w := &scale{next: transport}
	c, err := sdk.Open(t.Context(), sdk.Config{Dir: filepath.Join(s.dir, "citizen"), BaseURL: s.meter.url(), Client: "portal/1.0", Transport: w})
	if err != nil {
		t.Fatal(err)
	}
	defer closed(t, c)
	if _, err := c.Sync.Now(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.plain, w.packed = 0, 0
	sub, err := c.Complaints.Lodge(t.Context(), sdk.Draft{Category: "water-supply", District: "swat", Text: sampleText})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Sync.Deliver(t.Context(), sub.Op); err != nil {
		t.Fatal(err)
	}
	return w.plain, w.packed
}

// sampleText is what a citizen might write.
const sampleText = "ہمارے محلے میں پانی کی مین لائن تین دن سے ٹوٹی ہوئی ہے۔ سڑک پر پانی کھڑا ہے اور گھروں میں پانی نہیں آ رہا۔ ward 7, near the girls' school. " +
	"براہ کرم جلد مرمت کروائیں۔ پہلے بھی دو بار بتایا گیا تھا مگر کوئی نہیں آیا۔ بچے نالے سے پانی لا رہے ہیں۔"

// day is a citizen's day: the app is opened six times, each time a new process
// with a new connection; one complaint is filed; three things happen to it.
func (s *secure) day(t *testing.T) int64 {
	t.Helper()
	c := s.program(t, "citizen")
	s.signUp(t, c)
	if _, err := c.Sync.Now(t.Context()); err != nil {
		t.Fatal(err)
	}
	closed(t, c)
	before := s.meter.total()
	id := ""
	for i := range 6 {
		c := s.program(t, "citizen")
		if i == 1 {
			sub, err := c.Complaints.Lodge(t.Context(), sdk.Draft{Category: "water-supply", District: "swat", Place: "محلہ شاہین آباد", Text: sampleText})
			if err != nil {
				t.Fatal(err)
			}
			id = sub.Complaint.ID
		}
		if _, err := c.Sync.Now(t.Context()); err != nil {
			t.Fatal(err)
		}
		closed(t, c)
		switch i {
		case 1:
			s.act(t, id, lifecycle.Ask{Action: portal.ActAcknowledge})
		case 2:
			s.act(t, id, lifecycle.Ask{Action: portal.ActAssign, ToOfficer: "officer.swat"})
		case 3:
			s.act(t, id, lifecycle.Ask{Action: portal.ActPropose, Text: "مین لائن کی مرمت کر دی گئی ہے، پانی بحال ہے۔"})
		}
	}
	return s.meter.total() - before
}

func (s *secure) act(t *testing.T, id string, ask lifecycle.Ask) {
	t.Helper()
	o, ok := s.Directory.Current(t.Context()).Officer("focal.swat")
	if !ok {
		t.Fatal("no focal.swat in the demonstration")
	}
	ask.Case = id
	op := uuid.NewString()
	actor := portal.Actor{Kind: portal.OfficerActor, Officer: o}
	if _, err := s.Lifecycle.Act(t.Context(), lifecycle.Request{Actor: actor, Op: op, Device: "desk", N: time.Now().UnixNano(), Hash: op}, ask); err != nil {
		t.Fatal(err)
	}
}

// idlePoll is one long poll without news on a connection that is open anyway.
func (s *secure) idlePoll(t *testing.T) int64 {
	t.Helper()
	token := s.accessToken(t)
	client := &http.Client{Transport: &http.Transport{ForceAttemptHTTP2: true}}
	defer client.CloseIdleConnections()
	var cursors []api.Cursor
	var last int64
	for i := range 4 {
		before := s.meter.total()
		resp := s.poll(t, client, token, api.SyncRequest{Request: int64(i + 1), WaitSeconds: min(i, 1), Cursors: cursors})
		cursors = nil
		for _, p := range resp.Feeds {
			cursors = append(cursors, api.Cursor{Feed: p.Feed, N: p.Next})
		}
		last = s.meter.total() - before
	}
	return last
}

func (s *secure) poll(t *testing.T, client *http.Client, token string, req api.SyncRequest) api.SyncResponse {
	t.Helper()
	body, err := json.Marshal(req)
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.meter.url()+api.RouteSync, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "application/json, "+api.ProblemType)
	r.Header.Set("User-Agent", "portal/1.0")
	r.Header.Set("Authorization", "Bearer "+token)
	answer, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.Proto != "HTTP/2.0" {
		t.Fatalf("the server speaks %s", answer.Proto)
	}
	var out api.SyncResponse
	if err := json.NewDecoder(answer.Body).Decode(&out); err != nil {
		t.Fatal(err)
	}
	return out
}

// accessToken signs a device in beside the SDK, which does not give its token.
func (s *secure) accessToken(t *testing.T) string {
	t.Helper()
	p := &portald{sms: s.sms}
	url := s.meter.url()
	p.url.Store(&url)
	f, err := p.signUp(t.Context(), 77)
	if err != nil {
		t.Fatal(err)
	}
	return f.token
}

package identity_test

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"github.com/citizens-portal/portal/backend/identity"
	"github.com/citizens-portal/portal/backend/identity/sms"
	"github.com/citizens-portal/portal/backend/keys"
	"github.com/citizens-portal/portal/backend/portal"
	"github.com/citizens-portal/portal/backend/store"
	"github.com/citizens-portal/portal/backend/store/postgres"
	"github.com/citizens-portal/portal/backend/store/postgres/pgtest"
	"github.com/citizens-portal/portal/backend/store/sqlite"
)

// clock is the tests' time; it moves only when told.
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

// phone is the gateway: it keeps what was sent.
type phone struct {
	mu   sync.Mutex
	sent []sms.Message
	fail error
}

func (p *phone) Send(_ context.Context, m sms.Message) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.fail == nil {
		p.sent = append(p.sent, m)
	}
	return p.fail
}

func (p *phone) count() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.sent)
}

// texts gives all that was sent, in one.
func (p *phone) texts() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var all []string
	for _, m := range p.sent {
		all = append(all, m.Text)
	}
	return strings.Join(all, "\n")
}

func (p *phone) last() sms.Message {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.sent[len(p.sent)-1]
}

var sixDigits = regexp.MustCompile(`\p{Nd}{6,}`)

// otp gives the code of the newest SMS.
func (p *phone) otp(t *testing.T) string {
	t.Helper()
	code := sixDigits.FindString(p.last().Text)
	if code == "" {
		t.Fatalf("no code in %q", p.last().Text)
	}
	return code
}

// world is one store with as many nodes over it as a test likes.
type world struct {
	t     *testing.T
	ctx   context.Context
	clock *clock
	phone *phone
	store store.Store
	keys  *keys.Ring
	queue *sms.Queue
	// second is another node's way to the same data, or store once more.
	second store.Store
	nodes  int

	mu  sync.Mutex
	dir *portal.Directory
}

var server pgtest.Suite

func TestMain(m *testing.M) { os.Exit(server.Main(m)) }

// newWorld is a world on the embedded store.
func newWorld(t *testing.T) *world {
	t.Helper()
	st, err := sqlite.Open(t.Context(), sqlite.Config{Path: filepath.Join(t.TempDir(), "portal.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = st.Close() })
	return newWorldOn(t, st, st)
}

// onBothStores runs what depends on locks on the embedded store, and with two
// nodes on one PostgreSQL.
func onBothStores(t *testing.T, f func(t *testing.T, w *world)) {
	t.Run("sqlite", func(t *testing.T) { f(t, newWorld(t)) })
	t.Run("postgres", func(t *testing.T) {
		dsn := server.New(t)
		var nodes [2]store.Store
		for i := range nodes {
			st, err := postgres.Open(t.Context(), postgres.Config{DSN: dsn, MaxConns: 16})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = st.Close() })
			nodes[i] = st
		}
		f(t, newWorldOn(t, nodes[0], nodes[1]))
	})
}

func newWorldOn(t *testing.T, st, second store.Store) *world {
	t.Helper()
	ring, err := keys.New(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	w := &world{
		t: t, ctx: t.Context(), store: st, second: second, keys: ring, phone: &phone{},
		clock: &clock{at: time.Date(2026, 5, 4, 9, 10, 11, 0, time.UTC)},
	}
	w.queue = sms.NewQueue(sms.QueueConfig{Store: st, Keys: ring, Gateway: w.phone, Now: w.clock.now})
	w.setOfficers(portal.Officer{ID: "focal.swat", Name: "Focal", Office: "dc-swat", Post: portal.FocalPost})
	return w
}

func (w *world) setOfficers(officers ...portal.Officer) {
	w.t.Helper()
	dir, err := portal.NewDirectory(portal.Dataset{
		Areas: []portal.Area{
			{ID: "kp", Slug: "kp", Kind: portal.Province},
			{ID: "kp/swat", Slug: "swat", Kind: portal.District, Parent: "kp"},
		},
		Offices:  []portal.Office{{ID: "dc-swat", Kind: portal.Chain, Area: "kp/swat"}},
		Officers: officers,
	})
	if err != nil {
		w.t.Fatal(err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.dir = dir
}

func (w *world) directory(context.Context) *portal.Directory {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.dir
}

// node is one server over the world's store.
func (w *world) node() *identity.Service {
	cfg := w.config()
	if w.nodes++; w.nodes%2 == 0 {
		cfg.Store = w.second
	}
	return identity.New(cfg)
}

func (w *world) config() identity.Config {
	return identity.Config{Store: w.store, Keys: w.keys, SMS: w.queue, Directory: w.directory, Now: w.clock.now}
}

const mobile = "+923451234567"

func device(name string) identity.DeviceInput {
	key := make([]byte, 32)
	copy(key, name)
	return identity.DeviceInput{ID: fmt.Sprintf("%s-%016d", name, 1), Key: base64.RawURLEncoding.EncodeToString(key), Name: name}
}

func registration(dev identity.DeviceInput) identity.RegisterInput {
	return identity.RegisterInput{CNIC: "15602-1234567-1", Mobile: mobile, Name: "Zarmina Khan", District: "swat", Language: "en", Device: dev}
}

// register signs a new citizen up.
func (w *world) register(s *identity.Service, dev identity.DeviceInput) identity.Session {
	w.t.Helper()
	c, err := s.Register(w.ctx, registration(dev))
	if err != nil {
		w.t.Fatal(err)
	}
	return w.verify(s, c, dev)
}

// login signs a device in by SMS.
func (w *world) login(s *identity.Service, dev identity.DeviceInput) identity.Session {
	w.t.Helper()
	c, err := s.Login(w.ctx, identity.LoginInput{Mobile: mobile, Device: dev})
	if err != nil {
		w.t.Fatal(err)
	}
	return w.verify(s, c, dev)
}

func (w *world) verify(s *identity.Service, c identity.Challenge, dev identity.DeviceInput) identity.Session {
	w.t.Helper()
	out, err := s.Verify(w.ctx, identity.VerifyInput{Challenge: c.ID, OTP: w.phone.otp(w.t), Device: dev})
	if err != nil {
		w.t.Fatal(err)
	}
	return out
}

func (w *world) principal(s *identity.Service, session identity.Session) identity.Principal {
	w.t.Helper()
	p, err := s.Authenticate(w.ctx, session.Access.Reveal())
	if err != nil {
		w.t.Fatal(err)
	}
	return p
}

const password = "a sentence that is long enough"

// officer gives focal.swat credentials and returns the TOTP secret.
func (w *world) officer(s *identity.Service) string {
	w.t.Helper()
	e, err := s.CreateOfficer(w.ctx, "console", identity.Credential{Officer: "focal.swat", Password: password})
	if err != nil {
		w.t.Fatal(err)
	}
	return e.Secret.Reveal()
}

func (w *world) code(secret string) string {
	w.t.Helper()
	code, err := totp.GenerateCode(secret, w.clock.now())
	if err != nil {
		w.t.Fatal(err)
	}
	return code
}

func (w *world) officerLogin(s *identity.Service, secret string, dev identity.DeviceInput) (identity.Session, error) {
	w.t.Helper()
	return s.LoginOfficer(w.ctx, identity.OfficerLogin{Name: "focal.swat", Password: password, TOTP: w.code(secret), Device: dev})
}

// field asserts that err is a FieldError (alone or in a list) with a code.
func field(t *testing.T, err error, name, code string) {
	t.Helper()
	var one *portal.FieldError
	var many portal.FieldErrors
	if errors.As(err, &many) {
		for _, f := range many {
			if f.Field == name && f.Code == code {
				return
			}
		}
	}
	if !errors.As(err, &one) || one.Field != name || one.Code != code {
		t.Errorf("error %v, want field %q code %q", err, name, code)
	}
}

// limited asserts a LimitError and gives its wait.
func limited(t *testing.T, err error) time.Duration {
	t.Helper()
	var l *identity.LimitError
	if !errors.As(err, &l) || !errors.Is(err, portal.ErrLimited) || l.RetryAfter <= 0 {
		t.Fatalf("error %v, want a LimitError", err)
	}
	return l.RetryAfter
}

func (w *world) audit() []store.AuditEntry {
	w.t.Helper()
	var out []store.AuditEntry
	err := w.store.View(w.ctx, func(tx store.Tx) (err error) {
		out, err = tx.AuditLog(w.ctx, 0, 1000)
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return out
}

func (w *world) audited(action string) int {
	n := 0
	for _, e := range w.audit() {
		if e.Action == action {
			n++
		}
	}
	return n
}

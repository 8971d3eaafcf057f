package simtest

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/crypto/argon2"

	"encoding/base64"
	"encoding/json"

	"github.com/citizens-portal/portal/backend/feed"
	"github.com/citizens-portal/portal/backend/identity"
	"github.com/citizens-portal/portal/backend/keys"
	"github.com/citizens-portal/portal/backend/portal"
	"github.com/citizens-portal/portal/backend/server"
	"github.com/citizens-portal/portal/backend/store"
)

// epoch2000 is when a bubble's clock starts.
var epoch2000 = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

// officerName, password and secret of the officers of every scenario.
var officerNames = []struct {
	id     portal.OfficerID
	office portal.OfficeID
	post   portal.Post
}{
	{"focal.swat", "dc-swat", portal.FocalPost},
	{"officer.swat", "dc-swat", portal.Staff},
	{"focal.tma-swat", "tma-swat", portal.FocalPost},
}

const (
	officerPassword = "correct horse battery staple"
	officerSecret   = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
)

// fixedKeys are a server's keys that everybody knows, so that the same seed
// always gives the same codes and receipts.
const fixedKeys = `{"version":1,
"sealing":[{"id":"example","key":"AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE="}],
"receipts":[{"id":"example","key":"AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI="}],
"index":{"id":"example","key":"AwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwM="}}`

// template is a data folder with the province's directory and three officers,
// made once and copied for each scenario.
type template struct {
	once sync.Once
	dir  string
	err  error
}

// fastDir is a folder in memory where the system has one: a scenario syncs its
// files some thousand times, and what a crash of the system would do to them is
// not this test's subject.
func fastDir(tb testing.TB) string {
	tb.Helper()
	base := "/dev/shm"
	if info, err := os.Stat(base); err != nil || !info.IsDir() {
		base = ""
	}
	dir, err := os.MkdirTemp(base, "portal-sim-")
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			tb.Error(err)
		}
	})
	return dir
}

func (t *template) make(dir string) (string, error) {
	t.once.Do(func() {
		t.dir = filepath.Join(dir, "template")
		t.err = makeTemplate(context.Background(), t.dir)
	})
	return t.dir, t.err
}

func makeTemplate(ctx context.Context, dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, keys.FileName), []byte(fixedKeys), 0o600); err != nil {
		return err
	}
	b, err := server.Open(ctx, server.Config{DataDir: dir, Now: func() time.Time { return epoch2000 }, Rand: newSource(0, "template")})
	if err != nil {
		return err
	}
	for _, o := range officerNames {
		_, err := b.AddOfficer(ctx, &server.OfficerRequest{ID: o.id, Name: string(o.id), Title: "Officer", Office: o.office, Post: o.post})
		if err != nil {
			return errors.Join(err, b.Close())
		}
		if _, err := b.Identity.CreateOfficer(ctx, "console", identity.Credential{Officer: o.id, Password: officerPassword, TOTPSecret: officerSecret}); err != nil {
			return errors.Join(err, b.Close())
		}
		if err := cheapPassword(ctx, b, o.id); err != nil {
			return errors.Join(err, b.Close())
		}
	}
	return b.Close()
}

// cheapPassword replaces an officer's slow hash by a quick one of the same
// password: officers sign in thousands of times here.
func cheapPassword(ctx context.Context, b *server.Backend, id portal.OfficerID) error {
	salt := []byte("sixteen bytes  .")
	sum := argon2.IDKey(b.Keys.Pepper("password", officerPassword), salt, 1, 16, 1, 32)
	enc := base64.RawStdEncoding
	hash := fmt.Sprintf("$argon2id$v=%d$m=16,t=1,p=1$%s$%s", argon2.Version, enc.EncodeToString(salt), enc.EncodeToString(sum))
	return b.Store.Update(ctx, func(tx store.Tx) error {
		const kind = "identity.credential"
		r, err := tx.Record(ctx, kind, string(id))
		if err != nil {
			return err
		}
		var doc map[string]any
		if err := json.Unmarshal(r.Doc, &doc); err != nil {
			return err
		}
		doc["password"] = hash
		if r.Doc, err = json.Marshal(doc); err != nil {
			return err
		}
		return tx.PutRecord(ctx, r)
	})
}

func copyTree(from, to string) error {
	return filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		target := filepath.Join(to, rel)
		if d.IsDir() {
			return os.MkdirAll(target, 0o700)
		}
		if !d.Type().IsRegular() {
			return nil
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(target, b, 0o600)
	})
}

// host is where the server runs: it starts, stops, is backed up and restored.
type host struct {
	w   *world
	cfg server.Config

	mu     sync.Mutex
	srv    *server.Server // nil while down
	cancel context.CancelFunc
	ctx    context.Context
	busy   sync.WaitGroup

	backup   string
	backupAt time.Time
	backups  int
	restores int
}

func newHost(w *world, dir string) *host {
	h := &host{w: w}
	h.cfg = server.Config{
		DataDir: dir, SMSFile: filepath.Join(dir, "sms.jsonl"), Now: time.Now, Rand: newSource(w.seed, "server"), Log: w.serverLog,
		Wrap: func(s store.Store) store.Store { return &flawed{Store: s, w: w} },
	}
	if w.plan.trims {
		h.cfg.Keep = feed.Retention{Age: 4 * 24 * time.Hour, Entries: 6}
	}
	return h
}

func (h *host) start() error {
	srv, err := server.New(context.Background(), h.cfg)
	if err != nil {
		return err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.srv = srv
	h.ctx, h.cancel = context.WithCancel(context.Background())
	return nil
}

// stop ends running requests and closes the store.
func (h *host) stop() error {
	h.mu.Lock()
	srv := h.srv
	h.srv = nil
	if h.cancel != nil {
		h.cancel()
	}
	h.mu.Unlock()
	if srv == nil {
		return nil
	}
	h.busy.Wait()
	return srv.Close()
}

// serve answers one request, or gives an error when the server is down.
func (h *host) serve(r *http.Request) (*httptest.ResponseRecorder, error) {
	h.mu.Lock()
	srv, ctx := h.srv, h.ctx
	if srv == nil {
		h.mu.Unlock()
		return nil, errors.New("connection refused")
	}
	h.busy.Add(1)
	h.mu.Unlock()
	defer h.busy.Done()
	rctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	defer context.AfterFunc(ctx, cancel)()
	rec := httptest.NewRecorder()
	srv.Handler().ServeHTTP(rec, r.WithContext(rctx))
	return rec, nil
}

// server gives the running server.
func (h *host) server() *server.Server {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.srv
}

func (h *host) takeBackup(ctx context.Context) error {
	h.backups++
	h.backup = filepath.Join(h.w.dir, fmt.Sprintf("backup-%d.db", h.backups))
	h.backupAt = time.Now()
	return h.server().Store.Backup(ctx, h.backup)
}

func (h *host) restore(ctx context.Context) error {
	if err := h.stop(); err != nil {
		return err
	}
	c := h.cfg
	c.Wrap = nil
	if err := server.Restore(ctx, c, h.backup); err != nil {
		return err
	}
	h.restores++
	return h.start()
}

// otp gives the newest code that was sent to a number.
func (h *host) otp(mobile string) (string, error) { return newestOTP(h.cfg.SMSFile, mobile) }

func newestOTP(file, mobile string) (string, error) {
	raw, err := os.ReadFile(file)
	if err != nil {
		return "", err
	}
	for line := range lastFirst(strings.Split(strings.TrimSpace(string(raw)), "\n")) {
		var m struct{ To, Text string }
		if err := json.Unmarshal([]byte(line), &m); err != nil {
			return "", err
		}
		if code := sixDigits.FindString(m.Text); m.To == mobile && code != "" {
			return code, nil
		}
	}
	return "", fmt.Errorf("no SMS to %s", mobile)
}

func lastFirst(lines []string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, line := range slices.Backward(lines) {
			if !yield(line) {
				return
			}
		}
	}
}

package simtest

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/citizens-portal/portal/backend/store/postgres/pgtest"
	"github.com/citizens-portal/portal/sdk/api"
)

var flagKills = flag.Int("kill.cycles", 5, "how often the server is killed under load, on each store")

var postgres pgtest.Suite

func TestMain(m *testing.M) {
	flag.Parse()
	os.Exit(postgres.Main(m))
}

// TestKilledUnderLoad kills the real binary again and again while citizens
// file, and starts it on the same data: nothing that was acknowledged is lost,
// nothing is there twice, and the store agrees with itself.
func TestKilledUnderLoad(t *testing.T) {
	bin := filepath.Join(t.TempDir(), "portald")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", bin, "../cmd/portald")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build portald: %v\n%s", err, out)
	}
	t.Run("sqlite", func(t *testing.T) { killLoop(t, bin) })
	t.Run("postgres", func(t *testing.T) { killLoop(t, bin, "--dsn", postgres.New(t)) })
}

// portald is one server process after another on the same data.
type portald struct {
	bin  string
	args []string
	data string
	sms  string
	cmd  *exec.Cmd
	url  atomic.Pointer[string]
}

func (p *portald) start(ctx context.Context) error {
	args := append([]string{"serve", "--data", p.data, "--addr", "127.0.0.1:0", "--sms-file", p.sms, "--complaints-per-day", "-1"}, p.args...)
	p.cmd = exec.CommandContext(ctx, p.bin, args...)
	var log bytes.Buffer
	p.cmd.Stderr = &log
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := p.cmd.Start(); err != nil {
		return err
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		return fmt.Errorf("portald does not start: %w: %w\n%s", err, p.cmd.Wait(), log.String())
	}
	url := strings.TrimPrefix(strings.TrimSpace(line), "listening on ")
	p.url.Store(&url)
	return nil
}

// kill ends the process without a word of warning.
func (p *portald) kill() {
	_ = p.cmd.Process.Kill() // it may have ended by itself, which Wait tells
	_ = p.cmd.Wait()         // "signal: killed"
}

func (p *portald) check(ctx context.Context) error {
	args := append([]string{"check", "--data", p.data}, p.args...)
	out, err := exec.CommandContext(ctx, p.bin, args...).CombinedOutput()
	if err != nil || !strings.HasSuffix(strings.TrimSpace(string(out)), "check: ok") {
		return fmt.Errorf("check: %w\n%s", err, out)
	}
	return nil
}

// post sends JSON and gives the answer. An error means that there was none.
func (p *portald) post(ctx context.Context, path, token string, in, out any) (int, error) {
	body, err := json.Marshal(in)
	if err != nil {
		return 0, err
	}
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, *p.url.Load()+path, bytes.NewReader(body))
	if err != nil {
		return 0, err
	}
	r.Header.Set("Content-Type", "application/json")
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		return 0, err
	}
	if resp.StatusCode >= 300 {
		return resp.StatusCode, fmt.Errorf("%s: %s", resp.Status, raw)
	}
	return resp.StatusCode, json.Unmarshal(raw, out)
}

// filer is a citizen who files one complaint after another.
type filer struct {
	p      *portald
	token  string
	n      int64
	cursor api.Cursor
	acked  map[string]string // complaint → code
	seen   map[string]string // complaint → code, by the feed
}

func (p *portald) signUp(ctx context.Context, i int) (*filer, error) {
	key := sha256.Sum256([]byte{byte(i)})
	device := api.DeviceInfo{ID: fmt.Sprintf("kill-test-device-%d", i), Key: base64.RawURLEncoding.EncodeToString(key[:])}
	mobile := fmt.Sprintf("+9234598765%02d", i)
	var ch api.Challenge
	_, err := p.post(ctx, api.RouteRegister, "", api.RegisterRequest{
		CNIC: fmt.Sprintf("15602-76543%02d-1", i), Mobile: mobile, Name: "Kill Test", District: "swat", Device: device,
	}, &ch)
	if err != nil {
		return nil, err
	}
	otp, err := newestOTP(p.sms, mobile)
	if err != nil {
		return nil, err
	}
	var s api.Session
	if _, err := p.post(ctx, api.RouteVerify, "", api.VerifyRequest{Challenge: ch.Challenge, OTP: otp, Device: device}, &s); err != nil {
		return nil, err
	}
	return &filer{p: p, token: s.Access, cursor: api.Cursor{Feed: s.Profile.Feeds[0]}, acked: map[string]string{}, seen: map[string]string{}}, nil
}

// file sends one complaint until it is acknowledged, whatever happens to the
// server meanwhile.
func (f *filer) file(ctx context.Context) error {
	id, err := uuid.NewV7()
	if err != nil {
		return err
	}
	body, err := json.Marshal(api.LodgeBody{ID: id.String(), Category: "rubbish", District: "swat", Text: "complaint " + id.String()})
	if err != nil {
		return err
	}
	op, err := uuid.NewV7()
	if err != nil {
		return err
	}
	f.n++
	sum := sha256.Sum256(body)
	o := api.Operation{Op: op.String(), N: f.n, Lane: id.String(), Type: api.OpLodge, Version: 1, Body: body, SHA256: hex.EncodeToString(sum[:]), At: time.Now()}
	for {
		resp, err := f.sync(ctx, o)
		if err == nil && len(resp.Answers) == 1 {
			switch a := resp.Answers[0]; a.Status {
			case api.Applied, api.Duplicate:
				f.acked[id.String()] = a.Code
				return nil
			case api.RetryAfter:
				if a.RetryAfterSeconds > 60 {
					return fmt.Errorf("told to wait %d s: %w", a.RetryAfterSeconds, a.Problem)
				}
			default:
				return fmt.Errorf("answered %s: %w", a.Status, a.Problem)
			}
		}
		if err := sleep(ctx, 5*time.Millisecond); err != nil {
			return err
		}
	}
}

var errGap = errors.New("the feed has a gap")

// sync makes one request and reads its page of the feed, number by number.
func (f *filer) sync(ctx context.Context, ops ...api.Operation) (api.SyncResponse, error) {
	var resp api.SyncResponse
	if _, err := f.p.post(ctx, api.RouteSync, f.token, api.SyncRequest{Operations: ops, Cursors: []api.Cursor{f.cursor}}, &resp); err != nil {
		return resp, err
	}
	for _, page := range resp.Feeds {
		for _, e := range page.Entries {
			if e.N != f.cursor.N+1 {
				return resp, fmt.Errorf("%w: %d after %d", errGap, e.N, f.cursor.N)
			}
			f.cursor.N = e.N
			if e.Complaint != nil {
				f.seen[e.Case] = e.Complaint.Code
			}
		}
	}
	return resp, nil
}

const filers = 6

func killLoop(t *testing.T, bin string, args ...string) {
	t.Helper()
	dir := t.TempDir()
	p := &portald{bin: bin, args: args, data: filepath.Join(dir, "data"), sms: filepath.Join(dir, "sms.jsonl")}
	if err := p.start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.kill() })
	all := make([]*filer, filers)
	for i := range all {
		var err error
		if all[i], err = p.signUp(t.Context(), i); err != nil {
			t.Fatal(err)
		}
	}
	load, stop := context.WithCancel(t.Context())
	defer stop()
	var acks atomic.Int64
	progress := make(chan struct{}, 1)
	var wg sync.WaitGroup
	var enough atomic.Bool
	for _, f := range all {
		wg.Go(func() {
			for !enough.Load() {
				if err := f.file(load); err != nil {
					t.Error(err)
					return
				}
				acks.Add(1)
				select {
				case progress <- struct{}{}:
				default:
				}
			}
		})
	}
	rng := rand.New(newPCG(uint64(*flagKills), "kills"))
	for range *flagKills {
		for until := acks.Load() + int64(10+rng.IntN(90)); acks.Load() < until; {
			select {
			case <-progress:
			case <-t.Context().Done():
				t.Fatal("no acknowledgement any more")
			}
		}
		p.kill()
		if err := p.start(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	enough.Store(true)
	wg.Wait()
	compareAcked(t, all)
	p.kill()
	if err := p.check(t.Context()); err != nil {
		t.Error(err)
	}
	fmt.Printf("kill: %s cycles=%d acknowledged=%d lost=0 doubled=0 (failed: %v)\n", filepath.Base(t.Name()), *flagKills, acks.Load(), t.Failed())
}

// compareAcked reads each feed to its end: what it holds is what was
// acknowledged, once, under the same code.
func compareAcked(t *testing.T, all []*filer) {
	t.Helper()
	for i, f := range all {
		for {
			resp, err := f.sync(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if len(resp.Feeds) == 1 && !resp.Feeds[0].More {
				break
			}
		}
		if len(f.seen) != len(f.acked) || f.cursor.N != int64(len(f.acked)) {
			t.Errorf("citizen %d: %d acknowledged, %d in the feed, which has %d entries", i, len(f.acked), len(f.seen), f.cursor.N)
		}
		for id, code := range f.acked {
			if f.seen[id] != code {
				t.Errorf("citizen %d: %s was acknowledged as %s and is there as %q", i, id, code, f.seen[id])
			}
		}
	}
}

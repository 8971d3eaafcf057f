package simtest

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/pquerna/otp/totp"
	"golang.org/x/sync/errgroup"

	"github.com/citizens-portal/portal/backend/lifecycle"
	"github.com/citizens-portal/portal/backend/portal"
	"github.com/citizens-portal/portal/backend/server"
)

var flagCases = flag.Int("officer.cases", 1000, "how many complaints an officer's first sync brings")

// maxResident is the most memory that the client's process may use for an
// officer's first sync, whatever the number of complaints: a page is at most
// 64 kB, and what was read lies in a memory-mapped file whose pages the system
// may take back.
const maxResident = 200 << 20

// TestOfficersFirstSync has the command-line client fetch a whole desk. It is
// killed on the way and goes on where it was: in all, hardly more bytes than
// one undisturbed reading.
func TestOfficersFirstSync(t *testing.T) {
	s := startSecure(t, true)
	s.fillDesk(t, *flagCases)
	ctl := filepath.Join(s.dir, "portalctl")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", ctl, "../../sdk/cmd/portalctl")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build portalctl: %v\n%s", err, out)
	}
	whole, memory := s.readDesk(t, ctl, "whole", 0)
	halved, _ := s.readDesk(t, ctl, "halved", whole/2)
	fmt.Printf("officer: complaints=%d bytes=%d interrupted=%d resident=%d MB\n", *flagCases, whole, halved, memory>>20)
	if memory > maxResident {
		t.Errorf("the client used %d MB, at most %d are allowed", memory>>20, maxResident>>20)
	}
	if halved > whole+whole/4+100_000 {
		t.Errorf("an interrupted first sync took %d bytes, one in a piece %d: it did not go on where it was", halved, whole)
	}
}

// fillDesk files complaints for the office of Swat.
func (s *secure) fillDesk(t *testing.T, n int) {
	t.Helper()
	var next atomic.Int64
	citizen := portal.Actor{Kind: portal.CitizenActor, Account: "somebody"}
	g, ctx := errgroup.WithContext(t.Context())
	for range 32 {
		g.Go(func() error {
			for i := next.Add(1); i <= int64(n); i = next.Add(1) {
				id, err := uuid.NewV7()
				if err != nil {
					return err
				}
				_, err = s.Lifecycle.Lodge(ctx, lifecycle.Request{Actor: citizen, Op: uuid.NewString(), Device: "fill", N: i, Hash: id.String()}, lifecycle.Filing{
					ID: id.String(), District: "kp/malakand/swat", Category: "water-supply",
					Body: portal.Complaint{Text: fmt.Sprintf("%d: %s", i, sampleText), Area: "kp/malakand/swat"},
				})
				if err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
}

// readDesk signs focal.swat in on a new device and syncs; with killAt, a first
// sync is killed when so many bytes have come.
func (s *secure) readDesk(t *testing.T, ctl, home string, killAt int64) (total, resident int64) {
	t.Helper()
	people, err := server.DemoPeople(s.DataDir)
	if err != nil {
		t.Fatal(err)
	}
	who := people[0]
	for _, p := range people {
		if p.Name == "focal.swat" {
			who = p
		}
	}
	before := s.meter.total()
	code, err := totp.GenerateCode(who.TOTPSecret, s.nextStep())
	if err != nil {
		t.Fatal(err)
	}
	if out, err := s.command(t.Context(), ctl, home, "login", "--name", who.Name, "--password", who.Password, "--totp", code).CombinedOutput(); err != nil {
		t.Fatalf("login: %v\n%s", err, out)
	}
	if killAt > 0 {
		s.killAfter(t, ctl, home, killAt)
	}
	sync := s.command(t.Context(), ctl, home, "sync")
	if out, err := sync.CombinedOutput(); err != nil {
		t.Fatalf("sync: %v\n%s", err, out)
	}
	total = s.meter.total() - before
	if usage, ok := sync.ProcessState.SysUsage().(*syscall.Rusage); ok {
		resident = usage.Maxrss << 10
	}
	if n := s.countDesk(t, ctl, home); n < *flagCases {
		t.Errorf("%s holds %d complaints of at least %d", home, n, *flagCases)
	}
	return total, resident
}

// nextStep gives a moment whose code was not used yet; the server allows one
// step early or late.
func (s *secure) nextStep() time.Time {
	s.steps++
	return time.Now().Add(time.Duration(s.steps-1) * 30 * time.Second)
}

func (s *secure) command(ctx context.Context, ctl, home string, args ...string) *exec.Cmd {
	return exec.CommandContext(ctx, ctl, append([]string{"--server", s.meter.url(), "--home", filepath.Join(s.dir, home), "--json"}, args...)...)
}

// killAfter starts a sync and kills it once so many bytes have come.
func (s *secure) killAfter(t *testing.T, ctl, home string, after int64) {
	t.Helper()
	cmd := s.command(t.Context(), ctl, home, "sync")
	enough := s.meter.notifyAt(s.meter.down.Load() + after)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	select {
	case <-enough:
	case err := <-ended:
		t.Fatalf("the sync ended before it could be killed: %v", err)
	}
	_ = cmd.Process.Kill() // it may just have ended
	<-ended
}

func (s *secure) countDesk(t *testing.T, ctl, home string) int {
	t.Helper()
	out, err := s.command(t.Context(), ctl, home, "--offline", "inbox", "--view", "everyone").Output()
	if err != nil {
		t.Fatalf("inbox: %v", err)
	}
	var list []json.RawMessage
	if err := json.Unmarshal(out, &list); err != nil {
		t.Fatalf("inbox: %v", err)
	}
	return len(list)
}

package e2e

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

const (
	swatCNIC, swatMobile         = "15602-2345678-1", "+923452345678"
	peshawarCNIC, peshawarMobile = "17301-3456789-2", "+923333456789"
	category                     = "water-supply"
)

// TestComplaint is the main story: filed with no server at all, received once
// however many copies of the phone send it, seen by its office and nobody else,
// escalated to the millisecond, closed by nobody but the citizen.
func TestComplaint(t *testing.T) {
	both(t, func(t *testing.T, r *rig) {
		r.serve()
		r.register("phone", swatCNIC, swatMobile, "swat")
		r.do("phone", "categories")

		r.kill()
		filed := read[complaint](t, r.ctl("phone", []int{3}, "lodge", "--category", category, "--district", "swat", "--text", "پانی کا پائپ ٹوٹا ہے، ward 7", "--wait", "1s"))
		if filed.State != "queued" || filed.Code != "" {
			t.Fatalf("filed with no server: %+v", filed)
		}
		if got := r.list("phone", "--offline", "list"); len(got) != 1 || got[0].ID != filed.ID {
			t.Fatalf("not listed offline: %+v", got)
		}
		r.copyHome("phone", "twin")

		r.serve()
		r.do("phone", "sync")
		r.ctl("twin", []int{0, 3, 4, 5}, "sync")
		c := r.show("phone", filed.ID)
		if c.State != "received" || c.Code == "" || c.Level != 0 || c.Holder != "dc-swat" {
			t.Fatalf("received: %+v", c)
		}
		if want := c.LodgedAt.Add(15 * 24 * time.Hour); !c.DueAt.Equal(want) {
			t.Fatalf("due %s, want %s", c.DueAt, want)
		}
		seenByItsOfficeOnly(t, r, c)
		climbs(t, r, c)
		closedByTheCitizenOnly(t, r, c)
		if out := r.portald(0, "check"); !strings.HasSuffix(strings.TrimSpace(out), "check: ok") {
			t.Fatalf("check:\n%s", out)
		}
	})
}

func seenByItsOfficeOnly(t *testing.T, r *rig, c complaint) {
	t.Helper()
	r.officer("focal", "focal.swat")
	inbox := r.list("focal", "inbox")
	i := slices.IndexFunc(inbox, func(x complaint) bool { return x.Code == c.Code })
	if i < 0 || slices.ContainsFunc(inbox[i+1:], func(x complaint) bool { return x.Code == c.Code }) {
		t.Fatalf("the desk of Swat should hold %s exactly once", c.Code)
	}
	if strings.Contains(inbox[i].Citizen, "Gul") || inbox[i].Citizen == "" {
		t.Fatalf("officers see a pseudonym, not %q", inbox[i].Citizen)
	}
	r.officer("elsewhere", "focal.peshawar")
	r.ctl("elsewhere", []int{4}, "show", c.Code)
	r.ctl("elsewhere", []int{4}, "show", c.ID)
	r.ctl("elsewhere", []int{4}, "acknowledge", c.ID)
	r.register("neighbour", peshawarCNIC, peshawarMobile, "peshawar")
	r.ctl("neighbour", []int{4}, "show", c.Code)
	r.ctl("neighbour", []int{4}, "message", c.ID, "--text", "let me in")
}

// climbs steps through the clock of the rule: 15 and 22 days of 24 hours from
// the server's receipt, inclusive, and nothing resets it.
func climbs(t *testing.T, r *rig, c complaint) {
	t.Helper()
	const day = 24 * time.Hour
	for _, step := range []struct {
		at    time.Duration
		moves int
		level int
	}{
		{15*day - time.Millisecond, 0, 0},
		{15 * day, 1, 1},
		{15*day + time.Second, 0, 1},
		{22*day - time.Millisecond, 0, 1},
		{22 * day, 1, 2},
		{100 * day, 0, 2},
	} {
		r.do("phone", "message", c.ID, "--text", "any news?")
		type move struct {
			Code  string    `json:"code"`
			From  int       `json:"from"`
			To    int       `json:"to"`
			DueAt time.Time `json:"due_at"`
		}
		asOf := c.LodgedAt.Add(step.at).UTC().Format("2006-01-02T15:04:05.000Z")
		moves := slices.DeleteFunc(read[[]move](t, r.portald(0, "escalate", "--as-of", asOf, "--json")), func(m move) bool { return m.Code != c.Code })
		if len(moves) != step.moves {
			t.Fatalf("at %s: %+v, want %d moves", step.at, moves, step.moves)
		}
		if step.moves == 1 && (moves[0].To != step.level || !moves[0].DueAt.Equal(c.LodgedAt.Add(step.at))) {
			t.Fatalf("at %s: %+v is not dated as due", step.at, moves[0])
		}
		if got := r.show("phone", c.ID); got.Level != step.level {
			t.Fatalf("at %s level %d, want %d", step.at, got.Level, step.level)
		}
	}
}

func closedByTheCitizenOnly(t *testing.T, r *rig, c complaint) {
	t.Helper()
	r.officer("cs", "cs")
	r.do("cs", "resolve", c.ID, "--text", "The pipe was replaced.")
	if got := r.show("phone", c.ID); got.Status != "proposed" {
		t.Fatalf("a resolution is a proposal, not %s", got.Status)
	}
	r.do("phone", "reject", c.ID, "--reason", "it still leaks")
	if got := r.show("phone", c.ID); got.Status != "acknowledged" && got.Status != "assigned" {
		t.Fatalf("rejected means open, not %s", got.Status)
	}
	r.do("cs", "sync")
	r.do("cs", "ask", c.ID, "--text", "Which house?")
	r.do("phone", "sync")
	r.do("phone", "answer", c.ID, "--text", "Number 12.")
	r.do("cs", "sync")
	r.do("cs", "resolve", c.ID, "--text", "Replaced again, and tested.")
	r.do("phone", "sync")
	r.do("phone", "confirm", c.ID)
	if got := r.show("phone", c.ID); got.Status != "closed_confirmed" {
		t.Fatalf("confirmed: %s", got.Status)
	}
	r.ctl("phone", []int{2}, "rate", c.ID, "--time", "9", "--quality", "4")
	r.do("phone", "rate", c.ID, "--time", "2", "--quality", "4")
	r.do("phone", "reopen", c.ID, "--reason", "it broke again")
	if got := r.show("phone", c.ID); got.Level != 2 || !got.LodgedAt.Equal(c.LodgedAt) {
		t.Fatalf("reopening keeps level and clock: %+v", got)
	}
}

// TestBadInput names what is wrong and loses nothing.
func TestBadInput(t *testing.T) {
	r := newRig(t, "")
	r.serve()
	r.ctl("phone", []int{2}, "register", "--cnic", "123", "--mobile", swatMobile, "--name", "N", "--district", "swat")
	r.ctl("phone", []int{5}, "list")
	r.register("phone", swatCNIC, swatMobile, "swat")
	r.ctl("phone", []int{2}, "lodge", "--category", "no-such", "--district", "swat", "--text", "x")
	r.ctl("phone", []int{2}, "lodge", "--category", category, "--district", "atlantis", "--text", "x")
	r.ctl("phone", []int{2}, "lodge", "--category", category, "--district", "swat", "--text", " ")
	r.ctl("phone", []int{2}, "no-such-command")
	if got := r.list("phone", "list"); len(got) != 0 {
		t.Fatalf("bad input filed something: %+v", got)
	}
	_, stderr, code := r.exec("portalctl", []string{"--server", "http://127.0.0.1:1", "--home", r.path("phone"), "--json", "list"})
	if code != 2 || !json.Valid([]byte(stderr)) {
		t.Fatalf("a home belongs to its first server: %d %s", code, stderr)
	}
	resp, err := http.Post(r.url+"/v1/sync", "application/json", strings.NewReader(`{"nonsense":1}`))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, _ := io.ReadAll(resp.Body)
	if resp.StatusCode != http.StatusUnauthorized || resp.Header.Get("Content-Type") != "application/problem+json" {
		t.Fatalf("an unsigned sync: %s %s", resp.Status, body)
	}
	r.portald(2, "escalate", "--as-of", "tomorrow")
	r.portald(4, "restore", r.path("sms"))
}

// TestKillsUnderLoad kills the server while two phones file: everything that was
// saved arrives, once, each with a code of its own.
func TestKillsUnderLoad(t *testing.T) {
	both(t, func(t *testing.T, r *rig) {
		r.serve()
		r.register("a", swatCNIC, swatMobile, "swat")
		r.register("b", peshawarCNIC, peshawarMobile, "peshawar")
		r.do("a", "areas")
		r.do("b", "areas")
		const rounds = 5
		for round := range rounds {
			var sending sync.WaitGroup
			started := make(chan struct{}, 2)
			for home, district := range map[string]string{"a": "swat", "b": "peshawar"} {
				args := []string{"--server", r.url, "--home", r.path(home), "--json", "lodge", "--category", category, "--district", district, "--text", fmt.Sprintf("round %d of %s", round, home), "--wait", "2s"}
				sending.Go(func() {
					started <- struct{}{}
					_ = exec.Command(filepath.Join(binaries, "portalctl"), args...).Run() // saved or received, either is right
				})
			}
			<-started
			<-started
			// Each round lets a little more through before the cut: the server is
			// asked some questions first, which takes time that grows.
			for range round * 40 {
				if resp, err := http.Get(r.url + "/healthz"); err == nil {
					_ = resp.Body.Close()
				}
			}
			r.kill()
			sending.Wait()
			r.serve()
		}
		for _, home := range []string{"a", "b"} {
			for range 3 {
				r.ctl(home, []int{0, 3}, "sync")
			}
			got := r.list(home, "list")
			codes, texts := map[string]bool{}, map[string]bool{}
			for _, c := range got {
				codes[c.Code], texts[c.Text] = true, true
			}
			if len(got) != rounds || len(codes) != rounds || len(texts) != rounds || codes[""] {
				t.Fatalf("%s holds %d complaints, %d codes, %d texts; want %d each\n%+v", home, len(got), len(codes), len(texts), rounds, got)
			}
		}
		if out := r.portald(0, "check"); !strings.HasSuffix(strings.TrimSpace(out), "check: ok") {
			t.Fatalf("check:\n%s", out)
		}
	})
}

// TestRestore goes back to a backup: a complaint filed after it comes back with
// the same code and filing time, because the phone offers it again.
func TestRestore(t *testing.T) {
	r := newRig(t, "")
	r.serve()
	r.register("phone", swatCNIC, swatMobile, "swat")
	r.do("phone", "areas")
	r.portald(0, "backup", r.path("copy"))
	filed := read[complaint](t, r.do("phone", "lodge", "--category", category, "--district", "swat", "--text", "filed after the backup"))
	before := r.show("phone", filed.ID)
	r.portald(4, "restore", r.path("copy")) // not under a live server
	r.kill()
	r.portald(0, "restore", r.path("copy"))
	r.serve()
	after := r.show("phone", filed.ID)
	if after.State != "received" || after.Code != before.Code || !after.LodgedAt.Equal(before.LodgedAt) {
		t.Fatalf("before %+v\nafter  %+v", before, after)
	}
	r.officer("focal", "focal.swat")
	if inbox := r.list("focal", "inbox"); !slices.ContainsFunc(inbox, func(x complaint) bool { return x.Code == before.Code }) {
		t.Fatalf("%s is not on the desk after the restore", before.Code)
	}
	if out := r.portald(0, "check"); !strings.HasSuffix(strings.TrimSpace(out), "check: ok") {
		t.Fatalf("check:\n%s", out)
	}
}

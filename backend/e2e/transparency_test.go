package e2e

import (
	"database/sql"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite"
)

// verification is what the stories look at in portalctl verify.
type verification struct {
	Outcome      string    `json:"outcome"`
	Verified     bool      `json:"verified"`
	Reason       string    `json:"reason"`
	Events       int       `json:"events"`
	Kept         bool      `json:"kept"`
	PromisedAt   time.Time `json:"promised_at"`
	IntegratedAt time.Time `json:"integrated_at"`
}

// verified asks until the log holds a complaint's events.
func (r *rig) verified(home, ref string) verification {
	r.t.Helper()
	for deadline := time.Now().Add(time.Minute); ; {
		v := read[verification](r.t, r.ctl(home, []int{0, 3}, "verify", ref))
		if v.Verified {
			return v
		}
		if v.Outcome != "pending" || time.Now().After(deadline) {
			r.t.Fatalf("%s: %+v", ref, v)
		}
	}
}

// edit changes the store's rows behind the server's back.
func (r *rig) edit(statement string) {
	r.t.Helper()
	driver, source := "sqlite", r.path("data/portal.db")+"?_pragma=busy_timeout(10000)"
	if r.dsn != "" {
		driver, source = "pgx", r.dsn
	}
	db, err := sql.Open(driver, source)
	if err != nil {
		r.t.Fatal(err)
	}
	defer db.Close()
	res, err := db.ExecContext(r.t.Context(), statement)
	if err != nil {
		r.t.Fatalf("%s: %v", statement, err)
	}
	if n, err := res.RowsAffected(); err != nil || n != 1 {
		r.t.Fatalf("%s changed %d rows (%v)", statement, n, err)
	}
}

// TestEditedEventIsFound: a complaint is verified, also with no network; then one
// of its events is edited in the database, and neither the citizen's program nor
// the operator's check is fooled.
func TestEditedEventIsFound(t *testing.T) {
	both(t, func(t *testing.T, r *rig) {
		r.serve()
		r.register("phone", swatCNIC, swatMobile, "swat")
		c := read[complaint](t, r.do("phone", "lodge", "--category", category, "--district", "swat", "--text", "the pipe at the corner leaks"))
		early := read[verification](t, r.ctl("phone", []int{0, 3}, "verify", c.Code, "--offline"))
		if early.Verified || early.Outcome != "pending" {
			t.Errorf("with the receipt only: %+v", early)
		}
		r.do("phone", "message", c.ID, "--text", "it still leaks")
		v := r.verified("phone", c.Code)
		if v.Events != 2 || v.IntegratedAt.Before(v.PromisedAt) || !v.PromisedAt.Equal(c.LodgedAt) {
			t.Errorf("%+v, filed %s", v, c.LodgedAt)
		}
		r.kill()
		offline := read[verification](t, r.do("phone", "verify", c.ID, "--offline"))
		if !offline.Kept || offline.Events != 2 {
			t.Errorf("offline: %+v", offline)
		}
		r.serve()
		publicLog(t, r)
		if out := r.portald(0, "check"); !strings.HasSuffix(strings.TrimSpace(out), "check: ok") {
			t.Fatalf("check:\n%s", out)
		}

		r.edit("UPDATE case_event SET doc = replace(doc, 'it still leaks', 'all is well now') WHERE case_id = '" + c.ID + "' AND n = 2")
		edited := read[verification](t, r.ctl("phone", []int{4}, "verify", c.Code))
		if edited.Outcome != "not_verified" || !strings.Contains(edited.Reason, "event 2") {
			t.Errorf("edited: %+v", edited)
		}
		if out := r.portald(1, "check"); !strings.Contains(out, "event 2 is not the one that was recorded") {
			t.Errorf("check of an edited store:\n%s", out)
		}
		r.ctl("phone", []int{2}, "verify", c.Code, "--otp", "123456")
		r.ctl("phone", []int{4}, "verify", "KP-26-2222-2222")
	})
}

// publicLog reads the checkpoint as anybody may.
func publicLog(t *testing.T, r *rig) {
	t.Helper()
	resp, err := http.Get(r.url + "/v1/log/checkpoint")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil || !strings.HasPrefix(string(text), "citizens-portal/") || !strings.Contains(string(text), "\n— citizens-portal/") {
		t.Errorf("checkpoint: %q (%v)", text, err)
	}
	if printed := r.portald(0, "log", "checkpoint"); !strings.HasPrefix(printed, "citizens-portal/") {
		t.Errorf("portald log checkpoint: %q", printed)
	}
}

// TestLogSurvivesKills: the server is killed again and again while complaints
// come in; the log has every event once, and a restore from a backup opens a new
// epoch in which the old ones still verify.
func TestLogSurvivesKills(t *testing.T) {
	both(t, func(t *testing.T, r *rig) {
		r.serve()
		r.register("phone", swatCNIC, swatMobile, "swat")
		r.do("phone", "categories")
		var ids []string
		for range 6 {
			c := read[complaint](t, r.do("phone", "lodge", "--category", category, "--district", "swat", "--text", "again"))
			ids = append(ids, c.ID)
			r.do("phone", "message", c.ID, "--text", "more")
			r.kill()
			r.serve()
		}
		for _, id := range ids {
			if v := r.verified("phone", id); v.Events != 2 {
				t.Errorf("%s: %+v", id, v)
			}
		}
		if r.dsn == "" {
			r.portald(0, "backup", r.path("backup"))
			later := read[complaint](t, r.do("phone", "lodge", "--category", category, "--district", "swat", "--text", "after the backup"))
			r.verified("phone", later.ID)
			r.kill()
			r.portald(0, "restore", r.path("backup"))
			r.serve()
			r.ctl("phone", []int{0}, "sync")
			for _, id := range append(ids, later.ID) {
				r.verified("phone", id)
			}
		}
		if out := r.portald(0, "check"); !strings.HasSuffix(strings.TrimSpace(out), "check: ok") {
			t.Fatalf("check:\n%s", out)
		}
	})
}

package server_test

import (
	"context"
	"database/sql"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/citizens-portal/portal/backend/server"
)

// TestAuditIsShipped follows the log beside a live server: each line leads to
// the next, what comes later comes, and no line has a person's number.
func TestAuditIsShipped(t *testing.T) {
	r := serve(t, configure(t))
	r.citizen(amirMobile)
	tick, got := make(chan time.Time), make(chan server.AuditLine, 100)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- server.Audit(ctx, r.Config, time.Time{}, tick, func(l server.AuditLine) error { got <- l; return nil })
	}()
	first := <-got
	if first.N != 1 || first.Prev != "" || first.Hash == "" {
		t.Errorf("the first line is %+v", first)
	}
	tick <- time.Time{} // all that was there has come
	if _, err := server.Admin(t.Context(), r.Config, "keys-rotate", server.AdminRequest{}); err != nil {
		t.Fatal(err)
	}
	tick <- time.Time{}
	tick <- time.Time{}
	stop()
	if err := <-ended; err != nil {
		t.Errorf("following ends with %v", err)
	}
	close(got)
	last := first
	for l := range got {
		if l.Prev != last.Hash || l.N != last.N+1 {
			t.Errorf("line %d does not follow line %d", l.N, last.N)
		}
		if strings.Contains(l.Actor+l.Subject+l.Detail, "1234567") {
			t.Errorf("a number in %+v", l)
		}
		last = l
	}
	if last.Action != "keys.rotate" {
		t.Errorf("the last line is %+v", last)
	}
}

// TestAuditTampering: whatever is done to a row, check and audit tell.
func TestAuditTampering(t *testing.T) {
	for name, statement := range map[string]string{
		"edited":            "UPDATE audit SET detail = 'nothing' WHERE n = 2",
		"first one gone":    "DELETE FROM audit WHERE n = 1",
		"middle one gone":   "DELETE FROM audit WHERE n = 2",
		"last one gone":     "DELETE FROM audit WHERE n = (SELECT max(n) FROM audit)",
		"all gone":          "DELETE FROM audit",
		"one more":          "INSERT INTO audit SELECT n + 100, at, actor, action, subject, detail FROM audit WHERE n = 1",
		"one more, in line": "INSERT INTO audit SELECT (SELECT max(n) FROM audit) + 1, at, actor, action, subject, detail FROM audit WHERE n = 1",
		"head gone":         "DELETE FROM record WHERE kind = 'audit'",
	} {
		t.Run(name, func(t *testing.T) {
			c := server.Config{DataDir: t.TempDir()}
			for range 3 {
				if _, err := server.Admin(t.Context(), c, "keys-rotate", server.AdminRequest{}); err != nil {
					t.Fatal(err)
				}
			}
			if faults, err := server.Check(t.Context(), c); err != nil || len(faults) > 0 {
				t.Fatalf("before: %q %v", faults, err)
			}
			db, err := sql.Open("sqlite", filepath.Join(c.DataDir, server.StoreFile))
			if err == nil {
				_, err = db.ExecContext(t.Context(), statement)
			}
			if err := errors.Join(err, db.Close()); err != nil {
				t.Fatal(err)
			}
			faults, err := server.Check(t.Context(), c)
			if err != nil || len(faults) == 0 || !strings.HasPrefix(faults[0], "audit log: ") {
				t.Errorf("check says %q %v", faults, err)
			}
			if err := server.Audit(t.Context(), c, time.Time{}, nil, func(server.AuditLine) error { return nil }); !errors.Is(err, server.ErrAudit) {
				t.Errorf("audit says %v", err)
			}
		})
	}
}

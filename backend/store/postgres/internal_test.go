package postgres

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/citizens-portal/portal/backend/store"
)

func TestRebind(t *testing.T) {
	for in, want := range map[string]string{
		"SELECT 1":                        "SELECT 1",
		"a = ? AND b = ?":                 "a = $1 AND b = $2",
		strings.Repeat("?,", 11):          "$1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,",
		"SELECT CAST(? AS BIGINT) FROM t": "SELECT CAST($1 AS BIGINT) FROM t",
	} {
		if got := rebind(in); got != want {
			t.Errorf("%q becomes %q, want %q", in, got, want)
		}
	}
}

func TestPayloadsFit(t *testing.T) {
	grown := map[store.FeedID]bool{}
	for i := range 3000 {
		grown[store.FeedID(fmt.Sprintf("c:account-%d", i))] = true
	}
	seen := map[store.FeedID]bool{}
	for _, p := range payloads("node", grown) {
		if len(p) >= 8000 {
			t.Errorf("a payload of %d bytes", len(p))
		}
		lines := strings.Split(p, "\n")
		if lines[0] != "node" {
			t.Errorf("a payload from %q", lines[0])
		}
		for _, l := range lines[1:] {
			seen[store.FeedID(l)] = true
		}
	}
	if len(seen) != len(grown) {
		t.Errorf("%d of %d feeds are in the payloads", len(seen), len(grown))
	}
	if got := payloads("node", nil); got != nil {
		t.Errorf("nothing to tell gives %q", got)
	}
}

func TestWorthAnotherTry(t *testing.T) {
	failed := func(code, table string) error {
		return translate(&pgconn.PgError{Code: code, TableName: table})
	}
	for _, c := range []struct {
		err  error
		try  int
		want bool
	}{
		{failed("40001", ""), 3, true},
		{failed("40P01", ""), 3, true},
		{failed("23505", "operation"), 0, true},
		{failed("23505", "operation"), 1, false},
		{failed("23505", "case_event"), 0, false},
		{failed("57P01", ""), 0, false},
		{errors.New("the connection broke"), 0, false},
	} {
		if got := worthAnotherTry(c.err, c.try); got != c.want {
			t.Errorf("%v, try %d: %t", c.err, c.try, got)
		}
	}
}

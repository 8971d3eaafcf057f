package sqlite

import (
	"context"
	"database/sql"
	"path/filepath"
	"testing"
	"time"

	"github.com/citizens-portal/portal/backend/portal"
	"github.com/citizens-portal/portal/backend/store"
)

// BenchmarkMillion looks for due cases and reads a district's counters among a
// million complaints, of which a thousand are due. It fills the file with plain
// SQL, which takes half a minute.
func BenchmarkMillion(b *testing.B) {
	ctx := context.Background()
	path := filepath.Join(b.TempDir(), "portal.db")
	s, err := Open(ctx, Config{Path: path})
	if err != nil {
		b.Fatal(err)
	}
	if err := s.Close(); err != nil {
		b.Fatal(err)
	}
	const cases, due = 1_000_000, 1000
	fillCases(b, path, cases, due)
	if s, err = Open(ctx, Config{Path: path}); err != nil {
		b.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	asOf := time.UnixMilli(due)
	b.Run("due1000", func(b *testing.B) {
		for b.Loop() {
			viewing(b, s, func(tx store.Tx) (int, error) {
				list, err := tx.Due(ctx, store.TimerEscalate, asOf, due)
				return len(list), err
			}, due)
		}
	})
	b.Run("due0", func(b *testing.B) {
		for b.Loop() {
			viewing(b, s, func(tx store.Tx) (int, error) {
				list, err := tx.Due(ctx, store.TimerEscalate, time.UnixMilli(0), due)
				return len(list), err
			}, 0)
		}
	})
	b.Run("counters", func(b *testing.B) {
		for b.Loop() {
			viewing(b, s, func(tx store.Tx) (int, error) {
				list, err := tx.Counters(ctx, store.GaugeStatus, "")
				return len(list), err
			}, counterRows)
		}
	})
}

func viewing(b *testing.B, s *Store, read func(store.Tx) (int, error), want int) {
	b.Helper()
	err := s.View(context.Background(), func(tx store.Tx) error {
		n, err := read(tx)
		if err == nil && n != want {
			b.Fatalf("%d rows, want %d", n, want)
		}
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
}

// counterRows is 40 districts × 50 categories and statuses.
const counterRows = 2000

func fillCases(b *testing.B, path string, cases, due int) {
	b.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	for _, q := range []struct {
		sql  string
		args []any
	}{
		{`WITH RECURSIVE k(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM k WHERE i < ?)
		  INSERT INTO cases (id, kind, code, district, category, citizen, status, level, office, officer, desks, lodged_at, version, more, escalate_at)
		  SELECT printf('%036d', i), 'complaint', printf('KP-26-%08d', i), 'kp/malakand/swat', 'water-supply', printf('c%d', i % 100000), ?, 0, 'dc-swat', '', '["dc-swat"]', i, 1, '{}',
		         CASE WHEN i <= ? THEN i ELSE 4000000000000 + i END FROM k`, []any{cases, string(portal.New), due}},
		{`WITH RECURSIVE k(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM k WHERE i < ?)
		  INSERT INTO counter (district, metric, key, day, n) SELECT printf('kp/d%d', i % 40), ?, printf('water-%d|new|0', i), '', 1 FROM k`, []any{counterRows, string(store.GaugeStatus)}},
	} {
		if _, err := db.Exec(q.sql, q.args...); err != nil {
			b.Fatal(err)
		}
	}
}

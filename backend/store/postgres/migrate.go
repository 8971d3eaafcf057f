package postgres

import (
	"context"
	"database/sql"
	"fmt"
	"io/fs"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"github.com/citizens-portal/portal/backend/store"
)

// migrate brings the tables up to date, one node at a time. Data written by a
// newer program is refused before anything is touched.
func migrate(ctx context.Context, pool *pgxpool.Pool) error {
	have, err := schemaVersion(ctx, pool)
	if err != nil {
		return err
	}
	newest, err := newestMigration()
	switch {
	case err != nil:
		return err
	case have > newest:
		return fmt.Errorf("the data has version %d, this program knows up to %d: %w", have, newest, store.ErrNewer)
	case have == newest:
		return nil
	}
	db := stdlib.OpenDBFromPool(pool)
	defer func() { _ = db.Close() }()
	one, err := lock.NewPostgresSessionLocker()
	if err != nil {
		return err
	}
	p, err := provider(db, goose.WithSessionLocker(one))
	if err != nil {
		return err
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("bring the tables up to date: %w", err)
	}
	return nil
}

func provider(db *sql.DB, opts ...goose.ProviderOption) (*goose.Provider, error) {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, err
	}
	return goose.NewProvider(goose.DialectPostgres, db, files, append(opts, goose.WithDisableGlobalRegistry(true))...)
}

func newestMigration() (int64, error) {
	p, err := provider(new(sql.DB))
	if err != nil {
		return 0, err
	}
	sources := p.ListSources()
	return sources[len(sources)-1].Version, nil
}

// schemaVersion is the version of the tables, 0 for an empty database. It only
// reads, which the migration tool's own question does not.
func schemaVersion(ctx context.Context, pool *pgxpool.Pool) (version int64, err error) {
	var there bool
	if err := pool.QueryRow(ctx, "SELECT to_regclass('goose_db_version') IS NOT NULL").Scan(&there); err != nil || !there {
		return 0, err
	}
	err = pool.QueryRow(ctx, "SELECT coalesce(max(version_id), 0) FROM goose_db_version WHERE is_applied").Scan(&version)
	return version, err
}

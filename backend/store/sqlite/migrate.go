package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"

	"github.com/pressly/goose/v3"

	"github.com/citizens-portal/portal/backend/store"
)

// migrate brings the tables up to date. A file written by a newer program is
// refused before anything is touched.
func migrate(ctx context.Context, c *conn) error {
	have, err := schemaVersion(ctx, c)
	if err != nil {
		return err
	}
	newest, err := newestMigration()
	switch {
	case err != nil:
		return err
	case have > newest:
		return newer(have, newest)
	case have == newest:
		return nil
	}
	// The migration tool wants the pool's only connection for itself.
	if err := c.c.Close(); err != nil {
		return err
	}
	p, err := provider(c.db)
	if err != nil {
		return err
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("bring the tables up to date: %w", err)
	}
	c.c, err = c.db.Conn(ctx)
	return err
}

func newer(have, newest int64) error {
	return fmt.Errorf("the data has version %d, this program knows up to %d: %w", have, newest, store.ErrNewer)
}

func provider(db *sql.DB) (*goose.Provider, error) {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, err
	}
	return goose.NewProvider(goose.DialectSQLite3, db, files, goose.WithDisableGlobalRegistry(true))
}

func newestMigration() (int64, error) {
	p, err := provider(new(sql.DB))
	if err != nil {
		return 0, err
	}
	sources := p.ListSources()
	return sources[len(sources)-1].Version, nil
}

// schemaVersion is the version of the file's tables, 0 for an empty file. It
// only reads, which the migration tool's own question does not.
func schemaVersion(ctx context.Context, c *conn) (int64, error) {
	var there, version int64
	err := c.c.QueryRowContext(ctx, "SELECT count(*) FROM sqlite_master WHERE name = 'goose_db_version'").Scan(&there)
	if err != nil || there == 0 {
		return 0, err
	}
	err = c.c.QueryRowContext(ctx, "SELECT coalesce(max(version_id), 0) FROM goose_db_version WHERE is_applied").Scan(&version)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return version, err
}

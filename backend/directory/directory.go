// Package directory keeps places, offices, categories, policies and officers
// in the store and hands out read-only snapshots of them. A change on one node
// is seen by every node within a second, so an officer disabled at the office is
// out everywhere at once.
//
// It must never know cases or HTTP. Start reading at Service.Current.
package directory

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/citizens-portal/portal/backend/portal"
	"github.com/citizens-portal/portal/backend/store"
)

// Kinds of record the directory is made of.
const (
	kindArea     = "area"
	kindOffice   = "office"
	kindCategory = "category"
	kindPolicy   = "policy"
	kindPanel    = "panel"
	kindOfficer  = "officer"
	kindMeta     = "meta"
	versionID    = "directory"
)

// Staleness is how long a snapshot may be used before its version is compared
// with the store's.
const Staleness = 500 * time.Millisecond

// Service hands out the directory. Use New.
type Service struct {
	store store.Store
	now   func() time.Time

	current atomic.Pointer[snapshot]
	refresh sync.Mutex
}

type snapshot struct {
	dir     *portal.Directory
	version int64
	checked time.Time
}

// New loads the directory as it stands. An empty store gives an empty one.
func New(ctx context.Context, s store.Store, now func() time.Time) (*Service, error) {
	d := &Service{store: s, now: now}
	if err := d.Reload(ctx); err != nil {
		return nil, err
	}
	return d, nil
}

// Current gives a snapshot that is at most Staleness old while the store
// answers; if it does not, the last good one.
func (d *Service) Current(ctx context.Context) *portal.Directory {
	snap := d.current.Load()
	if d.now().Sub(snap.checked) < Staleness && !d.now().Before(snap.checked) {
		return snap.dir
	}
	if !d.refresh.TryLock() {
		return snap.dir
	}
	defer d.refresh.Unlock()
	if err := d.load(ctx); err != nil {
		return snap.dir
	}
	return d.current.Load().dir
}

// Reload reads the directory now.
func (d *Service) Reload(ctx context.Context) error {
	d.refresh.Lock()
	defer d.refresh.Unlock()
	return d.load(ctx)
}

func (d *Service) load(ctx context.Context) error {
	started := d.now()
	return d.store.View(ctx, func(tx store.Tx) error {
		version, err := readVersion(ctx, tx)
		if err != nil {
			return err
		}
		if snap := d.current.Load(); snap != nil && snap.version == version {
			d.current.Store(&snapshot{dir: snap.dir, version: version, checked: started})
			return nil
		}
		data, err := Read(ctx, tx)
		if err != nil {
			return err
		}
		dir, err := portal.NewDirectory(data)
		if err != nil {
			return fmt.Errorf("directory in the store: %w", err)
		}
		d.current.Store(&snapshot{dir: dir, version: version, checked: started})
		return nil
	})
}

func readVersion(ctx context.Context, tx store.Tx) (int64, error) {
	r, err := tx.Record(ctx, kindMeta, versionID)
	if errors.Is(err, store.ErrNotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("read directory version: %w", err)
	}
	return strconv.ParseInt(string(r.Doc), 10, 64)
}

// Read gives the whole dataset as stored.
func Read(ctx context.Context, tx store.Tx) (portal.Dataset, error) {
	data := portal.Dataset{AppealPanel: map[portal.AreaID]portal.OfficeID{}}
	err := errors.Join(
		readKind(ctx, tx, kindArea, &data.Areas),
		readKind(ctx, tx, kindOffice, &data.Offices),
		readKind(ctx, tx, kindCategory, &data.Categories),
		readKind(ctx, tx, kindPolicy, &data.Policies),
		readKind(ctx, tx, kindOfficer, &data.Officers),
		readPanels(ctx, tx, data.AppealPanel),
	)
	return data, err
}

// readKind lists a kind's items in the order of the file they came from.
func readKind[T any](ctx context.Context, tx store.Tx, kind string, into *[]T) error {
	records, err := tx.Records(ctx, kind, "")
	if err != nil {
		return fmt.Errorf("read %s records: %w", kind, err)
	}
	items := make([]ordered[T], len(records))
	for i, r := range records {
		if err := json.Unmarshal(r.Doc, &items[i]); err != nil {
			return fmt.Errorf("%s %s: %w", kind, r.ID, err)
		}
	}
	slices.SortStableFunc(items, func(a, b ordered[T]) int { return a.Order - b.Order })
	for _, item := range items {
		*into = append(*into, item.Item)
	}
	return nil
}

func readPanels(ctx context.Context, tx store.Tx, into map[portal.AreaID]portal.OfficeID) error {
	records, err := tx.Records(ctx, kindPanel, "")
	for _, r := range records {
		into[portal.AreaID(r.ID)] = portal.OfficeID(r.Doc)
	}
	return err
}

// ordered wraps an item so that the order of the seed file, which is how lists
// are shown, survives being stored by id. Rev counts its changes.
type ordered[T any] struct {
	Order int `json:"order"`
	Rev   int `json:"rev,omitempty"`
	Item  T   `json:"item"`
}

// Put stores a dataset: every record in it is added or replaced, none removed,
// so that what refers to an old office still finds it. The result as a whole
// must make a valid directory, else nothing changes. It asks nobody whether they
// may and keeps no history: it is for whole folders of data, Apply for people.
func Put(ctx context.Context, tx store.Tx, data portal.Dataset) error {
	if err := tx.Lock(ctx, kindMeta+"/"+versionID); err != nil {
		return err
	}
	err := errors.Join(
		putAll(ctx, tx, kindArea, data.Areas, func(a portal.Area) (string, string) { return string(a.ID), string(a.Parent) }),
		putAll(ctx, tx, kindOffice, data.Offices, func(o portal.Office) (string, string) { return string(o.ID), string(o.Area) }),
		putAll(ctx, tx, kindCategory, data.Categories, func(c portal.Category) (string, string) { return string(c.Code), string(c.Parent) }),
		putAll(ctx, tx, kindPolicy, data.Policies, func(p portal.Policy) (string, string) { return string(p.ID), "" }),
		putAll(ctx, tx, kindOfficer, data.Officers, func(o portal.Officer) (string, string) { return string(o.ID), string(o.Office) }),
	)
	if err != nil {
		return err
	}
	for area, office := range data.AppealPanel {
		if err := tx.PutRecord(ctx, store.Record{Kind: kindPanel, ID: string(area), Doc: []byte(office)}); err != nil {
			return err
		}
	}
	whole, err := Read(ctx, tx)
	if err != nil {
		return err
	}
	if _, err := portal.NewDirectory(whole); err != nil {
		return err
	}
	return nextVersion(ctx, tx)
}

// nextVersion tells every node that the directory has changed.
func nextVersion(ctx context.Context, tx store.Tx) error {
	version, err := readVersion(ctx, tx)
	if err != nil {
		return err
	}
	return tx.PutRecord(ctx, store.Record{Kind: kindMeta, ID: versionID, Doc: strconv.AppendInt(nil, version+1, 10)})
}

func putAll[T any](ctx context.Context, tx store.Tx, kind string, items []T, key func(T) (id, by string)) error {
	for i, item := range items {
		id, by := key(item)
		was, _, err := readOne[T](ctx, tx, kind, id)
		if err != nil {
			return err
		}
		doc, err := json.Marshal(ordered[T]{Order: i, Rev: was.Rev, Item: item})
		if err != nil {
			return err
		}
		if err := tx.PutRecord(ctx, store.Record{Kind: kind, ID: id, By: by, Doc: doc}); err != nil {
			return fmt.Errorf("store %s %s: %w", kind, id, err)
		}
	}
	return nil
}

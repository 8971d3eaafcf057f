package sdk

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/citizens-portal/portal/sdk/api"
	"github.com/citizens-portal/portal/sdk/internal/local"
	"github.com/citizens-portal/portal/sdk/internal/remote"
)

// Directory is the public knowledge: places, categories, offices. It answers
// from the device; what is not there yet is fetched.
type Directory struct {
	c *Client

	mu    sync.Mutex
	known map[string]string // versions of public collections held
}

// Areas lists provinces, divisions, districts and tehsils.
func (d *Directory) Areas(ctx context.Context) ([]api.Area, error) {
	return collection[[]api.Area](ctx, d, api.CollectionAreas)
}

// Categories gives the tree; only leaves can be chosen.
func (d *Directory) Categories(ctx context.Context) ([]api.Category, error) {
	return collection[[]api.Category](ctx, d, api.CollectionCategories)
}

// Offices lists the offices.
func (d *Directory) Offices(ctx context.Context) ([]api.Office, error) {
	return collection[[]api.Office](ctx, d, api.CollectionOffices)
}

// officers lists colleagues; it belongs to the account.
func (d *Directory) officers(ctx context.Context) ([]api.OfficerInfo, error) {
	return collection[[]api.OfficerInfo](ctx, d, api.CollectionOfficers)
}

func private(name string) bool { return name == api.CollectionOfficers }

// collection answers from the device, or fetches when it is not there.
func collection[T any](ctx context.Context, d *Directory, name string) (out T, err error) {
	held, ok, err := d.held(name)
	if err != nil {
		return out, err
	}
	if !ok {
		if err := d.fetch(ctx, name, ""); err != nil {
			return out, fmt.Errorf("%s: %w", name, err)
		}
		if held, _, err = d.held(name); err != nil {
			return out, err
		}
	}
	if err := json.Unmarshal(held.Body, &out); err != nil {
		return out, fmt.Errorf("%s: %w: %w", name, ErrDamaged, err)
	}
	return out, nil
}

func (d *Directory) held(name string) (c local.Collection, ok bool, err error) {
	if !private(name) {
		return d.c.home.Collection(name)
	}
	err = d.c.view(func(tx *local.Tx) error {
		c, ok, err = tx.Private(name)
		return err
	})
	return c, ok, err
}

// fetch brings a collection up to date; version is what sync called it.
func (d *Directory) fetch(ctx context.Context, name, version string) error {
	held, _, err := d.held(name)
	if err != nil {
		return err
	}
	got := local.Collection{FetchedAt: d.c.cfg.Now(), Version: version}
	var changed bool
	call := func(r *remote.Client, token string) (err error) {
		got.Body, got.ETag, changed, err = r.Collection(ctx, token, name, held.ETag)
		return err
	}
	if private(name) {
		err = d.c.authed(ctx, call)
	} else {
		err = d.c.reach(func(r *remote.Client) error { return call(r, "") })
	}
	if err != nil {
		return err
	}
	if !changed {
		if version == "" {
			return nil
		}
		got.Body, got.ETag = held.Body, held.ETag
	}
	if private(name) {
		err = d.c.update(func(tx *local.Tx) error { return tx.PutPrivate(name, got) })
	} else {
		err = d.c.home.PutCollection(name, got)
	}
	d.c.changes.send(Change{Directory: true})
	return err
}

// follow fetches the collections whose versions on the server differ from
// those held. Citizens need places and categories; officers also offices and
// colleagues.
func (d *Directory) follow(ctx context.Context, versions map[string]string) error {
	names := []string{api.CollectionAreas, api.CollectionCategories}
	if p, err := d.c.Accounts.Profile(); err == nil && p.Kind == kindOfficer {
		names = append(names, api.CollectionOffices, api.CollectionOfficers)
	}
	var errs []error
	for _, name := range names {
		if d.current(name, versions[name]) {
			continue
		}
		errs = append(errs, d.fetch(ctx, name, versions[name]))
	}
	return errors.Join(errs...)
}

// current reports whether a collection is held in the version the server has.
// Public ones, once read, are remembered: this is asked at every sync, and they
// are large.
func (d *Directory) current(name, version string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if version != "" && d.known[name] == version {
		return true
	}
	held, ok, err := d.held(name)
	if err != nil || !ok || held.Version != version {
		return false
	}
	if !private(name) {
		if d.known == nil {
			d.known = map[string]string{}
		}
		d.known[name] = version
	}
	return true
}

const (
	kindCitizen = "citizen"
	kindOfficer = "officer"
)

// District finds a district by slug or id among the places held; ok is false
// when the places are not held.
func (d *Directory) district(name string) (a api.Area, found, ok bool) {
	areas, ok := heldList[api.Area](d, api.CollectionAreas)
	for _, a := range areas {
		if a.Kind == "district" && (a.ID == name || a.Slug == name) {
			return a, true, ok
		}
	}
	return a, false, ok
}

func heldList[T any](d *Directory, name string) ([]T, bool) {
	held, ok, err := d.held(name)
	var out []T
	if err != nil || !ok || json.Unmarshal(held.Body, &out) != nil {
		return nil, false
	}
	return out, true
}

// checkDistrict checks what can be checked here; the server has the last word.
func (d *Directory) checkDistrict(name string) []api.FieldProblem {
	if name == "" {
		return []api.FieldProblem{field("district", "district_missing", "choose a district")}
	}
	if _, found, ok := d.district(name); ok && !found {
		return []api.FieldProblem{field("district", "district_unknown", "%q is not a district: choose one from the list of areas", name)}
	}
	return nil
}

// checkOffice wants an office, or none; one that cannot be looked up now is left
// to the server.
func (d *Directory) checkOffice(id string) []api.FieldProblem {
	offices, ok := heldList[api.Office](d, api.CollectionOffices)
	if id == "" || !ok || slices.ContainsFunc(offices, func(o api.Office) bool { return o.ID == id }) {
		return nil
	}
	return []api.FieldProblem{field("about_office", "office_unknown", "%q is not an office: see the list of offices", id)}
}

// checkCategory wants a leaf of the tree.
func (d *Directory) checkCategory(code string) []api.FieldProblem {
	if code == "" {
		return []api.FieldProblem{field("category", "category_missing", "choose what it is about")}
	}
	tree, ok := heldList[api.Category](d, api.CollectionCategories)
	if !ok || isLeaf(tree, code) {
		return nil
	}
	return []api.FieldProblem{field("category", "category_unknown", "%q cannot be chosen: take one without children from the list", code)}
}

func isLeaf(tree []api.Category, code string) bool {
	for _, c := range tree {
		if c.Code == code {
			return len(c.Children) == 0
		}
		if isLeaf(c.Children, code) {
			return true
		}
	}
	return false
}

// warmUp is how long lodging waits for places and categories that were never
// fetched, so that mistakes show before the complaint is queued.
const warmUp = 5 * time.Second

// ensure fetches places and categories when they are not held; it is no error
// when they cannot be had now.
func (d *Directory) ensure(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, warmUp)
	defer cancel()
	for _, name := range []string{api.CollectionAreas, api.CollectionCategories} {
		if _, ok, err := d.held(name); ok || err != nil {
			continue
		}
		if d.fetch(ctx, name, "") != nil {
			return
		}
	}
}

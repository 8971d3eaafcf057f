package httpapi

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2"

	"github.com/citizens-portal/portal/backend/portal"
	"github.com/citizens-portal/portal/sdk/api"
)

// collectionCache holds the public collections of one directory snapshot as
// bytes, so that serving them costs no more than a copy.
type collectionCache struct {
	mu  sync.Mutex
	dir *portal.Directory
	set map[string]collection
	// colleagues are by the own office and that of a charge: a province's top has
	// thousands.
	colleagues map[[2]portal.OfficeID]collection
}

type collection struct {
	etag string
	json []byte
}

func newCollection(v any) (collection, error) {
	b, err := json.Marshal(v)
	sum := sha256.Sum256(b)
	return collection{etag: hex.EncodeToString(sum[:8]), json: b}, err
}

func (c *collectionCache) of(dir *portal.Directory) (map[string]collection, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.dir == dir {
		return c.set, nil
	}
	set := map[string]collection{}
	for name, list := range map[string]any{api.CollectionAreas: areas(dir), api.CollectionCategories: categories(dir), api.CollectionOffices: offices(dir)} {
		made, err := newCollection(list)
		if err != nil {
			return nil, err
		}
		set[name] = made
	}
	c.dir, c.set, c.colleagues = dir, set, map[[2]portal.OfficeID]collection{}
	return set, nil
}

// colleaguesOf is of for the officers that an officer may assign to.
func (c *collectionCache) colleaguesOf(dir *portal.Directory, who portal.Actor) (collection, error) {
	office := [2]portal.OfficeID{who.Officer.Office, who.Acting.Office}
	if _, err := c.of(dir); err != nil {
		return collection{}, err
	}
	c.mu.Lock()
	made, ok := c.colleagues[office]
	ok = ok && c.dir == dir
	c.mu.Unlock()
	if ok {
		return made, nil
	}
	made, err := newCollection(colleagues(dir, office[:]))
	if err != nil {
		return collection{}, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.dir == dir {
		c.colleagues[office] = made
	}
	return made, nil
}

// versions are the collections' ETags for a sync answer.
func (a *API) versions(ctx context.Context) map[string]string {
	dir := a.Directory(ctx)
	out := map[string]string{}
	set, err := a.collections.of(dir)
	if err != nil {
		return out
	}
	for name, c := range set {
		out[name] = c.etag
	}
	if viewer(ctx).Actor.Kind == portal.OfficerActor {
		if c, err := a.collections.colleaguesOf(dir, viewer(ctx).Actor); err == nil {
			out[api.CollectionOfficers] = c.etag
		}
	}
	return out
}

// colleagues are the officers an officer may assign to: those of the own office,
// and of the offices below it that may have climbed a case.
func colleagues(dir *portal.Directory, offices []portal.OfficeID) []api.OfficerInfo {
	out := []api.OfficerInfo{}
	reaches := func(o portal.Office) bool {
		return slices.ContainsFunc(offices, func(id portal.OfficeID) bool {
			own, ok := dir.Office(id)
			return ok && (o.ID == own.ID || o.Area.Within(own.Area))
		})
	}
	for _, office := range dir.Data().Offices {
		if !reaches(office) {
			continue
		}
		for _, c := range dir.OfficersOf(office.ID) {
			out = append(out, api.OfficerInfo{ID: string(c.ID), Name: c.Name, Title: text(c.Title), Office: string(c.Office), Post: string(c.Post)})
		}
	}
	return out
}

type collectionInput struct {
	Name        string `path:"name" maxLength:"40"`
	IfNoneMatch string `header:"If-None-Match"`
}

type collectionOutput struct {
	Status       int
	ETag         string `header:"ETag"`
	CacheControl string `header:"Cache-Control"`
	ContentType  string `header:"Content-Type"`
	Body         []byte
}

func (a *API) collectionRoutes(h huma.API) {
	huma.Register(h, a.operation(route{id: "collection", method: http.MethodGet, path: api.RouteCollections, public: true,
		summary: "A public collection: areas, categories or offices"}), a.collection)
	huma.Register(h, a.operation(route{id: "colleagues", method: http.MethodGet, path: strings.Replace(api.RouteCollections, "{name}", api.CollectionOfficers, 1),
		summary: "The officers an officer may assign to"}), a.colleagues)
}

func (a *API) collection(ctx context.Context, in *collectionInput) (*collectionOutput, error) {
	set, err := a.collections.of(a.Directory(ctx))
	if err != nil {
		return nil, a.fail(ctx, err)
	}
	c, ok := set[in.Name]
	if !ok {
		return nil, a.fail(ctx, portal.ErrNotFound)
	}
	return c.answer(in.IfNoneMatch, "public, max-age=300"), nil
}

type colleaguesInput struct {
	IfNoneMatch string `header:"If-None-Match"`
}

func (a *API) colleagues(ctx context.Context, in *colleaguesInput) (*collectionOutput, error) {
	if viewer(ctx).Actor.Kind != portal.OfficerActor {
		return nil, a.fail(ctx, portal.ErrNotFound)
	}
	c, err := a.collections.colleaguesOf(a.Directory(ctx), viewer(ctx).Actor)
	if err != nil {
		return nil, a.fail(ctx, err)
	}
	return c.answer(in.IfNoneMatch, "private, no-cache"), nil
}

// answer sends the collection, or 304 when the reader has it. Weak comparison:
// compression on the way may have weakened the tag.
func (c collection) answer(have, cache string) *collectionOutput {
	out := &collectionOutput{Status: http.StatusOK, ETag: `"` + c.etag + `"`, CacheControl: cache, ContentType: "application/json", Body: c.json}
	for tag := range strings.SplitSeq(have, ",") {
		if strings.Trim(strings.TrimPrefix(strings.TrimSpace(tag), "W/"), `"`) == c.etag {
			out.Status, out.Body = http.StatusNotModified, nil
		}
	}
	return out
}

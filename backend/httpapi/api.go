// Package httpapi serves the portal over HTTP: the one sync request of devices,
// plain REST for integrators, sign-in, public collections, and the OpenAPI
// document with a page to browse it. It decodes, asks one use case, and encodes;
// wire.go alone maps domain types to the wire's and problem.go alone turns
// errors into problem documents.
//
// It must never decide anything about a case, nor know which store it runs on.
//
// Start reading at New (the routes), then sync.go.
package httpapi

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/citizens-portal/portal/backend/admin"
	"github.com/citizens-portal/portal/backend/identity"
	"github.com/citizens-portal/portal/backend/lifecycle"
	"github.com/citizens-portal/portal/backend/media"
	"github.com/citizens-portal/portal/backend/portal"
	"github.com/citizens-portal/portal/backend/store"
	"github.com/citizens-portal/portal/backend/transparency"
	"github.com/citizens-portal/portal/sdk/api"
)

// Config is what the interface needs; all fields but Log are required.
type Config struct {
	Store    store.Store
	Identity *identity.Service
	// People administers; nil serves no administration.
	People    *admin.Service
	Lifecycle *lifecycle.Service
	Directory func(context.Context) *portal.Directory
	Pseudonym func(portal.AccountID) string
	// Epoch names the present life of the server's data.
	Epoch func(context.Context) (string, error)
	Now   func() time.Time
	Hub   *Hub
	Log   *slog.Logger
	// Media keeps files; nil serves no attachments.
	Media *media.Service
	// Transparency is the log; nil serves none.
	Transparency *transparency.Log
	// TrustForwarded tells whether a request came through a proxy whose
	// X-Forwarded-For may be believed; nil trusts none.
	TrustForwarded func(*http.Request) bool
	// Observe is told about each finished request; nil for nobody.
	Observe func(route string, status int, took time.Duration)
	// Operator are routes of the process, such as its health, by pattern: they get
	// the headers, the log and the net under panics that all others have.
	Operator map[string]http.Handler
	Version  string
}

// API is the interface as a handler.
type API struct {
	Config
	log         *slog.Logger
	collections *collectionCache
	limiter     *limiter
	polls       *polls
	firsts      admission
	handler     http.Handler
}

// Body bounds.
const (
	maxSmallBody = 16 << 10
	maxActBody   = 128 << 10
	maxSyncBody  = 512 << 10
	// slowBody lets 32 kB through a 2G link.
	slowBody = 90 * time.Second
)

// New builds the interface.
func New(c Config) *API {
	a := &API{Config: c, log: c.Log, collections: &collectionCache{}, limiter: newLimiter(c.Now), polls: &polls{waiting: map[string]int{}}, firsts: make(admission, firstSyncs)}
	if a.log == nil {
		a.log = slog.New(slog.DiscardHandler)
	}
	mux := http.NewServeMux()
	h := newHuma(mux, c.Version)
	a.sessionRoutes(h)
	a.syncRoutes(h)
	a.complaintRoutes(h)
	a.trustRoutes(h)
	a.collectionRoutes(h)
	if a.People != nil {
		a.peopleRoutes(h)
	}
	if a.Media != nil {
		a.fileRoutes(h)
		mux.Handle(api.RouteUploads, a.uploads())
	}
	if a.Transparency != nil {
		a.logRoutes(h, mux)
	}
	mux.HandleFunc("GET /docs", serveDocs)
	mux.HandleFunc("GET /track/{code}", a.track)
	for pattern, h := range a.Operator {
		mux.Handle(pattern, h)
	}
	mux.HandleFunc("/", a.notFound)
	a.handler = a.outer(mux)
	return a
}

// ServeHTTP answers one request.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) { a.handler.ServeHTTP(w, r) }

// newHuma sets up the router with problem documents in the portal's shape. huma
// keeps its error constructor in package variables; every API of this process
// sets the same.
func newHuma(mux *http.ServeMux, version string) huma.API {
	huma.NewErrorWithContext = func(ctx huma.Context, status int, msg string, errs ...error) huma.StatusError {
		return humaProblem(ctx.Context(), status, msg, errs)
	}
	huma.NewError = func(status int, msg string, errs ...error) huma.StatusError {
		return humaProblem(context.Background(), status, msg, errs)
	}
	config := huma.DefaultConfig("Citizen's Portal", version)
	config.DocsPath = ""
	config.SchemasPath = ""
	config.CreateHooks = nil // no $schema link in every answer: bytes matter on 2G
	config.Transformers = nil
	config.Info.Description = "Complaints from filing to the citizen's verdict. Devices use POST /v1/sync alone; the other routes are for integrators."
	config.Components.SecuritySchemes = map[string]*huma.SecurityScheme{"bearer": {Type: "http", Scheme: "bearer"}, "receipt": {Type: "http", Scheme: "receipt"}}
	return humago.New(mux, config)
}

// route describes one operation in a line.
type route struct {
	id, method, path, summary string
	body                      int64
	public                    bool
	// receipt lets whoever holds the receipt of a complaint filed without an
	// account in, too.
	receipt bool
	status  int
}

// operation makes huma's description of a route; all but public ones need a
// signed-in viewer.
func (a *API) operation(r route) huma.Operation {
	op := huma.Operation{
		OperationID: r.id, Method: r.method, Path: r.path, Summary: r.summary, MaxBodyBytes: r.body, BodyReadTimeout: slowBody,
		DefaultStatus: r.status,
	}
	if !r.public {
		op.Security = []map[string][]string{{"bearer": {}}}
		op.Middlewares = huma.Middlewares{a.authenticate}
		if r.receipt {
			op.Security = append(op.Security, map[string][]string{"receipt": {}})
			op.Metadata = map[string]any{byReceipt: true}
		}
	}
	return op
}

type principalKey struct{}

// authenticate lets only signed-in viewers through.
func (a *API) authenticate(hc huma.Context, next func(huma.Context)) {
	ctx := hc.Context()
	_, receipt := hc.Operation().Metadata[byReceipt]
	p, err := a.principalOf(ctx, hc.Header("Authorization"), hc.Operation().OperationID == syncOperation, receipt)
	if err == nil && !a.limiter.allow("s:"+p.Session) {
		err = &identity.LimitError{RetryAfter: time.Second}
	}
	if err != nil {
		a.writeProblem(hc, a.problemOf(ctx, err))
		return
	}
	next(huma.WithValue(hc, principalKey{}, p))
}

// byReceipt marks operations that a receipt opens.
const byReceipt = "receipt"

// addressOf is where a request of huma's comes from.
func (a *API) addressOf(ctx context.Context) string {
	address, _ := ctx.Value(addressKey{}).(string)
	return address
}

// principalOf reads a bearer token or, where one is allowed, a receipt.
func (a *API) principalOf(ctx context.Context, header string, idle, receipt bool) (identity.Principal, error) {
	if code, ok := strings.CutPrefix(header, api.SchemeReceipt+" "); ok && receipt {
		return a.Identity.AnonymousPrincipal(code)
	}
	return a.principal(ctx, header, idle)
}

// principal reads a bearer token. idle requests do not count as an officer's
// activity: a device asks for news by itself.
func (a *API) principal(ctx context.Context, header string, idle bool) (identity.Principal, error) {
	const scheme = "Bearer "
	if len(header) <= len(scheme) || header[:len(scheme)] != scheme {
		return identity.Principal{}, identity.ErrSignedOut
	}
	if idle {
		return a.Identity.AuthenticateIdle(ctx, header[len(scheme):])
	}
	return a.Identity.Authenticate(ctx, header[len(scheme):])
}

func viewer(ctx context.Context) identity.Principal {
	p, _ := ctx.Value(principalKey{}).(identity.Principal)
	return p
}

// hides tells which of a citizen's complaints their device does not show yet.
func (a *API) hides(ctx context.Context) func(time.Time) bool {
	p, now := viewer(ctx), a.Now()
	return func(lodgedAt time.Time) bool { return p.HidesCase(lodgedAt, now) }
}

// lens is how the viewer sees what one transaction reads.
func (a *API) lens(ctx context.Context, tx store.Tx) lens {
	return lens{dir: a.Directory(ctx), actor: viewer(ctx).Actor, now: a.Now(), pseudonym: a.Pseudonym, files: &fileStates{ctx: ctx, tx: tx}}
}

func (a *API) notFound(w http.ResponseWriter, r *http.Request) {
	writeJSONProblem(w, &api.Problem{Type: api.TypeNotFound, Title: "Not found", Status: http.StatusNotFound, RequestID: requestID(r.Context())})
}

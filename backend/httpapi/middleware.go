package httpapi

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"
	"github.com/klauspost/compress/gzhttp"
	"golang.org/x/time/rate"

	"github.com/citizens-portal/portal/sdk/api"
)

type (
	requestIDKey struct{}
	addressKey   struct{}
)

func requestID(ctx context.Context) string {
	id, _ := ctx.Value(requestIDKey{}).(string)
	return id
}

// outer wraps all routes: an id for each request, headers that keep browsers
// from guessing, a log line without query or body, and a net under panics.
func (a *API) outer(next http.Handler) http.Handler {
	compressed := gzhttp.GzipHandler(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		started := time.Now()
		id := uuid.NewString()
		ctx := context.WithValue(r.Context(), requestIDKey{}, id)
		ctx = context.WithValue(ctx, addressKey{}, a.address(r))
		r = r.WithContext(ctx)
		h := w.Header()
		h.Set("X-Request-Id", id)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
		h.Set("Cache-Control", "no-store")
		if a.overTLS(r) {
			h.Set("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
		}
		rec := &recorder{ResponseWriter: w, status: http.StatusOK}
		defer a.finish(rec, r, started)
		if !a.limiter.allow("a:" + a.address(r)) {
			writeJSONProblem(rec, &api.Problem{Type: api.TypeLimited, Title: "Too many requests", Status: http.StatusTooManyRequests, RetryAfterSeconds: 1, RequestID: id})
			return
		}
		if p := inflate(rec, r); p != nil {
			writeJSONProblem(rec, p)
			return
		}
		compressed.ServeHTTP(rec, r)
	})
}

// overTLS reports whether a browser has this answer over TLS: ours, or that of a
// trusted proxy.
func (a *API) overTLS(r *http.Request) bool {
	return r.TLS != nil || a.TrustForwarded != nil && a.TrustForwarded(r) && r.Header.Get("X-Forwarded-Proto") == "https"
}

func (a *API) finish(rec *recorder, r *http.Request, started time.Time) {
	if v := recover(); v != nil {
		if !isAbort(v) {
			LogPanic(r.Context(), a.log, v, slog.String("request_id", requestID(r.Context())))
		}
		if rec.wrote || isAbort(v) {
			// Half an answer must not look like a whole one: hang up, after the lines
			// below.
			defer panic(http.ErrAbortHandler)
		} else {
			writeJSONProblem(rec, &api.Problem{Type: api.TypeInternal, Title: "Something went wrong here; it is recorded", Status: http.StatusInternalServerError, RequestID: requestID(r.Context())})
		}
	}
	took := time.Since(started)
	pattern := r.Pattern
	if pattern == "" {
		pattern = "none"
	}
	if a.Observe != nil {
		a.Observe(pattern, rec.status, took)
	}
	a.log.DebugContext(r.Context(), "request", slog.String("request_id", requestID(r.Context())), slog.String("route", pattern),
		slog.Int("status", rec.status), slog.Duration("took", took))
}

// recorder remembers the status for the log.
type recorder struct {
	http.ResponseWriter
	status int
	wrote  bool
}

func (r *recorder) WriteHeader(status int) {
	r.status, r.wrote = status, true
	r.ResponseWriter.WriteHeader(status)
}

func (r *recorder) Write(b []byte) (int, error) {
	r.wrote = true
	return r.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController reach the connection.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

// address is who a request comes from: the peer, or what a trusted proxy says.
func (a *API) address(r *http.Request) string {
	if a.TrustForwarded != nil && a.TrustForwarded(r) {
		// The last word is the trusted proxy's, also where it adds a line of its own
		// below those that the peer made up.
		if lines := r.Header.Values("X-Forwarded-For"); len(lines) > 0 {
			chain := lines[len(lines)-1]
			if last := strings.TrimSpace(chain[strings.LastIndexByte(chain, ',')+1:]); last != "" {
				return last
			}
		}
	}
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

func (a *API) writeProblem(hc huma.Context, p *api.Problem) {
	hc.SetHeader("Content-Type", api.ProblemType)
	if p.RetryAfterSeconds > 0 {
		hc.SetHeader("Retry-After", strconv.Itoa(p.RetryAfterSeconds))
	}
	if p.Status == http.StatusUnauthorized {
		hc.SetHeader("WWW-Authenticate", "Bearer")
	}
	hc.SetStatus(p.Status)
	_ = json.NewEncoder(hc.BodyWriter()).Encode(p) // the peer may be gone
}

func writeJSONProblem(w http.ResponseWriter, p *api.Problem) {
	w.Header().Set("Content-Type", api.ProblemType)
	if p.RetryAfterSeconds > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(p.RetryAfterSeconds))
	}
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(p) // the peer may be gone
}

// Request limits. A mobile carrier puts thousands of people behind one address,
// so an address gets much, a session a person's pace; limits that protect
// accounts are package identity's and live in the store.
const (
	sessionRate, sessionBurst = 20, 200
	addressRate, addressBurst = 20_000, 40_000
	limiterKeys               = 50_000
)

// limiter is a bounded set of token buckets; when it is full, it starts anew.
type limiter struct {
	now func() time.Time
	mu  sync.Mutex
	m   map[string]*rate.Limiter
}

func newLimiter(now func() time.Time) *limiter {
	return &limiter{now: now, m: map[string]*rate.Limiter{}}
}

func (l *limiter) allow(key string) bool {
	l.mu.Lock()
	b := l.m[key]
	if b == nil {
		if len(l.m) >= limiterKeys {
			clear(l.m)
		}
		b = rate.NewLimiter(addressRate, addressBurst)
		if strings.HasPrefix(key, "s:") {
			b = rate.NewLimiter(sessionRate, sessionBurst)
		}
		l.m[key] = b
	}
	l.mu.Unlock()
	return b.AllowN(l.now(), 1)
}

// TrustCIDR trusts the proxies of one network.
func TrustCIDR(cidr string) (func(*http.Request) bool, error) {
	_, network, err := net.ParseCIDR(cidr)
	if err != nil {
		return nil, fmt.Errorf("trusted proxy: %w", err)
	}
	return func(r *http.Request) bool {
		host, _, err := net.SplitHostPort(r.RemoteAddr)
		return err == nil && network.Contains(net.ParseIP(host))
	}, nil
}

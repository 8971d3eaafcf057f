package server_test

import (
	"crypto/tls"
	"encoding/json"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/citizens-portal/portal/sdk/api"
)

// public are the answers that caches may keep, for they are the same for all.
var public = regexp.MustCompile(`^GET (/docs|/openapi\.json|/v1/collections/\{name\}|/v1/log/tile/8/0/000)$`)

// TestHeadersOnEveryRoute asks every route there is, of the API's own document
// and of those outside it, signed in and not, over TLS.
func TestHeadersOnEveryRoute(t *testing.T) {
	c := configure(t)
	var trust = &tls.Config{MinVersion: tls.VersionTLS13}
	c.TLSCert, c.TLSKey, trust.RootCAs = certificate(t)
	r := serve(t, c)
	r.http.Transport = &http.Transport{TLSClientConfig: trust}
	amir := r.citizen(amirMobile)

	routes := []string{
		"GET /healthz", "GET /readyz", "GET /metrics", "GET /docs", "GET /track/{code}", "GET /track/{code}/proof", "GET /nowhere", "GET /",
		"GET " + api.RouteCheckpoint, "GET /v1/log/tile/8/0/000", "POST " + api.RouteCosign, "POST " + api.RouteUploads, "OPTIONS " + api.RouteUploads,
		"HEAD " + api.RouteUploads + "{id}", "PATCH " + api.RouteUploads + "{id}", "DELETE " + api.RouteUploads + "{id}", "GET /openapi.json", "GET /openapi.yaml", "TRACE /v1/me",
	}
	for path, methods := range as[struct {
		Paths map[string]map[string]json.RawMessage
	}](t, r.do("GET", "/openapi.json", "", nil), 200).Paths {
		for method := range methods {
			if path != api.RouteLogout { // last, since the session ends with it
				routes = append(routes, strings.ToUpper(method)+" "+path)
			}
		}
	}
	if len(routes) < 50 {
		t.Fatalf("only %d routes were found", len(routes))
	}
	routes = append(routes, "POST "+api.RouteLogout)
	for _, route := range routes {
		method, path, _ := strings.Cut(route, " ")
		path = strings.NewReplacer("{name}", "areas", "{id}", "none", "{ref}", "none", "{code}", "KP-SWT-1").Replace(path)
		path = regexp.MustCompile(`\{[^}]+\}`).ReplaceAllString(path, "x")
		for who, token := range map[string]string{"nobody": "", "a citizen": amir} {
			if token != "" && method == http.MethodDelete && path == api.RouteMe {
				continue // it would erase the citizen
			}
			checkHeaders(t, route+" of "+who, public.MatchString(route), r.do(method, path, token, struct{}{}))
		}
	}
}

func checkHeaders(t *testing.T, what string, public bool, got reply) {
	t.Helper()
	h := got.header
	for name, want := range map[string]string{
		"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
	} {
		if h.Get(name) != want {
			t.Errorf("%s (%d): %s is %q", what, got.status, name, h.Get(name))
		}
	}
	csp := h.Get("Content-Security-Policy")
	if !strings.HasPrefix(csp, "default-src 'none'") || !strings.Contains(csp, "frame-ancestors 'none'") {
		t.Errorf("%s (%d): policy %q", what, got.status, csp)
	}
	if strings.HasPrefix(h.Get("Content-Type"), "text/html") && !strings.Contains(csp, "base-uri 'none'") {
		t.Errorf("%s: a page with the policy %q", what, csp)
	}
	if cache := h.Get("Cache-Control"); cache != "no-store" && !public {
		t.Errorf("%s (%d): Cache-Control is %q", what, got.status, cache)
	}
}

package httpapi

import (
	_ "embed"
	"net/http"
)

// docsPage shows /openapi.json in a browser. It is self-contained: nothing is
// fetched from elsewhere.
//
//go:embed docs.html
var docsPage []byte

func serveDocs(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'; frame-ancestors 'none'; form-action 'none'; base-uri 'none'")
	w.Header().Set("Cache-Control", "public, max-age=300")
	_, _ = w.Write(docsPage) // the peer may be gone
}

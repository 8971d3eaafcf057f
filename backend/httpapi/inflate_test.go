package httpapi

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/citizens-portal/portal/sdk/api"
)

// FuzzInflate: whatever comes as a compressed body, unpacking it ends, and gives
// what a plain reader of the format gives.
func FuzzInflate(f *testing.F) {
	var packed bytes.Buffer
	zip := gzip.NewWriter(&packed)
	_, _ = zip.Write([]byte(`{"request":1}`)) // into memory
	_ = zip.Close()
	f.Add(packed.Bytes())
	f.Add(packed.Bytes()[:packed.Len()-3])
	f.Add([]byte("\x1f\x8b"))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, body []byte) {
		const most = 1 << 20
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, api.RouteSync, bytes.NewReader(body))
		r.Header.Set("Content-Encoding", "gzip")
		if p := inflate(httptest.NewRecorder(), r); p != nil {
			t.Fatal(p)
		}
		got, err := io.ReadAll(io.LimitReader(r.Body, most))
		var want []byte
		plain, plainErr := gzip.NewReader(bytes.NewReader(body))
		if errors.Is(plainErr, io.EOF) {
			plainErr = nil // nothing, packed, is nothing
		} else if plainErr == nil {
			want, plainErr = io.ReadAll(io.LimitReader(plain, most))
		}
		if len(body) <= maxSyncBody && ((err == nil) != (plainErr == nil) || !bytes.Equal(got, want)) {
			t.Errorf("%d bytes, %v; want %d bytes, %v", len(got), err, len(want), plainErr)
		}
	})
}

package httpapi

import (
	"compress/flate"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/citizens-portal/portal/sdk/api"
)

// errEncoding means that a body is not what its Content-Encoding says.
var errEncoding = errors.New("the body is not whole gzip")

// inflate lets sync requests come compressed; elsewhere a compressed body is
// refused, with the problem it gives. Bytes are unpacked as they are read, so
// that a route's limit holds for what comes out: of a bomb no more is unpacked,
// and nothing before its sender is known.
func inflate(w http.ResponseWriter, r *http.Request) *api.Problem {
	switch encoding := r.Header.Get("Content-Encoding"); {
	case encoding == "" || encoding == "identity":
		return nil
	case encoding != "gzip" || r.URL.Path != api.RouteSync:
		return &api.Problem{Type: api.TypeInvalid, Title: "Only sync requests may be compressed, with gzip", Status: http.StatusUnsupportedMediaType, RequestID: requestID(r.Context())}
	}
	r.Body = &inflated{packed: http.MaxBytesReader(w, r.Body, maxSyncBody)}
	r.ContentLength = -1
	r.Header.Del("Content-Encoding")
	return nil
}

// inflated unpacks a body while it is read.
type inflated struct {
	packed io.ReadCloser
	zip    *gzip.Reader
}

func (i *inflated) Read(p []byte) (n int, err error) {
	if i.zip == nil {
		if i.zip, err = gzip.NewReader(i.packed); err != nil {
			return 0, unpacked(err)
		}
	}
	n, err = i.zip.Read(p)
	return n, unpacked(err)
}

// unpacked tells what is wrong with the bytes from what is wrong with the link.
func unpacked(err error) error {
	var corrupt flate.CorruptInputError
	if errors.Is(err, gzip.ErrHeader) || errors.Is(err, gzip.ErrChecksum) || errors.Is(err, io.ErrUnexpectedEOF) || errors.As(err, &corrupt) {
		return fmt.Errorf("%w: %w", errEncoding, err)
	}
	return err
}

func (i *inflated) Close() error { return i.packed.Close() }

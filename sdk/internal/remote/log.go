package remote

import (
	"context"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/citizens-portal/portal/sdk/api"
	"github.com/citizens-portal/portal/sdk/verify"
)

// Log introduces the transparency log (api.RouteLog).
func (c *Client) Log(ctx context.Context) (api.LogInfo, error) {
	return get[api.LogInfo](ctx, c, api.RouteLog, "")
}

// Checkpoint gives the log's newest signed checkpoint (api.RouteCheckpoint).
func (c *Client) Checkpoint(ctx context.Context) (string, error) {
	resp, err := c.send(ctx, call{method: http.MethodGet, path: api.RouteCheckpoint}, nil)
	if err != nil {
		return "", err
	}
	if media, _, _ := mime.ParseMediaType(resp.Header().Get("Content-Type")); media != "text/plain" {
		return "", &Offline{Status: resp.StatusCode(), Err: fmt.Errorf("the answer is %q, not the portal's", media)}
	}
	return string(resp.Body()), nil // its last line's end is part of it
}

// Consistency proves that the log of one size grew into that of another
// (api.RouteConsistency).
func (c *Client) Consistency(ctx context.Context, from, to int64) ([]verify.Hash, error) {
	q := url.Values{"from": {strconv.FormatInt(from, 10)}, "to": {strconv.FormatInt(to, 10)}}
	got, err := get[api.LogConsistency](ctx, c, api.RouteConsistency+"?"+q.Encode(), "")
	if err != nil {
		return nil, err
	}
	out := make([]verify.Hash, len(got.Hashes))
	for i, text := range got.Hashes {
		if out[i], err = tlog.ParseHash(text); err != nil {
			return nil, &Offline{Err: fmt.Errorf("the answer is not whole: %w", err)}
		}
	}
	return out, nil
}

// Proof proves a complaint's events against the newest checkpoint that so many
// witnesses have cosigned (api.RouteProof).
func (c *Client) Proof(ctx context.Context, token, ref string, witnesses int) (verify.Proof, error) {
	path := strings.Replace(api.RouteProof, "{ref}", url.PathEscape(ref), 1)
	if witnesses > 0 {
		path += "?witnesses=" + strconv.Itoa(witnesses)
	}
	return get[verify.Proof](ctx, c, path, token)
}

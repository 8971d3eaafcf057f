package remote

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"github.com/citizens-portal/portal/sdk/api"
)

// StepUp proves once more who is signed in (api.RouteStepUp).
func (c *Client) StepUp(ctx context.Context, token string, r api.StepUpRequest) error {
	_, err := c.send(ctx, call{method: http.MethodPost, path: api.RouteStepUp, token: token, body: r}, nil)
	return err
}

// Reveal asks who filed a complaint (api.RouteIdentity); key is the same on every
// retry.
func (c *Client) Reveal(ctx context.Context, token, ref, key string, r api.RevealRequest) (api.Identity, error) {
	var out api.Identity
	path := strings.Replace(api.RouteIdentity, "{ref}", url.PathEscape(ref), 1)
	k := call{method: http.MethodPost, path: path, token: token, body: r, header: map[string]string{api.HeaderIdempotencyKey: key}}
	_, err := c.send(ctx, k, &out)
	return out, err
}

// AccessLog tells who opened the citizen's complaints (api.RouteAccessLog).
func (c *Client) AccessLog(ctx context.Context, token string) ([]api.Access, error) {
	return get[[]api.Access](ctx, c, api.RouteAccessLog, token)
}

// Export gives all that the portal keeps (api.RouteExport).
func (c *Client) Export(ctx context.Context, token string) (api.Export, error) {
	return get[api.Export](ctx, c, api.RouteExport, token)
}

// DeskAccount opens an account at the counter (api.RouteDeskAccount).
func (c *Client) DeskAccount(ctx context.Context, token string, r api.DeskAccountRequest) (api.DeskAccount, error) {
	return post[api.DeskAccount](ctx, c, api.RouteDeskAccount, token, r)
}

// SyncByReceipt pushes and pulls for a complaint filed without an account.
func (c *Client) SyncByReceipt(ctx context.Context, receipt string, req api.SyncRequest) (api.SyncResponse, error) {
	var out api.SyncResponse
	k := call{method: http.MethodPost, path: api.RouteSync, body: req, header: map[string]string{"Authorization": api.SchemeReceipt + " " + receipt}}
	_, err := c.send(ctx, k, &out)
	return out, err
}

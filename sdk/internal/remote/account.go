package remote

import (
	"context"
	"net/http"

	"github.com/citizens-portal/portal/sdk/api"
)

// Resend asks for a challenge's SMS once more (api.RouteResend).
func (c *Client) Resend(ctx context.Context, r api.ResendRequest) (api.Challenge, error) {
	return post[api.Challenge](ctx, c, api.RouteResend, "", r)
}

// Recover signs in with the recovery code (api.RouteRecover).
func (c *Client) Recover(ctx context.Context, r api.RecoverRequest) (api.Session, error) {
	return post[api.Session](ctx, c, api.RouteRecover, "", r)
}

// AcceptInvitation sets an officer's password (api.RouteInvitation).
func (c *Client) AcceptInvitation(ctx context.Context, r api.InvitationRequest) (api.Enrolment, error) {
	return post[api.Enrolment](ctx, c, api.RouteInvitation, "", r)
}

// SetPIN sets the account's PIN (PUT api.RoutePIN).
func (c *Client) SetPIN(ctx context.Context, token, pin string) error {
	_, err := c.send(ctx, call{method: http.MethodPut, path: api.RoutePIN, token: token, body: pinBody{pin}}, nil)
	return err
}

// ApproveByPIN lets this device see everything (POST api.RoutePIN).
func (c *Client) ApproveByPIN(ctx context.Context, token, pin string) error {
	_, err := c.send(ctx, call{method: http.MethodPost, path: api.RoutePIN, token: token, body: pinBody{pin}}, nil)
	return err
}

type pinBody struct {
	PIN string `json:"pin"`
}

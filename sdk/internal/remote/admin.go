package remote

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/citizens-portal/portal/sdk/api"
)

// AdminQuery chooses offices or officers.
type AdminQuery struct {
	Text, Office, After string
	Limit               int
}

func (q AdminQuery) on(route string) string {
	v := url.Values{}
	for name, value := range map[string]string{"q": q.Text, "office": q.Office, "after": q.After} {
		if value != "" {
			v.Set(name, value)
		}
	}
	if q.Limit > 0 {
		v.Set("limit", strconv.Itoa(q.Limit))
	}
	if len(v) == 0 {
		return route
	}
	return route + "?" + v.Encode()
}

func withID(route, id string) string { return strings.Replace(route, "{id}", url.PathEscape(id), 1) }

// AdminOffices lists offices (api.RouteAdminOffices).
func (c *Client) AdminOffices(ctx context.Context, token string, q AdminQuery) (api.OfficeList, error) {
	return get[api.OfficeList](ctx, c, q.on(api.RouteAdminOffices), token)
}

// AdminOffice gives one office (api.RouteAdminOffice).
func (c *Client) AdminOffice(ctx context.Context, token, id string) (api.OfficeDetail, error) {
	return get[api.OfficeDetail](ctx, c, withID(api.RouteAdminOffice, id), token)
}

// AdminPutOffice puts an office in place (PUT api.RouteAdminOffice).
func (c *Client) AdminPutOffice(ctx context.Context, token string, ch api.OfficeChange) (out api.AdminOutcome, err error) {
	_, err = c.send(ctx, call{method: http.MethodPut, path: withID(api.RouteAdminOffice, ch.Office.ID), token: token, body: ch}, &out)
	return out, err
}

// AdminOfficers lists officers (api.RouteAdminOfficers).
func (c *Client) AdminOfficers(ctx context.Context, token string, q AdminQuery) (api.OfficerList, error) {
	return get[api.OfficerList](ctx, c, q.on(api.RouteAdminOfficers), token)
}

// AdminOfficer gives one officer (api.RouteAdminOfficer).
func (c *Client) AdminOfficer(ctx context.Context, token, id string) (api.OfficerDetail, error) {
	return get[api.OfficerDetail](ctx, c, withID(api.RouteAdminOfficer, id), token)
}

// AdminPutOfficer puts an officer in place (PUT api.RouteAdminOfficer).
func (c *Client) AdminPutOfficer(ctx context.Context, token string, ch api.OfficerChange) (out api.AdminOutcome, err error) {
	_, err = c.send(ctx, call{method: http.MethodPut, path: withID(api.RouteAdminOfficer, ch.Officer.ID), token: token, body: ch}, &out)
	return out, err
}

// AdminToken invites or resets an officer (api.RouteAdminToken).
func (c *Client) AdminToken(ctx context.Context, token, id, action string) (api.AdminInvitation, error) {
	return post[api.AdminInvitation](ctx, c, strings.Replace(withID(api.RouteAdminToken, id), "{action}", action, 1), token, nil)
}

// AdminImport imports a file (api.RouteAdminImport).
func (c *Client) AdminImport(ctx context.Context, token string, f api.DirectoryFile) (api.AdminOutcome, error) {
	return post[api.AdminOutcome](ctx, c, api.RouteAdminImport, token, f)
}

// AdminExport exports a file (api.RouteAdminExport).
func (c *Client) AdminExport(ctx context.Context, token, kind string) (api.DirectoryFile, error) {
	return get[api.DirectoryFile](ctx, c, strings.Replace(api.RouteAdminExport, "{kind}", url.PathEscape(kind), 1), token)
}

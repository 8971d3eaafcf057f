// Package remote speaks to the portal's server over HTTP: one method for each
// route of the wire contract, one place where answers become errors.
//
// It is the only package that knows resty. It must never know what is stored
// on the device, when to try again, or what a complaint is; it retries nothing
// by itself.
//
// Start reading at send: every call goes through it.
package remote

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/go-resty/resty/v2"

	"github.com/citizens-portal/portal/sdk/api"
)

// maxAnswerBytes bounds every answer: larger ones are refused unread.
const maxAnswerBytes = 8 << 20

// Offline means the server was not reached, or what answered was not the
// portal: no network, a lost answer, a hotel's login page, a proxy's error.
type Offline struct {
	// Status is the HTTP status, 0 when nothing answered.
	Status     int
	RetryAfter time.Duration
	Err        error
}

func (e *Offline) Error() string { return e.Err.Error() }
func (e *Offline) Unwrap() error { return e.Err }

// ErrPlainHTTP refuses unencrypted addresses outside the own machine.
var ErrPlainHTTP = errors.New("refused: http:// is allowed on this machine only, use https://")

// Config of a client. BaseURL is needed.
type Config struct {
	BaseURL string
	// Transport defaults to one that keeps few connections and resumes TLS
	// sessions.
	Transport http.RoundTripper
	// Client names the program and version.
	Client string
	// Timeout of a call without a long poll; 0 means 30 s.
	Timeout time.Duration
}

// Client calls one server. It may be used from several goroutines.
type Client struct {
	http    *resty.Client
	timeout time.Duration
}

// CleanURL checks a base URL and gives its normal form: lower-case host, no
// slash at the end.
func CleanURL(base string) (string, error) {
	u, err := url.Parse(strings.TrimSpace(base))
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return "", fmt.Errorf("server address %q: give it like https://portal.example", base)
	}
	switch {
	case u.Scheme == "https":
	case u.Scheme == "http" && loopback(u.Hostname()):
	case u.Scheme == "http":
		return "", ErrPlainHTTP
	default:
		return "", fmt.Errorf("server address %q: only https:// is supported", base)
	}
	u.Host = strings.ToLower(u.Host)
	return strings.TrimRight(u.String(), "/"), nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return strings.EqualFold(host, "localhost") || (ip != nil && ip.IsLoopback())
}

// New makes a client.
func New(c Config) (*Client, error) {
	base, err := CleanURL(c.BaseURL)
	if err != nil {
		return nil, err
	}
	if c.Timeout == 0 {
		c.Timeout = 30 * time.Second
	}
	transport := c.Transport
	if transport == nil {
		transport = defaultTransport()
	}
	h := resty.NewWithClient(&http.Client{Transport: transport}).
		SetBaseURL(base).
		SetRedirectPolicy(resty.NoRedirectPolicy()).
		SetResponseBodyLimit(maxAnswerBytes).
		SetHeader("Accept", "application/json, "+api.ProblemType).
		SetLogger(silent{})
	if c.Client != "" {
		h.SetHeader(api.HeaderClient, c.Client)
		h.SetHeader("User-Agent", c.Client)
	}
	return &Client{http: h, timeout: c.Timeout}, nil
}

func defaultTransport() http.RoundTripper {
	return &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		DialContext:         (&net.Dialer{Timeout: 15 * time.Second}).DialContext,
		ForceAttemptHTTP2:   true,
		MaxConnsPerHost:     2,
		IdleConnTimeout:     90 * time.Second,
		TLSHandshakeTimeout: 20 * time.Second,
		// Without a cache Go resumes no session.
		TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12, ClientSessionCache: tls.NewLRUClientSessionCache(4)},
	}
}

// CloseIdle closes connections that nothing uses.
func (c *Client) CloseIdle() { c.http.GetClient().CloseIdleConnections() }

// silent keeps resty from writing to standard error: errors are returned.
type silent struct{}

// Errorf drops the line.
func (silent) Errorf(string, ...any) {}

// Warnf drops the line.
func (silent) Warnf(string, ...any) {}

// Debugf drops the line.
func (silent) Debugf(string, ...any) {}

// call is one request.
type call struct {
	method string
	path   string
	token  string
	body   any
	header map[string]string
	// pack compresses a body that is worth it.
	pack bool
	// patience is added to the time limit: a long poll.
	patience time.Duration
}

// send makes a call and decodes its answer into out (nil: none expected).
// Errors: *Offline, *api.Problem.
func (c *Client) send(ctx context.Context, k call, out any) (*resty.Response, error) {
	ctx, cancel := context.WithTimeout(ctx, c.timeout+k.patience)
	defer cancel()
	r := c.http.R().SetContext(ctx).SetHeaders(k.header)
	if k.token != "" {
		r.SetAuthToken(k.token)
	}
	if k.body != nil {
		b, err := json.Marshal(k.body)
		if err != nil {
			return nil, fmt.Errorf("encode request: %w", err)
		}
		r.SetHeader("Content-Type", "application/json")
		if k.pack && len(b) >= packFrom {
			if b, err = packed(b); err != nil {
				return nil, fmt.Errorf("compress request: %w", err)
			}
			r.SetHeader("Content-Encoding", "gzip")
		}
		r.SetBody(b)
	}
	resp, err := r.Execute(k.method, k.path)
	if err != nil && (resp == nil || resp.RawResponse == nil || resp.StatusCode() < 300 || resp.StatusCode() > 399) {
		return nil, &Offline{Err: fmt.Errorf("%s %s: %w", k.method, k.path, err)}
	}
	return resp, decode(resp.StatusCode(), resp.Header(), resp.Body(), out)
}

// packFrom is from what size a body is compressed: a smaller one is a packet or
// two either way.
const packFrom = 1000

func packed(b []byte) ([]byte, error) {
	var out bytes.Buffer
	z, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := z.Write(b); err != nil {
		return nil, err
	}
	err = z.Close()
	return out.Bytes(), err
}

// decode turns an answer into out or an error. Everything that does not look
// like the portal's own answer counts as not having reached it.
func decode(status int, header http.Header, body []byte, out any) error {
	media, _, _ := mime.ParseMediaType(header.Get("Content-Type"))
	switch {
	case status == http.StatusNoContent && out == nil, status == http.StatusNotModified:
		return nil
	case status >= 200 && status < 300 && out == nil:
		return nil
	case status >= 200 && status < 300:
		if media != "application/json" {
			return &Offline{Status: status, Err: fmt.Errorf("the answer is %q, not the portal's", media)}
		}
		if err := json.Unmarshal(body, out); err != nil {
			return &Offline{Status: status, Err: fmt.Errorf("the answer is not whole: %w", err)}
		}
		return nil
	}
	wait := retryAfter(header)
	p := new(api.Problem)
	if media != api.ProblemType || json.Unmarshal(body, p) != nil || p.Type == "" {
		return &Offline{Status: status, RetryAfter: wait, Err: fmt.Errorf("answered %d, not by the portal", status)}
	}
	if p.RetryAfterSeconds == 0 {
		p.RetryAfterSeconds = int(wait / time.Second)
	}
	if p.Status == 0 {
		p.Status = status
	}
	return p
}

// retryAfter reads the header's seconds; the form with a date is not used by
// the portal and would need clocks that agree.
func retryAfter(h http.Header) time.Duration {
	n, err := strconv.Atoi(h.Get("Retry-After"))
	if err != nil || n < 0 {
		return 0
	}
	return min(time.Duration(n)*time.Second, 24*time.Hour)
}

func post[T any](ctx context.Context, c *Client, path, token string, body any) (T, error) {
	var out T
	_, err := c.send(ctx, call{method: http.MethodPost, path: path, token: token, body: body}, &out)
	return out, err
}

func get[T any](ctx context.Context, c *Client, path, token string) (T, error) {
	var out T
	_, err := c.send(ctx, call{method: http.MethodGet, path: path, token: token}, &out)
	return out, err
}

// Sync pushes and pulls (api.RouteSync).
func (c *Client) Sync(ctx context.Context, token string, req api.SyncRequest) (api.SyncResponse, error) {
	var out api.SyncResponse
	k := call{method: http.MethodPost, path: api.RouteSync, token: token, body: req, pack: true, patience: time.Duration(req.WaitSeconds) * time.Second}
	_, err := c.send(ctx, k, &out)
	return out, err
}

// Register opens an account (api.RouteRegister).
func (c *Client) Register(ctx context.Context, r api.RegisterRequest) (api.Challenge, error) {
	return post[api.Challenge](ctx, c, api.RouteRegister, "", r)
}

// Login asks for an OTP (api.RouteLogin).
func (c *Client) Login(ctx context.Context, r api.LoginRequest) (api.Challenge, error) {
	return post[api.Challenge](ctx, c, api.RouteLogin, "", r)
}

// Verify answers a challenge (api.RouteVerify).
func (c *Client) Verify(ctx context.Context, r api.VerifyRequest) (api.Session, error) {
	return post[api.Session](ctx, c, api.RouteVerify, "", r)
}

// Officer signs an officer in (api.RouteOfficer).
func (c *Client) Officer(ctx context.Context, r api.OfficerLogin) (api.Session, error) {
	return post[api.Session](ctx, c, api.RouteOfficer, "", r)
}

// Refresh trades a refresh token (api.RouteRefresh).
func (c *Client) Refresh(ctx context.Context, r api.RefreshRequest) (api.Session, error) {
	return post[api.Session](ctx, c, api.RouteRefresh, "", r)
}

// Logout ends the session (api.RouteLogout).
func (c *Client) Logout(ctx context.Context, token string) error {
	_, err := c.send(ctx, call{method: http.MethodPost, path: api.RouteLogout, token: token}, nil)
	return err
}

// Me gives who is signed in (api.RouteMe).
func (c *Client) Me(ctx context.Context, token string) (api.Profile, error) {
	return get[api.Profile](ctx, c, api.RouteMe, token)
}

// CloseAccount deletes the account (DELETE api.RouteMe).
func (c *Client) CloseAccount(ctx context.Context, token string) error {
	_, err := c.send(ctx, call{method: http.MethodDelete, path: api.RouteMe, token: token}, nil)
	return err
}

// Devices lists the account's devices (api.RouteDevices).
func (c *Client) Devices(ctx context.Context, token string) ([]api.Device, error) {
	return get[[]api.Device](ctx, c, api.RouteDevices, token)
}

// Approve lets another device see everything (api.RouteApprove).
func (c *Client) Approve(ctx context.Context, token, device string) error {
	path := strings.Replace(api.RouteApprove, "{id}", url.PathEscape(device), 1)
	_, err := c.send(ctx, call{method: http.MethodPost, path: path, token: token}, nil)
	return err
}

// Complaint gives one complaint by id or code (api.RouteComplaint).
func (c *Client) Complaint(ctx context.Context, token, ref string) (api.Complaint, error) {
	return get[api.Complaint](ctx, c, strings.Replace(api.RouteComplaint, "{ref}", url.PathEscape(ref), 1), token)
}

// Events gives what happened to a complaint (api.RouteEvents).
func (c *Client) Events(ctx context.Context, token, ref string) ([]api.Event, error) {
	return get[[]api.Event](ctx, c, strings.Replace(api.RouteEvents, "{ref}", url.PathEscape(ref), 1), token)
}

// Collection fetches a collection unless it still is of the version known by
// etag; changed tells. Public ones need no token.
func (c *Client) Collection(ctx context.Context, token, name, etag string) (body json.RawMessage, newTag string, changed bool, err error) {
	k := call{method: http.MethodGet, path: strings.Replace(api.RouteCollections, "{name}", url.PathEscape(name), 1), token: token}
	if etag != "" {
		k.header = map[string]string{"If-None-Match": etag}
	}
	resp, err := c.send(ctx, k, &body)
	if err != nil {
		return nil, "", false, err
	}
	if resp.StatusCode() == http.StatusNotModified {
		return nil, etag, false, nil
	}
	return bytes.Clone(body), resp.Header().Get("ETag"), true, nil
}

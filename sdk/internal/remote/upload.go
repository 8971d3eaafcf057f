package remote

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/go-resty/resty/v2"

	"github.com/citizens-portal/portal/sdk/api"
)

// Files go up by the tus protocol, version 1.0: a POST begins an upload and
// names it, each PATCH brings a piece and learns how far the server is, a HEAD
// asks. (https://tus.io/protocols/resumable-upload)

// tusVersion is what both sides say in every request and answer.
const tusVersion = "1.0.0"

// What can become of an upload, for errors.Is.
var (
	// ErrUploadGone: the server does not know the upload (any more): begin anew.
	ErrUploadGone = errors.New("the upload is not on the server any more")
	// ErrUploadOffset: the server is elsewhere in the file: ask where.
	ErrUploadOffset = errors.New("the server is at another place in the file")
)

// slowestBytes is how many bytes a second a link must bring at least.
const slowestBytes = 512

// BeginUpload begins the upload of a promised file and gives its name.
func (c *Client) BeginUpload(ctx context.Context, token, caseID string, f api.File) (string, error) {
	meta := api.UploadCase + " " + base64.StdEncoding.EncodeToString([]byte(caseID)) + "," +
		api.UploadSHA256 + " " + base64.StdEncoding.EncodeToString([]byte(f.SHA256))
	resp, err := c.tus(ctx, token, http.MethodPost, "", nil, map[string]string{"Upload-Length": strconv.FormatInt(f.Size, 10), "Upload-Metadata": meta})
	if err != nil {
		return "", err
	}
	where, err := url.Parse(resp.Header().Get("Location"))
	if err != nil || resp.StatusCode() != http.StatusCreated || path.Base(where.Path) == "" || path.Base(where.Path) == "." {
		return "", &Offline{Status: resp.StatusCode(), Err: errors.New("the answer names no upload")}
	}
	// The name only: the server's idea of its own address may be a proxy's.
	return path.Base(where.Path), nil
}

// UploadOffset asks how many bytes of an upload the server has.
func (c *Client) UploadOffset(ctx context.Context, token, upload string) (int64, error) {
	resp, err := c.tus(ctx, token, http.MethodHead, upload, nil, nil)
	if err != nil {
		return 0, err
	}
	return offsetOf(resp)
}

// SendPiece brings the bytes from an offset on and gives the offset after them.
func (c *Client) SendPiece(ctx context.Context, token, upload string, offset int64, piece []byte) (int64, error) {
	resp, err := c.tus(ctx, token, http.MethodPatch, upload, piece, map[string]string{
		"Upload-Offset": strconv.FormatInt(offset, 10), "Content-Type": "application/offset+octet-stream",
	})
	if err != nil {
		return offset, err
	}
	return offsetOf(resp)
}

func offsetOf(resp *resty.Response) (int64, error) {
	n, err := strconv.ParseInt(resp.Header().Get("Upload-Offset"), 10, 64)
	if err != nil || n < 0 {
		return 0, &Offline{Status: resp.StatusCode(), Err: errors.New("the answer says no offset")}
	}
	return n, nil
}

// tus makes one request of the protocol. Errors: ErrUploadGone,
// ErrUploadOffset, *api.Problem, *Offline.
func (c *Client) tus(ctx context.Context, token, method, upload string, body []byte, header map[string]string) (*resty.Response, error) {
	ctx, cancel := context.WithTimeout(ctx, c.timeout+time.Duration(len(body)/slowestBytes)*time.Second)
	defer cancel()
	r := c.http.R().SetContext(ctx).SetAuthToken(token).SetHeader("Tus-Resumable", tusVersion).SetHeaders(header)
	if body != nil {
		r.SetBody(body)
	}
	resp, err := r.Execute(method, api.RouteUploads+url.PathEscape(upload))
	if err != nil {
		return nil, &Offline{Err: fmt.Errorf("%s upload: %w", method, err)}
	}
	return resp, tusError(method, resp)
}

// tusError reads an answer that is not a success. What neither speaks the
// protocol nor is a problem of the portal's did not come from it.
func tusError(method string, resp *resty.Response) error {
	status, h := resp.StatusCode(), resp.Header()
	media, _, _ := mime.ParseMediaType(h.Get("Content-Type"))
	ours := h.Get("Tus-Resumable") == tusVersion || media == api.ProblemType
	switch {
	case status >= 200 && status < 300 && ours:
		return nil
	case !ours || status < 300:
		return &Offline{Status: status, RetryAfter: retryAfter(h), Err: fmt.Errorf("answered %d, not by the portal", status)}
	case status == http.StatusUnauthorized:
		return &api.Problem{Type: api.TypeSignedOut, Title: "Not signed in", Status: status}
	case method != http.MethodPost && (status == http.StatusNotFound || status == http.StatusGone):
		return ErrUploadGone
	case media != api.ProblemType && status == http.StatusConflict:
		return ErrUploadOffset
	}
	var p api.Problem
	if media != api.ProblemType || json.Unmarshal(resp.Body(), &p) != nil || p.Type == "" {
		return &Offline{Status: status, RetryAfter: retryAfter(h), Err: fmt.Errorf("%s upload: %s", method, resp.Status())}
	}
	if p.RetryAfterSeconds == 0 {
		p.RetryAfterSeconds = int(retryAfter(h) / time.Second)
	}
	return &p
}

// Download fetches a file of a complaint, or its small picture, into w.
func (c *Client) Download(ctx context.Context, token, ref, sha string, thumb bool, w io.Writer) error {
	ctx, cancel := context.WithTimeout(ctx, c.timeout+maxAnswerBytes/slowestBytes*time.Second)
	defer cancel()
	where := strings.NewReplacer("{ref}", url.PathEscape(ref), "{sha256}", url.PathEscape(sha)).Replace(api.RouteFile)
	r := c.http.R().SetContext(ctx).SetAuthToken(token)
	if thumb {
		r.SetQueryParam("thumb", "1")
	}
	resp, err := r.Execute(http.MethodGet, where)
	if err != nil {
		return &Offline{Err: fmt.Errorf("fetch file: %w", err)}
	}
	if resp.StatusCode() == http.StatusOK {
		_, err = w.Write(resp.Body())
		return err
	}
	if err := decode(resp.StatusCode(), resp.Header(), resp.Body(), nil); err != nil {
		return err
	}
	return &Offline{Status: resp.StatusCode(), Err: errors.New("the answer is not the file")}
}

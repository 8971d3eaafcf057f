package httpapi

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"github.com/tus/tusd/v2/pkg/handler"
	"github.com/tus/tusd/v2/pkg/memorylocker"
	tuslog "golang.org/x/exp/slog"

	"github.com/citizens-portal/portal/backend/identity"
	"github.com/citizens-portal/portal/backend/media"
	"github.com/citizens-portal/portal/backend/portal"
	"github.com/citizens-portal/portal/backend/store"
	"github.com/citizens-portal/portal/sdk/api"
)

// Files come by the tus protocol (uploads), which is not in the OpenAPI
// document because it is a standard of its own, and are fetched by a route like
// any other (fileRoutes).

// networkTimeout is how long a connection may bring nothing; a slow one that
// brings something goes on.
const networkTimeout = 60 * time.Second

// uploads is the tus handler behind sign-in: who promised a file may begin its
// upload, who began it may continue it, and for everybody else it is not there.
func (a *API) uploads() http.Handler {
	staging := tusStore{a.Media.Staging(), a}
	composer := handler.NewStoreComposer()
	composer.UseCore(staging)
	composer.UseTerminater(staging)
	memorylocker.New().UseIn(composer)
	tus, err := handler.NewHandler(handler.Config{
		StoreComposer: composer, BasePath: api.RouteUploads, MaxSize: portal.MaxFileSize, DisableDownload: true,
		Cors: &handler.CorsConfig{Disable: true}, Logger: tuslog.New(tuslog.NewTextHandler(io.Discard, nil)), NetworkTimeout: networkTimeout,
		PreUploadCreateCallback: a.beginUpload,
	})
	if err != nil {
		panic(err) // the configuration above is wrong, which no input can make it
	}
	served := http.StripPrefix(strings.TrimSuffix(api.RouteUploads, "/"), tus)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, err := a.uploader(r)
		if err != nil {
			writeJSONProblem(w, a.problemOf(r.Context(), err))
			return
		}
		served.ServeHTTP(w, r.WithContext(ctx))
	})
}

// uploader signs a request in and makes sure that the upload it names is the
// caller's own.
func (a *API) uploader(r *http.Request) (context.Context, error) {
	p, err := a.principal(r.Context(), r.Header.Get("Authorization"), true)
	if err == nil && !a.limiter.allow("s:"+p.Session) {
		err = &identity.LimitError{RetryAfter: time.Second}
	}
	if err != nil {
		return nil, err
	}
	if r.Header.Get("X-HTTP-Method-Override") != "" {
		return nil, portal.Invalid("header/X-HTTP-Method-Override", "method_override", "use the method itself")
	}
	ctx := context.WithValue(r.Context(), principalKey{}, p)
	id := strings.TrimPrefix(path.Clean(r.URL.Path)+"/", api.RouteUploads)
	if id = strings.Trim(id, "/"); id == "" {
		return ctx, nil
	}
	owner, err := a.Media.Staging().Owner(id)
	if errors.Is(err, handler.ErrNotFound) || (err == nil && owner != a.mediaViewer(ctx).Subject()) {
		err = portal.ErrNotFound
	}
	return ctx, err
}

func (a *API) mediaViewer(ctx context.Context) media.Viewer {
	return media.Viewer{Actor: viewer(ctx).Actor, Hides: a.hides(ctx)}
}

// beginUpload is asked by tusd before an upload is made.
func (a *API) beginUpload(hook handler.HookEvent) (handler.HTTPResponse, handler.FileInfoChanges, error) {
	ctx, u := hook.Context, hook.Upload
	if u.SizeIsDeferred {
		err := portal.Invalid("header/Upload-Length", "length_missing", "say the length when the upload begins")
		return handler.HTTPResponse{}, handler.FileInfoChanges{}, a.tusError(ctx, err)
	}
	grant, err := a.Media.Begin(ctx, a.mediaViewer(ctx), media.Wanted{Case: u.MetaData[api.UploadCase], SHA256: u.MetaData[api.UploadSHA256], Size: u.Size})
	if err != nil {
		return handler.HTTPResponse{}, handler.FileInfoChanges{}, a.tusError(ctx, err)
	}
	return handler.HTTPResponse{}, handler.FileInfoChanges{ID: grant.ID, MetaData: grant.Meta}, nil
}

// tusError carries a problem through tusd, which knows errors of its own only
// and would say any other aloud.
func (a *API) tusError(ctx context.Context, err error) error {
	var own handler.Error
	if err == nil || errors.As(err, &own) {
		return err
	}
	p := a.problemOf(ctx, err)
	body, err := json.Marshal(p)
	if err != nil {
		return err
	}
	header := handler.HTTPHeader{"Content-Type": api.ProblemType}
	if p.RetryAfterSeconds > 0 {
		header["Retry-After"] = strconv.Itoa(p.RetryAfterSeconds)
	}
	return handler.Error{ErrorCode: p.Type, Message: p.Title, HTTPResponse: handler.HTTPResponse{StatusCode: p.Status, Body: string(body), Header: header}}
}

// tusStore is the staging with errors as problems.
type tusStore struct {
	*media.Staging
	api *API
}

// NewUpload implements handler.DataStore.
func (s tusStore) NewUpload(ctx context.Context, info handler.FileInfo) (handler.Upload, error) {
	u, err := s.Staging.NewUpload(ctx, info)
	return tusUpload{u, s.api}, s.api.tusError(ctx, err)
}

// GetUpload implements handler.DataStore.
func (s tusStore) GetUpload(ctx context.Context, id string) (handler.Upload, error) {
	u, err := s.Staging.GetUpload(ctx, id)
	return tusUpload{u, s.api}, s.api.tusError(ctx, err)
}

// AsTerminatableUpload implements handler.TerminaterDataStore.
func (s tusStore) AsTerminatableUpload(u handler.Upload) handler.TerminatableUpload {
	return s.Staging.AsTerminatableUpload(u.(tusUpload).Upload)
}

type tusUpload struct {
	handler.Upload
	api *API
}

// WriteChunk implements handler.Upload.
func (u tusUpload) WriteChunk(ctx context.Context, offset int64, src io.Reader) (int64, error) {
	n, err := u.Upload.WriteChunk(ctx, offset, src)
	return n, u.api.tusError(ctx, err)
}

// FinishUpload implements handler.Upload.
func (u tusUpload) FinishUpload(ctx context.Context) error {
	return u.api.tusError(ctx, u.Upload.FinishUpload(ctx))
}

type fileInput struct {
	Ref    string `path:"ref" maxLength:"64" doc:"id or code of the complaint"`
	SHA256 string `path:"sha256" minLength:"64" maxLength:"64" pattern:"^[0-9a-f]{64}$"`
	Thumb  bool   `query:"thumb" doc:"a JPEG of at most 320 pixels, for pictures only"`
}

func (a *API) fileRoutes(h huma.API) {
	op := a.operation(route{id: "get-file", method: http.MethodGet, path: api.RouteFile, summary: "A file of a complaint, whole or in ranges"})
	op.Responses = map[string]*huma.Response{"200": {Description: "The file", Content: map[string]*huma.MediaType{"application/octet-stream": {Schema: &huma.Schema{Type: "string", Format: "binary"}}}}}
	huma.Register(h, op, a.file)
}

// file serves a file to whoever may see its complaint.
func (a *API) file(ctx context.Context, in *fileInput) (*huma.StreamResponse, error) {
	var c portal.Case
	if err := a.noteOpening(ctx, in.Ref); err != nil {
		return nil, a.fail(ctx, err)
	}
	err := a.Store.View(ctx, func(tx store.Tx) (err error) {
		c, err = a.find(ctx, tx, in.Ref)
		return err
	})
	if err != nil {
		return nil, a.fail(ctx, err)
	}
	content, err := a.Media.Open(ctx, c.ID, in.SHA256, in.Thumb)
	if err != nil {
		return nil, a.fail(ctx, err)
	}
	return &huma.StreamResponse{Body: func(hc huma.Context) {
		defer content.Close()
		r, w := humago.Unwrap(hc)
		serveFile(w, r, c, content, in.Thumb)
	}}, nil
}

// serveFile sends what a browser must save and not show: whatever a file's
// bytes are, they never run as a page of ours.
func serveFile(w http.ResponseWriter, r *http.Request, c portal.Case, content media.Content, thumb bool) {
	tag := content.SHA256
	if thumb {
		tag += "-thumb"
	}
	h := w.Header()
	h.Set("Content-Type", content.Type)
	h.Set("Content-Disposition", `attachment; filename="`+string(c.Code)+"-"+content.SHA256[:8]+extension(content.Type)+`"`)
	h.Set("Cache-Control", "private, max-age=31536000, immutable")
	h.Set("ETag", `"`+tag+`"`)
	h.Set("No-Gzip-Compression", "1") // already dense, and ranges are of the file itself
	http.ServeContent(w, r, "", content.At, content)
}

func extension(mediaType string) string {
	switch mediaType {
	case "image/jpeg":
		return ".jpg"
	case "image/png":
		return ".png"
	case "application/pdf":
		return ".pdf"
	case "audio/ogg":
		return ".ogg"
	case "audio/mp4":
		return ".m4a"
	case "audio/mpeg":
		return ".mp3"
	case "audio/wav":
		return ".wav"
	case "audio/amr":
		return ".amr"
	}
	return ""
}

// fileStates tells, while one transaction is shown, what became of promised
// files. An error is kept for the end, so that showing stays simple.
type fileStates struct {
	ctx   context.Context //nolint:containedctx // lives as long as one transaction
	tx    store.Tx
	cases map[string]map[string]media.State
	err   error
}

// show puts the files' states beside what was promised.
func (s *fileStates) show(caseID string, list []portal.File) []api.File {
	if len(list) == 0 {
		return nil
	}
	states, ok := s.cases[caseID]
	if !ok && s.err == nil {
		states, s.err = media.States(s.ctx, s.tx, caseID)
		if s.cases == nil {
			s.cases = map[string]map[string]media.State{}
		}
		s.cases[caseID] = states
	}
	out := make([]api.File, len(list))
	for i, f := range list {
		out[i] = api.File{SHA256: f.SHA256, Size: f.Size, Type: f.Type, State: string(states[strings.ToLower(f.SHA256)])}
	}
	return out
}

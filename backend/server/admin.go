package server

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/citizens-portal/portal/backend/admin"
	"github.com/citizens-portal/portal/backend/escalation"
	"github.com/citizens-portal/portal/backend/httpapi"
	"github.com/citizens-portal/portal/backend/portal"
)

// The admin socket lets commands of the same machine and user work beside a live
// server: a unix socket, mode 0600, in the data folder. Who can open it owns
// the data anyway.

// maxAdminBody bounds a command's input; the largest is a file to import.
const maxAdminBody = 32 << 20

// SocketFile is its name in the data folder.
const SocketFile = "admin.sock"

type adminListener struct {
	srv  *http.Server
	path string
}

func (s *Server) listenAdmin(ctx context.Context) (*adminListener, error) {
	path := filepath.Join(s.DataDir, SocketFile)
	if Live(ctx, s.DataDir) {
		return nil, fmt.Errorf("data folder %s: %w", s.DataDir, ErrLive)
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("admin socket: %w", err)
	}
	// The data folder is 0700, so nobody slips in between listen and chmod.
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "unix", path)
	if err != nil {
		return nil, fmt.Errorf("admin socket: %w", err)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		return nil, errors.Join(fmt.Errorf("admin socket: %w", err), l.Close())
	}
	mux := http.NewServeMux()
	for _, c := range adminCalls() {
		mux.HandleFunc("POST /"+c.name, func(w http.ResponseWriter, r *http.Request) { s.serveAdmin(w, r, c) })
	}
	a := &adminListener{srv: &http.Server{Handler: mux, ReadHeaderTimeout: headerTimeout}, path: path}
	go func() {
		if err := a.srv.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			s.logger("admin").Error("admin socket", slog.Any("error", err))
		}
	}()
	return a, nil
}

func (a *adminListener) close() {
	_ = a.srv.Close() // ends its connections; nothing else can be done here
}

// AdminRequest is what a command asks of the backend.
type AdminRequest struct {
	AsOf    time.Time       `json:"as_of,omitzero"`
	DryRun  bool            `json:"dry_run,omitempty"`
	Officer *OfficerRequest `json:"officer,omitempty"`
	Office  *portal.Office  `json:"office,omitempty"`
	// Checkpoint is one of the transparency log's, with witnesses' signatures.
	Checkpoint string `json:"checkpoint,omitempty"`
	// File is one to import or export.
	File *admin.File `json:"file,omitempty"`
}

// adminCall is one thing commands may ask, the same with and without a live
// server.
type adminCall struct {
	name string
	run  func(context.Context, *Backend, AdminRequest) (any, error)
}

func adminCalls() []adminCall {
	return append(peopleCalls(), []adminCall{
		{"escalate", func(ctx context.Context, b *Backend, r AdminRequest) (any, error) {
			moves, err := b.Escalate(ctx, r.AsOf, r.DryRun)
			if moves == nil {
				moves = []escalation.Move{}
			}
			return moves, err
		}},
		{"sweep", func(ctx context.Context, b *Backend, r AdminRequest) (any, error) { return b.Sweep(ctx, r.AsOf) }},
		{"scrub", func(ctx context.Context, b *Backend, _ AdminRequest) (any, error) {
			return map[string]bool{"scrubbed": true}, b.Store.Scrub(ctx, true)
		}},
		{"bootstrap", func(ctx context.Context, b *Backend, _ AdminRequest) (any, error) { return b.Bootstrap(ctx) }},
		{"log-checkpoint", func(ctx context.Context, b *Backend, _ AdminRequest) (any, error) {
			signed, err := b.Transparency.Checkpoint(ctx, 0)
			return []string{signed}, err
		}},
		{"keys-list", func(_ context.Context, b *Backend, _ AdminRequest) (any, error) { return b.Keys.List(), nil }},
		{"keys-rotate", func(ctx context.Context, b *Backend, _ AdminRequest) (any, error) { return b.RotateKeys(ctx) }},
		{"log-keys", func(_ context.Context, b *Backend, _ AdminRequest) (any, error) { return b.Transparency.Keys(), nil }},
		{"log-cosign", func(ctx context.Context, b *Backend, r AdminRequest) (any, error) {
			return b.Transparency.Cosign(ctx, r.Checkpoint)
		}},
	}...)
}

// adminProblem carries an error's kind over the socket.
type adminProblem struct {
	Kind   string `json:"kind"`
	Detail string `json:"detail"`
}

func (s *Server) serveAdmin(w http.ResponseWriter, r *http.Request, c adminCall) {
	defer func() {
		if v := recover(); v != nil {
			httpapi.LogPanic(r.Context(), s.logger("admin"), v, slog.String("command", c.name))
			answer(w, http.StatusInternalServerError, adminProblem{"internal", "something went wrong in the server; its log has where"})
		}
	}()
	var req AdminRequest
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxAdminBody)).Decode(&req); err != nil {
		answer(w, http.StatusBadRequest, adminProblem{"invalid", err.Error()})
		return
	}
	out, err := c.run(r.Context(), s.Backend, req)
	switch {
	case errors.Is(err, portal.ErrInvalid):
		answer(w, http.StatusUnprocessableEntity, adminProblem{"invalid", err.Error()})
	case errors.Is(err, portal.ErrForbidden), errors.Is(err, portal.ErrNotFound), errors.Is(err, portal.ErrConflict):
		answer(w, http.StatusForbidden, adminProblem{"refused", err.Error()})
	case err != nil:
		answer(w, http.StatusInternalServerError, adminProblem{"internal", err.Error()})
	default:
		answer(w, http.StatusOK, out)
	}
}

// Admin carries out a command: through the live server's socket when there is
// one, else on the store itself.
func Admin(ctx context.Context, c Config, name string, req AdminRequest) (json.RawMessage, error) {
	if Live(ctx, c.DataDir) {
		return adminOverSocket(ctx, c.DataDir, name, req)
	}
	b, err := Open(ctx, c)
	if err != nil {
		return nil, err
	}
	out, err := runAdmin(ctx, b, name, req)
	return out, errors.Join(err, b.Close())
}

func runAdmin(ctx context.Context, b *Backend, name string, req AdminRequest) (json.RawMessage, error) {
	for _, call := range adminCalls() {
		if call.name == name {
			out, err := call.run(ctx, b, req)
			if err != nil {
				return nil, err
			}
			return json.Marshal(out)
		}
	}
	return nil, portal.Invalid("command", "command_unknown", "%q is not a command of the admin socket", name)
}

// Live reports whether a server answers on the data folder's admin socket.
func Live(ctx context.Context, dataDir string) bool {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "unix", filepath.Join(dataDir, SocketFile))
	if err != nil {
		return false
	}
	_ = conn.Close() // it was only a knock
	return true
}

func adminOverSocket(ctx context.Context, dataDir, name string, req AdminRequest) (json.RawMessage, error) {
	body, err := json.Marshal(req)
	if err != nil {
		return nil, err
	}
	client := http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "unix", filepath.Join(dataDir, SocketFile))
	}}}
	hr, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://admin/"+name, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	resp, err := client.Do(hr)
	if err != nil {
		return nil, fmt.Errorf("admin socket: %w", err)
	}
	defer resp.Body.Close()
	if resp.StatusCode == http.StatusOK {
		var out json.RawMessage
		err := json.NewDecoder(resp.Body).Decode(&out)
		return out, err
	}
	var p adminProblem
	if err := json.NewDecoder(resp.Body).Decode(&p); err != nil {
		return nil, fmt.Errorf("admin socket: %s", resp.Status)
	}
	switch p.Kind {
	case "invalid":
		return nil, &adminError{p.Detail, portal.ErrInvalid}
	case "refused":
		return nil, &adminError{p.Detail, portal.ErrForbidden}
	}
	return nil, errors.New(p.Detail)
}

// adminError is what the live server said, in its words, with the kind it had
// there: a command says the same with and without a server beside it.
type adminError struct {
	detail string
	kind   error
}

func (e *adminError) Error() string { return e.detail }

func (e *adminError) Unwrap() error { return e.kind }

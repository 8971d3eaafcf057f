package httpapi

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/citizens-portal/portal/backend/portal"
	"github.com/citizens-portal/portal/backend/store"
	"github.com/citizens-portal/portal/backend/transparency"
	"github.com/citizens-portal/portal/sdk/api"
	"github.com/citizens-portal/portal/sdk/verify"
)

// The transparency log: everything about its tree is public, since leaves are
// salted hashes. The proof of a complaint's events is for those who may read
// it, and for whoever holds its code and secret; words are for its owner only.

// maxWitnesses bounds what a reader may ask for, and what is kept.
const maxWitnesses = 32

// maxNote is far more than a checkpoint with all its signatures has.
const maxNote = 64 << 10

func (a *API) logRoutes(h huma.API, mux *http.ServeMux) {
	huma.Register(h, a.operation(route{id: "log", method: http.MethodGet, path: api.RouteLog, summary: "The transparency log: its name and keys", public: true}), a.logInfo)
	huma.Register(h, a.operation(route{id: "log-consistency", method: http.MethodGet, path: api.RouteConsistency, summary: "Proof that the log of one size grew into that of another", public: true}), a.logConsistency)
	huma.Register(h, a.operation(route{id: "proof", method: http.MethodGet, path: api.RouteProof, summary: "Proof that a complaint's events stand in the log"}), a.proof)
	mux.HandleFunc("GET "+api.RouteCheckpoint, a.logCheckpoint)
	mux.HandleFunc("GET "+api.RouteLogTiles+"{path...}", a.logTile)
	mux.HandleFunc("POST "+api.RouteCosign, a.logCosign)
	mux.HandleFunc("GET "+api.RouteTrackProof, a.trackProof)
}

type logInfoOutput struct{ Body api.LogInfo }

func (a *API) logInfo(ctx context.Context, _ *struct{}) (*logInfoOutput, error) {
	l := a.Transparency
	epochs, err := l.Epochs(ctx)
	if err != nil {
		return nil, a.fail(ctx, err)
	}
	return &logInfoOutput{api.LogInfo{
		Name: l.Name(), Keys: l.Keys(), MergeDelaySeconds: int(transparency.MergeDelay / time.Second), Witnesses: l.Witnesses, Epochs: epochs,
	}}, nil
}

type consistencyInput struct {
	From int64 `query:"from" minimum:"0"`
	To   int64 `query:"to" minimum:"0"`
}

type consistencyOutput struct{ Body api.LogConsistency }

func (a *API) logConsistency(ctx context.Context, in *consistencyInput) (*consistencyOutput, error) {
	proof, err := a.Transparency.Consistency(ctx, in.From, in.To)
	if err != nil {
		return nil, a.fail(ctx, err)
	}
	out := &consistencyOutput{api.LogConsistency{From: in.From, To: in.To, Hashes: []string{}}}
	for _, h := range proof {
		out.Body.Hashes = append(out.Body.Hashes, h.String())
	}
	return out, nil
}

type proofInput struct {
	Ref       string `path:"ref" maxLength:"64" doc:"id or code"`
	Witnesses int    `query:"witnesses" minimum:"0" maximum:"32" doc:"prove against the newest checkpoint that so many witnesses have cosigned"`
}

type proofOutput struct{ Body verify.Proof }

func (a *API) proof(ctx context.Context, in *proofInput) (*proofOutput, error) {
	out := &proofOutput{}
	err := a.Store.View(ctx, func(tx store.Tx) error {
		c, err := a.find(ctx, tx, in.Ref)
		if err != nil {
			return err
		}
		owner := viewer(ctx).Actor.Kind == portal.CitizenActor
		out.Body, err = a.Transparency.Proof(ctx, tx, c, owner, in.Witnesses)
		return err
	})
	if err != nil {
		return nil, a.fail(ctx, err)
	}
	return out, nil
}

// trackProof serves a proof to whoever holds the paper. Tries count as those of
// the tracking page do.
func (a *API) trackProof(w http.ResponseWriter, r *http.Request) {
	ctx := r.Context()
	witnesses, err := witnessCount(r)
	if err != nil {
		a.refuse(w, r, err)
		return
	}
	var proof verify.Proof
	err = a.tracked(ctx, r.PathValue("code"), r.URL.Query().Get("s"), func(tx store.Tx, c portal.Case) error {
		proof, err = a.Transparency.Proof(ctx, tx, c, false, witnesses)
		return err
	})
	if err != nil {
		a.refuse(w, r, err)
		return
	}
	writeJSON(w, http.StatusOK, proof)
}

func witnessCount(r *http.Request) (int, error) {
	text := r.URL.Query().Get("witnesses")
	if text == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 || n > maxWitnesses {
		return 0, portal.Invalid("query/witnesses", "witnesses", "a number from 0 to %d", maxWitnesses)
	}
	return n, nil
}

func (a *API) logCheckpoint(w http.ResponseWriter, r *http.Request) {
	witnesses, err := witnessCount(r)
	if err != nil {
		a.refuse(w, r, err)
		return
	}
	signed, err := a.Transparency.Checkpoint(r.Context(), witnesses)
	if err != nil {
		a.refuse(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = io.WriteString(w, signed) // the peer may be gone
}

// logTile serves hashes of the tree. A full tile never changes.
func (a *API) logTile(w http.ResponseWriter, r *http.Request) {
	data, err := a.Transparency.Tile(r.Context(), "tile/"+r.PathValue("path"))
	if err != nil {
		a.refuse(w, r, err)
		return
	}
	if !strings.Contains(r.PathValue("path"), ".p/") {
		w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	_, _ = w.Write(data) // the peer may be gone
}

// logCosign takes a checkpoint with the signatures of witnesses. It needs no
// sign-in: what is kept are signatures of keys that the operator named.
func (a *API) logCosign(w http.ResponseWriter, r *http.Request) {
	raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxNote))
	if err != nil {
		a.refuse(w, r, portal.Invalid("body", "body_long", "a checkpoint has at most %d bytes", maxNote))
		return
	}
	names, err := a.Transparency.Cosign(r.Context(), string(raw))
	if errors.Is(err, transparency.ErrWitness) {
		err = portal.Invalid("body", "cosignature", "%s", err)
	}
	if err != nil {
		a.refuse(w, r, err)
		return
	}
	writeJSON(w, http.StatusOK, api.LogCosigned{Witnesses: names})
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // the peer may be gone
}

// refuse answers outside huma as huma's routes do.
func (a *API) refuse(w http.ResponseWriter, r *http.Request, err error) {
	writeJSONProblem(w, a.problemOf(r.Context(), err))
}

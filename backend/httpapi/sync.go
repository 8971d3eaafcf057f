package httpapi

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"

	"github.com/citizens-portal/portal/backend/feed"
	"github.com/citizens-portal/portal/backend/identity"
	"github.com/citizens-portal/portal/backend/lifecycle"
	"github.com/citizens-portal/portal/backend/portal"
	"github.com/citizens-portal/portal/backend/store"
	"github.com/citizens-portal/portal/sdk/api"
)

// syncOperation is sync's name in the OpenAPI document.
const syncOperation = "sync"

type syncInput struct {
	Authorization string `header:"Authorization" hidden:"true"`
	Body          api.SyncRequest
}
type syncOutput struct{ Body api.SyncResponse }

func (a *API) syncRoutes(h huma.API) {
	huma.Register(h, a.operation(route{id: syncOperation, method: http.MethodPost, path: api.RouteSync, body: maxSyncBody, receipt: true,
		summary: "Push operations and pull what changed, in one round trip"}), a.sync)
}

// sync answers each operation on its own, then reads the viewer's feeds. With
// nothing to say it may wait for news.
func (a *API) sync(ctx context.Context, in *syncInput) (*syncOutput, error) {
	req := in.Body
	if req.WaitSeconds == 0 || len(req.Operations) > 0 {
		// A person is behind this one: it counts as activity.
		if _, err := a.principalOf(ctx, in.Authorization, false, true); err != nil {
			return nil, a.fail(ctx, err)
		}
	}
	epoch, err := a.Epoch(ctx)
	if err != nil {
		return nil, a.fail(ctx, err)
	}
	out := &syncOutput{Body: api.SyncResponse{Request: req.Request, Epoch: epoch}}
	if !otherEpoch(req, epoch) {
		out.Body.Answers = a.answer(ctx, req.Operations)
	}
	v := feed.Viewer{Actor: viewer(ctx).Actor, Hides: a.hides(ctx)}
	woken, stop := a.Hub.Wait(v.Feeds())
	defer stop()
	if err := a.firstPull(ctx, v, req, epoch, &out.Body); err != nil {
		return nil, a.fail(ctx, err)
	}
	if req.WaitSeconds > 0 && len(out.Body.Answers) == 0 && !out.Body.Busy && quiet(out.Body) && a.wait(ctx, woken, req.WaitSeconds) {
		// Meanwhile they may have signed out, or gone to another office.
		p, err := a.principalOf(ctx, in.Authorization, true, true)
		if err != nil {
			return nil, a.fail(ctx, err)
		}
		ctx = context.WithValue(ctx, principalKey{}, p)
		v = feed.Viewer{Actor: p.Actor, Hides: a.hides(ctx)}
		if err := a.pull(ctx, v, req, epoch, &out.Body); err != nil {
			return nil, a.fail(ctx, err)
		}
	}
	out.Body.Time = a.Now().UTC().Truncate(time.Millisecond)
	out.Body.Collections = a.versions(ctx)
	out.Body.Waiting = a.Now().Before(viewer(ctx).OldCasesFrom)
	return out, nil
}

// otherEpoch: the device knows the data of before a restore. Its operations wait
// unanswered for its next request: what it is about to offer again comes before
// them in their lanes.
func otherEpoch(req api.SyncRequest, epoch string) bool { return req.Epoch != "" && req.Epoch != epoch }

func quiet(r api.SyncResponse) bool {
	for _, p := range r.Feeds {
		if len(p.Entries) > 0 || p.Reset {
			return false
		}
	}
	return len(r.Mismatch) == 0
}

// wait holds the request until a feed grows; false when there is nobody to
// answer any more, or too many requests of this session wait already.
func (a *API) wait(ctx context.Context, woken <-chan struct{}, seconds int) bool {
	leave, ok := a.polls.enter(viewer(ctx).Session)
	if !ok {
		return false
	}
	defer leave()
	timer := time.NewTimer(time.Duration(min(seconds, api.MaxWaitSeconds)) * time.Second)
	defer timer.Stop()
	select {
	case <-woken:
		return true
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// firstPull is pull, for a first sync after a place has come free. Without one,
// what was answered is told all the same.
func (a *API) firstPull(ctx context.Context, v feed.Viewer, req api.SyncRequest, epoch string, out *api.SyncResponse) error {
	if isFirst(v, req, epoch) {
		leave, ok := a.firsts.enter(ctx)
		if !ok && len(out.Answers) == 0 {
			return &api.Problem{Type: api.TypeUnavailable, Title: "Many devices are being set up at the moment", Status: http.StatusServiceUnavailable,
				RetryAfterSeconds: firstAgain, RequestID: requestID(ctx)}
		}
		if !ok {
			out.Busy = true
			return nil
		}
		defer leave()
	}
	return a.pull(ctx, v, req, epoch, out)
}

// pull reads a page of each of the viewer's feeds in one snapshot.
func (a *API) pull(ctx context.Context, v feed.Viewer, req api.SyncRequest, epoch string, out *api.SyncResponse) error {
	return a.Store.View(ctx, func(tx store.Tx) error {
		out.Feeds, out.Mismatch = nil, nil
		l := a.lens(ctx, tx)
		for _, id := range v.Feeds() {
			c := cursorOf(req, id)
			c.Reset = otherEpoch(req, epoch)
			page, err := feed.Pull(ctx, tx, v, id, c, feed.Limits{Entries: api.MaxPageEntries, Bytes: api.MaxPageBytes})
			if err != nil {
				return err
			}
			shown, err := l.page(page)
			if err != nil {
				return err
			}
			out.Feeds = append(out.Feeds, shown)
			if err := compare(ctx, tx, id, req.Checksums, &out.Mismatch); err != nil {
				return err
			}
		}
		return l.files.err
	})
}

func cursorOf(req api.SyncRequest, id store.FeedID) feed.Cursor {
	for _, c := range req.Cursors {
		if c.Feed == string(id) {
			return feed.Cursor{N: c.N, Snapshot: c.Snapshot}
		}
	}
	return feed.Cursor{}
}

// compare checks a feed's checksum where the device stands at the feed's head;
// elsewhere there is nothing to compare with yet.
func compare(ctx context.Context, tx store.Tx, id store.FeedID, sums []api.Checksum, mismatch *[]string) error {
	for _, s := range sums {
		if s.Feed != string(id) {
			continue
		}
		head, err := tx.FeedHead(ctx, id)
		if err != nil {
			return err
		}
		if s.N == head.N && s.Sum != head.Sum {
			*mismatch = append(*mismatch, s.Feed)
		}
	}
	return nil
}

// answer carries out operations in order. When one has to be tried again later,
// the rest of its lane waits with it, so that order holds within a lane.
func (a *API) answer(ctx context.Context, ops []api.Operation) []api.Answer {
	var answers []api.Answer
	held, done, refused := map[string]int{}, map[string]bool{}, map[string]bool{}
	for _, op := range ops {
		if seconds, ok := held[op.Lane]; ok {
			answers = append(answers, api.Answer{Op: op.Op, Status: api.RetryAfter, RetryAfterSeconds: seconds})
			continue
		}
		ans := api.Answer{Op: op.Op, Status: api.RetryAfter, RetryAfterSeconds: retrySeconds}
		// Too many are refused unread: each costs a look into the store.
		switch i := slices.IndexFunc(op.Deps, func(dep string) bool { return refused[dep] }); {
		case i >= 0:
			ans = a.stranded(ctx, op, op.Deps[i])
		case len(op.Deps) > maxDeps || a.depsDone(ctx, op, done):
			ans = a.answerOne(ctx, op)
		}
		if ans.Status == api.RetryAfter {
			held[op.Lane] = ans.RetryAfterSeconds
		}
		done[op.Op] = ans.Status == api.Applied || ans.Status == api.Duplicate
		refused[op.Op] = ans.Status == api.Rejected
		answers = append(answers, ans)
	}
	return answers
}

// depsDone reports whether everything an operation builds on was carried out,
// in this batch or before.
func (a *API) depsDone(ctx context.Context, op api.Operation, done map[string]bool) bool {
	for _, dep := range op.Deps {
		if done[dep] {
			continue
		}
		err := a.Store.View(ctx, func(tx store.Tx) error { _, err := tx.Operation(ctx, dep, "", 0); return err })
		if err != nil {
			return false
		}
	}
	return true
}

// stranded refuses what builds on an operation refused in the same batch. Of one
// refused earlier only the device knows, and settles it there.
func (a *API) stranded(ctx context.Context, op api.Operation, dep string) api.Answer {
	detail := fmt.Sprintf("depends on operation %s, which was refused", dep)
	return api.Answer{Op: op.Op, Status: api.Rejected, Problem: &api.Problem{Type: api.TypeConflict, Title: "What this builds on was refused",
		Status: http.StatusConflict, Detail: detail, RequestID: requestID(ctx), Errors: []api.FieldProblem{{Pointer: "/deps", Code: api.CodeDependency, Detail: detail}}}}
}

// retrySeconds is how long a device waits after a failure that is ours.
const retrySeconds = 30

func (a *API) answerOne(ctx context.Context, op api.Operation) api.Answer {
	res, err := a.carryOut(ctx, op)
	if err == nil {
		status := api.Applied
		if res.Duplicate {
			status = api.Duplicate
		}
		return api.Answer{Op: op.Op, Status: status, Case: res.Case, Code: string(res.Code), Version: res.Version, LodgedAt: res.LodgedAt, Receipt: res.Receipt}
	}
	if errors.Is(err, errUpgrade) {
		return api.Answer{Op: op.Op, Status: api.Upgrade, Problem: &api.Problem{Type: api.TypeUpgrade, Title: "This server cannot read this operation",
			Status: http.StatusUnprocessableEntity, Detail: fmt.Sprintf("%s version %d", op.Type, op.Version)}}
	}
	p := a.problemOf(ctx, err)
	switch {
	case p.Type == api.TypeResetDevice:
		return api.Answer{Op: op.Op, Status: api.ResetDevice, Problem: p}
	case errors.Is(err, lifecycle.ErrOperationReused):
		return a.quarantine(ctx, op, p)
	case p.Type == api.TypeInternal && a.failedOften(ctx, op):
		return a.quarantine(ctx, op, p)
	case p.Status >= http.StatusInternalServerError:
		return api.Answer{Op: op.Op, Status: api.RetryAfter, Problem: p, RetryAfterSeconds: retrySeconds}
	case p.Status == http.StatusTooManyRequests:
		return api.Answer{Op: op.Op, Status: api.RetryAfter, Problem: p, RetryAfterSeconds: max(p.RetryAfterSeconds, 1)}
	}
	return api.Answer{Op: op.Op, Status: api.Rejected, Problem: p}
}

var errUpgrade = errors.New("operation not known here")

// carryOut checks the envelope and hands the body to its use case.
// What it cannot stand fails alone, as an internal error: the operations beside
// it go on, and after enough tries it is put aside.
func (a *API) carryOut(ctx context.Context, op api.Operation) (_ lifecycle.Result, err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("operation %s: panic: %v\n%s", op.Op, v, debug.Stack())
		}
	}()
	if err := checkEnvelope(op); err != nil {
		return lifecycle.Result{}, err
	}
	req := lifecycle.Request{Actor: viewer(ctx).Actor, Op: op.Op, Device: ownDevice(viewer(ctx)), N: op.N, Hash: strings.ToLower(op.SHA256), Receipt: op.Receipt, Hides: a.hides(ctx)}
	switch {
	case op.Type == api.OpLodge && op.Version == 1:
		var body api.LodgeBody
		if err := decode(op.Body, &body); err != nil {
			return lifecycle.Result{}, err
		}
		if !isUUID(body.ID) {
			return lifecycle.Result{}, portal.Invalid("id", "id_shape", "a complaint's id is a lower-case UUID made on the device")
		}
		req.Admit = a.admit(ctx)
		return a.Lifecycle.Lodge(ctx, req, filing(a.Directory(ctx), body))
	case op.Type == api.OpOpen && op.Version == 1:
		var body api.OpenBody
		if err := decode(op.Body, &body); err != nil {
			return lifecycle.Result{}, err
		}
		return a.Lifecycle.Opened(ctx, req, body.Case)
	case op.Type == api.OpAct && op.Version == 1:
		var body api.ActBody
		if err := decode(op.Body, &body); err != nil {
			return lifecycle.Result{}, err
		}
		return a.Lifecycle.Act(ctx, req, ask(body))
	}
	return lifecycle.Result{}, errUpgrade
}

// ownDevice names a device within its account: device ids are made by devices,
// so another account may bring the same one.
func ownDevice(p identity.Principal) string { return p.Subject() + "/" + p.Device }

// maxDeps bounds how many operations one may build on.
const maxDeps = 16

func checkEnvelope(op api.Operation) error {
	if !isUUID(op.Op) || op.N < 1 || len(op.Body) > maxActBody || len(op.Deps) > maxDeps {
		return portal.Invalid("operation", "operation_shape", "an operation needs a UUID, a counter from 1 and a body of at most %d bytes", maxActBody)
	}
	if !utf8.Valid(op.Body) {
		return portal.Invalid("body", "operation_encoding", "the body is not valid UTF-8")
	}
	sum := sha256.Sum256(op.Body)
	if hex.EncodeToString(sum[:]) != strings.ToLower(op.SHA256) {
		return portal.Invalid("sha256", "operation_hash", "the body does not match its SHA-256: it changed on the way")
	}
	return nil
}

func isUUID(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i, c := range s {
		dash := i == 8 || i == 13 || i == 18 || i == 23
		if dash != (c == '-') || !dash && !strings.ContainsRune("0123456789abcdef", c) {
			return false
		}
	}
	return true
}

// decode reads an operation's body; a field this version does not know is an
// error, so that nothing a person wrote is silently left out.
func decode(raw json.RawMessage, into any) error {
	d := json.NewDecoder(strings.NewReader(string(raw)))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return unreadable(err)
	}
	return nil
}

// unreadable says what is wrong with a body without saying any of it back:
// it may hold somebody's CNIC.
func unreadable(err error) error {
	const code = "operation_body"
	var shape *json.UnmarshalTypeError
	var when *time.ParseError
	switch {
	case errors.As(err, &shape) && shape.Field != "":
		return portal.Invalid(strings.ReplaceAll(shape.Field, ".", "/"), code, "this is not of the right type: %s is needed", shape.Type)
	case errors.As(err, &when):
		return portal.Invalid("body", code, "a time is written like 2026-05-04T09:10:11Z")
	}
	if name, ok := strings.CutPrefix(err.Error(), "json: unknown field "); ok {
		return portal.Invalid(strings.Trim(name, `"`), code, "this version of the operation has no such field")
	}
	return portal.Invalid("body", code, "the operation's body is not an object of the kind its type needs")
}

package simtest

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/citizens-portal/portal/sdk/api"
)

// link is one phone's way to the server: a RoundTripper that loses, delays,
// doubles, cuts and replaces what goes through it. What it draws depends on the
// phone and the seed alone.
type link struct {
	w    *world
	name string

	mu      sync.Mutex
	rng     *rand.Rand
	offline bool
	slow    bool
	dead    bool // the phone's process has ended; nothing leaves it any more
	old     []recorded
	places  map[string]place // by feed
}

// recorded is an answer to a sync request, for being delivered once more.
type recorded struct {
	status int
	header http.Header
	body   []byte
}

// place is what the phone's next cursor of a feed may be.
type place struct {
	allowed []int64
}

var (
	errLost     = errors.New("simulated: lost on the way")
	errOffline  = errors.New("simulated: no network")
	errNobody   = errors.New("simulated: the process has ended")
	errNoServer = errors.New("simulated: connection refused")
)

func newLink(w *world, name string) *link {
	return &link{w: w, name: name, rng: rand.New(newPCG(w.seed, "link "+name)), places: map[string]place{}}
}

// roll draws whether something with a probability of permille happens; never
// in calm weather.
func (l *link) roll(permille int) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.rng.IntN(1000) < permille && !l.w.calm.Load()
}

func (l *link) latency() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	span := 700 * time.Millisecond
	switch {
	case l.w.calm.Load():
		span = 20 * time.Millisecond
	case l.slow:
		span = 9 * time.Second
	}
	// Nanoseconds apart, so that no two requests meet at the same instant and a
	// seed always plays the same.
	return 5*time.Millisecond + time.Duration(l.rng.Int64N(int64(span)))
}

func (l *link) set(f func(*link)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	f(l)
}

func (l *link) state() (dead, offline bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.dead, l.offline && !l.w.calm.Load()
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// RoundTrip implements http.RoundTripper.
func (l *link) RoundTrip(r *http.Request) (*http.Response, error) {
	var body []byte
	if r.Body != nil {
		var err error
		if body, err = io.ReadAll(r.Body); err != nil {
			return nil, err
		}
		_ = r.Body.Close() // read to its end
	}
	answer, err := l.trip(r, body)
	if err != nil {
		return nil, err
	}
	if dead, _ := l.state(); dead {
		return nil, errNobody
	}
	resp := &http.Response{
		StatusCode: answer.status, Status: http.StatusText(answer.status), Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: answer.header, Body: io.NopCloser(bytes.NewReader(answer.body)), ContentLength: int64(len(answer.body)), Request: r,
	}
	return resp, nil
}

func (l *link) trip(r *http.Request, body []byte) (recorded, error) {
	ctx := r.Context()
	if dead, offline := l.state(); dead || offline {
		if err := sleep(ctx, l.latency()/4); err != nil {
			return recorded{}, err
		}
		if dead {
			return recorded{}, errNobody
		}
		return recorded{}, errOffline
	}
	sync := r.URL.Path == api.RouteSync
	if sync {
		l.sent(plain(body))
	}
	if err := sleep(ctx, l.latency()); err != nil {
		return recorded{}, err
	}
	if l.roll(110) {
		l.w.tracef("%s: %s lost", l.name, r.URL.Path)
		return recorded{}, errLost
	}
	if l.roll(80) {
		l.again(r, body)
	}
	answer, err := l.deliver(ctx, r, body, sync)
	if err != nil {
		return answer, err
	}
	if err := sleep(ctx, l.latency()); err != nil {
		return recorded{}, err
	}
	return l.back(r, answer, sync)
}

// again sends the same request a second time, later: nobody waits for its answer.
func (l *link) again(r *http.Request, body []byte) {
	l.mu.Lock()
	late := time.Duration(l.rng.Int64N(int64(3 * time.Minute)))
	if r.URL.Path == api.RouteSync {
		late = time.Duration(l.rng.Int64N(int64(2 * time.Hour)))
	}
	l.mu.Unlock()
	r = r.Clone(context.WithoutCancel(r.Context()))
	l.w.background(func() {
		time.Sleep(late)
		l.w.tracef("%s: %s again, %s late", l.name, r.URL.Path, late.Round(time.Second))
		_, _ = l.serve(context.Background(), r, noWait(body)) // a doubled request's answer goes nowhere
	})
}

// plain unpacks a body that was compressed.
func plain(body []byte) []byte {
	z, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		return body // it was not
	}
	out, err := io.ReadAll(z)
	if err != nil {
		return body
	}
	return out
}

// noWait takes the long poll out of a doubled request.
func noWait(body []byte) []byte {
	var req map[string]json.RawMessage
	if json.Unmarshal(body, &req) != nil || req["wait_seconds"] == nil {
		return body
	}
	delete(req, "wait_seconds")
	out, err := json.Marshal(req)
	if err != nil {
		return body
	}
	return out
}

func (l *link) serve(ctx context.Context, r *http.Request, body []byte) (recorded, error) {
	req := httptest.NewRequestWithContext(ctx, r.Method, r.URL.String(), bytes.NewReader(body))
	req.Header = r.Header.Clone()
	req.RemoteAddr = "192.0.2.1:1"
	rec, err := l.w.host.serve(req)
	if err != nil {
		return recorded{}, errNoServer
	}
	return recorded{rec.Code, rec.Header(), rec.Body.Bytes()}, nil
}

// deliver brings the request to the server, perhaps to one that cannot read one
// of its operations yet or is too busy for it.
func (l *link) deliver(ctx context.Context, r *http.Request, body []byte, sync bool) (recorded, error) {
	var word api.Answer
	if sync && l.roll(30) {
		body, word = l.without(body)
	}
	answer, err := l.serve(ctx, r, body)
	if err != nil || word.Op == "" || answer.status != http.StatusOK {
		return answer, err
	}
	var resp api.SyncResponse
	if err := json.Unmarshal(answer.body, &resp); err != nil {
		return answer, err
	}
	resp.Answers = append(resp.Answers, word)
	l.w.tracef("%s: %s answered %s", l.name, short(word.Op), word.Status)
	answer.body, err = json.Marshal(resp)
	return answer, err
}

// without takes the first operation out of a request and answers it itself.
func (l *link) without(body []byte) ([]byte, api.Answer) {
	var req api.SyncRequest
	if json.Unmarshal(body, &req) != nil || len(req.Operations) == 0 {
		return body, api.Answer{}
	}
	word := api.Answer{Op: req.Operations[0].Op, Status: api.RetryAfter, RetryAfterSeconds: 90}
	l.mu.Lock()
	if l.rng.IntN(2) == 0 {
		word = api.Answer{Op: word.Op, Status: api.Upgrade, Problem: &api.Problem{Type: api.TypeUpgrade, Title: "not known here yet", Status: 422}}
	}
	l.mu.Unlock()
	req.Operations = req.Operations[1:]
	out, err := json.Marshal(req)
	if err != nil {
		return body, api.Answer{}
	}
	return out, word
}

// back is the answer's way.
func (l *link) back(r *http.Request, answer recorded, sync bool) (recorded, error) {
	switch {
	case l.roll(110):
		l.w.tracef("%s: answer of %s lost", l.name, r.URL.Path)
		return recorded{}, errLost
	case l.roll(25):
		l.w.tracef("%s: answer of %s cut", l.name, r.URL.Path)
		answer.body = answer.body[:len(answer.body)/2]
		return answer, nil
	case l.roll(20):
		l.w.tracef("%s: answer of %s garbled", l.name, r.URL.Path)
		answer.body = append(slices.Clone(answer.body), "\x00}{"...)
		return answer, nil
	case l.roll(30):
		l.w.tracef("%s: a gateway's 502 for %s", l.name, r.URL.Path)
		return recorded{http.StatusBadGateway, http.Header{"Content-Type": {"text/html"}}, []byte("<h1>Bad gateway</h1>")}, nil
	case l.roll(10):
		l.w.tracef("%s: a login page for %s", l.name, r.URL.Path)
		return recorded{http.StatusOK, http.Header{"Content-Type": {"text/html"}}, []byte("<h1>Welcome to the hotel</h1>")}, nil
	}
	if !sync || answer.status != http.StatusOK {
		return answer, nil
	}
	l.mu.Lock()
	l.old = append(l.old, answer)
	if len(l.old) > 12 {
		l.old = l.old[1:]
	}
	pick := l.rng.IntN(len(l.old))
	stale := l.old[pick]
	l.mu.Unlock()
	if l.roll(35) && pick < len(l.old)-1 {
		l.w.tracef("%s: a stale answer", l.name)
		return stale, nil
	}
	l.received(answer.body)
	return answer, nil
}

// sent looks at a request: hashes of operations, and that each cursor is where
// an answer before has put it. This is how "no cursor skips" is watched.
func (l *link) sent(body []byte) {
	var req api.SyncRequest
	if err := json.Unmarshal(body, &req); err != nil {
		l.w.violate("%s sent a request that cannot be read: %v", l.name, err)
		return
	}
	l.w.noteOperations(l.name, req.Operations)
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, c := range req.Cursors {
		p, known := l.places[c.Feed]
		if known && c.N != 0 && !slices.Contains(p.allowed, c.N) {
			l.w.violate("%s: cursor of %s is at %d, answers led to %v", l.name, c.Feed, c.N, p.allowed)
		}
		l.places[c.Feed] = place{allowed: []int64{c.N}}
	}
}

// received notes where an answer leads. A page that does not fit leads nowhere.
func (l *link) received(body []byte) {
	var resp api.SyncResponse
	if err := json.Unmarshal(body, &resp); err != nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, p := range resp.Feeds {
		at := l.places[p.Feed]
		if whole(p) {
			at.allowed = append(at.allowed, p.Next)
		}
		l.places[p.Feed] = at
	}
}

func whole(p api.Page) bool {
	n := p.From
	for _, e := range p.Entries {
		if e.N == 0 {
			continue // a snapshot's
		}
		if n++; e.N != n {
			return false
		}
	}
	return true
}

// forgetPlaces is for a phone whose folder was replaced: it may be anywhere.
func (l *link) forgetPlaces() { l.set(func(l *link) { l.places, l.old = map[string]place{}, nil }) }

func short(id string) string {
	if len(id) < 8 {
		return id
	}
	return id[len(id)-8:]
}

func describe(ops []api.Operation) string {
	var parts []string
	for _, op := range ops {
		parts = append(parts, fmt.Sprintf("%s#%d %s", op.Type, op.N, short(op.Op)))
	}
	return strings.Join(parts, ", ")
}

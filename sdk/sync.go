package sdk

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/citizens-portal/portal/sdk/api"
	"github.com/citizens-portal/portal/sdk/internal/local"
	"github.com/citizens-portal/portal/sdk/internal/remote"
)

// Syncer brings operations up and entries down, one request at a time.
type Syncer struct {
	c *Client
	// turn is held by whoever speaks with the server.
	turn chan struct{}
	wake chan struct{}
	// placed are the uploads whose offset is sure, by name: nothing was cut off
	// since the server said it. Whoever holds the turn may use it.
	placed map[string]bool

	mu sync.Mutex
	// stopPoll ends a long poll under way, nil when there is none; queue counts
	// who wants the turn meanwhile, so that no new one begins before them.
	stopPoll context.CancelFunc
	queue    int
	tries    int // failures in a row, for the backoff
	lastErr  error
	nextTry  time.Time
	// quietTo is until when the server asked not to be asked for news. What a
	// person writes may go nevertheless.
	quietTo time.Time
}

func newSyncer(c *Client) *Syncer {
	return &Syncer{c: c, turn: make(chan struct{}, 1), wake: make(chan struct{}, 1), placed: map[string]bool{}}
}

// Result tells what a sync did.
type Result struct {
	Sent     int `json:"sent"`     // operations answered
	Refused  int `json:"refused"`  // of these, now in Attention
	Received int `json:"received"` // feed entries
	Waiting  int `json:"waiting"`  // operations still in the outbox
	Held     int `json:"held"`     // of these, kept back while they can be undone
}

// checksumEvery is how often feeds are compared with the server's.
const checksumEvery = 24 * time.Hour

// maxStalls ends a sync in which the server keeps promising more and brings
// nothing.
const maxStalls = 3

// Now syncs until nothing is left to send or to fetch. A person asked, so
// waits that the device chose itself are skipped; those the server asked for
// are not. ErrOffline, ErrSignedOut, ErrLimited and ErrUpgrade tell why it
// could not; everything stays queued.
func (s *Syncer) Now(ctx context.Context) (Result, error) {
	s.Poke()
	if err := s.take(ctx); err != nil {
		return Result{}, err
	}
	defer s.give()
	return s.run(ctx, local.Select{Impatient: true})
}

// take waits for the turn, and lets nobody wait for news until then.
func (s *Syncer) take(ctx context.Context) error {
	s.lineUp(1)
	defer s.lineUp(-1)
	s.interrupt()
	select {
	case s.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return &Error{Kind: ErrOffline, Cause: ctx.Err()}
	}
}

func (s *Syncer) give() { <-s.turn }

func (s *Syncer) lineUp(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.queue += n
}

// pause keeps sync away while the account changes.
func (s *Syncer) pause() {
	s.lineUp(1)
	defer s.lineUp(-1)
	s.interrupt()
	s.turn <- struct{}{}
}

func (s *Syncer) resume() { s.give() }

// interrupt ends a long poll: it holds nothing that is not asked for again.
func (s *Syncer) interrupt() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopPoll != nil {
		s.stopPoll()
	}
}

// Poke ends any waiting of Run: call it when a person asks, or the network came
// back.
func (s *Syncer) Poke() {
	s.mu.Lock()
	s.tries, s.nextTry = 0, time.Time{}
	s.mu.Unlock()
	s.interrupt()
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// run makes rounds until there is nothing to do. It remembers how it went.
func (s *Syncer) run(ctx context.Context, sel local.Select) (res Result, err error) {
	defer func() {
		s.ended(err)
		if err == nil {
			s.c.log.follow(ctx)
		}
	}()
	sel.Tried = map[string]bool{}
	stalls := 0
	for {
		out, err := s.round(ctx, sel)
		res.Sent += out.Answered
		res.Refused += len(out.Rejected)
		res.Received += out.Entries
		if err != nil {
			return res, err
		}
		if out.Answered+out.Entries == 0 {
			stalls++
		}
		again, err := s.more(sel, &res)
		if err != nil || (!again && !out.More && !out.Gap) || stalls > maxStalls {
			return res, err
		}
		sel.WaitSeconds = 0
	}
}

// more reports whether another operation may go, and counts what waits.
func (s *Syncer) more(sel local.Select, res *Result) (again bool, err error) {
	err = s.c.view(func(tx *local.Tx) error {
		if again, err = tx.Ready(sel); err != nil {
			return err
		}
		out, err := tx.Outbox()
		res.Waiting, res.Held = len(out), 0
		for _, op := range out {
			if op.Held(tx.Now()) {
				res.Held++
			}
		}
		return err
	})
	return again, err
}

// ended keeps the outcome for Status and the backoff.
func (s *Syncer) ended(err error) {
	s.mu.Lock()
	if err == nil {
		s.tries, s.lastErr = 0, nil
	} else if !errors.Is(err, context.Canceled) {
		s.tries++
		s.lastErr = err
		if asked := min(retryAfter(err), backoffCap); asked > 0 {
			s.quietTo = s.c.cfg.Now().Add(asked)
		}
	}
	s.mu.Unlock()
	s.c.changes.send(Change{Sync: true})
}

// round is one request and what its answer changes.
func (s *Syncer) round(ctx context.Context, sel local.Select) (local.Applied, error) {
	req, err := s.prepare(sel)
	if err != nil {
		return local.Applied{}, err
	}
	if left := s.quiet(); left > 0 && len(req.Operations) == 0 && !sel.PullOnly {
		return local.Applied{}, &Error{Kind: ErrOffline, Cause: errors.New("the server asked to wait"), RetryAfter: left}
	}
	for _, op := range req.Operations {
		sel.Tried[op.Op] = true
	}
	var resp api.SyncResponse
	err = s.c.authed(ctx, func(r *remote.Client, token string) (err error) {
		resp, err = r.Sync(ctx, token, req)
		return err
	})
	if err != nil {
		return s.failed(ctx, sel, req.Operations, err)
	}
	return s.apply(ctx, req, resp)
}

// quiet is how much longer the server wants not to be asked for news. A clock
// that was set back does not make it longer.
func (s *Syncer) quiet() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	left := s.quietTo.Sub(s.c.cfg.Now())
	if left <= 0 || left > backoffCap {
		s.quietTo = time.Time{}
		return 0
	}
	return left
}

func (s *Syncer) prepare(sel local.Select) (req api.SyncRequest, err error) {
	err = s.c.update(func(tx *local.Tx) error {
		st, err := tx.State()
		if err != nil {
			return err
		}
		sel.Checksums = !sel.PullOnly && tx.Now().Sub(st.ChecksumAt) >= checksumEvery
		req, err = tx.Prepare(sel)
		return err
	})
	return req, err
}

// apply takes an answer in, whole, then tells listeners and follows what the
// answer points to.
func (s *Syncer) apply(ctx context.Context, req api.SyncRequest, resp api.SyncResponse) (out local.Applied, err error) {
	if s.c.cfg.Faults.Bug == local.BugCursorFirst {
		if err := s.c.update(func(tx *local.Tx) error { return tx.SaveCursors(resp) }); err != nil {
			return out, err
		}
	}
	err = s.c.update(func(tx *local.Tx) error {
		out, err = tx.Apply(req, resp, s.jitter)
		return err
	})
	if err != nil {
		return out, err
	}
	s.c.changes.send(Change{Complaints: out.Cases, Outbox: out.Answered > 0 || out.Epoch, Sync: true})
	if out.Reset {
		return out, s.c.resetDevice()
	}
	if u, err := s.c.user(); err == nil {
		if err := u.GoodSync(); err != nil {
			return out, err
		}
	}
	if len(resp.Collections) > 0 {
		// Not having them now costs nothing: the next sync tries again.
		_ = s.c.Directory.follow(ctx, resp.Collections)
	}
	return out, nil
}

// failed decides whether a request failed because of an operation in it: then
// the same request without operations passes. One that is to blame waits alone
// or becomes an attention item; the others go on.
func (s *Syncer) failed(ctx context.Context, sel local.Select, ops []api.Operation, err error) (local.Applied, error) {
	if isProblem(err, api.TypeResetDevice) {
		return local.Applied{}, s.c.resetDevice()
	}
	blame := serverFailed(err) || errors.Is(err, ErrInvalid)
	if len(ops) == 0 || !blame {
		return local.Applied{}, err
	}
	out, probeErr := s.round(ctx, local.Select{PullOnly: true, Tried: sel.Tried})
	if probeErr != nil {
		return out, err
	}
	var p *api.Problem
	refused := len(ops) == 1 && errors.Is(err, ErrInvalid) && errors.As(err, &p)
	err = s.c.update(func(tx *local.Tx) error {
		if refused {
			return tx.Refuse(ops[0], p)
		}
		return tx.Fail(ops, s.jitter)
	})
	if len(ops) > 1 {
		for _, op := range ops {
			delete(sel.Tried, op.Op) // each alone, now
		}
	}
	if refused {
		out.Answered++
		out.Rejected = append(out.Rejected, ops[0].Op)
	}
	s.c.changes.send(Change{Outbox: true, Complaints: []string{ops[0].Lane}})
	return out, err
}

// serverFailed: an internal error, or a gateway's word for one.
func serverFailed(err error) bool {
	var off *remote.Offline
	if errors.As(err, &off) {
		return off.Status >= 500
	}
	return errors.Is(err, ErrServer)
}

// Status tells where sync stands, for a banner.
type Status struct {
	Freshness
	SignedIn  bool      `json:"signed_in"`
	Queued    int       `json:"queued"`
	Held      int       `json:"held"` // of these, kept back while they can be undone
	Checking  int       `json:"checking"`
	Attention int       `json:"attention"`
	Files     int       `json:"files"` // to be sent
	NextTry   time.Time `json:"next_try,omitzero"`
	// LowSpace: the device is nearly full; free some before it is.
	LowSpace bool `json:"low_space,omitempty"`
	// Log is the watch over the portal's public log.
	Log LogStatus `json:"log"`
	// Err is why the last sync failed, nil when it did not.
	Err error `json:"-"`
}

// Status tells where sync stands. ErrSignedOut when nobody has signed in.
func (s *Syncer) Status() (st Status, err error) {
	err = s.c.view(func(tx *local.Tx) error {
		out, err := tx.Outbox()
		if err != nil {
			return err
		}
		for _, op := range out {
			if op.Type == api.OpOpen {
				continue // it only tells of an opening, and is nobody's work
			}
			if op.Checking {
				st.Checking++
			} else {
				st.Queued++
			}
			if op.Held(tx.Now()) {
				st.Held++
			}
		}
		items, err := tx.AttentionItems()
		if err != nil {
			return err
		}
		st.Attention = len(items)
		files, err := tx.Transfers("")
		if err != nil {
			return err
		}
		for _, t := range files {
			if t.Open() {
				st.Files++
			}
		}
		a, err := tx.Account()
		if err != nil {
			return err
		}
		st.SignedIn = !a.SignedOut && a.Session.Access != ""
		if st.Log, err = s.c.log.status(tx); err != nil {
			return err
		}
		st.Freshness, err = s.c.freshness(tx)
		return err
	})
	st.LowSpace = s.c.home.LowSpace()
	s.mu.Lock()
	defer s.mu.Unlock()
	st.Err, st.NextTry = s.lastErr, s.nextTry
	return st, err
}

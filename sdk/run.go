package sdk

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"sync"
	"time"

	"github.com/citizens-portal/portal/sdk/internal/local"
)

// Backoff: full jitter over a doubling span.
const (
	backoffBase = 2 * time.Second
	backoffCap  = 15 * time.Minute
	// While a person waits for one answer the spans are shorter; their patience
	// ends it soon.
	waitingBase = 250 * time.Millisecond
	waitingCap  = 3 * time.Second
)

// pollSeconds is how long a long poll lasts at most; below the timeouts of
// usual gateways.
const pollSeconds = 50

// Run keeps the device in sync until ctx ends: it sends what is queued, waits
// for news with a long poll, and after failures tries again with growing
// pauses. What was filed without an account goes beside it, signed in or not. Use
// it while the program is in the foreground, once per client.
func (c *Client) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	var beside sync.WaitGroup
	defer beside.Wait()
	defer cancel()
	beside.Go(func() { c.Anonymous.run(ctx) })
	s := c.Sync
	for {
		pause, err := s.step(ctx)
		if err != nil && ctx.Err() == nil && errors.Is(err, ErrDamaged) {
			return err
		}
		if ctx.Err() != nil {
			return nil //nolint:nilerr // being asked to stop is no failure
		}
		if pause > 0 && !s.sleep(ctx, pause) {
			return nil
		}
	}
}

// forever is the pause when only a person can change things.
const forever = 365 * 24 * time.Hour

// step sends what may go, or else waits for news. It gives the pause before the
// next.
func (s *Syncer) step(ctx context.Context) (time.Duration, error) {
	if err := s.take(ctx); err != nil {
		return 0, err
	}
	defer s.give()
	s.drainWake()
	next, err := s.next()
	switch {
	case err != nil:
	case next.seconds == 0:
		_, err = s.run(ctx, local.Select{})
	case next.hasFile:
		err = s.interruptible(ctx, func(ctx context.Context) error { return s.fileStep(ctx, next.file) })
	default:
		err = s.interruptible(ctx, func(ctx context.Context) error {
			_, err := s.run(ctx, local.Select{WaitSeconds: next.seconds})
			return err
		})
	}
	switch {
	case err == nil:
		return 0, nil
	case errors.Is(err, context.Canceled) && ctx.Err() == nil:
		return 0, nil // interrupted because there is something to do
	}
	return s.pauseAfter(err), err
}

// interruptible does what everything else goes before: waiting for news, or
// sending files.
func (s *Syncer) interruptible(ctx context.Context, do func(context.Context) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	s.mu.Lock()
	s.stopPoll = cancel
	queue := s.queue
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		s.stopPoll = nil
		s.mu.Unlock()
	}()
	if queue > 0 {
		return nil
	}
	select {
	case <-s.wake: // poked between looking and here
		return nil
	default:
	}
	return do(ctx)
}

// nextStep is what there is to do: with seconds 0 an operation to send, else a
// file, else waiting for news that long, until an operation or a file may be
// tried again.
type nextStep struct {
	seconds int
	hasFile bool
	file    local.Transfer
}

func (s *Syncer) next() (next nextStep, err error) {
	next.seconds = pollSeconds
	err = s.c.view(func(tx *local.Tx) error {
		at, waiting, err := tx.NextTry()
		if err != nil {
			return err
		}
		until := func(at time.Time) int { return max(0, int((at.Sub(tx.Now())+time.Second-1)/time.Second)) }
		if waiting {
			next.seconds = min(next.seconds, until(at))
		}
		var wake time.Time
		next.file, next.hasFile, wake, err = tx.NextTransfer(false, nil)
		if !next.hasFile && !wake.IsZero() {
			next.seconds = min(next.seconds, max(1, until(wake)))
		}
		return err
	})
	return next, err
}

// pauseAfter is how long to leave the server alone after a failure.
func (s *Syncer) pauseAfter(err error) time.Duration {
	s.mu.Lock()
	tries := s.tries
	s.mu.Unlock()
	pause := s.jitter(tries)
	switch {
	case errors.Is(err, ErrSignedOut):
		pause = forever
	case errors.Is(err, ErrUpgrade):
		pause = backoffCap
	}
	if asked := retryAfter(err); asked > 0 {
		// Everybody was told the same: half as long again, at random, spreads them.
		pause += asked + s.c.jitter(asked/2, backoffCap, 1)
	}
	s.mu.Lock()
	s.nextTry = s.c.cfg.Now().Add(pause)
	s.mu.Unlock()
	s.c.changes.send(Change{Sync: true})
	return pause
}

func (s *Syncer) drainWake() {
	select {
	case <-s.wake:
	default:
	}
}

// sleep waits, or less when poked; false when ctx ended.
func (s *Syncer) sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-s.wake:
	case <-ctx.Done():
		return false
	}
	return true
}

// jitter is a random pause after a number of failures: full jitter, so that
// devices that failed together do not come back together.
func (s *Syncer) jitter(tries int) time.Duration {
	return s.c.jitter(backoffBase, backoffCap, tries)
}

func (c *Client) jitter(base, limit time.Duration, tries int) time.Duration {
	span := limit
	if shift := max(tries-1, 0); shift < 20 {
		span = min(base<<shift, limit)
	}
	var b [8]byte
	if _, err := io.ReadFull(c.rand, b[:]); err != nil {
		return span
	}
	return time.Millisecond + time.Duration(binary.BigEndian.Uint64(b[:])%uint64(span))
}

// Delivery is what became of one operation.
type Delivery string

// Deliveries.
const (
	Waiting  Delivery = "queued"
	Received Delivery = "received"
	Checking Delivery = "checking" // the server keeps it and a person looks
	Refused  Delivery = "attention"
)

// Deliver syncs until the server has answered an operation or ctx ends, and
// tells what became of it. For Refused the error carries the problem; for
// Waiting it is ErrOffline or what else is in the way, and the operation stays
// queued.
func (s *Syncer) Deliver(ctx context.Context, op string) (Delivery, error) {
	for tries := 1; ; tries++ {
		_, err := s.Now(ctx)
		d, refusal := s.delivery(op)
		if d != Waiting {
			return d, refusal
		}
		if err == nil {
			err = &Error{Kind: ErrOffline, Cause: errors.New("the server asked to wait")}
		}
		pause := s.c.jitter(waitingBase, waitingCap, tries) + retryAfter(err)
		if !errors.Is(err, ErrOffline) && !errors.Is(err, ErrServer) && !errors.Is(err, ErrLimited) {
			return d, err
		}
		deadline, ok := ctx.Deadline()
		if s.c.remote == nil || (ok && s.c.cfg.Now().Add(pause).After(deadline)) || !s.rest(ctx, pause) {
			return d, err
		}
	}
}

// rest waits without listening for pokes.
func (s *Syncer) rest(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// delivery looks an operation up.
func (s *Syncer) delivery(id string) (Delivery, error) {
	var op local.Op
	var found bool
	err := s.c.view(func(tx *local.Tx) (err error) {
		op, found, err = tx.FindOp(id)
		return err
	})
	switch {
	case err != nil:
		return Waiting, err
	case !found:
		return Received, nil // answered and let go of long ago
	case op.Answer == nil && op.Checking:
		return Checking, nil
	case op.Answer == nil:
		return Waiting, nil
	case op.Answer.Problem != nil:
		return Refused, fromProblem(op.Answer.Problem)
	case !op.Accepted():
		return Refused, ErrConflict
	}
	return Received, nil
}

package mobile

import (
	"context"
	"errors"

	"github.com/citizens-portal/portal/sdk"
)

// Sync brings what was written to the server, and news to the device. A program
// in the foreground keeps it going with [Sync.Start]; a worker in the background
// calls [Sync.Now].
type Sync struct{ p *Portal }

// Listener is implemented by the host. It is called on one thread at a time, which
// is never the one that draws, and must not call [Portal.Close].
type Listener interface {
	// OnChange tells that something moved: read anew what is shown.
	OnChange(change *Change)
	// OnError tells that sync cannot go on, with one of the Code… numbers.
	OnError(code int, message string)
	// OnDone is the last call.
	OnDone()
}

// Change tells what moved since the listener was last called.
type Change struct {
	// Complaints are the ids of those that changed.
	Complaints *Strings
	// Files are the ids of complaints whose files moved.
	Files     *Strings
	Drafts    bool
	Outbox    bool // something was queued, sent or refused
	Directory bool // places or categories
	Account   bool // signed in or out
	Sync      bool // freshness or reachability
	Anonymous bool // what was filed without an account
}

// Job is work that goes on until it is cancelled.
type Job struct{ cancel context.CancelFunc }

// Cancel asks the job to end and returns at once; the listener hears of the end.
func (j *Job) Cancel() { j.cancel() }

// Start keeps the device in sync until the job is cancelled or the portal closed:
// it sends what waits, and waits for news. Have one at a time, while the program
// is in the foreground.
func (s *Sync) Start(listener Listener) (*Job, error) {
	if listener == nil {
		return nil, missing("listener")
	}
	done, err := s.p.begin()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(s.p.ctx)
	go func() {
		defer done()
		defer cancel()
		s.follow(ctx, cancel, listener)
	}()
	return &Job{cancel}, nil
}

// follow runs the client and tells the listener until ctx ends. The listener's
// calls come from this goroutine alone.
func (s *Sync) follow(ctx context.Context, cancel context.CancelFunc, listener Listener) {
	changes := s.p.client.Changes(ctx)
	ended := make(chan error, 1)
	go func() {
		defer cancel()
		_, err := guarded(func() (struct{}, error) { return struct{}{}, s.p.client.Run(ctx) })
		ended <- err
	}()
	_, told := guarded(func() (struct{}, error) {
		for c := range changes {
			listener.OnChange(changeOf(c))
		}
		return struct{}{}, nil
	})
	cancel()
	err := errors.Join(<-ended, told)
	// What a host's own calls throw here, nobody is left to hear.
	_, _ = guarded(func() (struct{}, error) {
		if err != nil {
			listener.OnError(codeOf(err), err.Error())
		}
		listener.OnDone()
		return struct{}{}, nil
	})
}

func changeOf(c sdk.Change) *Change {
	return &Change{
		Complaints: &Strings{c.Complaints}, Files: &Strings{c.Files}, Drafts: c.Drafts, Outbox: c.Outbox,
		Directory: c.Directory, Account: c.Account, Sync: c.Sync, Anonymous: c.Anonymous,
	}
}

// Result tells what one sync did.
type Result struct {
	Sent     int // acts that the server answered
	Refused  int // of these, now in Attention
	Received int // entries of news
	Waiting  int // acts still waiting
}

// Now syncs until nothing is left to send or to fetch.
func (s *Sync) Now(timeoutMillis int64) (*Result, error) {
	return call(s.p, timeoutMillis, func(ctx context.Context) (*Result, error) {
		r, err := s.p.client.Sync.Now(ctx)
		return &Result{Sent: r.Sent, Refused: r.Refused, Received: r.Received, Waiting: r.Waiting}, err
	})
}

// Deliver syncs until the server has answered one submission: "received", or
// "checking" when a person there looks at it. A refusal is an error, and so is
// time running out; what was saved stays saved.
func (s *Sync) Deliver(op string, timeoutMillis int64) (string, error) {
	return call(s.p, timeoutMillis, func(ctx context.Context) (string, error) {
		d, err := s.p.client.Sync.Deliver(ctx, op)
		return string(d), err
	})
}

// SendFiles sends the files that wait, and gives how many still do.
func (s *Sync) SendFiles(timeoutMillis int64) (int, error) {
	return call(s.p, timeoutMillis, func(ctx context.Context) (int, error) {
		f, err := s.p.client.Sync.SendFiles(ctx)
		return f.Waiting, err
	})
}

// Wake ends any waiting: call it when the network came back.
func (s *Sync) Wake() { s.p.client.Sync.Poke() }

// Status tells where sync stands.
type Status struct {
	SignedIn       bool
	Offline        bool  // the last attempt did not reach the server
	SyncedAtMillis int64 // by the device's clock
	Queued         int   // acts that wait
	Checking       int   // acts that a person at the server looks at
	Attention      int   // acts that were refused and want a decision
	Files          int   // files that wait
	NextTryMillis  int64
	LowSpace       bool // the device is nearly full
	// ErrorCode and ErrorMessage say why the last sync failed, 0 when it did not.
	ErrorCode    int
	ErrorMessage string
}

// Status tells where sync stands; CodeSignedOut when nobody has signed in.
func (s *Sync) Status() (*Status, error) {
	return call(s.p, 0, func(context.Context) (*Status, error) {
		st, err := s.p.client.Sync.Status()
		out := &Status{
			SignedIn: st.SignedIn, Offline: st.Offline, SyncedAtMillis: millis(st.SyncedAt), Queued: st.Queued, Checking: st.Checking,
			Attention: st.Attention, Files: st.Files, NextTryMillis: millis(st.NextTry), LowSpace: st.LowSpace,
		}
		if st.Err != nil {
			out.ErrorCode, out.ErrorMessage = codeOf(st.Err), st.Err.Error()
		}
		return out, err
	})
}

// Outbox lists what the server has not answered, in order.
func (s *Sync) Outbox() (*PendingList, error) {
	return call(s.p, 0, func(ctx context.Context) (*PendingList, error) {
		ops, err := s.p.client.Sync.Outbox(ctx)
		return queuedOf(ops), err
	})
}

// Attention lists what the server refused and nobody has decided about, with
// Copy, Retry or Discard.
func (s *Sync) Attention() (*PendingList, error) {
	return call(s.p, 0, func(ctx context.Context) (*PendingList, error) {
		ops, err := s.p.client.Sync.Attention(ctx)
		return queuedOf(ops), err
	})
}

// Copy makes a draft of a refused complaint, to be corrected and lodged.
func (s *Sync) Copy(op string) (*Draft, error) {
	return call(s.p, 0, func(ctx context.Context) (*Draft, error) {
		d, err := s.p.client.Sync.Copy(ctx, op)
		out := draftOf(d)
		return &out, err
	})
}

// Retry offers a refused act again; text, when not "", replaces what was written.
func (s *Sync) Retry(op, text string) (*Submission, error) {
	return call(s.p, 0, func(ctx context.Context) (*Submission, error) {
		sub, err := s.p.client.Sync.Retry(ctx, op, text)
		if err != nil {
			return nil, err
		}
		return &Submission{Op: sub.Op, Complaint: complaintOf(sub.Complaint)}, nil
	})
}

// Discard settles a refused act for good, or takes back one that was never sent.
func (s *Sync) Discard(op string) error {
	return perform(s.p, 0, func(ctx context.Context) error { return s.p.client.Sync.Discard(ctx, op) })
}

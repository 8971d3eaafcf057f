package sdk

import (
	"context"
	"slices"
	"sync"
)

// Change tells what moved since the receiver last looked.
type Change struct {
	// Complaints are the ids that changed; look them up anew.
	Complaints []string
	Drafts     bool
	Outbox     bool // something was queued, sent or refused
	Directory  bool // places, categories or offices
	Account    bool // signed in or out
	Sync       bool // freshness or reachability
	Anonymous  bool // what was filed without an account
	// Files are the ids of complaints whose files moved: a piece was sent, one
	// arrived or failed. What else is in them did not change.
	Files []string
}

func (c Change) merge(d Change) Change {
	return Change{
		Complaints: union(c.Complaints, d.Complaints), Files: union(c.Files, d.Files), Drafts: c.Drafts || d.Drafts, Outbox: c.Outbox || d.Outbox,
		Directory: c.Directory || d.Directory, Account: c.Account || d.Account, Sync: c.Sync || d.Sync, Anonymous: c.Anonymous || d.Anonymous,
	}
}

func union(a, b []string) []string {
	ids := slices.Concat(a, b)
	slices.Sort(ids)
	return slices.Compact(ids)
}

// broadcaster hands changes to listeners. A slow listener costs nobody
// anything: what it has not taken yet is merged into one Change.
type broadcaster struct {
	mu        sync.Mutex
	closed    bool
	listeners map[chan Change]bool
}

func (b *broadcaster) send(d Change) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for ch := range b.listeners {
		out := d
		select {
		case waiting := <-ch:
			out = waiting.merge(d)
		default:
			out = out.merge(Change{})
		}
		ch <- out
	}
}

func (b *broadcaster) close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = true
	for ch := range b.listeners {
		close(ch)
	}
	b.listeners = nil
}

func (b *broadcaster) remove(ch chan Change) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.listeners[ch] {
		delete(b.listeners, ch)
		close(ch)
	}
}

// Changes tells what moved, until ctx ends or the client is closed; the channel
// is closed then. It never holds the client up: changes not yet taken are
// merged into one.
func (c *Client) Changes(ctx context.Context) <-chan Change {
	ch := make(chan Change, 1)
	b := &c.changes
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		close(ch)
		return ch
	}
	if b.listeners == nil {
		b.listeners = map[chan Change]bool{}
	}
	b.listeners[ch] = true
	context.AfterFunc(ctx, func() { b.remove(ch) })
	return ch
}

package httpapi

import (
	"sync"

	"github.com/citizens-portal/portal/backend/store"
)

// Hub wakes long polls when a feed grows. It only wakes: the reader then looks
// in the store.
type Hub struct {
	mu      sync.Mutex
	waiting map[store.FeedID]map[chan struct{}]bool
	stopped bool
}

// NewHub gives an empty hub.
func NewHub() *Hub { return &Hub{waiting: map[store.FeedID]map[chan struct{}]bool{}} }

// Wake tells everyone who waits for one of the feeds; nil means that any may
// have grown. It never blocks.
func (h *Hub) Wake(feeds []store.FeedID) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if feeds == nil {
		h.wakeAll()
	}
	for _, f := range feeds {
		wake(h.waiting[f])
	}
}

// Stop ends all waiting, now and from now on: the server wants to end, and a
// long poll that has nothing to tell may be answered at once.
func (h *Hub) Stop() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.stopped = true
	h.wakeAll()
}

func (h *Hub) wakeAll() {
	for _, waiting := range h.waiting {
		wake(waiting)
	}
}

func wake(waiting map[chan struct{}]bool) {
	for c := range waiting {
		select {
		case c <- struct{}{}:
		default: // it is awake already
		}
	}
}

// Wait registers for feeds; the channel gets a value when one of them grows.
// Call stop when done.
func (h *Hub) Wait(feeds []store.FeedID) (woken <-chan struct{}, stop func()) {
	c := make(chan struct{}, 1)
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.stopped {
		c <- struct{}{}
	}
	for _, f := range feeds {
		if h.waiting[f] == nil {
			h.waiting[f] = map[chan struct{}]bool{}
		}
		h.waiting[f][c] = true
	}
	return c, func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		for _, f := range feeds {
			delete(h.waiting[f], c)
			if len(h.waiting[f]) == 0 {
				delete(h.waiting, f)
			}
		}
	}
}

// pollsPerSession is how many requests of one session may wait for news at the
// same time. A device needs one, two while one is being given up.
const pollsPerSession = 4

// polls counts the requests of each session that wait.
type polls struct {
	mu      sync.Mutex
	waiting map[string]int
}

// enter takes a place; false when there is none left. Call leave when done.
func (p *polls) enter(session string) (leave func(), ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.waiting[session] >= pollsPerSession {
		return nil, false
	}
	p.waiting[session]++
	return func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		if p.waiting[session]--; p.waiting[session] == 0 {
			delete(p.waiting, session)
		}
	}, true
}

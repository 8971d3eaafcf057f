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
}

// NewHub gives an empty hub.
func NewHub() *Hub { return &Hub{waiting: map[store.FeedID]map[chan struct{}]bool{}} }

// Wake tells everyone who waits for one of the feeds. It never blocks.
func (h *Hub) Wake(feeds []store.FeedID) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, f := range feeds {
		for c := range h.waiting[f] {
			select {
			case c <- struct{}{}:
			default: // it is awake already
			}
		}
	}
}

// Wait registers for feeds; the channel gets a value when one of them grows.
// Call stop when done.
func (h *Hub) Wait(feeds []store.FeedID) (woken <-chan struct{}, stop func()) {
	c := make(chan struct{}, 1)
	h.mu.Lock()
	defer h.mu.Unlock()
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

package httpapi

import (
	"context"
	"time"

	"github.com/citizens-portal/portal/backend/feed"
	"github.com/citizens-portal/portal/sdk/api"
)

// First syncs cost the most: a desk of thousands of complaints is read and sent
// whole. Only so many are read at the same time; who gets no place soon comes
// again later. Operations and small news never wait for a place.
const (
	firstSyncs = 16
	// firstWait is how long to wait for a place; firstAgain, in seconds, is when
	// to come again. Clients add a random time of their own.
	firstWait  = 2 * time.Second
	firstAgain = 15
)

// admission bounds how many first syncs are read at the same time.
type admission chan struct{}

// enter takes a place, waiting a moment for one; false when none came free.
func (a admission) enter(ctx context.Context) (leave func(), ok bool) {
	timer := time.NewTimer(firstWait)
	defer timer.Stop()
	select {
	case a <- struct{}{}:
		return func() { <-a }, true
	case <-timer.C:
	case <-ctx.Done():
	}
	return nil, false
}

// isFirst reports whether a feed is read from its start, or by a snapshot.
func isFirst(v feed.Viewer, req api.SyncRequest, epoch string) bool {
	if otherEpoch(req, epoch) {
		return true
	}
	for _, id := range v.Feeds() {
		if c := cursorOf(req, id); c.N == 0 || c.Snapshot != "" {
			return true
		}
	}
	return false
}

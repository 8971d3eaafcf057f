package httpapi_test

import (
	"testing"

	"github.com/citizens-portal/portal/backend/httpapi"
	"github.com/citizens-portal/portal/backend/store"
)

// TestHub: a wait ends when one of its feeds grows, when any may have grown, and
// when the server stops; never for another feed.
func TestHub(t *testing.T) {
	woken := func(wake func(*httpapi.Hub)) bool {
		h := httpapi.NewHub()
		c, stop := h.Wait([]store.FeedID{"c:a", "o:b"})
		defer stop()
		wake(h)
		select {
		case <-c:
			return true
		default:
			return false
		}
	}
	for name, c := range map[string]struct {
		wake func(*httpapi.Hub)
		want bool
	}{
		"own feed":        {func(h *httpapi.Hub) { h.Wake([]store.FeedID{"x", "o:b"}) }, true},
		"twice":           {func(h *httpapi.Hub) { h.Wake([]store.FeedID{"c:a"}); h.Wake([]store.FeedID{"c:a", "o:b"}) }, true},
		"another feed":    {func(h *httpapi.Hub) { h.Wake([]store.FeedID{"c:b"}) }, false},
		"no feed":         {func(h *httpapi.Hub) { h.Wake([]store.FeedID{}) }, false},
		"any may have":    {func(h *httpapi.Hub) { h.Wake(nil) }, true},
		"the server ends": {func(h *httpapi.Hub) { h.Stop() }, true},
	} {
		is(t, name, woken(c.wake), c.want)
	}
	h := httpapi.NewHub()
	h.Stop()
	c, stop := h.Wait([]store.FeedID{"c:a"})
	defer stop()
	<-c // whoever comes after the end does not wait either
}

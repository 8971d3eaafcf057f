package postgres

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/citizens-portal/portal/backend/store"
)

// channel carries the wake-ups between nodes; a payload is the sender's name
// and feed ids, one a line.
const channel = "portal_feeds"

// maxPayload is a little under what a notification may carry.
const maxPayload = 7500

// relisten is how long the listener waits before it connects again.
const relisten = time.Second

// wake tells this node and the others which feeds have grown. Notifications are
// sent after the commit and not in it: a transaction that notifies holds a lock
// of the whole database while it commits, so that all commits would wait for
// each other. What gets lost on the way is found by reading the tables.
type wake struct {
	pool *pgxpool.Pool
	node string
	tell func([]store.FeedID)
	end  context.CancelFunc
	done sync.WaitGroup

	mu    sync.Mutex
	grown map[store.FeedID]bool
	more  chan struct{}
}

func startWake(pool *pgxpool.Pool, node string, tell func([]store.FeedID)) *wake {
	ctx, end := context.WithCancel(context.Background())
	w := &wake{pool: pool, node: node, tell: tell, end: end, grown: map[store.FeedID]bool{}, more: make(chan struct{}, 1)}
	w.done.Go(func() { w.notify(ctx) })
	w.done.Go(func() { w.listen(ctx) })
	return w
}

func (w *wake) stop() {
	w.end()
	w.done.Wait()
}

// published tells this node at once and leaves the others to notify.
func (w *wake) published(feeds []store.FeedID) {
	if len(feeds) == 0 {
		return
	}
	w.tell(feeds)
	w.mu.Lock()
	for _, f := range feeds {
		w.grown[f] = true
	}
	w.mu.Unlock()
	select {
	case w.more <- struct{}{}:
	default:
	}
}

// notify sends what gathered since the last time.
func (w *wake) notify(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-w.more:
		}
		w.mu.Lock()
		grown := w.grown
		w.grown = map[store.FeedID]bool{}
		w.mu.Unlock()
		for _, payload := range payloads(w.node, grown) {
			// An error means that the link is down; the others then learn of
			// it by "anything may have grown" when theirs comes back.
			_, _ = w.pool.Exec(ctx, "SELECT pg_notify($1, $2)", channel, payload)
		}
	}
}

func payloads(node string, grown map[store.FeedID]bool) []string {
	var out []string
	b := strings.Builder{}
	for f := range grown {
		if b.Len() > 0 && b.Len()+len(f)+1 > maxPayload {
			out = append(out, b.String())
			b.Reset()
		}
		if b.Len() == 0 {
			b.WriteString(node)
		}
		b.WriteString("\n" + string(f))
	}
	if b.Len() > 0 {
		out = append(out, b.String())
	}
	return out
}

// listen hears the other nodes, and connects again when the link breaks.
func (w *wake) listen(ctx context.Context) {
	for first := true; ctx.Err() == nil; first = false {
		_ = w.listenOnce(ctx, !first)
		t := time.NewTimer(relisten)
		select {
		case <-ctx.Done():
		case <-t.C:
		}
		t.Stop()
	}
}

// listenOnce listens on a connection of its own until it breaks.
func (w *wake) listenOnce(ctx context.Context, again bool) error {
	conn, err := pgx.ConnectConfig(ctx, w.pool.Config().ConnConfig)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	if _, err := conn.Exec(ctx, "LISTEN "+channel); err != nil {
		return err
	}
	if again {
		w.tell(nil)
	}
	for {
		n, err := conn.WaitForNotification(ctx)
		if err != nil {
			return err
		}
		lines := strings.Split(n.Payload, "\n")
		if lines[0] == w.node {
			continue
		}
		feeds := make([]store.FeedID, 0, len(lines)-1)
		for _, l := range lines[1:] {
			feeds = append(feeds, store.FeedID(l))
		}
		slices.Sort(feeds)
		w.tell(feeds)
	}
}

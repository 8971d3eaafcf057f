// Command bench measures a whole complaint, filed over HTTP by a signed-in
// citizen, beside the bare row that PocketBase creates, in one run on one
// machine: same client, same connections, both durable (synchronous FULL). It
// lives in a module of its own so that PocketBase never reaches the portal's.
//
//	make bench-peer
//
// Figures of two runs are not comparable; the ratios of one run are.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"text/tabwriter"
	"time"
)

func main() {
	if len(os.Args) == 4 && os.Args[1] == "pocketbase" {
		if err := servePocketBase(os.Args[2], os.Args[3]); err != nil {
			fmt.Fprintln(os.Stderr, "pocketbase:", err)
			os.Exit(1)
		}
		return
	}
	portald := flag.String("portald", "bin/portald", "portald to measure")
	against := flag.String("against", "", "measure beside this other portald instead of PocketBase: before and after a change")
	seconds := flag.Duration("time", 5*time.Second, "length of each window")
	rounds := flag.Int("rounds", 3, "windows of each kind; the median is shown")
	sessions := flag.Int("sessions", 600, "citizens who file")
	flag.Parse()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Minute)
	defer cancel()
	if err := run(ctx, *portald, *against, *seconds, *rounds, *sessions); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// target is a server under measurement.
type target struct {
	name   string
	proc   *process
	create func(worker, n int) (request, error)
	list   func(worker int) request
	get    func(worker int) request
}

func run(ctx context.Context, portald, against string, window time.Duration, rounds, sessions int) error {
	tmp, err := os.MkdirTemp("", "portal-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	portal, err := startPortal(ctx, "portald", portald, filepath.Join(tmp, "portal"), sessions)
	if err != nil {
		return fmt.Errorf("portald: %w", err)
	}
	defer portal.proc.stop()
	peer, err := startPeer(ctx, against, filepath.Join(tmp, "peer"), sessions)
	if err != nil {
		return err
	}
	defer peer.proc.stop()

	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "what\tconnections\tserver\trequests/s\tp50 ms\tp99 ms\tCPU µs/request\tratio of requests/s")
	for _, c := range []int{1, 16, 64} {
		if err := compare(ctx, w, "create", c, window, rounds, portal, peer, func(t *target) maker { return t.create }); err != nil {
			return err
		}
	}
	for _, what := range []string{"list of 30", "get"} {
		pick := func(t *target) maker {
			f := t.get
			if what != "get" {
				f = t.list
			}
			return func(worker, _ int) (request, error) { return f(worker), nil }
		}
		if err := compare(ctx, w, what, 16, window, rounds, portal, peer, pick); err != nil {
			return err
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	a, b := portal.proc.rss(), peer.proc.rss()
	fmt.Printf("memory at the end (RSS): portald %d MB, %s %d MB, ratio %.2f\n", a>>20, peer.name, b>>20, float64(a)/float64(b))
	return nil
}

// startPeer starts what ours is measured beside: PocketBase, or another portald.
func startPeer(ctx context.Context, portald, dir string, sessions int) (*target, error) {
	if portald != "" {
		t, err := startPortal(ctx, "other portald", portald, dir, sessions)
		if err != nil {
			return nil, fmt.Errorf("other portald: %w", err)
		}
		return t, nil
	}
	t, err := startPocketBase(ctx, dir)
	if err != nil {
		return nil, fmt.Errorf("pocketbase: %w", err)
	}
	return t, nil
}

// compare runs windows in turn, ours and the peer's, and prints the medians.
func compare(ctx context.Context, w *tabwriter.Writer, what string, conns int, window time.Duration, rounds int, ours, peer *target, pick func(*target) maker) error {
	results := map[*target][]figure{}
	for range rounds {
		for _, t := range []*target{ours, peer} {
			f, err := load(ctx, t.proc, pick(t), conns, window)
			if err != nil {
				return fmt.Errorf("%s %s: %w", t.name, what, err)
			}
			results[t] = append(results[t], f)
		}
	}
	a, b := median(results[ours]), median(results[peer])
	for _, row := range []struct {
		t     *target
		f     figure
		ratio string
	}{{ours, a, fmt.Sprintf("%.1f", a.rate/b.rate)}, {peer, b, ""}} {
		fmt.Fprintf(w, "%s\t%d\t%s\t%.0f\t%.1f\t%.1f\t%.0f\t%s\n", what, conns, row.t.name, row.f.rate, ms(row.f.p50), ms(row.f.p99), row.f.cpu, row.ratio)
	}
	return w.Flush()
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

func median(fs []figure) figure {
	slices.SortFunc(fs, func(a, b figure) int { return int(a.rate - b.rate) })
	return fs[len(fs)/2]
}

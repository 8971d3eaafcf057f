package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// request is one call, made outside the measured time.
type request struct {
	method, url string
	body        []byte
	header      map[string]string
}

type maker func(worker, n int) (request, error)

// figure is what one window gave.
type figure struct {
	rate     float64 // answered requests per second
	p50, p99 time.Duration
	cpu      float64 // server's CPU microseconds a request
}

// load sends requests over conns connections for a while.
func load(ctx context.Context, p *process, next maker, conns int, window time.Duration) (figure, error) {
	ctx, cancel := context.WithTimeout(ctx, window+30*time.Second)
	defer cancel()
	var (
		wg    sync.WaitGroup
		mu    sync.Mutex
		times []time.Duration
		fail  error
	)
	cpu, started := p.cpu(), time.Now()
	for worker := range conns {
		wg.Go(func() {
			own, err := client(ctx, next, worker, started.Add(window))
			mu.Lock()
			defer mu.Unlock()
			times = append(times, own...)
			fail = errors.Join(fail, err)
		})
	}
	wg.Wait()
	took := time.Since(started)
	if fail != nil || len(times) == 0 {
		return figure{}, fmt.Errorf("%d answered: %w", len(times), fail)
	}
	slices.Sort(times)
	n := float64(len(times))
	return figure{
		rate: n / took.Seconds(), p50: times[len(times)/2], p99: times[len(times)*99/100],
		cpu: float64((p.cpu() - cpu).Microseconds()) / n,
	}, nil
}

// client is one connection: it sends the next request when the last is answered.
func client(ctx context.Context, next maker, worker int, until time.Time) ([]time.Duration, error) {
	transport := &http.Transport{MaxIdleConnsPerHost: 1, DisableCompression: true}
	defer transport.CloseIdleConnections()
	c := http.Client{Transport: transport}
	var times []time.Duration
	for n := 0; time.Now().Before(until); n++ {
		r, err := next(worker, n)
		if err != nil {
			return times, err
		}
		hr, err := r.build(ctx)
		if err != nil {
			return times, err
		}
		sent := time.Now()
		if err := do(&c, hr); err != nil {
			return times, err
		}
		times = append(times, time.Since(sent))
	}
	return times, nil
}

func (r request) build(ctx context.Context) (*http.Request, error) {
	hr, err := http.NewRequestWithContext(ctx, r.method, r.url, bytes.NewReader(r.body))
	if err != nil {
		return nil, err
	}
	hr.Header.Set("Content-Type", "application/json")
	for k, v := range r.header {
		hr.Header.Set(k, v)
	}
	return hr, nil
}

func do(c *http.Client, hr *http.Request) error {
	resp, err := c.Do(hr)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	if resp.StatusCode >= 300 {
		return fmt.Errorf("%s: %.300s", resp.Status, body)
	}
	return nil
}

// process is a server that runs beside the client.
type process struct{ cmd *exec.Cmd }

// start runs a server and waits for the line that says where it listens.
func start(ctx context.Context, prefix string, name string, args ...string) (*process, string, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, "", err
	}
	if err := cmd.Start(); err != nil {
		return nil, "", err
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if url, ok := strings.CutPrefix(lines.Text(), prefix); ok {
			go func() { _, _ = io.Copy(io.Discard, out) }()
			return &process{cmd}, url, nil
		}
	}
	return nil, "", fmt.Errorf("%s did not start", name)
}

func (p *process) stop() {
	_ = p.cmd.Process.Kill() // a measured server has nothing to keep
	_ = p.cmd.Wait()
}

// cpu is the processor time the server has used so far (Linux: 100 ticks a
// second in /proc).
func (p *process) cpu() time.Duration {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	fields := strings.Fields(string(raw[bytes.LastIndexByte(raw, ')')+1:]))
	user, _ := strconv.ParseInt(fields[11], 10, 64)
	system, _ := strconv.ParseInt(fields[12], 10, 64)
	return time.Duration(user+system) * 10 * time.Millisecond
}

// rss is the server's resident memory in bytes.
func (p *process) rss() int64 {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", p.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	pages, _ := strconv.ParseInt(strings.Fields(string(raw))[1], 10, 64)
	return pages * int64(os.Getpagesize())
}

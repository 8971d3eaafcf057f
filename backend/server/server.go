package server

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/citizens-portal/portal/backend/portal"
	"github.com/citizens-portal/portal/backend/store"
)

// Server is a backend on the network.
type Server struct {
	*Backend
	handler http.Handler
	workers sync.WaitGroup
}

// New opens a backend and its interface. Call Serve to listen, or use Handler
// in a server of your own and Run for the timed work; Close at the end.
func New(ctx context.Context, c Config) (*Server, error) {
	b, err := Open(ctx, c)
	if err != nil {
		return nil, err
	}
	s := &Server{Backend: b}
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	took := prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "portal_request_seconds", Help: "Time to answer a request, by route and status.",
		Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 60},
	}, []string{"route", "status"})
	registry.MustRegister(took)
	watchers, err := networks(s.MetricsFrom)
	if err != nil {
		return nil, errors.Join(err, b.Close())
	}
	s.handler, err = b.API(func(route string, status int, d time.Duration) {
		took.WithLabelValues(route, fmt.Sprint(status)).Observe(d.Seconds())
	}, map[string]http.Handler{
		"GET /healthz": http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			answer(w, http.StatusOK, map[string]string{"status": "ok"})
		}),
		"GET /readyz":  http.HandlerFunc(s.ready),
		"GET /metrics": inside(watchers, promhttp.HandlerFor(registry, promhttp.HandlerOpts{})),
	})
	if err != nil {
		return nil, errors.Join(err, b.Close())
	}
	return s, nil
}

// networks are those that may read figures meant for the operator: this machine
// and one more.
func networks(cidr string) ([]netip.Prefix, error) {
	list := []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}
	if cidr == "" {
		return list, nil
	}
	more, err := netip.ParsePrefix(cidr)
	if err != nil {
		return nil, portal.Invalid("metrics-from", "cidr", "%q is not a network: write 10.0.0.0/8", cidr)
	}
	return append(list, more), nil
}

// inside answers only peers in one of the networks, and nothing that came
// through a proxy; to others the page does not exist.
func inside(list []netip.Prefix, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		peer, err := netip.ParseAddrPort(r.RemoteAddr)
		known := err == nil && slices.ContainsFunc(list, func(p netip.Prefix) bool { return p.Contains(peer.Addr().Unmap()) })
		if !known || r.Header.Get("X-Forwarded-For") != "" || r.Header.Get("Forwarded") != "" {
			http.NotFound(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// Handler answers every route of the server.
func (s *Server) Handler() http.Handler { return s.handler }

// readyTimeout is how long the store may take to answer a readiness probe.
const readyTimeout = 2 * time.Second

// ready says whether the server can do its work: the store takes what is filed
// and there is a way to send SMS.
func (s *Server) ready(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), readyTimeout)
	defer cancel()
	status, parts := http.StatusOK, map[string]string{"store": "ok", "sms": "ok"}
	// A turn at writing, though nothing is written: a store whose disk failed
	// goes on reading.
	if err := s.Store.Update(ctx, func(tx store.Tx) error { _, err := tx.Record(ctx, kindMeta, metaEpoch); return err }); err != nil {
		status, parts["store"] = http.StatusServiceUnavailable, "does not answer"
	}
	if !s.Identity.SMSReady() {
		status, parts["sms"] = http.StatusServiceUnavailable, "no way to send SMS is configured: nobody can register"
	}
	answer(w, status, parts)
}

func answer(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // the peer may be gone
}

// Bounds on slow peers. A request's body has its own, longer bound (httpapi);
// an answer may be held for a long poll.
const (
	headerTimeout = 15 * time.Second
	idleTimeout   = 3 * time.Minute
	readTimeout   = 2 * time.Minute
	writeTimeout  = 3 * time.Minute
)

// Serve listens until ctx ends, then lets running requests finish. ready is
// told the URL once connections are accepted.
func (s *Server) Serve(ctx context.Context, ready func(url string)) error {
	security, err := s.tlsConfig()
	if err != nil {
		return err
	}
	admin, err := s.listenAdmin(ctx)
	if err != nil {
		return err
	}
	defer admin.close()
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", s.Addr)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	srv := &http.Server{
		Handler: s.handler, ReadHeaderTimeout: headerTimeout, ReadTimeout: readTimeout, WriteTimeout: writeTimeout, IdleTimeout: idleTimeout,
		MaxHeaderBytes: 16 << 10, ErrorLog: slog.NewLogLogger(s.logger("http").Handler(), slog.LevelDebug),
		TLSConfig: security,
	}
	// A long poll ends at once when the server wants to stop; other requests run
	// to their end.
	srv.RegisterOnShutdown(s.hub.Stop)

	work, stopWork := context.WithCancel(ctx)
	s.Start(work)
	defer s.workers.Wait()
	defer stopWork()

	failed := make(chan error, 1)
	go func() { failed <- s.serveOn(srv, l) }()
	ready(s.url(l))
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.DrainFor)
	defer cancel()
	return srv.Shutdown(drain)
}

func (s *Server) serveOn(srv *http.Server, l net.Listener) error {
	if srv.TLSConfig != nil {
		return srv.ServeTLS(l, "", "")
	}
	return srv.Serve(l)
}

// tlsConfig reads the certificate, nil for none.
func (s *Server) tlsConfig() (*tls.Config, error) {
	if s.TLSCert == "" {
		return nil, nil
	}
	pair, err := tls.LoadX509KeyPair(s.TLSCert, s.TLSKey)
	if err != nil {
		return nil, fmt.Errorf("%w: certificate or key: %w", ErrFile, err)
	}
	return &tls.Config{MinVersion: tls.VersionTLS13, Certificates: []tls.Certificate{pair}}, nil
}

func (s *Server) url(l net.Listener) string {
	scheme := "http://"
	if s.TLSCert != "" {
		scheme = "https://"
	}
	return scheme + l.Addr().String()
}

// Start runs the timed work, the SMS queue and the log's worker until ctx ends;
// Close waits for them.
func (s *Server) Start(ctx context.Context) {
	s.workers.Go(func() { s.SMS.Run(ctx) })
	s.workers.Go(func() { s.sweepLoop(ctx) })
	s.workers.Go(func() { s.Transparency.Run(ctx) })
}

// sweepLoop does the timed work now, for what fell due while the server was
// down, and then regularly.
func (s *Server) sweepLoop(ctx context.Context) {
	log := s.logger("sweep")
	ticker := time.NewTicker(s.SweepEvery)
	defer ticker.Stop()
	for {
		s.followKeys(ctx)
		swept, err := s.Sweep(ctx, s.Now())
		switch {
		case err != nil && ctx.Err() == nil:
			log.ErrorContext(ctx, "sweep failed; it is tried again", slog.Any("error", err))
		case len(swept.Escalated)+len(swept.Silent) > 0:
			log.InfoContext(ctx, "sweep", slog.Int("escalated", len(swept.Escalated)), slog.Int("closed_silent", len(swept.Silent)))
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
	}
}

// Close waits for the work that Start began, whose context must have ended, and
// closes the store.
func (s *Server) Close() error {
	s.workers.Wait()
	return s.Backend.Close()
}

// Package fake is a small server in memory that speaks the wire contract, for
// the tests and examples of the SDK: it can lose requests and answers, fail,
// be restored from a backup, and forget cases.
//
// It knows the wire only and decides as little as it can; the real server's
// rules are tested with the real server. Nothing but tests imports it.
//
// Start reading at Server and sync.go.
package fake

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/citizens-portal/portal/sdk/api"
)

// BaseURL is where the fake is, for a client with its Transport.
const BaseURL = "http://127.0.0.1:1"

// OTP is what every SMS holds, and Password what every officer has.
const (
	OTP      = "123456"
	Password = "correct horse battery"
)

// ErrLost is what a lost request or answer looks like.
var ErrLost = errors.New("connection reset")

// data is what a backup holds.
type data struct {
	epoch  int
	cases  map[string]*matter
	feeds  map[string][]api.Entry
	ops    map[string]done
	number map[string]string // device/n → op
	codes  int
}

type done struct {
	sha    string
	answer api.Answer
}

type matter struct {
	c      api.Complaint
	owner  string
	events []api.Event
	gone   bool // handed on: no longer the desk's
}

// Server is the fake. The hooks may be set directly while no request is under
// way, else with Set.
type Server struct {
	// Now is the server's clock.
	Now func() time.Time
	// Lose is asked before (answer false) and after (answer true) a request is
	// handled, with its path; true loses it.
	Lose func(path string, answer bool) bool
	// Status, when not 0, is what a sync request with these operations gets
	// instead of an answer.
	Status func(req api.SyncRequest) int
	// RetryAfter goes with what Status refuses.
	RetryAfter time.Duration
	// Answer, when it gives one, replaces the answer to an operation.
	Answer func(op api.Operation) *api.Answer
	// Tamper changes an answer before it is sent.
	Tamper func(resp *api.SyncResponse)
	// Born is part of the names of accounts opened from now on.
	Born string
	// Delay is how long each request takes.
	Delay time.Duration
	// PageSize bounds entries in a page; 0 means 200.
	PageSize int
	// Oldest is the lowest Portal-Client, as a string, that is not told to
	// upgrade.
	Oldest string

	// Hidden are devices that do not see cases yet: they are not approved.
	Hidden map[string]bool
	// OldCasesFrom, when set, hides the cases from new devices until then.
	OldCasesFrom time.Time

	mu       sync.Mutex
	data     data
	people   map[string]string // mobile → subject
	asked    map[string]string // challenge → mobile
	sessions map[string]*session
	log      []api.SyncRequest
	news     chan struct{}
	serial   int
}

type session struct {
	profile api.Profile
	device  string
	refresh string
	ended   bool
	next    *api.Session
}

// New makes a server with the people, places and categories tests use.
func New(now func() time.Time) *Server {
	return &Server{
		Now:      now,
		data:     data{epoch: 1, cases: map[string]*matter{}, feeds: map[string][]api.Entry{}, ops: map[string]done{}, number: map[string]string{}},
		people:   map[string]string{},
		asked:    map[string]string{},
		sessions: map[string]*session{},
		news:     make(chan struct{}),
	}
}

// Set changes hooks while requests may be under way.
func (s *Server) Set(change func(s *Server)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(s)
}

func (s *Server) lost(path string, answer bool) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.Lose != nil && s.Lose(path, answer)
}

// Transport carries a client's requests to the fake, without sockets.
func (s *Server) Transport() http.RoundTripper { return transport{s} }

type transport struct{ s *Server }

// RoundTrip carries one request, or loses it.
func (t transport) RoundTrip(r *http.Request) (*http.Response, error) {
	if t.s.Delay > 0 {
		timer := time.NewTimer(t.s.Delay)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-r.Context().Done():
			return nil, r.Context().Err()
		}
	}
	if t.s.lost(r.URL.Path, false) {
		return nil, ErrLost
	}
	var body []byte
	if r.Body != nil {
		var err error
		if body, err = io.ReadAll(r.Body); err != nil {
			return nil, err
		}
	}
	in := httptest.NewRequestWithContext(r.Context(), r.Method, r.URL.String(), bytes.NewReader(body))
	in.Header = r.Header
	w := httptest.NewRecorder()
	t.s.ServeHTTP(w, in)
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	if t.s.lost(r.URL.Path, true) {
		return nil, ErrLost
	}
	resp := w.Result()
	resp.Request = r
	return resp, nil
}

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	mux := http.NewServeMux()
	mux.HandleFunc("POST "+api.RouteRegister, s.challenge)
	mux.HandleFunc("POST "+api.RouteLogin, s.challenge)
	mux.HandleFunc("POST "+api.RouteVerify, s.verify)
	mux.HandleFunc("POST "+api.RouteOfficer, s.officer)
	mux.HandleFunc("POST "+api.RouteRefresh, s.refresh)
	mux.HandleFunc("POST "+api.RouteLogout, s.logout)
	mux.HandleFunc("GET "+api.RouteDevices, s.devices)
	mux.HandleFunc("POST "+api.RouteApprove, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	mux.HandleFunc("GET "+api.RouteMe, s.me)
	mux.HandleFunc("DELETE "+api.RouteMe, s.logout)
	mux.HandleFunc("POST "+api.RouteResend, s.resend)
	mux.HandleFunc("POST "+api.RouteRecover, s.recover)
	mux.HandleFunc("POST "+api.RouteInvitation, s.invitation)
	mux.HandleFunc("PUT "+api.RoutePIN, s.pin)
	mux.HandleFunc("POST "+api.RoutePIN, s.pin)
	mux.HandleFunc("GET "+api.RouteCollections, s.collection)
	mux.HandleFunc("GET "+api.RouteComplaint, s.show(func(m *matter) any { return m.c }))
	mux.HandleFunc("GET "+api.RouteEvents, s.show(func(m *matter) any { return m.events }))
	mux.HandleFunc("POST "+api.RouteSync, s.sync)
	mux.ServeHTTP(w, r)
}

func reply(w http.ResponseWriter, v any) {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // a bug of the fake
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(b)
}

func refuse(w http.ResponseWriter, status int, kind string) { refuseFor(w, status, kind, 0) }

// refuseFor names a time to wait, too.
func refuseFor(w http.ResponseWriter, status int, kind string, wait time.Duration) {
	w.Header().Set("Content-Type", api.ProblemType)
	if wait > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(wait/time.Second)))
	}
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(api.Problem{Type: kind, Title: strings.TrimPrefix(kind, "urn:portal:problem:"), Status: status})
}

func read[T any](w http.ResponseWriter, r *http.Request) (v T, ok bool) {
	var body io.Reader = r.Body
	if r.Header.Get("Content-Encoding") == "gzip" {
		var err error
		if body, err = gzip.NewReader(r.Body); err != nil {
			refuse(w, http.StatusBadRequest, api.TypeInvalid)
			return v, false
		}
	}
	if err := json.NewDecoder(body).Decode(&v); err != nil {
		refuse(w, http.StatusUnprocessableEntity, api.TypeInvalid)
		return v, false
	}
	return v, true
}

// Areas and Categories are the public collections.
func Areas() []api.Area {
	return []api.Area{
		{ID: "kp", Slug: "kp", Kind: "province", Name: api.Text{EN: "Khyber Pakhtunkhwa"}},
		{ID: "kp/malakand", Slug: "malakand", Kind: "division", Name: api.Text{EN: "Malakand"}, Parent: "kp"},
		{ID: "kp/malakand/malakand", Slug: "malakand", Kind: "district", Name: api.Text{EN: "Malakand"}, Parent: "kp/malakand"},
		{ID: "kp/malakand/swat", Slug: "swat", Kind: "district", Name: api.Text{EN: "Swat", UR: "سوات"}, Parent: "kp/malakand"},
	}
}

// Categories is the category tree.
func Categories() []api.Category {
	return []api.Category{
		{Code: "municipal", Name: api.Text{EN: "Municipal services"}, Children: []api.Category{{Code: "municipal.water", Name: api.Text{EN: "Water"}}}},
		{Code: "roads", Name: api.Text{EN: "Roads"}},
	}
}

func (s *Server) collection(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("name")
	var v any
	switch name {
	case api.CollectionAreas:
		v = Areas()
	case api.CollectionCategories:
		v = Categories()
	case api.CollectionOffices:
		v = Offices()
	case api.CollectionOfficers:
		v = []api.OfficerInfo{{ID: "officer.swat", Name: "Rahim Gul", Office: "dc.swat"}}
	default:
		refuse(w, http.StatusNotFound, api.TypeNotFound)
		return
	}
	w.Header().Set("ETag", `"`+name+`-1"`)
	if r.Header.Get("If-None-Match") == `"`+name+`-1"` {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	reply(w, v)
}

// Offices are those of two districts, two departments and the top of the chain.
func Offices() []api.Office {
	const swat = "kp/malakand/swat"
	return []api.Office{
		{ID: "dc.swat", Kind: "chain", Area: swat}, {ID: "dc.malakand", Kind: "chain", Area: "kp/malakand/malakand"}, {ID: "cs", Kind: "chain", Level: 2, Area: "kp"},
		{ID: "panel", Kind: "panel", Level: 2, Area: "kp"}, {ID: "roads.swat", Kind: "line", Area: swat, Categories: []string{"roads"}},
		{ID: "municipal.swat", Kind: "line", Area: swat, Categories: []string{"municipal"}},
	}
}

func versions() map[string]string {
	out := map[string]string{}
	for _, n := range []string{api.CollectionAreas, api.CollectionCategories, api.CollectionOffices, api.CollectionOfficers} {
		out[n] = n + "-1"
	}
	return out
}

func (s *Server) visible(r *http.Request) (*matter, bool) {
	v := s.viewer(r)
	if v == nil {
		return nil, false
	}
	ref := r.PathValue("ref")
	for _, m := range s.data.cases {
		if (m.c.ID == ref || m.c.Code == ref) && (v.profile.Kind == "officer" && !m.gone || m.owner == v.profile.Subject) {
			return m, true
		}
	}
	return nil, true
}

// show answers with a part of a complaint, to whoever may see it.
func (s *Server) show(part func(*matter) any) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		switch m, in := s.visible(r); {
		case !in:
			refuse(w, http.StatusUnauthorized, api.TypeSignedOut)
		case m == nil:
			refuse(w, http.StatusNotFound, api.TypeNotFound)
		default:
			reply(w, part(m))
		}
	}
}

// Requests are the sync requests received so far.
func (s *Server) Requests() []api.SyncRequest {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.log)
}

// Complaints are the complaints the server holds, by id.
func (s *Server) Complaints() map[string]api.Complaint {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := map[string]api.Complaint{}
	for id, m := range s.data.cases {
		out[id] = m.c
	}
	return out
}

// Backup gives a function that restores the server to this moment, under a new
// epoch.
func (s *Server) Backup() (restore func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	kept := s.data.clone()
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		kept.epoch = s.data.epoch + 1
		s.data = kept
	}
}

func (d data) clone() data {
	out := d
	out.cases = map[string]*matter{}
	for id, m := range d.cases {
		c := *m
		c.events = slices.Clone(m.events)
		out.cases[id] = &c
	}
	out.feeds = map[string][]api.Entry{}
	for f, e := range d.feeds {
		out.feeds[f] = slices.Clone(e)
	}
	out.ops, out.number = maps.Clone(d.ops), maps.Clone(d.number)
	return out
}

// wait holds a request until there is news.
func (s *Server) wait(ctx context.Context, news chan struct{}, seconds int) {
	timer := time.NewTimer(time.Duration(seconds) * time.Second)
	defer timer.Stop()
	select {
	case <-news:
	case <-timer.C:
	case <-ctx.Done():
	}
}

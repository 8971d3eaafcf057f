package server

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"regexp"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/citizens-portal/portal/backend/identity"
	"github.com/citizens-portal/portal/backend/identity/sms"
	"github.com/citizens-portal/portal/backend/lifecycle"
	"github.com/citizens-portal/portal/backend/portal"
	"github.com/citizens-portal/portal/backend/store/storetest"
)

// BenchmarkLodge files whole complaints through the HTTP handler, without
// sockets: authentication, validation, operation record, case, events, feeds,
// counters, and the fsync. backend/bench compares over sockets.
func BenchmarkLodge(b *testing.B) {
	for _, connections := range []int{1, 16, 64} {
		b.Run(fmt.Sprintf("c=%d", connections), func(b *testing.B) {
			r := newLodgeRig(b)
			r.measure(b, connections, r.request)
		})
	}
}

// BenchmarkLodgeStages tells what the parts of a filing cost by themselves, with
// 64 at work. What HTTP costs is the request without the use case and the
// authentication; what the transaction costs is the use case without the rules
// and the receipt.
func BenchmarkLodgeStages(b *testing.B) {
	r := newLodgeRig(b)
	for _, stage := range []struct {
		name string
		run  func(ctx context.Context, i int64) error
	}{
		{"request", r.request},
		{"authentication", r.authenticate},
		{"use case", r.useCase},
		{"rules", r.rules},
		{"receipt", r.receipt},
	} {
		b.Run(stage.name, func(b *testing.B) { r.measure(b, 64, stage.run) })
	}
}

// lodgeRig is a server with citizens who are signed in.
type lodgeRig struct {
	s        *Server
	tokens   []string
	accounts []portal.AccountID
	n, ticks atomic.Int64
}

func newLodgeRig(b *testing.B) *lodgeRig {
	b.Helper()
	ctx, r, start := b.Context(), &lodgeRig{}, time.Now()
	s, err := New(ctx, Config{
		DataDir: b.TempDir(), SMSFile: filepath.Join(b.TempDir(), "sms"),
		// A clock that runs with the requests keeps one citizen's pace unlimited.
		Now: func() time.Time { return start.Add(time.Duration(r.ticks.Load()) * time.Millisecond) },
	})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = s.Close() })
	r.s = s
	for i := range 500 {
		token := signUpCitizen(ctx, b, s, i)
		p, err := s.Identity.Authenticate(ctx, token)
		if err != nil {
			b.Fatal(err)
		}
		r.tokens, r.accounts = append(r.tokens, token), append(r.accounts, p.Actor.Account)
	}
	return r
}

// measure runs a piece of work b.N times from so many callers, and tells the
// processor time of one.
func (r *lodgeRig) measure(b *testing.B, callers int, work func(ctx context.Context, i int64) error) {
	var left atomic.Int64
	left.Store(int64(b.N))
	b.ReportAllocs()
	used := storetest.CPUTime()
	b.ResetTimer()
	var wg sync.WaitGroup
	for range callers {
		wg.Go(func() {
			for left.Add(-1) >= 0 {
				r.ticks.Add(1)
				if err := work(b.Context(), r.n.Add(1)); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	b.ReportMetric(float64((storetest.CPUTime()-used).Nanoseconds())/1000/float64(b.N), "cpu-µs/op")
}

const benchText = "پانی کا پائپ ٹوٹا ہے، ward 7"

func (r *lodgeRig) token(i int64) string { return r.tokens[i%int64(len(r.tokens))] }

func (r *lodgeRig) request(ctx context.Context, i int64) error {
	body, err := json.Marshal(map[string]any{"id": uuid.Must(uuid.NewV7()).String(), "category": "water-supply", "district": "swat", "text": benchText})
	if err != nil {
		return err
	}
	q := httptest.NewRequestWithContext(ctx, http.MethodPost, "/v1/complaints", bytes.NewReader(body))
	q.Header.Set("Content-Type", "application/json")
	q.Header.Set("Authorization", "Bearer "+r.token(i))
	q.Header.Set("Idempotency-Key", uuid.Must(uuid.NewV7()).String())
	w := httptest.NewRecorder()
	r.s.Handler().ServeHTTP(w, q)
	if w.Code != http.StatusCreated {
		return fmt.Errorf("%d %s", w.Code, w.Body)
	}
	return nil
}

func (r *lodgeRig) authenticate(ctx context.Context, i int64) error {
	_, err := r.s.Identity.Authenticate(ctx, r.token(i))
	return err
}

func (r *lodgeRig) filing(i int64) (portal.Actor, lifecycle.Filing) {
	actor := portal.Actor{Kind: portal.CitizenActor, Account: r.accounts[i%int64(len(r.accounts))]}
	swat, _ := r.s.Directory.Current(context.Background()).DistrictBySlug("swat")
	return actor, lifecycle.Filing{
		ID: uuid.Must(uuid.NewV7()).String(), District: swat.ID, Category: "water-supply", Body: portal.Complaint{Text: benchText, Area: swat.ID},
	}
}

func (r *lodgeRig) useCase(ctx context.Context, i int64) error {
	actor, f := r.filing(i)
	_, err := r.s.Lifecycle.Lodge(ctx, lifecycle.Request{Actor: actor, Op: uuid.Must(uuid.NewV7()).String(), Hash: benchHash}, f)
	return err
}

const benchHash = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"

func (r *lodgeRig) rules(ctx context.Context, i int64) error {
	actor, f := r.filing(i)
	c := portal.Case{ID: f.ID, District: f.District, Category: f.Category, Citizen: actor.Account}
	_, _, err := portal.Lodge(r.s.Directory.Current(ctx), c, f.Body, r.s.Now())
	return err
}

func (r *lodgeRig) receipt(_ context.Context, i int64) error {
	_ = r.s.Keys.Sign(fmt.Appendf(nil, "receipt1|%036d|KP-26-7F3K-92QX|%d|%s", i, i, benchHash))
	return nil
}

var sixDigits = regexp.MustCompile(`\d{6}`)

// signUpCitizen registers through identity with a gateway that keeps the SMS.
func signUpCitizen(ctx context.Context, b *testing.B, s *Server, i int) string {
	b.Helper()
	inbox := &capture{}
	queue := sms.NewQueue(sms.QueueConfig{Store: s.Store, Keys: s.Keys, Gateway: inbox, Now: s.Now})
	people := identity.New(identity.Config{Store: s.Store, Keys: s.Keys, SMS: queue, Directory: s.Directory.Current, Now: s.Now, Rand: s.Rand})
	device, err := demoDevice()
	if err != nil {
		b.Fatal(err)
	}
	c, err := people.Register(ctx, identity.RegisterInput{CNIC: "15602-1234567-1", Mobile: fmt.Sprintf("+92300%07d", i), Name: "Bench", District: "swat", Device: device})
	if err != nil {
		b.Fatal(err)
	}
	if err := queue.Drain(ctx); err != nil {
		b.Fatal(err)
	}
	session, err := people.Verify(ctx, identity.VerifyInput{Challenge: c.ID, OTP: sixDigits.FindString(inbox.last), Device: device})
	if err != nil {
		b.Fatal(err)
	}
	return session.Access.Reveal()
}

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
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/citizens-portal/portal/backend/identity"
	"github.com/citizens-portal/portal/backend/identity/sms"
)

// BenchmarkLodge files whole complaints through the HTTP handler, without
// sockets: authentication, validation, operation record, case, events, feeds,
// counters, and the fsync. Use it with -cpuprofile to see what a stage costs;
// backend/bench compares over sockets.
func BenchmarkLodge(b *testing.B) {
	for _, connections := range []int{1, 16, 64} {
		b.Run(fmt.Sprintf("c=%d", connections), func(b *testing.B) { benchLodge(b, connections) })
	}
}

func benchLodge(b *testing.B, connections int) {
	ctx := b.Context()
	// A clock that runs a second a request keeps one citizen's pace unlimited.
	var ticks atomic.Int64
	start := time.Now()
	s, err := New(ctx, Config{
		DataDir: b.TempDir(), SMSFile: filepath.Join(b.TempDir(), "sms"),
		Now: func() time.Time { return start.Add(time.Duration(ticks.Load()) * time.Millisecond) },
	})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = s.Close() })
	const citizens = 500
	tokens := make([]string, citizens)
	for i := range tokens {
		tokens[i] = signUpCitizen(ctx, b, s, i)
	}
	var n atomic.Int64
	b.ReportAllocs()
	b.SetParallelism(max(1, connections/2))
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			i := n.Add(1)
			ticks.Add(1)
			body, err := json.Marshal(map[string]any{"id": uuid.Must(uuid.NewV7()).String(), "category": "water-supply", "district": "swat", "text": "پانی کا پائپ ٹوٹا ہے، ward 7"})
			if err != nil {
				b.Error(err)
				return
			}
			r := httptest.NewRequest(http.MethodPost, "/v1/complaints", bytes.NewReader(body))
			r.Header.Set("Content-Type", "application/json")
			r.Header.Set("Authorization", "Bearer "+tokens[i%citizens])
			r.Header.Set("Idempotency-Key", uuid.Must(uuid.NewV7()).String())
			w := httptest.NewRecorder()
			s.Handler().ServeHTTP(w, r)
			if w.Code != http.StatusCreated {
				b.Errorf("%d %s", w.Code, w.Body)
				return
			}
		}
	})
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

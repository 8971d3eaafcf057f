package sdk_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/citizens-portal/portal/sdk"
	"github.com/citizens-portal/portal/sdk/api"
	"github.com/citizens-portal/portal/sdk/internal/fake"
)

func TestEndingALongPollIsNotBeingOffline(t *testing.T) {
	inBubble(t, func(*fake.Server) {}, func(t *testing.T, _ *fake.Server, p *phone) {
		synctest.Wait()
		if err := p.Accounts.ApproveByPIN(t.Context(), fake.PIN); err != nil {
			t.Fatal(err)
		}
		synctest.Wait() // the poll was ended, and another one is under way
		st, err := p.Sync.Status()
		if err != nil || st.Offline || st.Err != nil {
			t.Fatalf("%+v %v", st, err)
		}
	})
}

// inBubble runs a client with Run going, on virtual time.
func inBubble(t *testing.T, prepare func(s *fake.Server), test func(t *testing.T, s *fake.Server, p *phone)) {
	synctest.Test(t, func(t *testing.T) {
		s := fake.New(time.Now)
		p := citizen(t, s)
		prepare(s)
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- p.Run(ctx) }()
		test(t, s, p)
		stop()
		if err := <-done; err != nil {
			t.Errorf("Run: %v", err)
		}
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
}

func TestRunBringsNewsByLongPoll(t *testing.T) {
	inBubble(t, func(*fake.Server) {}, func(t *testing.T, s *fake.Server, p *phone) {
		id := p.lodge("a").Complaint.ID
		synctest.Wait()
		if p.show(id).State != sdk.StateReceived {
			t.Fatal("queued work goes at once, although a long poll was under way")
		}
		time.Sleep(10 * time.Minute)
		n := len(s.Requests())
		s.Propose(id, "done")
		synctest.Wait()
		if c := p.show(id); c.Status != "proposed" {
			t.Fatalf("news arrive at once: %+v", c)
		}
		if n > 15 {
			t.Errorf("%d requests in ten quiet minutes", n)
		}
	})
}

func TestRunBacksOffAndRecovers(t *testing.T) {
	attempts := 0
	inBubble(t, func(s *fake.Server) {
		s.Lose = func(string, bool) bool { attempts++; return true }
	}, func(t *testing.T, s *fake.Server, p *phone) {
		id := p.lodge("a").Complaint.ID
		time.Sleep(24 * time.Hour)
		synctest.Wait()
		if attempts < 96 || attempts > 500 {
			t.Errorf("%d attempts in a day without a network", attempts)
		}
		s.Set(func(s *fake.Server) { s.Lose = nil })
		p.Sync.Poke() // the network is back
		synctest.Wait()
		if p.show(id).State != sdk.StateReceived {
			t.Fatal("sent at once when poked")
		}
	})
}

func TestRunObeysRetryAfter(t *testing.T) {
	var at []time.Duration
	start := time.Time{}
	inBubble(t, func(s *fake.Server) {
		start = time.Now()
		s.Answer = func(api.Operation) *api.Answer {
			at = append(at, time.Since(start))
			if len(at) < 3 {
				return &api.Answer{Status: api.RetryAfter, RetryAfterSeconds: 300}
			}
			return nil
		}
	}, func(t *testing.T, _ *fake.Server, p *phone) {
		synctest.Wait() // the poll is under way: it cannot take the complaint along and then be given up for it
		id := p.lodge("a").Complaint.ID
		time.Sleep(time.Hour)
		synctest.Wait()
		if p.show(id).State != sdk.StateReceived || len(at) != 3 {
			t.Fatalf("%v", at)
		}
		for i := 1; i < 3; i++ {
			if gap := at[i] - at[i-1]; gap < 300*time.Second || gap > 360*time.Second {
				t.Errorf("tried again after %v, asked to wait 5 min", gap)
			}
		}
	})
}

// TestQuietIsObeyed: a server with too many first syncs is not asked for news
// before the time it named, each device at another moment after it; what a person
// writes goes at once nevertheless.
func TestQuietIsObeyed(t *testing.T) {
	var mu sync.Mutex
	var times []time.Duration
	asked := func() []time.Duration {
		mu.Lock()
		defer mu.Unlock()
		return slices.Clone(times)
	}
	start := time.Time{}
	inBubble(t, func(s *fake.Server) {
		start = time.Now()
		s.Tamper = func(r *api.SyncResponse) { r.Busy, r.Feeds = true, nil }
		s.Status = func(req api.SyncRequest) int {
			if len(req.Operations) > 0 {
				return 0
			}
			mu.Lock()
			defer mu.Unlock()
			times = append(times, time.Since(start))
			return http.StatusServiceUnavailable
		}
		s.RetryAfter = 40 * time.Second
	}, func(t *testing.T, s *fake.Server, p *phone) {
		time.Sleep(time.Second)
		synctest.Wait()
		id := p.lodge("a").Complaint.ID
		if _, err := p.Sync.Now(t.Context()); !errors.Is(err, sdk.ErrOffline) {
			t.Errorf("a person who asks for news is told to wait: %v", err)
		}
		synctest.Wait()
		if p.show(id).State != sdk.StateReceived {
			t.Error("what was written waits for a first sync")
		}
		if got := asked(); len(got) != 1 {
			t.Fatalf("asked at %v", got)
		}
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		got := asked()
		for i := 1; i < len(got); i++ {
			if gap := got[i] - got[i-1]; gap < 40*time.Second {
				t.Errorf("asked again after %s", gap)
			}
		}
		if len(got) < 2 || got[1]-got[0] == 40*time.Second {
			t.Errorf("asked at %v", got)
		}
		if st, err := p.Sync.Status(); err != nil || !st.SyncedAt.IsZero() {
			t.Errorf("without its feeds it is not up to date: %+v %v", st, err)
		}
	})
}

func TestRunStopsAskingWhenSignedOut(t *testing.T) {
	inBubble(t, func(s *fake.Server) { s.EndSessions() }, func(t *testing.T, s *fake.Server, p *phone) {
		time.Sleep(24 * time.Hour)
		if n := len(s.Requests()); n > 2 {
			t.Errorf("%d requests without a session", n)
		}
		p.signIn(mobile)
		id := p.lodge("a").Complaint.ID
		synctest.Wait()
		if p.show(id).State != sdk.StateReceived {
			t.Fatal("goes on after signing in")
		}
	})
}

func TestNowInterruptsTheLongPoll(t *testing.T) {
	inBubble(t, func(*fake.Server) {}, func(t *testing.T, _ *fake.Server, p *phone) {
		synctest.Wait()
		start := time.Now()
		if _, err := p.Sync.Now(t.Context()); err != nil {
			t.Fatal(err)
		}
		if waited := time.Since(start); waited > time.Second {
			t.Errorf("waited %v for the long poll", waited)
		}
	})
}

func TestDeliverGivesUpInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := fake.New(time.Now)
		p := citizen(t, s)
		s.Lose = down
		sub := p.lodge("a")
		start := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		d, err := p.Sync.Deliver(ctx, sub.Op)
		if d != sdk.Waiting || !errors.Is(err, sdk.ErrOffline) || time.Since(start) > 6*time.Second {
			t.Fatalf("%v %v after %v", d, err, time.Since(start))
		}
		if err := p.Close(); err != nil {
			t.Fatal(err)
		}
	})
}

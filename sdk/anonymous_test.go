package sdk_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/citizens-portal/portal/sdk"
	"github.com/citizens-portal/portal/sdk/api"
)

// letterbox is a server that takes whatever comes with a receipt. during, when set,
// happens while it answers.
type letterbox struct {
	down   atomic.Bool
	took   []string // types of operations
	during func()
}

func (b *letterbox) RoundTrip(r *http.Request) (*http.Response, error) {
	if b.down.Load() || r.Body == nil {
		return nil, errors.New("no network")
	}
	raw, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	var req api.SyncRequest
	if r.URL.Path != api.RouteSync || !strings.HasPrefix(r.Header.Get("Authorization"), "Receipt ") || json.Unmarshal(raw, &req) != nil {
		return nil, errors.New("not by receipt: " + r.URL.Path)
	}
	if f := b.during; f != nil {
		b.during = nil
		f()
	}
	resp := api.SyncResponse{Request: req.Request, Epoch: "e"}
	for _, op := range req.Operations {
		b.took = append(b.took, op.Type)
		resp.Answers = append(resp.Answers, api.Answer{Op: op.Op, Status: api.Applied, Code: "KP-26-AAAA-AAAA"})
	}
	w := httptest.NewRecorder()
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(resp); err != nil {
		return nil, err
	}
	out := w.Result()
	out.Request = r
	return out, nil
}

func (b *letterbox) open(t *testing.T) *sdk.Client {
	t.Helper()
	c, err := sdk.Open(t.Context(), sdk.Config{Dir: t.TempDir(), BaseURL: "http://127.0.0.1:1", Transport: b})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func namelessDraft() sdk.Draft {
	return sdk.Draft{Category: "police", District: "swat", Text: "I saw money change hands.", Anonymous: true}
}

// TestRunSendsWithoutAnAccount: nobody is signed in, the network is away at first, and
// it goes by itself.
func TestRunSendsWithoutAnAccount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &letterbox{}
		b.down.Store(true)
		c := b.open(t)
		if _, err := c.Anonymous.Lodge(t.Context(), namelessDraft()); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		changes, done := c.Changes(ctx), make(chan error, 1)
		go func() { done <- c.Run(ctx) }()
		synctest.Wait()
		b.down.Store(false)
		for moved := range changes {
			if moved.Anonymous {
				break
			}
		}
		list, err := c.Anonymous.List(t.Context())
		if err != nil || len(list) != 1 || list[0].Code == "" || list[0].Waiting != 0 {
			t.Errorf("%+v %v", list, err)
		}
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

// TestAnActWrittenWhileSendingIsKept: what is saved while an exchange lasts is no part
// of it and must not be lost with its end.
func TestAnActWrittenWhileSendingIsKept(t *testing.T) {
	b := &letterbox{}
	c := b.open(t)
	filed, err := c.Anonymous.Lodge(t.Context(), namelessDraft())
	if err != nil {
		t.Fatal(err)
	}
	acted := make(chan error, 1)
	saved := make(chan struct{})
	b.during = func() {
		changes := c.Changes(t.Context())
		go func() {
			_, err := c.Anonymous.Act(t.Context(), "", filed.Receipt, api.ActBody{Action: "message", Text: "It was at the gate."})
			acted <- err
		}()
		<-changes // it is saved, and waits for this exchange to end
		close(saved)
	}
	if err := c.Anonymous.Send(t.Context()); err != nil {
		t.Fatal(err)
	}
	<-saved
	if err := <-acted; err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(b.took, " "); got != api.OpLodge+" "+api.OpAct {
		t.Errorf("the server got %q", got)
	}
	if list, err := c.Anonymous.List(t.Context()); err != nil || list[0].Waiting != 0 {
		t.Errorf("%+v %v", list, err)
	}
}

// TestADraftWithoutANameIsNeverFiledWithOne even by a program that forgets.
func TestADraftWithoutANameIsNeverFiledWithOne(t *testing.T) {
	s, _ := newServer()
	p := citizen(t, s)
	d, err := p.Complaints.SaveDraft(t.Context(), namelessDraft())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Complaints.Lodge(t.Context(), d); !errors.Is(err, sdk.ErrInvalid) {
		t.Fatalf("filed with a name: %v", err)
	}
	d.Category = "roads"
	if _, err := p.Anonymous.Lodge(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	if left, err := p.Complaints.Drafts(t.Context()); err != nil || len(left) != 0 {
		t.Errorf("the draft stayed: %+v %v", left, err)
	}
}

package sdk_test

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/citizens-portal/portal/sdk"
	"github.com/citizens-portal/portal/sdk/api"
	"github.com/citizens-portal/portal/sdk/verify"
)

// logServer is a transparency log that can lie, before the fake server.
type logServer struct {
	next http.RoundTripper

	mu     sync.Mutex
	signer note.Signer
	vkey   string
	epoch  string
	hashes []tlog.Hash // stored hashes
	size   int64
	epochs []string
	at     time.Time
}

func newLogServer(t *testing.T, next http.RoundTripper) *logServer {
	t.Helper()
	l := &logServer{next: next, epoch: "one", at: time.Date(2026, 5, 4, 9, 0, 0, 0, time.UTC)}
	l.key(t)
	return l
}

func (p *phone) status() sdk.Status {
	p.t.Helper()
	st, err := p.Sync.Status()
	if err != nil {
		p.t.Fatal(err)
	}
	return st
}

func (l *logServer) key(t *testing.T) {
	t.Helper()
	skey, vkey, err := note.GenerateKey(rand.Reader, "test/log")
	if err != nil {
		t.Fatal(err)
	}
	if l.signer, err = note.NewSigner(skey); err != nil {
		t.Fatal(err)
	}
	l.vkey = vkey
}

// become makes the log one of these leaves.
func (l *logServer) become(t *testing.T, leaves ...string) {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.hashes, l.size = nil, 0
	for _, leaf := range leaves {
		more, err := tlog.StoredHashes(l.size, []byte(leaf), l.reader())
		if err != nil {
			t.Fatal(err)
		}
		l.hashes = append(l.hashes, more...)
		l.size++
	}
}

func (l *logServer) reader() tlog.HashReader {
	return tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		out := make([]tlog.Hash, len(indexes))
		for i, x := range indexes {
			if x >= int64(len(l.hashes)) {
				return nil, errors.New("not there")
			}
			out[i] = l.hashes[x]
		}
		return out, nil
	})
}

func (l *logServer) sign(size int64, previous *verify.Head) string {
	root, err := tlog.TreeHash(size, l.reader())
	if err != nil {
		panic(err)
	}
	l.at = l.at.Add(time.Second)
	c := verify.Checkpoint{Log: "test/log", Epoch: l.epoch, Size: size, Root: root, At: l.at, Previous: previous}
	signed, err := note.Sign(&note.Note{Text: c.Text()}, l.signer)
	if err != nil {
		panic(err)
	}
	return string(signed)
}

// restore begins an epoch that knows the one before up to a size.
func (l *logServer) restore(epoch string, size int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	root, err := tlog.TreeHash(size, l.reader())
	if err != nil {
		panic(err)
	}
	head := &verify.Head{Epoch: l.epoch, Size: size, Root: root}
	l.epoch = epoch
	l.epochs = append(l.epochs, l.sign(size, head))
}

func (l *logServer) RoundTrip(r *http.Request) (*http.Response, error) {
	if !strings.HasPrefix(r.URL.Path, api.RouteLog) {
		return l.next.RoundTrip(r)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	w := httptest.NewRecorder()
	switch r.URL.Path {
	case api.RouteLog:
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(api.LogInfo{Name: "test/log", Keys: []string{l.vkey}, Epochs: l.epochs})
	case api.RouteCheckpoint:
		w.Header().Set("Content-Type", "text/plain")
		_, _ = fmt.Fprint(w, l.sign(l.size, nil))
	case api.RouteConsistency:
		from, _ := strconv.ParseInt(r.URL.Query().Get("from"), 10, 64)
		to, _ := strconv.ParseInt(r.URL.Query().Get("to"), 10, 64)
		proof, err := tlog.ProveTree(to, from, l.reader())
		out := api.LogConsistency{From: from, To: to, Hashes: []string{}}
		for _, h := range proof {
			out.Hashes = append(out.Hashes, h.String())
		}
		if err != nil {
			w.Header().Set("Content-Type", api.ProblemType)
			w.WriteHeader(http.StatusUnprocessableEntity)
			_ = json.NewEncoder(w).Encode(api.Problem{Type: api.TypeInvalid, Title: "no such size"})
			break
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(out)
	}
	return w.Result(), nil
}

// TestLogWatch: once a day the client asks for growth; a log that went back,
// forked or changed its key is an alarm that stays, and a restore is not.
func TestLogWatch(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(t *testing.T, l *logServer)
		alarm  string // part of its reason; empty for none
		size   int64
		lost   int64 // with a restore; -2 for none
	}{
		{"grows", func(t *testing.T, l *logServer) { l.become(t, "a", "b", "c", "d") }, "", 4, -2},
		{"rests", func(*testing.T, *logServer) {}, "", 3, -2},
		{"goes back", func(t *testing.T, l *logServer) { l.become(t, "a", "b") }, "went back from 3 to 2", 3, -2},
		{"forks", func(t *testing.T, l *logServer) { l.become(t, "a", "x", "c", "d") }, "are not among", 3, -2},
		{"forks at the same size", func(t *testing.T, l *logServer) { l.become(t, "a", "b", "x") }, "are not among", 3, -2},
		{"changes its key", func(t *testing.T, l *logServer) { l.key(t) }, "not signed by the key", 3, -2},
		{"restored whole", func(t *testing.T, l *logServer) { l.restore("two", 3); l.become(t, "a", "b", "c", "e") }, "", 4, 0},
		{"restored from before", func(t *testing.T, l *logServer) {
			l.become(t, "a", "b")
			l.restore("two", 2)
		}, "", 2, 1},
		{"restored with another past", func(t *testing.T, l *logServer) { l.restore("two", 3); l.become(t, "x", "b", "c", "d") }, "not all there", 3, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			server, clock := newServer()
			log := newLogServer(t, server.Transport())
			log.become(t, "a", "b", "c")
			client := citizen(t, server, func(c *sdk.Config) { c.Transport = log })
			client.sync()
			if st := client.status(); st.Log.Alarm != nil || st.Log.Size != 3 || st.Log.CheckedAt.IsZero() {
				t.Fatalf("first sight: %+v", st.Log)
			}
			c.change(t, log)
			client.sync()
			if st := client.status(); st.Log.Size != 3 || st.Log.Alarm != nil {
				t.Fatalf("asked again within a day: %+v", st.Log)
			}
			clock.at = clock.at.Add(25 * time.Hour)
			client.sync()
			st := client.status()
			if (st.Log.Alarm != nil) != (c.alarm != "") || st.Log.Alarm != nil && !strings.Contains(st.Log.Alarm.Reason, c.alarm) || st.Log.Size != c.size {
				t.Fatalf("%+v, want alarm %q and size %d", st.Log, c.alarm, c.size)
			}
			if restored := len(st.Log.Restores) == 1; restored != (c.lost >= 0 && c.alarm == "") || restored && st.Log.Restores[0].Lost != c.lost {
				t.Errorf("restores: %+v", st.Log.Restores)
			}
			if st.Log.Alarm == nil {
				return
			}
			if st.Log.Alarm.Kept == "" || st.Log.Alarm.Shown == "" || !errors.Is(st.Log.Alarm, sdk.ErrLog) {
				t.Errorf("evidence: %+v", st.Log.Alarm)
			}
			log.become(t, "a", "b", "c", "d")
			clock.at = clock.at.Add(25 * time.Hour)
			client.sync()
			if client.status().Log.Alarm == nil {
				t.Error("the alarm went away")
			}
		})
	}
}

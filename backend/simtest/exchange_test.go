package simtest

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/citizens-portal/portal/backend/lifecycle"
	"github.com/citizens-portal/portal/backend/portal"
	"github.com/citizens-portal/portal/sdk"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// transcript writes down what a client and the server say to each other.
type transcript struct {
	link *link
	out  bytes.Buffer
}

// RoundTrip implements http.RoundTripper.
func (t *transcript) RoundTrip(r *http.Request) (*http.Response, error) {
	var body []byte
	if r.Body != nil {
		var err error
		if body, err = io.ReadAll(r.Body); err != nil {
			return nil, err
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
	}
	resp, err := t.link.RoundTrip(r)
	if err != nil || r.Method == http.MethodGet {
		return resp, err // collections are large and say nothing about sync
	}
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	resp.Body = io.NopCloser(bytes.NewReader(answer))
	fmt.Fprintf(&t.out, "→ %s %s\n%s\n← %d\n%s\n\n", r.Method, r.URL.Path, pretty(plain(body)), resp.StatusCode, pretty(answer))
	return resp, nil
}

func (t *transcript) say(format string, args ...any) {
	fmt.Fprintf(&t.out, "# "+format+"\n\n", args...)
}

func pretty(raw []byte) string {
	var b bytes.Buffer
	if err := json.Indent(&b, raw, "", "  "); err != nil {
		return string(raw)
	}
	return strings.TrimSpace(b.String())
}

// TestExchange plays a complaint from sign-up to a restored server and keeps
// every message: testdata/exchange.txt is the long form of the example in
// docs/design/sync.md.
func TestExchange(t *testing.T) {
	base := fastDir(t)
	w := &world{seed: 1, dir: filepath.Join(base, "world"), hashes: map[string]string{}}
	data := filepath.Join(w.dir, "server")
	var said string
	synctest.Test(t, func(t *testing.T) {
		w.ctx, w.began = t.Context(), time.Now()
		w.ledger = newLedger(w)
		w.calm.Store(true)
		w.host = newHost(w, data)
		if err := makeTemplate(t.Context(), data); err != nil {
			t.Fatal(err)
		}
		if err := w.host.start(); err != nil {
			t.Fatal(err)
		}
		said = w.exchange(t)
		if err := w.host.stop(); err != nil {
			t.Fatal(err)
		}
	})
	const golden = "testdata/exchange.txt"
	if *update {
		if err := os.WriteFile(golden, []byte(said), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if string(want) != said {
		t.Errorf("client and server speak otherwise than %s says; look at the difference and rewrite it with -update:\n%s", golden, said)
	}
}

func (w *world) exchange(t *testing.T) string {
	t.Helper()
	ctx := t.Context()
	p := newPhone(w, "a1", &person{name: "Amina", cnic: "15602-1234500-1", mobile: "+923451234500", district: "swat"})
	p.skew = 0
	tr := &transcript{link: p.link}
	var err error
	p.client, err = sdk.Open(ctx, sdk.Config{Dir: p.dir, BaseURL: "https://portal.example", Transport: tr, Now: p.now, Rand: p.random, Client: "example/1.0", DeviceName: "example"})
	must(t, err)
	tr.say("A citizen signs up: an SMS brings the code.")
	must(t, p.trySignIn(ctx, p.people[0]))
	tr.say("The first sync of a device.")
	_, err = p.client.Sync.Now(ctx)
	must(t, err)
	must(t, w.host.takeBackup(ctx))
	tr.say("A complaint was written without network, and goes up now.")
	sub, err := p.client.Complaints.Lodge(ctx, sdk.Draft{Category: "rubbish", District: "swat", Text: "The bins of our street were not emptied for two weeks."})
	must(t, err)
	_, err = p.client.Sync.Now(ctx)
	must(t, err)
	tr.say("Meanwhile the office has seen it. The citizen adds something; act and event pass each other.")
	o, _ := w.host.server().Directory.Current(ctx).Officer("focal.swat")
	_, err = w.host.server().Lifecycle.Act(ctx, lifecycle.Request{Actor: portal.Actor{Kind: portal.OfficerActor, Officer: o}, Op: "desk-1", Device: "desk", N: 1, Hash: "1"},
		lifecycle.Ask{Case: sub.Complaint.ID, Action: portal.ActAcknowledge})
	must(t, err)
	_, err = p.client.Complaints.Message(ctx, sub.Complaint.ID, "It is the bin beside the school.")
	must(t, err)
	_, err = p.client.Sync.Now(ctx)
	must(t, err)
	tr.say("The server is restored from a backup that is older than the complaint: the epoch is another, and what was acknowledged since is offered again.")
	must(t, w.host.restore(ctx))
	_, err = p.client.Sync.Now(ctx)
	must(t, err)
	must(t, p.client.Close())
	return tr.out.String()
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

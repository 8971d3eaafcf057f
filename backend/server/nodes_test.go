package server_test

import (
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/citizens-portal/portal/backend/directory"
	"github.com/citizens-portal/portal/backend/escalation"
	"github.com/citizens-portal/portal/backend/server"
	"github.com/citizens-portal/portal/sdk/api"
)

// TestTwoNodes runs two servers with shared keys on one PostgreSQL.
func TestTwoNodes(t *testing.T) {
	dsn, now := pg.New(t), &clock{at: time.Now().UTC().Truncate(time.Millisecond)}
	folder := t.TempDir()
	node := func(name string) *running {
		return serve(t, server.Config{
			DataDir: filepath.Join(folder, name), DSN: dsn, KeysFile: filepath.Join(folder, "keys.json"), Addr: "127.0.0.1:0",
			SMSFile: filepath.Join(folder, "sms"), Now: now.now, SweepEvery: time.Hour,
		})
	}
	a, b := node("a"), node("b")

	// Lodge on one, read on the other, with the token of the first.
	amir := a.citizen(amirMobile)
	filed := a.lodge(amir)
	if c := as[api.Complaint](t, b.do("GET", api.RouteComplaints+"/"+filed.Code, amir, nil), 200); c.ID != filed.Case {
		t.Errorf("read %+v", c)
	}

	// A long poll on one wakes for what is filed through the other.
	polled := make(chan int, 1)
	focal := a.officer("focal.test", "dc-swat", "focal")
	now.forward(directory.Staleness)
	poll := b.begin(api.RouteSync, focal, api.SyncRequest{WaitSeconds: 55, Cursors: []api.Cursor{{Feed: "o:dc-swat", N: 1}}})
	go func() { polled <- poll.finish(t) }()
	a.lodge(amir)
	if status := <-polled; status != 200 {
		t.Errorf("poll ends with %d", status)
	}

	// An officer disabled through one is out on the other within a second.
	if _, err := server.Admin(t.Context(), a.Config, "officer-disable", server.AdminRequest{Officer: &server.OfficerRequest{ID: "focal.test"}}); err != nil {
		t.Fatal(err)
	}
	now.forward(time.Second)
	as[api.Problem](t, b.do("GET", api.RouteMe, focal, nil), 401)

	// The limit on SMS to a number holds across both.
	d, other := device(), "+923337654321"
	for i, n := range []*running{a, b, a, b} {
		want := 200
		if i == 3 {
			want = 429
		}
		as[any](t, n.do("POST", api.RouteLogin, "", api.LoginRequest{Mobile: other, Device: d}), want)
		now.forward(61 * time.Second)
	}

	// Each due step is claimed by one of them.
	now.forward(16 * 24 * time.Hour)
	var mu sync.Mutex
	var moved []string
	var wg sync.WaitGroup
	for _, n := range []*running{a, b} {
		wg.Go(func() {
			moves, err := n.Escalate(t.Context(), now.now(), false)
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			for _, m := range moves {
				moved = append(moved, m.Case)
			}
		})
	}
	wg.Wait()
	slices.Sort(moved)
	if len(moved) != 2 || len(slices.Compact(moved)) != 2 {
		t.Errorf("moved %v", moved)
	}
	if faults, err := server.Check(t.Context(), b.Config); err != nil || len(faults) > 0 {
		t.Errorf("check: %v, %v", faults, err)
	}
	if plan, err := b.Escalate(t.Context(), now.now(), true); err != nil || !reflect.DeepEqual(plan, []escalation.Move{}) {
		t.Errorf("plan afterwards: %+v, %v", plan, err)
	}

	// A node in another's folder would take its socket away.
	if s, err := server.New(t.Context(), a.Config); err != nil {
		t.Error(err)
	} else {
		if err := s.Serve(t.Context(), func(string) { t.Error("listens") }); err == nil {
			t.Error("two nodes in one folder")
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}

// TestDemo: the made-up people stay the same between runs, can sign in, and time
// may be set ahead on their store alone.
func TestDemo(t *testing.T) {
	c := configure(t)
	live := c
	c.Demo = true
	c.DataDir += "-demo"
	r := serve(t, c)
	file := filepath.Join(c.DataDir, server.DemoFile)
	info, err := os.Stat(file)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("%v, %v", info, err)
	}
	first, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	people, err := server.DemoPeople(c.DataDir)
	if err != nil {
		t.Fatal(err)
	}
	named := map[string]server.DemoPerson{}
	for _, p := range people {
		named[p.Name] = p
	}
	for _, name := range []string{"focal.swat", "officer.swat", "dc.swat", "focal.peshawar", "commissioner.malakand", "cs"} {
		if p := named[name]; p.Password == "" || p.TOTPSecret == "" || p.Role == "" {
			t.Errorf("%s: %+v", name, p)
		}
	}
	if p := named["citizen.swat"]; p.Role != "citizen" || p.CNIC == "" || p.Mobile == "" || p.District != "swat" {
		t.Errorf("citizen.swat: %+v", p)
	}
	focal := named["focal.swat"]
	token := r.loginOfficer(r, focal.Name, focal.Password, focal.TOTPSecret)
	list := as[struct{ Items []api.Complaint }](t, r.do("GET", api.RouteComplaints, token, nil), 200)
	if len(list.Items) == 0 || slices.ContainsFunc(list.Items, func(c api.Complaint) bool { return !c.Sample }) {
		t.Errorf("%d complaints, all marked as samples?", len(list.Items))
	}
	if _, err := server.Admin(t.Context(), c, "escalate", server.AdminRequest{AsOf: time.Now().Add(100 * 24 * time.Hour)}); err != nil {
		t.Errorf("time set ahead: %v", err)
	}
	r.end()
	r = serve(t, c)
	if second, err := os.ReadFile(file); err != nil || string(second) != string(first) {
		t.Errorf("demo.json changed: %v", err)
	}
	r.loginOfficer(r, named["cs"].Name, named["cs"].Password, named["cs"].TOTPSecret)
	r.end()
	if faults, err := server.Check(t.Context(), c); err != nil || len(faults) > 0 {
		t.Errorf("check: %v, %v", faults, err)
	}

	serve(t, live).end()
	live.Demo = true
	if _, err := server.New(t.Context(), live); err == nil {
		t.Error("--demo on a store with real data")
	}
}

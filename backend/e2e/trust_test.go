package e2e

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// event is what the stories look at in a timeline.
type event struct {
	Action string    `json:"action"`
	By     string    `json:"by"`
	ByName string    `json:"by_name"`
	Person string    `json:"person"`
	Text   string    `json:"text"`
	At     time.Time `json:"at"`
	Erased bool      `json:"erased"`
}

const sensitive = "police-conduct"

// TestReveal: an officer learns who complained only by saying why, and the
// citizen learns who asked; a street in a sensitive category comes no other way.
func TestReveal(t *testing.T) {
	both(t, func(t *testing.T, r *rig) {
		r.serve()
		r.register("phone", swatCNIC, swatMobile, "swat")
		c := read[complaint](t, r.do("phone", "lodge", "--category", sensitive, "--district", "swat", "--place", "Green Chowk 12", "--text", "he shouts"))
		r.officer("focal", "focal.swat")
		if raw := r.do("focal", "show", c.Code); strings.Contains(raw, "Green Chowk") || !strings.Contains(raw, `"place_withheld": true`) || strings.Contains(raw, "Gul") {
			t.Fatalf("the desk sees: %s", raw)
		}
		if raw := r.do("focal", "inbox"); strings.Contains(raw, "Green Chowk") {
			t.Fatalf("the inbox shows the street: %s", raw)
		}
		r.ctl("focal", []int{2}, "reveal", c.Code)
		r.officer("elsewhere", "focal.peshawar")
		r.ctl("elsewhere", []int{4}, "reveal", c.Code, "--reason", "curious")
		r.ctl("phone", []int{4}, "reveal", c.Code, "--reason", "myself")
		who := read[map[string]string](t, r.do("focal", "reveal", c.Code, "--reason", "to meet at the place"))
		if who["name"] != "Gul Khan" || who["mobile"] != swatMobile || who["cnic"] != "15602-*******-1" || who["place"] != "Green Chowk 12" {
			t.Fatalf("revealed: %v", who)
		}
		r.do("phone", "sync")
		events := read[[]event](t, r.do("phone", "events", c.Code))
		last := events[len(events)-1]
		if last.Action != "reveal" || last.Text != "to meet at the place" || last.By != "dc-swat" || last.ByName == "" || last.Person == "" {
			t.Fatalf("the citizen's timeline: %+v", last)
		}
		log := r.list2(t, "phone", "access-log")
		if len(log) != 2 || log[0]["what"] != "identity" || log[0]["person"] == nil || log[1]["what"] != "complaint" || log[1]["office"] != "dc-swat" {
			t.Fatalf("access log: %v", log)
		}
		if out := r.portald(0, "check"); !strings.HasSuffix(strings.TrimSpace(out), "check: ok") {
			t.Fatal(out)
		}
	})
}

// list2 reads a list of anything.
func (r *rig) list2(t *testing.T, home string, args ...string) []map[string]any {
	t.Helper()
	return read[[]map[string]any](t, r.do(home, args...))
}

// TestAboutAnOffice: a complaint about the district's office is never on its desk.
func TestAboutAnOffice(t *testing.T) {
	both(t, func(t *testing.T, r *rig) {
		r.serve()
		r.register("phone", swatCNIC, swatMobile, "swat")
		r.officer("dc", "dc.swat")
		r.officer("commissioner", "commissioner.malakand")
		for _, about := range [][]string{{"--about-office", "dc-swat"}, {"--about-officer", "officer.swat"}} {
			c := read[complaint](t, r.do("phone", append([]string{"lodge", "--category", category, "--district", "swat", "--text", "they ask for money"}, about...)...))
			if c.Holder != "commissioner-malakand" || c.Level != 1 {
				t.Fatalf("about %v: with %s at level %d", about, c.Holder, c.Level)
			}
			r.do("dc", "sync")
			r.ctl("dc", []int{4}, "show", c.Code)
			r.ctl("dc", []int{4}, "show", c.ID)
			r.ctl("dc", []int{4}, "acknowledge", c.ID)
			if slices.ContainsFunc(r.list("dc", "inbox", "--view", "everyone"), func(x complaint) bool { return x.ID == c.ID }) {
				t.Fatal("it is in the inbox of the one complained of")
			}
			r.show("commissioner", c.Code)
			r.ctl("commissioner", []int{4}, "transfer", c.Code, "--office", "dc-swat", "--reason", "yours")
		}
		r.ctl("phone", []int{2, 4}, "lodge", "--category", category, "--district", "swat", "--text", "x", "--about-office", "nowhere")
		r.ctl("phone", []int{4}, "lodge", "--category", category, "--district", "swat", "--text", "x", "--about-officer", "Nobody At All")
		// The officer complained of comes to the office that has the case.
		r.portald(0, "officer", "add", "officer.swat", "--name", "Moved", "--title", "Clerk", "--office", "commissioner-malakand", "--post", "staff")
		r.do("phone", "sync")
		list := r.list("phone", "list")
		moved := slices.IndexFunc(list, func(c complaint) bool { return c.Holder == "cs-kp" && c.Level == 2 })
		if moved < 0 {
			t.Fatalf("nothing moved up: %+v", list)
		}
		r.do("commissioner", "sync")
		r.ctl("commissioner", []int{4}, "show", list[moved].Code)
		if out := r.portald(0, "check"); !strings.HasSuffix(strings.TrimSpace(out), "check: ok") {
			t.Fatal(out)
		}
	})
}

// TestAnonymous: filed offline without an account, followed and decided by code
// and receipt from anywhere, and bound to nobody.
func TestAnonymous(t *testing.T) {
	both(t, func(t *testing.T, r *rig) {
		r.serve()
		r.do("phone", "categories")
		r.do("phone", "areas")
		r.kill()
		type nameless struct {
			complaint
			Receipt string  `json:"receipt"`
			Events  []event `json:"events"`
		}
		filed := read[nameless](t, r.ctl("phone", []int{3}, "lodge", "--anonymous", "--category", sensitive, "--district", "swat", "--text", "I saw money change hands", "--wait", "1s"))
		if len(filed.Receipt) != 31 || filed.Code != "" {
			t.Fatalf("filed offline: %+v", filed)
		}
		r.serve()
		r.do("phone", "sync")
		kept := read[[]nameless](t, r.do("phone", "track"))
		if len(kept) != 1 || kept[0].Code == "" || kept[0].Receipt != filed.Receipt {
			t.Fatalf("sent: %+v", kept)
		}
		code := kept[0].Code
		r.officer("focal", "focal.swat")
		seen := read[map[string]any](t, r.do("focal", "show", code))
		if seen["anonymous"] != true {
			t.Fatalf("the desk sees %v", seen)
		}
		r.ctl("focal", []int{4}, "reveal", code, "--reason", "who is it")
		r.do("focal", "ask", code, "--text", "where was it?")
		// Any other device, with the paper alone.
		r.ctl("cafe", []int{4}, "track", code, "--receipt", strings.Repeat("A", 26))
		r.ctl("cafe", []int{2}, "track", code, "--receipt", "short")
		r.ctl("cafe", []int{4}, "track", "KP-26-AAAA-AAAA-A", "--receipt", filed.Receipt)
		got := read[nameless](t, r.do("cafe", "track", code, "--receipt", strings.ToLower(filed.Receipt)))
		if got.Status != "waiting_citizen" || got.Events[len(got.Events)-1].Text != "where was it?" {
			t.Fatalf("followed: %+v", got)
		}
		r.do("cafe", "track", code, "--receipt", filed.Receipt, "--answer", "at the gate")
		r.do("focal", "sync")
		r.do("focal", "resolve", code, "--text", "dealt with", "--evidence", picture(t, r))
		if got := read[nameless](t, r.do("phone", "track", code, "--receipt", filed.Receipt, "--confirm")); got.Status != "closed_confirmed" {
			t.Fatalf("confirmed: %+v", got)
		}
		r.ctl("cafe", []int{4}, "track", code, "--receipt", filed.Receipt, "--confirm")
		r.do("phone", "track", code, "--receipt", filed.Receipt, "--forget")
		if left := read[[]nameless](t, r.do("phone", "track")); len(left) != 0 {
			t.Fatalf("not forgotten: %+v", left)
		}
		// One network may not flood the desks, restarts or not.
		limited := 0
		for range 12 {
			out := r.ctl("flood", []int{0, 3}, "lodge", "--anonymous", "--category", category, "--district", "swat", "--text", "again")
			if read[nameless](t, out).Code == "" {
				limited++
			}
		}
		if limited == 0 {
			t.Fatal("twelve in an hour from one address were all taken")
		}
		if out := r.portald(0, "check"); !strings.HasSuffix(strings.TrimSpace(out), "check: ok") {
			t.Fatal(out)
		}
	})
}

func picture(t *testing.T, r *rig) string {
	t.Helper()
	path := r.path("evidence.pdf")
	if err := os.WriteFile(path, []byte("%PDF-1.4\n1 0 obj\n<< >>\nendobj\ntrailer\n<< >>\n%%EOF\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestEraseIsReal: after an account is deleted, its owner's words, name and
// numbers are in no file of the server, and everything else is whole.
func TestEraseIsReal(t *testing.T) {
	r := newRig(t, "")
	r.serve()
	r.do("other", "register", "--cnic", peshawarCNIC, "--mobile", peshawarMobile, "--name", "Somebody Else", "--district", "swat")
	r.do("other", "verify", "--otp", r.otp(peshawarMobile))
	kept := read[complaint](t, r.do("other", "lodge", "--category", category, "--district", "swat", "--text", "keep these words"))
	r.do("phone", "register", "--cnic", swatCNIC, "--mobile", swatMobile, "--name", "Zarghuna Eraseme", "--district", "swat")
	r.do("phone", "verify", "--otp", r.otp(swatMobile))
	c := read[complaint](t, r.do("phone", "lodge", "--category", category, "--district", "swat", "--place", "Lane Eraseme 7", "--text", "erasable words about a pipe", "--photo", picture(t, r)))
	r.officer("focal", "focal.swat")
	r.do("focal", "ask", c.Code, "--text", "dear Zarghuna Eraseme, where?")
	r.do("phone", "sync")
	r.do("phone", "answer", c.Code, "--text", "erasable answer")
	r.do("focal", "reveal", c.Code, "--reason", "to ring Zarghuna Eraseme")
	for range 40 { // pages are written to and fro
		r.do("other", "message", kept.Code, "--text", strings.Repeat("more words ", 60))
	}
	r.ctl("phone", []int{2}, "account", "delete")
	r.do("phone", "account", "delete", "--yes")
	if err := os.Remove(r.path("data/demo.json")); err != nil {
		t.Fatal(err)
	}
	for _, running := range []bool{true, false} {
		if !running {
			r.kill()
		}
		found := false
		err := filepath.WalkDir(r.path("data"), func(path string, d os.DirEntry, err error) error {
			if err != nil || !d.Type().IsRegular() {
				return err
			}
			raw, err := os.ReadFile(path)
			text := string(raw)
			found = found || strings.Contains(text, "keep these words")
			for _, gone := range []string{"Eraseme", "erasable", "15602-2345678", "1560223456781", swatMobile[3:], "%PDF"} {
				if strings.Contains(text, gone) {
					t.Errorf("running %v: %s still holds %q", running, path, gone)
				}
			}
			return err
		})
		if err != nil || !found {
			t.Fatalf("the search does not even find what was kept: %v", err)
		}
	}
	r.serve()
	r.do("focal", "sync")
	after := read[map[string]any](t, r.do("focal", "show", c.Code))
	if after["code"] != c.Code || after["text"] != "" || after["erased"] != true || after["status"] != "withdrawn" {
		t.Fatalf("what is left for the desk: %v", after)
	}
	for _, e := range read[[]event](t, r.do("focal", "events", c.Code)) {
		if e.Text != "" {
			t.Fatalf("an event keeps its words: %+v", e)
		}
	}
	r.portald(0, "scrub")
	if out := r.portald(0, "check"); !strings.HasSuffix(strings.TrimSpace(out), "check: ok") {
		t.Fatal(out)
	}
}

// TestDeskHelperAndExport: the ways in for people without an SMS of their own,
// and the way out with everything that is theirs.
func TestDeskHelperAndExport(t *testing.T) {
	both(t, func(t *testing.T, r *rig) {
		r.serve()
		r.officer("focal", "focal.swat")
		who := []string{"--cnic", swatCNIC, "--mobile", swatMobile, "--name", "Gul Khan"}
		r.ctl("focal", []int{4, 2}, append([]string{"desk", "register", "--district", "peshawar"}, who...)...)
		made := read[map[string]string](t, r.do("focal", append([]string{"desk", "register", "--district", "swat"}, who...)...))
		again := read[map[string]string](t, r.do("focal", append([]string{"desk", "register", "--district", "swat"}, who...)...))
		r.ctl("phone", []int{5}, "login", "--mobile", swatMobile, "--recovery", made["setup_code"])
		r.do("phone", "login", "--mobile", swatMobile, "--recovery", again["setup_code"])
		r.ctl("thief", []int{5}, "login", "--mobile", swatMobile, "--recovery", again["setup_code"])
		r.ctl("focal", []int{4}, append([]string{"desk", "register", "--district", "swat"}, who...)...)
		r.do("phone", "account", "pin", "573920")
		own := read[complaint](t, r.do("phone", "lodge", "--category", category, "--district", "swat", "--text", "my own words"))

		// A neighbour helps: the code goes to the owner's phone, the case to the
		// owner's account, and the neighbour stays who they are.
		r.register("neighbour", peshawarCNIC, peshawarMobile, "peshawar")
		lodge := []string{"lodge", "--for", swatMobile, "--category", category, "--district", "swat", "--text", "dictated to a neighbour"}
		r.do("neighbour", lodge...)
		r.ctl("neighbour", []int{2, 4}, append(lodge, "--otp", "000000")...)
		helped := read[map[string]string](t, r.do("neighbour", append(lodge, "--otp", r.otp(swatMobile))...))
		if helped["code"] == "" || !strings.Contains(helped["track"], "/track/") {
			t.Fatalf("helped: %v", helped)
		}
		r.ctl("neighbour", []int{4}, "show", helped["code"])
		if who := r.do("neighbour", "account"); !strings.Contains(who, "peshawar") {
			t.Fatalf("the neighbour became %s", who)
		}
		if c := r.show("phone", helped["code"]); c.Text != "dictated to a neighbour" {
			t.Fatalf("the owner has %+v", c)
		}

		file := r.path("mine.json")
		r.ctl("phone", []int{5, 2}, "account", "export", file, "--pin", "111222")
		r.do("phone", "account", "export", file, "--pin", "573920")
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var all struct {
			Server struct {
				Profile    map[string]string `json:"profile"`
				Complaints []complaint       `json:"complaints"`
			} `json:"server"`
		}
		if err := json.Unmarshal(raw, &all); err != nil || all.Server.Profile["mobile"] != swatMobile || all.Server.Profile["cnic"] != "1560223456781" || len(all.Server.Complaints) != 2 {
			t.Fatalf("export: %v\n%s", err, raw)
		}
		if !strings.Contains(string(raw), own.Text) {
			t.Fatal("the export lacks the words")
		}
	})
}

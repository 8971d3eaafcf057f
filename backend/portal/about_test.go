package portal_test

import (
	"errors"
	"slices"
	"testing"

	"pgregory.net/rapid"

	. "github.com/citizens-portal/portal/backend/portal"
)

// aboutSwat files a complaint of Swat about somebody.
func aboutSwat(t *testing.T, dir *Directory, office OfficeID, name string) (Case, error) {
	t.Helper()
	about, err := dir.FindAbout(office, name)
	if err != nil {
		return Case{}, err
	}
	c, _, err := Lodge(dir, Case{ID: "1", District: "kp/malakand/swat", Category: "water", Citizen: owner, About: about}, Complaint{Text: "t"}, filed)
	return c, err
}

func TestAboutIsFiledWithTheNextOfficeUp(t *testing.T) {
	dir := directory(t, kpLike())
	for _, tt := range []struct {
		office OfficeID
		name   string
		holder OfficeID
		level  int
	}{
		{"dc-swat", "", "com-malakand", 1},
		{"", "staff.dc-swat", "com-malakand", 1},
		{"", "STAFF.dc-swat", "com-malakand", 1},
		{"water-swat", "", "dc-swat", 0},
		{"", "head.water-swat", "dc-swat", 0},
		{"com-malakand", "", "cs", 2},
		{"roads-malakand", "", "dc-swat", 0},
		{"dc-buner", "", "dc-swat", 0},
		{"cs", "", "panel", 2},
		{"panel", "", "dc-swat", 0},
		{"dc-swat", "nobody of this name", "com-malakand", 1},
	} {
		c, err := aboutSwat(t, dir, tt.office, tt.name)
		if err != nil || c.Office != tt.holder || c.Level != tt.level || !slices.Equal(c.Desks, []OfficeID{tt.holder}) {
			t.Errorf("about %s %s: with %s at level %d, desks %v, %v; want %s at %d", tt.office, tt.name, c.Office, c.Level, c.Desks, err, tt.holder, tt.level)
		}
	}
}

func TestAboutNeedsToBeClear(t *testing.T) {
	data := kpLike()
	data.Officers = append(data.Officers, Officer{ID: "a", Name: "Ali Khan", Office: "dc-swat", Post: Staff}, Officer{ID: "b", Name: "Ali Khan", Office: "cs", Post: Staff})
	dir := directory(t, data)
	for field, tt := range map[string][2]string{"about_office": {"nowhere", ""}, "about_officer": {"", "Ali Khan"}} {
		var bad *FieldError
		if _, err := aboutSwat(t, dir, OfficeID(tt[0]), tt[1]); !errors.As(err, &bad) || bad.Field != field {
			t.Errorf("about %v: %v, want an error on %s", tt, err, field)
		}
	}
	if c, err := aboutSwat(t, dir, "dc-swat", " ali   khan "); err != nil || c.About.Officer != "a" {
		t.Errorf("the office tells which of two: %+v, %v", c.About, err)
	}
	north := directory(t, northland())
	var bad *FieldError
	if _, _, err := Lodge(north, Case{ID: "1", District: "nl/east", Category: "bridge", Citizen: owner, About: About{Office: "crown"}}, Complaint{Text: "t"}, filed); !errors.As(err, &bad) {
		t.Errorf("about the top of a province without a panel: %v", err)
	}
}

// transferred moves an officer to another office.
func transferred(t testing.TB, data Dataset, id OfficerID, to OfficeID) Dataset {
	t.Helper()
	data.Officers = slices.Clone(data.Officers)
	i := slices.IndexFunc(data.Officers, func(o Officer) bool { return o.ID == id })
	if i < 0 {
		t.Fatalf("no officer %s", id)
	}
	data.Officers[i].Office = to
	return data
}

func TestAboutFollowsTheOfficer(t *testing.T) {
	data := kpLike()
	dir := directory(t, data)
	c, err := aboutSwat(t, dir, "", "staff.dc-swat")
	if err != nil {
		t.Fatal(err)
	}
	commissioner, _ := dir.Officer("head.com-malakand")
	moved := directory(t, transferred(t, data, "staff.dc-swat", "com-malakand"))
	if err := Can((Actor{Kind: OfficerActor, Officer: commissioner}).In(moved), ActionView, c); !errors.Is(err, ErrNotFound) {
		t.Errorf("their new office still sees it: %v", err)
	}
	c, events := CatchUp(moved, c, nil, filed, filed)
	if c.Office != "cs" || c.Level != 2 || !slices.Equal(c.Desks, []OfficeID{"cs"}) || len(events) != 1 || events[0].Action != ActReroute || events[0].ToOffice != "cs" {
		t.Errorf("moved to %s at %d, desks %v, events %+v", c.Office, c.Level, c.Desks, events)
	}
	if again, more := CatchUp(moved, c, nil, filed, filed); len(more) != 0 || again.Version != c.Version {
		t.Errorf("once is enough: %+v", more)
	}
	// A closed one stays where it is, unread, and moves when it is opened again.
	c.Status, c.ClosedAt = ClosedSilent, filed
	top := directory(t, transferred(t, data, "staff.dc-swat", "cs"))
	if _, more := CatchUp(top, c, nil, filed, filed); len(more) != 0 {
		t.Errorf("closed: %+v", more)
	}
	c, events, err = Act(top, c, Command{Action: ActReopen, Actor: citizen(owner), At: filed, Text: "again"})
	if err != nil || c.Office != "panel" || events[len(events)-1].Action != ActReroute {
		t.Errorf("opened again: with %s, %v, %v", c.Office, kindsOf(events), err)
	}
}

// TestAboutHistories: whatever is done to a complaint about somebody, and
// wherever they go meanwhile, neither they nor those below them ever have it,
// and as long as there is somebody else, somebody else has it.
func TestAboutHistories(tt *testing.T) {
	happened := map[Action]int{}
	rapid.Check(tt, func(t *rapid.T) {
		data := kpLike()
		w := world{dir: directory(tt, data), officers: data.Officers, districts: []AreaID{"kp/malakand/swat"}, categories: []CategoryCode{"water", "road"}}
		for _, o := range data.Offices {
			w.offices = append(w.offices, o.ID)
		}
		office, name := OfficeID(""), string(oneOf(t, w.officers, "about").ID)
		if below(t, 2, "office") == 0 {
			office, name = oneOf(t, w.offices, "about office"), ""
		}
		about, err := w.dir.FindAbout(office, name)
		if err != nil {
			t.Fatal(err)
		}
		filing := Case{ID: "1", District: w.districts[0], Category: oneOf(t, w.categories, "category"), Citizen: owner, About: about}
		c, _, err := Lodge(w.dir, filing, Complaint{Text: "t"}, filed)
		if err != nil {
			t.Fatal(err)
		}
		now := filed
		for range 5 + below(t, 30, "steps") {
			now = w.nextMoment(t, c, now)
			if about.Officer != "" && below(t, 6, "moves") == 0 {
				data = transferred(tt, data, about.Officer, oneOf(t, w.offices, "to"))
				w.dir, w.officers = directory(tt, data), data.Officers
				w.unread(t, c) // at once, before the case itself is moved
				var events []Event
				c, events = CatchUp(w.dir, c, nil, now, now)
				for _, e := range events {
					happened[e.Action]++
				}
				w.unread(t, c)
				w.elsewhere(t, c)
				continue
			}
			cmd := w.commandAbout(t, c)
			cmd.At = now
			if after, events, err := Act(w.dir, c, cmd); err == nil {
				c = after
				for _, e := range events {
					happened[e.Action]++
				}
			}
			w.unread(t, c)
			w.elsewhere(t, c)
		}
	})
	for _, action := range []Action{ActReroute, ActEscalate, ActAppeal, ActTransfer, ActAssign, ActReopen} {
		if happened[action] == 0 {
			tt.Errorf("no history had a %s: what the others show is worth little", action)
		}
	}
	tt.Log("events:", happened)
}

// commandAbout draws what somebody with a part in the case tries next, else the
// citizen: now and then nobody else can.
func (w world) commandAbout(t *rapid.T, c Case) Command {
	actor := citizen(owner)
	var near []Officer
	for _, o := range w.officers {
		if role, _ := (Actor{Kind: OfficerActor, Officer: o}).In(w.dir).RoleIn(c); role == RoleDistributor || role == RoleHandler {
			near = append(near, o)
		}
	}
	if len(near) > 0 && below(t, 3, "who") > 0 {
		actor = Actor{Kind: OfficerActor, Officer: oneOf(t, near, "officer")}
	}
	action := oneOf(t, Actions(), "action")
	if offered := AllowedActions(w.dir, c, actor, filed); len(offered) > 0 {
		if action = oneOf(t, offered, "offered"); action == ActWithdraw {
			action = ActMessage
		}
	}
	cmd := said(action, actor, filed)
	cmd.ToOffice = oneOf(t, w.offices, "office")
	cmd.ToOfficer = oneOf(t, w.officers, "to").ID
	return cmd
}

// unread: nobody it is about, and nobody below them, has a part in it.
func (w world) unread(t *rapid.T, c Case) {
	under := w.underNamed(c)
	for _, o := range w.officers {
		_, ok := (Actor{Kind: OfficerActor, Officer: o}).In(w.dir).RoleIn(c)
		if ok && (o.ID == c.About.Officer || under(o.Office)) {
			t.Fatalf("%s of %s has a part in a complaint about %+v", o.ID, o.Office, c.About)
		}
	}
}

// elsewhere: it is not in the hands of one of them when its office is another.
func (w world) elsewhere(t *rapid.T, c Case) {
	if under := w.underNamed(c); c.Officer != "" && c.Status.Open() {
		if o, _ := w.dir.Officer(c.Officer); under(o.Office) && !under(c.Office) {
			t.Fatalf("given to %s of %s, about %+v", o.ID, o.Office, c.About)
		}
	}
}

// underNamed tells the offices that it is about, and those below them.
func (w world) underNamed(c Case) func(OfficeID) bool {
	named := map[OfficeID]bool{c.About.Office: true}
	if o, ok := w.dir.Officer(c.About.Officer); ok {
		named[o.Office] = true
	}
	return func(o OfficeID) bool {
		for id := o; id != ""; {
			if named[id] {
				return true
			}
			at, _ := w.dir.Office(id)
			id = at.Parent
		}
		return false
	}
}

// TestAboutReachesActingHolders: a charge counts like a post, both ways.
func TestAboutReachesActingHolders(t *testing.T) {
	data := kpLike()
	charge := func(id OfficerID, office OfficeID) {
		i := slices.IndexFunc(data.Officers, func(o Officer) bool { return o.ID == id })
		data.Officers[i].Charges = []Charge{{Office: office, Post: Head, Span: Span{From: filed}}}
	}
	charge("staff.dc-swat", "com-malakand")
	charge("head.water-swat", "cs")
	dir := directory(t, data)
	c, err := aboutSwat(t, dir, "", "staff.dc-swat")
	if err != nil || c.Office != "cs" {
		t.Fatalf("filed with %s, %v: the acting Commissioner is the one complained of", c.Office, err)
	}
	acting, _ := dir.Officer("head.water-swat")
	acting.Office = "cs" // as one who acts there signs in
	if err := Can((Actor{Kind: OfficerActor, Officer: acting}).In(dir), ActionView, c); !errors.Is(err, ErrNotFound) {
		t.Errorf("a subordinate who acts for the Chief Secretary sees it: %v", err)
	}
}

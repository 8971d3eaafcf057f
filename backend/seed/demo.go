package seed

import (
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strconv"
	"time"

	"github.com/citizens-portal/portal/backend/portal"
)

// The files of a demonstration's folder, beside its officers.csv.
const (
	CitizensFile   = "citizens.csv"
	ComplaintsFile = "complaints.csv"
)

// Demo is a demonstration: made-up people, and complaints with what happened to
// them since. It holds no passwords and no times, only ages: the server makes
// the first and reckons the second from its own clock.
type Demo struct {
	Officers   []portal.Officer
	Citizens   []DemoCitizen
	Complaints []DemoComplaint
}

// DemoCitizen is a made-up citizen; sign-in is by CNIC and mobile, as for
// everyone.
type DemoCitizen struct {
	ID       string // e.g. "citizen.swat"
	Name     string
	CNIC     string // 13 digits as 5-7-1
	Mobile   string // E.164
	District portal.AreaID
	Language string // "en", "ur" or "ps"
}

// DemoComplaint is a made-up complaint.
type DemoComplaint struct {
	ID       string // e.g. "sample-07"
	Citizen  string // a DemoCitizen's ID
	District portal.AreaID
	Area     portal.AreaID // the district or a tehsil of it
	Place    string
	Category portal.CategoryCode
	Language string
	Text     string
	// Age is how long before now it was filed.
	Age time.Duration
	// Status is where it stands now, once Steps were taken and the clock swept.
	Status portal.Status
	Steps  []DemoStep
	// Sample is always set: it is what marks the complaint on every screen.
	Sample bool
}

// DemoStep is one thing that happened to a complaint, by the citizen or by an
// officer. What the clock does (escalation, silent closure) is not written
// here: the server's sweep does it.
type DemoStep struct {
	// After is the time since filing.
	After time.Duration
	// Officer acted; empty means the citizen.
	Officer   portal.OfficerID
	Action    portal.Action
	Text      string
	ToOffice  portal.OfficeID
	ToOfficer portal.OfficerID
	Rating    *portal.Rating
}

// KPDemo gives the demonstration for KP. Like KP it panics when the files built
// into the binary are broken, which the package's tests rule out.
func KPDemo() Demo {
	files, err := fs.Sub(kpFiles, "kp/demo")
	if err != nil {
		panic(fmt.Sprintf("seed: embedded demonstration: %v", err))
	}
	demo, err := LoadDemo(files, KP())
	if err != nil {
		panic(fmt.Sprintf("seed: embedded demonstration:\n%v", err))
	}
	return demo
}

// LoadDemo reads a demonstration's folder for a directory: officers.csv,
// citizens.csv and complaints.csv. The error is Problems, as with Load, or the
// directory's own.
func LoadDemo(files fs.FS, data portal.Dataset) (Demo, error) {
	offices := map[portal.OfficeID]bool{}
	for _, o := range data.Offices {
		offices[o.ID] = true
	}
	f := &folder{files: files}
	demo := Demo{Officers: f.officers(OfficersFile, offices)}
	if len(f.problems) > 0 {
		return Demo{}, f.problems.sorted()
	}
	for i := range demo.Officers {
		demo.Officers[i].Demo = true
	}
	data.Officers = slices.Concat(data.Officers, demo.Officers)
	dir, err := portal.NewDirectory(data)
	if err != nil {
		return Demo{}, fmt.Errorf("demonstration: %w", err)
	}
	demo.Citizens = f.citizens(dir)
	demo.Complaints = f.complaints(dir, demo.Citizens)
	if len(f.problems) > 0 {
		return Demo{}, f.problems.sorted()
	}
	return demo, nil
}

var (
	cnicShape   = regexp.MustCompile(`^\d{5}-\d{7}-\d$`)
	mobileShape = regexp.MustCompile(`^\+923\d{9}$`)
)

func (f *folder) citizens(dir *portal.Directory) []DemoCitizen {
	var out []DemoCitizen
	ids, cnics, mobiles := map[string]int{}, map[string]int{}, map[string]int{}
	for _, r := range f.table(CitizensFile, "id", "name", "cnic", "mobile", "district", "language") {
		c := DemoCitizen{
			ID: r.must("id"), Name: r.must("name"), CNIC: r.get("cnic"), Mobile: r.get("mobile"),
			District: portal.AreaID(r.get("district")), Language: r.language(),
		}
		r.seen("id", c.ID, ids)
		r.seen("cnic", c.CNIC, cnics)
		r.seen("mobile", c.Mobile, mobiles)
		if !cnicShape.MatchString(c.CNIC) {
			r.fail("cnic is %q; write it as 15602-0000001-1", c.CNIC)
		}
		if !mobileShape.MatchString(c.Mobile) {
			r.fail("mobile is %q; write it as +923000000001", c.Mobile)
		}
		if a, ok := dir.Area(c.District); !ok || a.Kind != portal.District {
			r.fail("district %q is not a district", c.District)
		}
		out = append(out, c)
	}
	return out
}

func (r row) language() string {
	switch l := r.get("language"); l {
	case "en", "ur", "ps":
		return l
	}
	r.fail("language is %q; write en, ur or ps", r.get("language"))
	return ""
}

func (f *folder) complaints(dir *portal.Directory, citizens []DemoCitizen) []DemoComplaint {
	var out []DemoComplaint
	ids := map[string]int{}
	for _, r := range f.table(ComplaintsFile, complaintColumns()...) {
		c := DemoComplaint{
			ID: r.must("id"), Citizen: r.must("citizen"), Area: portal.AreaID(r.must("area")), Place: r.get("place"),
			Category: portal.CategoryCode(r.must("category")), Language: r.language(), Text: r.must("text"),
			Age: r.days("age_days"), Status: portal.Status(r.must("status")), Sample: true,
		}
		c.District = districtOf(dir, c.Area)
		r.seen("id", c.ID, ids)
		if !slices.ContainsFunc(citizens, func(p DemoCitizen) bool { return p.ID == c.Citizen }) {
			r.fail("citizen %q is not in %s", c.Citizen, CitizensFile)
		}
		if c.District == "" {
			r.fail("area %q is not a district or a place in one", c.Area)
		}
		if !dir.IsLeaf(c.Category) {
			r.fail("category %q is not one that can be chosen", c.Category)
		}
		c.Steps = story{r, dir, c}.steps()
		out = append(out, c)
	}
	return out
}

func complaintColumns() []string {
	return []string{"id", "citizen", "area", "place", "category", "language", "age_days", "status", "office", "assignee",
		"first_reply", "refused", "reply_days", "reply", "remark", "time", "quality", "text"}
}

func districtOf(dir *portal.Directory, id portal.AreaID) portal.AreaID {
	for a, ok := dir.Area(id); ok; a, ok = dir.Area(a.Parent) {
		if a.Kind == portal.District {
			return a.ID
		}
	}
	return ""
}

// days reads a number of days, with a fraction if need be.
func (r row) days(column string) time.Duration {
	n, err := strconv.ParseFloat(r.get(column), 64)
	if err != nil || n < 0 || n > maxDays {
		r.fail("%s is %q; write days, e.g. 3 or 0.5", column, r.get(column))
		return 0
	}
	return time.Duration(n * float64(24*time.Hour))
}

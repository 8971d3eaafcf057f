package seed_test

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"io/fs"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/citizens-portal/portal/backend/portal"
	"github.com/citizens-portal/portal/backend/seed"
)

func kpDirectory(t *testing.T) *portal.Directory {
	t.Helper()
	data, err := seed.Load(seed.KPFiles())
	if err != nil {
		t.Fatal(err)
	}
	dir, err := portal.NewDirectory(data)
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func count(dir *portal.Directory, kind portal.AreaKind) int {
	n := 0
	for _, a := range dir.Data().Areas {
		if a.Kind == kind {
			n++
		}
	}
	return n
}

func TestKPHasItsDivisionsAndDistricts(t *testing.T) {
	dir := kpDirectory(t)
	if n := count(dir, portal.Division); n != 7 {
		t.Errorf("%d divisions, want 7", n)
	}
	if n := count(dir, portal.District); n != 40 {
		t.Errorf("%d districts, want 40", n)
	}
	for _, slug := range []string{"swat", "upper-dir", "d-i-khan", "lakki-marwat", "malakand", "kolai-palas"} {
		if _, ok := dir.DistrictBySlug(slug); !ok {
			t.Errorf("no district %q", slug)
		}
	}
	if _, ok := dir.Area("kp/malakand/swat/babuzai"); !ok {
		t.Error("no tehsil kp/malakand/swat/babuzai")
	}
}

// testdata/tehsils.txt was written from the source, not from the file it checks.
func TestKPLosesNoTehsil(t *testing.T) {
	dir := kpDirectory(t)
	raw, err := os.ReadFile("testdata/tehsils.txt")
	if err != nil {
		t.Fatal(err)
	}
	have := map[string]bool{}
	for _, a := range dir.Data().Areas {
		if a.Kind == portal.Tehsil {
			district, _ := dir.Area(a.Parent)
			have[district.Name.EN+": "+a.Name.EN] = true
		}
	}
	listed := 0
	for lines := bufio.NewScanner(bytes.NewReader(raw)); lines.Scan(); {
		district, tehsils, _ := strings.Cut(lines.Text(), ": ")
		for _, tehsil := range strings.Split(tehsils, ", ") {
			listed++
			if !have[district+": "+tehsil] {
				t.Errorf("%s has lost its tehsil %s", district, tehsil)
			}
		}
	}
	if listed != len(have) {
		t.Errorf("%d tehsils, the list has %d", len(have), listed)
	}
}

func TestKPDistrictsHaveChainDepartmentsAndPanel(t *testing.T) {
	dir := kpDirectory(t)
	for _, a := range dir.Data().Areas {
		if a.Kind != portal.District {
			continue
		}
		division, _ := dir.Area(a.Parent)
		for level, want := range []portal.OfficeID{portal.OfficeID("dc-" + a.Slug), portal.OfficeID("commissioner-" + division.Slug), "cs-kp"} {
			if o, ok := dir.ChainOffice(a.ID, level); !ok || o.ID != want {
				t.Errorf("%s level %d is with %q, want %q", a.ID, level, o.ID, want)
			}
		}
		for category, department := range map[portal.CategoryCode]string{
			"water-supply": "phe", "rubbish": "tma", "power-cuts": "pesco", "teacher-absence": "edu", "medicines": "health",
			"road-repair": "cw", "fir-not-registered": "police", "mutation": "revenue",
		} {
			o, ok := dir.Office(portal.OfficeID(department + "-" + a.Slug))
			if !ok || o.Kind != portal.Line || o.Parent != portal.OfficeID("dc-"+a.Slug) || !dir.CanReceive(o, a.ID, category) {
				t.Errorf("%s-%s cannot receive %s", department, a.Slug, category)
			}
		}
		if panel, ok := dir.AppealPanel(a.ID); !ok || panel.ID != "appeal-panel-kp" {
			t.Errorf("appeals of %s go to %q", a.ID, panel.ID)
		}
	}
}

func TestKPCategories(t *testing.T) {
	dir := kpDirectory(t)
	children, tops := map[portal.CategoryCode]int{}, 0
	for _, c := range dir.Data().Categories {
		parent, below := dir.Category(c.Parent)
		if !below {
			tops++
		}
		children[c.Parent]++
		if below && parent.Sensitive && !c.Sensitive {
			t.Errorf("%s is open, its parent %s is sensitive", c.Code, parent.Code)
		}
		if c.Icon == "" || dir.IsLeaf(c.Code) && len(c.Words) == 0 {
			t.Errorf("%s lacks an icon or search words", c.Code)
		}
	}
	if tops != 22 {
		t.Errorf("%d top categories, want 21 and corruption", tops)
	}
	for _, c := range dir.Data().Categories {
		if n := children[c.Code]; c.Parent == "" && (n < 3 || n > 8) {
			t.Errorf("%s has %d kinds, want 3 to 8", c.Code, n)
		}
	}
	if children["corruption"] != 6 {
		t.Errorf("corruption has %d kinds, want 6", children["corruption"])
	}
	first := dir.Data().Categories[1]
	if policy, _ := dir.Policy(first.Code); !dir.IsLeaf(first.Code) || first.Sensitive || policy.Evidence {
		t.Errorf("the first kind on the screen is %s: want an ordinary one", first.Code)
	}
}

func TestKPPolicies(t *testing.T) {
	for _, p := range seed.KP().Policies {
		want := portal.Policy{ID: p.ID, EscalateAfterDays: []int{15, 22}, SilentAfterDays: 15, ReopenWithinDays: 30, AppealWithinDays: 30,
			Evidence: p.ID == "works", Fact: p.Fact}
		if !reflect.DeepEqual(p, want) {
			t.Errorf("policy %+v, want %+v", p, want)
		}
	}
}

// Letters of one language that the other never writes betray a name in the
// wrong column.
func TestKPTranslations(t *testing.T) {
	const onlyPashto, onlyUrdu = "ټډړږښځڅېۍګڼ", "ٹڈڑےھںہگ"
	check := func(what string, text portal.Text, needed bool) {
		if text.EN == "" || needed && (text.UR == "" || text.PS == "") {
			t.Errorf("%s lacks a translation: %+v", what, text)
		}
		if strings.ContainsAny(text.UR, onlyPashto) || strings.ContainsAny(text.PS, onlyUrdu) {
			t.Errorf("%s has letters of the other language: %+v", what, text)
		}
		if text.Reviewed {
			t.Errorf("%s says a native reader signed it off; none has", what)
		}
	}
	data := seed.KP()
	for _, a := range data.Areas {
		check(string(a.ID), a.Name, a.Kind != portal.Tehsil)
	}
	for _, c := range data.Categories {
		check(string(c.Code), c.Name, true)
	}
	for _, o := range data.Offices {
		check(string(o.ID), o.Name, true)
	}
}

func TestKPFactsSayHowFarTheyWereChecked(t *testing.T) {
	data := seed.KP()
	for _, a := range data.Areas {
		if a.Source == "" || a.Check == "" {
			t.Errorf("%s has no source", a.ID)
		}
	}
	for slug, check := range map[portal.AreaID]string{
		"kp/malakand/swat": "verified", "kp/malakand/upper-swat": "reported", "kp/hazara/allai/allai": "reported", "kp/d-i-khan/paharpur": "reported",
	} {
		for _, a := range data.Areas {
			if a.ID == slug && a.Check != check {
				t.Errorf("%s is %s, want %s", slug, a.Check, check)
			}
		}
	}
	for _, o := range data.Offices {
		if o.Kind == portal.Line && o.Check != "unknown" {
			t.Errorf("%s is %s: no source was read for departments", o.ID, o.Check)
		}
	}
}

// What a spreadsheet saves again must differ only where a clerk changed it.
func TestFilesSurviveARoundTrip(t *testing.T) {
	err := fs.WalkDir(seed.KPFiles(), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(name, ".csv") {
			return err
		}
		raw, err := fs.ReadFile(seed.KPFiles(), name)
		if err != nil {
			return err
		}
		records, err := csv.NewReader(bytes.NewReader(raw)).ReadAll()
		if err != nil {
			return err
		}
		var again bytes.Buffer
		if err := csv.NewWriter(&again).WriteAll(records); err != nil {
			return err
		}
		if !bytes.Equal(raw, again.Bytes()) {
			t.Errorf("%s changes when it is read and written", name)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

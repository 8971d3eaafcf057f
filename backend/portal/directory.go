package portal

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"
)

// Text is one phrase in the portal's three languages. An empty language falls
// back to English.
type Text struct {
	EN string `json:"en"`
	UR string `json:"ur,omitempty"`
	PS string `json:"ps,omitempty"`
	// Reviewed is set once a native reader has signed the translations off.
	Reviewed bool `json:"reviewed"`
}

// In gives the phrase in a language ("en", "ur", "ps"), else in English.
func (t Text) In(lang string) string {
	switch {
	case lang == "ur" && t.UR != "":
		return t.UR
	case lang == "ps" && t.PS != "":
		return t.PS
	}
	return t.EN
}

// Fact says where a dated fact comes from and how far it was checked.
type Fact struct {
	Source string `json:"source,omitempty"`
	// Check is "verified", "reported" or "unknown".
	Check string `json:"check,omitempty"`
	// From is the day the fact is valid from, YYYY-MM-DD, where known.
	From string `json:"from,omitempty"`
}

// AreaKind is the rank of a place.
type AreaKind string

// The ranks, from the largest place down.
const (
	Province AreaKind = "province"
	Division AreaKind = "division"
	District AreaKind = "district"
	Tehsil   AreaKind = "tehsil"
)

// AreaID is a place's path, e.g. "kp/malakand/swat/babuzai": some divisions and
// districts, and some tehsils, share a name, so only the path is unique.
type AreaID string

// Within reports whether the area is other or lies inside it.
func (a AreaID) Within(other AreaID) bool {
	return a == other || strings.HasPrefix(string(a), string(other)+"/")
}

// Area is one place of the place tree.
type Area struct {
	ID     AreaID   `json:"id"`
	Slug   string   `json:"slug"` // last part of ID; unique among districts of a province
	Kind   AreaKind `json:"kind"`
	Name   Text     `json:"name"`
	Parent AreaID   `json:"parent,omitempty"`
	Fact
}

// OfficeKind says what part an office plays.
type OfficeKind string

// The kinds of office. Chain offices receive complaints by level; a line
// department works on what the chain hands it; a panel hears the last appeals.
const (
	Chain OfficeKind = "chain"
	Line  OfficeKind = "line"
	Panel OfficeKind = "panel"
)

// OfficeID names an office, e.g. "dc-swat", "commissioner-malakand", "cs-kp".
type OfficeID string

// Office is an organisation that cases are with.
type Office struct {
	ID   OfficeID   `json:"id"`
	Kind OfficeKind `json:"kind"`
	Name Text       `json:"name"`
	// Area is the place the office answers for.
	Area AreaID `json:"area"`
	// Level is its step in the chain: 0 Deputy Commissioner, 1 Commissioner,
	// 2 Chief Secretary; a line department's is that of the office above it.
	Level int `json:"level"`
	// Parent is the next office up; empty at the top.
	Parent OfficeID `json:"parent,omitempty"`
	// Categories a line department answers for: category codes, each with all
	// below it. Empty means any.
	Categories []CategoryCode `json:"categories,omitempty"`
	// ClosedAt is when the office was closed: its name stays for the cases it
	// had, and it receives none. Zero while it works.
	ClosedAt time.Time `json:"closed_at,omitzero"`
	Fact
}

// Closed reports whether the office has been closed.
func (o Office) Closed() bool { return !o.ClosedAt.IsZero() }

// CategoryCode names a category, e.g. "water-supply".
type CategoryCode string

// Category is one node of the tree of things people complain about. Only
// leaves can be chosen.
type Category struct {
	Code   CategoryCode `json:"code"`
	Parent CategoryCode `json:"parent,omitempty"`
	Name   Text         `json:"name"`
	// Policy names the rules of time and evidence; empty inherits the parent's.
	Policy PolicyID `json:"policy,omitempty"`
	// Sensitive categories carry a coarse place and content-free notices.
	Sensitive bool `json:"sensitive,omitempty"`
	// Icon names the picture on the tile.
	Icon string `json:"icon,omitempty"`
	// Words are synonyms and roman spellings people search by.
	Words []string `json:"words,omitempty"`
}

// PolicyID names a policy.
type PolicyID string

// Policy is the set of promises a category comes with. All times are whole
// days of 24 hours; the portal's own rule, not a statute.
type Policy struct {
	ID PolicyID `json:"id"`
	// EscalateAfterDays holds, per level, the days after filing at which an
	// unsolved case moves up: [15, 22] moves 0→1 at day 15 and 1→2 at day 22.
	EscalateAfterDays []int `json:"escalate_after_days"`
	// SilentAfterDays after a proposal the case closes as "no reply".
	SilentAfterDays int `json:"silent_after_days"`
	// ReopenWithinDays after closing the citizen may still reopen, and
	// AppealWithinDays appeal; 0 sets no limit.
	ReopenWithinDays int `json:"reopen_within_days"`
	AppealWithinDays int `json:"appeal_within_days"`
	// Evidence is set where a proposal needs a photo or document.
	Evidence bool `json:"evidence,omitempty"`
	Fact
}

// EscalateAfter gives the time after filing at which a case at level moves up,
// and false when there is no level above.
func (p Policy) EscalateAfter(level int) (time.Duration, bool) {
	if level < 0 || level >= len(p.EscalateAfterDays) {
		return 0, false
	}
	return time.Duration(p.EscalateAfterDays[level]) * 24 * time.Hour, true
}

// OfficerID names an officer; the sign-in name, e.g. "focal.swat".
type OfficerID string

// maxOfficerID bounds a sign-in name, in bytes.
const maxOfficerID = 80

// Check says whether somebody could sign in with it: without capitals, spaces
// and slashes. The error names the field.
func (id OfficerID) Check() error {
	if id == "" || len(id) > maxOfficerID || string(id) != strings.ToLower(string(id)) || strings.ContainsAny(string(id), " \t\n/") {
		return Invalid("name", "officer_name", "a sign-in name is lower case, without spaces, like focal.swat")
	}
	return nil
}

// Post is what an officer is in their office.
type Post string

// The posts.
const (
	Head        Post = "head"  // the office's holder, e.g. the Deputy Commissioner
	FocalPost   Post = "focal" // receives and distributes for the office
	Staff       Post = "staff" // works on what is assigned
	AdminPost   Post = "admin" // administers offices and officers, reads no case
	AnalystPost Post = "analyst"
)

// Officer is a person with a post.
type Officer struct {
	ID       OfficerID `json:"id"`
	Name     string    `json:"name"`
	Title    Text      `json:"title"`
	Office   OfficeID  `json:"office"`
	Post     Post      `json:"post"`
	Disabled bool      `json:"disabled,omitempty"`
	// Leaves are the times of absence, Charges the posts held for a while beside
	// the own one.
	Leaves  []Span   `json:"leaves,omitempty"`
	Charges []Charge `json:"charges,omitempty"`
	// Demo marks made-up people of the demonstration data.
	Demo bool `json:"demo,omitempty"`
}

// Dataset is the directory as it is stored, imported and exported.
type Dataset struct {
	Areas      []Area     `json:"areas"`
	Offices    []Office   `json:"offices"`
	Categories []Category `json:"categories"`
	Policies   []Policy   `json:"policies"`
	Officers   []Officer  `json:"officers,omitempty"`
	// AppealPanel is, per province, the office that hears appeals against the
	// top of the chain.
	AppealPanel map[AreaID]OfficeID `json:"appeal_panel,omitempty"`
}

// Directory is a read-only snapshot of places, offices, categories, policies
// and officers. Build one with NewDirectory; it is safe for concurrent use.
type Directory struct {
	data       Dataset
	areas      map[AreaID]*Area
	districts  map[string]AreaID // slug → id; "" when two provinces share it
	offices    map[OfficeID]*Office
	chain      map[chainKey]OfficeID
	categories map[CategoryCode]*Category
	parents    map[CategoryCode]bool
	policies   map[PolicyID]*Policy
	officers   map[OfficerID]*Officer
	byOffice   map[OfficeID][]*Officer
	acting     map[OfficeID][]*Officer // by the offices of their charges
}

type chainKey struct {
	area  AreaID
	level int
}

// NewDirectory checks a dataset as a whole and indexes it. Errors name the
// record: a parent that is missing, a district without a complete chain, a
// category without a policy, an officer without an office.
func NewDirectory(data Dataset) (*Directory, error) {
	d := &Directory{
		data: data.clone(), areas: map[AreaID]*Area{}, districts: map[string]AreaID{},
		offices: map[OfficeID]*Office{}, chain: map[chainKey]OfficeID{},
		categories: map[CategoryCode]*Category{}, parents: map[CategoryCode]bool{},
		policies: map[PolicyID]*Policy{}, officers: map[OfficerID]*Officer{}, byOffice: map[OfficeID][]*Officer{},
		acting: map[OfficeID][]*Officer{},
	}
	for _, index := range []func() error{d.indexAreas, d.indexOffices, d.indexCategories, d.indexOfficers, d.checkChains} {
		if err := index(); err != nil {
			return nil, err
		}
	}
	return d, nil
}

// clone keeps the directory apart from later changes to the caller's lists.
func (d Dataset) clone() Dataset {
	d.Areas, d.Offices, d.Officers = slices.Clone(d.Areas), slices.Clone(d.Offices), slices.Clone(d.Officers)
	d.Categories, d.Policies = slices.Clone(d.Categories), slices.Clone(d.Policies)
	d.AppealPanel = maps.Clone(d.AppealPanel)
	return d
}

func (d *Directory) indexAreas() error {
	for i := range d.data.Areas {
		a := &d.data.Areas[i]
		if d.areas[a.ID] != nil {
			return Invalid("areas", "duplicate", "%s is there twice", a.ID)
		}
		if a.Slug == "" || strings.Contains(a.Slug, "/") {
			return Invalid("areas", "slug", "%q: its slug %q must be one part of a path", a.ID, a.Slug)
		}
		if !slices.Contains([]AreaKind{Province, Division, District, Tehsil}, a.Kind) {
			return Invalid("areas", "kind", "%s: %q is not a kind of area", a.ID, a.Kind)
		}
		if want := joinArea(a.Parent, a.Slug); a.ID != want {
			return Invalid("areas", "path", "%s: its path must be %s (parent and slug)", a.ID, want)
		}
		d.areas[a.ID] = a
		if a.Kind == District {
			if _, twice := d.districts[a.Slug]; twice {
				d.districts[a.Slug] = ""
			} else {
				d.districts[a.Slug] = a.ID
			}
		}
	}
	for _, a := range d.data.Areas {
		if a.Parent != "" && d.areas[a.Parent] == nil {
			return Invalid("areas", "parent", "%s: parent %s is missing", a.ID, a.Parent)
		}
	}
	return nil
}

func joinArea(parent AreaID, slug string) AreaID {
	if parent == "" {
		return AreaID(slug)
	}
	return parent + AreaID("/"+slug)
}

func (d *Directory) indexOffices() error {
	for i := range d.data.Offices {
		o := &d.data.Offices[i]
		if d.offices[o.ID] != nil {
			return Invalid("offices", "duplicate", "%s is there twice", o.ID)
		}
		if d.areas[o.Area] == nil {
			return Invalid("offices", "area", "%s: there is no area %q: write its path, like kp/malakand/swat", o.ID, o.Area)
		}
		if !slices.Contains([]OfficeKind{Chain, Line, Panel}, o.Kind) {
			return Invalid("offices", "kind", "%s: %q is not a kind of office", o.ID, o.Kind)
		}
		d.offices[o.ID] = o
		if o.Kind != Chain || o.Closed() {
			continue
		}
		step := chainKey{o.Area, o.Level}
		if other := d.chain[step]; other != "" {
			return Invalid("offices", "chain_twice", "%s and %s are both at level %d of %s", other, o.ID, o.Level, o.Area)
		}
		d.chain[step] = o.ID
	}
	return d.checkOffices()
}

func (d *Directory) checkOffices() error {
	for _, o := range d.data.Offices {
		if o.Parent != "" && d.offices[o.Parent] == nil {
			return Invalid("offices", "parent", "%s: parent %s is missing", o.ID, o.Parent)
		}
		if d.circular(o) {
			return Invalid("offices", "circle", "%s: lies below itself", o.ID)
		}
		if parent := d.offices[o.Parent]; parent != nil && parent.Closed() && !o.Closed() {
			return Invalid("offices", "parent_closed", "%s: the office above it, %s, is closed", o.ID, o.Parent)
		}
	}
	for area, panel := range d.data.AppealPanel {
		switch o := d.offices[panel]; {
		case d.areas[area] == nil:
			return Invalid("appeal_panel", "area", "area %s is missing", area)
		case o == nil:
			return Invalid("appeal_panel", "office", "%s: office %s is missing", area, panel)
		case o.Closed():
			return Invalid("appeal_panel", "closed", "%s: %s is closed, and hears the appeals", area, panel)
		case o.Kind != Panel:
			// Else an appeal could come back to an office it is about.
			return Invalid("appeal_panel", "kind", "%s: %s is not a panel", area, panel)
		}
	}
	return nil
}

// circular reports whether the way up from an office comes back to it.
func (d *Directory) circular(o Office) bool {
	at := o.Parent
	for seen := 0; at != "" && seen <= len(d.offices); seen++ {
		if at == o.ID {
			return true
		}
		above := d.offices[at]
		if above == nil {
			return false
		}
		at = above.Parent
	}
	return false
}

func (d *Directory) indexCategories() error {
	if err := d.indexPolicies(); err != nil {
		return err
	}
	for i := range d.data.Categories {
		c := &d.data.Categories[i]
		if d.categories[c.Code] != nil {
			return Invalid("categories", "duplicate", "%s is there twice", c.Code)
		}
		if c.Policy != "" && d.policies[c.Policy] == nil {
			return Invalid("categories", "policy", "%s: policy %s is missing", c.Code, c.Policy)
		}
		d.categories[c.Code] = c
		if c.Parent != "" {
			d.parents[c.Parent] = true
		}
	}
	for _, c := range d.data.Categories {
		if c.Parent != "" && d.categories[c.Parent] == nil {
			return Invalid("categories", "parent", "%s: parent %s is missing", c.Code, c.Parent)
		}
		if c.Parent != "" && d.CategoryWithin(c.Parent, c.Code) {
			return Invalid("categories", "circle", "%s: lies below itself", c.Code)
		}
		if _, ok := d.Policy(c.Code); !ok {
			return Invalid("categories", "policy", "%s: neither it nor a parent names a policy", c.Code)
		}
	}
	return d.checkLines()
}

func (d *Directory) indexPolicies() error {
	for i := range d.data.Policies {
		p := &d.data.Policies[i]
		if d.policies[p.ID] != nil {
			return Invalid("policies", "duplicate", "%s is there twice", p.ID)
		}
		last := 0
		for _, days := range p.EscalateAfterDays {
			if days <= last {
				return Invalid("policies", "days", "%s: escalation days must be positive and rise", p.ID)
			}
			last = days
		}
		if p.SilentAfterDays <= 0 || p.ReopenWithinDays < 0 || p.AppealWithinDays < 0 {
			return Invalid("policies", "days", "%s: silent_after_days must be positive, the other days not negative", p.ID)
		}
		d.policies[p.ID] = p
	}
	return nil
}

// checkLines makes sure that what line departments answer for exists, else
// nothing would ever reach them.
func (d *Directory) checkLines() error {
	for _, o := range d.data.Offices {
		for _, c := range o.Categories {
			if d.categories[c] == nil {
				return Invalid("offices", "category", "%s: category %s is missing", o.ID, c)
			}
		}
	}
	return nil
}

func (d *Directory) indexOfficers() error {
	for i := range d.data.Officers {
		o := &d.data.Officers[i]
		if d.officers[o.ID] != nil {
			return Invalid("officers", "duplicate", "%s is there twice", o.ID)
		}
		if d.offices[o.Office] == nil {
			return Invalid("officers", "office", "%s: office %s is missing", o.ID, o.Office)
		}
		if !slices.Contains(Posts(), o.Post) {
			return Invalid("officers", "post", "%s: %q is not a post", o.ID, o.Post)
		}
		if err := d.checkAppointment(*o); err != nil {
			return err
		}
		d.officers[o.ID] = o
		d.byOffice[o.Office] = append(d.byOffice[o.Office], o)
		for _, c := range o.Charges {
			if !slices.Contains(d.acting[c.Office], o) {
				d.acting[c.Office] = append(d.acting[c.Office], o)
			}
		}
	}
	return nil
}

// checkChains makes sure that a complaint from every district can climb to the
// top: nothing may fall into a hole.
func (d *Directory) checkChains() error {
	for _, a := range d.data.Areas {
		if a.Kind != District {
			continue
		}
		if _, ok := d.ChainOffice(a.ID, 0); !ok {
			return Invalid("offices", "chain", "district %s has no office at level 0", a.ID)
		}
		for level := 1; level <= d.topLevel(); level++ {
			if _, ok := d.ChainOffice(a.ID, level); !ok {
				return Invalid("offices", "chain", "district %s has no office at level %d above it", a.ID, level)
			}
		}
	}
	return nil
}

func (d *Directory) topLevel() int {
	top := 0
	for _, p := range d.data.Policies {
		top = max(top, len(p.EscalateAfterDays))
	}
	return top
}

// Data gives the dataset the directory was built from. Do not change it.
func (d *Directory) Data() Dataset { return d.data }

// Area looks a place up by its path.
func (d *Directory) Area(id AreaID) (Area, bool) {
	a, ok := d.areas[id]
	if !ok {
		return Area{}, false
	}
	return *a, true
}

// DistrictBySlug finds a district by its short name, e.g. "swat"; a full path
// works too. It is false when unknown, or when two provinces share the name.
func (d *Directory) DistrictBySlug(name string) (Area, bool) {
	id := d.districts[name]
	if id == "" {
		id = AreaID(name)
	}
	a, ok := d.Area(id)
	return a, ok && a.Kind == District
}

// Office looks an office up.
func (d *Directory) Office(id OfficeID) (Office, bool) {
	o, ok := d.offices[id]
	if !ok {
		return Office{}, false
	}
	return *o, true
}

// ChainOffice gives the office of the chain that answers for an area at a
// level: the one whose area is the nearest place at or above it.
func (d *Directory) ChainOffice(area AreaID, level int) (Office, bool) {
	for id := area; id != ""; id = d.parentOf(id) {
		if o, ok := d.chain[chainKey{id, level}]; ok {
			return d.Office(o)
		}
	}
	return Office{}, false
}

func (d *Directory) parentOf(id AreaID) AreaID {
	if a := d.areas[id]; a != nil {
		return a.Parent
	}
	return ""
}

// AppealPanel gives the office that hears appeals against the top office of
// the province an area lies in.
func (d *Directory) AppealPanel(area AreaID) (Office, bool) {
	for id := area; id != ""; id = d.parentOf(id) {
		if o, ok := d.data.AppealPanel[id]; ok {
			return d.Office(o)
		}
	}
	return Office{}, false
}

// Category looks a category up.
func (d *Directory) Category(code CategoryCode) (Category, bool) {
	c, ok := d.categories[code]
	if !ok {
		return Category{}, false
	}
	return *c, true
}

// IsLeaf reports whether a category can be chosen for a complaint.
func (d *Directory) IsLeaf(code CategoryCode) bool {
	return d.categories[code] != nil && !d.parents[code]
}

// CategoryWithin reports whether a category is other or lies below it.
func (d *Directory) CategoryWithin(code, other CategoryCode) bool {
	for seen := 0; code != "" && seen < 16; seen++ {
		if code == other {
			return true
		}
		c := d.categories[code]
		if c == nil {
			return false
		}
		code = c.Parent
	}
	return false
}

// Sensitive reports whether a category, or one it lies below, is sensitive.
func (d *Directory) Sensitive(code CategoryCode) bool {
	for seen := 0; code != "" && seen < 16; seen++ {
		c := d.categories[code]
		if c == nil {
			return false
		}
		if c.Sensitive {
			return true
		}
		code = c.Parent
	}
	return false
}

// Policy gives a category's policy, its own or the nearest parent's.
func (d *Directory) Policy(code CategoryCode) (Policy, bool) {
	for seen := 0; code != "" && seen < 16; seen++ {
		c := d.categories[code]
		if c == nil {
			return Policy{}, false
		}
		if p := d.policies[c.Policy]; p != nil {
			return *p, true
		}
		code = c.Parent
	}
	return Policy{}, false
}

// Officer looks an officer up.
func (d *Directory) Officer(id OfficerID) (Officer, bool) {
	o, ok := d.officers[id]
	if !ok {
		return Officer{}, false
	}
	return *o, true
}

// OfficersOf lists an office's officers who are not disabled, by name.
func (d *Directory) OfficersOf(id OfficeID) []Officer {
	var out []Officer
	for _, o := range d.byOffice[id] {
		if !o.Disabled {
			out = append(out, *o)
		}
	}
	slices.SortFunc(out, func(a, b Officer) int { return cmp.Compare(a.ID, b.ID) })
	return out
}

// TransferTargets lists the offices a case of a category may be handed to from
// an office: line departments that answer for the area and category, and the
// district office itself.
func (d *Directory) TransferTargets(district AreaID, category CategoryCode) []Office {
	var out []Office
	for _, o := range d.data.Offices {
		if d.CanReceive(o, district, category) {
			out = append(out, o)
		}
	}
	slices.SortFunc(out, func(a, b Office) int { return cmp.Compare(a.ID, b.ID) })
	return out
}

// CanReceive reports whether an office may be handed a case of a district and
// category: it must answer for the place, and at the lowest level of the chain
// or as a line department for the category.
func (d *Directory) CanReceive(o Office, district AreaID, category CategoryCode) bool {
	if !district.Within(o.Area) || o.Closed() {
		return false
	}
	switch o.Kind {
	case Chain:
		return o.Level == 0
	case Line:
		if len(o.Categories) == 0 {
			return true
		}
		return slices.ContainsFunc(o.Categories, func(c CategoryCode) bool { return d.CategoryWithin(category, c) })
	}
	return false
}

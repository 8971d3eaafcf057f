package api

import "time"

// Complaint is a complaint as its viewer may see it: officers see a pseudonym.
type Complaint struct {
	ID   string `json:"id"`
	Code string `json:"code,omitempty"`
	// State is what this device knows: draft, queued, received, attention,
	// checking. The server leaves it empty.
	State  string `json:"state,omitempty"`
	Status string `json:"status,omitempty"`
	// Level: 0 Deputy Commissioner, 1 Commissioner, 2 Chief Secretary.
	Level int `json:"level"`
	// LodgedAt is the moment of the server's receipt. DueAt is the instant by
	// which it should be solved before it moves up; absent at the top or closed.
	LodgedAt time.Time `json:"lodged_at,omitzero"`
	DueAt    time.Time `json:"due_at,omitzero"`
	// SilentAt is when an unanswered proposal closes it.
	SilentAt time.Time `json:"silent_at,omitzero"`
	ClosedAt time.Time `json:"closed_at,omitzero"`
	// Ladder holds filing and the instants of all steps up.
	Ladder []time.Time `json:"ladder,omitempty"`

	Text     string `json:"text"`
	Category string `json:"category"`
	District string `json:"district"` // slug
	Area     string `json:"area,omitempty"`
	Place    string `json:"place,omitempty"`
	Files    []File `json:"files,omitempty"`

	// Sample marks made-up complaints of a demonstration.
	Sample bool `json:"sample,omitempty"`
	// About is whom it complains of, when that is an office or officer here.
	About *About `json:"about,omitempty"`
	// PlaceWithheld is set for officers in sensitive categories: there may be a
	// street or landmark, which comes with the identity alone (RouteIdentity).
	PlaceWithheld bool `json:"place_withheld,omitempty"`
	// Anonymous is set when it was filed without a name.
	Anonymous bool `json:"anonymous,omitempty"`
	// Erased is set when the complainant had their account and words erased.
	Erased bool `json:"erased,omitempty"`

	// Holder is the id of the office that holds it; HolderName for people.
	Holder     string `json:"holder,omitempty"`
	HolderName Text   `json:"holder_name,omitzero"`
	// Officer it is assigned to; citizens see the title only.
	Officer      string `json:"officer,omitempty"`
	OfficerTitle Text   `json:"officer_title,omitzero"`
	// Citizen is the complainant's pseudonym; absent for the complainant.
	Citizen string `json:"citizen,omitempty"`

	Version    int64   `json:"version"`
	Rejections int     `json:"rejections,omitempty"`
	Reopened   bool    `json:"reopened,omitempty"`
	Appealed   bool    `json:"appealed,omitempty"`
	Rating     *Rating `json:"rating,omitempty"`
	// AllowedActions is what the viewer may do now; clients show exactly these.
	AllowedActions []string  `json:"allowed_actions,omitempty"`
	UpdatedAt      time.Time `json:"updated_at,omitzero"`
}

// Rating is the citizen's verdict, each 1 (very bad) to 5 (very good).
type Rating struct {
	Time    int    `json:"time"`
	Quality int    `json:"quality"`
	Comment string `json:"comment,omitempty" maxLength:"16000"`
}

// File is one attachment as promised with the complaint or an act.
type File struct {
	SHA256 string `json:"sha256"` // of the content, hex
	Size   int64  `json:"size"`   // bytes
	Type   string `json:"type"`   // media type
	// State is the server's word on it: FileReady, FileRefused, FileLost, or
	// empty while it is awaited. Clients leave it empty.
	State string `json:"state,omitempty"`
}

// States of a file.
const (
	FileReady   = "ready"   // can be fetched
	FileRefused = "refused" // of another kind than promised, broken, or malware
	// FileLost: it was here, and the server was restored from a backup without
	// it. Whoever promised it may send it again.
	FileLost = "lost"
)

// Event is one thing that happened to a complaint, in plain order of N.
type Event struct {
	N      int64  `json:"n"`
	Action string `json:"action"`
	// Role: citizen, distributor, handler or system.
	Role string `json:"role"`
	// By is the office or officer who acted, as the viewer may know them.
	By     string `json:"by,omitempty"`
	ByName Text   `json:"by_name,omitzero"`
	// At is when it was recorded; DueAt, for a step of the clock, when it was due.
	At    time.Time `json:"at"`
	DueAt time.Time `json:"due_at,omitzero"`
	AsOf  time.Time `json:"as_of,omitzero"`

	Status      string  `json:"status"`
	Level       int     `json:"level"`
	FromLevel   int     `json:"from_level,omitempty"`
	Text        string  `json:"text,omitempty"`
	ToOffice    string  `json:"to_office,omitempty"`
	ToOfficer   string  `json:"to_officer,omitempty"`
	ToName      Text    `json:"to_name,omitzero"`
	Disposition string  `json:"disposition,omitempty"`
	Files       []File  `json:"files,omitempty"`
	Rating      *Rating `json:"rating,omitempty"`
	// Person is the officer's name, where the citizen must know who it was: when
	// their identity was opened.
	Person string `json:"person,omitempty"`
	// Erased is set when its text was erased with the complainant's account.
	Erased bool `json:"erased,omitempty"`
}

// About is an office, or an officer by name, that a complaint is about.
type About struct {
	Office  string `json:"office,omitempty"`
	Officer string `json:"officer,omitempty"`
}

// Area is one place of the collection "areas".
type Area struct {
	ID     string `json:"id"`
	Slug   string `json:"slug"`
	Kind   string `json:"kind"` // province, division, district, tehsil
	Name   Text   `json:"name"`
	Parent string `json:"parent,omitempty"`
}

// Category is one node of the collection "categories"; only leaves can be
// chosen.
type Category struct {
	Code     string   `json:"code"`
	Name     Text     `json:"name"`
	Icon     string   `json:"icon,omitempty"`
	Words    []string `json:"words,omitempty"`
	Evidence bool     `json:"evidence,omitempty"`
	// Sensitive: the office sees the tehsil and no street.
	Sensitive bool       `json:"sensitive,omitempty"`
	Children  []Category `json:"children,omitempty"`
}

// Office is one office of the collection "offices".
type Office struct {
	ID         string   `json:"id"`
	Kind       string   `json:"kind"`
	Name       Text     `json:"name"`
	Area       string   `json:"area"`
	Level      int      `json:"level"`
	Parent     string   `json:"parent,omitempty"`
	Categories []string `json:"categories,omitempty"`
}

// OfficerInfo is one colleague of the collection "officers" (officers only: the
// viewer's office and those it may assign to). How much each has in hand, a desk
// counts in what it holds.
type OfficerInfo struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	Title  Text   `json:"title"`
	Office string `json:"office"`
	Post   string `json:"post"`
}

// Names of the collections.
const (
	CollectionAreas      = "areas"
	CollectionCategories = "categories"
	CollectionOffices    = "offices"
	CollectionOfficers   = "officers"
)

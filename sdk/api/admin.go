package api

import "time"

// Routes of administration. They need a connection, an administrator, and for
// all but reading a step-up of the last 15 minutes.
const (
	RouteAdminOffices  = "/v1/admin/offices"                // GET → OfficeList; ?q= &office= &after= &limit=
	RouteAdminOffice   = "/v1/admin/offices/{id}"           // GET → OfficeDetail, PUT OfficeChange → AdminOutcome
	RouteAdminOfficers = "/v1/admin/officers"               // GET → OfficerList
	RouteAdminOfficer  = "/v1/admin/officers/{id}"          // GET → OfficerDetail, PUT OfficerChange → AdminOutcome
	RouteAdminToken    = "/v1/admin/officers/{id}/{action}" // POST invite or reset → AdminInvitation
	RouteAdminImport   = "/v1/admin/import"                 // POST DirectoryFile → AdminOutcome
	RouteAdminExport   = "/v1/admin/export/{kind}"          // GET → DirectoryFile
)

// Span is a stretch of time: From is in it, Until is not; without Until the end
// is not known yet.
type Span struct {
	From  time.Time `json:"from"`
	Until time.Time `json:"until,omitzero"`
}

// Charge is a post of another office held for a while: an acting holder's.
type Charge struct {
	Office string    `json:"office" maxLength:"80"`
	Post   string    `json:"post" maxLength:"20"`
	From   time.Time `json:"from"`
	Until  time.Time `json:"until,omitzero"`
}

// OfficeRecord is an office as administrators see and change it.
type OfficeRecord struct {
	ID         string    `json:"id" maxLength:"80"`
	Kind       string    `json:"kind" maxLength:"20"` // chain, line or panel
	Name       Text      `json:"name"`
	Area       string    `json:"area" maxLength:"160"`
	Level      int       `json:"level"`
	Parent     string    `json:"parent,omitempty" maxLength:"80"`
	Categories []string  `json:"categories,omitempty" maxItems:"500"`
	ClosedAt   time.Time `json:"closed_at,omitzero"`
	Source     string    `json:"source,omitempty" maxLength:"400"`
	Check      string    `json:"check,omitempty" maxLength:"20"`
	From       string    `json:"from,omitempty" maxLength:"10"`
}

// OfficeRow is an office in a list.
type OfficeRow struct {
	OfficeRecord
	Officers int `json:"officers"`
	Below    int `json:"below"`
	// Vacant means that nobody receives and distributes its complaints now.
	Vacant bool `json:"vacant"`
}

// OfficerRecord is an officer as administrators see and change them.
type OfficerRecord struct {
	ID       string   `json:"id" maxLength:"80"`
	Name     string   `json:"name" maxLength:"200"`
	Title    Text     `json:"title"`
	Office   string   `json:"office" maxLength:"80"`
	Post     string   `json:"post" maxLength:"20"`
	Disabled bool     `json:"disabled,omitempty"`
	Leaves   []Span   `json:"leaves,omitempty" maxItems:"100"`
	Charges  []Charge `json:"charges,omitempty" maxItems:"100"`
}

// OfficeList and OfficerList are pages of what an administrator reaches.
type OfficeList struct {
	Offices []OfficeRow `json:"offices"`
	More    bool        `json:"more,omitempty"`
}

// OfficerList is a page of officers.
type OfficerList struct {
	Officers []OfficerRecord `json:"officers"`
	More     bool            `json:"more,omitempty"`
}

// Revision is one change in the history of an office or officer.
type Revision struct {
	N      int           `json:"n"`
	At     time.Time     `json:"at"`
	By     string        `json:"by"` // "o:OFFICER" or "console"
	Reason string        `json:"reason,omitempty"`
	Fields []FieldChange `json:"fields"`
}

// FieldChange is one field before and after, as JSON text; "null" when absent.
type FieldChange struct {
	Field string `json:"field"`
	From  string `json:"from"`
	To    string `json:"to"`
}

// OfficeDetail is an office with its people and history.
type OfficeDetail struct {
	OfficeRow
	Staff   []OfficerRecord `json:"staff"`
	Acting  []OfficerRecord `json:"acting"`
	History []Revision      `json:"history"`
}

// OfficerDetail is an officer with their history.
type OfficerDetail struct {
	OfficerRecord
	CanSignIn bool       `json:"can_sign_in"`
	OpenCases int        `json:"open_cases"`
	History   []Revision `json:"history"`
}

// OfficeChange puts an office in place as given.
type OfficeChange struct {
	Office OfficeRecord `json:"office"`
	Reason string       `json:"reason,omitempty" maxLength:"400"`
}

// OfficerChange puts an officer in place as given.
type OfficerChange struct {
	Officer OfficerRecord `json:"officer"`
	Reason  string        `json:"reason,omitempty" maxLength:"400"`
}

// AdminInvitation is an officer's one-time token, shown this once.
type AdminInvitation struct {
	Officer   string    `json:"officer"`
	Token     string    `json:"token"`
	ExpiresAt time.Time `json:"expires_at"`
}

// DirectoryFile is a CSV file of "offices" or "officers".
type DirectoryFile struct {
	Kind string `json:"kind" maxLength:"20"`
	Name string `json:"name,omitempty" maxLength:"200"`
	CSV  string `json:"csv"`
	// DryRun only says what an import would do.
	DryRun bool `json:"dry_run,omitempty"`
}

// AdminOutcome says what a change or an import did, or would do. What is wrong
// with a file comes as a problem with a pointer "/csv/LINE" for each bad line.
type AdminOutcome struct {
	Added     int `json:"added"`
	Changed   int `json:"changed"`
	Unchanged int `json:"unchanged"`
	// Reassign are the codes of open complaints left with nobody by an officer
	// who went to another office.
	Reassign    []string          `json:"reassign,omitempty"`
	Invitations []AdminInvitation `json:"invitations,omitempty"`
	DryRun      bool              `json:"dry_run,omitempty"`
}

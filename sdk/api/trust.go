package api

import "time"

// StepUpRequest proves once more who is signed in: officers with a fresh code of
// their authenticator, citizens with their PIN.
type StepUpRequest struct {
	TOTP string `json:"totp,omitempty" maxLength:"16"`
	PIN  string `json:"pin,omitempty" maxLength:"64"`
}

// RevealRequest asks who filed a complaint. The citizen reads the reason, with
// the officer's name and post, in their own timeline.
type RevealRequest struct {
	Reason string `json:"reason" maxLength:"16000"`
}

// Identity is who filed a complaint.
type Identity struct {
	Case   string `json:"case"`
	Code   string `json:"code"`
	Name   string `json:"name"`
	Mobile string `json:"mobile"`
	// CNIC shows the first five digits and the last.
	CNIC     string `json:"cnic"`
	District string `json:"district"`
	// Place is the street or landmark that is withheld in sensitive categories.
	Place string `json:"place,omitempty"`
}

// Access is one line of a citizen's access log: an officer opened one of their
// complaints, once a day at most.
type Access struct {
	Case string    `json:"case"`
	Code string    `json:"code"`
	At   time.Time `json:"at"`
	// What was opened: AccessComplaint or AccessIdentity.
	What string `json:"what"`
	// By is the office, Title the officer's post; Person their name, where the
	// identity was opened.
	By         string `json:"by"`
	OfficeName Text   `json:"office_name,omitzero"`
	Title      Text   `json:"title,omitzero"`
	Person     string `json:"person,omitempty"`
}

// What an access log tells of.
const (
	AccessComplaint = "complaint"
	AccessIdentity  = "identity"
)

// Export is all that the portal keeps about an account. docs/export.md says what
// each part is.
type Export struct {
	Format     int               `json:"format"` // 1
	ExportedAt time.Time         `json:"exported_at"`
	Profile    ExportProfile     `json:"profile"`
	Devices    []Device          `json:"devices"`
	Complaints []ExportComplaint `json:"complaints"`
	Access     []Access          `json:"access_log"`
}

// ExportProfile is who the citizen is, as the portal keeps it sealed.
type ExportProfile struct {
	Name      string    `json:"name"`
	CNIC      string    `json:"cnic"`
	Mobile    string    `json:"mobile"`
	District  string    `json:"district"`
	Language  string    `json:"language,omitempty"`
	CreatedAt time.Time `json:"created_at"`
}

// ExportComplaint is a complaint with everything that happened to it.
type ExportComplaint struct {
	Complaint
	Events []Event `json:"events"`
}

// DeskAccountRequest opens an account for a citizen who stands at an office's
// counter with their card; no SMS is sent.
type DeskAccountRequest struct {
	CNIC     string `json:"cnic" maxLength:"32"`
	Mobile   string `json:"mobile" maxLength:"32"`
	Name     string `json:"name" maxLength:"480"`
	District string `json:"district" maxLength:"120"`
	Language string `json:"language,omitempty" maxLength:"2"`
}

// DeskAccount is what the counter prints: the code with which the citizen signs
// in for the first time (RouteRecover), once.
type DeskAccount struct {
	Mobile    string    `json:"mobile"`
	SetupCode string    `json:"setup_code"`
	ExpiresAt time.Time `json:"expires_at"`
}

package mobile

import "github.com/citizens-portal/portal/sdk"

// Complaint is a complaint as this device knows it.
type Complaint struct {
	ID   string
	Code string // to read aloud; "" until the server has it
	// State is what this device knows: "queued", "received", "attention" (the
	// server refused something, see [Sync.Attention]) or "checking".
	State string
	// Status is where it stands: "new", "acknowledged", "assigned",
	// "waiting_citizen", "proposed", "closed_confirmed", "closed_silent",
	// "invalid" or "withdrawn"; "" until the server has it.
	Status string
	// Level is 0 for the Deputy Commissioner, 1 for the Commissioner, 2 for the
	// Chief Secretary.
	Level int

	LodgedAtMillis int64 // the server's receipt
	DueAtMillis    int64 // it moves up if it is not solved by then
	SilentAtMillis int64 // an unanswered proposal closes it then
	ClosedAtMillis int64

	Text     string
	Category string
	District string // slug
	Area     string
	Place    string

	Holder       *Text // the office that holds it
	OfficerTitle *Text
	// Actions are what the citizen may do now, e.g. "confirm"; show exactly these.
	Actions *Strings
	// Pending are acts of this device that the server has not answered.
	Pending *PendingList
	// RatingTime and RatingQuality are the citizen's verdict, 0 when there is none.
	RatingTime    int
	RatingQuality int
	RatingComment string
	// Track is the address of the public tracking page, for a QR code; only the
	// device that filed the complaint knows it.
	Track  string
	Sample bool // made up, in a demonstration
}

// ComplaintList is a list of complaints.
type ComplaintList struct{ list[Complaint] }

// Len is how many there are.
func (l *ComplaintList) Len() int { return l.len() }

// Get gives one of them, nothing outside the list.
func (l *ComplaintList) Get(i int) *Complaint { return l.get(i) }

// Page is a stretch of a list.
type Page struct {
	Complaints *ComplaintList
	// Next, when not "", is where the next page starts.
	Next string
	// SyncedAtMillis is when the device last synced, by its own clock.
	SyncedAtMillis int64
	// Offline: the last attempt did not reach the server.
	Offline bool
}

// Timeline is what happened to a complaint, and what is on its way.
type Timeline struct {
	Events  *EventList
	Pending *PendingList
}

// Event is one thing that happened, in plain order of N.
type Event struct {
	N      int64
	Action string // e.g. "lodge", "message", "propose", "escalate"
	Role   string // who did it: "citizen", "distributor", "handler" or "system"
	By     *Text  // the office or officer
	Status string // after it
	Level  int
	Text   string // what was written
	// To is whom the complaint went to.
	To          *Text
	Disposition string // of a proposal: "relief_granted", "relief_partial", "not_possible"
	AtMillis    int64
}

// EventList is a list of events.
type EventList struct{ list[Event] }

// Len is how many there are.
func (l *EventList) Len() int { return l.len() }

// Get gives one of them, nothing outside the list.
func (l *EventList) Get(i int) *Event { return l.get(i) }

// Pending is an act of this device on its way, or one that the server refused.
type Pending struct {
	Op        string
	Action    string
	Complaint string // its id; "" within a complaint
	State     string // "queued", "checking" or "attention"
	Text      string // what was written
	AtMillis  int64
	// Refusal says why the server refused it, "" when it did not.
	Refusal string
	// Sent: it may be on the server already, so it cannot be taken back.
	Sent bool
}

// PendingList is a list of acts.
type PendingList struct{ list[Pending] }

// Len is how many there are.
func (l *PendingList) Len() int { return l.len() }

// Get gives one of them, nothing outside the list.
func (l *PendingList) Get(i int) *Pending { return l.get(i) }

// File is a photo, document or recording.
type File struct {
	SHA256 string // of its content, hex
	Size   int64  // bytes
	Type   string // media type
	// State is where it is: "waiting", "sending", "sent", "stopped", "failed",
	// "refused" or "awaited"; "" for one that was only just added.
	State   string
	Percent int // of it on the server
	Picture bool
}

// FileList is a list of files.
type FileList struct{ list[File] }

// Len is how many there are.
func (l *FileList) Len() int { return l.len() }

// Get gives one of them, nothing outside the list.
func (l *FileList) Get(i int) *File { return l.get(i) }

func complaintOf(c sdk.Complaint) *Complaint {
	out := &Complaint{
		ID: c.ID, Code: c.Code, State: c.State, Status: c.Status, Level: c.Level,
		LodgedAtMillis: millis(c.LodgedAt), DueAtMillis: millis(c.DueAt), SilentAtMillis: millis(c.SilentAt), ClosedAtMillis: millis(c.ClosedAt),
		Text: c.Text, Category: c.Category, District: c.District, Area: c.Area, Place: c.Place,
		Holder: textOf(c.HolderName), OfficerTitle: textOf(c.OfficerTitle), Actions: &Strings{c.AllowedActions},
		Pending: pendingOf(c.Pending), Track: c.Track, Sample: c.Sample,
	}
	if c.Rating != nil {
		out.RatingTime, out.RatingQuality, out.RatingComment = c.Rating.Time, c.Rating.Quality, c.Rating.Comment
	}
	return out
}

func pageOf(p sdk.Page) *Page {
	out := &Page{Complaints: &ComplaintList{}, Next: p.Next, SyncedAtMillis: millis(p.Freshness.SyncedAt), Offline: p.Freshness.Offline}
	for _, c := range p.Complaints {
		out.Complaints.add(*complaintOf(c))
	}
	return out
}

func timelineOf(t sdk.Timeline) *Timeline {
	out := &Timeline{Events: &EventList{}, Pending: pendingOf(t.Pending)}
	for _, e := range t.Events {
		out.Events.add(Event{
			N: e.N, Action: e.Action, Role: e.Role, By: textOf(e.ByName), Status: e.Status, Level: e.Level, Text: e.Text,
			To: textOf(e.ToName), Disposition: e.Disposition, AtMillis: millis(e.At),
		})
	}
	return out
}

func pendingOf(acts []sdk.Pending) *PendingList {
	out := &PendingList{}
	for _, a := range acts {
		out.add(pending(a))
	}
	return out
}

func pending(a sdk.Pending) Pending {
	p := Pending{Op: a.Op, Action: a.Action, State: string(a.State), Text: a.Text, AtMillis: millis(a.At)}
	if a.Problem != nil {
		p.Refusal = a.Problem.Error()
	}
	return p
}

func queuedOf(ops []sdk.Queued) *PendingList {
	out := &PendingList{}
	for _, op := range ops {
		p := pending(op.Pending)
		p.Complaint, p.Sent = op.Complaint, op.Sent
		out.add(p)
	}
	return out
}

func fileOf(a sdk.Attachment) File {
	return File{SHA256: a.SHA256, Size: a.Size, Type: a.Type, State: string(a.State), Percent: a.Percent(), Picture: a.Picture}
}

// Package nav says where in the app a person is: routes as values and the stack that
// Back walks down.
//
// A route names a screen and what it shows, never how; so a stack can be written to
// the disk when the phone puts the app away, and read when it comes back. The package
// knows nothing of screens, of Fyne or of the SDK. Start with [Stack].
package nav

import (
	"encoding/json"
	"fmt"
	"slices"
)

// Name is a screen.
type Name string

// The screens.
const (
	Language Name = "language"
	Welcome  Name = "welcome"
	Register Name = "register"
	SignIn   Name = "sign-in"
	OTP      Name = "otp"
	Paper    Name = "recovery-code" // shown once, so it is never kept
	Home     Name = "home"
	Cases    Name = "cases"
	More     Name = "more"
	Report   Name = "report"
	Received Name = "received"
	Case     Name = "case"
	Write    Name = "write"
	Rate     Name = "rate"
	Photo    Name = "photo" // one photo of a complaint or a draft
	Sync     Name = "sync"
	Settings Name = "settings"
	Help     Name = "help"
	Recover  Name = "recover" // with the code on paper
	Devices  Name = "devices"
	Leave    Name = "leave"
	Access   Name = "access"   // who looked at the citizen's complaints
	Export   Name = "export"   // a copy of the citizen's data
	Nameless Name = "nameless" // filing without a name and without an account
	Helper   Name = "helper"   // filing for somebody else
	Track    Name = "track"    // what was filed without a name, by code and receipt
	Counter  Name = "counter"  // an officer registers a citizen
	Officer  Name = "officer"  // the officer's sign-in
	Desk     Name = "desk"
	People   Name = "people" // offices and officers, for administrators
)

// Route is a screen and what it shows.
type Route struct {
	Name Name   `json:"name"`
	ID   string `json:"id,omitempty"`   // of a complaint or a draft
	Part string `json:"part,omitempty"` // a step, a tab, a photo or what is written
}

// root reports whether the route is the bottom of a stack: the tabs and what comes
// before signing in.
func (r Route) root() bool {
	return slices.Contains([]Name{Language, Welcome, Home, Cases, More, Desk}, r.Name)
}

// Stack is the way to where a person is. Its zero value is empty.
type Stack struct{ routes []Route }

// NewStack starts at a route.
func NewStack(r Route) Stack { return Stack{routes: []Route{r}} }

// Top is where the person is.
func (s *Stack) Top() Route {
	if len(s.routes) == 0 {
		return Route{}
	}
	return s.routes[len(s.routes)-1]
}

// Push goes to a route. A root clears the way behind it; the same route again only
// changes what it shows.
func (s *Stack) Push(r Route) {
	switch {
	case r.root():
		s.routes = []Route{r}
	case len(s.routes) > 0 && s.Top().Name == r.Name && s.Top().ID == r.ID:
		s.Replace(r)
	default:
		s.routes = append(s.routes, r)
	}
}

// Replace goes to a route instead of the one on top.
func (s *Stack) Replace(r Route) {
	if r.root() || len(s.routes) == 0 {
		s.routes = []Route{r}
		return
	}
	s.routes[len(s.routes)-1] = r
}

// Back goes one screen back; false when there is none.
func (s *Stack) Back() bool {
	if len(s.routes) < 2 {
		return false
	}
	s.routes = s.routes[:len(s.routes)-1]
	return true
}

// Depth counts the screens of the way.
func (s *Stack) Depth() int { return len(s.routes) }

// passing reports whether a route is never written down: what is shown once, and what
// would tell that this device has to do with somebody or something.
func (r Route) passing() bool {
	return slices.Contains([]Name{Paper, Nameless, Helper, Track, Counter}, r.Name)
}

// MarshalJSON implements [json.Marshaler]. What is passing is left out.
func (s Stack) MarshalJSON() ([]byte, error) {
	kept := slices.DeleteFunc(slices.Clone(s.routes), Route.passing)
	return json.Marshal(kept)
}

// UnmarshalJSON implements [json.Unmarshaler]. A way that makes no sense is an error,
// and the caller starts anew.
func (s *Stack) UnmarshalJSON(raw []byte) error {
	var routes []Route
	if err := json.Unmarshal(raw, &routes); err != nil {
		return fmt.Errorf("read the way: %w", err)
	}
	for i, r := range routes {
		if (i == 0) != r.root() {
			return fmt.Errorf("read the way: %q cannot stand at place %d", r.Name, i)
		}
	}
	s.routes = routes
	return nil
}

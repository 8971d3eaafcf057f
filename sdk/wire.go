package sdk

import "github.com/citizens-portal/portal/sdk/api"

// The parts of the wire contract that the SDK's inputs and answers are made of,
// for callers that import this package alone.
type (
	Area      = api.Area
	Category  = api.Category
	Challenge = api.Challenge
	Event     = api.Event
	File      = api.File
	Problem   = api.Problem
	Profile   = api.Profile
	Rating    = api.Rating
	Session   = api.Session
	Text      = api.Text
)

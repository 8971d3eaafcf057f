package sdk

import "github.com/citizens-portal/portal/sdk/api"

// Names of the wire contract's parts that the SDK's inputs and answers are made of,
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

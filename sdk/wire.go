package sdk

import "github.com/citizens-portal/portal/sdk/api"

// The SDK's inputs and answers are made of these parts of the wire contract. They have
// names here for callers that import this package alone.
type (
	// Area is a place.
	Area = api.Area
	// Category is what a complaint can be about.
	Category = api.Category
	// Challenge is an SMS to be answered.
	Challenge = api.Challenge
	// Event is one thing that happened to a complaint.
	Event = api.Event
	// File is an attachment as it was promised.
	File = api.File
	// Problem is what is wrong, field by field.
	Problem = api.Problem
	// Profile is who is signed in.
	Profile = api.Profile
	// Rating is a citizen's verdict.
	Rating = api.Rating
	// Session tells of somebody who has just signed in.
	Session = api.Session
	// Text is a phrase in three languages.
	Text = api.Text
)

// Package portal holds the nouns and the rules of the Citizen's Portal: cases
// and complaints, the code people read aloud, places, offices, the life cycle
// as one transition table, and the escalation clock.
//
// It is pure: rules take the directory, the case, the actor and the moment as
// arguments and answer with events or typed errors. It must never know stores,
// HTTP, the wire format, a clock, randomness of its own, or a particular
// province; KP's places, offices and policies are data (package seed).
//
// Start reading at lifecycle.go (the transition table), then case.go (Act, the
// one way a case changes), check.go (what an action has to bring) and clock.go
// (when it moves up by itself).
package portal

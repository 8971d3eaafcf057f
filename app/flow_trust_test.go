//go:build flow

package app_test

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestFlowTrust drives what people trust the portal for: filing without a name, an
// identity that is opened with a reason, and the end of an account.
func TestFlowTrust(t *testing.T) {
	r := newRig(t)
	r.nameless(filepath.Join(r.dir, "nameless"))
	r.reveal(filepath.Join(r.dir, "trust-desk"))
	r.erase(filepath.Join(r.dir, "trust-citizen"))
}

// nameless files without an account and comes back to it.
func (r *rig) nameless(home string) {
	w := r.open(home, phoneWidth, phoneHeight)
	w.tap("English")
	w.at("welcome", "")
	w.tap("Report without my name")
	w.at("nameless", "")
	w.tap("Electricity")
	w.tap("Power cuts")
	w.tap("District")
	w.write("Search", "swa")
	w.tap("Swat")
	w.tap("Next: What happened")
	w.write("What happened?", "The meter reader asks for money.")
	w.tap("Next: Check")
	w.tap("Without my name")
	w.see("Keep my name out of it?")
	w.picture("nameless")
	w.tap("File it without my name")
	w.see("It goes without your name.")
	w.tap("Send without my name")
	w.at("track", "")
	format := regexp.MustCompile(`KP-[0-9A-Z-]+`)
	w.until("the code is here", func(s sight) bool { return format.MatchString(strings.Join(s.Texts, "\n")) })
	w.picture("receipt")
	w.tap("I kept the receipt")
	w.see("The meter reader asks for money.")
	w.tap("Back")
	w.at("welcome", "")
	w.tap("Follow with code and receipt")
	w.see("Filed from this phone")
	w.picture("track")
	w.close()
}

// reveal opens who filed a complaint, and leaves it again.
func (r *rig) reveal(home string) {
	w := r.open(home, deskWidth, deskHeight)
	w.tap("English")
	w.tap(officerLabel)
	w.at("desk", "")
	w.see("Up to date")
	w.key("j")
	w.see("Who is it?")
	w.tap("Who is it?")
	w.write("Why do you need it?", "To visit the house")
	w.picture("reveal")
	w.tap("Open it")
	w.see("The citizen sees that you looked, and why.")
	w.picture("revealed")
	w.key("j")
	w.until("the name is hidden", func(s sight) bool { return !s.says("The citizen sees that you looked") })
	w.close()
}

// erase reads who looked, and deletes the account.
func (r *rig) erase(home string) {
	w := r.open(home, phoneWidth, phoneHeight)
	w.tap("English")
	w.tap("Sample Citizen")
	w.at("home", "")
	w.tap("More")
	w.at("more", "")
	w.picture("more")
	w.tap("Who looked at my complaints")
	w.at("access", "")
	w.see("Once a day for each officer")
	w.picture("looks")
	w.tap("Back")
	w.at("more", "")
	w.tap("Delete my account")
	w.see("This goes:")
	w.picture("delete")
	w.tap("Keep my account")
	w.tap("Delete my account")
	w.see("This goes:")
	w.tap("Delete my account")
	w.at("welcome", "")
	w.see("Your account is deleted.")
	w.picture("deleted")
	w.close()
}

package app

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"github.com/pquerna/otp/totp"

	"github.com/citizens-portal/portal/app/nav"
	"github.com/citizens-portal/portal/backend/server"
	"github.com/citizens-portal/portal/sdk"
)

// focused is what says on the canvas or over it that it has the keys.
func (d *driven) focused() string {
	if said, ok := d.win.Canvas().Focused().(fyne.Accessible); ok {
		return said.AccessibilityLabel()
	}
	return ""
}

// asked are the words of the question over the page.
func (d *driven) asked() string {
	var out []string
	each(d.asking.Content, func(o fyne.CanvasObject) {
		if said, ok := o.(fyne.Accessible); ok {
			out = append(out, said.AccessibilityLabel())
		}
	})
	return strings.Join(out, "\n")
}

// known fetches places and kinds, as a first moment with a network does.
func (d *driven) known() {
	d.t.Helper()
	if g := d.source().guide(d.ctx); len(g.Kinds) == 0 {
		d.t.Fatal("no places and kinds")
	}
}

// TestFilingWithoutAName needs no account and no network, says what it protects from,
// and leads back to it by code and receipt, from this device and from any other.
func TestFilingWithoutAName(t *testing.T) {
	b := newBackend(t)
	home := t.TempDir()
	d := b.open(t, home)
	d.tap("English")
	d.known()
	d.quit()

	d = offline(t, home)
	d.at(nav.Welcome)
	d.tap("Report without my name")
	d.sees("Nothing is kept on this phone before you send it.")
	d.tap("Electricity")
	d.tap("Power cuts")
	d.tap("District")
	d.write("Search", "swa")
	d.tap("Swat")
	d.tap("Next: What happened")
	d.sees("No photos go with it")
	d.write("What happened?", "The meter reader asks for money.")
	d.tap("Next: Check")
	d.tap("Without my name")
	d.sees("The network and the portal's machines see")
	d.sees("Lose the receipt")
	d.tap("File it without my name")
	d.tap("Send without my name")
	d.at(nav.Track)
	d.sees("Keep this. It is the only way back.")
	d.sees("Saved on this phone")
	if raw, err := json.Marshal(d.stack); err != nil || strings.Contains(string(raw), "track") {
		t.Errorf("the way that lies in the open tells of it: %s %v", raw, err)
	}
	list, err := d.client.Anonymous.List(t.Context())
	if err != nil || len(list) != 1 {
		t.Fatalf("%+v %v", list, err)
	}
	receipt := list[0].Receipt
	d.quit()

	d = b.open(t, home)
	if err := d.client.Anonymous.Send(t.Context()); err != nil {
		t.Fatal(err)
	}
	list, _ = d.client.Anonymous.List(t.Context())
	code := list[0].Code
	d.tap("Follow with code and receipt")
	d.tap("The meter reader asks for money")
	d.sees("15 days left")
	d.tap("Code and QR")
	d.sees(code)
	d.tap("I kept the receipt")
	d.tap("Code and QR")
	d.tap("Forget it on this phone")
	if d.focused() != "Keep it" {
		t.Errorf("%q has the keys, want the safe choice", d.focused())
	}
	d.tap("Forget it on this phone")
	if left, err := d.client.Anonymous.List(t.Context()); err != nil || len(left) != 0 {
		t.Fatalf("%+v %v", left, err)
	}
	d.quit()

	d = b.open(t, t.TempDir()) // any other device, with the paper alone
	d.tap("English")
	d.tap("Follow with code and receipt")
	d.write("Code", code)
	d.write("Receipt", "ABC")
	d.tap("Show it")
	d.sees("A receipt has 26 letters and digits")
	d.write("Receipt", strings.Repeat("A", 26))
	d.tap("Show it")
	d.sees("Nothing fits this code and receipt")
	d.write("Receipt", strings.ToLower(receipt))
	d.tap("Show it")
	d.sees("The meter reader asks for money")
	d.tap("Write to the office")
	d.write("Your message", "It was on Monday.")
	d.tap("Send")
	d.sees("It was on Monday.")
	if left, _ := d.client.Anonymous.List(t.Context()); len(left) != 0 {
		t.Errorf("another device keeps it: %+v", left)
	}
	d.tap("Back")
	d.sees("Follow a complaint without a name")
}

// TestWithoutANameFromAnAccount: the choice stays with the draft, and photos stay here.
func TestWithoutANameFromAnAccount(t *testing.T) {
	b := newBackend(t)
	home := t.TempDir()
	d := b.open(t, home)
	d.register()
	d.tap("Report a problem")
	d.tap("Electricity")
	d.tap("Power cuts")
	d.tap("About an office or an officer")
	d.tap("Office")
	d.tap("Deputy Commissioner, Swat")
	d.sees("They never see it, and nobody who works under them does.")
	d.sees("It goes to: Commissioner, Malakand")
	d.tap("Keep it")
	d.sees("It goes to: Commissioner, Malakand")
	d.tap("Next: What happened")
	d.write("What happened?", "They asked for money.")
	d.tap("Next: Check")
	d.tap("Without my name")
	d.tap("File it without my name")
	d.quit()

	d = b.open(t, home) // killed before it was sent
	d.at(nav.Report)
	d.sees("It goes without your name.")
	d.tap("Send without my name")
	d.at(nav.Track)
	if drafts, err := d.client.Complaints.Drafts(t.Context()); err != nil || len(drafts) != 0 {
		t.Errorf("%+v %v", drafts, err)
	}
	if own, err := d.client.Complaints.List(t.Context(), sdk.ListOptions{}); err != nil || len(own.Complaints) != 0 {
		t.Errorf("it is in the account: %+v %v", own.Complaints, err)
	}
	if err := d.client.Anonymous.Send(t.Context()); err != nil {
		t.Fatal(err)
	}
	list, _ := d.client.Anonymous.List(t.Context())
	if len(list) != 1 || list[0].Code == "" || !strings.HasPrefix(list[0].HolderName.EN, "Commissioner, Malakand") {
		t.Fatalf("%+v", list)
	}
	d.tap("Close")
	d.at(nav.Home)
	d.tap("My cases")
	d.tap("Follow with code and receipt")
	d.sees("They asked for money")
}

// TestOnesOwnData: who looked, a copy, and the end of the account.
func TestOnesOwnData(t *testing.T) {
	b := newBackend(t)
	d := b.open(t, t.TempDir())
	d.register()
	saved := map[string][]byte{}
	d.save = func(name string, content []byte, _ string) { saved[name] = content }
	d.tap("More")
	d.tap("Who looked at my complaints")
	d.sees("Nobody has opened your complaints yet.")
	d.tap("Back")
	d.tap("A copy of my data")
	d.tap("Make the copy")
	var copied sdk.Export
	if err := json.Unmarshal(saved["my-data.json"], &copied); err != nil || copied.Server.Profile.Name != "Zarmina" {
		t.Fatalf("%v %+v", err, copied.Server.Profile)
	}
	d.tap("Back")
	d.tap("Delete my account")
	for _, words := range []string{"This goes: your name", "This stays: the codes", "What you filed without your name is not touched."} {
		if !strings.Contains(d.asked(), words) {
			t.Errorf("the question does not say %q but %s", words, d.asked())
		}
	}
	if d.focused() != "Keep my account" {
		t.Errorf("%q has the keys, want the safe choice", d.focused())
	}
	d.tap("Keep my account")
	d.at(nav.More)
	d.tap("Delete my account")
	d.tap("Delete my account")
	d.at(nav.Welcome)
	d.sees("Your account is deleted.")
	if _, err := d.client.Accounts.Profile(); err == nil {
		t.Error("somebody is still signed in")
	}
}

// TestHelping files into the other's account, and keeps neither them nor their words.
func TestHelping(t *testing.T) {
	b := newBackend(t)
	home := t.TempDir()
	d := b.open(t, home)
	d.register()
	d.tap("More")
	d.tap("This is for someone else")
	d.tap("Electricity")
	d.tap("Power cuts")
	d.tap("Next: What happened")
	d.write("What happened?", "Her transformer burnt.")
	d.pass()
	if drafts, err := d.client.Complaints.Drafts(t.Context()); err != nil || len(drafts) != 0 {
		t.Errorf("the words of another are kept: %+v %v", drafts, err)
	}
	d.tap("Next: Check")
	d.tap("Next: Their number")
	d.tap("They are new")
	d.write("Their mobile number", "0346-1112223")
	d.write("CNIC number", "15602-1112223-4")
	d.write("Name as on the CNIC", "Gul Meena")
	d.tap("District")
	d.write("Search", "swa")
	d.tap("Swat")
	d.tap("Send me a code")
	d.write("Code from the SMS", d.otp("+923461112223"))
	d.tap("Send for them")
	d.sees("It is sent, and it is theirs")
	d.sees("Their recovery code")
	if p, err := d.client.Accounts.Profile(); err != nil || p.Name != "Zarmina" {
		t.Errorf("signed in is %+v %v", p, err)
	}
	d.sync()
	if own, err := d.client.Complaints.List(t.Context(), sdk.ListOptions{}); err != nil || len(own.Complaints) != 0 {
		t.Errorf("it is in the helper's account: %+v %v", own.Complaints, err)
	}
	d.tap("To the first page")
	d.at(nav.Home)
}

// TestUnkeptWordsAreNotLostByAKey: what is kept nowhere is not thrown away unasked.
func TestUnkeptWordsAreNotLostByAKey(t *testing.T) {
	b := newBackend(t)
	d := b.open(t, t.TempDir())
	d.tap("English")
	d.known()
	d.tap("Report without my name")
	d.tap("Electricity")
	d.tap("Power cuts")
	for range 2 { // back to the first step, then out
		d.typedKey(&fyne.KeyEvent{Name: fyne.KeyEscape})
	}
	d.at(nav.Nameless)
	if d.focused() != "Go on writing" {
		t.Errorf("%q has the keys, want the safe choice", d.focused())
	}
	d.tap("Throw it away")
	d.at(nav.Welcome)
}

// TestCounter: an officer opens an account at the counter, and its code signs the
// citizen in, once.
func TestCounter(t *testing.T) {
	b := newBackend(t)
	d := b.open(t, t.TempDir())
	d.tap("English")
	people, err := server.DemoPeople(b.dir)
	if err != nil {
		t.Fatal(err)
	}
	focal := people[slices.IndexFunc(people, func(p server.DemoPerson) bool { return p.Name == "focal.swat" })]
	code, err := totp.GenerateCode(focal.TOTPSecret, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.client.Accounts.LoginOfficer(t.Context(), focal.Name, focal.Password, code); err != nil {
		t.Fatal(err)
	}
	d.open(nav.Route{Name: nav.Counter})
	d.write("CNIC number", "15602-9998887-1")
	d.write("Their mobile number", "0347-9998887")
	d.write("Name as on the CNIC", "Sher Ali")
	d.tap("District")
	d.write("Search", "swa")
	d.tap("Swat")
	d.tap("Open the account")
	d.sees("It signs")
	setup := regexp.MustCompile(`(?m)^[0-9A-Z]{4,5}(-[0-9A-Z]{4,5})+$`).FindString(strings.Join(d.texts(), "\n"))
	d.tap("It is written down")

	c := b.open(t, t.TempDir())
	c.tap("English")
	c.tap("Sign in")
	c.tap("New phone, or lost number?")
	c.write("Mobile number", "0347-9998887")
	c.write("Your recovery code", setup)
	c.tap("Sign in")
	if p, err := c.client.Accounts.Profile(); err != nil || p.Name != "Sher Ali" {
		t.Errorf("%+v %v; it says %q", p, err, c.texts())
	}
}

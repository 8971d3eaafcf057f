package desk

import (
	"slices"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
)

func (s *seat) shows(words string) bool {
	return strings.Contains(strings.Join(texts(s.Object()), "\n"), words)
}

// TestRevealWantsAReasonAndAFreshProof: no reason, no question; an old session is asked
// for a code; what was opened hides when the complaint is left.
func TestRevealWantsAReasonAndAFreshProof(t *testing.T) {
	s := newSeat(t)
	s.office.stale = true
	s.first()
	s.tap("Who is it?")
	if !s.over || !s.shows("The citizen sees at once who opened it and why.") {
		t.Fatal("the officer is not told that the citizen sees it")
	}
	s.tap("Open it")
	if !s.shows("Write why. The citizen reads it.") || len(s.office.why) > 0 {
		t.Fatal("opened without a reason")
	}
	s.reveal.form.Reason = "To visit the house"
	s.tap("Open it")
	s.until("the code is asked for", func() bool { return s.reveal.form.Ask && !s.reveal.form.Busy })
	if s.reveal.form.Reason != "To visit the house" || len(s.reveal.identity) > 0 {
		t.Fatalf("%+v", s.reveal)
	}
	s.reveal.form.TOTP = "123456"
	s.tap("Open it")
	s.until("the identity", func() bool { return len(s.reveal.identity) > 0 })
	if s.over || !s.shows("Zarmina Bibi") || !s.shows("The citizen sees that you looked, and why.") || !slices.Equal(s.office.why, []string{"To visit the house"}) {
		t.Fatalf("%q", s.office.why)
	}
	s.press(fyne.KeyJ)
	s.until("the next complaint", func() bool { return s.page.ID == "case-1" })
	if len(s.reveal.identity) > 0 || s.shows("Zarmina Bibi") {
		t.Fatal("the name outlives the complaint")
	}
	s.press(fyne.KeyK)
	s.until("the first complaint again", func() bool { return s.page.ID == "case-0" })
	if s.shows("Zarmina Bibi") {
		t.Fatal("the name came back by itself")
	}
}

// TestLeavingWhileItIsAskedShowsNothing: an answer that comes late is dropped.
func TestLeavingWhileItIsAskedShowsNothing(t *testing.T) {
	s := newSeat(t)
	s.first()
	s.tap("Who is it?")
	s.reveal.form.Reason = "To visit the house"
	s.tap("Open it")
	s.press(fyne.KeyEscape) // before the answer is worked off
	s.until("the answer came", func() bool { s.office.mu.Lock(); defer s.office.mu.Unlock(); return len(s.office.why) == 1 })
	s.press(fyne.KeyJ)
	s.until("the next complaint", func() bool { return s.page.ID == "case-1" })
	if s.over || len(s.reveal.identity) > 0 {
		t.Fatalf("%+v", s.reveal)
	}
}

// TestTheAccessLogIsTold of each complaint that came in sight, and of no other.
func TestTheAccessLogIsTold(t *testing.T) {
	s := newSeat(t)
	s.first()
	s.until("the opening is noted", func() bool {
		s.sync()
		return len(s.office.taken()) == 0 && slices.Equal(s.toldOpen(), []string{"case-0"})
	})
	s.press(fyne.KeyJ)
	s.until("the second is noted too", func() bool { s.sync(); return slices.Equal(s.toldOpen(), []string{"case-0", "case-1"}) })
	if st, err := s.client.Sync.Status(); err != nil || st.Queued != 0 {
		t.Fatalf("%+v %v", st, err)
	}
}

func (s *seat) toldOpen() []string {
	s.office.mu.Lock()
	defer s.office.mu.Unlock()
	return slices.Clone(s.office.opened)
}

package ui

import (
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"github.com/citizens-portal/portal/app/bidi"
	"github.com/citizens-portal/portal/app/i18n"
	"github.com/citizens-portal/portal/app/style"
	"github.com/citizens-portal/portal/assets"
)

// presses returns every part below o that can be tapped.
func presses(o fyne.CanvasObject) []*Press {
	var out []*Press
	switch v := o.(type) {
	case *Press:
		out = append(out, v)
		out = append(out, presses(v.content)...)
	case *fyne.Container:
		for _, c := range v.Objects {
			out = append(out, presses(c)...)
		}
	}
	return out
}

func TestTapAndKeys(t *testing.T) {
	env := testEnv(t, i18n.English, false, style.Scale100)
	n := 0
	b := Button(env, ButtonState{Word: "x"}, func() { n++ }).(*Press)
	test.Tap(b)
	b.TypedKey(&fyne.KeyEvent{Name: fyne.KeySpace})
	b.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	b.TypedKey(&fyne.KeyEvent{Name: fyne.KeyA})
	if n != 3 {
		t.Errorf("called %d times", n)
	}
}

func TestDisabledButtonSaysWhy(t *testing.T) {
	env := testEnv(t, i18n.English, false, style.Scale100)
	n := 0
	o := Button(env, ButtonState{Word: "Send", Disabled: true, Reason: "Choose a district first."}, func() { n++ })
	p := presses(o)[0]
	test.Tap(p)
	if n != 0 || !p.Disabled() {
		t.Error("a disabled button was pressed")
	}
	if reason := o.(*fyne.Container).Objects[1].(*bidi.Paragraph); reason.Text() != "Choose a district first." {
		t.Errorf("reason %q", reason.Text())
	}
}

// Fingers need 48; the parts of the officer's desk are for a mouse and need 36.
func TestTargetsAreLargeEnough(t *testing.T) {
	desk := map[string]bool{"officer": true, "rail": true}
	for _, scale := range style.Scales() {
		env := testEnv(t, i18n.Urdu, false, scale)
		for _, p := range parts() {
			page, size := onPage(env, p)
			page.Resize(size)
			least := float32(48)
			if desk[p.name] {
				least = 36
			}
			for _, target := range presses(page) {
				if p.name == "chips" { // filters, 36 high by design, stand 8 apart
					least = 36
				}
				if s := target.Size(); s.Width < least || s.Height < least {
					t.Errorf("%s at %.0f %%: %q is %v", p.name, scale*100, target.label, s)
				}
			}
		}
	}
}

func TestRowIsOneSentenceForScreenReaders(t *testing.T) {
	env := testEnv(t, i18n.English, false, style.Scale100)
	rows := presses(ComplaintRow(env, RowState{Icon: assets.IconWater, Title: "Water line broken", Holder: "Deputy Commissioner", Status: InProgress, Left: "6 days left"}, nil))
	if got := rows[0].AccessibilityLabel(); got != "Water line broken, In progress, 6 days left, Deputy Commissioner" {
		t.Errorf("%q", got)
	}
	for _, p := range parts() {
		for _, target := range presses(p.make(env)) {
			if strings.TrimSpace(target.AccessibilityLabel()) == "" {
				t.Errorf("%s has a part without a label", p.name)
			}
		}
	}
}

func TestChoices(t *testing.T) {
	env := testEnv(t, i18n.Pashto, false, style.Scale100)
	var chosen int
	faces := presses(Rating(env, "?", 0, func(n int) { chosen = n }))
	test.Tap(faces[4])
	if chosen != 5 {
		t.Errorf("face %d", chosen)
	}
	cells := presses(BottomBar(env, []NavItem{{assets.IconHome, "a"}, {assets.IconMore, "b"}}, 0, func(n int) { chosen = n }))
	test.Tap(cells[1])
	if chosen != 1 {
		t.Errorf("cell %d", chosen)
	}
	var ticked bool
	test.Tap(CheckBox(env, false, "x", func(on bool) { ticked = on }))
	if !ticked {
		t.Error("the box stayed empty")
	}
}

func TestEveryStatusHasItsOwnWord(t *testing.T) {
	for _, lang := range i18n.Langs() {
		env := testEnv(t, lang, false, style.Scale100)
		seen := map[string]Status{}
		for _, s := range Statuses() {
			w := s.Word(env)
			if strings.HasPrefix(w, "status.") || seen[w] != "" {
				t.Errorf("%s %s: %q, as %s", lang, s, w, seen[w])
			}
			seen[w] = s
		}
	}
}

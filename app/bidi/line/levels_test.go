package line

import (
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/unicode/bidi"
	"pgregory.net/rapid"
)

// alphabet has a few characters of each class that people type.
var alphabet = []rune{
	'a', 'B', 'é', 'ش', 'ک', 'ښ', 'ې', 'ټ', 'א', '1', '2', '٣', '۴', ' ', '\t', '.', ',', ':', '/', '-', '+',
	'%', '$', '#', '(', ')', '[', ']', '{', '}', '«', '»', '!', '؟', '،', '۔', '\u064E', '\u0301', '\u200d',
	'\u200e', '\u200f', '\u2066', '\u2067', '\u2068', '\u2069', '😀',
}

// TestLevelsAgreeWithOracle compares the direction of every character with the
// implementation in golang.org/x/text, which gives directions but no levels. Brackets
// are left out: that implementation does not pair them. TestLevels has them.
func TestLevelsAgreeWithOracle(t *testing.T) {
	plain := slices.DeleteFunc(slices.Clone(alphabet), func(r rune) bool { return strings.ContainsRune("()[]{}", r) })
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.SliceOfN(rapid.SampledFrom(plain), 1, 24).Draw(t, "text")
		base := rapid.SampledFrom([]uint8{0, 1}).Draw(t, "base")
		mark := '\u200e'
		if base == 1 {
			mark = '\u200f'
		}
		text = append([]rune{mark}, text...) // the oracle takes its base from here
		got := resolveLevels(text, base)
		var p bidi.Paragraph
		if _, err := p.SetString(string(text)); err != nil {
			t.Fatal(err)
		}
		order, err := p.Order()
		if err != nil {
			t.Fatal(err)
		}
		end := len(text) // blanks at the end of the text: rule L1, which is for lines
		for end > 0 && trailing(text[end-1]) {
			end--
		}
		i := 0
		for k := range order.NumRuns() {
			run := order.Run(k)
			for _, r := range run.String() {
				if c := class(r); i < end && c != bidi.S && c != bidi.B && !ignored(c) && !beforeSeparator(text, i) &&
					(got[i]%2 == 1) != (run.Direction() == bidi.RightToLeft) {
					t.Fatalf("%+q: character %d %+q has level %d", text, i, r, got[i])
				}
				i++
			}
		}
	})
}

func beforeSeparator(text []rune, i int) bool {
	for ; i < len(text) && trailing(text[i]); i++ {
		if c := class(text[i]); c == bidi.S || c == bidi.B {
			return true
		}
	}
	return false
}

func TestLevels(t *testing.T) {
	for _, tc := range []struct {
		text string
		base uint8
		want []uint8
	}{
		{"ab 12", 0, []uint8{0, 0, 0, 0, 0}},
		{"شک 12", 1, []uint8{1, 1, 1, 2, 2}},
		{"شک 12 ab", 0, []uint8{1, 1, 1, 2, 2, 0, 0, 0}},
		// The brackets of rule N0: both kinds inside, only the other kind inside, and the
		// same after a text of the other kind.
		{"شک(شک[&ef]!)gh", 1, []uint8{1, 1, 1, 1, 1, 1, 1, 2, 2, 1, 1, 1, 2, 2}},
		{"[a]a", 1, []uint8{1, 2, 1, 2}},
		{"شک book(s)", 1, []uint8{1, 1, 1, 2, 2, 2, 2, 2, 2, 2}},
		{"(ab) شک", 1, []uint8{1, 2, 2, 1, 1, 1, 1}},
		{"ش \u2068+92\u2069", 1, []uint8{1, 1, 1, 2, 2, 2, 1}},
	} {
		got := resolveLevels([]rune(tc.text), tc.base)
		for i := range tc.want {
			if got[i] != tc.want[i] {
				t.Errorf("%q: levels %v, want %v", tc.text, got, tc.want)
				break
			}
		}
	}
}

func TestFirstStrong(t *testing.T) {
	for text, want := range map[string]Direction{"12 شک": RTL, "12 ab ش": LTR, "\u2068ab\u2069 ش": RTL} {
		if d, ok := FirstStrong([]rune(text)); !ok || d != want {
			t.Errorf("%q: %v %v", text, d, ok)
		}
	}
	if _, ok := FirstStrong([]rune("12, 13")); ok {
		t.Error("digits have no direction")
	}
}

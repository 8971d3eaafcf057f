package portal_test

import (
	"errors"
	"math/rand/v2"
	"strings"
	"testing"

	. "github.com/citizens-portal/portal/backend/portal"
)

const (
	letters  = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	typeable = "0123456789" + letters
)

// drawCodes makes codes of several provinces and years, the same ones each run.
func drawCodes(n int) []Code {
	r := rand.New(rand.NewPCG(26, 40))
	provinces := []string{"KP", "kp", "X", "ABC", "OL", "DI"}
	out := make([]Code, n)
	for i := range out {
		var random [CodeRandomLen]byte
		for j := range random {
			random[j] = byte(r.IntN(256))
		}
		out[i] = NewCode(provinces[i%len(provinces)], 2000+r.IntN(120), random)
	}
	return out
}

func TestCodeShape(t *testing.T) {
	for _, code := range drawCodes(500) {
		s := string(code)
		parts := strings.Split(s, "-")
		if len(parts) != 4 || len(parts[1]) != 2 || len(parts[2]) != 4 || len(parts[3]) != 4 {
			t.Fatalf("%s is not PROVINCE-YEAR-XXXX-XXXX", s)
		}
		if strings.ContainsAny(parts[2]+parts[3], "01ILO") || s != strings.ToUpper(s) {
			t.Fatalf("%s has characters that people confuse", s)
		}
		if got, err := ParseCode(s); err != nil || got != code {
			t.Fatalf("%s reads as %s, %v", s, got, err)
		}
	}
}

func TestUniformCodeByte(t *testing.T) {
	seen := map[Code]int{}
	for b := range 256 {
		if UniformCodeByte(byte(b)) {
			seen[NewCode("KP", 2026, [CodeRandomLen]byte{byte(b)})]++
		}
	}
	if len(seen) != 31 {
		t.Fatalf("%d different first characters, want 31", len(seen))
	}
	for code, n := range seen {
		if n != 8 {
			t.Errorf("%s comes from %d bytes, want 8: some characters are favoured", code, n)
		}
	}
}

// TestEveryTypoIsCaught tries every other character in every place, and every
// swap of neighbours, prefix and check character included.
func TestEveryTypoIsCaught(t *testing.T) {
	for _, code := range drawCodes(400) {
		flat := []byte(strings.ReplaceAll(string(code), "-", ""))
		for i, right := range flat {
			for _, wrong := range []byte(typeable) {
				if wrong == right {
					continue
				}
				flat[i] = wrong
				refused(t, code, string(flat))
			}
			flat[i] = right
		}
		for i := range len(flat) - 1 {
			if flat[i] == flat[i+1] {
				continue
			}
			flat[i], flat[i+1] = flat[i+1], flat[i]
			refused(t, code, string(flat))
			flat[i], flat[i+1] = flat[i+1], flat[i]
		}
	}
}

func refused(t *testing.T, code Code, typed string) {
	t.Helper()
	got, err := ParseCode(typed)
	if err == nil {
		t.Fatalf("%s mistyped as %s reads as %s", code, typed, got)
	}
	var field *FieldError
	if !errors.As(err, &field) || field.Field != "code" {
		t.Fatalf("%s: %v", typed, err)
	}
}

func TestCodeAsPeopleTypeIt(t *testing.T) {
	code := NewCode("KP", 2026, [CodeRandomLen]byte{5, 1, 17, 27, 7, 0, 21})
	s := string(code)
	flat := strings.ReplaceAll(s, "-", "")
	urdu := strings.NewReplacer("0", "۰", "1", "۱", "2", "۲", "3", "۳", "4", "۴", "5", "۵", "6", "۶", "7", "۷", "8", "۸", "9", "۹")
	arabic := strings.NewReplacer("0", "٠", "1", "١", "2", "٢", "3", "٣", "4", "٤", "5", "٥", "6", "٦", "7", "٧", "8", "٨", "9", "٩")
	for name, typed := range map[string]string{
		"lower case":        strings.ToLower(s),
		"no dashes":         flat,
		"spaces":            " " + strings.ReplaceAll(s, "-", " ") + "\n",
		"wide gaps":         strings.Join(strings.Split(flat, ""), " "),
		"no-break space":    strings.ReplaceAll(s, "-", "\u00a0"),
		"en dashes":         strings.ReplaceAll(s, "-", "–"),
		"no-break hyphens":  strings.ReplaceAll(s, "-", "\u2011"),
		"minus signs":       strings.ReplaceAll(s, "-", "−"),
		"RTL and LTR marks": "\u200f\u200e" + s + "\u200f",
		"isolates":          "\u2066" + s + "\u2069",
		"embedding":         "\u202b" + s + "\u202c",
		"byte order mark":   "\ufeff" + s,
		"Urdu digits":       urdu.Replace(s),
		"Arabic digits":     arabic.Replace(s),
	} {
		if got, err := ParseCode(typed); err != nil || got != code {
			t.Errorf("%s: %q reads as %q, %v", name, typed, got, err)
		}
	}
}

func TestCodeErrorsSayWhatIsWrong(t *testing.T) {
	s := string(NewCode("KP", 2026, [CodeRandomLen]byte{1, 2, 3, 4, 5, 6, 7}))
	for typed, want := range map[string]string{
		"":                                "code_length",
		"KP":                              "code_length",
		s[:len(s)-1]:                      "code_length",
		s + "7":                           "code_length",
		s + s:                             "code_length",
		strings.Repeat("K", 100_000):      "code_length",
		"2" + s[1:]:                       "code_length", // not a province
		s[:len(s)-1] + "O":                "code_character",
		s[:len(s)-1] + "ک":                "code_character",
		s[:len(s)-1] + "\xff":             "code_character",
		s + "!":                           "code_character",
		"KQ" + s[2:]:                      "code_mistyped",
		strings.Replace(s, "26", "27", 1): "code_mistyped",
	} {
		_, err := ParseCode(typed)
		wantField(t, err, "code", want)
	}
}

func FuzzParseCode(f *testing.F) {
	for _, code := range drawCodes(6) {
		f.Add(string(code))
		f.Add(strings.ToLower(string(code)) + "\u200f")
	}
	f.Add("KP-26-7F3K-92QX")
	f.Add("\xff\u202eKP")
	f.Fuzz(func(t *testing.T, typed string) {
		code, err := ParseCode(typed)
		if err != nil {
			if code != "" || !errors.Is(err, ErrInvalid) {
				t.Fatalf("%q: code %q with %v", typed, code, err)
			}
			return
		}
		again, err := ParseCode(string(code))
		if err != nil || again != code {
			t.Fatalf("%q reads as %s, which reads as %s, %v", typed, code, again, err)
		}
	})
}

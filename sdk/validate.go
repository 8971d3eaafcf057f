package sdk

import (
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/citizens-portal/portal/sdk/api"
)

// Limits on what people write, in characters; the server has the same.
const (
	MaxComplaintText = 8000
	MaxText          = 4000
	MaxPlace         = 300
	MaxName          = 120
	MaxFiles         = 5
	MaxFileBytes     = 5 << 20
)

var (
	e164Mobile  = regexp.MustCompile(`^\+923\d{9}$`)
	localMobile = regexp.MustCompile(`^03\d{9}$`)
	otpDigits   = regexp.MustCompile(`^\d{6}$`)
	notDigit    = regexp.MustCompile(`\D`)
)

// NormalMobile gives a Pakistani mobile number in its international form
// (+923XXXXXXXXX); it takes 03XX-XXXXXXX too, with dashes or spaces.
func NormalMobile(s string) (string, error) {
	flat := strings.NewReplacer("-", "", " ", "", "\u200e", "").Replace(s)
	switch {
	case e164Mobile.MatchString(flat):
		return flat, nil
	case localMobile.MatchString(flat):
		return "+92" + flat[1:], nil
	}
	return "", invalid(field("mobile", "mobile_shape", "a mobile number looks like 0345-1234567 or +923451234567"))
}

// checkCNIC wants 13 digits, however they are grouped. There is no public
// check digit, so the shape is all that can be checked.
func checkCNIC(s string) []api.FieldProblem {
	rest := strings.NewReplacer("-", "", " ", "").Replace(s)
	if len(rest) != 13 || notDigit.MatchString(rest) {
		return []api.FieldProblem{field("cnic", "cnic_digits", "a CNIC has 13 digits, written 15602-1234567-1")}
	}
	return nil
}

func checkText(name, text string, limit int, needed bool) []api.FieldProblem {
	switch {
	case !utf8.ValidString(text):
		return []api.FieldProblem{field(name, "text_encoding", "the text is not valid UTF-8")}
	case needed && strings.TrimSpace(text) == "":
		return []api.FieldProblem{field(name, "text_missing", "please write a few words")}
	case utf8.RuneCountInString(text) > limit:
		return []api.FieldProblem{field(name, "text_long", "at most %d characters; this has %d", limit, utf8.RuneCountInString(text))}
	}
	return nil
}

func checkRating(r api.Rating) []api.FieldProblem {
	var out []api.FieldProblem
	if r.Time < 1 || r.Time > 5 {
		out = append(out, field("time", "rating_range", "a rating is between 1 (very bad) and 5 (very good)"))
	}
	if r.Quality < 1 || r.Quality > 5 {
		out = append(out, field("quality", "rating_range", "a rating is between 1 (very bad) and 5 (very good)"))
	}
	return append(out, checkText("comment", r.Comment, MaxText, false)...)
}

func checkFiles(files []api.File) []api.FieldProblem {
	if len(files) > MaxFiles {
		return []api.FieldProblem{field("files", "files_many", "at most %d files", MaxFiles)}
	}
	return nil
}

// problems gives ErrInvalid when there are any.
func problems(lists ...[]api.FieldProblem) error {
	var all []api.FieldProblem
	for _, l := range lists {
		all = append(all, l...)
	}
	if len(all) == 0 {
		return nil
	}
	return invalid(all...)
}

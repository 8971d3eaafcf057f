package i18n_test

import (
	"encoding/csv"
	"errors"
	"flag"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/citizens-portal/portal/app/bidi/line"
	"github.com/citizens-portal/portal/app/i18n"
	"github.com/citizens-portal/portal/assets"
)

var export = flag.String("export", "", "write the review sheet for native readers to this file")

func load(t *testing.T) *i18n.Catalogue {
	t.Helper()
	c, err := i18n.Load(assets.Translations)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestLookup(t *testing.T) {
	c := load(t)
	for _, tc := range []struct {
		lang i18n.Lang
		key  string
		args []any
		want string
	}{
		{i18n.English, "due.left", []any{"n", 1}, "1 day left"},
		{i18n.English, "due.left", []any{"n", 6}, "6 days left"},
		{i18n.English, "due.left", []any{"n", 0}, "0 days left"},
		{i18n.Urdu, "due.left", []any{"n", 6}, "6 دن باقی"},
		{i18n.Pashto, "due.left", []any{"n", 1}, "1 ورځ پاتې"},
		{i18n.Pashto, "due.left", []any{"n", 6}, "6 ورځې پاتې"},
		{i18n.English, "report.goes_to", []any{"office", "DC Swat"}, "Goes to: DC Swat"},
		{i18n.Urdu, "report.goes_to", []any{"office", "DC Swat"}, "\u2068DC Swat\u2069 کو جائے گی"},
		{i18n.English, "report.goes_to", []any{"office", "ڈپٹی کمشنر"}, "Goes to: \u2068ڈپٹی کمشنر\u2069"},
		{i18n.Urdu, "no.such.key", nil, "no.such.key"},
	} {
		if got := c.T(tc.lang, tc.key, tc.args...); got != tc.want {
			t.Errorf("%s %s %v: got %q, want %q", tc.lang, tc.key, tc.args, got, tc.want)
		}
	}
}

// TestFilledInDirection: whatever is filled in, a sentence runs as its language does,
// also where the direction is taken from its letters, as inside another sentence.
func TestFilledInDirection(t *testing.T) {
	c := load(t)
	for _, l := range i18n.Langs() {
		for _, key := range c.Keys() {
			e, _ := c.Entry(l, key)
			for _, value := range []string{"DC Swat", "KP-26-7F3K-92QX", "سوات"} {
				var args []any
				for _, name := range placeholders(e.Text) {
					args = append(args, name, value)
				}
				if len(args) == 0 {
					continue
				}
				dir, known := line.FirstStrong([]rune(c.T(l, key, args...)))
				if l.RTL() != (known && dir == line.RTL) {
					t.Errorf("%s %s with %q runs the other way: %q", l, key, value, c.T(l, key, args...))
				}
			}
		}
	}
	inner := c.T(i18n.Urdu, "area.place", "tehsil", "Babuzai", "district", "Swat")
	outer := c.T(i18n.Urdu, "report.goes_to", "office", inner)
	if dir, _ := line.FirstStrong([]rune(outer)); dir != line.RTL {
		t.Errorf("%q", outer)
	}
}

func TestLoadRefuses(t *testing.T) {
	good := `{"a":{"text":"x {n}","reviewed":true}}`
	for name, bad := range map[string]string{
		"a missing key":         `{}`,
		"an empty text":         `{"a":{"text":"","reviewed":false}}`,
		"an extra key":          `{"a":{"text":"x","reviewed":false},"b":{"text":"y","reviewed":false}}`,
		"a foreign placeholder": `{"a":{"text":"{m}","reviewed":false}}`,
		"an unknown field":      `{"a":{"txt":"x"}}`,
		"no JSON":               `{`,
	} {
		_, err := i18n.Load(func(lang string) ([]byte, error) {
			if lang == "ps" {
				return []byte(bad), nil
			}
			return []byte(good), nil
		})
		if err == nil || !strings.Contains(err.Error(), "ps") {
			t.Errorf("%s: %v", name, err)
		}
	}
	lost := errors.New("lost")
	if _, err := i18n.Load(func(string) ([]byte, error) { return nil, lost }); !errors.Is(err, lost) {
		t.Errorf("unreadable: %v", err)
	}
}

// Only a native reader may turn a translation's flag, so English is signed by us and
// the sheet shows what is still open.
func TestEnglishIsReviewed(t *testing.T) {
	c := load(t)
	for _, key := range c.Keys() {
		if e, _ := c.Entry(i18n.English, key); !e.Reviewed {
			t.Errorf("%s: the English text is not reviewed", key)
		}
	}
}

// TestExportSheet checks the review sheet; with -export=FILE it also keeps it.
func TestExportSheet(t *testing.T) {
	var b strings.Builder
	c := load(t)
	if err := c.Sheet(&b); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(strings.NewReader(b.String())).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) <= len(c.Keys()) {
		t.Errorf("%d lines for %d keys", len(rows), len(c.Keys()))
	}
	if *export != "" {
		if err := os.WriteFile(*export, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// placeholders lists what a text has filled in.
func placeholders(text string) (names []string) {
	for _, m := range regexp.MustCompile(`\{(\w+)\}`).FindAllStringSubmatch(text, -1) {
		names = append(names, m[1])
	}
	return names
}

// Package i18n looks up what the app says, in English, Urdu and Pashto.
//
// The sentences live in assets/i18n, one file a language, and each carries whether a
// native reader has signed it. The package knows nothing of screens or of Fyne, and
// it never falls back in silence: a key that does not exist is shown as the key, and
// a test finds it first.
//
// Start with [Load] and [Catalogue.T].
package i18n

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"

	"github.com/citizens-portal/portal/app/bidi/line"
)

// Lang is a language of the app.
type Lang string

// The languages, equal in rank.
const (
	English Lang = "en"
	Urdu    Lang = "ur"
	Pashto  Lang = "ps"
)

// Langs lists the languages in the order in which they are offered.
func Langs() []Lang { return []Lang{English, Urdu, Pashto} }

// RTL reports whether the language is written from right to left.
func (l Lang) RTL() bool { return l == Urdu || l == Pashto }

// Entry is one sentence of one language. Text is the form for most counts; One, when
// present, is the form the language wants for a single thing.
type Entry struct {
	One      string `json:"one,omitempty"`
	Text     string `json:"text"`
	Reviewed bool   `json:"reviewed"` // a native reader signed it
}

// Catalogue holds the sentences of all languages. It is immutable, thus safe for
// concurrent use.
type Catalogue struct {
	entries map[Lang]map[string]Entry
}

// Load reads the catalogue, taking each language's JSON from read. It refuses
// unknown fields, empty texts and languages that differ in keys or placeholders.
func Load(read func(lang string) ([]byte, error)) (*Catalogue, error) {
	c := &Catalogue{entries: map[Lang]map[string]Entry{}}
	for _, l := range Langs() {
		raw, err := read(string(l))
		if err != nil {
			return nil, fmt.Errorf("load catalogue: %w", err)
		}
		dec := json.NewDecoder(bytes.NewReader(raw))
		dec.DisallowUnknownFields()
		var m map[string]Entry
		if err := dec.Decode(&m); err != nil {
			return nil, fmt.Errorf("load catalogue %s: %w", l, err)
		}
		c.entries[l] = m
	}
	return c, c.check()
}

func (c *Catalogue) check() error {
	for _, l := range Langs() {
		for _, key := range c.Keys() {
			e, ok := c.entries[l][key]
			if !ok || e.Text == "" {
				return fmt.Errorf("catalogue %s: key %q has no text", l, key)
			}
		}
		for key, e := range c.entries[l] {
			en, ok := c.entries[English][key]
			if !ok {
				return fmt.Errorf("catalogue %s: key %q is not in English", l, key)
			}
			for p := range placeholders(e.One + e.Text) {
				if !placeholders(en.One + en.Text)[p] {
					return fmt.Errorf("catalogue %s: key %q: {%s} is not in English", l, key, p)
				}
			}
		}
	}
	return nil
}

// Keys returns all keys, sorted.
func (c *Catalogue) Keys() []string {
	return slices.Sorted(maps.Keys(c.entries[English]))
}

// Entry returns the sentence as stored, for review sheets.
func (c *Catalogue) Entry(l Lang, key string) (Entry, bool) {
	e, ok := c.entries[l][key]
	return e, ok
}

// T returns the sentence for key with its {placeholders} filled from pairs of name
// and value: T(Urdu, "due.left", "n", 6). An int named "n" also chooses the plural
// form.
//
// A filled-in text that runs, or may run, against the language stands between FIRST
// STRONG ISOLATE and POP DIRECTIONAL ISOLATE, so that a code, a phone number or a name
// keeps its own order and does not disturb the sentence. A right-to-left sentence with
// no letter of its own to show its direction, as "{tehsil}، {district}", begins with a
// RIGHT-TO-LEFT MARK: it keeps its direction wherever it is filled in itself.
func (c *Catalogue) T(l Lang, key string, args ...any) string {
	e, ok := c.entries[l][key]
	if !ok {
		return key
	}
	text := e.Text
	for i := 0; i+1 < len(args); i += 2 {
		if n, isInt := args[i+1].(int); isInt && args[i] == "n" && e.One != "" && isOne(l, n) {
			text = e.One
		}
	}
	for i := 0; i+1 < len(args); i += 2 {
		name := fmt.Sprint(args[i])
		text = strings.ReplaceAll(text, "{"+name+"}", isolate(l, fmt.Sprint(args[i+1])))
	}
	if len(args) > 0 && l.RTL() {
		if dir, known := line.FirstStrong([]rune(text)); !known || dir == line.LTR {
			return rlm + text
		}
	}
	return text
}

func isOne(l Lang, n int) bool {
	if n < 0 {
		n = -n
	}
	return plural.Cardinal.MatchPlural(language.Make(string(l)), n, 0, 0, 0, 0) == plural.One
}

const fsi, pdi, rlm = "\u2068", "\u2069", "\u200f"

func isolate(l Lang, s string) string {
	against := func(r rune) bool { return !unicode.IsDigit(r) }
	if !l.RTL() {
		against = rightToLeft
	}
	if strings.IndexFunc(s, against) < 0 {
		return s
	}
	return fsi + s + pdi
}

func rightToLeft(r rune) bool {
	dir, known := line.FirstStrong([]rune{r})
	return known && dir == line.RTL
}

func placeholders(s string) map[string]bool {
	found := map[string]bool{}
	for {
		_, after, ok := strings.Cut(s, "{")
		if !ok {
			return found
		}
		name, rest, ok := strings.Cut(after, "}")
		if !ok {
			return found
		}
		found[name], s = true, rest
	}
}

// Package model turns what the SDK knows into what screens show: states in plain Go,
// with every date, deadline and status already in words of one language.
//
// It knows the SDK's types and the catalogue and nothing of Fyne, so all of it is
// tested without a window. It decides nothing about complaints: what may be done comes
// with each one. It never reads a clock; [Words] carries the time.
//
// Start with [Words], then the file named like the screen.
package model

import (
	"fmt"
	"strings"
	"time"

	"github.com/citizens-portal/portal/app/i18n"
	"github.com/citizens-portal/portal/sdk/api"
)

// Words says things in one language, at one moment.
type Words struct {
	Lang      i18n.Lang
	Catalogue *i18n.Catalogue
	Now       time.Time
}

// Pakistan is the time zone of every date shown. It has no summer time, so a fixed
// offset serves phones without a zone database too.
func Pakistan() *time.Location { return time.FixedZone("PKT", 5*60*60) }

// T is the app's sentence for a key.
func (w Words) T(key string, args ...any) string { return w.Catalogue.T(w.Lang, key, args...) }

// In is a phrase of the server in the language.
func (w Words) In(t api.Text) string { return t.In(string(w.Lang)) }

// Date is a day in full: "Sunday 29 November".
func (w Words) Date(t time.Time) string {
	d := t.In(Pakistan())
	return plain(w.T("date.day", "weekday", w.numbered("weekday", int(d.Weekday())), "day", d.Day(), "month", w.numbered("month", int(d.Month()))))
}

// plain takes away the marks that isolate filled-in words. A date is all of one
// direction, and one that is isolated as a whole finds its direction by its letters,
// which inner marks would hide.
func plain(s string) string { return strings.NewReplacer("\u2068", "", "\u2069", "").Replace(s) }

// Number is a count with its thousands apart: "8,000".
func Number(n int) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// Short is a day in short: "29 Nov", with the year when it is another one.
func (w Words) Short(t time.Time) string {
	d := t.In(Pakistan())
	s := fmt.Sprintf("%d %s", d.Day(), w.numbered("month_short", int(d.Month())))
	if d.Year() != w.Now.In(Pakistan()).Year() {
		s += fmt.Sprintf(" %d", d.Year())
	}
	return s
}

// numbered looks up one of a numbered family of keys.
func (w Words) numbered(family string, n int) string {
	return w.Catalogue.T(w.Lang, fmt.Sprintf("%s.%d", family, n))
}

// Clock is a time of day: "10:42".
func (w Words) Clock(t time.Time) string { return t.In(Pakistan()).Format("15:04") }

// When is a moment of the past: "today, 10:40", then "16 Nov".
func (w Words) When(t time.Time) string {
	if w.days(t) == 0 {
		return w.T("date.today_at", "time", w.Clock(t))
	}
	return w.Short(t)
}

// days counts calendar days from now to t, negative for the past.
func (w Words) days(t time.Time) int { return day(t) - day(w.Now) }

func day(t time.Time) int {
	_, offset := t.In(Pakistan()).Zone()
	return int((t.Unix() + int64(offset)) / (24 * 60 * 60))
}

// Left says how much time is left: "6 days left", "due today", "late by 2 days".
func (w Words) Left(due time.Time) (words string, late bool) {
	if due.IsZero() {
		return "", false
	}
	switch n := w.days(due); {
	case n > 0:
		return w.T("due.left", "n", n), false
	case n < 0:
		return w.T("due.late", "n", -n), true
	}
	return w.T("due.today"), false
}

// By is "by 29 Nov".
func (w Words) By(due time.Time) string {
	if due.IsZero() {
		return ""
	}
	return w.T("due.by", "date", w.Short(due))
}

// Until is "until 1 Dec".
func (w Words) Until(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return w.T("confirm.until", "date", w.Short(t))
}

// maxTitle is how much of a text stands for the whole, in characters.
const maxTitle = 70

// Title is the first sentence of what a person wrote, to know a complaint by.
func Title(text string) string {
	text = strings.TrimSpace(text)
	if i := strings.IndexAny(text, "\n۔؟?!"); i > 0 {
		text = text[:i]
	}
	if i := strings.Index(text, ". "); i > 0 {
		text = text[:i]
	}
	text = strings.TrimSuffix(strings.TrimSpace(text), ".")
	r := []rune(text)
	if len(r) <= maxTitle {
		return text
	}
	cut := string(r[:maxTitle])
	if i := strings.LastIndex(cut, " "); i > 0 {
		cut = cut[:i]
	}
	return cut + "…"
}

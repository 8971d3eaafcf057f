package mobile

import "github.com/citizens-portal/portal/sdk"

// list holds the values of a list type. The binder shows hosts exported methods
// only, and none of what is embedded or generic, so every list type has Len and
// Get of its own.
type list[T any] struct{ items []T }

func (l *list[T]) add(item T) { l.items = append(l.items, item) }

func (l *list[T]) len() int { return len(l.items) }

// get gives a copy, so that a host cannot change what another part of it holds.
func (l *list[T]) get(i int) *T {
	if i < 0 || i >= len(l.items) {
		return nil
	}
	item := l.items[i]
	return &item
}

// Strings is a list of texts.
type Strings struct{ items []string }

// Len is how many there are.
func (s *Strings) Len() int { return len(s.items) }

// Get gives one of them, "" outside the list.
func (s *Strings) Get(i int) string {
	if i < 0 || i >= len(s.items) {
		return ""
	}
	return s.items[i]
}

// Has tells whether a text is among them.
func (s *Strings) Has(text string) bool {
	for _, item := range s.items {
		if item == text {
			return true
		}
	}
	return false
}

// Text is a phrase in three languages.
type Text struct{ EN, UR, PS string }

// In gives the phrase in a language, "en", "ur" or "ps"; where it is not
// translated, in English.
func (t *Text) In(language string) string {
	switch {
	case language == "ur" && t.UR != "":
		return t.UR
	case language == "ps" && t.PS != "":
		return t.PS
	}
	return t.EN
}

func textOf(t sdk.Text) *Text { return &Text{EN: t.EN, UR: t.UR, PS: t.PS} }

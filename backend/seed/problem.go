package seed

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/citizens-portal/portal/backend/portal"
)

// Problem is one thing wrong with one line of a file.
type Problem struct {
	File string
	// Line counts from 1, as editors show it.
	Line    int
	Message string
}

// Error gives "FILE:LINE: message".
func (p Problem) Error() string { return fmt.Sprintf("%s:%d: %s", p.File, p.Line, p.Message) }

// Problems is everything wrong with a folder, so that a clerk corrects it in
// one go. It is a portal.ErrInvalid.
type Problems []Problem

// Error gives one problem per line.
func (p Problems) Error() string {
	lines := make([]string, len(p))
	for i, one := range p {
		lines[i] = one.Error()
	}
	return strings.Join(lines, "\n")
}

// Unwrap makes Problems a portal.ErrInvalid.
func (p Problems) Unwrap() error { return portal.ErrInvalid }

// sorted orders problems as a reader meets them: file by file, line by line.
func (p Problems) sorted() Problems {
	slices.SortStableFunc(p, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line))
	})
	return p
}

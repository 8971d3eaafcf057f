package seed

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/citizens-portal/portal/backend/portal"
)

// Columns that several files share.
var (
	textColumns = []string{"en", "ur", "ps", "reviewed"}
	factColumns = []string{"source", "check", "from"}
)

// folder reads the files of one folder and gathers what is wrong with them.
type folder struct {
	files    fs.FS
	problems Problems
	// foreign files come from somebody's spreadsheet.
	foreign bool
}

func (f *folder) fail(file string, line int, format string, args ...any) {
	f.problems = append(f.problems, Problem{file, line, fmt.Sprintf(format, args...)})
}

// row is one line of a file, by column name.
type row struct {
	folder *folder
	file   string
	line   int
	cells  map[string]string
}

func (r row) get(column string) string { return r.cells[column] }

func (r row) fail(format string, args ...any) { r.folder.fail(r.file, r.line, format, args...) }

// must gives a cell that may not be empty.
func (r row) must(column string) string {
	v := r.cells[column]
	if v == "" {
		r.fail("%s is empty", column)
	}
	return v
}

// table reads a file whose first line names exactly these columns, in any
// order. What spreadsheets do to a file (byte order mark, CRLF, spaces around a
// cell, lines without content) changes nothing.
func (f *folder) table(file string, columns ...string) []row {
	raw, err := fs.ReadFile(f.files, file)
	if err != nil {
		f.fail(file, 1, "cannot be read: %v", err)
		return nil
	}
	r := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(raw, []byte("\ufeff"))))
	r.FieldsPerRecord = -1
	header, err := r.Read()
	if err != nil {
		f.fail(file, 1, "needs a first line that names the columns %s", strings.Join(columns, ","))
		return nil
	}
	if !f.header(file, header, columns) {
		return nil
	}
	return f.rows(file, r, header)
}

func (f *folder) header(file string, header, columns []string) bool {
	before := len(f.problems)
	for i, name := range header {
		header[i] = strings.TrimSpace(name)
		if !slices.Contains(columns, header[i]) {
			f.fail(file, 1, "column %q is unknown; the columns are %s", header[i], strings.Join(columns, ","))
		}
		if slices.Contains(header[:i], header[i]) {
			f.fail(file, 1, "column %q is there twice", header[i])
		}
	}
	for _, name := range columns {
		if !slices.Contains(header, name) {
			f.fail(file, 1, "column %q is missing", name)
		}
	}
	return len(f.problems) == before
}

func (f *folder) rows(file string, r *csv.Reader, header []string) []row {
	var out []row
	for {
		record, err := r.Read()
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			f.syntax(file, err)
			continue
		}
		line, _ := r.FieldPos(0)
		if blank(record) {
			continue
		}
		if len(record) != len(header) {
			f.fail(file, line, "has %d cells, the first line has %d", len(record), len(header))
			continue
		}
		one := row{f, file, line, map[string]string{}}
		for i, cell := range record {
			one.cells[header[i]] = one.clean(header[i], cell)
		}
		out = append(out, one)
	}
}

func (f *folder) syntax(file string, err error) {
	var parse *csv.ParseError
	switch {
	case !errors.As(err, &parse):
		f.fail(file, 1, "cannot be read: %v", err)
	case errors.Is(parse.Err, csv.ErrQuote):
		f.fail(file, parse.StartLine, `a " stands where none may, or a quoted cell is never closed`)
	case errors.Is(parse.Err, csv.ErrBareQuote):
		f.fail(file, parse.StartLine, `a cell with a " in it must be quoted, and the " written twice`)
	default:
		f.fail(file, parse.StartLine, "%v", parse.Err)
	}
}

func blank(record []string) bool {
	return !slices.ContainsFunc(record, func(cell string) bool { return strings.TrimSpace(cell) != "" })
}

// clean refuses what would be invisible on a screen: control characters, and
// the direction overrides that can make a name read as another.
func (r row) clean(column, cell string) string {
	// What travelled here as JSON has the replacement character instead of the bytes.
	if strings.ContainsRune(cell, utf8.RuneError) {
		r.fail("%s is not valid UTF-8: save the file as UTF-8", column)
		return ""
	}
	if strings.ContainsFunc(cell, func(c rune) bool { return unicode.IsControl(c) || c >= 0x202a && c <= 0x202e }) {
		r.fail("%s holds an invisible control character", column)
	}
	if r.folder.foreign {
		cell = r.unquoteFormula(column, strings.TrimSpace(cell))
	}
	return strings.TrimSpace(cell)
}

func (r row) yes(column string) bool {
	switch r.get(column) {
	case "yes":
		return true
	case "no", "":
		return false
	}
	r.fail("%s is %q; write yes or no", column, r.get(column))
	return false
}

// number gives a cell's whole number between least and most.
func (r row) number(column string, least, most int) int {
	n, err := strconv.Atoi(r.get(column))
	if err != nil || n < least || n > most {
		r.fail("%s is %q; write a whole number from %d to %d", column, r.get(column), least, most)
		return least
	}
	return n
}

func (r row) text() portal.Text {
	return portal.Text{EN: r.must("en"), UR: r.get("ur"), PS: r.get("ps"), Reviewed: r.yes("reviewed")}
}

func (r row) fact() portal.Fact {
	f := portal.Fact{Source: r.must("source"), Check: r.get("check"), From: r.get("from")}
	switch f.Check {
	case "verified", "reported", "unknown":
	default:
		r.fail("check is %q; write verified, reported or unknown", f.Check)
	}
	if _, err := time.Parse(time.DateOnly, f.From); f.From != "" && err != nil {
		r.fail("from is %q; write a day as 2025-12-19, or nothing", f.From)
	}
	return f
}

// slug checks a short name: lower-case letters and digits, joined by hyphens.
func (r row) slug(column, value string) {
	bad := func(c rune) bool { return (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' }
	if value == "" || strings.ContainsFunc(value, bad) || strings.HasPrefix(value, "-") || strings.HasSuffix(value, "-") || strings.Contains(value, "--") {
		r.fail("%s: %q is not a short name; use a-z, 0-9 and single hyphens", column, value)
	}
}

// seen notes a row under its key and refuses a second row with that key.
func (r row) seen(column, key string, lines map[string]int) {
	if first, twice := lines[key]; twice {
		r.fail("%s %q is there twice, first on line %d", column, key, first)
		return
	}
	lines[key] = r.line
}

// words splits a cell at a separator and leaves out what is empty.
func words(cell, separator string) []string {
	var out []string
	for _, w := range strings.Split(cell, separator) {
		if w = strings.TrimSpace(w); w != "" {
			out = append(out, w)
		}
	}
	return out
}

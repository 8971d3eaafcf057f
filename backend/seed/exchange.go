package seed

import (
	"bytes"
	"encoding/csv"
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/citizens-portal/portal/backend/portal"
)

// Columns of the files that administrators exchange: one office or officer a
// line, no rules.
var (
	officeColumns  = slices.Concat([]string{"id", "kind", "level", "area", "parent", "categories", "closed"}, textColumns, factColumns)
	officerColumns = slices.Concat([]string{"id", "name", "office", "post", "disabled"}, textColumns)
)

// Lines says on which line of an imported file an office or officer stands.
type Lines map[string]int

// ReadOffices reads an administrator's file of offices against the directory
// they are to join. The error is Problems: everything wrong, with its line.
func ReadOffices(file string, raw []byte, dir *portal.Directory) ([]portal.Office, Lines, error) {
	f := imported(file, raw)
	lines := Lines{}
	var out []portal.Office
	var rows []row
	for _, r := range f.table(file, officeColumns...) {
		o := r.office()
		o.ClosedAt = r.instant("closed")
		r.slug("id", string(o.ID))
		r.seen("id", string(o.ID), lines)
		if _, ok := dir.Area(o.Area); !ok {
			r.fail("area %q is not a place of the directory; write its path, as kp/malakand/swat", o.Area)
		}
		for _, code := range o.Categories {
			if _, ok := dir.Category(code); !ok {
				r.fail("category %q is not in the directory", code)
			}
		}
		out, rows = append(out, o), append(rows, r)
	}
	f.checkOffices(out, rows, dir)
	if len(f.problems) > 0 {
		return nil, nil, f.problems.sorted()
	}
	return out, lines, nil
}

// checkOffices looks at the offices of a file together with those there are.
func (f *folder) checkOffices(list []portal.Office, rows []row, dir *portal.Directory) {
	type step struct {
		area  portal.AreaID
		level int
	}
	all, chain := map[portal.OfficeID]portal.Office{}, map[step]portal.OfficeID{}
	for _, o := range dir.Data().Offices {
		all[o.ID] = o
	}
	for _, o := range list {
		all[o.ID] = o
	}
	for _, o := range dir.Data().Offices {
		if now := all[o.ID]; now.Kind == portal.Chain && !now.Closed() {
			chain[step{now.Area, now.Level}] = now.ID
		}
	}
	for i, o := range list {
		parent, ok := all[o.Parent]
		switch {
		case o.Parent != "" && !ok:
			rows[i].fail("it is below %q, which is not an office", o.Parent)
		case o.Parent != "" && circle(all, o):
			rows[i].fail("%s lies below itself", o.ID)
		case parent.Closed() && !o.Closed():
			rows[i].fail("the office above it, %s, is closed", o.Parent)
		}
		if o.Kind != portal.Chain || o.Closed() {
			continue
		}
		at := step{o.Area, o.Level}
		if other, twice := chain[at]; twice && other != o.ID {
			rows[i].fail("%s has the office %s at level %d already", o.Area, other, o.Level)
		}
		chain[at] = o.ID
	}
}

func circle(all map[portal.OfficeID]portal.Office, o portal.Office) bool {
	at := o.Parent
	for seen := 0; at != "" && seen <= len(all); seen++ {
		if at == o.ID {
			return true
		}
		at = all[at].Parent
	}
	return at != ""
}

// ReadOfficers is ReadOffices for officers. Leaves and charges, which are not in
// the file, stay as they are.
func ReadOfficers(file string, raw []byte, dir *portal.Directory) ([]portal.Officer, Lines, error) {
	f := imported(file, raw)
	offices := map[portal.OfficeID]bool{}
	for _, o := range dir.Data().Offices {
		offices[o.ID] = !o.Closed()
	}
	lines := Lines{}
	out := f.officersIn(file, offices, lines)
	for i, o := range out {
		if was, ok := dir.Officer(o.ID); ok {
			out[i].Leaves, out[i].Charges, out[i].Demo = was.Leaves, was.Charges, was.Demo
		}
	}
	if len(f.problems) > 0 {
		return nil, nil, f.problems.sorted()
	}
	return out, lines, nil
}

// imported is a folder of the one file, from hands that are not trusted.
func imported(file string, raw []byte) *folder {
	return &folder{files: oneFile{file, raw}, foreign: true}
}

// oneFile is a folder with one file in it.
type oneFile struct {
	name    string
	content []byte
}

// Open implements fs.FS for the part of it that nobody needs.
func (o oneFile) Open(name string) (fs.File, error) {
	return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
}

// ReadFile implements fs.ReadFileFS.
func (o oneFile) ReadFile(name string) ([]byte, error) {
	if name != o.name {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return o.content, nil
}

// WriteOffices gives offices as ReadOffices reads them.
func WriteOffices(list []portal.Office) ([]byte, error) {
	return write(officeColumns, list, func(o portal.Office) []string {
		codes := make([]string, len(o.Categories))
		for i, c := range o.Categories {
			codes[i] = string(c)
		}
		closed := ""
		if o.Closed() {
			closed = o.ClosedAt.UTC().Format(time.RFC3339Nano)
		}
		return slices.Concat([]string{string(o.ID), string(o.Kind), strconv.Itoa(o.Level), string(o.Area), string(o.Parent), strings.Join(codes, " "), closed},
			textCells(o.Name), []string{o.Source, o.Check, o.From})
	})
}

// WriteOfficers gives officers as ReadOfficers reads them.
func WriteOfficers(list []portal.Officer) ([]byte, error) {
	return write(officerColumns, list, func(o portal.Officer) []string {
		return slices.Concat([]string{string(o.ID), o.Name, string(o.Office), string(o.Post), yesNo(o.Disabled)}, textCells(o.Title))
	})
}

func textCells(t portal.Text) []string { return []string{t.EN, t.UR, t.PS, yesNo(t.Reviewed)} }

func yesNo(v bool) string {
	if v {
		return "yes"
	}
	return "no"
}

// write makes a file with a byte order mark, so that spreadsheets take the Urdu
// and Pashto for what they are.
func write[T any](columns []string, list []T, cells func(T) []string) ([]byte, error) {
	var b bytes.Buffer
	b.WriteString("\ufeff")
	w := csv.NewWriter(&b)
	w.UseCRLF = true
	if err := w.Write(columns); err != nil {
		return nil, err
	}
	for _, item := range list {
		record := cells(item)
		for i, cell := range record {
			if formula(cell) {
				record[i] = "'" + cell
			}
		}
		if err := w.Write(record); err != nil {
			return nil, err
		}
	}
	w.Flush()
	return b.Bytes(), w.Error()
}

// formula reports whether a spreadsheet would compute a cell rather than show
// it.
func formula(cell string) bool {
	return cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0]))
}

// unquoteFormula takes the apostrophe away that keeps a cell from being computed,
// and refuses a cell without one: nobody's name begins so.
func (r row) unquoteFormula(column, cell string) string {
	if bare, ok := strings.CutPrefix(cell, "'"); ok && formula(bare) {
		return bare
	}
	if formula(cell) {
		r.fail("%s begins with %q, which a spreadsheet would compute", column, cell[:1])
	}
	return cell
}

// instant reads a cell's moment: a day, or RFC 3339; zero when it is empty.
func (r row) instant(column string) time.Time {
	cell := r.get(column)
	if cell == "" {
		return time.Time{}
	}
	for _, layout := range []string{time.DateOnly, time.RFC3339Nano} {
		if t, err := time.Parse(layout, cell); err == nil {
			return t.UTC()
		}
	}
	r.fail("%s is %q; write a day as 2026-12-19, or nothing", column, cell)
	return time.Time{}
}

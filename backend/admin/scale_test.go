package admin_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/citizens-portal/portal/backend/admin"
	"github.com/citizens-portal/portal/backend/backendtest"
	"github.com/citizens-portal/portal/backend/backendtest/engines"
	"github.com/citizens-portal/portal/backend/directory"
	"github.com/citizens-portal/portal/backend/portal"
	"github.com/citizens-portal/portal/backend/seed"
	"github.com/citizens-portal/portal/backend/store"
)

// How large a province's directory is taken to be.
const (
	manyOffices  = 1500
	manyOfficers = 5000
)

// province makes the files of that size on top of Khyber Pakhtunkhwa's own
// offices: departments numbered through the districts, people with made-up
// names.
func province(offices int) (officesCSV, officersCSV string) {
	base := seed.KP()
	var districts []portal.Office
	ids := make([]portal.OfficeID, 0, manyOffices)
	for _, o := range base.Offices {
		ids = append(ids, o.ID)
		if o.Kind == portal.Chain && o.Level == 0 {
			districts = append(districts, o)
		}
	}
	var b strings.Builder
	b.WriteString("id,kind,level,area,parent,categories,closed,en,ur,ps,reviewed,source,check,from\n")
	for i := len(ids); i < offices; i++ {
		d := districts[i%len(districts)]
		id := portal.OfficeID(fmt.Sprintf("sample-%04d", i))
		fmt.Fprintf(&b, "%s,line,0,%s,%s,,,Sample office %d,نمونہ دفتر %d,نمونه دفتر %d,no,made up,unknown,\n", id, d.Area, d.ID, i, i, i)
		ids = append(ids, id)
	}
	var p strings.Builder
	p.WriteString("id,name,office,post,disabled,en,ur,ps,reviewed\n")
	posts := []portal.Post{portal.Head, portal.FocalPost, portal.Staff, portal.Staff}
	for i := range manyOfficers {
		fmt.Fprintf(&p, "sample.%04d,نمونہ افسر %d,%s,%s,no,Sample officer,نمونہ افسر,نمونه افسر,no\n", i, i, ids[i%len(ids)], posts[i/len(ids)])
	}
	return b.String(), p.String()
}

// large gives a store with a province in it.
func large(b *testing.B) (*backendtest.Node, *admin.Service) {
	b.Helper()
	n := backendtest.Bare(b, engines.SQLite(b), seed.KP())
	s := people(n)
	offices, officers := province(manyOffices)
	for kind, csv := range map[string]string{admin.OfficesFile: offices} {
		if _, err := s.Import(b.Context(), admin.Console(), admin.File{Kind: kind, Name: kind, CSV: csv}); err != nil {
			b.Fatal(err)
		}
	}
	if _, err := s.Import(b.Context(), admin.Console(), admin.File{Kind: admin.OfficersFile, Name: "o", CSV: officers}); err != nil {
		b.Fatal(err)
	}
	return n, s
}

// BenchmarkImport takes in a province's offices and officers, with an invitation
// for each.
func BenchmarkImport(b *testing.B) {
	for b.Loop() {
		large(b)
	}
}

// BenchmarkImportAgain takes in the same file: nothing changes.
func BenchmarkImportAgain(b *testing.B) {
	_, s := large(b)
	_, officers := province(manyOffices)
	for b.Loop() {
		if out, err := s.Import(b.Context(), admin.Console(), admin.File{Kind: admin.OfficersFile, Name: "o", CSV: officers}); err != nil || out.Unchanged != manyOfficers {
			b.Fatalf("%+v, %v", out, err)
		}
	}
}

// BenchmarkChange appoints one officer, and lets the node see it.
func BenchmarkChange(b *testing.B) {
	n, s := large(b)
	o, _ := n.Directory.Current(b.Context()).Officer("sample.0100")
	for i := 0; b.Loop(); i++ {
		o.Name = fmt.Sprintf("نمونہ %d", i)
		if _, err := s.Save(b.Context(), admin.Console(), directory.Change{Officers: []portal.Officer{o}}); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkLook lists and searches as the province's and a district's
// administrator.
func BenchmarkLook(b *testing.B) {
	n, s := large(b)
	for _, at := range []portal.OfficeID{"cs-kp", "dc-swat"} {
		by := portal.Actor{Kind: portal.OfficerActor, Officer: portal.Officer{ID: "me", Office: at, Post: portal.AdminPost}}
		b.Run("offices as "+string(at), func(b *testing.B) {
			for b.Loop() {
				if _, _, err := s.Offices(b.Context(), by, admin.Query{Limit: 100}); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run("search officers as "+string(at), func(b *testing.B) {
			for b.Loop() {
				if _, _, err := s.Officers(b.Context(), by, admin.Query{Text: "افسر 12", Limit: 100}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	dir := n.Directory.Current(b.Context())
	o, _ := dir.Officer("sample.0100")
	c := portal.Case{ID: "1", Status: portal.New, Office: o.Office, Desks: []portal.OfficeID{o.Office}, Category: "water-supply", District: "kp/malakand/swat"}
	b.Run("Can", func(b *testing.B) {
		for b.Loop() {
			if err := portal.Can(dir.OfficerActing(o, n.Clock.Now()), portal.ActionView, c); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("an empty inbox", func(b *testing.B) {
		for b.Loop() {
			n.View(func(tx store.Tx) error {
				_, err := tx.Cases(b.Context(), store.ScopeOf(dir.OfficerActing(o, n.Clock.Now())), store.Page{Limit: 50, OpenOnly: true})
				return err
			})
		}
	})
}

// TestCitizensDirectory: however many offices and officers a province has, what a
// citizen's phone follows, places and categories, does not grow by a byte.
func TestCitizensDirectory(t *testing.T) {
	offices, officers := province(manyOffices)
	n := backendtest.Bare(t, engines.SQLite(t), seed.KP())
	before := n.Directory.Current(t.Context()).Data()
	for kind, csv := range map[string]string{admin.OfficesFile: offices} {
		if _, err := people(n).Import(t.Context(), admin.Console(), admin.File{Kind: kind, Name: kind, CSV: csv}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := people(n).Import(t.Context(), admin.Console(), admin.File{Kind: admin.OfficersFile, Name: "o", CSV: officers}); err != nil {
		t.Fatal(err)
	}
	after := n.Directory.Current(t.Context()).Data()
	if len(after.Offices) != manyOffices || len(after.Officers) != manyOfficers {
		t.Errorf("%d offices, %d officers", len(after.Offices), len(after.Officers))
	}
	if packed(t, before.Areas) != packed(t, after.Areas) || packed(t, before.Categories) != packed(t, after.Categories) {
		t.Error("a citizen's collections grew with the offices")
	}
	t.Logf("gzip: areas %d, categories %d, offices %d, officers %d bytes", packed(t, after.Areas), packed(t, after.Categories), packed(t, after.Offices), packed(t, after.Officers))
}

// packed is how large a list is as gzipped JSON.
func packed(t *testing.T, v any) int {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write(raw); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Len()
}

package sqlite_test

import (
	"bytes"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/citizens-portal/portal/backend/portal"
	"github.com/citizens-portal/portal/backend/store"
)

// TestScrubLeavesNoTrace erases some of many cases, short and long, after the
// tables have been written to and fro, and looks for what they said in every
// byte of every file of the store.
func TestScrubLeavesNoTrace(t *testing.T) {
	h := newHarness(t)
	s := open(t, h)
	rnd := rand.New(rand.NewPCG(1, 2))
	at := time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)
	words := func(i int) string { return strings.Repeat(fmt.Sprintf("secret-%06d ", i), 1+rnd.IntN(60)) }
	const n = 1500
	cases := make([]portal.Case, n)
	for i := range cases {
		c := portal.Case{ID: fmt.Sprintf("%08x-%04d", rnd.Uint32(), i), Code: portal.Code(fmt.Sprint("C-", i)), District: "d", Category: "x", Citizen: "a",
			Status: portal.New, Office: "o", Desks: []portal.OfficeID{"o"}, LodgedAt: at, Version: 1}
		first := portal.Event{Case: c.ID, N: 1, Action: portal.ActLodge, At: at, Status: portal.New}
		must(t, s.Update(t.Context(), func(tx store.Tx) error {
			if err := tx.CreateCase(t.Context(), c, store.Timers{}, []byte(words(i)), first); err != nil {
				return err
			}
			return tx.PutRecord(t.Context(), store.Record{Kind: "k", ID: c.ID, By: "secret-by", Doc: []byte(words(i))})
		}))
		said := portal.Event{Case: c.ID, N: 2, Action: portal.ActMessage, At: at, Status: portal.New, Text: words(i)}
		c.Version, c.Rating = 2, &portal.Rating{Comment: words(i)}
		must(t, s.Update(t.Context(), func(tx store.Tx) error {
			return tx.PutCase(t.Context(), c, store.Timers{}, []portal.Event{said})
		}))
		cases[i] = c
	}
	gone := map[int]bool{}
	for range n / 5 {
		i := rnd.IntN(n)
		gone[i] = true
		c := cases[i]
		c.Rating = nil
		bare := portal.Event{Case: c.ID, N: 2, Action: portal.ActMessage, At: at, Status: portal.New}
		must(t, s.Update(t.Context(), func(tx store.Tx) error {
			if err := tx.DeleteRecord(t.Context(), "k", c.ID); err != nil {
				return err
			}
			return tx.EraseCase(t.Context(), c, []byte("{}"), []portal.Event{bare})
		}))
	}
	must(t, s.Scrub(t.Context(), false))
	found := 0
	must(t, filepath.WalkDir(filepath.Dir(h.path), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		raw, err := os.ReadFile(path)
		for i := range n {
			if has := bytes.Contains(raw, fmt.Appendf(nil, "secret-%06d", i)); has && gone[i] {
				found++
			} else if !has && !gone[i] && filepath.Base(path) == "portal.db" {
				t.Errorf("case %d was not erased and is not there: the test looks wrongly", i)
			}
		}
		return err
	}))
	if found > 0 {
		t.Errorf("the words of %d of %d erased cases are still in the files", found, len(gone))
	}
	must(t, s.Close())
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

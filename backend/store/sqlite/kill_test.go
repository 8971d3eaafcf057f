package sqlite_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"testing"

	"github.com/citizens-portal/portal/backend/store"
	"github.com/citizens-portal/portal/backend/store/sqlite"
)

// childStore, set in the environment, makes this test binary a program that
// writes records to the store of that name and prints each number once it has
// been acknowledged, until it is killed.
const childStore = "PORTAL_KILL_TEST_STORE"

func TestMain(m *testing.M) {
	if path := os.Getenv(childStore); path != "" {
		fmt.Fprintln(os.Stderr, writeForEver(path))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// writeForEver has several writers, so that groups have several members.
func writeForEver(path string) error {
	ctx := context.Background()
	s, err := sqlite.Open(ctx, sqlite.Config{Path: path})
	if err != nil {
		return err
	}
	const writers = 8
	failed := make(chan error)
	acknowledged := make(chan int)
	for w := range writers {
		go func() {
			for n := w; ; n += writers {
				err := s.Update(ctx, func(tx store.Tx) error {
					id := strconv.Itoa(n)
					if err := tx.PutRecord(ctx, store.Record{Kind: "k", ID: id, Doc: []byte(id)}); err != nil {
						return err
					}
					return tx.Publish(ctx, "o:x", store.Entry{Type: store.EntryEvent, Case: "c", Event: int64(n)})
				})
				if err != nil {
					failed <- err
					return
				}
				acknowledged <- n
			}
		}()
	}
	for {
		select {
		case err := <-failed:
			return err
		case n := <-acknowledged:
			fmt.Println(n) // unbuffered: it is out before the next one
		}
	}
}

// TestKilled kills a program in the middle of its writes, several times on one
// store, and looks for everything it said was written.
func TestKilled(t *testing.T) {
	h := newHarness(t)
	for _, after := range []int{1, 50, 237} {
		acknowledged := runAndKill(t, h, after)
		s, err := h.Open(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, id := range acknowledged {
			if !has(t, s, id) {
				t.Errorf("record %s was acknowledged and is lost", id)
			}
		}
		if found, err := s.Check(t.Context(), store.Expect{}); err != nil || len(found) > 0 {
			t.Errorf("check: %v, %v", found, err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// runAndKill kills the program once it has acknowledged so many records, and
// gives all that it had acknowledged when it died.
func runAndKill(t *testing.T, h harness, after int) []string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	child := exec.CommandContext(t.Context(), self)
	child.Env = append(os.Environ(), childStore+"="+h.path)
	child.Stderr = os.Stderr
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	var ids []string
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		ids = append(ids, lines.Text())
		if len(ids) == after {
			if err := child.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	var exit *exec.ExitError
	if err := child.Wait(); !errors.As(err, &exit) || len(ids) < after {
		t.Fatalf("the program ended by itself after %d records: %v", len(ids), err)
	}
	return ids
}

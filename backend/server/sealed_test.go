package server_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"filippo.io/age"

	"github.com/citizens-portal/portal/backend/portal"
	"github.com/citizens-portal/portal/backend/server"
	"github.com/citizens-portal/portal/sdk/api"
)

// keyPair makes a key pair and the file that age-keygen would write.
func keyPair(t *testing.T) (recipient, file string) {
	t.Helper()
	id, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	file = filepath.Join(t.TempDir(), "identity")
	if err := os.WriteFile(file, []byte("# public key: "+id.Recipient().String()+"\n"+id.String()+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return id.Recipient().String(), file
}

// TestRestoreRehearsed: a sealed backup, made beside a live server, brings back
// what people filed on either store, with their sessions and sealed names; any
// recipient opens it, nobody else, and nothing of it can be read or changed.
func TestRestoreRehearsed(t *testing.T) {
	for name, dsn := range map[string]func() string{"embedded": func() string { return "" }, "postgres": func() string { return pg.New(t) }} {
		t.Run(name, func(t *testing.T) {
			c := configure(t)
			c.DSN = dsn()
			live := serve(t, c)
			amir := live.citizen(amirMobile)
			filed := live.lodge(amir)

			first, _ := keyPair(t)
			second, key := keyPair(t)
			list := filepath.Join(t.TempDir(), "recipients")
			if err := os.WriteFile(list, []byte("# the safe\n"+second+"\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			to, err := server.ParseRecipients([]string{first}, list)
			if err != nil {
				t.Fatal(err)
			}
			backup := filepath.Join(t.TempDir(), "backup")
			if err := server.BackupSealed(t.Context(), c, backup, to); err != nil {
				t.Fatal(err)
			}
			sealed, err := os.ReadFile(backup)
			if err != nil {
				t.Fatal(err)
			}
			if bytes.Contains(sealed, []byte("SQLite format")) || bytes.Contains(sealed, []byte("No water since Friday")) {
				t.Error("the backup can be read")
			}
			live.end()

			// The data is lost; the keys were kept apart.
			lost := c
			if c.DSN != "" {
				lost.DSN = dsn()
			} else {
				lost.DataDir = filepath.Join(t.TempDir(), "new")
				lost.KeysFile = filepath.Join(c.DataDir, "keys.json")
			}
			if err := server.RestoreSealed(t.Context(), lost, backup, key); err != nil {
				t.Fatal(err)
			}
			nothingLeft(t, c.DataDir, lost.DataDir, filepath.Dir(backup))
			again := serve(t, lost)
			if got := as[api.Complaint](t, again.do("GET", api.RouteComplaints+"/"+filed.Code, amir, nil), 200); got.ID != filed.Case {
				t.Errorf("restored %+v", got)
			}
			if me := as[api.Profile](t, again.do("GET", api.RouteMe, amir, nil), 200); me.Name != "Amir Khan" {
				t.Errorf("the sealed name is %q", me.Name)
			}
			if faults, err := again.Check(t.Context()); err != nil || len(faults) > 0 {
				t.Errorf("%q %v", faults, err)
			}
		})
	}
}

// nothingLeft looks for plain copies and halves of files.
func nothingLeft(t *testing.T, dirs ...string) {
	t.Helper()
	for _, dir := range dirs {
		for _, pattern := range []string{".backup-*", "*.partial-*"} {
			if left, _ := filepath.Glob(filepath.Join(dir, pattern)); len(left) > 0 {
				t.Errorf("left behind: %v", left)
			}
		}
	}
}

// TestSealedBackupIsWhole: what was changed, cut short or lengthened, or is not
// for this identity, is refused with the file's name; the present store stays.
func TestSealedBackupIsWhole(t *testing.T) {
	c := server.Config{DataDir: t.TempDir()}
	epoch := epochOf(t, c)
	mine, key := keyPair(t)
	_, theirs := keyPair(t)
	to, err := server.ParseRecipients([]string{mine}, "")
	if err != nil {
		t.Fatal(err)
	}
	backup := filepath.Join(t.TempDir(), "backup")
	if err := server.BackupSealed(t.Context(), c, backup, to); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(backup)
	if err != nil {
		t.Fatal(err)
	}
	flip := func(at int) []byte {
		b := slices.Clone(whole)
		b[at] ^= 1
		return b
	}
	for name, tc := range map[string]struct {
		content []byte
		key     string
		says    string
	}{
		"cut in the middle":  {whole[:len(whole)/2], key, "cut short"},
		"cut at a chunk":     {whole[:len(whole)-len(whole)%(64<<10)], key, "cut short"},
		"without its end":    {whole[:len(whole)-1], key, "cut short"},
		"a byte in the body": {flip(len(whole) / 2), key, "changed"},
		"a byte in the head": {flip(60), key, ""},
		"something after it": {append(slices.Clone(whole), 'x'), key, "changed"},
		"another identity":   {whole, theirs, "none of the identities"},
		"no identity file":   {whole, key + "-none", "identity"},
		"a store as it is":   {[]byte("SQLite format 3\x00 and so on, and so forth"), key, "not sealed"},
		"nothing":            {nil, key, "not sealed"},
	} {
		file := filepath.Join(t.TempDir(), "broken")
		if err := os.WriteFile(file, tc.content, 0o600); err != nil {
			t.Fatal(err)
		}
		err := server.RestoreSealed(t.Context(), c, file, tc.key)
		if !errors.Is(err, server.ErrFile) || !strings.Contains(err.Error(), tc.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := server.Restore(t.Context(), c, backup); !errors.Is(err, server.ErrFile) || !strings.Contains(err.Error(), "--identity") {
		t.Errorf("without an identity: %v", err)
	}
	nothingLeft(t, c.DataDir)
	if got := epochOf(t, c); got != epoch {
		t.Errorf("the epoch is %q, was %q: something was restored", got, epoch)
	}
}

// TestRecipientsAreChecked before anything is written, and never repeated: what
// was put there by mistake may be the secret half.
func TestRecipientsAreChecked(t *testing.T) {
	secret, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	for _, given := range []string{"", "age1", secret.String(), "ssh-ed25519 AAAA"} {
		if _, err := server.ParseRecipients([]string{given}, ""); !errors.Is(err, portal.ErrInvalid) || strings.Contains(err.Error(), secret.String()) {
			t.Errorf("%q: %v", given, err)
		}
	}
	file := filepath.Join(t.TempDir(), "list")
	if err := os.WriteFile(file, []byte("# nobody\n"+secret.String()+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := server.ParseRecipients(nil, file); !errors.Is(err, server.ErrFile) || strings.Contains(err.Error(), secret.String()) {
		t.Errorf("a list of secrets: %v", err)
	}
	backup := filepath.Join(t.TempDir(), "backup")
	if err := server.BackupSealed(t.Context(), server.Config{DataDir: t.TempDir()}, backup, server.Recipients{}); !errors.Is(err, portal.ErrInvalid) {
		t.Errorf("sealed for nobody: %v", err)
	}
	if _, err := os.Stat(backup); err == nil {
		t.Error("it was written")
	}
}

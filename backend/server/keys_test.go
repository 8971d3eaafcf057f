package server_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/citizens-portal/portal/backend/server"
	"github.com/citizens-portal/portal/sdk/api"
	"github.com/citizens-portal/portal/sdk/verify"
)

// TestRotateKeysOnTwoNodes rotates the keys that two nodes share, through the
// admin socket of one, while both serve: what was sealed and signed before still
// opens on both, what one makes anew opens on the other at once, and who knows
// the log by its old key learns of the new one.
func TestRotateKeysOnTwoNodes(t *testing.T) {
	dsn, folder := pg.New(t), t.TempDir()
	node := func(name string) *running {
		return serve(t, server.Config{
			DataDir: filepath.Join(folder, name), DSN: dsn, KeysFile: filepath.Join(folder, "keys.json"), Addr: "127.0.0.1:0", SMSFile: filepath.Join(folder, "sms"),
		})
	}
	a, b := node("a"), node("b")
	amir := a.citizen(amirMobile)
	filed := a.lodge(amir)
	known, err := verify.ParseKeys(b.Transparency.Keys(), nil)
	if err != nil {
		t.Fatal(err)
	}

	if _, err := server.Admin(t.Context(), a.Config, "keys-rotate", server.AdminRequest{}); err != nil {
		t.Fatal(err)
	}
	name := func(n *running, token string) string {
		return as[api.Profile](t, n.do("GET", api.RouteMe, token, nil), 200).Name
	}
	if name(a, amir) != "Amir Khan" || name(b, amir) != "Amir Khan" {
		t.Error("what was sealed before does not open")
	}
	other := a.citizen("+923331234567") // sealed with the new key
	if got := name(b, other); got != "Amir Khan" {
		t.Errorf("what the other node sealed is %q", got)
	}
	fresh := a.lodge(other)
	if oldKey, newKey := signer(t, filed.Receipt), signer(t, fresh.Receipt); oldKey == newKey {
		t.Error("receipts are still signed with the old key")
	}
	if list := b.Keys.List(); len(list) != 5 || list[0].Made.IsZero() {
		t.Errorf("the other node has the keys %+v", list)
	}

	// The checkpoint of after is signed by the key that was known, and names the
	// new one.
	for _, n := range []*running{a, b} { // one of them holds the log's lease
		if _, err := n.Transparency.Sequence(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	c, err := known.Open(string(a.do("GET", api.RouteCheckpoint, "", nil).body))
	if err != nil || len(c.Keys) != 2 || !slices.Equal(c.Keys, a.Transparency.Keys()) {
		t.Errorf("checkpoint names %q: %v", c.Keys, err)
	}
	for _, n := range []*running{a, b} {
		if faults, err := n.Check(t.Context()); err != nil || len(faults) > 0 {
			t.Errorf("%q %v", faults, err)
		}
	}
}

// signer is the key named in a receipt.
func signer(t *testing.T, receipt string) string {
	t.Helper()
	key, _, ok := strings.Cut(receipt[strings.LastIndexByte(receipt, '|')+1:], ".")
	if !ok {
		t.Fatalf("receipt %q", receipt)
	}
	return key
}

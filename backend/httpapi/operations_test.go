package httpapi

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/citizens-portal/portal/sdk/api"
)

// TestEveryOperationEverShipped reads a sample of each version of each operation
// that any phone may still hold. Samples are added, never changed: a phone that
// was off for a year sends exactly these bytes.
func TestEveryOperationEverShipped(t *testing.T) {
	bodies := map[string]func() any{
		"complaint.lodge.v1": func() any { return new(api.LodgeBody) },
		"case.act.v1":        func() any { return new(api.ActBody) },
	}
	samples, err := filepath.Glob("testdata/operations/*.json")
	if err != nil || len(samples) < len(bodies) {
		t.Fatalf("%d samples for %d bodies: %v", len(samples), len(bodies), err)
	}
	for _, file := range samples {
		name := strings.TrimSuffix(filepath.Base(file), ".json")
		body, known := bodies[name]
		if !known {
			t.Errorf("%s: no reader for this version any more", name)
			continue
		}
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		into := body()
		if err := decode(raw, into); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		// Nothing of it may be lost on the way in.
		again, err := json.Marshal(into)
		if err != nil || !bytes.Equal(again, bytes.TrimSpace(raw)) {
			t.Errorf("%s is read as\n%s", name, again)
		}
	}
}

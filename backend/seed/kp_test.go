package seed_test

import (
	"testing"

	"github.com/citizens-portal/portal/backend/portal"
	"github.com/citizens-portal/portal/backend/seed"
)

func TestKPPassesTheDirectory(t *testing.T) {
	data, err := seed.Load(seed.KPFiles())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := portal.NewDirectory(data); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d areas, %d offices, %d categories", len(data.Areas), len(data.Offices), len(data.Categories))
}

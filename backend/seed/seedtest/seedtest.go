// Package seedtest is a made-up province for tests: other names, other offices
// and other numbers of days than the province the portal ships with, so that a
// rule with a place, an office or a day wired into it fails. It must never be
// imported by anything but tests. Start reading at testland/areas.csv.
//
// What is awkward about it is on purpose: Oasis is a division and a district,
// two districts have the short name "market" (only their paths tell them apart),
// most names have no translation, and one office replaces the one its rule gives.
package seedtest

import (
	"embed"
	"fmt"
	"io/fs"

	"github.com/citizens-portal/portal/backend/portal"
	"github.com/citizens-portal/portal/backend/seed"
)

//go:embed testland
var testland embed.FS

// TestlandFiles gives the made-up province's folder.
func TestlandFiles() fs.FS {
	sub, err := fs.Sub(testland, "testland")
	if err != nil {
		panic(fmt.Sprintf("seedtest: embedded folder: %v", err))
	}
	return sub
}

// Testland gives the made-up province: two divisions, four districts, a chain of
// reeve, warden and governor that a case climbs after 7 and 10 days.
func Testland() portal.Dataset {
	data, err := seed.Load(TestlandFiles())
	if err != nil {
		panic(fmt.Sprintf("seedtest: embedded files:\n%v", err))
	}
	return data
}

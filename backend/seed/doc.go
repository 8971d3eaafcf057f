// Package seed reads a province's directory (places, offices, categories,
// policies) from a folder of CSV files that an office's clerk can edit in a
// spreadsheet, and ships Khyber Pakhtunkhwa's files and the demonstration's
// made-up people and complaints.
//
// Facts change: districts are split, limits are notified again. So every fact
// is a row with its source, how far it was checked and from when it holds,
// never a constant in code; a deployment loads its own folder in place of this
// one. The package must never know a place, an office or a category by name,
// nor any store or server: a folder goes in, a portal.Dataset comes out.
//
// Start reading at Load, then kp/SOURCES.md for the columns and the sources.
package seed

import (
	"embed"
	"fmt"
	"io/fs"

	"github.com/citizens-portal/portal/backend/portal"
)

//go:embed kp
var kpFiles embed.FS

// KPFiles gives the folder of Khyber Pakhtunkhwa's files, as shipped: what an
// operator exports, edits and imports again.
func KPFiles() fs.FS {
	sub, err := fs.Sub(kpFiles, "kp")
	if err != nil {
		panic(fmt.Sprintf("seed: embedded folder: %v", err))
	}
	return sub
}

// KP gives Khyber Pakhtunkhwa's directory. It panics when the files built into
// the binary are broken, which the package's tests rule out.
func KP() portal.Dataset {
	data, err := Load(KPFiles())
	if err != nil {
		panic(fmt.Sprintf("seed: embedded files:\n%v", err))
	}
	return data
}

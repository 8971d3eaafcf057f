package app

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// The whole program is checked for the systems it ships to, without their C compilers:
// the go tool says which files a build takes, and the type checker is told to believe
// whatever is said about C. What C itself would refuse is found only by a real build.

const ownModule = "github.com/citizens-portal/portal"

// system is one that the program is built for.
type system struct {
	os, arch string
	phone    bool
}

var systems = []system{
	{os: "android", arch: "arm64", phone: true},
	{os: "ios", arch: "arm64", phone: true},
	{os: "darwin", arch: "arm64"},
	{os: "windows", arch: "amd64"},
}

func TestTheProgramTypeChecksForEverySystem(t *testing.T) {
	readOwnFolders(t)
	for _, s := range systems {
		t.Run(s.os, func(t *testing.T) {
			t.Parallel()
			c := newChecker(s, list(t, s, ""))
			for _, err := range c.check() {
				t.Error(err)
			}
		})
	}
}

// TestNoServerOnPhonesAndInReleases holds for a debug build for a phone, too: a phone
// is where people try things.
func TestNoServerOnPhonesAndInReleases(t *testing.T) {
	readOwnFolders(t)
	for _, s := range systems {
		for _, tags := range []string{"", "release"} {
			if tags == "" && !s.phone {
				continue // a demonstration belongs to a desktop's debug build
			}
			packages := list(t, s, tags)
			if !slices.ContainsFunc(packages, func(p listed) bool { return p.ImportPath == ownModule+"/app" }) {
				t.Errorf("%s %q: the app is not among the packages listed", s.os, tags)
			}
			for _, p := range packages {
				if strings.HasPrefix(p.ImportPath, ownModule+"/backend") {
					t.Errorf("%s, tags %q: the build takes in %s", s.os, tags, p.ImportPath)
				}
			}
		}
	}
}

// readOwnFolders opens the folders of this module. The test's cached result counts as
// fresh while the files it opened are the same; what the go tool reads does not count.
func readOwnFolders(t *testing.T) {
	t.Helper()
	for _, top := range []string{".", "../sdk", "../assets"} {
		err := filepath.WalkDir(top, func(name string, d os.DirEntry, err error) error {
			if err == nil && filepath.Ext(name) == ".go" {
				_, err = os.ReadFile(name)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, pattern := range []string{"../*.go", "../go.mod"} {
		names, err := filepath.Glob(pattern)
		if err != nil || len(names) == 0 {
			t.Fatalf("%s: %d files, %v", pattern, len(names), err)
		}
		for _, name := range names {
			if _, err := os.ReadFile(name); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// listed is a package as `go list -json` tells it.
type listed struct {
	ImportPath string
	Dir        string
	GoFiles    []string
	CgoFiles   []string
	ImportMap  map[string]string
	Module     *struct{ Path, GoVersion string }
}

// list gives the packages of a build, each after those it imports.
func list(t *testing.T, s system, tags string) []listed {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-deps", "-tags", tags,
		"-json=ImportPath,Dir,GoFiles,CgoFiles,ImportMap,Module", ".")
	cmd.Dir = ".."
	cmd.Env = append(os.Environ(), "GOOS="+s.os, "GOARCH="+s.arch, "CGO_ENABLED=1", "GOFLAGS=-mod=readonly")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list for %s: %v\n%s", s.os, err, stderr.String())
	}
	var packages []listed
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listed
		switch err := d.Decode(&p); {
		case errors.Is(err, io.EOF):
			return packages
		case err != nil:
			t.Fatalf("go list for %s: %v", s.os, err)
		}
		packages = append(packages, p)
	}
}

// checker checks the packages of one build.
type checker struct {
	system   system
	packages []listed
	files    *token.FileSet
	done     map[string]*types.Package
	problems []error
}

func newChecker(s system, packages []listed) *checker {
	return &checker{system: s, packages: packages, files: token.NewFileSet(), done: map[string]*types.Package{"unsafe": types.Unsafe}}
}

// check gives what is wrong, at most a screenful.
func (c *checker) check() []error {
	for _, p := range c.packages {
		if p.ImportPath != "unsafe" {
			c.one(p)
		}
	}
	return c.problems[:min(len(c.problems), 20)]
}

// one checks a package: ours whole, of others only what they declare.
func (c *checker) one(p listed) {
	own := p.Module != nil && p.Module.Path == ownModule
	mode := parser.SkipObjectResolution
	var parsed []*ast.File
	for _, name := range slices.Concat(p.GoFiles, p.CgoFiles) {
		f, err := parser.ParseFile(c.files, filepath.Join(p.Dir, name), nil, mode)
		if err != nil {
			c.wrong(err)
			return
		}
		parsed = append(parsed, f)
	}
	config := types.Config{
		IgnoreFuncBodies: !own,
		FakeImportC:      true,
		Importer:         importer{c, p.ImportMap},
		Sizes:            types.SizesFor("gc", c.system.arch),
		Error:            c.wrong,
	}
	if p.Module != nil && p.Module.GoVersion != "" {
		config.GoVersion = "go" + p.Module.GoVersion
	}
	// Its error is the first of those told to config.Error.
	pkg, _ := config.Check(p.ImportPath, c.files, parsed, nil)
	c.done[p.ImportPath] = pkg
}

func (c *checker) wrong(err error) { c.problems = append(c.problems, err) }

// importer gives a package what was checked before it.
type importer struct {
	c     *checker
	names map[string]string // to a package's own path, where the source says another
}

// Import implements [types.Importer].
func (i importer) Import(path string) (*types.Package, error) {
	if other, ok := i.names[path]; ok {
		path = other
	}
	if p := i.c.done[path]; p != nil {
		return p, nil
	}
	return nil, fmt.Errorf("%s is not among the packages of the build", path)
}

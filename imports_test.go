package main

import (
	"fmt"
	"go/ast"
	"go/build/constraint"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/mod/modfile"
)

// The import rule, read from the source files themselves. It does not ask the
// go tool: files that a test opens are part of its cache key, a command's
// output is not, so a rule built on `go list` would stay green after a
// violation.

const module = "github.com/citizens-portal/portal"

// layer says which packages of this module the packages under dir may import.
// A pattern is a package's path from the top, or a folder and all below it
// ("backend/..."). The most specific dir decides; a "!" pattern wins over the
// others of its layer.
type layer struct {
	dir string
	may []string
}

// layers is the whole rule between our own packages. A folder that no layer
// names may import nothing, so a new part of the project has to be placed.
var layers = []layer{
	{".", []string{"app"}}, // and backend/server from demoFile
	{"app", []string{"app/...", "assets/...", "sdk", "sdk/api", "sdk/verify"}},
	{"assets", []string{"assets/..."}},
	{"mobile", []string{"sdk"}},
	{"sdk", []string{"sdk/..."}},
	{"sdk/api", nil},
	{"sdk/verify", nil},
	{"sdk/cmd", []string{"sdk", "sdk/api", "sdk/verify", "sdk/cmd/..."}}, // like any other developer
	// sdk/verify defines what the log signs and hashes, for those who make it and
	// those who check it.
	{"backend", []string{"sdk/verify", "backend/...", "!backend/server", "!backend/httpapi", "!backend/cmd/...", "!backend/store/sqlite", "!backend/store/postgres"}},
	{"backend/portal", nil},
	{"backend/store", []string{"backend/portal", "backend/store/...", "!backend/store/sqlite", "!backend/store/postgres"}},
	{"backend/httpapi", []string{"sdk/api", "sdk/verify", "backend/...", "!backend/server", "!backend/cmd/...", "!backend/store/sqlite", "!backend/store/postgres"}},
	{"backend/server", []string{"backend/...", "!backend/cmd/..."}},
	{"backend/backendtest/engines", []string{"backend/backendtest", "backend/store/..."}},
	{"backend/cmd", []string{"backend/...", "!backend/store/sqlite", "!backend/store/postgres"}},
	// The simulation drives real clients against the real server.
	{"backend/simtest", []string{"sdk/...", "backend/..."}},
	{"backend/e2e", []string{"backend/store/postgres/pgtest"}}, // it knows the binaries only
}

// testOnly are packages that only tests, and each other, may import.
var testOnly = []string{"backend/backendtest", "backend/backendtest/engines", "backend/store/storetest", "backend/simtest", "sdk/internal/fake"}

// standardOnly are packages that import the standard library and nothing else.
var standardOnly = []string{"sdk/api", "backend/portal"}

// light are packages that may take few dependencies, so that others can import
// them alone.
var light = map[string][]string{"sdk/verify": {"golang.org/x/mod/"}}

// owners maps a dependency, by the start of its import path, to the folders
// that may use it. Everyone else reaches it through them.
var owners = map[string][]string{
	"filippo.io/age":                 {"backend/server/..."},
	"fyne.io/":                       {".", "app/..."},
	"github.com/danielgtaylor/huma/": {"backend/httpapi/..."},
	"github.com/go-resty/resty/":     {"sdk/internal/remote/..."},
	"github.com/jackc/pgx/":          {"backend/store/postgres/..."},
	"github.com/pressly/goose/":      {"backend/store/..."},
	"go.etcd.io/bbolt":               {"sdk/internal/local/..."},
	"modernc.org/":                   {"backend/store/sqlite/..."},
}

// demoFile is the one file outside backend that may start a server in process.
// Its constraint keeps the server, and the store under it, out of phone and
// release builds.
const (
	demoFile       = "main_demo.go"
	demoConstraint = "!android && !ios && !release"
)

// topLevel is what may lie at the top of the repository, beside dot files. The
// second half of main_demo.go is main_nodemo.go: what stands there without it. The
// fyne tool reads its two files only from the folder it builds.
var topLevel = []string{
	"main.go", demoFile, "main_nodemo.go", "imports_test.go", "go.mod", "go.sum", "Makefile",
	"FyneApp.toml", "AndroidManifest.xml",
	"README.md", "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE",
	"app", "assets", "backend", "docs", "mobile", "sdk",
	"bin", // built, never committed
}

func TestImportRule(t *testing.T) {
	files := readTree(t, ".")
	for _, dir := range []string{"sdk/api", "backend/portal", "backend/store"} {
		if !slices.ContainsFunc(files, func(f file) bool { return f.dir == dir }) {
			t.Errorf("%s is not among the files read: the rule was not applied to it", dir)
		}
	}
	for _, problem := range importProblems(files) {
		t.Error(problem)
	}
}

func TestPackageComments(t *testing.T) {
	for _, problem := range commentProblems(readTree(t, ".")) {
		t.Error(problem)
	}
}

func TestTopLevel(t *testing.T) {
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, problem := range topLevelProblems(entries) {
		t.Error(problem)
	}
}

// TestDependenciesAreExplained: each module that go.mod asks for directly has
// its line in docs/dependencies.md.
func TestDependenciesAreExplained(t *testing.T) {
	text, err := os.ReadFile("docs/dependencies.md")
	if err != nil {
		t.Fatal(err)
	}
	source, err := os.ReadFile("go.mod")
	if err != nil {
		t.Fatal(err)
	}
	mod, err := modfile.Parse("go.mod", source, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range mod.Require {
		name := strings.TrimPrefix(r.Mod.Path, "github.com/")
		if !r.Indirect && !strings.Contains(string(text), "`"+name) {
			t.Errorf("docs/dependencies.md does not say what %s is for, and why it and not the next best", name)
		}
	}
}

// TestPlantedViolations shows that the rules can fail: each case is a small
// module that breaks one of them, beside one that breaks none.
func TestPlantedViolations(t *testing.T) {
	own := module + "/"
	cases := []struct {
		name, file, header, imports string
		want                        string // in the one problem found; empty for none
	}{
		{name: "allowed", file: "backend/server/a.go", imports: own + "backend/store/sqlite"},
		{name: "allowed wire types", file: "backend/httpapi/a.go", imports: own + "sdk/api"},
		{name: "allowed dependency", file: "sdk/internal/remote/a.go", imports: "github.com/go-resty/resty/v2"},
		{name: "tests cross", file: "sdk/api/a_test.go", imports: own + "backend/server"},
		{name: "demo", file: demoFile, header: "//go:build " + demoConstraint, imports: own + "backend/server"},

		{name: "domain is pure", file: "backend/portal/a.go", imports: "github.com/google/uuid", want: "standard library only"},
		{name: "contract is pure", file: "sdk/api/a.go", imports: "golang.org/x/text/language", want: "standard library only"},
		{name: "allowed in the verifier", file: "sdk/verify/a.go", imports: "golang.org/x/mod/sumdb/tlog"},
		{name: "allowed formats", file: "backend/transparency/a.go", imports: own + "sdk/verify"},
		{name: "the verifier stays light", file: "sdk/verify/a.go", imports: "github.com/go-resty/resty/v2", want: "and golang.org/x/mod/ only"},
		{name: "the verifier stands alone", file: "sdk/verify/a.go", imports: own + "sdk/api", want: "nothing of this module"},
		{name: "no cgo in the domain", file: "backend/portal/a.go", imports: "C", want: "standard library only"},
		{name: "domain knows no store", file: "backend/portal/a.go", imports: own + "backend/store", want: "nothing of this module"},
		{name: "sdk knows no backend", file: "sdk/a.go", imports: own + "backend/portal", want: "sdk may import"},
		{name: "portalctl has no back door", file: "sdk/cmd/portalctl/a.go", imports: own + "sdk/internal/local", want: "sdk/cmd may import"},
		{name: "app knows no backend", file: "app/screen/a.go", imports: own + "backend/portal", want: "app may import"},
		{name: "app knows no transport", file: "app/a.go", imports: own + "sdk/internal/remote", want: "app may import"},
		{name: "facade sees the sdk alone", file: "mobile/a.go", imports: own + "sdk/api", want: "mobile may import"},
		{name: "main only calls the app", file: "main.go", imports: own + "sdk", want: ". may import"},
		{name: "server in a release", file: demoFile, imports: own + "backend/server", want: "only under //go:build"},
		{name: "server on a phone", file: demoFile, header: "//go:build !release", imports: own + "backend/server", want: "only under //go:build"},
		{name: "wire types in a use case", file: "backend/lifecycle/a.go", imports: own + "sdk/api", want: "backend may import"},
		{name: "use case names a store", file: "backend/lifecycle/a.go", imports: own + "backend/store/sqlite", want: "backend may not"},
		{name: "routes name a store", file: "backend/httpapi/a.go", imports: own + "backend/store/postgres", want: "httpapi may not"},
		{name: "command names a store", file: "backend/cmd/portald/a.go", imports: own + "backend/store/sqlite", want: "backend/cmd may not"},
		{name: "use case knows routes", file: "backend/feed/a.go", imports: own + "backend/httpapi", want: "backend may not"},
		{name: "store knows a use case", file: "backend/store/sqlite/a.go", imports: own + "backend/lifecycle", want: "backend/store may import"},
		{name: "conformance suite in a build", file: "backend/store/sqlite/a.go", imports: own + "backend/store/storetest", want: "for tests"},
		{name: "resty elsewhere", file: "sdk/a.go", imports: "github.com/go-resty/resty/v2", want: "sdk/internal/remote"},
		{name: "bbolt elsewhere", file: "backend/keys/a.go", imports: "go.etcd.io/bbolt", want: "sdk/internal/local"},
		{name: "sqlite elsewhere", file: "backend/store/a.go", imports: "modernc.org/sqlite", want: "backend/store/sqlite"},
		{name: "pgx elsewhere", file: "backend/server/a.go", imports: "github.com/jackc/pgx/v5/pgxpool", want: "backend/store/postgres"},
		{name: "huma elsewhere", file: "backend/server/a.go", imports: "github.com/danielgtaylor/huma/v2", want: "backend/httpapi"},
		{name: "fyne elsewhere", file: "sdk/a.go", imports: "fyne.io/fyne/v2", want: "app"},
		{name: "other platforms count", file: "sdk/a_windows.go", imports: own + "backend/portal", want: "sdk may import"},
		{name: "a new folder has no rights", file: "tools/a.go", imports: own + "sdk", want: "tools may import nothing"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			source := fmt.Sprintf("%s\n\n// Package p is planted.\npackage p\n\nimport _ %q\n", c.header, c.imports)
			problems := importProblems(readTree(t, plant(t, map[string]string{c.file: source})))
			if c.want == "" && len(problems) > 0 {
				t.Errorf("allowed, but found: %q", problems)
			}
			if c.want != "" && (len(problems) != 1 || !strings.Contains(problems[0], c.want)) {
				t.Errorf("found %q, want one problem with %q", problems, c.want)
			}
		})
	}
}

func TestPlantedComments(t *testing.T) {
	problems := commentProblems(readTree(t, plant(t, map[string]string{
		"good/a.go":       "// Package good says so.\npackage good\n",
		"good/b.go":       "package good\n",
		"bare/a.go":       "package bare\n",
		"bare/a_test.go":  "// Package bare is described where nobody looks.\npackage bare\n",
		"other/a.go":      "// This package is described in another way.\npackage other\n",
		"suite/a_test.go": "// Package suite has only tests.\npackage suite_test\n",
		"cmd/x/main.go":   "// Command x runs.\npackage main\n",
		"own/go.mod":      "module own\n",
		"own/a.go":        "package own\n",
	})))
	want := []string{`bare: no comment that begins "Package bare"`, `other: no comment that begins "Package other"`}
	if !slices.Equal(problems, want) {
		t.Errorf("found %q, want %q", problems, want)
	}
}

func TestPlantedTopLevel(t *testing.T) {
	entries, err := os.ReadDir(plant(t, map[string]string{"main.go": "", ".ci/run": "", "util/a.go": "", "notes.txt": ""}))
	if err != nil {
		t.Fatal(err)
	}
	problems := topLevelProblems(entries)
	if len(problems) != 2 || !strings.HasPrefix(problems[0], "notes.txt ") || !strings.HasPrefix(problems[1], "util ") {
		t.Errorf("found %q, want notes.txt and util", problems)
	}
}

// plant writes files into a new folder and returns it.
func plant(t *testing.T, files map[string]string) string {
	t.Helper()
	root := t.TempDir()
	for name, content := range files {
		full := filepath.Join(root, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(full), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(full, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

// file is what the rules need to know of one Go file.
type file struct {
	name    string // from the top, with slashes
	dir     string
	pkg     string
	test    bool
	doc     string // the package comment
	build   string // the //go:build expression
	imports []string
}

// readTree parses every Go file of the module under root, whatever its build
// constraints say. Folders with a go.mod of their own are other modules.
func readTree(t *testing.T, root string) []file {
	t.Helper()
	var files []file
	err := filepath.WalkDir(root, func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			if name == root {
				return nil
			}
			if entry.Name() == "testdata" || strings.HasPrefix(entry.Name(), ".") || entry.Name() == "bin" {
				return filepath.SkipDir
			}
			if _, err := os.Stat(filepath.Join(name, "go.mod")); err == nil {
				return filepath.SkipDir
			}
			return nil
		}
		if filepath.Ext(name) != ".go" {
			return nil
		}
		f, err := readFile(root, name)
		files = append(files, f)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func readFile(root, name string) (file, error) {
	tree, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly|parser.ParseComments)
	if err != nil {
		return file{}, err
	}
	relative, err := filepath.Rel(root, name)
	if err != nil {
		return file{}, err
	}
	relative = filepath.ToSlash(relative)
	f := file{
		name:  relative,
		dir:   path.Dir(relative),
		pkg:   tree.Name.Name,
		test:  strings.HasSuffix(relative, "_test.go"),
		doc:   tree.Doc.Text(),
		build: buildConstraint(tree),
	}
	for _, spec := range tree.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return file{}, fmt.Errorf("%s: %w", relative, err)
		}
		f.imports = append(f.imports, imported)
	}
	return f, nil
}

func buildConstraint(tree *ast.File) string {
	for _, group := range tree.Comments {
		for _, comment := range group.List {
			if comment.Pos() < tree.Package && constraint.IsGoBuild(comment.Text) {
				return strings.TrimSpace(strings.TrimPrefix(comment.Text, "//go:build"))
			}
		}
	}
	return ""
}

// importProblems applies the import rule. Test files may cross every line.
func importProblems(files []file) []string {
	var problems []string
	for _, f := range files {
		if f.test {
			continue
		}
		for _, imported := range f.imports {
			if why := forbidden(f, imported); why != "" {
				problems = append(problems, fmt.Sprintf("%s imports %s: %s", f.name, imported, why))
			}
		}
	}
	return problems
}

// forbidden says why f must not import that path, or nothing if it may.
func forbidden(f file, imported string) string {
	if own, ok := strings.CutPrefix(imported, module+"/"); ok || imported == module {
		return forbiddenOwn(f, own)
	}
	if standard(imported) {
		return ""
	}
	if slices.Contains(standardOnly, f.dir) {
		return f.dir + " takes the standard library only"
	}
	if few, ok := light[f.dir]; ok && !slices.ContainsFunc(few, func(prefix string) bool { return strings.HasPrefix(imported, prefix) }) {
		return f.dir + " takes the standard library and " + strings.Join(few, ", ") + " only"
	}
	for prefix, folders := range owners {
		if strings.HasPrefix(imported, prefix) && !matchAny(folders, f.dir) {
			return "only " + strings.Join(folders, " and ") + " may use it"
		}
	}
	return ""
}

func forbiddenOwn(f file, imported string) string {
	if f.name == demoFile && imported == "backend/server" {
		if f.build == demoConstraint {
			return ""
		}
		return "only under //go:build " + demoConstraint
	}
	if slices.Contains(testOnly, imported) && !slices.Contains(testOnly, f.dir) {
		return "it is for tests"
	}
	l := layerOf(f.dir)
	for _, pattern := range l.may {
		if excluded, ok := strings.CutPrefix(pattern, "!"); ok && match(excluded, imported) {
			return l.dir + " may not"
		}
	}
	if !matchAny(l.may, imported) {
		return fmt.Sprintf("%s may import %s of this module", l.dir, orNothing(l.may))
	}
	return ""
}

// layerOf is the most specific layer that holds dir.
func layerOf(dir string) layer {
	best := layer{dir: dir}
	depth := -1
	for _, l := range layers {
		if n := strings.Count(l.dir, "/"); n > depth && (l.dir == dir || strings.HasPrefix(dir, l.dir+"/")) {
			best, depth = l, n
		}
	}
	return best
}

// standard tells a package of Go itself: its first element has no dot. cgo's
// "C" is none, for it brings the C library.
func standard(imported string) bool {
	first, _, _ := strings.Cut(imported, "/")
	return first != "C" && !strings.Contains(first, ".")
}

func matchAny(patterns []string, dir string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool { return match(pattern, dir) })
}

func match(pattern, dir string) bool {
	folder, deep := strings.CutSuffix(pattern, "/...")
	return dir == folder || deep && strings.HasPrefix(dir, folder+"/")
}

func orNothing(patterns []string) string {
	if len(patterns) == 0 {
		return "nothing"
	}
	return "only " + strings.Join(patterns, ", ")
}

// commentProblems finds packages that do not say what they are for. The
// comment may stand in a test file only where a package has nothing else.
func commentProblems(files []file) []string {
	type found struct {
		pkg       string
		code, doc bool
	}
	packages := map[string]*found{}
	for _, f := range files {
		if packages[f.dir] == nil {
			packages[f.dir] = &found{}
		}
		p := packages[f.dir]
		p.code = p.code || !f.test
	}
	for _, f := range files {
		p := packages[f.dir]
		if f.test && p.code {
			continue
		}
		p.pkg = f.pkg
		p.doc = p.doc || strings.HasPrefix(f.doc, "Package "+strings.TrimSuffix(f.pkg, "_test")+" ") ||
			f.pkg == "main" && f.doc != ""
	}
	var problems []string
	for dir, p := range packages {
		if dir == "." && !p.code {
			continue // this file alone, before there is an app
		}
		if !p.doc {
			problems = append(problems, fmt.Sprintf("%s: no comment that begins \"Package %s\"", dir, p.pkg))
		}
	}
	slices.Sort(problems)
	return problems
}

func topLevelProblems(entries []os.DirEntry) []string {
	var problems []string
	for _, entry := range entries {
		if !strings.HasPrefix(entry.Name(), ".") && !slices.Contains(topLevel, entry.Name()) {
			problems = append(problems, entry.Name()+" does not belong at the top: "+
				"give it a home in one of the folders, or add it to topLevel and say why")
		}
	}
	return problems
}

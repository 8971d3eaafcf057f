package i18n_test

import (
	"bufio"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// families are keys put together at run time, by the prefix they share. The code
// that builds them is named, so that a family does not outlive it.
var families = map[string]string{
	"status.":      "status chips, by the status of a complaint",
	"level.":       "the deadline ladder, by the level of a complaint",
	"category.":    "picture tiles, by the code of a top category",
	"rate.":        "the five faces, by their number",
	"month.":       "dates, by the number of the month",
	"month_short.": "dates in short, by the number of the month",
	"weekday.":     "dates, by the number of the day",
}

// TestKeys fails on a key that sources use and the catalogue lacks, and on a key of
// the catalogue that nothing uses. Strings translated ahead of their screen are
// listed in testdata/reserved.txt; using one there is a failure too, so the list can
// only shrink.
func TestKeys(t *testing.T) {
	known := map[string]bool{}
	for _, k := range load(t).Keys() {
		known[k] = true
	}
	used := usedKeys(t, "..")
	reserved := reservedKeys(t)
	for key, where := range used {
		if !known[key] {
			t.Errorf("%s: key %q is not in the catalogue", where, key)
		}
		if reserved[key] {
			t.Errorf("%s: key %q is used now: take it off testdata/reserved.txt", where, key)
		}
	}
	for key := range known {
		if used[key] == "" && !reserved[key] && !inFamily(key) {
			t.Errorf("key %q is in the catalogue and used nowhere", key)
		}
	}
	for key := range reserved {
		if !known[key] {
			t.Errorf("reserved key %q is not in the catalogue", key)
		}
	}
}

func inFamily(key string) bool {
	for prefix := range families {
		if strings.HasPrefix(key, prefix) {
			return true
		}
	}
	return false
}

func reservedKeys(t *testing.T) map[string]bool {
	t.Helper()
	f, err := os.Open("testdata/reserved.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	keys := map[string]bool{}
	for sc := bufio.NewScanner(f); sc.Scan(); {
		if line := strings.TrimSpace(sc.Text()); line != "" && line[0] != '#' {
			keys[line] = true
		}
	}
	return keys
}

// usedKeys finds the first literal string argument of every call to a function or
// method named T in the non-test sources below dir.
func usedKeys(t *testing.T, dir string) map[string]string {
	t.Helper()
	used := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		fset := token.NewFileSet()
		file, err := parser.ParseFile(fset, path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if call, ok := n.(*ast.CallExpr); ok && called(call) == "T" {
				if key := literalKey(call.Args); key != "" {
					used[key] = fset.Position(call.Pos()).String()
				}
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return used
}

func called(call *ast.CallExpr) string {
	switch f := call.Fun.(type) {
	case *ast.Ident:
		return f.Name
	case *ast.SelectorExpr:
		return f.Sel.Name
	}
	return ""
}

func literalKey(args []ast.Expr) string {
	for _, a := range args[:min(2, len(args))] {
		if lit, ok := a.(*ast.BasicLit); ok && lit.Kind == token.STRING {
			key, err := strconv.Unquote(lit.Value)
			if err == nil {
				return key
			}
		}
	}
	return ""
}

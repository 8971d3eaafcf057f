package seed

import (
	"slices"

	"github.com/citizens-portal/portal/backend/portal"
)

// The files of what people complain about, and of the promises that come with it.
const (
	CategoriesFile = "categories.csv"
	PoliciesFile   = "policies.csv"
)

// maxDays bounds every number of days: a slip of the finger, not a promise.
const maxDays = 3650

func (f *folder) policies() ([]portal.Policy, map[string]int) {
	var out []portal.Policy
	lines := map[string]int{}
	columns := []string{"id", "escalate_after_days", "silent_after_days", "reopen_within_days", "appeal_within_days", "evidence"}
	for _, r := range f.table(PoliciesFile, slices.Concat(columns, factColumns)...) {
		id := r.must("id")
		r.slug("id", id)
		r.seen("id", id, lines)
		out = append(out, portal.Policy{
			ID: portal.PolicyID(id), EscalateAfterDays: r.risingDays("escalate_after_days"),
			SilentAfterDays: r.number("silent_after_days", 1, maxDays), ReopenWithinDays: r.number("reopen_within_days", 0, maxDays),
			AppealWithinDays: r.number("appeal_within_days", 0, maxDays), Evidence: r.yes("evidence"), Fact: r.fact(),
		})
	}
	return out, lines
}

// risingDays reads days after filing, one per level, e.g. "15 22".
func (r row) risingDays(column string) []int {
	var out []int
	for _, w := range words(r.must(column), " ") {
		one := row{r.folder, r.file, r.line, map[string]string{column: w}}
		n := one.number(column, 1, maxDays)
		if len(out) > 0 && n <= out[len(out)-1] {
			r.fail("%s must rise: %d does not come after %d", column, n, out[len(out)-1])
		}
		out = append(out, n)
	}
	return out
}

// categories reads the tree in the order it is shown; a category comes after
// its parent and, like the places, has its policy or inherits it.
func (f *folder) categories(policies map[string]int) ([]portal.Category, map[string]int) {
	var out []portal.Category
	lines := map[string]int{}
	columns := []string{"code", "parent", "policy", "sensitive", "icon", "words"}
	for _, r := range f.table(CategoriesFile, slices.Concat(columns, textColumns)...) {
		c := portal.Category{
			Code: portal.CategoryCode(r.must("code")), Parent: portal.CategoryCode(r.get("parent")), Name: r.text(),
			Policy: portal.PolicyID(r.get("policy")), Sensitive: r.yes("sensitive"), Icon: r.get("icon"), Words: words(r.get("words"), ";"),
		}
		r.slug("code", string(c.Code))
		if _, ok := lines[string(c.Parent)]; c.Parent != "" && !ok {
			r.fail("parent %q is missing or comes later", c.Parent)
		}
		if _, ok := policies[string(c.Policy)]; c.Policy != "" && !ok {
			r.fail("policy %q is not in %s", c.Policy, PoliciesFile)
		}
		if c.Parent == "" && c.Policy == "" {
			r.fail("%s has no parent to inherit a policy from: name one", c.Code)
		}
		r.seen("code", string(c.Code), lines)
		out = append(out, c)
	}
	return out, lines
}

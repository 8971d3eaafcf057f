package simtest

import (
	"bufio"
	"flag"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// Flags of `make sim`.
var (
	flagSeed  = flag.Int64("sim.seed", -1, "play one seed and print its trace")
	flagSeeds = flag.Int("sim.seeds", usualSeeds, "how many seeds to play: those that failed once, then from 0 on")
	flagFrom  = flag.Int("sim.from", 0, "the first of them")
	flagBug   = flag.String("sim.bug", "", "plant one mistake")
)

// usualSeeds is how many seeds an ordinary test run plays; `make sim SEEDS=200`
// and `make soak` play more.
const usualSeeds = 12

// bugSeeds is within how many seeds each planted mistake must be caught.
const bugSeeds = 100

// tally is the sum over scenarios.
type tally struct {
	mu                 sync.Mutex
	seeds, steps       int
	crashes            int64
	violations         int
	planted, unnoticed int
}

func (t *tally) add(o outcome) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.seeds++
	t.steps += o.steps
	t.crashes += o.crashes
	t.violations += len(o.violations)
}

func (t *tally) String() string {
	return fmt.Sprintf("sim: seeds=%d steps=%d crashes=%d violations=%d planted=%d/%d",
		t.seeds, t.steps, t.crashes, t.violations, t.planted, t.planted+t.unnoticed)
}

// TestSimulation plays the seeds and, with each mistake planted, as many as it
// takes to catch it.
func TestSimulation(t *testing.T) {
	var tmpl template
	base := fastDir(t)
	if *flagSeed >= 0 {
		replay(t, &tmpl, base)
		return
	}
	var sum tally
	t.Run("seeds", func(t *testing.T) {
		for _, seed := range seeds(t) {
			t.Run(fmt.Sprint(seed), func(t *testing.T) {
				t.Parallel()
				o := play(t, &tmpl, base, seed, bug(*flagBug))
				sum.add(o)
				if len(o.violations) > 0 {
					o.report(t)
				}
			})
		}
	})
	t.Run("planted", func(t *testing.T) {
		for _, b := range bugs() {
			t.Run(strings.ReplaceAll(string(b), " ", "-"), func(t *testing.T) {
				t.Parallel()
				caught := catch(t, &tmpl, base, b)
				sum.mu.Lock()
				defer sum.mu.Unlock()
				if caught {
					sum.planted++
				} else {
					sum.unnoticed++
				}
			})
		}
	})
	fmt.Println(sum.String())
}

// replay plays one seed and prints everything that happened.
func replay(t *testing.T, tmpl *template, base string) {
	t.Helper()
	o := play(t, tmpl, base, uint64(*flagSeed), bug(*flagBug))
	for _, line := range o.trace {
		fmt.Println(line)
	}
	fmt.Printf("seed %d: %d steps, %d crashes, %d violations; plan %+v\n", o.seed, o.steps, o.crashes, len(o.violations), o.plan)
	for _, v := range o.violations {
		t.Error(v)
	}
}

// seeds lists those to play: the ones that failed once, and a stretch of new
// ones.
func seeds(t *testing.T) []uint64 {
	t.Helper()
	f, err := os.Open("testdata/seeds.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var out []uint64
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		text, _, _ := strings.Cut(lines.Text(), "#")
		if text = strings.TrimSpace(text); text == "" {
			continue
		}
		n, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			t.Fatalf("testdata/seeds.txt: %v", err)
		}
		out = append(out, n)
	}
	if *flagFrom > 0 {
		out = nil
	}
	for n := uint64(*flagFrom); len(out) < *flagSeeds; n++ {
		if !slices.Contains(out, n) {
			out = append(out, n)
		}
	}
	return out
}

// catch plays seeds with a mistake planted until one shows it.
func catch(t *testing.T, tmpl *template, base string, b bug) bool {
	t.Helper()
	for seed := range uint64(bugSeeds) {
		o := play(t, tmpl, base, seed, b)
		if len(o.violations) > 0 {
			t.Logf("caught by seed %d: %s", seed, o.violations[0])
			return true
		}
	}
	t.Errorf("not caught within %d seeds", bugSeeds)
	return false
}

// lastLines is how much of a trace a failure prints; `make sim SEED=n` prints
// all of it.
const lastLines = 60

func (o outcome) report(t *testing.T) {
	t.Helper()
	trace := o.trace[max(0, len(o.trace)-lastLines):]
	t.Errorf("seed %d: %d violations (make sim SEED=%d prints the whole trace; keep the seed in testdata/seeds.txt)\n%s",
		o.seed, len(o.violations), o.seed, strings.Join(trace, "\n"))
}

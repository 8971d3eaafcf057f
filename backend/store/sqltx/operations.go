package sqltx

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/citizens-portal/portal/backend/portal"
	"github.com/citizens-portal/portal/backend/store"
)

const selectOperation = "SELECT op, device, n, hash, result, at FROM operation"

// Operation implements store.CaseTx. An operation found under its own id comes
// before another found under the device's counter.
func (t *Tx) Operation(ctx context.Context, op, device string, n int64) (store.Operation, error) {
	if !storable(op, device) {
		return store.Operation{}, store.ErrNotFound
	}
	var found store.Operation
	known := false
	err := t.each(ctx, func(r Rows) error {
		var o store.Operation
		var at int64
		if err := r.Scan(&o.Op, &o.Device, &o.N, &o.Hash, &o.Result, &at); err != nil {
			return err
		}
		o.At = timeOf(at)
		if !known || o.Op == op {
			found, known = o, true
		}
		return nil
	}, selectOperation+" WHERE op = ? UNION ALL "+selectOperation+" WHERE device = ? AND n = ? AND device <> ''", op, device, n)
	if err == nil && !known {
		err = store.ErrNotFound
	}
	return found, err
}

// Remember implements store.CaseTx. An operation without a device is known by
// its id only.
func (t *Tx) Remember(ctx context.Context, o store.Operation) error {
	if err := checkKeys("op", o.Op, o.Device, o.Hash); err != nil {
		return err
	}
	return t.queue(ctx, nil, "INSERT INTO operation (op, device, n, hash, result, at) VALUES (?, ?, ?, ?, ?, ?)",
		o.Op, o.Device, o.N, o.Hash, nonNil(o.Result), millis(o.At))
}

// count is a counter with what this transaction adds to it.
type count struct {
	district, metric, key, day string
	delta                      int64
}

// Count implements store.CaseTx. The change is kept until the end of the
// transaction; see Finish.
func (t *Tx) Count(_ context.Context, c store.Counter, delta int64) error {
	if !t.write {
		return ErrReadOnly
	}
	if err := checkKeys("counter", string(c.District), string(c.Metric), c.Key, c.Day); err != nil {
		return err
	}
	t.counts = append(t.counts, count{string(c.District), string(c.Metric), c.Key, c.Day, delta})
	return nil
}

func compareCounts(a, b count) int {
	return cmp.Or(cmp.Compare(a.metric, b.metric), cmp.Compare(a.district, b.district), cmp.Compare(a.key, b.key), cmp.Compare(a.day, b.day))
}

func (t *Tx) flushCounts(ctx context.Context) error {
	counts := t.counts
	t.counts = nil
	slices.SortFunc(counts, compareCounts)
	changes := counts[:0]
	for i := 0; i < len(counts); {
		c := counts[i]
		for i++; i < len(counts) && compareCounts(c, counts[i]) == 0; i++ {
			c.delta += counts[i].delta
		}
		if c.delta != 0 {
			changes = append(changes, c)
		}
	}
	for part := range slices.Chunk(changes, countersAtOnce) {
		args := make([]any, 0, 5*len(part))
		for _, c := range part {
			args = append(args, c.metric, c.district, c.key, c.day, c.delta)
		}
		if err := t.queue(ctx, nil, addCounters[len(part)], args...); err != nil {
			return err
		}
	}
	return nil
}

// countersAtOnce is how many counters one statement changes: a filing has two,
// an action four at most.
const countersAtOnce = 4

// addCounters are the statements that add to so many counters, in the order
// they are given.
var addCounters = func() (out [countersAtOnce + 1]string) {
	for n := 1; n <= countersAtOnce; n++ {
		out[n] = "INSERT INTO counter (metric, district, key, day, n) VALUES " + strings.Repeat("(?, ?, ?, ?, ?), ", n-1) +
			"(?, ?, ?, ?, ?) ON CONFLICT (metric, district, key, day) DO UPDATE SET n = counter.n + excluded.n"
	}
	return out
}()

// Counters implements store.CaseTx. Counters at zero are left out.
func (t *Tx) Counters(ctx context.Context, m store.Metric, district portal.AreaID) ([]store.Counter, error) {
	if err := t.flushCounts(ctx); err != nil {
		return nil, err
	}
	query, args := "SELECT district, key, day, n FROM counter WHERE metric = ? AND n <> 0", []any{string(m)}
	if district != "" {
		query, args = query+" AND district = ?", append(args, string(district))
	}
	var out []store.Counter
	err := t.each(ctx, func(r Rows) error {
		c := store.Counter{Metric: m}
		var d string
		err := r.Scan(&d, &c.Key, &c.Day, &c.N)
		c.District = portal.AreaID(d)
		out = append(out, c)
		return err
	}, query+" ORDER BY district, key, day", args...)
	return out, err
}

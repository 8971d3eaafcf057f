package simtest

import (
	"encoding/binary"
	"hash/fnv"
	"math/rand/v2"
	"sync"

	"github.com/citizens-portal/portal/sdk"
)

// newPCG gives each party its own stream of a seed, so that what one draws does
// not depend on when another does.
func newPCG(seed uint64, name string) *rand.PCG {
	h := fnv.New64a()
	_, _ = h.Write([]byte(name)) // never fails
	return rand.NewPCG(seed, h.Sum64())
}

// source is a stream as a reader of bytes, for ids and keys.
type source struct {
	mu  sync.Mutex
	rng *rand.Rand
}

func newSource(seed uint64, name string) *source { return &source{rng: rand.New(newPCG(seed, name))} }

// Read implements io.Reader.
func (s *source) Read(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := 0; i < len(p); i += 8 {
		var b [8]byte
		binary.LittleEndian.PutUint64(b[:], s.rng.Uint64())
		copy(p[i:], b[:])
	}
	return len(p), nil
}

// setBug plants a mistake in a client. Its switches have a type that only the
// client's own packages can name, so it is set through a literal's conversion.
func setBug(cfg *sdk.Config, b bug) { assign(&cfg.Faults.Bug, b.client()) }

func assign[T ~string](to *T, text string) { *to = T(text) }

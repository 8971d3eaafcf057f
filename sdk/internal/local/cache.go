package local

import (
	"encoding/json"
	"errors"
	"time"

	bolt "go.etcd.io/bbolt"
)

// Collection is a public collection as last fetched.
type Collection struct {
	ETag string `json:"etag"`
	// Version is what sync said the content's version is.
	Version   string          `json:"version,omitempty"`
	FetchedAt time.Time       `json:"fetched_at"`
	Body      json.RawMessage `json:"body"`
}

const bucketCollections = "collections"

func cacheLayout() layout {
	return layout{buckets: []string{bucketCollections}, maxBytes: 64 << 20}
}

// openCache opens cache.db; on any doubt it starts a new one, because all of it
// can be fetched again.
func openCache(path string, s *sealer, space *reserve, lockWait time.Duration) (*database, error) {
	d, err := openDatabase(path, cacheLayout(), s, space, lockWait)
	if err == nil || errors.Is(err, ErrLocked) || errors.Is(err, ErrNewer) {
		return d, err
	}
	if err := removeAll(path); err != nil {
		return nil, err
	}
	return openDatabase(path, cacheLayout(), s, space, lockWait)
}

// Collection gives a cached public collection. One that does not open counts
// as missing.
func (h *Home) Collection(name string) (c Collection, ok bool, err error) {
	err = h.cache.view(func(tx *bolt.Tx) error {
		v := tx.Bucket([]byte(bucketCollections)).Get([]byte(name))
		if v == nil {
			return nil
		}
		plain, err := h.seal.open(bucketCollections+"/"+name, v)
		if err != nil {
			return nil //nolint:nilerr // damaged means missing: it is fetched again
		}
		ok = json.Unmarshal(plain, &c) == nil
		return nil
	})
	return c, ok, err
}

// PutCollection keeps a fetched collection.
func (h *Home) PutCollection(name string, c Collection) error {
	plain, err := json.Marshal(c)
	if err != nil {
		return err
	}
	return h.cache.update(func(tx *bolt.Tx) error {
		sealed, err := h.seal.seal(bucketCollections+"/"+name, plain)
		if err != nil {
			return err
		}
		return tx.Bucket([]byte(bucketCollections)).Put([]byte(name), sealed)
	})
}

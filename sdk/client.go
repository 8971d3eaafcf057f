package sdk

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/citizens-portal/portal/sdk/api"
	"github.com/citizens-portal/portal/sdk/internal/local"
	"github.com/citizens-portal/portal/sdk/internal/remote"
)

// KeyStore keeps the keys that seal what lies on the device. The default is a
// file of mode 0600 in the folder; a program may bring its platform's store.
type KeyStore = local.KeyStore

// Config of a client. Only Dir is needed, and BaseURL the first time; every
// other field has a good zero value.
type Config struct {
	// Dir is the client's folder. It belongs to one server and one program at
	// a time.
	Dir string
	// BaseURL is the server, e.g. "https://portal.example". http:// is refused
	// except for this machine.
	BaseURL string
	// Transport carries requests; nil is a fitting one.
	Transport http.RoundTripper
	// Now is the device's clock; nil is time.Now.
	Now func() time.Time
	// Rand is the source of ids, keys and nonces; nil is crypto/rand.
	Rand io.Reader
	// Offline opens no connection.
	Offline bool
	// Client names the program and version, e.g. "portalctl/1.0".
	Client string
	// DeviceName is what people see in the list of devices.
	DeviceName string
	// Keys keeps the sealing keys; nil is key files in the folder.
	Keys KeyStore
	// LockWait is how long to wait while another program uses the folder;
	// 0 means 1 s.
	LockWait time.Duration
	// LogKeys pins the keys of the portal's transparency log ("name+hash+key"):
	// without them the client trusts those it sees first.
	LogKeys []string
	// Witnesses are the keys of those who watch the log, and WitnessQuorum how
	// many of them must have signed what Complaints.Verify relies on; 0 for none.
	Witnesses     []string
	WitnessQuorum int
	// Faults are for the project's own simulation; leave them zero.
	Faults local.Faults
}

// Client is an open folder and the way to its server. Its methods and services
// may be used from several goroutines.
type Client struct {
	Accounts   *Accounts
	Complaints *Complaints
	Desk       *Desk
	Admin      *Admin
	Directory  *Directory
	Anonymous  *Anonymous
	Helper     *Helper
	Sync       *Syncer

	cfg    Config
	home   *local.Home
	remote *remote.Client // nil when offline
	rand   *lockedReader

	changes broadcaster
	log     *logbook
	refresh sync.Mutex     // one token refresh at a time
	offline atomic.Bool    // the last attempt failed to reach the server
	unsaved *local.Account // only with local.BugRefreshUnsaved
}

// Open opens or makes the folder. It makes no connection. Errors: ErrFolder,
// with ErrLocked, ErrNewer, ErrDamaged or ErrOtherServer.
func Open(ctx context.Context, cfg Config) (*Client, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if cfg.Dir == "" {
		return nil, fmt.Errorf("%w: Config.Dir is empty", ErrFolder)
	}
	cfg = withDefaults(cfg)
	if cfg.BaseURL != "" {
		base, err := remote.CleanURL(cfg.BaseURL)
		if err != nil {
			return nil, invalid(field("server", "server_url", "%v", err))
		}
		cfg.BaseURL = base
	}
	c := &Client{cfg: cfg, rand: &lockedReader{r: cfg.Rand}}
	home, err := local.OpenHome(local.Options{
		Dir: cfg.Dir, Server: cfg.BaseURL, Keys: cfg.Keys, Rand: c.rand, Now: cfg.Now, LockWait: cfg.LockWait, Faults: cfg.Faults,
	})
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFolder, err)
	}
	c.home = home
	if err := c.connect(); err != nil {
		return nil, errors.Join(err, home.Close())
	}
	c.Accounts = &Accounts{c}
	c.Complaints = &Complaints{c}
	c.Desk = &Desk{c: c}
	c.Admin = &Admin{c}
	c.Directory = &Directory{c: c}
	c.Anonymous = &Anonymous{c: c, wake: make(chan struct{}, 1)}
	c.Helper = &Helper{c}
	c.Sync = newSyncer(c)
	c.log = &logbook{c: c}
	if u := home.Current(); u != nil {
		if err := u.Update(func(tx *local.Tx) error { return tx.NewClient(cfg.Client) }); err != nil {
			return nil, errors.Join(err, home.Close())
		}
		_ = u.SweepFiles(deskEvidence) // what stays costs room only, and is tried again
	}
	return c, nil
}

func withDefaults(cfg Config) Config {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Rand == nil {
		cfg.Rand = rand.Reader
	}
	if cfg.Keys == nil {
		cfg.Keys = local.FileKeys(filepath.Join(cfg.Dir, "keys"))
	}
	cfg.Client = cmp.Or(cfg.Client, "portal-sdk/1.0")
	cfg.DeviceName = cmp.Or(cfg.DeviceName, "device on "+runtime.GOOS)
	return cfg
}

func (c *Client) connect() (err error) {
	base := c.home.Server()
	if c.cfg.Offline {
		return nil
	}
	if base == "" {
		return invalid(field("server", "server_missing", "name the server once: it is kept in the folder"))
	}
	c.remote, err = remote.New(remote.Config{BaseURL: base, Transport: c.cfg.Transport, Client: c.cfg.Client})
	return err
}

// Close lets go of the folder. Run must have returned.
func (c *Client) Close() error {
	c.changes.close()
	return c.home.Close()
}

// Server is the base URL the folder belongs to.
func (c *Client) Server() string { return c.home.Server() }

// Freshness says how old a cached answer may be.
type Freshness struct {
	// SyncedAt is when the device last synced, by its own clock; zero before
	// the first time.
	SyncedAt time.Time `json:"synced_at,omitzero"`
	// Offline: the last attempt did not reach the server.
	Offline bool `json:"offline"`
}

// user is the signed-in account's file, or ErrSignedOut.
func (c *Client) user() (*local.User, error) {
	u := c.home.Current()
	if u == nil {
		return nil, signedOut("nobody has signed in here yet")
	}
	return u, nil
}

func signedOut(detail string) error {
	return fromProblem(&api.Problem{Type: api.TypeSignedOut, Title: "Not signed in", Status: 401, Detail: detail})
}

// online gives the connection, or ErrOffline.
func (c *Client) online() (*remote.Client, error) {
	if c.remote == nil {
		return nil, &Error{Kind: ErrOffline, Cause: errors.New("opened to work offline")}
	}
	return c.remote, nil
}

// reach makes a call that needs no session and notes whether the server was
// reached. A call that was given up says nothing about the network.
func (c *Client) reach(call func(r *remote.Client) error) error {
	r, err := c.online()
	if err != nil {
		return err
	}
	err = fromRemote(call(r))
	if offline := errors.Is(err, ErrOffline); !errors.Is(err, context.Canceled) && c.offline.Swap(offline) != offline {
		c.changes.send(Change{Sync: true})
		if !offline {
			c.Anonymous.poke()
		}
	}
	return err
}

// view reads the account's file.
func (c *Client) view(fn func(tx *local.Tx) error) error {
	u, err := c.user()
	if err != nil {
		return err
	}
	return c.heal(u, u.View(fn))
}

// update writes the account's file.
func (c *Client) update(fn func(tx *local.Tx) error) error {
	u, err := c.user()
	if err != nil {
		return err
	}
	return c.heal(u, u.Update(fn))
}

// heal starts the feeds anew when what came from them is damaged; the error
// stays, and the next sync brings good data.
func (c *Client) heal(u *local.User, err error) error {
	if errors.Is(err, local.ErrDamaged) {
		return errors.Join(err, u.Update(func(tx *local.Tx) error { return tx.Rebuild() }))
	}
	return err
}

// freshness tells how old what a transaction reads may be.
func (c *Client) freshness(tx *local.Tx) (Freshness, error) {
	st, err := tx.State()
	return Freshness{SyncedAt: st.SyncedAt, Offline: c.remote == nil || c.offline.Load()}, err
}

// newID makes a UUID of version 7 from the device's clock.
func (c *Client) newID() (string, error) {
	var b [16]byte
	if _, err := io.ReadFull(c.rand, b[6:]); err != nil {
		return "", fmt.Errorf("random id: %w", err)
	}
	ms := c.cfg.Now().UnixMilli()
	for i := range 6 {
		b[i] = byte(ms >> (40 - 8*i))
	}
	b[6] = b[6]&0x0f | 0x70
	b[8] = b[8]&0x3f | 0x80
	h := hex.EncodeToString(b[:])
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:], nil
}

// lockedReader makes a random source usable from several goroutines.
type lockedReader struct {
	mu sync.Mutex
	r  io.Reader
}

func (l *lockedReader) Read(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return io.ReadFull(l.r, p)
}

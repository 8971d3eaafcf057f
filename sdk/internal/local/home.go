package local

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/citizens-portal/portal/sdk/api"
)

// Options of a folder. Dir, Keys, Rand and Now are needed.
type Options struct {
	Dir string
	// Server is the base URL; empty takes the one the folder belongs to.
	Server string
	Keys   KeyStore
	Rand   io.Reader
	Now    func() time.Time
	// LockWait is how long to wait for another program; 0 means 1 s.
	LockWait time.Duration
	// Faults are for the project's simulation only.
	Faults Faults
}

// homeFile is home.json: nothing in it is secret or personal.
type homeFile struct {
	Format  int    `json:"format"`
	Server  string `json:"server"`
	Salt    string `json:"salt"`
	Current string `json:"current,omitempty"` // account whose file is open
	// Generations counts, by name, how often a key was not found whose files
	// were then set aside.
	Generations map[string]int `json:"generations,omitempty"`
	// Leaving are accounts whose owners logged out and whose keys and files are
	// being destroyed.
	Leaving []string `json:"leaving,omitempty"`
}

const homeFormat = 1

// Identity is the device as one account knows it. It outlives signing out, so
// that coming back needs no approval, and remembers the last operation number,
// so that none is used twice.
type Identity struct {
	Device api.DeviceInfo `json:"device"`
	N      int64          `json:"n,omitempty"`
	// Account names the file of the account that was last used this way, and
	// Person, if it was opened here, whose it is: a hash of the CNIC.
	Account string `json:"account,omitempty"`
	Person  string `json:"person,omitempty"`
}

// Pending is a sign-in that waits for its OTP.
type Pending struct {
	Challenge string    `json:"challenge"`
	ExpiresAt time.Time `json:"expires_at"`
	Login     string    `json:"login"` // key of the identity
	// CNIC of somebody who signs up; it lies here sealed, and no longer than this.
	CNIC string `json:"cnic,omitempty"`
}

// vault is home.sealed.
type vault struct {
	Identities map[string]Identity `json:"identities,omitempty"`
	Pending    *Pending            `json:"pending,omitempty"`
}

// Home is an open folder. Its methods may be used from several goroutines.
type Home struct {
	opts  Options
	lock  *bolt.DB
	seal  *sealer
	space *reserve
	cache *database

	mu    sync.Mutex
	file  homeFile
	vault vault
	user  *User
}

// OpenHome opens or makes the folder. Errors: ErrLocked, ErrOtherServer,
// ErrNewer.
func OpenHome(o Options) (h *Home, err error) {
	if o.LockWait == 0 {
		o.LockWait = time.Second
	}
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return nil, err
	}
	h = &Home{opts: o, space: &reserve{path: filepath.Join(o.Dir, "reserve")}}
	defer func() {
		if err != nil {
			err = errors.Join(err, h.Close())
			h = nil
		}
	}()
	if h.lock, err = openLock(h.path("lock"), o.LockWait); err != nil {
		return h, err
	}
	if err = h.readFile(); err != nil {
		return h, err
	}
	if err = h.finishLeaving(); err != nil {
		return h, err
	}
	if err = h.openVault(); err != nil {
		return h, err
	}
	if h.cache, err = openCache(h.path("cache.db"), h.seal, h.space, o.LockWait); err != nil {
		return h, err
	}
	h.space.keep()
	return h, h.openCurrent()
}

// openLock holds an empty bbolt file open: its lock keeps a second program out
// while the others are being made. It holds no data, so a broken one is
// replaced.
func openLock(path string, wait time.Duration) (*bolt.DB, error) {
	var lock *bolt.DB
	open := func() error {
		return guard(func() (err error) {
			lock, err = bolt.Open(path, 0o600, &bolt.Options{Timeout: wait, NoStatistics: true})
			return err
		})
	}
	err := open()
	if err != nil && errors.Is(openError(err), ErrDamaged) {
		if err := removeAll(path); err != nil {
			return nil, err
		}
		err = open()
	}
	if err != nil {
		return nil, openError(err)
	}
	return lock, nil
}

func (h *Home) path(name string) string { return filepath.Join(h.opts.Dir, name) }

func (h *Home) readFile() error {
	b, err := os.ReadFile(h.path("home.json"))
	if errors.Is(err, fs.ErrNotExist) {
		salt := make([]byte, 16)
		if _, err := io.ReadFull(h.opts.Rand, salt); err != nil {
			return err
		}
		h.file = homeFile{Format: homeFormat, Server: h.opts.Server, Salt: hex.EncodeToString(salt)}
		if h.opts.Server == "" {
			return nil // not worth keeping before a server is named
		}
		return h.writeFile()
	}
	if err != nil {
		return err
	}
	if err := json.Unmarshal(b, &h.file); err != nil {
		return fmt.Errorf("home.json: %w: %w", ErrDamaged, err)
	}
	if h.file.Format > homeFormat {
		return fmt.Errorf("home.json: %w", ErrNewer)
	}
	if h.opts.Server != "" && h.opts.Server != h.file.Server {
		return fmt.Errorf("%w: %s", ErrOtherServer, h.file.Server)
	}
	return nil
}

func (h *Home) writeFile() error {
	b, err := json.MarshalIndent(h.file, "", "  ")
	if err != nil {
		return err
	}
	h.opts.Faults.write("home.json", false)
	return h.replace(h.path("home.json"), append(b, '\n'))
}

func (h *Home) vaultPath(name string) string { return h.path(name + ".sealed") }

func (h *Home) openVault() error {
	name, key, err := h.keyOf(homeBase, func(name string) []string { return []string{h.vaultPath(name)} })
	if err != nil {
		return fmt.Errorf("key of the folder: %w", err)
	}
	if h.seal, err = newSealer(key, h.opts.Rand); err != nil {
		return err
	}
	path := h.vaultPath(name)
	h.vault, err = readVault(path, h.seal)
	if errors.Is(err, ErrDamaged) {
		// Only sign-ins under way and device names are lost: people sign in
		// again. The broken file is kept for whoever wants to look.
		err = os.Rename(path, path+".damaged")
	}
	if err != nil {
		return err
	}
	return h.mergeVaults()
}

const vaultPlace = "home.sealed"

// readVault opens a sealed file; there being none is an empty one.
func readVault(path string, s *sealer) (v vault, err error) {
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return v, nil
	}
	if err != nil {
		return v, err
	}
	plain, err := s.open(vaultPlace, b)
	if err != nil {
		return v, err
	}
	if err := json.Unmarshal(plain, &v); err != nil {
		return vault{}, fmt.Errorf("%s: %w: %w", vaultPlace, ErrDamaged, err)
	}
	return v, nil
}

func (h *Home) writeVault() error {
	b, err := json.Marshal(h.vault)
	if err != nil {
		return err
	}
	sealed, err := h.seal.seal(vaultPlace, b)
	if err != nil {
		return err
	}
	h.opts.Faults.write(vaultPlace, false)
	return h.replace(h.vaultPath(h.inUse(homeBase)), sealed)
}

// replace writes one of the folder's own files: on a full device the reserve is
// for them, too, since nobody could sign in or log out otherwise.
func (h *Home) replace(path string, content []byte) error {
	err := writeFile(path, content)
	if diskFull(err) && h.space.release() {
		err = writeFile(path, content)
	}
	if diskFull(err) {
		return fmt.Errorf("%w: %w", ErrFull, err)
	}
	return err
}

// Server is the base URL the folder belongs to.
func (h *Home) Server() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.file.Server
}

// LowSpace reports that the reserve for a full device is used up.
func (h *Home) LowSpace() bool { return h.space.isLow() }

// Current is the account in use, nil when nobody signed in here.
func (h *Home) Current() *User {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.user
}

// Identity gives the device's identity for a way of signing in (a number, an
// officer's name), made at the first call.
func (h *Home) Identity(login, deviceName string) (key string, device api.DeviceInfo, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	key = h.hash(login)
	if id, ok := h.vault.Identities[key]; ok {
		return key, id.Device, nil
	}
	device, err = newDevice(h.opts.Rand, deviceName)
	if err != nil {
		return "", device, err
	}
	h.setIdentity(key, Identity{Device: device})
	return key, device, h.writeVault()
}

// DeviceFor gives the identity under a key that Identity gave.
func (h *Home) DeviceFor(key string) (api.DeviceInfo, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	id, ok := h.vault.Identities[key]
	return id.Device, ok
}

func (h *Home) setIdentity(key string, id Identity) {
	if h.vault.Identities == nil {
		h.vault.Identities = map[string]Identity{}
	}
	h.vault.Identities[key] = id
}

// ReplaceIdentity gives the device a new identity: the server saw two copies
// of the old one. Numbers start anew with it.
func (h *Home) ReplaceIdentity(key string) (api.DeviceInfo, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	device, err := newDevice(h.opts.Rand, h.vault.Identities[key].Device.Name)
	if err != nil {
		return device, err
	}
	old := h.vault.Identities[key]
	h.setIdentity(key, Identity{Device: device, Account: old.Account, Person: old.Person})
	return device, h.writeVault()
}

func newDevice(rand io.Reader, name string) (api.DeviceInfo, error) {
	id, key := make([]byte, 16), make([]byte, 32)
	if _, err := io.ReadFull(rand, id); err != nil {
		return api.DeviceInfo{}, err
	}
	if _, err := io.ReadFull(rand, key); err != nil {
		return api.DeviceInfo{}, err
	}
	return api.DeviceInfo{ID: hex.EncodeToString(id), Key: base64.RawURLEncoding.EncodeToString(key), Name: name}, nil
}

// SetPending remembers a sign-in that waits for its OTP; nil forgets it.
func (h *Home) SetPending(p *Pending) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.vault.Pending = p
	return h.writeVault()
}

// Pending gives the sign-in that waits for its OTP, if any.
func (h *Home) Pending() (Pending, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.vault.Pending == nil {
		return Pending{}, false
	}
	return *h.vault.Pending, true
}

// hash names things by their content without telling it.
func (h *Home) hash(s string) string {
	m := hmac.New(sha256.New, []byte(h.file.Salt))
	m.Write([]byte(s))
	return hex.EncodeToString(m.Sum(nil)[:10])
}

// Adopt makes the account of a new session the current one, keeping what it
// left here earlier.
func (h *Home) Adopt(session api.Session, login string) (*User, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	name := h.hash(session.Profile.Subject)
	if h.opts.Faults.Bug == BugSharedFile {
		name = h.hash("")
	}
	if err := h.finishLeaving(); err != nil {
		return nil, err
	}
	if h.file.Current != name {
		if h.user != nil {
			if err := h.user.close(); err != nil {
				return nil, err
			}
			h.user = nil
		}
		u, err := h.openUser(name)
		if err != nil {
			return nil, err
		}
		h.user, h.file.Current = u, name
		if err := h.writeFile(); err != nil {
			return nil, err
		}
	}
	id := h.identify(login)
	if err := h.user.Update(func(tx *Tx) error { return tx.signIn(session, login, id) }); err != nil {
		return nil, err
	}
	return h.user, errors.Join(h.moveBack(), h.moveIn(login))
}

// identify gives the identity for a sign-in. When somebody else signs up with the
// same number, what its former owner left here stays where it is, sealed.
func (h *Home) identify(login string) Identity {
	id := h.vault.Identities[login]
	p := h.vault.Pending
	if p == nil || p.Login != login || p.CNIC == "" {
		return id
	}
	person := h.hash(p.CNIC)
	if id.Person != "" && id.Person != person {
		id.Account = ""
	}
	id.Person = person
	h.setIdentity(login, id)
	return id
}

func (h *Home) openCurrent() error {
	if h.file.Current == "" {
		return nil
	}
	u, err := h.openUser(h.file.Current)
	if err != nil {
		return err
	}
	h.user = u
	if err := h.moveBack(); err != nil {
		return err
	}
	var login string
	err = u.View(func(tx *Tx) error {
		a, err := tx.Account()
		login = a.Login
		return err
	})
	if err != nil {
		return err
	}
	return h.moveIn(login)
}

// Leave ends the use of the current account. With keep its sealed files and
// key stay for the next sign-in; otherwise they are destroyed, key first, with
// whatever was set aside of the account. That is written down before, so that a
// logout that is cut short is finished when the folder is opened again.
func (h *Home) Leave(keep bool) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	u := h.user
	if u == nil {
		return nil
	}
	if err := h.rememberNumber(u, keep); err != nil {
		return err
	}
	if !keep {
		h.file.Leaving = append(h.file.Leaving, accountBase(h.file.Current))
	}
	h.user, h.file.Current = nil, ""
	if err := errors.Join(u.close(), h.writeFile()); err != nil {
		return err
	}
	return h.finishLeaving()
}

// rememberNumber keeps the operation counter beside the device's identity, and
// signs the account out in its own file. Without keep nothing will be left to
// move into another account.
func (h *Home) rememberNumber(u *User, keep bool) error {
	var login string
	var n int64
	err := u.Update(func(tx *Tx) error {
		a, err := tx.Account()
		if err != nil {
			return err
		}
		st, err := tx.State()
		if err != nil {
			return err
		}
		login, n = a.Login, st.N
		return tx.SignOut()
	})
	if err != nil {
		return err
	}
	id, ok := h.vault.Identities[login]
	if !ok {
		return nil
	}
	id.N = max(id.N, n)
	if !keep {
		id.Account, id.Person = "", ""
	}
	h.setIdentity(login, id)
	return h.writeVault()
}

// Close lets go of the folder.
func (h *Home) Close() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	var errs []error
	if h.user != nil {
		errs = append(errs, h.user.close())
		h.user = nil
	}
	errs = append(errs, h.cache.close())
	h.cache = nil
	if h.lock != nil {
		errs = append(errs, h.lock.Close())
		h.lock = nil
	}
	return errors.Join(errs...)
}

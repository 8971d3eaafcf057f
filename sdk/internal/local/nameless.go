package local

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/citizens-portal/portal/sdk/api"
)

// Nameless is a complaint that was filed from this device without an account:
// its receipt is all that opens it, so it lies in a sealed file of its own, apart
// from every account's.
type Nameless struct {
	// Receipt is 16 random bytes in base64url.
	Receipt string `json:"receipt"`
	// Ops wait for the server, oldest first; their bytes never change.
	Ops []api.Operation `json:"ops,omitempty"`
	// Refused is the server's no to the oldest.
	Refused *api.Problem `json:"refused,omitempty"`
	// NotBefore is how long the server asked to wait.
	NotBefore time.Time     `json:"not_before,omitzero"`
	Complaint api.Complaint `json:"complaint"`
	Events    []api.Event   `json:"events,omitempty"`
	Signed    string        `json:"signed,omitempty"` // the server's promise
}

// Helping is a complaint on its way for somebody else, who is signed in for just
// as long as it takes.
type Helping struct {
	Challenge string         `json:"challenge"`
	ExpiresAt time.Time      `json:"expires_at"`
	Mobile    string         `json:"mobile"`
	Device    api.DeviceInfo `json:"device"`
	Access    string         `json:"access,omitempty"`
	Op        *api.Operation `json:"op,omitempty"`
	Secret    string         `json:"secret,omitempty"`
}

// readSealed reads one of the folder's sealed files; absent leaves v as it is.
func (h *Home) readSealed(name string, v any) error {
	b, err := os.ReadFile(h.path(name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	plain, err := h.seal.open(name, b)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if err := json.Unmarshal(plain, v); err != nil {
		return fmt.Errorf("%s: %w: %w", name, ErrDamaged, err)
	}
	return nil
}

func (h *Home) writeSealed(name string, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	sealed, err := h.seal.seal(name, b)
	if err != nil {
		return err
	}
	return writeFile(h.path(name), sealed)
}

const (
	namelessFile = "nameless.sealed"
	helpingFile  = "helping.sealed"
)

// ChangeNameless reads the complaints filed without an account, and writes what
// change makes of them; nil only reads.
func (h *Home) ChangeNameless(change func([]Nameless) ([]Nameless, error)) ([]Nameless, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	var list []Nameless
	if err := h.readSealed(namelessFile, &list); err != nil || change == nil {
		return list, err
	}
	list, err := change(list)
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, removeAll(h.path(namelessFile))
	}
	return list, h.writeSealed(namelessFile, list)
}

// Helping gives the complaint on its way for somebody else, if any.
func (h *Home) Helping() (Helping, bool, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	var out Helping
	err := h.readSealed(helpingFile, &out)
	return out, out.Challenge != "", err
}

// SetHelping keeps it; nil forgets it.
func (h *Home) SetHelping(v *Helping) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if v == nil {
		return removeAll(h.path(helpingFile))
	}
	return h.writeSealed(helpingFile, v)
}

// NewDevice makes a device for one sign-in that nothing remembers.
func (h *Home) NewDevice(name string) (api.DeviceInfo, error) { return newDevice(h.opts.Rand, name) }

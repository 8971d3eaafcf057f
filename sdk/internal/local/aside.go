package local

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
)

// Only a logout destroys anything. A key that is not found at other times may
// come back: a keyring that is still locked, a profile that is being restored.
// What it seals is therefore left alone and a new generation of the file begins
// under another name, with a key of its own. When the key is found again, what
// was set aside moves in.

// homeBase names the folder's own key and sealed file.
const homeBase = "home"

// accountBase names an account's key and files.
func accountBase(account string) string { return "user-" + account }

func generation(base string, n int) string {
	if n == 0 {
		return base
	}
	return fmt.Sprintf("%s-%d", base, n)
}

// inUse is the name of the generation that is in use.
func (h *Home) inUse(base string) string { return generation(base, h.file.Generations[base]) }

// setAside are the names of the generations before, oldest first. Not all of
// them need exist any more.
func (h *Home) setAside(base string) []string {
	var out []string
	for n := range h.file.Generations[base] {
		out = append(out, generation(base, n))
	}
	return out
}

// keyOf gives name and key of the generation in use, and begins another one when
// there are files whose key is not found.
func (h *Home) keyOf(base string, files func(name string) []string) (name string, key []byte, err error) {
	for {
		name = h.inUse(base)
		_, err = h.opts.Keys.Load(name)
		if !errors.Is(err, fs.ErrNotExist) || !anyThere(files(name)) {
			break
		}
		if h.file.Generations == nil {
			h.file.Generations = map[string]int{}
		}
		h.file.Generations[base]++
		if err := h.writeFile(); err != nil {
			return "", nil, err
		}
	}
	key, err = keyFor(h.opts.Keys, h.opts.Rand, name)
	return name, key, err
}

func anyThere(paths []string) bool {
	for _, p := range paths {
		if _, err := os.Lstat(p); err == nil {
			return true
		}
	}
	return false
}

// numbersOf keeps generations of an account's file from using an operation number
// twice: how far the one before had come may not be known.
func numbersOf(generation int) int64 { return int64(generation) << 32 }

// finishLeaving destroys what accounts left whose owners logged out: the keys
// first, then the files. It is repeated until all of it went through.
func (h *Home) finishLeaving() error {
	if len(h.file.Leaving) == 0 {
		return nil
	}
	for _, base := range h.file.Leaving {
		for _, name := range append(h.setAside(base), h.inUse(base)) {
			if err := h.destroy(name); err != nil {
				return err
			}
		}
	}
	h.file.Leaving = nil
	return h.writeFile()
}

// destroy removes an account's key, then its files: without the key they are
// noise, whatever the disk still holds.
func (h *Home) destroy(name string) error {
	if err := h.opts.Keys.Delete(name); err != nil {
		return fmt.Errorf("destroy key: %w", err)
	}
	return removeAll(userFiles(h.opts.Dir, name)...)
}

// moveBack takes over what was set aside of the current account and of the
// folder, as far as the keys are found again.
func (h *Home) moveBack() error {
	if h.user == nil {
		return nil
	}
	for _, name := range h.setAside(accountBase(h.file.Current)) {
		if _, err := h.carry(name); err != nil {
			return fmt.Errorf("take over what was set aside: %w", err)
		}
	}
	return nil
}

// mergeVaults takes over the identities of sealed files that were set aside.
func (h *Home) mergeVaults() error {
	for _, name := range h.setAside(homeBase) {
		if !anyThere([]string{h.vaultPath(name)}) {
			continue
		}
		key, err := h.opts.Keys.Load(name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return fmt.Errorf("key of the folder: %w", err)
		}
		s, err := newSealer(key, h.opts.Rand)
		if err != nil {
			return err
		}
		if err := h.mergeVault(name, s); err != nil {
			return err
		}
	}
	return nil
}

func (h *Home) mergeVault(name string, s *sealer) error {
	old, err := readVault(h.vaultPath(name), s)
	if errors.Is(err, ErrDamaged) {
		return nil // it stays where it is, in nobody's way
	}
	if err != nil {
		return err
	}
	for login, id := range old.Identities {
		now, ok := h.vault.Identities[login]
		switch {
		case !ok:
			now = id
		case now.Account == "" && (now.Person == "" || now.Person == id.Person):
			now.Account, now.Person = id.Account, id.Person
		}
		h.setIdentity(login, now)
	}
	if err := h.writeVault(); err != nil {
		return err
	}
	if err := h.opts.Keys.Delete(name); err != nil {
		return fmt.Errorf("destroy key: %w", err)
	}
	return removeAll(h.vaultPath(name))
}

// sameAccount reports whether two names are generations of one account's file.
func sameAccount(a, b string) bool {
	cut := func(s string) string {
		base, _, _ := strings.Cut(strings.TrimPrefix(s, "user-"), "-")
		return base
	}
	return cut(a) == cut(b)
}

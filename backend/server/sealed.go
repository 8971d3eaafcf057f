package server

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"filippo.io/age"

	"github.com/citizens-portal/portal/backend/portal"
)

// A sealed backup is a backup inside an age file (age-encryption.org/v1): only
// who holds a recipient's identity opens it, and a change of any byte, or a
// missing end, is noticed. The server needs the public recipients alone, so a
// machine that writes backups cannot read the old ones.

// sealedMagic is how an age file begins.
const sealedMagic = "age-encryption.org/"

// Recipients are those who can open a sealed backup.
type Recipients struct{ list []age.Recipient }

// ParseRecipients reads recipients as `age-keygen` prints them ("age1…"), given
// one by one, in a file with one a line, or both. The error is portal.ErrInvalid
// or ErrFile. None at all is fine: then Any is false.
func ParseRecipients(given []string, file string) (Recipients, error) {
	var out Recipients
	for _, text := range given {
		list, err := age.ParseRecipients(strings.NewReader(text))
		if err != nil || len(list) != 1 {
			// A secret key put here by mistake must not be repeated in a log.
			return out, portal.Invalid("recipient", "recipient_shape", "it is not a public key as age-keygen prints it: write age1…")
		}
		out.list = append(out.list, list...)
	}
	if file == "" {
		return out, nil
	}
	f, err := os.Open(file)
	if err != nil {
		return out, fmt.Errorf("%w: recipients: %w", ErrFile, err)
	}
	defer func() { _ = f.Close() }()
	list, err := age.ParseRecipients(f)
	if err != nil {
		return out, fmt.Errorf("%w: recipients %s: %w", ErrFile, file, err)
	}
	out.list = append(out.list, list...)
	return out, nil
}

// Any reports whether there is a recipient at all.
func (r Recipients) Any() bool { return len(r.list) > 0 }

// BackupSealed is Backup, sealed for the recipients. What is not sealed yet lies
// in the data folder while it runs, beside the store, and never at the target.
func BackupSealed(ctx context.Context, c Config, file string, to Recipients) error {
	if !to.Any() {
		return portal.Invalid("recipient", "recipient_missing", "name who can open it with --recipient or --recipients-file")
	}
	return backup(ctx, c, file, func(w io.Writer) (io.WriteCloser, error) {
		sealed, err := age.Encrypt(w, to.list...)
		if err != nil {
			return nil, fmt.Errorf("seal backup: %w", err)
		}
		return sealed, nil
	})
}

// RestoreSealed is Restore of a sealed backup, opened with the identities of a
// file (as age-keygen writes it). The whole backup is opened, which proves it
// whole and unchanged, before anything of the present data is touched; else the
// error is ErrFile.
func RestoreSealed(ctx context.Context, c Config, file, identities string) error {
	if c.DataDir == "" || Live(ctx, c.DataDir) {
		return Restore(ctx, c, file) // says why not
	}
	if sealed, err := isSealed(file); err != nil {
		return err
	} else if !sealed {
		return fmt.Errorf("%w: %s is not sealed: restore it without --identity", ErrFile, file)
	}
	keys, err := readIdentities(identities)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(c.DataDir, 0o700); err != nil {
		return fmt.Errorf("data folder: %w", err)
	}
	return aside(c.DataDir, func(dir string) error {
		plain := filepath.Join(dir, "plain")
		if err := writeNew(plain, func(w io.Writer) error { return unseal(w, file, keys) }); err != nil {
			return err
		}
		return Restore(ctx, c, plain)
	})
}

func readIdentities(file string) ([]age.Identity, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, fmt.Errorf("%w: identity: %w", ErrFile, err)
	}
	defer func() { _ = f.Close() }()
	// Its errors would repeat a secret line: say only where.
	list, err := age.ParseIdentities(f)
	if err != nil {
		return nil, fmt.Errorf("%w: identity: %s is not a file of age-keygen", ErrFile, file)
	}
	return list, nil
}

func unseal(w io.Writer, file string, keys []age.Identity) error {
	f, err := os.Open(file)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrFile, err)
	}
	defer func() { _ = f.Close() }()
	plain, err := age.Decrypt(bufio.NewReader(f), keys...)
	var nobody *age.NoIdentityMatchError
	if errors.As(err, &nobody) {
		return fmt.Errorf("%w: %s is sealed for others: none of the identities opens it", ErrFile, file)
	}
	if err != nil {
		return fmt.Errorf("%w: %s was changed or cut short; nothing was restored: %w", ErrFile, file, err)
	}
	from := &reading{r: plain}
	if _, err := io.Copy(w, from); from.err != nil {
		return fmt.Errorf("%w: %s was changed or cut short; nothing was restored: %w", ErrFile, file, from.err)
	} else if err != nil {
		return err // of the disk written to
	}
	return nil
}

// reading keeps apart what went wrong where a copy comes from.
type reading struct {
	r   io.Reader
	err error
}

func (r *reading) Read(p []byte) (int, error) {
	n, err := r.r.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		r.err = err
	}
	return n, err
}

// isSealed tells a sealed backup from a plain one.
func isSealed(file string) (bool, error) {
	f, err := os.Open(file)
	if err != nil {
		return false, fmt.Errorf("%w: %w", ErrFile, err)
	}
	defer func() { _ = f.Close() }()
	head := make([]byte, len(sealedMagic))
	_, err = io.ReadFull(f, head)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return false, fmt.Errorf("%w: %w", ErrFile, err)
	}
	return string(head) == sealedMagic, nil
}

// aside runs f with a folder of its own (mode 0700) in dir and removes it.
func aside(dir string, f func(dir string) error) error {
	work, err := os.MkdirTemp(dir, ".backup-")
	if err != nil {
		return fmt.Errorf("%w: data folder: %w", ErrFile, err)
	}
	return errors.Join(f(work), os.RemoveAll(work))
}

// newFileAt refuses to write over what is there, or where no folder is.
func newFileAt(file string) error {
	if _, err := os.Stat(file); err == nil {
		return fmt.Errorf("%w: %s is there already; name a new file", ErrFile, file)
	}
	if info, err := os.Stat(filepath.Dir(file)); err != nil || !info.IsDir() {
		return fmt.Errorf("%w: %s is not a folder", ErrFile, filepath.Dir(file))
	}
	return nil
}

// writeNew writes a file whole (mode 0600) and only then gives it its name.
func writeNew(file string, write func(io.Writer) error) (err error) {
	f, err := os.CreateTemp(filepath.Dir(file), filepath.Base(file)+".partial-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = f.Close() // it may be closed already
			err = errors.Join(err, os.Remove(f.Name()))
		}
	}()
	out := bufio.NewWriterSize(f, 64<<10)
	if err := write(out); err != nil {
		return err
	}
	if err := errors.Join(out.Flush(), f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), file)
}

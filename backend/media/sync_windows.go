package media

import (
	"errors"
	"os"
)

// syncPath brings a file to the disk. Folders cannot be synced here; Windows
// keeps them durable by itself.
func syncPath(path string) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		if info, statErr := os.Stat(path); statErr == nil && info.IsDir() {
			return nil
		}
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

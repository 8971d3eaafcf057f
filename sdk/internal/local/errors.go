package local

import (
	"errors"
	"runtime"
	"slices"
	"strings"
	"syscall"
)

// What can be wrong with the folder.
var (
	// ErrLocked: another program has the folder open.
	ErrLocked = errors.New("another program is using this folder")
	// ErrNewer: the folder was written by a newer version; it is left untouched.
	ErrNewer = errors.New("this folder was written by a newer version of the program: update the program to open it")
	// ErrDamaged: bytes on the device are not what was written.
	ErrDamaged = errors.New("stored data is damaged")
	// ErrOtherServer: the folder belongs to another server.
	ErrOtherServer = errors.New("this folder belongs to another server")
	// ErrNoSuch: nothing is stored under this name.
	ErrNoSuch = errors.New("not here")
	// ErrFull: no space is left, not even after the reserve was given up.
	ErrFull = errors.New("the device is full: free some space and try again")
)

// diskFull recognises "no space left" on every platform; a quota and the largest
// file that is allowed come to the same. bbolt tells some failures in words only.
func diskFull(err error) bool {
	if err == nil {
		return false
	}
	const windowsDiskFull = syscall.Errno(112) // ERROR_DISK_FULL
	full := []syscall.Errno{syscall.ENOSPC, syscall.EDQUOT, syscall.EFBIG}
	if runtime.GOOS == "windows" {
		full = append(full, windowsDiskFull)
	}
	return slices.ContainsFunc(full, func(e syscall.Errno) bool {
		return errors.Is(err, e) || strings.HasSuffix(err.Error(), ": "+e.Error())
	})
}

package local

import (
	"errors"
	"runtime"
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

// diskFull recognises "no space left" on every platform.
func diskFull(err error) bool {
	const windowsDiskFull = syscall.Errno(112) // ERROR_DISK_FULL
	return errors.Is(err, syscall.ENOSPC) || (runtime.GOOS == "windows" && errors.Is(err, windowsDiskFull))
}

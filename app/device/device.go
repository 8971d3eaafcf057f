// Package device is what a phone can do for the app beside drawing: take a photo, say
// where it is, keep a key where nothing can read it, and say which address the program
// was opened with.
//
// A device without one of them says so with [ErrNone], and the app goes another way:
// a photo from a file, a place in words, a key in a file. The package must never know
// complaints, screens or words that people read.
//
// Start with [Device]. On Android it calls the system through JNI; native_android.c
// has the calls, and Java of our own is not possible: the fyne tool ships a fixed set
// of classes. Every other system has none of it.
package device

import (
	"errors"
	"time"
)

// ErrNone says that this device cannot do it.
var ErrNone = errors.New("this device cannot do that")

// ErrAsked says that the system is asking the person whether the program may: try
// again when they have answered.
var ErrAsked = errors.New("the person is being asked")

// ErrNothing says that there is nothing (yet): no photo was taken, no place is known.
var ErrNothing = errors.New("nothing there")

// Place is where a device was.
type Place struct {
	Latitude, Longitude float64 // degrees, WGS 84
	Accuracy            float64 // metres, of two in three measurements
	At                  time.Time
}

// Device is the phone at hand. Its calls may wait a moment and belong on no thread
// that draws.
type Device struct{}

// Able tells whether the device can do any of the rest.
func (Device) Able() bool { return able }

// StartPhoto opens the camera's own program and gives the name of the photo to be. The
// program at hand may be ended by the system meanwhile, so the name must be kept until
// [Device.TakePhoto] has been asked.
func (Device) StartPhoto() (name string, err error) { return startPhoto() }

// TakePhoto gives the photo of that name and removes it from the phone's gallery;
// [ErrNothing] when the person took none.
func (Device) TakePhoto(name string) ([]byte, error) { return takePhoto(name) }

// Locate gives the newest place that the phone knows, and lets it look for a better
// one until [Device.StopLocating]. The first time it is [ErrAsked]; before the phone
// knows any place, [ErrNothing].
func (Device) Locate() (Place, error) { return locate() }

// StopLocating ends what [Device.Locate] began.
func (Device) StopLocating() { stopLocating() }

// OpenedWith is the address that opened the program, such as that of a receipt's QR
// code, the first time it is asked; then "".
func (Device) OpenedWith() string { return openedWith() }

// AskToNotify lets the system ask the person whether the program may tell them of
// news, if it has not yet.
func (Device) AskToNotify() { askToNotify() }

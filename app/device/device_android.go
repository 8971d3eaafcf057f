package device

/*
#cgo LDFLAGS: -llog
#include <stdlib.h>
#include "native_android.h"
*/
import "C"

import (
	"errors"
	"fmt"
	"io"
	"time"
	"unsafe"

	"fyne.io/fyne/v2/driver"
	"fyne.io/fyne/v2/storage"
)

const able = true

// call runs f on a thread that Java knows, with the activity.
func call(f func(env *C.JNIEnv, activity C.jobject) error) error {
	return driver.RunNative(func(context any) error {
		android, ok := context.(*driver.AndroidContext)
		if !ok {
			return ErrNone
		}
		//nolint:govet // these two are Java's pointers, which Fyne hands over as numbers
		return f((*C.JNIEnv)(unsafe.Pointer(android.Env)), C.jobject(unsafe.Pointer(android.Ctx)))
	})
}

// taken makes a Go text of one that C allocated.
func taken(s *C.char) string {
	defer C.free(unsafe.Pointer(s))
	return C.GoString(s)
}

func startPhoto() (name string, err error) {
	err = call(func(env *C.JNIEnv, activity C.jobject) error {
		s := C.portal_start_photo(env, activity)
		if s == nil {
			return ErrNone
		}
		name = taken(s)
		return nil
	})
	return name, err
}

func takePhoto(name string) ([]byte, error) {
	content, err := readPhoto(name)
	forget := call(func(env *C.JNIEnv, activity C.jobject) error {
		s := C.CString(name)
		defer C.free(unsafe.Pointer(s))
		C.portal_forget_photo(env, activity, s)
		return nil
	})
	if err != nil || len(content) == 0 {
		return nil, ErrNothing // the entry was made for the camera, which put nothing in
	}
	return content, forget
}

// maxPhoto is more than a camera makes of one photo.
const maxPhoto = 40 << 20

func readPhoto(name string) ([]byte, error) {
	uri, err := storage.ParseURI(name)
	if err != nil {
		return nil, err
	}
	r, err := storage.Reader(uri)
	if err != nil {
		return nil, err
	}
	content, err := io.ReadAll(io.LimitReader(r, maxPhoto))
	return content, errors.Join(err, r.Close())
}

func locate() (place Place, err error) {
	err = call(func(env *C.JNIEnv, activity C.jobject) error {
		var p C.portal_place
		switch C.portal_locate(env, activity, &p) {
		case C.PORTAL_FOUND:
			place = Place{float64(p.latitude), float64(p.longitude), float64(p.accuracy), time.UnixMilli(int64(p.millis))}
			return nil
		case C.PORTAL_ASKED:
			return ErrAsked
		case C.PORTAL_NOTHING:
			return ErrNothing
		}
		return ErrNone
	})
	return place, err
}

func stopLocating() {
	_ = call(func(env *C.JNIEnv, activity C.jobject) error {
		C.portal_stop_locating(env, activity)
		return nil
	})
}

func openedWith() (address string) {
	_ = call(func(env *C.JNIEnv, activity C.jobject) error {
		if s := C.portal_opened_with(env, activity); s != nil {
			address = taken(s)
		}
		return nil
	})
	return address
}

func askToNotify() {
	_ = call(func(env *C.JNIEnv, activity C.jobject) error {
		C.portal_ask_to_notify(env, activity)
		return nil
	})
}

// keyStore is Android's own: its keys never leave it.
type keyStore struct{}

func systemSealer() sealer { return keyStore{} }

func (keyStore) seal(name string, plain []byte) ([]byte, error) {
	return transform(name, plain, func(env *C.JNIEnv, alias *C.char, in *C.uchar, n C.int, out *C.int) *C.uchar {
		return C.portal_seal(env, alias, in, n, out)
	})
}

func (keyStore) open(name string, sealed []byte) ([]byte, error) {
	return transform(name, sealed, func(env *C.JNIEnv, alias *C.char, in *C.uchar, n C.int, out *C.int) *C.uchar {
		return C.portal_open(env, alias, in, n, out)
	})
}

func (keyStore) forget(name string) error {
	return call(func(env *C.JNIEnv, _ C.jobject) error {
		alias := C.CString(aliasOf(name))
		defer C.free(unsafe.Pointer(alias))
		if C.portal_forget(env, alias) == 0 {
			return fmt.Errorf("the phone's key store does not let go of %s", name)
		}
		return nil
	})
}

func aliasOf(name string) string { return "portal." + name }

func transform(name string, in []byte, do func(*C.JNIEnv, *C.char, *C.uchar, C.int, *C.int) *C.uchar) (result []byte, err error) {
	err = call(func(env *C.JNIEnv, _ C.jobject) error {
		alias, bytes := C.CString(aliasOf(name)), C.CBytes(in)
		defer C.free(unsafe.Pointer(alias))
		defer C.free(bytes)
		var n C.int
		out := do(env, alias, (*C.uchar)(bytes), C.int(len(in)), &n)
		if out == nil {
			return fmt.Errorf("the phone's key store fails on %s", name)
		}
		defer C.free(unsafe.Pointer(out))
		result = C.GoBytes(unsafe.Pointer(out), n)
		return nil
	})
	return result, err
}

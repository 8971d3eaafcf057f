package mobile

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"github.com/citizens-portal/portal/sdk"
)

// usualWait is how long a call may take when its caller does not say.
const usualWait = 30 * time.Second

// Options of [Open]. Dir is needed, and Server the first time.
type Options struct {
	// Dir is a folder of the program's own, such as Context.getFilesDir() or
	// Application Support; it is made if need be. It belongs to one server.
	Dir string
	// Server is the portal's address, e.g. "https://portal.example".
	Server string
	// Client names the program and its version, e.g. "kitaab/2.1".
	Client string
	// DeviceName is what people see in their list of devices.
	DeviceName string
	// Offline opens no connection.
	Offline bool
}

// Portal is an open folder and the way to its server. It may be used from
// several threads.
type Portal struct {
	client *sdk.Client
	ctx    context.Context // of everything that runs, until Close
	stop   context.CancelFunc

	mu     sync.Mutex
	closed bool
	under  sync.WaitGroup // calls and jobs under way
}

// Open opens or makes the folder. It makes no connection. One program at a time
// can have a folder open.
func Open(o *Options) (*Portal, error) {
	if o == nil {
		return nil, missing("options")
	}
	return guarded(func() (*Portal, error) {
		ctx, stop := context.WithCancel(context.Background())
		client, err := sdk.Open(ctx, sdk.Config{Dir: o.Dir, BaseURL: o.Server, Client: o.Client, DeviceName: o.DeviceName, Offline: o.Offline})
		if err != nil {
			stop()
			return nil, err
		}
		return &Portal{client: client, ctx: ctx, stop: stop}, nil
	})
}

// Close ends every call and job, waits for them, and lets go of the folder. It
// must not be called by a [Listener], which it waits for too. Closing twice does
// nothing.
func (p *Portal) Close() error {
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return nil
	}
	p.closed = true
	p.mu.Unlock()
	p.stop()
	p.under.Wait()
	_, err := guarded(func() (struct{}, error) { return struct{}{}, p.client.Close() })
	return err
}

// Server is the address that the folder belongs to.
func (p *Portal) Server() string { return p.client.Server() }

// Accounts signs people in and out.
func (p *Portal) Accounts() *Accounts { return &Accounts{p} }

// Complaints is writing, filing, following, deciding.
func (p *Portal) Complaints() *Complaints { return &Complaints{p} }

// Directory is the public knowledge: places and categories.
func (p *Portal) Directory() *Directory { return &Directory{p} }

// Sync brings what was written to the server and news to the device.
func (p *Portal) Sync() *Sync { return &Sync{p} }

var (
	errClosed = errors.New("the portal was closed")
	errBug    = errors.New("a fault in the program")
)

// begin counts something that uses the folder; done must follow.
func (p *Portal) begin() (done func(), err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return nil, errClosed
	}
	p.under.Add(1)
	return p.under.Done, nil
}

// call runs one call of the host, for at most so long.
func call[T any](p *Portal, timeoutMillis int64, do func(ctx context.Context) (T, error)) (out T, err error) {
	done, err := p.begin()
	if err != nil {
		return out, err
	}
	defer done()
	wait := usualWait
	if timeoutMillis > 0 {
		wait = time.Duration(timeoutMillis) * time.Millisecond
	}
	ctx, cancel := context.WithTimeout(p.ctx, wait)
	defer cancel()
	return guarded(func() (T, error) { return do(ctx) })
}

// perform is call for what has no result.
func perform(p *Portal, timeoutMillis int64, do func(ctx context.Context) error) error {
	_, err := call(p, timeoutMillis, func(ctx context.Context) (struct{}, error) { return struct{}{}, do(ctx) })
	return err
}

// guarded makes an error of a panic, which would end the host's process.
func guarded[T any](do func() (T, error)) (out T, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%w: %v\n%s", errBug, r, debug.Stack())
		}
	}()
	return do()
}

// missing is the error of a value that the host left out.
func missing(what string) error {
	return &sdk.Error{Kind: sdk.ErrInvalid, Cause: errors.New(what + " must be given")}
}

// millis is a moment for the host.
func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

package sms

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"
)

// File is the development gateway: it appends each message to a file as one
// JSON line {"to","text","time"}. Several processes may share the file.
type File struct {
	path string
	now  func() time.Time
	mu   sync.Mutex
}

// OpenFile makes the file, readable by its owner only, or takes the one there
// is and closes it to others.
func OpenFile(path string, now func() time.Time) (*File, error) {
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("SMS file: %w", err)
	}
	if err := errors.Join(f.Chmod(0o600), f.Close()); err != nil {
		return nil, fmt.Errorf("SMS file: %w", err)
	}
	return &File{path: path, now: now}, nil
}

type fileLine struct {
	To   string    `json:"to"`
	Text string    `json:"text"`
	Time time.Time `json:"time"`
}

// Send appends the message and syncs the file. One write of one line with
// O_APPEND keeps lines of several processes whole.
func (g *File) Send(_ context.Context, m Message) error {
	line, err := json.Marshal(fileLine{m.To, m.Text, g.now().UTC()})
	if err != nil {
		return fmt.Errorf("SMS file: %w", err)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	f, err := os.OpenFile(g.path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("SMS file: %w", err)
	}
	_, err = f.Write(append(line, '\n'))
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("SMS file: %w", err)
	}
	return nil
}

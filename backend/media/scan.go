package media

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"github.com/citizens-portal/portal/backend/portal"
)

// Scanner looks for malware; threat is empty when it found none.
type Scanner interface {
	Scan(ctx context.Context, content io.Reader) (threat string, err error)
}

// Clamd is a scanner that asks a ClamAV daemon with its INSTREAM command.
type Clamd struct {
	network, address string
	// Timeout of a whole scan; 30 s when zero.
	Timeout time.Duration
}

// ParseClamd reads where the daemon listens: unix:/path or tcp:host:port.
func ParseClamd(where string) (*Clamd, error) {
	network, address, ok := strings.Cut(where, ":")
	if !ok || address == "" || (network != "unix" && network != "tcp") {
		return nil, portal.Invalid("clamd", "clamd_shape", "%q is not a place: write unix:/run/clamav/clamd.ctl or tcp:127.0.0.1:3310", where)
	}
	return &Clamd{network: network, address: address}, nil
}

// clamdPiece is how much goes to the daemon at a time.
const clamdPiece = 64 << 10

// Scan implements Scanner.
func (c *Clamd) Scan(ctx context.Context, content io.Reader) (string, error) {
	timeout := c.Timeout
	if timeout <= 0 {
		timeout = 30 * time.Second
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	var d net.Dialer
	conn, err := d.DialContext(ctx, c.network, c.address)
	if err != nil {
		return "", err
	}
	defer func() { _ = conn.Close() }()                         // what was said was read, or is an error
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() }) // ends reads and writes
	defer stop()
	if err := instream(conn, content); err != nil {
		return "", err
	}
	reply, err := io.ReadAll(io.LimitReader(conn, 4096))
	if err != nil {
		return "", err
	}
	return verdict(string(reply))
}

// instream sends the content as the daemon wants it: pieces with their length
// before them, a piece of length 0 at the end.
func instream(w io.Writer, content io.Reader) error {
	if _, err := io.WriteString(w, "zINSTREAM\x00"); err != nil {
		return err
	}
	piece := make([]byte, 4+clamdPiece)
	for {
		n, err := io.ReadFull(content, piece[4:])
		if n > 0 {
			binary.BigEndian.PutUint32(piece, uint32(n))
			if _, err := w.Write(piece[:4+n]); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			break
		}
		if err != nil {
			return err
		}
	}
	_, err := w.Write([]byte{0, 0, 0, 0})
	return err
}

func verdict(reply string) (string, error) {
	said := strings.TrimSpace(strings.TrimRight(reply, "\x00"))
	said = strings.TrimPrefix(said, "stream: ")
	threat, found := strings.CutSuffix(said, " FOUND")
	switch {
	case said == "OK":
		return "", nil
	case found && threat != "":
		return threat, nil
	}
	return "", fmt.Errorf("clamd said %q", said)
}

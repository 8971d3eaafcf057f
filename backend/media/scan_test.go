package media_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"path/filepath"
	"testing"
	"time"

	"github.com/citizens-portal/portal/backend/media"
	"github.com/citizens-portal/portal/backend/portal"
)

// eicar stands for malware, as agreed among scanners (here in two parts, so
// that no scanner minds this file).
var eicar = []byte(`X5O!P%@AP[4\PZX54(P^)7CC)7}$` + `EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*`)

// fakeClamd speaks INSTREAM on a socket and finds eicar.
func fakeClamd(t *testing.T, network, address string, answer func(content []byte) string) net.Listener {
	t.Helper()
	l, err := net.Listen(network, address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				content, ok := readInstream(c)
				if !ok {
					_, _ = io.WriteString(c, "UNKNOWN COMMAND\x00")
					return
				}
				_, _ = io.WriteString(c, answer(content)+"\x00")
			}()
		}
	}()
	return l
}

func readInstream(r io.Reader) ([]byte, bool) {
	command := make([]byte, len("zINSTREAM\x00"))
	if _, err := io.ReadFull(r, command); err != nil || string(command) != "zINSTREAM\x00" {
		return nil, false
	}
	var content []byte
	for {
		var n uint32
		if err := binary.Read(r, binary.BigEndian, &n); err != nil {
			return nil, false
		}
		if n == 0 {
			return content, true
		}
		piece := make([]byte, n)
		if _, err := io.ReadFull(r, piece); err != nil {
			return nil, false
		}
		content = append(content, piece...)
	}
}

func finds(content []byte) string {
	if bytes.Contains(content, eicar) {
		return "stream: Eicar-Signature FOUND"
	}
	return "stream: OK"
}

func TestClamd(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "clamd.ctl")
	fakeClamd(t, "unix", socket, finds)
	l := fakeClamd(t, "tcp", "127.0.0.1:0", finds)
	for _, where := range []string{"unix:" + socket, "tcp:" + l.Addr().String()} {
		c, err := media.ParseClamd(where)
		if err != nil {
			t.Fatal(err)
		}
		large := bytes.Repeat([]byte("harmless "), 30_000)
		if threat, err := c.Scan(t.Context(), bytes.NewReader(large)); threat != "" || err != nil {
			t.Errorf("%s: %q %v", where, threat, err)
		}
		if threat, err := c.Scan(t.Context(), bytes.NewReader(append(large, eicar...))); threat != "Eicar-Signature" || err != nil {
			t.Errorf("%s: %q %v", where, threat, err)
		}
	}
	for _, bad := range []string{"", "unix:", "http:x", "/run/clamd"} {
		if _, err := media.ParseClamd(bad); !errors.Is(err, portal.ErrInvalid) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

// TestClamdFails: what is no clear word counts as no word.
func TestClamdFails(t *testing.T) {
	for name, answer := range map[string]string{"limit": "INSTREAM size limit exceeded. ERROR", "nothing": "", "odd": "stream:  FOUND"} {
		l := fakeClamd(t, "tcp", "127.0.0.1:0", func([]byte) string { return answer })
		c, err := media.ParseClamd("tcp:" + l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		if threat, err := c.Scan(t.Context(), bytes.NewReader(eicar)); err == nil {
			t.Errorf("%s: %q passes", name, threat)
		}
	}
	hangs, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer hangs.Close()
	c, err := media.ParseClamd("tcp:" + hangs.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	c.Timeout = 50 * time.Millisecond
	if _, err := c.Scan(t.Context(), bytes.NewReader(eicar)); err == nil {
		t.Error("silence passes")
	}
}

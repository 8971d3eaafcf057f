// Package server puts the backend together: Config in, running server out. The
// portald command and the tests use the same New; a Go program may embed it.
//
// It alone knows which store it runs on. It must never hold a rule of its own.
//
// Start reading at Open (everything but the network), then Server.Serve.
package server

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/citizens-portal/portal/backend/feed"
	"github.com/citizens-portal/portal/backend/portal"
	"github.com/citizens-portal/portal/backend/store"
)

// Config says how to run. The zero value of each field but DataDir works.
type Config struct {
	// DataDir holds keys, files, the admin socket and the embedded store.
	DataDir string
	// DSN, when set, is a PostgreSQL connection string and replaces the embedded
	// store.
	DSN string
	// DSNFile is a file, mode 0600, with the DSN: a password on a command line can
	// be read by everybody on the machine.
	DSNFile string
	// KeysFile replaces DataDir/keys.json, so that several nodes share it.
	KeysFile string

	// Addr to listen on; "127.0.0.1:8080" by default.
	Addr            string
	TLSCert, TLSKey string
	// TrustedProxy is the network (CIDR) of a proxy whose X-Forwarded-For and
	// TLS are believed.
	TrustedProxy string

	// Demo seeds marked synthetic data and lets time be set ahead. SMSFile
	// appends each SMS to a file. Both need a loopback address.
	Demo    bool
	SMSFile string
	// SMSConfig is the file that describes an operator's HTTP interface.
	SMSConfig string

	// FilesConfig is the file (JSON) that names an S3 bucket for attachments,
	// which nodes may share; without it they lie in DataDir/files.
	FilesConfig string
	// Clamd is where a malware scanner listens: unix:/path or tcp:host:port.
	Clamd string

	// ComplaintsPerDay is how many complaints one account may file in 24 hours;
	// 100 by default, below 0 no limit. What is over waits on the phone.
	ComplaintsPerDay int
	// Keep is how much of the feeds is kept; feed.Kept by default.
	Keep feed.Retention
	// MetricsFrom is the network (CIDR) that may read /metrics beside this
	// machine itself.
	MetricsFrom string

	// WitnessesFile lists the verifier keys of those who cosign the transparency
	// log's checkpoints, one a line.
	WitnessesFile string
	// SequenceEvery is how often events get their places in the log; 5 s by
	// default.
	SequenceEvery time.Duration

	// SweepEvery is how often due cases are looked for; 20 s by default.
	SweepEvery time.Duration
	// DrainFor is how long a shutdown waits for running requests; 20 s.
	DrainFor time.Duration

	Version string
	Log     *slog.Logger
	Now     func() time.Time // time.Now
	Rand    io.Reader        // crypto/rand
	// Wrap, when set, stands between the use cases and the store: tests make it
	// fail or misbehave there.
	Wrap func(store.Store) store.Store
}

// ErrLoopback means that something meant for development was asked for on an
// address that others can reach.
var ErrLoopback = errors.New("only on a loopback address such as 127.0.0.1")

func (c Config) withDefaults() (Config, error) {
	if c.DataDir == "" {
		return c, portal.Invalid("data", "data_missing", "name a folder for keys, files and the embedded store with --data DIR")
	}
	if c.Keep == (feed.Retention{}) {
		c.Keep = feed.Kept()
	}
	if c.Addr == "" {
		c.Addr = "127.0.0.1:8080"
	}
	if c.ComplaintsPerDay == 0 {
		c.ComplaintsPerDay = 100
	}
	if c.SweepEvery <= 0 {
		c.SweepEvery = 20 * time.Second
	}
	if c.DrainFor <= 0 {
		c.DrainFor = 20 * time.Second
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Rand == nil {
		c.Rand = rand.Reader
	}
	if c.DSNFile != "" {
		if c.DSN != "" {
			return c, portal.Invalid("dsn-file", "dsn_twice", "give --dsn or --dsn-file")
		}
		var err error
		if c.DSN, err = readSecret(c.DSNFile); err != nil {
			return c, err
		}
		c.DSNFile = ""
	}
	if c.DSN != "" && !strings.HasPrefix(c.DSN, "postgres://") && !strings.HasPrefix(c.DSN, "postgresql://") {
		return c, portal.Invalid("dsn", "dsn_shape", "write postgres://USER@HOST/DATABASE") // what was written may hold a password
	}
	if (c.TLSCert == "") != (c.TLSKey == "") {
		return c, portal.Invalid("tls-cert", "tls_pair", "--tls-cert and --tls-key go together")
	}
	return c, c.checkAddress()
}

// readSecret reads a file with one secret, which only its owner may read.
func readSecret(file string) (string, error) {
	info, err := os.Stat(file)
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrFile, err)
	}
	if mode := info.Mode().Perm(); mode&0o007 != 0 && runtime.GOOS != "windows" { // which has no such bits
		return "", fmt.Errorf("%w: others on this machine can read %s (mode %04o): chmod 600 %s", ErrFile, file, mode, file)
	}
	raw, err := os.ReadFile(file)
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrFile, err)
	}
	secret := strings.TrimSpace(string(raw))
	if secret == "" {
		return "", fmt.Errorf("%w: %s is empty", ErrFile, file)
	}
	return secret, nil
}

// checkAddress keeps what is meant for development, and plain HTTP, off the
// network.
func (c Config) checkAddress() error {
	host, port, err := net.SplitHostPort(c.Addr)
	if err == nil {
		_, err = strconv.ParseUint(port, 10, 16)
	}
	if err != nil {
		return portal.Invalid("addr", "addr_shape", "%q is not HOST:PORT: use for example 127.0.0.1:8080", c.Addr)
	}
	local := host == "localhost" || net.ParseIP(strings.Trim(host, "[]")).IsLoopback()
	switch {
	case local:
		return nil
	case c.Demo:
		return fmt.Errorf("--demo: %w", ErrLoopback)
	case c.SMSFile != "":
		return fmt.Errorf("--sms-file: %w", ErrLoopback)
	case c.TLSCert == "" && c.TrustedProxy == "":
		return fmt.Errorf("plain HTTP without --tls-cert and --tls-key, or --trusted-proxy CIDR: %w", ErrLoopback)
	}
	return nil
}

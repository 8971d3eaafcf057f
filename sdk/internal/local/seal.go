package local

import (
	"crypto/cipher"
	"fmt"
	"io"

	"golang.org/x/crypto/chacha20poly1305"
)

// keyBytes is the length of a sealing key.
const keyBytes = chacha20poly1305.KeySize

// sealVersion is the first byte of every sealed value, so that another
// algorithm can follow one day.
const sealVersion = 1

// sealer encrypts values under one key. Where a value lies is part of what is
// authenticated: a value moved elsewhere does not open.
type sealer struct {
	aead cipher.AEAD
	rand io.Reader
}

func newSealer(key []byte, rand io.Reader) (*sealer, error) {
	aead, err := chacha20poly1305.NewX(key)
	if err != nil {
		return nil, fmt.Errorf("sealing key: %w", err)
	}
	return &sealer{aead: aead, rand: rand}, nil
}

// seal gives version ‖ nonce ‖ ciphertext.
func (s *sealer) seal(place string, plain []byte) ([]byte, error) {
	nonce := make([]byte, s.aead.NonceSize())
	if _, err := io.ReadFull(s.rand, nonce); err != nil {
		return nil, fmt.Errorf("random nonce: %w", err)
	}
	out := make([]byte, 0, 1+len(nonce)+len(plain)+s.aead.Overhead())
	out = append(append(out, sealVersion), nonce...)
	return s.aead.Seal(out, nonce, plain, []byte(place)), nil
}

// open gives the plain bytes back, or ErrDamaged.
func (s *sealer) open(place string, sealed []byte) ([]byte, error) {
	head := 1 + s.aead.NonceSize()
	if len(sealed) < head || sealed[0] != sealVersion {
		return nil, fmt.Errorf("%s: %w", place, ErrDamaged)
	}
	plain, err := s.aead.Open(nil, sealed[1:head], sealed[head:], []byte(place))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", place, ErrDamaged)
	}
	return plain, nil
}

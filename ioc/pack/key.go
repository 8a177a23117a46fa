package pack

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
)

// Keys are kept as a line of text:
//
//	iocpack-private-key-1 base64 of the 32 bytes of the seed
//	iocpack-public-key-1 base64 of the 32 bytes of the key
const (
	privateWord = "iocpack-private-key-1"
	publicWord  = "iocpack-public-key-1"
)

// NewKey makes a key to sign packs with.
func NewKey() (ed25519.PrivateKey, error) {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	return key, err
}

// PrivateText is the line that ParsePrivate reads.
func PrivateText(key ed25519.PrivateKey) string {
	return privateWord + " " + base64.StdEncoding.EncodeToString(key.Seed()) + "\n"
}

// PublicText is the line that ParsePublic reads.
func PublicText(key ed25519.PublicKey) string { return publicWord + " " + KeyID(key) + "\n" }

// KeyID is a public key as people compare it.
func KeyID(key ed25519.PublicKey) string { return base64.StdEncoding.EncodeToString(key) }

// ParsePrivate reads the key that signs. Its errors do not show the text.
func ParsePrivate(text string) (ed25519.PrivateKey, error) {
	b, err := parseKey(text, privateWord, "private")
	if err != nil {
		return nil, err
	}
	return ed25519.NewKeyFromSeed(b), nil
}

// ParsePublic reads the key that verifies.
func ParsePublic(text string) (ed25519.PublicKey, error) {
	b, err := parseKey(text, publicWord, "public")
	return b, err
}

func parseKey(text, word, name string) ([]byte, error) {
	fields := strings.Fields(text)
	if len(fields) == 2 && fields[0] != word && (fields[0] == privateWord || fields[0] == publicWord) {
		return nil, fmt.Errorf("the other half of a key: want the %s one", name)
	}
	if len(fields) != 2 || fields[0] != word {
		return nil, fmt.Errorf("no %s key: want a line that begins with %s", name, word)
	}
	b, err := base64.StdEncoding.DecodeString(fields[1])
	if err != nil || len(b) != 32 {
		return nil, errors.New("damaged key")
	}
	return b, nil
}

// Package pack reads and writes packs: a list of indicators, with their details and
// places, in one compressed file that can be signed.
//
// The same indicators and sources give the same bytes. A pack is read whole or
// not at all: everything in it has a checksum, and is checked beyond that, since anyone
// can make a pack. It is not readable as text, so that a virus scanner on an
// investigator's machine does not take it for malware.
//
// Where to start reading: the format below, then write.go and read.go; key.go has the
// files of keys. What the parts of a list look like is said at [ioc.Part].
//
// # Format
//
// Numbers are little-endian. Version 1 is
//
//	offset  bytes
//	     0      8  magic: 89 49 50 4b 0d 0a 1a 0a
//	     8      4  version
//	    12      4  number of sections
//	    16     32  public key of who signed, ed25519; zero where nobody did
//	    48     64  signature of the text "iocpack 1\n" and the digest; or zero
//	   112     32  digest: SHA-256 of the first 16 bytes and the directory
//	   144         directory: 48 bytes for each section
//	               sections, in the same order and with nothing between them
//
// and an entry of the directory
//
//	 0      1  part: 0 is the info, others are those of [ioc.Part], ascending;
//	           those of the hosts are 16 more, and follow
//	 1      1  how it is packed: 0 not, 1 with zstd
//	 2      2  zero
//	 4      4  number of items
//	 8      4  bytes in the file
//	12      4  bytes unpacked
//	16     32  SHA-256 of the bytes in the file
//
// so that the signature covers everything. The bytes of section n, counted from
// 0, are hidden: its i-th 8 bytes, from 0, have been combined by exclusive or
// with mix(0x696f637061636b31 + n<<32 + i), where mix is
//
//	x ^= x >> 30; x *= 0xbf58476d1ce4e5b9; x ^= x >> 27; x *= 0x94d049bb133111eb; x ^= x >> 31
//
// This keeps no secret. Hosts are another list: what the URLs of the sources
// give beside the indicators, for those who want it. A pack without them has
// none of its sections.
//
// Section 0, and only that, is the info, whose items are the sources. It has the
// number of indicators of each type (ip, ip:port, cidr, domain, url, hash; 8
// bytes each) and then of each source, as varints of encoding/binary
// and texts with their length before them: path, kind, SHA-256 of the file (32
// bytes), its size, and how many entries of it were taken, merged, skipped and
// rejected.
package pack

import (
	"bytes"
	"crypto/ed25519"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/iocsweep/iocsweep/ioc"
)

// Version is that of the packs that Write writes, and the newest that Read
// reads.
const Version = 1

const magic = "\x89IPK\r\n\x1a\n"

const (
	headLen  = 144
	entryLen = 48

	// maxSections is enough for a list that is full.
	maxSections = 1 << 20
	// maxSection bounds a section unpacked, in bytes.
	maxSection = 1 << 28
)

// maxUnpacked is how many bytes a section of stored bytes may unpack to at most, so that a
// small file cannot ask for much memory. Write does not pack a section that would become
// smaller than that allows, as only a list made of repetitions does.
func maxUnpacked(stored int) int { return min(1<<10+16*stored, maxSection) }

const signedText = "iocpack 1\n"

// A Source is a file whose indicators are in a pack.
type Source struct {
	Path string
	Kind string // of feed
	Sum  [32]byte
	Size int64 // in bytes

	Taken, Merged, Skipped, Rejected int // entries, as feed.Report has them
}

// A Pack is what Read reads.
type Pack struct {
	Version int
	Counts  [6]int // of indicators, by ioc.Type
	Sources []Source
	Signer  ed25519.PublicKey // whose signature it bears; nil where nobody signed it

	List  *ioc.List
	Hosts *ioc.List // of the URLs of its sources, which are not in List; nil for none
	// Doubtful are the numbers of the indicators that only ioc.ParseBroad
	// takes, or that have warnings; others can be among them.
	Doubtful []uint32
}

// Errors that are not damage.
var (
	ErrVersion  = errors.New("made by a newer version")
	ErrUnsigned = errors.New("not signed")
	ErrSigner   = errors.New("signed with another key")
)

// Is reports whether a file that begins with head is a pack.
func Is(head []byte) bool { return bytes.HasPrefix(head, []byte(magic)) }

// An entry is the entry of a section in the directory.
type entry struct {
	part   ioc.Part // partInfo or one of a list
	packed bool
	items  int
	stored int
	raw    int
	sum    [32]byte
}

// partInfo is not one of a list's parts. Those from partHosts on are of the
// list of hosts.
const (
	partInfo  ioc.Part = 0
	partHosts ioc.Part = 16
)

// ofHosts returns which part of a list a part is, and whether that is the list of hosts.
func ofHosts(p ioc.Part) (list ioc.Part, hosts bool) {
	if p > partHosts {
		return p - partHosts, true
	}
	return p, false
}

// partName is a part as errors name it.
func partName(p ioc.Part) string {
	list, hosts := ofHosts(p)
	if hosts {
		return "hosts: " + list.String()
	}
	return list.String()
}

func (e *entry) append(dst []byte) []byte {
	packed := byte(0)
	if e.packed {
		packed = 1
	}
	dst = append(dst, byte(e.part), packed, 0, 0)
	for _, n := range [...]int{e.items, e.stored, e.raw} {
		dst = binary.LittleEndian.AppendUint32(dst, uint32(n))
	}
	return append(dst, e.sum[:]...)
}

// parse reads an entry that follows one of the part after.
func (e *entry) parse(b []byte, after ioc.Part) error {
	*e = entry{part: ioc.Part(b[0]), packed: b[1] == 1, items: int(binary.LittleEndian.Uint32(b[4:])),
		stored: int(binary.LittleEndian.Uint32(b[8:])), raw: int(binary.LittleEndian.Uint32(b[12:])), sum: [32]byte(b[16:])}
	list, _ := ofHosts(e.part)
	switch {
	case list > ioc.PartRecords || e.part < after || b[1] > 1 || b[2] != 0 || b[3] != 0:
		return errors.New("of no known kind, or out of order")
	case e.packed && e.raw > maxUnpacked(e.stored), e.raw > maxSection, !e.packed && e.raw != e.stored:
		return fmt.Errorf("%d bytes unpack to %d", e.stored, e.raw)
	}
	return nil
}

// hide combines the bytes of a section with those that hide them. A second time brings
// them back.
func hide(section int, b []byte) {
	x := 0x696f637061636b31 + uint64(section)<<32
	for ; len(b) >= 8; b = b[8:] {
		binary.LittleEndian.PutUint64(b, binary.LittleEndian.Uint64(b)^mix(x))
		x++
	}
	var last [8]byte
	binary.LittleEndian.PutUint64(last[:], mix(x))
	for i := range b {
		b[i] ^= last[i]
	}
}

func mix(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

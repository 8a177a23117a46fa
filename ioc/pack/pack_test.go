package pack

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/iocsweep/iocsweep/ioc"
)

var testKey = ed25519.NewKeyFromSeed(bytes.Repeat([]byte{7}, 32))

// testList has n indicators of each kind of detail and place.
func testList(t testing.TB, n int) *ioc.List {
	t.Helper()
	l := new(ioc.List)
	for k := range n {
		for _, text := range []string{"host%d.evil.example", "9.9.%d.7:4444", "2a0e::%d", "9.%d.0.0/16", "cnc%d.example"} {
			i, err := ioc.Parse(fmt.Sprintf(text, k))
			if err != nil {
				t.Fatal(err)
			}
			i.Feeds = []string{fmt.Sprintf("first-feed.csv:%d", l.Len()+1)}
			if k%3 == 0 {
				i.Details = ioc.Details{ThreatType: "botnet_cc", Malware: "MiraiVariant", Confidence: k, Compromised: 1, Tags: []string{"elf-loader", "mips"},
					FirstSeen: ioc.Day(time.Unix(1_700_000_000, 0)), ValidUntil: ioc.Instant(time.Unix(1_800_000_000+int64(k), 5))}
				i.Feeds = append(i.Feeds, "second-feed.txt:7", "elsewhere")
			}
			l.Add(&i)
		}
	}
	return l
}

var testSources = []Source{{Path: "first-feed.csv", Kind: "threatfox-csv", Sum: [32]byte{1, 2}, Size: 12345, Taken: 5, Merged: 1, Skipped: 2, Rejected: 3},
	{Path: "second-feed.txt", Kind: "list"}}

func written(t testing.TB, l *ioc.List, key ed25519.PrivateKey) []byte {
	t.Helper()
	return packedWith(t, l, nil, key)
}

func TestRoundTrip(t *testing.T) {
	for _, n := range []int{0, 1, 40, 250} {
		l := testList(t, n)
		want := slices.Collect(l.All())
		data := written(t, l, nil)
		for _, procs := range []int{1, 4} {
			was := runtime.GOMAXPROCS(procs)
			if !bytes.Equal(written(t, testList(t, n), nil), data) {
				t.Errorf("%d: other bytes with %d processors", n, procs)
			}
			p, err := Read(iotest.OneByteReader(bytes.NewReader(data)), nil)
			runtime.GOMAXPROCS(was)
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(slices.Collect(p.List.All()), want) || !reflect.DeepEqual(p.Sources, testSources) || p.Version != Version || p.Signer != nil {
				t.Errorf("%d: another pack: %+v", n, p)
			}
			if !bytes.Equal(written(t, p.List, nil), data) {
				t.Errorf("%d: written again, other bytes", n)
			}
		}
	}
}

// packedWith writes a list with hosts.
func packedWith(t testing.TB, l, hosts *ioc.List, key ed25519.PrivateKey) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := Write(&b, l, hosts, testSources, key); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// Hosts are a list of their own, which a pack need not have.
func TestHosts(t *testing.T) {
	l, hosts := testList(t, 3), testList(t, 40)
	data := packedWith(t, l, hosts, testKey)
	p, err := Read(bytes.NewReader(data), testKey.Public().(ed25519.PublicKey))
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(slices.Collect(p.List.All()), slices.Collect(l.All())) || !reflect.DeepEqual(slices.Collect(p.Hosts.All()), slices.Collect(hosts.All())) {
		t.Error("other lists")
	}
	if !bytes.Equal(packedWith(t, p.List, p.Hosts, testKey), data) {
		t.Error("written again, other bytes")
	}
	if !bytes.Equal(packedWith(t, l, new(ioc.List), nil), written(t, l, nil)) {
		t.Error("no hosts are written otherwise than an empty list of them")
	}
	if p, err := Read(bytes.NewReader(written(t, l, nil)), nil); err != nil || p.Hosts != nil {
		t.Errorf("hosts of a pack without: %v, %v", p.Hosts, err)
	}
	// The hosts do not come before the list, and damage in them is told apart.
	sections := int(binary.LittleEndian.Uint32(data[12:]))
	last := headLen + (sections-1)*entryLen
	for _, c := range []struct {
		at   int
		to   byte
		want string
	}{
		{last, 16, "of no known kind"}, {last, 22, "of no known kind"}, {headLen + entryLen, 17, "of no known kind, or out of order"},
		{len(data) - 1, data[len(data)-1] ^ 1, "(hosts: records): damaged"},
	} {
		bad := slices.Clone(data)
		bad[c.at] = c.to
		clear(bad[16:112])
		digest := digestOf(bad, bad[headLen:headLen+sections*entryLen])
		copy(bad[112:], digest[:])
		if _, err := Read(bytes.NewReader(bad), nil); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("byte %d: %v, want %s", c.at, err, c.want)
		}
	}
}

// Nothing that stands in a pack can be found in its bytes.
func TestHidden(t *testing.T) {
	for _, n := range []int{1, 40} { // too small to be compressed, and compressed
		l := testList(t, n)
		data := written(t, l, testKey)
		texts := []string{"first-feed", "second-feed", "elsewhere", "MiraiVariant", "botnet_cc", "elf-loader", "threatfox-csv", ".example"}
		for i := range l.All() {
			texts = append(texts, i.Value)
			if a := i.Prefix.Addr(); a.IsValid() && a.Is6() {
				texts = append(texts, string(a.AsSlice()))
			}
		}
		for _, text := range texts {
			if bytes.Contains(data, []byte(text)) {
				t.Errorf("%q is in the bytes", text)
			}
		}
	}
}

// A changed byte is an error, wherever it is, with a signature and without. So
// is a byte less or more.
func TestTampered(t *testing.T) {
	for _, key := range []ed25519.PrivateKey{nil, testKey} {
		data := written(t, testList(t, 3), key)
		if _, err := Read(bytes.NewReader(data), nil); err != nil {
			t.Fatal(err)
		}
		for at := range data {
			for _, bit := range []byte{1, 0x80} {
				bad := slices.Clone(data)
				bad[at] ^= bit
				if _, err := Read(bytes.NewReader(bad), nil); err == nil {
					t.Errorf("byte %d of %d changed: no error", at, len(data))
				}
			}
			if _, err := Read(bytes.NewReader(data[:at]), nil); err == nil {
				t.Errorf("cut to %d bytes: no error", at)
			}
		}
		if _, err := Read(bytes.NewReader(append(data, 0)), nil); err == nil {
			t.Error("a byte more: no error")
		}
	}
}

func TestSigned(t *testing.T) {
	l := testList(t, 3)
	other := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{8}, 32))
	public := func(k ed25519.PrivateKey) ed25519.PublicKey { return k.Public().(ed25519.PublicKey) }
	signed, unsigned := written(t, l, testKey), written(t, l, nil)
	stolen := slices.Clone(unsigned)
	copy(stolen[16:48], public(testKey))
	moved := slices.Clone(written(t, testList(t, 4), nil))
	copy(moved[16:112], signed[16:112])
	for _, c := range []struct {
		name string
		data []byte
		key  ed25519.PublicKey
		want string
	}{
		{"any", signed, nil, ""},
		{"its own", signed, public(testKey), ""},
		{"another", signed, public(other), "signed with another key: " + KeyID(public(testKey))},
		{"none wanted", unsigned, nil, ""},
		{"unsigned", unsigned, public(testKey), "not signed"},
		{"a key without signature", stolen, nil, "not valid"},
		{"that of another pack", moved, public(testKey), "not valid"},
	} {
		p, err := Read(bytes.NewReader(c.data), c.key)
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
		if c.want == "" && c.key != nil && !c.key.Equal(p.Signer) {
			t.Errorf("%s: signer %x", c.name, p.Signer)
		}
	}
	if _, err := Read(bytes.NewReader(unsigned), public(testKey)); !errors.Is(err, ErrUnsigned) {
		t.Error(err)
	}
}

func TestFutureVersion(t *testing.T) {
	data := written(t, testList(t, 1), nil)
	data[8] = 2
	if _, err := Read(bytes.NewReader(data), nil); !errors.Is(err, ErrVersion) || !strings.Contains(err.Error(), "version 2") && !strings.Contains(err.Error(), "has 2") {
		t.Error(err)
	}
}

func TestKeys(t *testing.T) {
	private, public := PrivateText(testKey), PublicText(testKey.Public().(ed25519.PublicKey))
	if k, err := ParsePrivate(private + "\n"); err != nil || !k.Equal(testKey) {
		t.Error(k, err)
	}
	if k, err := ParsePublic(public); err != nil || !k.Equal(testKey.Public()) {
		t.Error(k, err)
	}
	for _, text := range []string{"", "x", private, publicWord, publicWord + " AAAA", publicWord + " !", strings.Repeat("A", 44)} {
		if _, err := ParsePublic(text); err == nil || len(text) > 50 && strings.Contains(err.Error(), text[25:40]) {
			t.Errorf("public %q: %v", text, err)
		}
	}
	if _, err := ParsePrivate(public); err == nil {
		t.Error("a public key signs")
	}
}

// resealed gives a pack the checksums that its bytes have, as its maker could.
func resealed(data []byte) []byte {
	if len(data) < headLen {
		return data
	}
	n := int(binary.LittleEndian.Uint32(data[12:]))
	if n > 100 || headLen+n*entryLen > len(data) {
		return data
	}
	at := headLen + n*entryLen
	for i := range n {
		e := data[headLen+i*entryLen:][:entryLen]
		end := at + int(binary.LittleEndian.Uint32(e[8:]))
		if end < at || end > len(data) { // a number of 32 bits may be negative
			return data
		}
		sum := sha256.Sum256(data[at:end])
		copy(e[16:], sum[:])
		at = end
	}
	clear(data[16:112])
	digest := digestOf(data, data[headLen:headLen+n*entryLen])
	copy(data[112:], digest[:])
	return data
}

// A small file asks for little memory, whatever it says.
func TestSmallFileLittleMemory(t *testing.T) {
	data := written(t, testList(t, 3), nil)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for at := headLen; at < headLen+3*entryLen; at += entryLen {
		for _, field := range []int{4, 8, 12} {
			bad := slices.Clone(data)
			binary.LittleEndian.PutUint32(bad[at+field:], 1<<31-1)
			if _, err := Read(bytes.NewReader(resealed(bad)), nil); err == nil {
				t.Errorf("field %d: no error", field)
			}
			digest := digestOf(bad, bad[headLen:headLen+int(binary.LittleEndian.Uint32(bad[12:]))*entryLen])
			copy(bad[112:], digest[:])
			if _, err := Read(bytes.NewReader(bad), nil); err == nil {
				t.Errorf("field %d: no error", field)
			}
		}
	}
	runtime.ReadMemStats(&after)
	if got := after.TotalAlloc - before.TotalAlloc; got > 64<<20 {
		t.Errorf("%d bytes allocated", got)
	}
}

// FuzzRead reads packs that are damaged, or made to do damage: their checksums
// are right. What can be read can be written, and is then the same.
func FuzzRead(f *testing.F) {
	f.Add(written(f, testList(f, 1), nil), true)
	f.Add(written(f, testList(f, 20), nil), true)
	f.Add(written(f, testList(f, 3), testKey), false)
	f.Add(packedWith(f, testList(f, 1), testList(f, 3), nil), true)
	f.Fuzz(func(t *testing.T, data []byte, reseal bool) {
		if reseal {
			data = resealed(slices.Clone(data))
		}
		p, err := Read(bytes.NewReader(data), nil)
		if err != nil {
			return
		}
		var b bytes.Buffer
		if err := Write(&b, p.List, p.Hosts, p.Sources, nil); err != nil {
			t.Fatal(err)
		}
		again, err := Read(&b, nil)
		if err != nil || !reflect.DeepEqual(slices.Collect(again.List.All()), slices.Collect(p.List.All())) || !reflect.DeepEqual(again.Sources, p.Sources) ||
			(again.Hosts == nil) != (p.Hosts == nil) || p.Hosts != nil && !reflect.DeepEqual(slices.Collect(again.Hosts.All()), slices.Collect(p.Hosts.All())) {
			t.Fatalf("written again: %v", err)
		}
	})
}

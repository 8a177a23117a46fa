package feed

import (
	"bytes"
	"compress/gzip"
	"crypto/ed25519"
	"crypto/sha256"
	"errors"
	"io"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/iocsweep/iocsweep/ioc"
	"github.com/iocsweep/iocsweep/ioc/pack"
)

var packKey = ed25519.NewKeyFromSeed(bytes.Repeat([]byte{1}, 32))

// packOf reads sources and packs them.
func packOf(t testing.TB, sources []Source, o Options, key ed25519.PrivateKey) []byte {
	t.Helper()
	o.ForPack = true
	list, reports, err := Read(sources, o)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := WritePack(&b, list, reports, key); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func exportOf(t testing.TB, l *ioc.List) string {
	t.Helper()
	var b bytes.Buffer
	if err := WriteJSONL(&b, l.All()); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

var packSources = []Source{File("testdata/threatfox.csv"), File("testdata/misp.json"), File("testdata/stix20.json"), File("testdata/list.txt"),
	File("testdata/adblock.txt"), File("testdata/expiring.csv"), File("testdata/openioc.ioc")}

// A pack is what its feeds are, alone and after another feed.
func TestPackOfFeeds(t *testing.T) {
	want, reports, err := Read(packSources, Options{})
	if err != nil {
		t.Fatal(err)
	}
	data := packOf(t, packSources, Options{}, nil)
	if !bytes.Equal(packOf(t, packSources, Options{workers: 3, piece: 7}, nil), data) {
		t.Error("read in pieces, other bytes")
	}
	if !bytes.Equal(packOf(t, []Source{of(string(data))}, Options{}, nil), data) {
		t.Error("a pack of the pack has other bytes")
	}
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	z.Write(data)
	z.Close()
	for _, text := range []string{string(data), zipped.String()} {
		got, packReports, err := Read([]Source{of(text)}, Options{})
		if err != nil {
			t.Fatal(err)
		}
		r := packReports[0]
		if exportOf(t, got) != exportOf(t, want) || r.Kind != "pack" || r.Taken != want.Len() || r.Merged != 0 || r.Oldest.IsZero() {
			t.Errorf("the pack is another list: %+v", r)
		}
		for i, s := range r.Pack.Sources {
			file, err := os.ReadFile(s.Path)
			if err != nil || s.Sum != sha256.Sum256(file) || s.Size != int64(len(file)) || s.Taken != reports[i].Taken {
				t.Errorf("%+v %v", s, err)
			}
		}
		if slices.ContainsFunc(r.Warnings, func(w Reject) bool { return w.Reason == "expired" }) != slices.ContainsFunc(reports[5].Warnings, func(w Reject) bool { return w.Reason == "expired" }) {
			t.Errorf("warnings %v", r.Warnings)
		}
	}

	// In whatever order the two come, it is as if the feeds had come.
	first := of("203.0.113.7\nnew.example\n")
	for _, order := range [][]Source{append([]Source{first}, packSources...), append(slices.Clone(packSources), first)} {
		with, _, err := Read(order, Options{})
		if err != nil {
			t.Fatal(err)
		}
		packed := []Source{first, of(string(data))}
		if order[0].Path != first.Path {
			slices.Reverse(packed)
		}
		got, _, err := Read(packed, Options{})
		if err != nil || exportOf(t, got) != exportOf(t, with) {
			t.Errorf("merged, another list: %v", err)
		}
	}

	// A pack that has no details, and the lists of the filters.
	o := Options{MinConfidence: 80}
	got, _, _ := Read([]Source{of(string(data))}, o)
	filtered, _, _ := Read(packSources, o)
	if filtered.Len() == want.Len() || exportOf(t, got) != exportOf(t, filtered) {
		t.Error("filtered, another list")
	}
}

func TestPackRefused(t *testing.T) {
	public := packKey.Public().(ed25519.PublicKey)
	list := []Source{of("com\nevil.example\nlocalnet\n9.9.9.9\n10.0.0.1\n")}
	signed, unsigned := packOf(t, list, Options{ForceBroad: true}, packKey), packOf(t, list, Options{ForceBroad: true}, nil)
	named := func(path, text string) Source {
		return Source{Path: path, Open: func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(text)), nil }}
	}
	for _, c := range []struct {
		name   string
		source Source
		key    ed25519.PublicKey
		want   error
	}{
		{"signed", of(string(signed)), public, nil},
		{"signed, not asked", of(string(signed)), nil, nil},
		{"unsigned", of(string(unsigned)), public, pack.ErrUnsigned},
		{"list", named("a.txt", "evil.example\n"), public, nil},
		{"list under the name of a pack", named("a.IOCPACK", "evil.example\n"), public, errNoPack},
		{"the same, not asked", named("a.iocpack", "evil.example\n"), nil, nil},
	} {
		_, _, err := Read([]Source{c.source}, Options{VerifyKey: c.key})
		if !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
	}

	// What only ForceBroad takes is refused again, each by its number.
	got, reports, err := Read([]Source{of(string(unsigned))}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	want := []Reject{{1, "com", "single label"}, {3, "localnet", "single label"}}
	if r := reports[0]; got.Len() != 3 || r.Taken != 3 || r.Rejected != 2 || !reflect.DeepEqual(r.Rejects, want) {
		t.Errorf("%+v", r)
	}
	if w := reports[0].Warnings; len(w) != 1 || w[0] != (Reject{5, "10.0.0.1", "special-purpose address: private"}) {
		t.Errorf("%+v", w)
	}
	if got, _, _ := Read([]Source{of(string(unsigned))}, Options{ForceBroad: true}); got.Len() != 5 {
		t.Errorf("%d indicators", got.Len())
	}

	// Damaged, it gives nothing, not what came before the damage.
	signed[len(signed)-1] ^= 1
	got, reports, err = Read([]Source{of(string(signed)), of("other.example\n")}, Options{})
	if err == nil || got.Len() != 1 || reports[0].Taken != 0 || !strings.Contains(err.Error(), "section") {
		t.Errorf("%v: %d indicators, %+v", err, got.Len(), reports[0])
	}
}

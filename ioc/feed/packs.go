package feed

import (
	"bufio"
	"crypto/ed25519"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"github.com/iocsweep/iocsweep/ioc"
	"github.com/iocsweep/iocsweep/ioc/pack"
)

// packFile is what WritePack writes. Its indicators keep the places that they
// had in the feeds of the pack; the lines of what is refused or warned of are
// the numbers that indicators have in the pack.
var packFile = Kind{Name: "pack", Sniff: pack.Is, load: (*reading).pack}

// PackSuffix is how the names of packs end.
const PackSuffix = ".iocpack"

var errNoPack = errors.New("not a pack, and a signed one is wanted")

// mustBePack reports whether a feed which is no pack takes the place of one: whoever
// wants signatures must not be given a list under a pack's name.
func (o *Options) mustBePack(path string) bool {
	return o.VerifyKey != nil && strings.EqualFold(filepath.Ext(path), PackSuffix)
}

// pack reads a pack: all of it, or nothing where it is damaged or not signed as
// it has to be.
func (r *reading) pack(in *bufio.Reader) error {
	p, err := pack.Read(in, r.options.VerifyKey)
	if err != nil {
		return err
	}
	r.report.Pack = p
	r.hosts.addPacked(r, p.Hosts, p.List.Len())
	var refused []int // numbers, ascending
	for _, n := range p.Doubtful {
		i := p.List.At(int(n))
		v := verdict{line: int(n) + 1, value: i.Value}
		if !r.options.ForceBroad && p.List.Broad(int(n)) {
			_, err := ioc.Parse(i.Value)
			v.outcome, v.reason = Rejected, refusal(err)
			r.settle(&v)
			refused = append(refused, int(n))
			r.aside = r.options.ForPack
			continue
		}
		for _, w := range i.Warnings() {
			r.warn(&v, w)
		}
	}
	if len(refused) > 0 && !r.options.ForPack {
		p.List.DeleteFunc(func(n int, _ *ioc.Details) bool {
			_, is := slices.BinarySearch(refused, n)
			return is
		})
	}
	if p.List.HasDetails() {
		for n, d := range p.List.Details() {
			e := Entry{Details: d}
			r.dates.add(&e)
			if !d.ValidUntil.IsZero() && len(r.ends) < maxListed {
				r.ends = append(r.ends, ending{n + 1, p.List.At(n).Value, d.ValidUntil})
			}
		}
	}
	r.added(r.list.Merge(p.List))
	p.List, p.Hosts, p.Doubtful = nil, nil, nil
	return nil
}

// WritePack writes what Read has read, with Options.ForPack, as a pack, which key
// signs unless it is nil. The sources of packs among the feeds stand for these.
func WritePack(w io.Writer, list *ioc.List, reports []Report, key ed25519.PrivateKey) error {
	var sources []pack.Source
	for i := range reports {
		r := &reports[i]
		if r.Pack != nil {
			sources = append(sources, r.Pack.Sources...)
			continue
		}
		sources = append(sources, pack.Source{Path: r.Path, Kind: r.Kind, Sum: r.Sum, Size: r.Size,
			Taken: r.Taken, Merged: r.Merged, Skipped: r.Skipped, Rejected: r.Rejected})
	}
	return pack.Write(w, list, Hosts(reports), sources, key)
}

// Hosts merges what the reports of Read have as Hosts, in the order in which
// Read would have.
func Hosts(reports []Report) *ioc.List {
	all := new(ioc.List)
	for i := range reports {
		if hosts := reports[i].Hosts; hosts != nil {
			for h := range hosts.All() {
				all.Add(&h)
			}
		}
	}
	return all
}

// A summed is a source whose bytes are counted and summed as they are read. It
// is no io.ReaderAt, for what is read elsewhere would not be.
type summed struct {
	r    io.ReadCloser
	hash hash.Hash
	size int64
}

func newSummed(r io.ReadCloser) *summed { return &summed{r: r, hash: sha256.New()} }

func (s *summed) Read(b []byte) (int, error) {
	n, err := s.r.Read(b)
	s.hash.Write(b[:n])
	s.size += int64(n)
	return n, err
}

func (s *summed) Close() error { return s.r.Close() }

// Stat is that of a file, for sizeOf.
func (s *summed) Stat() (fs.FileInfo, error) {
	if f, ok := s.r.(interface{ Stat() (fs.FileInfo, error) }); ok {
		return f.Stat()
	}
	return nil, errors.ErrUnsupported
}

// sum reads on to the end, which not every kind does, and returns the sum of
// all.
func (s *summed) sum() (sum [32]byte, size int64, err error) {
	if _, err := io.Copy(io.Discard, s); err != nil {
		return sum, 0, fmt.Errorf("sum: %w", err)
	}
	return [32]byte(s.hash.Sum(nil)), s.size, nil
}

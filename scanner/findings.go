package scanner

import (
	"encoding/binary"
	"errors"
	"io"
	"unsafe"

	"github.com/iocsweep/iocsweep/ioc"
)

// Findings that wait for the order of their dates are kept in a form of their
// own: numbers as varints, texts with their lengths, no names.

// appendFinding appends a finding.
func appendFinding(dst []byte, f *finding) []byte {
	for _, n := range [...]int64{int64(f.Table), f.Record, f.Line, int64(f.Group), int64(f.N), int64(len(f.Cells)), int64(len(f.All)), int64(len(f.Elements))} {
		dst = appendNumber(dst, n)
	}
	for _, s := range f.Cells {
		dst = appendText(dst, s)
	}
	for _, c := range f.All {
		dst = appendText(appendText(dst, c.Name), c.Value)
	}
	for i := range f.Elements {
		e := &f.Elements[i]
		dst = appendNumber(appendNumber(dst, int64(e.Key)), int64(e.Group))
		dst = appendText(appendText(dst, e.Member), e.Value)
		dst = appendNumber(dst, int64(len(e.Cands)))
		for _, c := range e.Cands {
			sub := int64(0)
			if c.Sub {
				sub = 1
			}
			for _, n := range [...]int64{int64(c.Entry), int64(c.Port), int64(c.Off), int64(c.Len), sub} {
				dst = appendNumber(dst, n)
			}
		}
	}
	return dst
}

func appendNumber(dst []byte, n int64) []byte {
	if u := uint64(n)<<1 ^ uint64(n>>63); u < 0x80 { // nearly all
		return append(dst, byte(u))
	}
	return binary.AppendVarint(dst, n)
}

func appendText(dst []byte, s string) []byte {
	if len(s) < 0x80 {
		dst = append(dst, byte(len(s)))
	} else {
		dst = binary.AppendUvarint(dst, uint64(len(s)))
	}
	return append(dst, s...)
}

var errFindings = errors.New("temporary file is not what was written")

// A findingReader takes apart what appendFinding wrote.
type findingReader struct {
	list []finding // the last that were read; they live until the next
	raw  string
	at   int
	bad  bool
	slab []ioc.Candidate
}

// reset turns the reader to other findings. Their texts are pieces of raw, in
// which nothing may be written from then on.
func (r *findingReader) reset(raw []byte) {
	r.raw, r.at, r.bad = unsafe.String(unsafe.SliceData(raw), len(raw)), 0, false
}

func (r *findingReader) unsigned() (n uint64) {
	if r.at < len(r.raw) && r.raw[r.at] < 0x80 { // nearly all
		r.at++
		return uint64(r.raw[r.at-1])
	}
	for shift := 0; r.at < len(r.raw) && shift < 64; shift += 7 {
		b := r.raw[r.at]
		r.at++
		n |= uint64(b&0x7f) << shift
		if b < 0x80 {
			return n
		}
	}
	r.bad = true
	return 0
}

func (r *findingReader) number() int64 {
	n := r.unsigned()
	return int64(n>>1) ^ -int64(n&1)
}

func (r *findingReader) text() string {
	n := r.unsigned()
	if n > uint64(len(r.raw)-r.at) {
		r.bad = true
		return ""
	}
	r.at += int(n)
	return r.raw[r.at-int(n) : r.at]
}

// count is the number of things that follow, each of at least one byte.
func (r *findingReader) count() int {
	n := r.number()
	if n < 0 || n > int64(len(r.raw)-r.at) {
		r.bad = true
		return 0
	}
	return int(n)
}

// next reads some findings, as many as are looked up ahead at once. It returns
// io.EOF behind the last. What it could read before an error is lost.
func (r *findingReader) next() ([]finding, error) {
	r.list, r.slab = r.list[:0], r.slab[:0]
	for len(r.list) < ahead && r.at < len(r.raw) {
		r.list = more(r.list)
		if r.read(&r.list[len(r.list)-1]); r.bad {
			return nil, errFindings
		}
	}
	if len(r.list) == 0 {
		return nil, io.EOF
	}
	return r.list, nil
}

// read reads one finding into f, whose memory it uses again.
func (r *findingReader) read(f *finding) {
	f.Cells, f.All, f.Elements = f.Cells[:0], f.All[:0], f.Elements[:0]
	f.Table, f.Record, f.Line, f.Group, f.N = int(r.number()), r.number(), r.number(), int(r.number()), int(r.number())
	cells, fields, elements := r.count(), r.count(), r.count()
	for n := 0; n < cells && !r.bad; n++ {
		f.Cells = append(f.Cells, r.text())
	}
	for n := 0; n < fields && !r.bad; n++ {
		f.All = append(f.All, Cell{r.text(), r.text()})
	}
	for n := 0; n < elements && !r.bad; n++ {
		e := element{Key: int(r.number()), Group: int(r.number()), Member: r.text(), Value: r.text()}
		cands := r.count()
		from := len(r.slab)
		for m := 0; m < cands && !r.bad; m++ {
			r.slab = append(r.slab, ioc.Candidate{Entry: uint32(r.number()), Port: int32(r.number()), Off: uint32(r.number()), Len: uint32(r.number()), Sub: r.number() != 0})
		}
		e.Cands = r.slab[from:len(r.slab):len(r.slab)]
		f.Elements = append(f.Elements, e)
	}
}

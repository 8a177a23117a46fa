package scanner

import (
	"errors"
	"io"

	"github.com/iocsweep/iocsweep/ioc"
	"github.com/iocsweep/iocsweep/ioc/wire"
)

// Findings that wait for the order of their dates are kept in a form of their
// own, as package wire has it.

// appendFinding appends a finding.
func appendFinding(dst []byte, f *finding) []byte {
	for _, n := range [...]int64{int64(f.Table), f.Record, f.Line, int64(f.Group), int64(f.N), int64(len(f.All)), int64(len(f.Elements))} {
		dst = wire.AppendNumber(dst, n)
	}
	dst = wire.AppendSparse(dst, f.Cells)
	for _, c := range f.All {
		dst = wire.AppendText(wire.AppendText(dst, c.Name), c.Value)
	}
	for i := range f.Elements {
		e := &f.Elements[i]
		dst = wire.AppendNumber(wire.AppendNumber(dst, int64(e.Key)), int64(e.Group))
		dst = wire.AppendText(wire.AppendText(dst, e.Member), e.Value)
		dst = wire.AppendNumber(dst, int64(len(e.Cands)))
		for _, c := range e.Cands {
			for _, n := range [...]int64{int64(c.Entry), int64(c.Port), int64(c.Off), int64(c.Len)} {
				dst = wire.AppendNumber(dst, n)
			}
			dst = wire.AppendBool(dst, c.Sub)
		}
	}
	return dst
}

var errFindings = errors.New("temporary file is not what was written")

// A findingReader takes apart what appendFinding wrote. The texts of findings
// are pieces of what it was reset to.
type findingReader struct {
	wire.Reader
	list []finding // the last that were read; they live until the next
	slab []ioc.Candidate
}

// next reads some findings, as many as are looked up ahead at once. It returns
// io.EOF behind the last. What it could read before an error is lost.
func (r *findingReader) next() ([]finding, error) {
	r.list, r.slab = r.list[:0], r.slab[:0]
	for len(r.list) < ahead && r.More() {
		r.list = more(r.list)
		if r.read(&r.list[len(r.list)-1]); r.Bad() {
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
	f.All, f.Elements = f.All[:0], f.Elements[:0]
	f.Table, f.Record, f.Line, f.Group, f.N = int(r.Number()), r.Number(), r.Number(), int(r.Number()), int(r.Number())
	fields, elements := r.Count(), r.Count()
	f.Cells = r.Sparse(f.Cells[:0])
	for n := 0; n < fields && !r.Bad(); n++ {
		f.All = append(f.All, Cell{r.Text(), r.Text()})
	}
	for n := 0; n < elements && !r.Bad(); n++ {
		e := element{Key: int(r.Number()), Group: int(r.Number()), Member: r.Text(), Value: r.Text()}
		cands := r.Count()
		from := len(r.slab)
		for m := 0; m < cands && !r.Bad(); m++ {
			r.slab = append(r.slab, ioc.Candidate{Entry: uint32(r.Number()), Port: int32(r.Number()), Off: uint32(r.Number()), Len: uint32(r.Number()), Sub: r.Bool()})
		}
		e.Cands = r.slab[from:len(r.slab):len(r.slab)]
		f.Elements = append(f.Elements, e)
	}
}

package pack

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/klauspost/compress/zstd"

	"github.com/iocsweep/iocsweep/formats/mem"
	"github.com/iocsweep/iocsweep/ioc"
)

// Read reads a pack to its end. With a key, it has to be signed with that.
// Errors of a section name it; what is wrong with the signature is told before
// any section is read.
func Read(r io.Reader, key ed25519.PublicKey) (*Pack, error) {
	p := new(Pack)
	directory, err := p.readHead(r, key)
	if err != nil {
		return nil, fmt.Errorf("pack: %w", err)
	}
	if err := p.readSections(r, directory); err != nil {
		return nil, fmt.Errorf("pack: %w", err)
	}
	return p, nil
}

// readHead reads what stands before the sections.
func (p *Pack) readHead(r io.Reader, key ed25519.PublicKey) ([]entry, error) {
	head := make([]byte, headLen)
	if _, err := io.ReadFull(r, head[:16]); err != nil {
		return nil, fmt.Errorf("header: %w", cut(err))
	}
	version, sections := binary.LittleEndian.Uint32(head[8:]), binary.LittleEndian.Uint32(head[12:])
	switch {
	case !Is(head):
		return nil, errors.New("header: not that of a pack")
	case version > Version:
		return nil, fmt.Errorf("%w: this one reads version %d, the pack has %d", ErrVersion, Version, version)
	case version < 1 || sections < 1 || sections > maxSections:
		return nil, errors.New("header: damaged")
	}
	p.Version = int(version)
	if _, err := io.ReadFull(r, head[16:]); err != nil {
		return nil, fmt.Errorf("header: %w", cut(err))
	}
	text, err := readN(r, nil, int(sections)*entryLen)
	if err != nil {
		return nil, fmt.Errorf("directory: %w", err)
	}
	digest := digestOf(head, text)
	if [32]byte(head[112:]) != digest {
		return nil, errors.New("directory: damaged: its checksum differs")
	}
	signer, signature := ed25519.PublicKey(head[16:48]), head[48:112]
	if [96]byte(head[16:112]) != [96]byte{} {
		// The key that is all zero is one to which signatures can be made up.
		if [32]byte(signer) == [32]byte{} || !ed25519.Verify(signer, append([]byte(signedText), digest[:]...), signature) {
			return nil, errors.New("signature: not valid: the pack was changed after it was signed")
		}
		p.Signer = signer
	}
	switch {
	case key == nil || key.Equal(p.Signer):
	case p.Signer == nil:
		return nil, ErrUnsigned
	default:
		return nil, fmt.Errorf("%w: %s", ErrSigner, KeyID(p.Signer))
	}
	directory := make([]entry, sections)
	last := partInfo
	for i := range directory {
		e := &directory[i]
		if err := e.parse(text[i*entryLen:], last); err != nil {
			return nil, fmt.Errorf("directory: section %d: %w", i, err)
		}
		if (e.part == partInfo) != (i == 0) {
			return nil, fmt.Errorf("directory: section %d: of no known kind, or out of order", i)
		}
		last = e.part
	}
	return directory, nil
}

// A job is a section on its way.
type job struct {
	n       int
	entry   *entry
	bytes   []byte       // as in the file, then unpacked; nil for records
	records *ioc.Records // of sections that hold some
	err     error
	done    chan struct{}
}

// readSections reads the sections one after the other, unpacks several at once
// and puts them together in order.
func (p *Pack) readSections(r io.Reader, directory []entry) error {
	workers := runtime.GOMAXPROCS(0)
	z, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(workers), zstd.WithDecodeAllCapLimit(true), zstd.WithDecoderMaxMemory(maxSection))
	if err != nil {
		return err
	}
	defer z.Close()
	var loader, hosts ioc.Loader
	var spare buffers
	var stop atomic.Bool
	work, order := make(chan *job, workers), make(chan *job, workers)
	go func() {
		defer close(work)
		defer close(order)
		for i := range directory {
			if stop.Load() {
				return
			}
			j := &job{n: i, entry: &directory[i], done: make(chan struct{})}
			j.bytes, j.err = readN(r, spare.get(), j.entry.stored)
			if j.err == nil && i == len(directory)-1 {
				j.err = atEnd(r)
			}
			last := j.err != nil
			order <- j
			work <- j // from here on j is the worker's
			if last {
				return
			}
		}
	}()
	for range workers {
		go func() {
			u := unpacker{zstd: z, loader: &loader, spare: &spare}
			for j := range work {
				if j.err == nil {
					j.err = u.unpack(j)
				}
				close(j.done)
			}
		}()
	}
	// All sections that were read are waited for, so that nothing is left
	// running.
	for j := range order {
		<-j.done
		if err == nil {
			if err = j.err; err == nil {
				err = p.take(j, &loader, &hosts)
			}
			if err != nil {
				err = fmt.Errorf("section %d (%s): %w", j.n, partName(j.entry.part), err)
				stop.Store(true)
			}
		}
	}
	if err != nil {
		return err
	}
	p.List, p.Doubtful = loader.List(), loader.Doubtful()
	if hosts := hosts.List(); hosts.Len() > 0 {
		p.Hosts = hosts
	}
	for t := range ioc.Type(len(p.Counts)) {
		if p.List.Count(t) != p.Counts[t] {
			return fmt.Errorf("%d indicators of type %s, %d by its info", p.List.Count(t), t, p.Counts[t])
		}
	}
	return nil
}

// An unpacker turns the bytes of a file into those of a section.
type unpacker struct {
	zstd   *zstd.Decoder
	loader *ioc.Loader
	spare  *buffers
	raw    []byte // of the last section of records, of which nothing is kept
}

func (u *unpacker) unpack(j *job) (err error) {
	if sha256.Sum256(j.bytes) != j.entry.sum {
		return errors.New("damaged: its checksum differs")
	}
	hide(j.n, j.bytes)
	part, _ := ofHosts(j.entry.part)
	raw := j.bytes
	if j.entry.packed {
		var room []byte
		if part == ioc.PartRecords {
			room = u.raw
		}
		if cap(room) < j.entry.raw {
			room = mem.Make[byte](j.entry.raw)
		}
		if raw, err = u.zstd.DecodeAll(j.bytes, room[:0:j.entry.raw]); err != nil {
			return fmt.Errorf("unpack: %w", err)
		}
		if len(raw) != j.entry.raw {
			return fmt.Errorf("unpack: %d bytes, want %d", len(raw), j.entry.raw)
		}
	}
	if part != ioc.PartRecords {
		j.bytes = raw
		return nil
	}
	j.records, err = u.loader.Decode(j.entry.items, raw)
	if j.entry.packed {
		u.raw = raw
	}
	u.spare.put(j.bytes)
	j.bytes = nil
	return err
}

// take puts a section behind those before it.
func (p *Pack) take(j *job, loader, hosts *ioc.Loader) error {
	part, ofHosts := ofHosts(j.entry.part)
	if ofHosts {
		loader = hosts
	}
	switch part {
	case partInfo:
		return p.parseInfo(j.bytes, j.entry.items)
	case ioc.PartRecords:
		return loader.Append(j.records)
	}
	return loader.Add(part, j.entry.items, j.bytes)
}

func (p *Pack) parseInfo(b []byte, sources int) error {
	errCut := errors.New("ends early")
	if len(b) < 8*len(p.Counts) {
		return errCut
	}
	for t := range p.Counts {
		p.Counts[t] = int(binary.LittleEndian.Uint64(b[8*t:]))
	}
	b = b[8*len(p.Counts):]
	bad := false
	number := func() int64 {
		v, n := binary.Uvarint(b)
		if n <= 0 || v > math.MaxInt64 {
			bad, b = true, nil
			return 0
		}
		b = b[n:]
		return int64(v)
	}
	take := func(n int64) []byte {
		if n > int64(len(b)) {
			bad, b = true, nil
			return nil
		}
		t := b[:n]
		b = b[n:]
		return t
	}
	for range sources {
		var s Source
		s.Path, s.Kind = string(take(number())), string(take(number()))
		copy(s.Sum[:], take(32))
		s.Size = number()
		for _, n := range [...]*int{&s.Taken, &s.Merged, &s.Skipped, &s.Rejected} {
			*n = int(number())
		}
		if bad {
			return errCut
		}
		p.Sources = append(p.Sources, s)
	}
	if len(b) > 0 {
		return errors.New("has more than its items")
	}
	return nil
}

// buffers hold what was read of sections that are done. To touch new memory
// costs more than most of what is done with it.
type buffers struct{ pool sync.Pool }

func (s *buffers) get() []byte {
	b, _ := s.pool.Get().(*[]byte)
	if b == nil {
		return nil
	}
	return (*b)[:0]
}

func (s *buffers) put(b []byte) { s.pool.Put(&b) }

// readN reads n bytes, into b while it is large enough. It asks for memory as
// they come.
func readN(r io.Reader, b []byte, n int) ([]byte, error) {
	const step = 1 << 20
	if b = b[:0]; cap(b) == 0 {
		b = make([]byte, 0, min(n, step))
	}
	for len(b) < n {
		if len(b) == cap(b) {
			b = append(make([]byte, 0, min(n, 2*cap(b))), b...)
		}
		at := len(b)
		b = b[:min(n, cap(b))]
		if got, err := io.ReadFull(r, b[at:]); err != nil {
			return b[:at+got], cut(err)
		}
	}
	return b, nil
}

// cut is an error of reading; the end of the file is too early.
func cut(err error) error {
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return errors.New("the file ends early")
	}
	return err
}

// atEnd is an error unless nothing follows.
func atEnd(r io.Reader) error {
	var b [1]byte
	switch n, err := io.ReadFull(r, b[:]); {
	case n > 0:
		return errors.New("something follows the last section")
	case err != io.EOF:
		return err
	}
	return nil
}

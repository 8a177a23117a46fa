package formats

import (
	"bufio"
	"bytes"
	"compress/bzip2"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"

	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/snappy"
	"github.com/klauspost/compress/zstd"
)

// An Avro object container file is one more wrapping: it is unwrapped to JSON Lines,
// and their reader does the rest, envelopes and tables that are mixed among it.
//
//	"Obj\x01"  metadata, a map: avro.schema, avro.codec  sync: 16 bytes
//	count  size  records, packed by the codec             sync
//	count  size  …                                        sync
//
// Counts and sizes are numbers of variable length. The sync mark, which is random, ends
// the header and each block: behind damage the reading goes on at the next one.
const avroMagic = "Obj\x01"

const (
	avroSync = 16
	// maxAvroMeta bounds the metadata of a container, in bytes: schemas have some
	// hundred thousand at most.
	maxAvroMeta = 4 << 20
	// maxAvroBlock bounds a block of the one codec that must be held whole, in bytes,
	// packed and unpacked. Writers make blocks of 16 KiB to some megabytes.
	maxAvroBlock = 64 << 20
)

// unavro replaces an Avro container by its records as JSON Lines. What the header lacks
// or asks for that is not there is an error.
func (c *Content) unavro(o Options) error {
	var r *avroReader
	c.unpack("avro", func(in io.Reader) (io.Reader, func() error) {
		r = &avroReader{in: avroInput{r: bufio.NewReaderSize(in, textPiece)}, max: o.maxRecord()}
		r.values.in = bufio.NewReaderSize(nil, textPiece)
		return r, r.close
	})
	c.avro = r
	return r.header()
}

// format returns the format of the lines that records were turned into, of which head
// are the first; there is one. What is no record among them is a line all the same, and
// no text above the others. Where head holds no record whole, or the first is an event
// that is a document, as of a query, they are read as JSON is.
func (r *avroReader) format(head []byte) (*Format, error) {
	first, _, _ := bytes.Cut(head, []byte{'\n'})
	if r.plan.event && head[0] != '{' && !bytes.Contains(head, []byte("\n{")) {
		return nil, fmt.Errorf("%w: the events of an Avro container are no JSON but as %.100s (%w)", ErrUnknownFormat, first, ErrPacked)
	}
	if _, wrapper := sniffObject(first); wrapper && r.plan.event {
		return &JSON, nil
	}
	for len(head) > 0 {
		line, rest, whole := bytes.Cut(head, []byte{'\n'})
		if object, _ := sniffObject(line); object && whole {
			return &JSONL, nil
		}
		head = rest
	}
	return &JSON, nil
}

// An avroReader reads the records of containers that follow one another, each as a line
// of JSON. Blocks that are damaged are left out, and the first such is the error that
// the reader ends with.
type avroReader struct {
	in    avroInput
	max   int // bytes of a record's line
	codec string
	sync  [avroSync]byte
	plan  avroPlan

	block  avroBlock
	on     bool  // in a block
	left   int64 // records of it
	values avroValues
	flate  io.ReadCloser
	zstd   *zstd.Decoder
	packed bytes.Buffer // a block of snappy
	whole  []byte       // unpacked

	damage error
	piecewise
}

func (r *avroReader) close() error {
	if r.zstd != nil {
		r.zstd.Close()
	}
	return nil
}

func (r *avroReader) Read(p []byte) (int, error) { return r.read(p, r.step) }

// step opens the next block, reads a record of the one that is open, or ends it.
func (r *avroReader) step() error {
	var err error
	switch {
	case !r.on:
		return r.open()
	case r.left > 0:
		whole := len(r.out)
		if r.out, err = r.values.line(r.out, &r.plan, r.max); err == nil {
			r.left--
			return nil
		}
		r.out = r.out[:whole]
	default:
		if err = r.end(); err == nil {
			return nil
		}
	}
	return r.skip(err)
}

// open goes to the next block, or to that of the next container. It returns io.EOF
// behind the last, or what was damaged on the way.
func (r *avroReader) open() error {
	magic, err := r.in.r.Peek(len(avroMagic))
	switch {
	case len(magic) == 0 && err == io.EOF && r.damage != nil:
		return r.damage
	case len(magic) == 0 && err != nil:
		return err
	case string(magic) == avroMagic: // read as a number it is negative, which no count is
		if err := r.header(); err == nil || r.in.err != nil {
			return err
		} else if r.damage == nil {
			r.damage = err
		}
		return r.seek()
	}
	r.block = avroBlock{in: &r.in, from: r.in.at}
	count, err := avroLong(&r.in)
	if err == nil {
		r.block.left, err = avroLong(&r.in)
	}
	if err == nil && (count < 0 || r.block.left < 0) {
		r.block.left, err = 0, fmt.Errorf("it has %d records in %d bytes", count, r.block.left)
	}
	if err == nil {
		r.on, r.left = true, count
		if err = r.unpack(); err == nil {
			return nil
		}
	}
	return r.skip(err)
}

// unpack makes the records of the block readable.
func (r *avroReader) unpack() error {
	switch r.codec {
	case "deflate":
		if r.flate == nil {
			r.flate = flate.NewReader(&r.block)
		} else if err := r.flate.(flate.Resetter).Reset(&r.block, nil); err != nil {
			return err
		}
		r.values.in.Reset(r.flate)
	case "zstandard":
		if r.zstd == nil {
			r.zstd = zstdDecoder(nil, 1)
		}
		if err := r.zstd.Reset(&r.block); err != nil {
			return err
		}
		r.values.in.Reset(r.zstd)
	case "bzip2":
		r.values.in.Reset(bzip2.NewReader(&r.block))
	case "snappy":
		return r.unsnappy()
	default:
		r.values.in.Reset(&r.block)
	}
	return nil
}

// unsnappy unpacks a block at once, as its format has it, and compares the check sum.
func (r *avroReader) unsnappy() error {
	if r.block.left > maxAvroBlock {
		return fmt.Errorf("%w: %d bytes", ErrTooLarge, r.block.left)
	}
	r.packed.Reset()
	if _, err := r.packed.ReadFrom(&r.block); err != nil {
		return err
	}
	packed := r.packed.Bytes()
	n := len(packed) - crc32.Size
	if n < 0 {
		return io.ErrUnexpectedEOF
	}
	size, err := snappy.DecodedLen(packed[:n])
	if err != nil {
		return err
	}
	if size > maxAvroBlock {
		return fmt.Errorf("%w: %d bytes when unpacked", ErrTooLarge, size)
	}
	if cap(r.whole) < size {
		r.whole = make([]byte, size)
	}
	text, err := snappy.Decode(r.whole[:cap(r.whole)], packed[:n])
	if err != nil {
		return err
	}
	if crc32.ChecksumIEEE(text) != binary.BigEndian.Uint32(packed[n:]) {
		return errors.New("its check sum differs")
	}
	r.values.in.Reset(bytes.NewReader(text))
	return nil
}

// end goes behind a block of which all records have been read. It must hold no more than
// these: there would be records that nobody has seen.
func (r *avroReader) end() error {
	if _, err := r.values.in.ReadByte(); err == nil {
		return errors.New("it holds more than its records")
	} else if err != io.EOF {
		return err
	}
	if _, err := io.Copy(io.Discard, &r.block); err != nil {
		return err
	}
	var mark [avroSync]byte
	if _, err := io.ReadFull(&r.in, mark[:]); err != nil {
		return err
	}
	if mark != r.sync {
		return errors.New("its sync mark is not that of the file")
	}
	r.on = false
	return nil
}

// skip seeks on after what was wrong with a block, unless the input itself has ended or
// failed.
func (r *avroReader) skip(why error) error {
	at := r.block.from
	r.on = false
	if errors.Is(why, errAvroValues) {
		r.values.forgive()
	}
	switch {
	case r.in.err == io.EOF:
		why = fmt.Errorf("avro: the block at byte %d: %w", at, ErrTruncated)
	case r.in.err != nil:
		return r.in.err
	default:
		if why == io.EOF || why == io.ErrUnexpectedEOF {
			why = errors.New("it ends within a record")
		}
		why = fmt.Errorf("avro: the block at byte %d: %w: %w", at, ErrCorrupt, why)
	}
	if r.damage == nil {
		r.damage = why
	}
	return r.seek()
}

// seek goes on behind the next sync mark, or at the next container.
func (r *avroReader) seek() error {
	for {
		seen, err := r.in.r.Peek(avroSync)
		if len(seen) < avroSync {
			if err == io.EOF {
				err = r.damage
			}
			return err
		}
		seen, _ = r.in.r.Peek(r.in.r.Buffered())
		mark, next := bytes.Index(seen, r.sync[:]), bytes.Index(seen, []byte(avroMagic))
		switch {
		case next >= 0 && (mark < 0 || next < mark):
			return r.in.discard(next)
		case mark >= 0:
			return r.in.discard(mark + avroSync)
		}
		if err := r.in.discard(len(seen) - avroSync + 1); err != nil {
			return err
		}
	}
}

// header reads the header of a container.
func (r *avroReader) header() error {
	from := r.in.at
	err := r.readHeader()
	switch {
	case err == nil:
		return nil
	case r.in.err == io.EOF:
		return fmt.Errorf("avro: the header at byte %d: %w", from, ErrTruncated)
	case r.in.err != nil:
		return r.in.err
	case errors.Is(err, ErrUnknownFormat):
		return err
	}
	return fmt.Errorf("avro: the header at byte %d: %w: %w", from, ErrCorrupt, err)
}

func (r *avroReader) readHeader() error {
	if err := r.in.discard(len(avroMagic)); err != nil {
		return err
	}
	meta, err := r.metadata()
	if err != nil {
		return err
	}
	var mark [avroSync]byte
	if _, err := io.ReadFull(&r.in, mark[:]); err != nil {
		return err
	}
	codec := string(meta["avro.codec"])
	switch codec {
	case "", "null", "deflate", "snappy", "zstandard", "bzip2":
	default:
		return fmt.Errorf("%w: Avro that is packed by %q: write it with another codec (%w)", ErrUnknownFormat, codec, ErrPacked)
	}
	root, err := parseAvroSchema(meta["avro.schema"])
	if err != nil {
		return fmt.Errorf("schema: %w", err)
	}
	r.sync, r.codec, r.plan = mark, codec, planAvro(root) // what is none leaves those before it
	return nil
}

// metadata reads a map of bytes. Of it only what is said of the schema and the codec is
// kept.
func (r *avroReader) metadata() (map[string][]byte, error) {
	meta := map[string][]byte{}
	room := int64(maxAvroMeta)
	text := func() ([]byte, error) {
		n, err := avroLong(&r.in)
		if err != nil {
			return nil, err
		}
		if room -= n + 1; n < 0 || room < 0 {
			return nil, fmt.Errorf("%w: metadata of %d bytes", ErrTooLarge, n)
		}
		var b bytes.Buffer // grows with what there is, not with what is said
		_, err = io.CopyN(&b, &r.in, n)
		return b.Bytes(), err
	}
	for {
		count, err := avroLong(&r.in)
		if err == nil && count < 0 {
			count = -count
			_, err = avroLong(&r.in) // of the entries, in bytes
		}
		if err != nil || count == 0 {
			return meta, err
		}
		for ; count != 0; count-- { // the least number stays negative: room ends that
			key, err := text()
			if err != nil {
				return nil, err
			}
			value, err := text()
			if err != nil {
				return nil, err
			}
			if name := string(key); name == "avro.schema" || name == "avro.codec" {
				meta[name] = value
			}
		}
	}
}

// An avroInput counts bytes as they are taken and keeps what the input ended with.
type avroInput struct {
	r   *bufio.Reader
	at  int64
	err error
}

func (i *avroInput) Read(p []byte) (int, error) {
	n, err := i.r.Read(p)
	return n, i.took(n, err)
}

func (i *avroInput) ReadByte() (byte, error) {
	b, err := i.r.ReadByte()
	if err != nil {
		return 0, i.took(0, err)
	}
	i.at++
	return b, nil
}

func (i *avroInput) discard(n int) error {
	n, err := i.r.Discard(n)
	return i.took(n, err)
}

func (i *avroInput) took(n int, err error) error {
	i.at += int64(n)
	if err != nil {
		i.err = err
	}
	return err
}

// An avroBlock is the bytes of a block as they lie in the file.
type avroBlock struct {
	in   *avroInput
	from int64 // where the block begins in the file
	left int64
}

func (b *avroBlock) Read(p []byte) (int, error) {
	if b.left == 0 {
		return 0, io.EOF
	}
	n, err := b.in.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	return n, b.early(err)
}

// ReadByte keeps decompressors from reading ahead in a buffer of their own.
func (b *avroBlock) ReadByte() (byte, error) {
	if b.left == 0 {
		return 0, io.EOF
	}
	c, err := b.in.ReadByte()
	if err == nil {
		b.left--
	}
	return c, b.early(err)
}

// early makes an error of the end of the file within a block.
func (b *avroBlock) early(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// avroLong reads a number of variable length: seven bits a byte, the lowest first, and
// the sign in the lowest of all.
func avroLong(r io.ByteReader) (int64, error) {
	var n uint64
	for shift := 0; shift < 64; shift += 7 {
		b, err := r.ReadByte()
		if err != nil {
			return 0, err
		}
		n |= uint64(b&0x7f) << shift
		if b < 0x80 {
			return int64(n>>1) ^ -int64(n&1), nil
		}
	}
	return 0, errAvroNumber
}

var errAvroNumber = errors.New("a number of more than 64 bits")

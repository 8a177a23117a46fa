package formats

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"io"
	"runtime"
	"sync"

	"github.com/klauspost/compress/zstd"
)

// maxWindow is how many bytes a zstd stream may refer back to at most: as many as the
// zstd command allows by default.
const maxWindow = 128 << 20

const (
	maxFrame  = 16 << 20 // bytes of a frame, packed or unpacked; a larger one is unpacked as a stream
	maxFrames = 48 << 20 // bytes of all frames that are unpacked ahead, packed and unpacked
)

// A zstdReader unpacks a zstd stream. Frames are independent of each other: as
// long as they are small (pzstd, the seekable format and most appliances write
// one for every few megabytes), several are unpacked at a time. From the first
// large one on, which is nearly always the first and only one, the rest is
// unpacked as one stream.
type zstdReader struct {
	in    *bufio.Reader
	all   *zstd.Decoder // of whole frames; nil before the first
	tail  *zstd.Decoder // of the rest of the stream; nil as long as frames are small
	ahead []*zstdFrame  // being unpacked, in order
	held  int           // bytes of those
	depth int           // how many of them there may be: it grows with what is read
	work  sync.WaitGroup
	spare []*zstdFrame
	cur   *zstdFrame // the frame that is being read
	text  []byte     // the part of it that has not been read
	err   error      // why no frame comes behind those ahead
}

// A zstdFrame is one frame on its way.
type zstdFrame struct {
	raw, text []byte
	room      int // bytes that its text has at most
	err       error
	done      chan struct{} // gets a value when text and err are there
}

// size is how many bytes it takes.
func (f *zstdFrame) size() int { return len(f.raw) + f.room }

func newZstd(r io.Reader) (io.Reader, func() error) {
	z := &zstdReader{in: bufio.NewReaderSize(r, 64<<10), depth: 1}
	return z, z.close
}

func (z *zstdReader) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	for len(z.text) == 0 {
		if z.cur != nil {
			z.spare = append(z.spare, z.cur)
			z.cur = nil
		}
		z.readAhead()
		if len(z.ahead) == 0 {
			if z.tail != nil {
				return z.tail.Read(p)
			}
			return 0, z.err
		}
		f := z.ahead[0]
		<-f.done
		z.ahead = z.ahead[:copy(z.ahead, z.ahead[1:])]
		z.held -= f.size()
		if f.err != nil {
			// The stream's decoder says what is wrong, after the blocks before.
			z.drop()
			z.stream(bytes.NewReader(f.raw))
			continue
		}
		z.cur, z.text = f, f.text
	}
	n := copy(p, z.text)
	z.text = z.text[n:]
	return n, nil
}

// readAhead takes frames from the input and has them unpacked.
func (z *zstdReader) readAhead() {
	for z.err == nil && len(z.ahead) < z.depth && (len(z.ahead) == 0 || z.held < maxFrames-maxFrame) {
		f, whole, err := z.frame()
		switch {
		case err != nil:
			z.err = err
		case whole:
			z.unpack(f)
		default:
			z.stream(io.MultiReader(bytes.NewReader(f.raw), z.in))
		}
	}
	z.depth = min(z.depth+1, runtime.GOMAXPROCS(0)+1)
}

// unpack has a frame unpacked in the background.
func (z *zstdReader) unpack(f *zstdFrame) {
	if z.all == nil {
		z.all = zstdDecoder(nil, runtime.GOMAXPROCS(0))
	}
	z.ahead = append(z.ahead, f)
	z.held += f.size()
	if cap(f.text) < f.room {
		f.text = make([]byte, 0, f.room)
	}
	z.work.Go(func() {
		f.text, f.err = z.all.DecodeAll(f.raw, f.text[:0])
		f.done <- struct{}{}
	})
}

// stream goes over to unpacking r, all that is left, as one stream.
func (z *zstdReader) stream(r io.Reader) {
	z.err, z.tail = io.EOF, zstdDecoder(r, 1)
}

// zstdDecoder returns a decoder. With a concurrency of 1 nothing of it runs in
// the background.
func zstdDecoder(r io.Reader, concurrency int) *zstd.Decoder {
	d, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(concurrency), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(maxWindow),
		zstd.WithDecodeAllCapLimit(true))
	if err != nil {
		panic("formats: zstd: " + err.Error()) // the options are constants
	}
	return d
}

// drop gives up the frames that are being unpacked.
func (z *zstdReader) drop() {
	z.work.Wait()
	z.ahead, z.held = nil, 0
}

func (z *zstdReader) close() error {
	z.drop()
	for _, d := range []*zstd.Decoder{z.all, z.tail} {
		if d != nil {
			d.Close()
		}
	}
	return nil
}

// frame reads the next frame that holds text; after the last it returns io.EOF.
// whole is false if the frame is large, breaks off or is no frame at all: then raw is
// the part that has been read.
func (z *zstdReader) frame() (f *zstdFrame, whole bool, err error) {
	for {
		head, err := z.in.Peek(8)
		if len(head) == 0 {
			return nil, false, err
		}
		if len(head) < 8 || head[0]&0xf0 != 0x50 || string(head[1:4]) != "\x2a\x4d\x18" {
			break
		}
		// A skippable frame.
		n := int64(binary.LittleEndian.Uint32(head[4:])) + 8
		if _, err := io.CopyN(io.Discard, z.in, n); err != nil {
			if err == io.EOF {
				err = io.ErrUnexpectedEOF
			}
			return nil, false, err
		}
	}
	if n := len(z.spare); n > 0 {
		f, z.spare = z.spare[n-1], z.spare[:n-1]
	} else {
		f = &zstdFrame{done: make(chan struct{}, 1)}
	}
	f.raw, f.room = f.raw[:0], 0
	return f, z.fill(f), nil
}

// fill reads a frame and reports whether it could be read whole. For the layout of a
// frame see RFC 8878, section 3.1.1.
func (z *zstdReader) fill(f *zstdFrame) bool {
	if !z.take(f, 5) || string(f.raw[:4]) != "\x28\xb5\x2f\xfd" {
		return false
	}
	flags := f.raw[4]
	single := flags >> 5 & 1
	size := [4]int{int(single), 2, 4, 8}[flags>>6]
	before := int(1-single) + [4]int{0, 1, 2, 4}[flags&3] // window and dictionary
	if !z.take(f, before+size) {
		return false
	}
	declared := -1
	switch s := f.raw[5+before:]; size {
	case 1:
		declared = int(s[0])
	case 2:
		declared = int(binary.LittleEndian.Uint16(s)) + 256
	case 4:
		declared = int(binary.LittleEndian.Uint32(s))
	case 8:
		declared = int(min(binary.LittleEndian.Uint64(s), maxFrame+1))
	}
	if declared > maxFrame {
		return false
	}
	for last := false; !last; {
		if !z.take(f, 3) {
			return false
		}
		b := f.raw[len(f.raw)-3:]
		head := int(b[0]) | int(b[1])<<8 | int(b[2])<<16
		last = head&1 != 0
		n := head >> 3
		switch head >> 1 & 3 {
		case 0: // not packed
			f.room += n
		case 1: // one byte, n times
			f.room += n
			n = 1
		case 2:
			f.room += 128 << 10 // at most
		default:
			return false
		}
		if f.room > maxFrame && declared < 0 || len(f.raw)+n > maxFrame || !z.take(f, n) {
			return false
		}
	}
	if declared >= 0 {
		f.room = declared
	}
	return flags>>2&1 == 0 || z.take(f, 4) // a checksum
}

// take adds the next n bytes of the input to the frame, or as many as there are, and
// reports whether there are n. A read error is not kept: whoever reads on meets it again.
func (z *zstdReader) take(f *zstdFrame, n int) bool {
	old := len(f.raw)
	if cap(f.raw) < old+n {
		next := make([]byte, old, max(old+n, 2*cap(f.raw)))
		copy(next, f.raw)
		f.raw = next
	}
	f.raw = f.raw[:old+n]
	m, err := io.ReadFull(z.in, f.raw[old:])
	f.raw = f.raw[:old+m]
	return err == nil
}

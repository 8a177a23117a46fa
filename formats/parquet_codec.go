package formats

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/snappy"
	"github.com/klauspost/compress/zstd"
	"github.com/parquet-go/parquet-go/format"
	"github.com/pierrec/lz4/v4"

	"github.com/iocsweep/iocsweep/formats/mem"
)

// unpacker decompresses pages. It belongs to one Reader, and is given the size
// that the page header promises, so that no page can grow beyond it.
type unpacker struct {
	src    bytes.Reader
	gzip   *gzip.Reader
	brotli *brotli.Reader
	zstd   *zstd.Decoder
	lz4    *lz4.Reader // of frames
}

// pagePad is how many bytes beyond a page may be touched, not used, by the
// kernels that unpack bits.
const pagePad = 64

// grow returns a buffer of n bytes with pagePad bytes after them, in b if it
// is large enough.
func grow(b []byte, n int) []byte { return growPad(b, n, pagePad) }

func growPad(b []byte, n, pad int) []byte {
	if cap(b) >= n+pad {
		return b[:n]
	}
	// A quarter more: pages of a column are of similar size, not of the same.
	if n > 16<<20 { // so much may be claimed and never come
		return make([]byte, n, n+n/4+pad)
	}
	return mem.Make[byte](n + n/4 + pad)[:n]
}

// zstdPad is the room that the zstd decoder wants behind the last block: with
// less it copies that block byte by byte. A block has at most 128 KiB.
func zstdPad(n int) int { return min(n, 128<<10) + pagePad }

// unpack decompresses src to exactly n bytes, in buf if it is large enough.
func (u *unpacker) unpack(codec format.CompressionCodec, buf, src []byte, n int) ([]byte, error) {
	dst := grow(buf, n)
	var got int
	var err error
	switch codec {
	case format.Uncompressed:
		got = copy(dst, src)
		if len(src) > n {
			got = len(src)
		}
	case format.Snappy:
		if got, err = snappy.DecodedLen(src); err != nil || got != n {
			break
		}
		_, err = snappy.Decode(dst, src)
	case format.Gzip:
		u.src.Reset(src)
		if u.gzip == nil {
			u.gzip, err = gzip.NewReader(&u.src)
		} else {
			err = u.gzip.Reset(&u.src)
		}
		if err == nil {
			got, err = readExact(u.gzip, dst)
		}
	case format.Brotli:
		u.src.Reset(src)
		if u.brotli == nil {
			u.brotli = brotli.NewReader(&u.src)
		} else if err = u.brotli.Reset(&u.src); err != nil {
			break
		}
		got, err = readExact(u.brotli, dst)
	case format.Zstd:
		if u.zstd == nil {
			u.zstd, err = zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(maxPage))
			if err != nil {
				break
			}
		}
		dst = growPad(dst, n, zstdPad(n))
		var out []byte
		out, err = u.zstd.DecodeAll(src, dst[:0])
		if got = len(out); got == n && n > 0 && &out[0] != &dst[0] {
			copy(dst, out) // it saw fit to grow
		}
	case format.Lz4Raw:
		got, err = lz4.UncompressBlock(src, dst)
	case format.Lz4:
		got, err = u.unpackLZ4(dst, src)
	default:
		return dst, fmt.Errorf("codec %v is not supported", codec)
	}
	if err == nil && got != n {
		err = fmt.Errorf("%d bytes, want %d", got, n)
	}
	if err != nil {
		return dst, fmt.Errorf("unpack %v page: %w", codec, err)
	}
	return dst, nil
}

// unpackLZ4 fills dst from what the deprecated codec LZ4 may be: the format did
// not say, so that writers of Hadoop framed blocks as Hadoop does, and others
// wrote what the lz4 tool writes, or a bare block.
func (u *unpacker) unpackLZ4(dst, src []byte) (int, error) {
	if hadoopLZ4(dst, src) {
		return len(dst), nil
	}
	if bytes.HasPrefix(src, []byte{0x04, 0x22, 0x4d, 0x18}) {
		u.src.Reset(src)
		if u.lz4 == nil {
			u.lz4 = lz4.NewReader(nil)
		}
		u.lz4.Reset(&u.src) // keeps buffers of up to 4 MiB, whatever the page
		return readExact(u.lz4, dst)
	}
	return lz4.UncompressBlock(src, dst)
}

// hadoopLZ4 unpacks Hadoop's framing, lengths being 4 bytes, most significant
// first; false if src is something else, or does not fill dst:
//
//	00 00 10 00                what follows unpacks to 4096 bytes
//	00 00 02 31 …              block of 561 bytes
//	00 00 00 d2 …              as many as it takes
func hadoopLZ4(dst, src []byte) bool {
	for len(src) >= 8 {
		left := binary.BigEndian.Uint32(src)
		for src = src[4:]; left > 0; {
			if len(src) < 4 {
				return false
			}
			n := binary.BigEndian.Uint32(src)
			if uint64(n) > uint64(len(src)-4) || uint64(left) > uint64(len(dst)) {
				return false
			}
			got, err := lz4.UncompressBlock(src[4:4+n], dst[:left])
			if err != nil || got <= 0 {
				return false
			}
			left -= uint32(got)
			src, dst = src[4+n:], dst[got:]
		}
	}
	return len(src) == 0 && len(dst) == 0
}

// readExact fills dst and reports more bytes than that as a length beyond it.
func readExact(r io.Reader, dst []byte) (int, error) {
	n, err := io.ReadFull(r, dst)
	if err != nil {
		return n, err
	}
	var one [1]byte
	if m, err := io.ReadFull(r, one[:]); m > 0 {
		return math.MaxInt32, nil
	} else if err != io.EOF {
		return n, err
	}
	return n, nil
}

func (u *unpacker) close() {
	if u.zstd != nil {
		u.zstd.Close()
		u.zstd = nil
	}
}

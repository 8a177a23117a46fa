package formats

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/iotest"

	"github.com/klauspost/compress/zstd"
)

// zstdFrames packs texts as frames of one stream: with and without their size,
// with and without a checksum, some of them with a skippable frame before.
func zstdFrames(t testing.TB, rng *rand.Rand, texts ...[]byte) (packed []byte) {
	t.Helper()
	for _, text := range texts {
		if rng.IntN(4) == 0 {
			skipped := make([]byte, rng.IntN(100))
			packed = append(packed, "\x53\x2a\x4d\x18"...)
			packed = binary.LittleEndian.AppendUint32(packed, uint32(len(skipped)))
			packed = append(packed, skipped...)
		}
		level := zstd.WithEncoderLevel(zstd.EncoderLevel(1 + rng.IntN(2)))
		crc := zstd.WithEncoderCRC(rng.IntN(2) == 0)
		if rng.IntN(2) == 0 {
			w, err := zstd.NewWriter(nil, level, crc, zstd.WithZeroFrames(true))
			if err != nil {
				t.Fatal(err)
			}
			packed = w.EncodeAll(text, packed)
			w.Close()
			continue
		}
		var b bytes.Buffer // written piece by piece, it does not know its size
		w, err := zstd.NewWriter(&b, level, crc, zstd.WithZeroFrames(true), zstd.WithEncoderConcurrency(1))
		if err != nil {
			t.Fatal(err)
		}
		for rest := text; len(rest) > 0; {
			n := min(len(rest), 1+rng.IntN(100_000))
			w.Write(rest[:n])
			rest = rest[n:]
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		packed = append(packed, b.Bytes()...)
	}
	return packed
}

// oneStream unpacks with the library's decoder of streams alone.
func oneStream(packed []byte) ([]byte, error) {
	d := zstdDecoder(bytes.NewReader(packed), 1)
	defer d.Close()
	return io.ReadAll(d)
}

func zstdTexts(rng *rand.Rand, n, size int) (texts [][]byte) {
	for range n {
		text := make([]byte, rng.IntN(size))
		switch rng.IntN(4) {
		case 0:
			for i := range text {
				text[i] = byte(rng.Uint32()) // does not pack
			}
		case 1: // packs to nothing
		case 2:
			text = text[:rng.IntN(3)*len(text)/1000]
		default:
			for i := range text {
				text[i] = "0123456789abcdef"[rng.Uint32()>>28&rng.Uint32()]
			}
		}
		texts = append(texts, text)
	}
	return texts
}

func TestZstdFrames(t *testing.T) {
	for seed := range uint64(20) {
		rng := rand.New(rand.NewPCG(seed, 1))
		texts := zstdTexts(rng, 1+rng.IntN(12), 300_000)
		packed := zstdFrames(t, rng, texts...)
		var in io.Reader = bytes.NewReader(packed)
		if seed%2 == 0 {
			in = iotest.HalfReader(in)
		}
		r, end := newZstd(in)
		got, err := io.ReadAll(r)
		if err != nil || !bytes.Equal(got, bytes.Join(texts, nil)) {
			t.Errorf("%d: %d bytes, %v", seed, len(got), err)
		}
		if r.(*zstdReader).tail != nil {
			t.Errorf("%d: small frames were unpacked as a stream", seed)
		}
		if err := end(); err != nil {
			t.Error(err)
		}
	}
}

// A frame that is too large is a stream, and so is all that follows it.
func TestZstdLargeFrames(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	small, large := bytes.Repeat([]byte("small\n"), 1000), make([]byte, maxFrame+1)
	for i := 0; i < len(large); i += 50 {
		large[i] = byte(i)
	}
	for range 2 {
		for _, texts := range [][][]byte{{large}, {small, large, small}, {small, small, small, large}} {
			r, end := newZstd(bytes.NewReader(zstdFrames(t, rng, texts...)))
			got, err := io.ReadAll(r)
			if err != nil || !bytes.Equal(got, bytes.Join(texts, nil)) {
				t.Errorf("%d bytes, %v", len(got), err)
			}
			if r.(*zstdReader).tail == nil {
				t.Error("a large frame was held as a whole")
			}
			end()
		}
	}
}

// Damage ends the text where it does for the library's decoder of streams.
func TestZstdDamage(t *testing.T) {
	for seed := range uint64(200) {
		rng := rand.New(rand.NewPCG(seed, 3))
		packed := zstdFrames(t, rng, zstdTexts(rng, 1+rng.IntN(4), 200_000>>(seed%8))...)
		what := "cut"
		if cut := rng.IntN(len(packed)); rng.IntN(2) == 0 {
			packed = packed[:cut]
		} else {
			what = "changed"
			packed[cut] ^= 1 << rng.IntN(8)
		}
		checkZstd(t, fmt.Sprint(seed, what), packed)
	}
}

func checkZstd(t *testing.T, name string, packed []byte) {
	t.Helper()
	want, wantErr := oneStream(packed)
	r, end := newZstd(bytes.NewReader(packed))
	defer end()
	got, err := io.ReadAll(r)
	if !bytes.Equal(got, want) {
		t.Errorf("%s: %d bytes, want %d (%v, %v)", name, len(got), len(want), err, wantErr)
	}
	if (err == nil) != (wantErr == nil) || errors.Is(err, io.ErrUnexpectedEOF) != errors.Is(wantErr, io.ErrUnexpectedEOF) {
		t.Errorf("%s: error %v, want %v", name, err, wantErr)
	}
}

// A disk that fails is not taken for damaged data.
func TestZstdReadError(t *testing.T) {
	gone := errors.New("disk gone")
	rng := rand.New(rand.NewPCG(4, 4))
	packed := zstdFrames(t, rng, zstdTexts(rng, 5, 50_000)...)
	for n := 0; n <= len(packed); n += 1 + rng.IntN(len(packed)/50) {
		r, end := newZstd(io.MultiReader(bytes.NewReader(packed[:n]), iotest.ErrReader(gone)))
		if _, err := io.ReadAll(r); !errors.Is(err, gone) {
			t.Errorf("after %d bytes: %v", n, err)
		}
		end()
	}
}

func FuzzZstd(f *testing.F) {
	rng := rand.New(rand.NewPCG(5, 5))
	for range 8 {
		f.Add(zstdFrames(f, rng, zstdTexts(rng, rng.IntN(3), 5000)...))
	}
	f.Add([]byte("\x28\xb5\x2f\xfd\x20\x00\x01\x00\x00"))
	f.Fuzz(func(t *testing.T, packed []byte) {
		d := zstdDecoder(bytes.NewReader(packed), 1)
		n, _ := io.Copy(io.Discard, io.LimitReader(d, 64<<20))
		d.Close()
		if n == 64<<20 {
			t.Skip("a bomb")
		}
		checkZstd(t, "fuzz", packed)
	})
}

// The same log in one frame, and in frames of 8 MiB.
func BenchmarkZstdFrames(b *testing.B) {
	rng := rand.New(rand.NewPCG(6, 6))
	var log []byte
	for len(log) < 64<<20 {
		log = fmt.Appendf(log, "2026-05-02T00:%02d:%02d.%07dZ,10.0.%d.%d,%x.example.net,allowed\n",
			len(log)>>20, len(log)>>14&63, rng.IntN(1e7), rng.IntN(256), rng.IntN(256), rng.Uint32())
	}
	for name, size := range map[string]int{"frames=1": len(log), "frames=64": 1 << 20} {
		packed := zstdFrames(b, rng, slices.Collect(slices.Chunk(log, size))...)
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(log)))
			b.ReportAllocs()
			for b.Loop() {
				r, end := newZstd(bytes.NewReader(packed))
				if _, err := io.Copy(io.Discard, r); err != nil {
					b.Fatal(err)
				}
				end()
			}
		})
	}
}

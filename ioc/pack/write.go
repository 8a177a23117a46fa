package pack

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"runtime"
	"sync"

	"github.com/klauspost/compress/zstd"

	"github.com/iocsweep/iocsweep/ioc"
)

// Write writes a list and says where it came from. hosts are those of
// [Pack.Hosts]; nil or an empty list for none. key signs the pack; nil leaves it
// unsigned. The pack is held in memory until it is complete.
func Write(w io.Writer, list, hosts *ioc.List, sources []Source, key ed25519.PrivateKey) error {
	workers := runtime.GOMAXPROCS(0)
	// The level is part of what makes packs of the same list the same. How
	// many encode at once is not.
	z, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedDefault), zstd.WithEncoderConcurrency(workers), zstd.WithEncoderCRC(false))
	if err != nil {
		return err
	}
	defer z.Close()
	p := packing{zstd: z}
	if err := p.pack(list, hosts, sources, workers); err != nil {
		return err
	}
	head := append([]byte(magic), make([]byte, headLen-len(magic))...)
	binary.LittleEndian.PutUint32(head[8:], Version)
	binary.LittleEndian.PutUint32(head[12:], uint32(len(p.sections)))
	var directory []byte
	for _, s := range p.sections {
		directory = s.entry.append(directory)
	}
	digest := digestOf(head, directory)
	if key != nil {
		copy(head[16:], key.Public().(ed25519.PublicKey))
		copy(head[48:], ed25519.Sign(key, append([]byte(signedText), digest[:]...)))
	}
	copy(head[112:], digest[:])
	if _, err := w.Write(append(head, directory...)); err != nil {
		return err
	}
	for _, s := range p.sections {
		if _, err := w.Write(s.bytes); err != nil {
			return err
		}
	}
	return nil
}

// digestOf covers all but what belongs to the signature.
func digestOf(head, directory []byte) [32]byte {
	h := sha256.New()
	h.Write(head[:16])
	h.Write(directory)
	return [32]byte(h.Sum(nil))
}

// A section is one to be written.
type section struct {
	entry entry
	bytes []byte
}

// A packing is a pack being made.
type packing struct {
	zstd     *zstd.Encoder
	sections []*section
}

// pack makes all sections.
func (p *packing) pack(list, hosts *ioc.List, sources []Source, workers int) error {
	work := make(chan func(), workers)
	var helpers sync.WaitGroup
	for range workers {
		helpers.Go(func() {
			for do := range work {
				do()
			}
		})
	}
	defer helpers.Wait()
	defer close(work)
	add := func(part ioc.Part, items int, raw []byte) error {
		switch {
		case len(raw) > maxSection:
			return fmt.Errorf("pack: %d bytes in one block of %s", len(raw), partName(part))
		case len(p.sections) >= maxSections:
			return errors.New("pack: too many sections")
		}
		s := &section{entry: entry{part: part, items: items, raw: len(raw)}}
		n := len(p.sections)
		p.sections = append(p.sections, s)
		work <- func() { s.fill(p.zstd, n, raw) }
		return nil
	}
	if err := add(partInfo, len(sources), appendInfo(nil, list, sources)); err != nil {
		return err
	}
	if err := list.Parts(add); err != nil || hosts == nil || hosts.Len() == 0 {
		return err
	}
	return hosts.Parts(func(part ioc.Part, items int, raw []byte) error { return add(partHosts+part, items, raw) })
}

// fill packs and hides what goes into section n.
func (s *section) fill(z *zstd.Encoder, n int, raw []byte) {
	s.bytes = z.EncodeAll(raw, nil)
	s.entry.packed = len(s.bytes) < len(raw) && len(raw) <= maxUnpacked(len(s.bytes))
	if !s.entry.packed {
		s.bytes = raw
	}
	hide(n, s.bytes)
	s.entry.stored, s.entry.sum = len(s.bytes), sha256.Sum256(s.bytes)
}

func appendInfo(dst []byte, list *ioc.List, sources []Source) []byte {
	for t := range ioc.Type(len(Pack{}.Counts)) {
		dst = binary.LittleEndian.AppendUint64(dst, uint64(list.Count(t)))
	}
	for i := range sources {
		s := &sources[i]
		for _, text := range [...]string{s.Path, s.Kind} {
			dst = append(binary.AppendUvarint(dst, uint64(len(text))), text...)
		}
		dst = append(dst, s.Sum[:]...)
		for _, n := range [...]int64{s.Size, int64(s.Taken), int64(s.Merged), int64(s.Skipped), int64(s.Rejected)} {
			dst = binary.AppendUvarint(dst, uint64(n))
		}
	}
	return dst
}

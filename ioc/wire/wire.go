// Package wire writes numbers and texts one behind the other, without names and
// without gaps, and reads them: the form of findings that wait in memory or in a
// temporary file. Only the program that wrote them reads them.
package wire

import (
	"encoding/binary"
	"math/bits"
	"slices"
	"unsafe"
)

// AppendNumber appends a number: a byte for those from -64 to 63, ten at most.
func AppendNumber(dst []byte, n int64) []byte {
	if u := uint64(n)<<1 ^ uint64(n>>63); u < 0x80 { // nearly all
		return append(dst, byte(u))
	}
	return binary.AppendVarint(dst, n)
}

// AppendBool appends true or false.
func AppendBool(dst []byte, b bool) []byte {
	if b {
		return AppendNumber(dst, 1)
	}
	return AppendNumber(dst, 0)
}

// AppendText appends a text behind its length.
func AppendText(dst []byte, s string) []byte {
	if len(s) < 0x80 {
		dst = append(dst, byte(len(s)))
	} else {
		dst = binary.AppendUvarint(dst, uint64(len(s)))
	}
	return append(dst, s...)
}

// AppendTexts appends a list of texts behind their number.
func AppendTexts(dst []byte, list []string) []byte {
	dst = AppendNumber(dst, int64(len(list)))
	for _, s := range list {
		dst = AppendText(dst, s)
	}
	return dst
}

// AppendSparse appends a list of texts most of which are empty: their number, then for
// each eight a byte that says which are not empty, and those.
func AppendSparse(dst []byte, list []string) []byte {
	dst = AppendNumber(dst, int64(len(list)))
	for ; len(list) > 0; list = list[min(8, len(list)):] {
		at := len(dst)
		dst = append(dst, 0)
		for i, s := range list[:min(8, len(list))] {
			if s != "" {
				dst[at] |= 1 << i
				dst = AppendText(dst, s)
			}
		}
	}
	return dst
}

// A Reader reads what was appended, in the same order. Beyond the end, or where something
// else stands, it returns 0 or "", and from then on Bad is true.
type Reader struct {
	raw string
	at  int
	bad bool
}

// Reset turns the reader to other bytes. The texts are pieces of them: they are
// good until something is written there.
func (r *Reader) Reset(raw []byte) {
	r.raw, r.at, r.bad = unsafe.String(unsafe.SliceData(raw), len(raw)), 0, false
}

// More reports whether something is left.
func (r *Reader) More() bool { return r.at < len(r.raw) }

// Bad reports whether something that was asked for was not there.
func (r *Reader) Bad() bool { return r.bad }

// Fail makes the reader bad: what it read makes no sense.
func (r *Reader) Fail() { r.bad = true }

func (r *Reader) unsigned() uint64 {
	if r.at < len(r.raw) && r.raw[r.at] < 0x80 { // nearly all
		r.at++
		return uint64(r.raw[r.at-1])
	}
	return r.long()
}

func (r *Reader) long() (n uint64) {
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

// Byte reads a byte as it is.
func (r *Reader) Byte() byte {
	if r.at >= len(r.raw) {
		r.bad = true
		return 0
	}
	r.at++
	return r.raw[r.at-1]
}

// Number reads a number.
func (r *Reader) Number() int64 {
	n := r.unsigned()
	return int64(n>>1) ^ -int64(n&1)
}

// Bool reads true or false.
func (r *Reader) Bool() bool { return r.Number() != 0 }

// Text reads a text.
func (r *Reader) Text() string {
	if r.at < len(r.raw) { // most are short
		if from, n := r.at+1, int(r.raw[r.at]); n < 0x80 && n <= len(r.raw)-from {
			r.at = from + n
			return r.raw[from:r.at]
		}
	}
	return r.longText()
}

func (r *Reader) longText() string {
	n := r.unsigned()
	if n > uint64(len(r.raw)-r.at) {
		r.bad = true
		return ""
	}
	r.at += int(n)
	return r.raw[r.at-int(n) : r.at]
}

// Count reads the number of things that follow, each of at least one byte: it
// is no more than the bytes that are left.
func (r *Reader) Count() int {
	n := r.Number()
	if n < 0 || n > int64(len(r.raw)-r.at) {
		r.bad = true
		return 0
	}
	return int(n)
}

// Texts appends a list of texts to dst.
func (r *Reader) Texts(dst []string) []string {
	for n := r.Count(); n > 0 && !r.bad; n-- {
		dst = append(dst, r.Text())
	}
	return dst
}

// Sparse reads a list of texts as AppendSparse wrote it into the memory of dst.
func (r *Reader) Sparse(dst []string) []string {
	n := int(r.Number())
	if n < 0 || n > 8*(len(r.raw)-r.at) {
		r.bad = true
		return dst[:0]
	}
	dst = slices.Grow(dst[:0], n)[:n]
	clear(dst)
	for left := dst; len(left) > 0; left = left[min(8, len(left)):] {
		for some := r.Byte(); some != 0; some &= some - 1 {
			i := bits.TrailingZeros8(some)
			if i >= len(left) {
				r.bad = true
				return dst[:0]
			}
			left[i] = r.Text()
		}
	}
	return dst
}

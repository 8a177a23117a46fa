package gen

import (
	"bytes"
	"io"
	"strings"
)

// A Writer writes rows of one table in one format. Close ends the file but
// does not close what it is written to.
type Writer interface {
	Write(*Row) error
	Close() error
}

// A TimeStyle is how a text format spells times.
type TimeStyle uint8

// The spellings of time.
const (
	ISO     TimeStyle = iota // 2026-05-20T14:02:12.4790000Z
	Trimmed                  // 2026-05-20T14:02:12.479Z, as Defender exports
	Portal                   // 5/20/2026, 2:02:12.479 PM under a header that ends in " [UTC]"
)

// CSVOptions says how CSV is spelled. The zero value is what most tools write.
type CSVOptions struct {
	Times     TimeStyle
	Delimiter byte // 0 is a comma
	CRLF      bool
	BOM       bool
	// QuoteAll quotes every cell that is not empty or a number.
	QuoteAll bool
	NoHeader bool
}

// NativeCSV is how the product that owns the table exports it.
func NativeCSV(t *Table) CSVOptions {
	if t.Column("Timestamp") >= 0 {
		return CSVOptions{Times: Trimmed, CRLF: true}
	}
	return CSVOptions{Times: Portal}
}

type csvWriter struct {
	w     io.Writer
	t     *Table
	o     CSVOptions
	buf   []byte
	quote [256]bool // bytes that make a cell quoted
}

// flushAt is how many bytes the line writers gather before they write.
const flushAt = 256 << 10

// NewCSV returns a Writer of CSV.
func NewCSV(w io.Writer, t *Table, o CSVOptions) Writer {
	if o.Delimiter == 0 {
		o.Delimiter = ','
	}
	c := &csvWriter{w: w, t: t, o: o}
	for _, b := range []byte{'"', '\r', '\n', o.Delimiter} {
		c.quote[b] = true
	}
	if o.BOM {
		c.buf = append(c.buf, "\ufeff"...)
	}
	if o.NoHeader {
		return c
	}
	for i, col := range t.Columns {
		if i > 0 {
			c.buf = append(c.buf, o.Delimiter)
		}
		name := col.Name
		if col.Type == Time && o.Times == Portal {
			name += " [UTC]"
		}
		// The portal quotes a name that is not purely alphanumeric.
		c.buf = c.cell(c.buf, []byte(name), o.QuoteAll || strings.ContainsAny(name, " _"))
	}
	c.buf = c.eol(c.buf)
	return c
}

func (c *csvWriter) eol(dst []byte) []byte {
	if c.o.CRLF {
		dst = append(dst, '\r')
	}
	return append(dst, '\n')
}

func (c *csvWriter) cell(dst, cell []byte, quoted bool) []byte {
	if !quoted {
		for _, b := range cell {
			if c.quote[b] {
				quoted = true
				break
			}
		}
	}
	if !quoted {
		return append(dst, cell...)
	}
	dst = append(dst, '"')
	for {
		i := bytes.IndexByte(cell, '"')
		if i < 0 {
			break
		}
		dst = append(append(dst, cell[:i+1]...), '"')
		cell = cell[i+1:]
	}
	return append(append(dst, cell...), '"')
}

func (c *csvWriter) Write(r *Row) error {
	b := c.buf
	for i := range c.t.Columns {
		if i > 0 {
			b = append(b, c.o.Delimiter)
		}
		cell := r.Cell(i)
		if len(cell) == 0 {
			continue
		}
		switch typ := c.t.Columns[i].Type; typ {
		case Int, Long, Real:
			b = append(b, cell...)
		case Time:
			switch c.o.Times {
			case Portal:
				b = append(appendPortalTime(append(b, '"'), r.Ticks(i)), '"')
			case Trimmed:
				from := len(b)
				b = append(b, cell...)
				b = append(b[:from], trimFraction(b[from:])...)
			default:
				b = c.cell(b, cell, c.o.QuoteAll)
			}
		default:
			b = c.cell(b, cell, c.o.QuoteAll)
		}
	}
	c.buf = c.eol(b)
	if len(c.buf) < flushAt {
		return nil
	}
	return c.flush()
}

func (c *csvWriter) flush() error {
	_, err := c.w.Write(c.buf)
	c.buf = c.buf[:0]
	return err
}

func (c *csvWriter) Close() error { return c.flush() }

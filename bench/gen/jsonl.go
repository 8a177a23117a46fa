package gen

import (
	"io"
	"slices"
	"strings"
)

// JSONStyle is the shape of a JSON Lines record.
type JSONStyle uint8

// The shapes of records.
const (
	// Flat is what a data-export rule writes: the columns that are not empty,
	// by name, and a few that the service adds.
	Flat JSONStyle = iota
	// Bare is Flat without what the service adds: nothing but the table.
	Bare
	// Envelope is what Defender streams to a storage account: the columns
	// under properties, empty ones as null, lines ending in CRLF.
	Envelope
)

// JSONOptions says how JSON Lines are spelled.
type JSONOptions struct {
	Style JSONStyle
	Times TimeStyle // ISO or Trimmed
	// Objects writes Dynamic cells as JSON, and not as JSON text in a string.
	Objects bool
	CRLF    bool
}

// NativeJSONL is how the product that owns the table writes it.
func NativeJSONL(t *Table) JSONOptions {
	if t.Column("Timestamp") >= 0 {
		return JSONOptions{Style: Envelope, Times: Trimmed, CRLF: true}
	}
	return JSONOptions{}
}

type jsonWriter struct {
	w     io.Writer
	t     *Table
	o     JSONOptions
	order []int    // columns in the order of their names
	keys  []string // by column: "Name":
	buf   []byte
}

// NewJSONL returns a Writer of JSON Lines.
func NewJSONL(w io.Writer, t *Table, o JSONOptions) Writer {
	j := &jsonWriter{w: w, t: t, o: o}
	for i, c := range t.Columns {
		j.order = append(j.order, i)
		j.keys = append(j.keys, `"`+c.Name+`":`)
	}
	if o.Style != Envelope {
		slices.SortFunc(j.order, func(a, b int) int { return strings.Compare(t.Columns[a].Name, t.Columns[b].Name) })
	}
	return j
}

func (j *jsonWriter) Write(r *Row) error {
	b := j.buf
	when := j.t.Column("TimeGenerated")
	if when < 0 {
		when = j.t.Column("Timestamp")
	}
	if j.o.Style == Envelope {
		b = append(b, `{"time":"`...)
		b = append(AppendTime(b, r.Ticks(when)+97*ticksPerSecond, 7), `","tenantId":"`+tenant+`","operationName":"Publish","category":"AdvancedHunting-`...)
		b = append(append(b, j.t.Name...), `","_TimeReceivedBySvc":"`...)
		b = append(AppendTime(b, r.Ticks(when)+41*ticksPerSecond, 7), `","properties":{`...)
	} else {
		b = append(b, '{')
	}
	comma := false
	for _, i := range j.order {
		cell := r.Cell(i)
		if len(cell) == 0 && j.o.Style != Envelope {
			continue
		}
		if comma {
			b = append(b, ',')
		}
		comma = true
		b = append(b, j.keys[i]...)
		b = j.value(b, i, cell)
	}
	switch j.o.Style {
	case Envelope:
		b = append(b, `},"Tenant":"DefaultTenant"}`...)
	case Flat:
		if j.t.Column("TimeGenerated") < 0 {
			b = append(AppendTime(append(b, `,"TimeGenerated":"`...), r.Ticks(when), 7), `","Type":"`...)
			b = append(append(b, j.t.Name...), '"')
		}
		b = append(b, `,"_Internal_WorkspaceResourceId":"/subscriptions/2b7c1f60-51aa-4a0f-8d55-90e1a4c3b7d2/resourcegroups/rg-logs/providers/microsoft.operationalinsights/workspaces/ws-logs","_ItemId":"`...)
		b = append(guid(b, uint64(r.N)^uint64(r.Ticks(when))), `"}`...)
	default:
		b = append(b, '}')
	}
	if j.o.CRLF {
		b = append(b, '\r')
	}
	j.buf = append(b, '\n')
	if len(j.buf) < flushAt {
		return nil
	}
	return j.Close()
}

func (j *jsonWriter) value(b []byte, i int, cell []byte) []byte {
	if len(cell) == 0 {
		return append(b, "null"...)
	}
	switch typ := j.t.Columns[i].Type; typ {
	case Int, Long, Real, Bool:
		return append(b, cell...)
	case Time:
		b = append(b, '"')
		from := len(b)
		b = append(b, cell...)
		if j.o.Times == Trimmed {
			b = append(b[:from], trimFraction(b[from:])...)
		}
		return append(b, '"')
	case Dynamic:
		if j.o.Objects {
			return append(b, cell...)
		}
	}
	return appendString(b, cell)
}

// appendString appends text as a JSON string, escaping what must be.
func appendString(b, text []byte) []byte {
	b = append(b, '"')
	from := 0
	for i, c := range text {
		if c >= ' ' && c != '"' && c != '\\' {
			continue
		}
		b = append(b, text[from:i]...)
		from = i + 1
		switch c {
		case '"', '\\':
			b = append(b, '\\', c)
		case '\n':
			b = append(b, `\n`...)
		case '\r':
			b = append(b, `\r`...)
		case '\t':
			b = append(b, `\t`...)
		default:
			b = append(b, `\u00`...)
			b = append(b, "0123456789abcdef"[c>>4], "0123456789abcdef"[c&15])
		}
	}
	return append(append(b, text[from:]...), '"')
}

func (j *jsonWriter) Close() error {
	_, err := j.w.Write(j.buf)
	j.buf = j.buf[:0]
	return err
}

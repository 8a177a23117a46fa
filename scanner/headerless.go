package scanner

import (
	"errors"
	"path"
	"strings"
	"sync"

	"github.com/iocsweep/iocsweep/formats"
	"github.com/iocsweep/iocsweep/scanner/table"
)

// Lines of CEF and LEEF have bars as CSV may, but are not read; these errors say so.
var (
	errCEF  = errors.New("lines of CEF, which are not read: export the table that Sentinel parses them into, CommonSecurityLog")
	errLEEF = errors.New("lines of LEEF, which are not read: export what they are parsed into, as CSV or JSON with the names of its columns")
)

// eventLines returns the error for a record whose first cell is the beginning of such a
// line, <134>May 2 00:00:05 fw CEF:0, and nil for any other.
func eventLines(first string) error {
	for _, word := range strings.FieldsFunc(first, func(r rune) bool { return strings.ContainsRune(" \t,;|\"", r) }) {
		kind, version, _ := strings.Cut(word, ":")
		if version == "" || version[0] < '0' || version[0] > '9' {
			continue
		}
		switch kind {
		case "CEF":
			return errCEF
		case "LEEF":
			return errLEEF
		}
	}
	return nil
}

// headersByFolder has what is known of the headers in each folder of inputs.
type headersByFolder map[string]*folderHeaders

type folderHeaders struct {
	inputs  []*input
	once    sync.Once
	byWidth map[int][]*folderHeader // by the number of columns; read once
}

// A folderHeader is a header that CSV files in a folder have.
type folderHeader struct {
	names []string
	table *table.Table // which it tells of, nil if none
	from  []string     // the files, in their order
}

// siblingHeader returns the header that a CSV file in the same folder or archive has
// for records of so many cells: exports in shards carry it in the first file only. A
// header of another width, or of another table than the file's name says, is not taken:
// cells would come under the wrong columns. Where several differ, the one of the file
// whose name is most alike is taken, and none if there is more than one such.
func (r *run) siblingHeader(in *input, cells int) (names []string, from string) {
	file := in.in.String()
	f := r.folderOf(file)
	f.once.Do(func() { f.read(r, in) })
	named := table.InFileName(r.tables, file)
	alike := -1
	for _, h := range f.byWidth[cells] {
		if named != nil && h.table != nil && h.table != named {
			continue
		}
		n, by := h.mostAlike(file)
		switch {
		case n > alike:
			names, from, alike = h.names, by, n
		case n == alike:
			names, from = nil, ""
		}
	}
	return names, from
}

// folderOf returns what is known of the folder in which a file lies.
func (r *run) folderOf(file string) *folderHeaders {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.headers == nil {
		r.headers = headersByFolder{}
		for _, in := range r.inputs {
			folder := path.Dir(in.in.String())
			if r.headers[folder] == nil {
				r.headers[folder] = &folderHeaders{}
			}
			r.headers[folder].inputs = append(r.headers[folder].inputs, in)
		}
	}
	if f := r.headers[path.Dir(file)]; f != nil {
		return f
	}
	return &folderHeaders{} // of the portal's result, which is no input
}

// read looks at all files of a folder but the one that asks. What can be read only
// once is left to its own turn.
func (f *folderHeaders) read(r *run, asking *input) {
	f.byWidth = map[int][]*folderHeader{}
	known := map[string]*folderHeader{}
	for _, in := range f.inputs {
		if in == asking || !in.in.Rereadable() {
			continue
		}
		names := r.headerOf(in)
		if names == nil {
			continue
		}
		key := strings.Join(names, "\x00")
		h := known[key]
		if h == nil {
			h = &folderHeader{names: names, table: r.tableOf(names)}
			known[key] = h
			f.byWidth[len(names)] = append(f.byWidth[len(names)], h)
		}
		h.from = append(h.from, in.in.String())
	}
}

// headerOf returns the header of a CSV file, nil if it is none or has none.
func (r *run) headerOf(in *input) []string {
	o := r.Formats
	o.Until = r.caller
	src, err := formats.Open(in.in, o)
	if err != nil {
		return nil
	}
	info := src.Info()
	_ = src.Close()
	if info.Format != "csv" || info.NoHeader || len(info.Parts) != 1 {
		return nil
	}
	return info.Parts[0].Columns
}

// tableOf is the table that a header tells of, nil if none.
func (r *run) tableOf(header []string) *table.Table {
	t, _, _ := table.Detect(r.tables, table.Evidence{Columns: bareNames(header)})
	return t
}

// mostAlike returns the first file with the header whose name has most in common
// with another's, and how many bytes that is.
func (h *folderHeader) mostAlike(file string) (n int, from string) {
	n = -1
	for _, f := range h.from {
		if c := commonPrefix(path.Base(f), path.Base(file)); c > n {
			n, from = c, f
		}
	}
	return n, from
}

// commonPrefix is how many bytes two names begin with alike.
func commonPrefix(a, b string) int {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return n
}

package main

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/iocsweep/iocsweep/formats"
	"github.com/iocsweep/iocsweep/scanner"
	"github.com/iocsweep/iocsweep/scanner/clock"
	"github.com/iocsweep/iocsweep/scanner/table"
)

const tableFileUsage = "`FILE` with a table definition to add or replace, repeatable"

// tableFlags say how inputs are read and which columns are matched.
type tableFlags struct {
	table, inputFormat string
	columns            string
	tableFiles         []string
	header             string
	zone, dateOrder    string
}

func (f *tableFlags) register(fs flags) {
	fs.StringVar(&f.table, "table", "", "`NAME` of the table that the inputs hold, instead of detecting it; generic: sweep what no table fits as well")
	fs.StringVar(&f.inputFormat, "input-format", "", "`NAME` of the inputs' format instead of detecting it: "+strings.Join(formatNames(), ", "))
	fs.StringVar(&f.columns, "columns", "", "columns matched: hunt (those of the KQL hunts), wide (all structured ones, default), deep (free text too)")
	fs.StringArrayVar(&f.tableFiles, "table-file", nil, tableFileUsage)
	fs.StringVar(&f.header, "header", "", "column `NAME,...` for CSV files without a header, or a file whose first line has them")
	fs.StringVar(&f.zone, "time-zone", "", "zone `NAME` (IANA or Windows) of times that carry none")
	fs.StringVar(&f.dateOrder, "date-order", "", "order of dates that can be read in several ways: mdy, dmy or ymd")
}

func formatNames() []string {
	var names []string
	for _, f := range formats.All {
		names = append(names, f.Name)
	}
	return names
}

// apply fills the parts of a scan that say how inputs are read.
func (f *tableFlags) apply(s *scanner.Scan) (err error) {
	if s.Tables, err = readTables(f.tableFiles); err != nil {
		return err
	}
	s.Table = f.table
	if f.table != "" && !strings.EqualFold(f.table, table.GenericName) && table.ByName(s.Tables, f.table) == nil {
		var names []string
		for _, t := range s.Tables {
			names = append(names, t.Name)
		}
		return fmt.Errorf("unknown table %q: want one of %s, generic, or a definition with --table-file", f.table, strings.Join(names, ", "))
	}
	if f.inputFormat != "" {
		if err := oneOf("--input-format", f.inputFormat, formatNames()...); err != nil {
			return err
		}
		s.Formats.Format = f.inputFormat
	}
	if err := choose("--columns", cmp.Or(f.columns, "wide"), &s.Columns, choices[scanner.Columns]{
		{"hunt", scanner.ColumnsHunt}, {"wide", scanner.ColumnsWide}, {"deep", scanner.ColumnsDeep}}); err != nil {
		return err
	}
	if f.header != "" {
		if s.Formats.Header, err = headerNames(f.header); err != nil {
			return err
		}
	}
	if f.zone != "" {
		loc, ok := clock.Zone(f.zone)
		if !ok {
			return fmt.Errorf("--time-zone: unknown zone %q", f.zone)
		}
		s.Zone = loc
	}
	if f.dateOrder == "" {
		return nil
	}
	return choose("--date-order", f.dateOrder, &s.DateOrder, choices[clock.Order]{
		{"mdy", clock.MDY}, {"dmy", clock.DMY}, {"ymd", clock.YMD}})
}

// readTables returns the embedded tables with those of files.
func readTables(files []string) ([]*table.Table, error) {
	tables := table.Builtin()
	for _, path := range files {
		t, err := readTable(path)
		if err != nil {
			return nil, err
		}
		tables = table.Add(tables, t)
	}
	return tables, nil
}

func readTable(path string) (*table.Table, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return table.Parse(path, f)
}

// headerNames reads --header: names with commas, or a file whose first line has them.
func headerNames(s string) ([]string, error) {
	if !strings.Contains(s, ",") {
		b, err := os.ReadFile(s)
		if err == nil {
			line, _, _ := strings.Cut(strings.TrimPrefix(string(b), "\ufeff"), "\n")
			s = strings.TrimSpace(line)
		} else if !errors.Is(err, os.ErrNotExist) {
			return nil, fmt.Errorf("--header: %w", err)
		}
	}
	names := strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == '\t' || r == ';' })
	for i := range names {
		names[i] = strings.Trim(names[i], ` "`)
	}
	if len(names) == 0 {
		return nil, errors.New("--header: no column names")
	}
	return names, nil
}

//go:build cgo

package main

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"slices"
	"strings"

	"github.com/duckdb/duckdb-go/v2"

	"github.com/iocsweep/iocsweep/bench/gen"
)

// duck does the job with DuckDB, as one who knows it well would: nothing is
// sniffed, all columns are text, only those that are needed are read, order is
// given up for speed. Addresses are compared as text, names without regard to
// case and final dot and by their last labels. Spellings that only parsing would
// recognise are not found, which the count of rows shows.
type duck struct {
	db     *sql.DB
	depths []int // numbers of labels that the feed's names have
}

func newDuck(threads int, addrs, names []string) (peer, error) {
	c, err := duckdb.NewConnector("", nil)
	if err != nil {
		return nil, err
	}
	d := &duck{db: sql.OpenDB(c)}
	for _, q := range []string{
		fmt.Sprintf("SET threads = %d", threads),
		"CREATE TABLE addrs (v VARCHAR)", "CREATE TABLE names (v VARCHAR)",
	} {
		if _, err := d.db.Exec(q); err != nil {
			return nil, err
		}
	}
	conn, err := d.db.Conn(context.Background())
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	seen := map[int]bool{}
	for _, n := range names {
		if k := strings.Count(n, ".") + 1; !seen[k] {
			seen[k] = true
			d.depths = append(d.depths, k)
		}
	}
	return d, conn.Raw(func(raw any) error {
		for _, t := range []struct {
			name string
			list []string
		}{{"addrs", addrs}, {"names", names}} {
			a, err := duckdb.NewAppenderFromConn(raw.(driver.Conn), "", t.name)
			if err != nil {
				return err
			}
			for _, v := range t.list {
				if err := a.AppendRow(v); err != nil {
					return err
				}
			}
			if err := a.Close(); err != nil {
				return err
			}
		}
		return nil
	})
}

func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

func (d *duck) sql(j *job) string { return d.query(j, countRows, nil) }

// source is the table function that reads a file.
func (d *duck) source(j *job) string {
	t := gen.TableByName(j.table)
	switch j.format {
	case "parquet":
		return "read_parquet(" + quote(j.path) + ")"
	case "csv":
		var cols []string
		for _, c := range t.Columns {
			cols = append(cols, quote(c.Name)+": 'VARCHAR'")
		}
		return fmt.Sprintf(`read_csv(%s, auto_detect=false, header=true, delim=',', quote='"', escape='"', buffer_size=4194304, max_line_size=1048576, columns={%s})`, quote(j.path), strings.Join(cols, ", "))
	}
	keys := j.All()
	if j.table == "DeviceNetworkEvents" && !strings.HasSuffix(j.path, ".flat.jsonl") {
		return fmt.Sprintf("(SELECT unnest(properties) FROM read_json(%s, format='newline_delimited', auto_detect=false, maximum_object_size=1048576, columns={'properties': 'STRUCT(%s)'}))",
			quote(j.path), `"`+strings.Join(keys, `" VARCHAR, "`)+`" VARCHAR`)
	}
	return fmt.Sprintf("read_json(%s, format='newline_delimited', auto_detect=false, maximum_object_size=1048576, columns={'%s': 'VARCHAR'})", quote(j.path), strings.Join(keys, "': 'VARCHAR', '"))
}

// listMembers is how many members of a list are compared one by one. That is
// faster than to unnest them, and the data have no longer lists.
const listMembers = 6

// What a query answers with, beside the columns of the rows that hit.
const (
	countRows   = "count(*)"
	listRecords = "record" // for which DuckDB has to keep the order of the file
)

// query answers for the rows that hit: with one of the answers above, or with
// columns. Names and lists are split once, in an inner query, and what is
// compared are their parts; of the ways tried (regular expressions, split_part,
// unnest, grouping equal names first) this was the fastest over all columns.
func (d *duck) query(j *job, answer string, columns []string) string {
	inner := slices.Clone(j.All())
	for _, c := range columns {
		if !slices.Contains(inner, c) {
			inner = append(inner, c)
		}
	}
	var or []string
	split := func(expr, by string) string {
		name := fmt.Sprintf("s%d", len(inner))
		inner = append(inner, fmt.Sprintf("string_split(%s, '%s') AS %s", expr, by, name))
		return name
	}
	addr := func(expr string) { or = append(or, expr+" IN (FROM addrs)") }
	name := func(expr string) {
		s := split("lower(rtrim("+expr+", '.'))", ".")
		for _, k := range d.depths {
			var suffix []string
			for i := k; i > 0; i-- {
				suffix = append(suffix, fmt.Sprintf("%s[-%d]", s, i))
			}
			or = append(or, strings.Join(suffix, "||'.'||")+" IN (FROM names)")
		}
	}
	for _, c := range j.Address {
		addr(c)
	}
	for _, c := range j.List {
		s := split(c, ", ")
		for k := range listMembers {
			addr(fmt.Sprintf("%s[%d]", s, k+1))
		}
	}
	for _, c := range j.Name {
		name(c)
	}
	for _, c := range j.Host {
		addr(c)
		name(c)
	}
	for _, c := range j.URL {
		host := fmt.Sprintf(`regexp_extract(%s, '^(?:[A-Za-z]+://)?(?:[^/@]*@)?([^/:?]+)', 1)`, c)
		addr(host)
		name(host)
	}
	for _, c := range j.JSON {
		// A row has one of them. The answers are left alone, which saves time.
		name(fmt.Sprintf(`regexp_extract(%s, '"(?:query|host|server_name)":"([^"]+)"', 1)`, c))
	}
	switch answer {
	case "":
		answer = strings.Join(columns, ", ")
	case listRecords:
		inner = append(inner, "row_number() OVER () AS record")
	}
	return "SELECT " + answer + " FROM (SELECT " + strings.Join(inner, ", ") + " FROM " + d.source(j) + ")\nWHERE " + strings.Join(or, "\n OR ")
}

func (d *duck) count(j *job) (rows int64, err error) {
	if _, err := d.db.Exec("SET preserve_insertion_order = false"); err != nil {
		return 0, err
	}
	err = d.db.QueryRow(d.query(j, countRows, nil)).Scan(&rows)
	return rows, err
}

// show writes the rows that hit to a file, as lines of JSON.
func (d *duck) show(j *job, columns []string, file string) error {
	if _, err := d.db.Exec("SET preserve_insertion_order = false"); err != nil {
		return err
	}
	_, err := d.db.Exec("COPY (" + d.query(j, "", columns) + ") TO " + quote(file) + " (FORMAT json)")
	return err
}

// read returns how many bytes some columns have as text, in all rows.
func (d *duck) read(j *job, columns []string) (n int64, err error) {
	var sums []string
	for _, c := range columns {
		sums = append(sums, `coalesce(sum(strlen(CAST("`+c+`" AS VARCHAR))), 0)`)
	}
	err = d.db.QueryRow("SELECT CAST(" + strings.Join(sums, " + ") + " AS BIGINT) FROM " + d.source(j)).Scan(&n)
	return n, err
}

func (d *duck) records(j *job) ([]int64, error) {
	if _, err := d.db.Exec("SET preserve_insertion_order = true"); err != nil {
		return nil, err
	}
	rows, err := d.db.Query(d.query(j, listRecords, nil))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []int64
	for rows.Next() {
		var n int64
		if err := rows.Scan(&n); err != nil {
			return nil, err
		}
		list = append(list, n)
	}
	slices.Sort(list)
	return list, rows.Err()
}

func (d *duck) close() { d.db.Close() }

func (d *duck) version() (v string, err error) {
	err = d.db.QueryRow("SELECT version()").Scan(&v)
	return v, err
}

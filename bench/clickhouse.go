package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/iocsweep/iocsweep/bench/corpus"
)

// clickhouseQuery does a job with clickhouse-local: the rows that hit are
// counted or, if numbered, listed by the numbers of their records, which takes
// one thread that keeps the order of the file. It compares what DuckDB's query
// in bench/peers compares: addresses as text, names without regard to case and
// final dot and by their last labels.
func clickhouseQuery(j *job, feed string, threads int, numbered bool) string {
	columns := corpus.Levels["wide"][j.table]
	inner := slices.Clone(columns.All())
	nested := j.format == "jsonl" && j.table == "DeviceNetworkEvents" && !strings.HasSuffix(j.file, ".flat.jsonl")
	if nested {
		for i, c := range inner {
			inner[i] = fmt.Sprintf("ifNull(properties.%s, '') AS %s", c, c)
		}
	} else if j.format != "csv" {
		for i, c := range inner {
			inner[i] = fmt.Sprintf("ifNull(t.%s, '') AS %s", c, c)
		}
	}
	var or []string
	addr := func(expr string) { or = append(or, expr+" IN addrs") }
	parts := 0
	name := func(expr string) {
		parts++
		split := fmt.Sprintf("splitByChar('.', lower(trim(TRAILING '.' FROM %s))) AS p%d", expr, parts)
		inner = append(inner, split)
		// From the registered name, which no indicator is shorter than, to
		// the longest that the feed has.
		for k := 2; k <= clickhouseLabels; k++ {
			or = append(or, fmt.Sprintf("arrayStringConcat(arraySlice(p%d, -%d), '.') IN names", parts, k))
		}
	}
	for _, c := range columns.Address {
		addr(c)
	}
	for _, c := range columns.List {
		parts++
		inner = append(inner, fmt.Sprintf("splitByString(', ', %s) AS p%d", c, parts))
		for k := 1; k <= clickhouseMembers; k++ {
			addr(fmt.Sprintf("p%d[%d]", parts, k))
		}
	}
	for _, c := range columns.Name {
		name(c)
	}
	for _, c := range columns.Host {
		addr(c)
		name(c)
	}
	for _, c := range columns.URL {
		host := fmt.Sprintf(`extract(%s, '^(?:[A-Za-z]+://)?(?:[^/@]*@)?([^/:?]+)')`, c)
		addr(host)
		name(host)
	}
	for _, c := range columns.JSON {
		name(fmt.Sprintf(`extract(%s, '"(?:query|host|server_name)":"([^"]+)"')`, c))
	}
	what, settings := "count()", fmt.Sprintf("max_threads=%d", threads)
	if numbered {
		what = "record"
		inner = append(inner, "rowNumberInAllBlocks() + 1 AS record")
		settings = "max_threads=1, input_format_parallel_parsing=0, enable_optimize_predicate_expression=0, query_plan_filter_push_down=0, query_plan_optimize_prewhere=0"
	}
	const isAddr = `match(line, '^[0-9.]+(:[0-9]+)?$|:.*:')`
	const noPort = `replaceRegexpOne(replaceRegexpOne(line, '^\\[(.*)\\]:[0-9]+$', '\\1'), '^([0-9.]+):[0-9]+$', '\\1')`
	lines := "file(" + text(feed) + ", 'LineAsString', 'line String')"
	return "CREATE TABLE addrs (v String) ENGINE = Set;\n" +
		"CREATE TABLE names (v String) ENGINE = Set;\n" +
		"INSERT INTO addrs SELECT " + noPort + " FROM " + lines + " WHERE " + isAddr + ";\n" +
		"INSERT INTO names SELECT line FROM " + lines + " WHERE NOT " + isAddr + ";\n" +
		fmt.Sprintf("SELECT %s FROM (SELECT %s FROM %s AS t)\nWHERE %s\n", what, strings.Join(inner, ", "), clickhouseSource(j, columns.All(), nested), strings.Join(or, "\n OR ")) +
		"FORMAT TSV SETTINGS " + settings + ", input_format_with_names_use_header=1, input_format_skip_unknown_fields=1, input_format_null_as_default=1"
}

// The longest name of a generated feed has so many labels, and the longest
// list of the data so many members.
const (
	clickhouseLabels  = 3
	clickhouseMembers = 6
)

// clickhouseSource is the table function that reads the columns of a file.
func clickhouseSource(j *job, columns []string, nested bool) string {
	format, typ := "Parquet", "Nullable(String)"
	switch j.format {
	case "csv":
		format, typ = "CSVWithNames", "String"
	case "jsonl":
		format = "JSONEachRow"
	}
	structure := strings.Join(columns, " "+typ+", ") + " " + typ
	if nested {
		structure = "properties Tuple(" + structure + ")"
	}
	return fmt.Sprintf("file(%s, '%s', %s)", text(j.path()), format, text(structure))
}

// text is a string literal of ClickHouse.
func text(s string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(s) + "'"
}

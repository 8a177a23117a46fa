package formats

import "strings"

// sniffJSON reports whether the text starts like JSON at all; JSON Lines are
// asked before.
func sniffJSON(head []byte) bool {
	head = trimJSONHead(head)
	if len(head) < 2 || head[0] != '{' && head[0] != '[' {
		return false
	}
	p := jsonSpace(head, 1, len(head))
	switch {
	case p == len(head):
		return true
	case head[0] == '{':
		return head[p] == '"' || head[p] == '}'
	}
	return strings.IndexByte(`{["]`, head[p]) >= 0
}

// padded returns a copy of text with jsonPad bytes behind it.
func padded(text []byte) []byte {
	b := make([]byte, len(text)+jsonPad)
	copy(b, text)
	return b
}

// isJSONDocument reports whether a well-formed object wraps records as query
// answers do, so that it is no record itself. b reaches jsonPad bytes beyond
// end.
func isJSONDocument(b []byte, end int) bool {
	var columns, rows, fail bool
	n := 0
	for p := jsonSpace(b, 1, end); p < end && b[p] == '"'; n++ {
		q := jsonQuote(b, p+1, end)
		key := b[p+1 : q]
		p = jsonSpace(b, q+1, end)
		p = jsonSpace(b, p+1, end)
		start := p
		p, _ = jsonSkip(b, p, end, 1)
		switch wrapperOf(key) {
		case wrapsObjects:
			if jsonHolds(b, start, end, '{') {
				return true
			}
		case wrapsRows:
			rows = rows || jsonHolds(b, start, end, '[')
		case wrapsColumns:
			columns = columns || jsonHolds(b, start, end, '{')
		case wrapsError:
			fail = b[start] == '{'
		}
		if p = jsonSpace(b, p, end); p < end && b[p] == ',' {
			p = jsonSpace(b, p+1, end)
		}
	}
	return columns && rows || fail && n == 1
}

// jsonHolds reports whether the value at b[p] is an array that is empty or
// starts with the given bracket.
func jsonHolds(b []byte, p, end int, bracket byte) bool {
	if b[p] != '[' {
		return false
	}
	p = jsonSpace(b, p+1, end)
	return p < end && (b[p] == bracket || b[p] == ']')
}

// A wrapper says what a member of a document is for, by its key.
type wrapper uint8

const (
	wrapsNothing   wrapper = iota
	wrapsObjects           // value, results: records; tables: tables of rows by position
	wrapsRows              // rows by position
	wrapsColumns           // the names of their columns
	wrapsMeta              // the same of ClickHouse, anything else elsewhere
	wrapsError             // what went wrong
	wrapsName              // of the table
	wrapsKind              // of the table
	wrapsID                // of the table
	wrapsHasErrors         // whether something went wrong
)

// wrapperOf returns what a member with this key is for.
func wrapperOf(key []byte) wrapper {
	switch strings.ToLower(string(key)) {
	case "value", "results", "tables":
		return wrapsObjects
	case "rows":
		return wrapsRows
	case "columns", "schema":
		return wrapsColumns
	case "meta":
		return wrapsMeta
	case "error", "exceptions":
		return wrapsError
	case "name", "tablename":
		return wrapsName
	case "tablekind":
		return wrapsKind
	case "tableid":
		return wrapsID
	case "haserrors", "cancelled":
		return wrapsHasErrors
	}
	return wrapsNothing
}

// mayWrapRows reports whether a member with this key may have rows by position, behind
// the columns of a known table: those of ClickHouse and of pandas, of Elasticsearch's ES|QL
// and of SQL in OpenSearch.
func mayWrapRows(key []byte) bool {
	switch strings.ToLower(string(key)) {
	case "data", "values", "datarows":
		return true
	}
	return false
}

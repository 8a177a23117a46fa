package formats

import (
	"bytes"
	"iter"
	"slices"
	"strings"
)

// A jsonSearch finds the records of known tables in what is wrapped round them:
//
//	{"data":[{"TimeGenerated":"…","SourceIP":"10.0.0.5"}]}           records in a list
//	{"0":{"TimeGenerated":"…","SourceIP":"10.0.0.5"},"1":{…}}        records by key
//	{"responses":[{"id":"1","body":{"tables":[{"columns":[…],…}]}}]} further inside
//	{"preview":false,"result":{"TimeGenerated":"…"}}                 in an envelope each
//
// Shape alone says nothing, since any record may have lists of objects: the objects
// inside have to have the columns of a table.
type jsonSearch struct {
	table      func(*Part) string // Options.Table
	whole      bool               // Options.Whole
	envelope   string             // name of the member that has the columns of the input's records
	settled    bool               // no other envelope is tried
	misses     int                // values without records since the last one with some
	loneRecord bool               // the value at hand has a record among members that are none
	looked     int64              // bytes looked at so far, each as often as it was
	at         int64              // how far the document has been read, in bytes
}

const (
	// jsonWindow is how much of a value is looked at to see what it holds.
	jsonWindow = 64 << 10
	// jsonFar is how much where that shows nothing and ends within the first thing
	// that may be a record: one with a long script in it may show its table behind that.
	jsonFar = 512 << 10
	// jsonNesting is how deep records may lie in a value.
	jsonNesting = 8
	// After jsonMisses values without records no other is searched, so that a document
	// of a million such values costs no more than another.
	jsonMisses = 4096
	// jsonLooks is how often each byte of a document may be looked at on average, with
	// four windows more: a byte is looked at once for each value that it lies in.
	jsonLooks = 16
	// fewRecords are enough to tell a table.
	fewRecords = 8
)

// jsonEnvelopes are the members in which the columns of a record may stand: of
// Defender's streaming export, Splunk, Elasticsearch, events of Event Hubs.
var jsonEnvelopes = []string{"properties", "result", "_source", "body"}

// isEnvelope reports whether the inside of a key is the name of one of them.
func isEnvelope(key []byte) bool {
	return slices.ContainsFunc(jsonEnvelopes, func(e string) bool { return strings.EqualFold(string(key), e) })
}

func newJSONSearch(o Options) jsonSearch {
	return jsonSearch{table: o.Table, whole: o.Whole, envelope: jsonEnvelopes[0]}
}

// A jsonHolding says where a value has records.
type jsonHolding uint8

const (
	holdsNothing jsonHolding = iota // it has none
	holdsRecords                    // it is an array of records
	holdsKeyed                      // it is an object, and its members are records
	holdsInside                     // further inside
)

// tableOf names the table of records in b, which reaches jsonPad bytes beyond
// them; "" if it is not known. If the records turn out to have an envelope, it becomes
// s.envelope.
func (s *jsonSearch) tableOf(b []byte, rows []jsonRow) string {
	if s.table == nil || len(rows) == 0 {
		return ""
	}
	_, name := s.sample(b, rows)
	return name
}

// sample is tableOf that also returns the jsonSample by which the table is known.
func (s *jsonSearch) sample(b []byte, rows []jsonRow) (part *Part, name string) {
	part = jsonSample(b, rows, s.envelope)
	if s.table == nil || len(rows) == 0 {
		return part, ""
	}
	for _, row := range rows {
		s.looked += int64(row.end - row.off)
	}
	name = s.table(part)
	if name == "" && !s.settled {
		for _, envelope := range jsonEnvelopes[1:] {
			has := slices.ContainsFunc(part.Columns, func(c string) bool { return strings.EqualFold(c, envelope) })
			if !has {
				continue
			}
			inside := jsonSample(b, rows, envelope)
			if name = s.table(inside); name != "" {
				part, s.envelope = inside, envelope
				break
			}
		}
	}
	s.settled = s.settled || name != ""
	return part, name
}

// unwrap looks for an envelope by which one of the records is of a known table, while
// without it that record is of none, and makes it s.envelope. Records without an
// envelope among them are matched all the same.
func (s *jsonSearch) unwrap(b []byte, rows []jsonRow) {
	if s.table == nil {
		return
	}
	has := make([]uint8, len(rows)) // bit n: jsonEnvelopes[n]
	for i, row := range rows {
		has[i] = envelopesOf(b, row)
	}
	for n, envelope := range jsonEnvelopes {
		for i, row := range rows {
			if has[i]>>n&1 == 0 || s.table(jsonSample(b, []jsonRow{row}, "")) != "" {
				continue
			}
			if s.table(jsonSample(b, []jsonRow{row}, envelope)) != "" {
				s.envelope, s.settled = envelope, true
				return
			}
		}
	}
}

// envelopesOf says which envelopes an object may have: bit n for member n of
// jsonEnvelopes in any case, where it is an object or may be the text of one. Many
// tables have a column of such a name.
func envelopesOf(b []byte, row jsonRow) (has uint8) {
	for key, value := range jsonItems(b, '{', int(row.off)+1, int(row.end)) {
		if !mayHoldObject(b[value.off:value.end]) {
			continue
		}
		name := string(jsonUnquote(nil, key))
		for n, envelope := range jsonEnvelopes {
			if strings.EqualFold(name, envelope) {
				has |= 1 << n
			}
		}
	}
	return has
}

// mayHoldObject reports whether a value is an object, or a text that may be one.
func mayHoldObject(value []byte) bool {
	if value[0] != '"' {
		return value[0] == '{'
	}
	text := bytes.TrimLeft(value[1:], " \t\r\n")
	return len(text) > 0 && (text[0] == '{' || text[0] == '\\') // an escape may be white space, or the brace
}

// find returns where an array or object has records, and of which table they are. Its
// first element or member is at b[p]; b[p:end] may end within it. depth is how much
// deeper records may lie.
func (s *jsonSearch) find(b []byte, bracket byte, p, end, depth int) (jsonHolding, string) {
	if depth == 0 {
		return holdsNothing, ""
	}
	s.looked += int64(end - p)
	var rows []jsonRow
	var columns []string
	listed := false // a member is a list of rows by position
	for key, value := range jsonItems(b, bracket, p, end) {
		if bracket == '[' && b[value.off] != '{' {
			break
		}
		switch role := wrapperOf(key); {
		case role == wrapsColumns && columns == nil:
			columns = jsonColumnNames(b[value.off:value.end])
		case role == wrapsMeta && columns == nil:
			if names := jsonColumnNames(b[value.off:value.end]); s.knows(names) {
				columns = names
			}
		case role == wrapsRows || mayWrapRows(key):
			listed = listed || jsonHolds(b, int(value.off), end, '[')
		}
		if b[value.off] == '{' || b[value.off] == '[' {
			rows = append(rows, value)
		}
		if bracket == '[' && len(rows) == maxSample {
			break
		}
	}
	if bracket == '[' {
		// Mostly the first shows it. Lists of few records may be many.
		name := s.tableOf(b, rows[:min(len(rows), 1)])
		if name == "" && len(rows) > 1 {
			if what, _ := s.find(b, '{', int(rows[0].off)+1, int(rows[0].end), depth-1); what != holdsNothing {
				return holdsInside, "" // whatever the others show
			}
			if name = s.tableOf(b, rows[:min(len(rows), fewRecords)]); name == "" {
				rows = rows[1:]
			}
		}
		if name != "" {
			return holdsRecords, name
		}
	} else {
		if listed && s.knows(columns) {
			return holdsInside, ""
		}
		if name := s.keyed(b, p, end); name != "" {
			return holdsKeyed, name
		}
	}
	for _, v := range rows {
		if b[v.off] == '{' && bracket == '{' && s.tableOf(b, []jsonRow{v}) != "" {
			s.loneRecord = true
			continue
		}
		if what, _ := s.find(b, b[v.off], int(v.off)+1, int(v.end), depth-1); what != holdsNothing {
			return holdsInside, ""
		}
	}
	return holdsNothing, ""
}

// mayHoldMore reports whether a value that reaches beyond b[:end] may have records
// there. Its first element or member is at b[p]. The first elements of a list say what
// all of them are.
func (s *jsonSearch) mayHoldMore(b []byte, bracket byte, p, end int) bool {
	n := 0
	for _, value := range jsonItems(b, bracket, p, end) {
		if n++; bracket == '[' && (b[value.off] != '{' || n == maxSample) {
			return false
		}
	}
	return true
}

// firstBreaksOff reports whether the first element of an array, which is at b[p], is an
// object or array that ends beyond end. Of an object, any member may.
func firstBreaksOff(b []byte, bracket byte, p, end int) bool {
	if p = jsonSpace(b, p, end); bracket == '{' || p == end {
		return bracket == '{'
	}
	_, fault := jsonSkip(b, p, end, 0)
	return fault != jsonOK && (b[p] == '{' || b[p] == '[')
}

// enabled reports whether records are to be taken out of what is round them.
func (s *jsonSearch) enabled() bool { return s.table != nil && !s.whole }

// active reports whether they are, and whether searching for them is still worth it.
func (s *jsonSearch) active() bool {
	return s.enabled() && s.misses < jsonMisses && s.affords(0)
}

// affords reports whether that many bytes more may be looked at.
func (s *jsonSearch) affords(more int64) bool {
	return s.looked+more <= jsonLooks*(s.at+4*jsonWindow)
}

// knows reports whether columns are those of a known table.
func (s *jsonSearch) knows(columns []string) bool {
	return s.table != nil && len(columns) > 0 && s.table(&Part{Columns: columns}) != ""
}

// keyed names the table of the members of an object if all of them are records; "" if
// they are not, or if the object is a record itself. Its first member is at b[p].
func (s *jsonSearch) keyed(b []byte, p, end int) (name string) {
	n := 0
	for _, value := range jsonItems(b, '{', p, end) {
		// Records have a plain value first, as a rule: then there is nothing to ask.
		if b[value.off] != '{' || n == 0 && s.tableOf(b, []jsonRow{{uint32(p - 1), uint32(end)}}) != "" {
			return ""
		}
		// Each of the first two has to show it. Later ones may have few columns.
		if n++; n <= 2 {
			next := s.tableOf(b, []jsonRow{value})
			if next == "" || n == 2 && next != name {
				return ""
			}
			name = next
		}
		if n == maxSample {
			break
		}
	}
	return name
}

// jsonFails reports whether the object at b[p:end] tells of an error.
func jsonFails(b []byte, p, end int) bool {
	for key, value := range jsonItems(b, '{', p+1, end) {
		if wrapperOf(key) == wrapsError && b[value.off] == '{' {
			return true
		}
	}
	return false
}

// jsonItems yields the elements of an array or the members of an object, the
// first of which is at b[p]; keys are nil in arrays. It ends at the bracket, at the
// first fault, or behind a value that reaches beyond b[:end].
func jsonItems(b []byte, bracket byte, p, end int) iter.Seq2[[]byte, jsonRow] {
	return func(yield func([]byte, jsonRow) bool) {
		for {
			key, value, next, ok := jsonItem(b, bracket, p, end)
			if !ok || !yield(key, value) {
				return
			}
			p = next
		}
	}
}

// jsonItem returns the element or member at b[p], and where the next one is: at end if
// there is none. ok is false where jsonItems ends.
func jsonItem(b []byte, bracket byte, p, end int) (key []byte, value jsonRow, next int, ok bool) {
	if p = jsonSpace(b, p, end); p >= end || b[p] == '}' || b[p] == ']' {
		return nil, value, end, false
	}
	if bracket == '{' {
		q := -1
		if b[p] == '"' {
			q = jsonQuote(b, p+1, end)
		}
		if q < 0 {
			return nil, value, end, false
		}
		key = b[p+1 : q]
		if p = jsonSpace(b, q+1, end); p >= end || b[p] != ':' {
			return nil, value, end, false
		}
		if p = jsonSpace(b, p+1, end); p >= end {
			return nil, value, end, false
		}
	}
	q, fault := jsonSkip(b, p, end, 0)
	if fault != jsonOK {
		q = end
	}
	value = jsonRow{uint32(p), uint32(q)}
	if next = jsonSpace(b, q, end); next >= end || b[next] != ',' {
		return key, value, end, true
	}
	return key, value, next + 1, true
}

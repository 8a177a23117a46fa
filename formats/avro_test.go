package formats

import (
	"bufio"
	"bytes"
	"compress/flate"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/klauspost/compress/snappy"
)

// captureSchema is that of Event Hubs Capture.
const captureSchema = `{"type":"record","name":"EventData","namespace":"Microsoft.ServiceBus.Messaging","fields":[
	{"name":"SequenceNumber","type":"long"},
	{"name":"Offset","type":"string"},
	{"name":"EnqueuedTimeUtc","type":"string"},
	{"name":"SystemProperties","type":{"type":"map","values":["long","double","string","bytes"]}},
	{"name":"Properties","type":{"type":"map","values":["long","double","string","bytes","null"]}},
	{"name":"Body","type":["null","bytes"]}]}`

const avroMark = "0123456789abcdef"

// An avroText is the values of records, one after the other, as Avro stores them.
type avroText []byte

func (a avroText) long(n ...int64) avroText {
	for _, n := range n {
		a = binary.AppendUvarint(a, uint64(n<<1^n>>63))
	}
	return a
}

func (a avroText) text(s ...string) avroText {
	for _, s := range s {
		a = append(a.long(int64(len(s))), s...)
	}
	return a
}

// event appends a record of captureSchema, in all maps of which there is something.
func (a avroText) event(body string) avroText {
	a = a.long(7).text("4294967296", "5/21/2026 8:14:03 AM")
	a = a.long(1).text("x-opt-enqueued-time").long(0, 1747815243000, 0)
	a = a.long(-2, 30).text("a").long(2).text("b").text("n").long(4, 0)
	if body == "null" {
		return a.long(0)
	}
	return a.long(1).text(body)
}

func events(bodies ...string) (int, avroText) {
	var a avroText
	for _, body := range bodies {
		a = a.event(body)
	}
	return len(bodies), a
}

func avroHeader(schema, codec string) avroText {
	a := avroText(avroMagic)
	if codec == "" {
		a = a.long(1)
	} else {
		a = a.long(-2, int64(len(schema)+len(codec)+30)).text("avro.codec", codec)
	}
	return append(a.text("avro.schema", schema).long(0), avroMark...)
}

// block appends a block of n records, packed.
func (a avroText) block(t testing.TB, codec string, n int, records []byte) avroText {
	t.Helper()
	switch codec {
	case "deflate":
		var b bytes.Buffer
		w, _ := flate.NewWriter(&b, 6)
		w.Write(records)
		w.Close()
		records = b.Bytes()
	case "snappy":
		records = binary.BigEndian.AppendUint32(snappy.Encode(nil, records), crc32.ChecksumIEEE(records))
	case "zstandard":
		records = zst(string(records))
	}
	return append(append(a.long(int64(n), int64(len(records))), records...), avroMark...)
}

// avroLines reads a container as the lines that it is turned into.
func avroLines(b []byte) (string, error) {
	c, err := openContent(Bytes("x.avro", b), Options{MaxRecord: 1 << 20})
	if err != nil {
		return "", err
	}
	defer c.Close()
	return readAll(c)
}

func TestAvroCodecs(t *testing.T) {
	var bodies []string
	for i := range 3000 {
		bodies = append(bodies, fmt.Sprintf(`{"Type":"DnsEvents","Name":"%d.example"}`, i))
	}
	bodies = append(bodies, `{"Name":"`+strings.Repeat("x", 300_000)+`"}`)
	want := strings.Join(bodies, "\n") + "\n"
	for _, codec := range []string{"", "null", "deflate", "snappy", "zstandard"} {
		file := avroHeader(captureSchema, codec)
		for from := 0; from < len(bodies); from += 700 {
			n, text := events(bodies[from:min(from+700, len(bodies))]...)
			file = file.block(t, codec, n, text)
			file = file.block(t, codec, 0, nil)
		}
		if got, err := avroLines(file); got != want || err != nil {
			t.Errorf("%q: %d bytes of %d, %v", codec, len(got), len(want), err)
		}
		// Several, one after the other, in any pieces.
		r := &avroReader{in: avroInput{r: bufio.NewReaderSize(bytes.NewReader(append(file, file...)), avroSync)}, max: 1 << 20}
		r.values.in = bufio.NewReaderSize(nil, 16)
		if err := r.header(); err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(iotest.OneByteReader(r)); string(got) != want+want || err != nil {
			t.Errorf("%q twice: %d bytes of %d, %v", codec, len(got), 2*len(want), err)
		}
		r.close()
	}
}

// avroBzip2 is two strings, {"n":1} and {"n":2}, as bzip2 packs them.
const avroBzip2 = "\x42\x5a\x68\x39\x31\x41\x59\x26\x53\x59\x72\x34\x1b\xab\x00\x00\x00\x59\x80\x00\x01\x10\x00\x30\x10\x00" +
	"\x01\x00\x0a\x20\x00\x31\x0c\x08\x12\x80\x7a\x89\xc2\x26\x86\x8b\xe2\xee\x48\xa7\x0a\x12\x0e\x46\x83\x75\x60"

func TestAvroOtherCodecs(t *testing.T) {
	file := avroHeader(`"string"`, "bzip2").long(2, int64(len(avroBzip2)))
	file = append(append(file, avroBzip2...), avroMark...)
	if got, err := avroLines(file); got != "{\"n\":1}\n{\"n\":2}\n" || err != nil {
		t.Errorf("bzip2: got %q, %v", got, err)
	}
	for codec, want := range map[string]string{"xz": `packed by "xz"`, "lz4": `packed by "lz4"`} {
		_, err := avroLines(avroHeader(`"string"`, codec))
		if !errors.Is(err, ErrPacked) || !errors.Is(err, ErrUnknownFormat) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v", codec, err)
		}
	}
}

// Bodies of events are the lines, whatever they are.
func TestAvroBodies(t *testing.T) {
	for _, tt := range []struct{ name, body, want string }{
		{"record", `{"a":1}`, `{"a":1}`},
		{"wrapped", `{ "Records" : [ {"a":1}, {"a":2} ] } {"a":3}`, `{"a":1}` + "\n" + `{"a":2}` + "\n" + `{"a":3}`},
		{"wrapped and more", `{"records":[{"a":1}],"b":2}`, `{"records":[{"a":1}],"b":2}`},
		{"wrapped, others", `{"records":[{"a":1},2]}`, `{"records":[{"a":1},2]}`},
		{"white space", "\ufeff {\"a\":1} \r\n", `{"a":1}`},
		{"several lines", "{\n  \"a\": \"x\\\"y\",\r\n  \"b\": [1]\n}\n", `{   "a": "x\"y",    "b": [1] }`},
		{"line break in a string", "{\"a\":\"x\ny\"}", `{"a":"x\ny"}`},
		{"another line break in a string", "{\"a\":\"x\r\ny\"}", `{"a":"x\r\ny"}`},
		{"carriage returns alone", "{\"a\":1,\r\"b\":2}", `{"a":1, "b":2}`},
		{"lines", "{\"a\":1}\n{\"a\":2}\r\n\n{\"a\":3}", `{"a":1}` + "\n" + `{"a":2}` + "\n" + `{"a":3}`},
		{"one after the other, blanks between", "{\"a\":{}} \t{\"a\":2}", `{"a":{}}` + "\n" + `{"a":2}`},
		{"one after the other", `{"a":1}{"a":"}{"} {"a":3}`, `{"a":1}` + "\n" + `{"a":"}{"}` + "\n" + `{"a":3}`},
		{"one after the other in a line", "{\"a\":1} {\"a\":[{}, {}]},{\"a\":3}\x1e{\"a\":4}\t{\"a\":5}",
			`{"a":1}` + "\n" + `{"a":[{}, {}]}` + "\n" + `{"a":3}` + "\n" + `{"a":4}` + "\n" + `{"a":5}`},
		{"objects in a list", `{"a":[{}, {}], "b":"},{"}`, `{"a":[{}, {}], "b":"},{"}`},
		{"sequence", "\x1e{\"a\":1}\n\x1e{\"a\":2}\n", `{"a":1}` + "\n" + `{"a":2}`},
		{"commas between", "{\"a\":1},\n{\"a\":2},", `{"a":1}` + "\n" + `{"a":2}`},
		{"list", `[{"a":1}, {"a":[2]}]`, `{"a":1}` + "\n" + `{"a":[2]}`},
		{"empty lists", `[ ] {"records":[]} {"a":1}`, `{"a":1}`},
		{"list of no records", `[1,2]`, `[1,2]`},
		{"list with another thing", `[{"a":1},2]`, `{"a":1}` + "\n" + `2`},
		{"broken line", "{\"a\":1}\n{\"a\":\n{\"a\":3}", `{"a":1}` + "\n" + `{"a":` + "\n" + `{"a":3}`},
		{"broken list", "[{\"a\":1},\n{\"a\":", `{"a":1}` + "\n" + `[ , {"a":`},
		{"broken batch", `{"records":[{"a":1}, {"a":2} `, `{"a":1}` + "\n" + `{"a":2}` + "\n" + `[ `},
		{"batch without a colon", `[{"a":1}] {"records"}`, `{"a":1}` + "\n" + `{"records"}`},
		{"batch without a value", `{"records":`, `{"records":`},
		{"batch broken inside", `{"records":[{"a":1},{"a":x},{"a":3}]}`, `{"a":1}` + "\n" + `[ ,{"a":x},{"a":3}]}`},
		{"bracket too many", `[{"a":1}}`, `{"a":1}` + "\n" + `[ }`},
		{"text in brackets", `[Wed Oct 11] error`, `[Wed Oct 11] error`},
		{"broken off", "{\n\"a\":1,\n\"b\":", `{ "a":1, "b":`},
		{"gzip", string(gz(`{"a":1}`)), `{"a":1}`},
		{"gzip, broken off", string(gz(`{"a":1}`)[:20]), `"` + hex.EncodeToString(gz(`{"a":1}`)[:20]) + `"`},
		{"gzip, too large", string(gz(strings.Repeat(" ", 1<<20), `{"a":1}`)), `"` + hex.EncodeToString(gz(strings.Repeat(" ", 1<<20), `{"a":1}`)) + `"`},
		{"UTF-16", string(utf16Bytes(`{"a":"ä"}`, binary.LittleEndian, true)), `{"a":"ä"}`},
		{"UTF-16 without mark", string(utf16Bytes(`{"a":1}`, binary.BigEndian, false)), `{"a":1}`},
		{"nothing", "", `{}`},
		{"null", "null", `{}`},
		{"white space alone", " \r\n", `{}`},
		{"text", "<134>CEF:0|x\n\"y\"", `"<134>CEF:0|x\n\"y\""`},
		{"bytes", "\x00\xff\x01", `"00ff01"`},
	} {
		n, text := events(`{"first":1}`, tt.body, `{"last":1}`)
		got, err := avroLines(avroHeader(captureSchema, "").block(t, "", n, text))
		if want := `{"first":1}` + "\n" + tt.want + "\n" + `{"last":1}` + "\n"; got != want || err != nil {
			t.Errorf("%s: got %q, %v\nwant %q", tt.name, got, err, want)
		}
	}
}

// Schemas and the values that are of them.
func TestAvroValues(t *testing.T) {
	type v = avroText
	float := func(bits int, f float64) v {
		if bits == 32 {
			return binary.LittleEndian.AppendUint32(nil, math.Float32bits(float32(f)))
		}
		return binary.LittleEndian.AppendUint64(nil, math.Float64bits(f))
	}
	logical := func(kind, name string) string { return fmt.Sprintf(`{"type":%q,"logicalType":%q}`, kind, name) }
	for _, tt := range []struct {
		name, schema string
		value        v
		want         string
	}{
		{"null", `"null"`, nil, `null`},
		{"boolean", `"boolean"`, v{1}, `true`},
		{"int", `"int"`, v{}.long(-2), `-2`},
		{"long", `"long"`, v{}.long(math.MinInt64), `-9223372036854775808`},
		{"float", `"float"`, float(32, 22.1), `22.1`},
		{"double", `"double"`, float(64, 1e21), `1e+21`},
		{"no number", `"double"`, float(64, math.NaN()), `"NaN"`},
		{"bytes", `"bytes"`, v{}.text("a\"b"), `"a\"b"`},
		{"bytes that are no text", `"bytes"`, v{}.text("\xff"), `"ff"`},
		{"string", `"string"`, v{}.text("é\n"), `"é\n"`},
		{"fixed", `{"type":"fixed","name":"f","size":2}`, v("ab"), `"ab"`},
		{"enum", `{"type":"enum","name":"e","symbols":["A","B"]}`, v{}.long(1), `"B"`},
		{"union", `["null","string"]`, v{}.long(1).text("x"), `"x"`},
		{"array", `{"type":"array","items":"long"}`, v{}.long(2, 1, 2, -1, 1, 3, 0), `[1,2,3]`},
		{"empty array", `{"type":"array","items":"long"}`, v{}.long(0), `[]`},
		{"map", `{"type":"map","values":"long"}`, v{}.long(1).text("k").long(5, 0), `{"k":5}`},
		{"nested record", `{"type":"record","name":"n","fields":[{"name":"x","type":["null","long"]},{"name":"y","type":"long"}]}`,
			v{}.long(0, 3), `{"y":3}`},
		{"nested type", `{"type":{"type":"string"}}`, v{}.text("x"), `"x"`},
		{"name in a namespace", `{"type":"record","name":"a.b.R","fields":[{"name":"e","type":{"type":"enum","name":"E","symbols":["S"]}},
			{"name":"f","type":"E"},{"name":"g","type":["null","a.b.E"]}]}`, v{}.long(0, 0, 1, 0), `{"e":"S","f":"S","g":"S"}`},
		{"type within itself", `{"type":"record","name":"R","aliases":["Old"],"fields":[{"name":"v","type":"long"},{"name":"next","type":["null","R"]}]}`,
			v{}.long(1, 1, 2, 0), `{"v":1,"next":{"v":2}}`},
		{"timestamp-millis", logical("long", "timestamp-millis"), v{}.long(1743473587482), `"2025-04-01T02:13:07.4820000Z"`},
		{"timestamp-micros", logical("long", "timestamp-micros"), v{}.long(1743473587482001), `"2025-04-01T02:13:07.4820010Z"`},
		{"timestamp-nanos", logical("long", "timestamp-nanos"), v{}.long(1743473587482001200), `"2025-04-01T02:13:07.4820012Z"`},
		{"local-timestamp-millis", logical("long", "local-timestamp-millis"), v{}.long(-1), `"1969-12-31T23:59:59.9990000"`},
		{"date", logical("int", "date"), v{}.long(20179), `"2025-04-01"`},
		{"time-millis", logical("int", "time-millis"), v{}.long(7987482), `"02:13:07.4820000"`},
		{"time-micros", logical("long", "time-micros"), v{}.long(7987482001), `"02:13:07.4820010"`},
		{"decimal", `{"type":"bytes","logicalType":"decimal","precision":5,"scale":2}`, v{}.text("\xff\x85"), `-1.23`},
		{"decimal in fixed", `{"type":"fixed","name":"d","size":2,"logicalType":"decimal","precision":4}`, v("\x00\x7b"), `123`},
		{"uuid", logical("string", "uuid"), v{}.text("6ba7b810-9dad-11d1-80b4-00c04fd430c8"), `"6ba7b810-9dad-11d1-80b4-00c04fd430c8"`},
		{"uuid in fixed", `{"type":"fixed","name":"u","size":16,"logicalType":"uuid"}`,
			v("\x6b\xa7\xb8\x10\x9d\xad\x11\xd1\x80\xb4\x00\xc0\x4f\xd4\x30\xc8"), `"6ba7b810-9dad-11d1-80b4-00c04fd430c8"`},
		{"duration", `{"type":"fixed","name":"d","size":12,"logicalType":"duration"}`, v("\x01\x00\x00\x00\x02\x00\x00\x00\xb9\x0b\x00\x00"), `"P1M2DT3.001S"`},
		{"logical type of another type", logical("string", "date"), v{}.text("x"), `"x"`},
		{"unknown logical type", logical("long", "moon-phase"), v{}.long(1), `1`},
	} {
		schema := `{"type":"record","name":"T","fields":[{"name":"A","type":` + tt.schema + `},{"name":"Z","type":"string"}]}`
		text := append(bytes.Clone(tt.value), v{}.text("z")...)
		text = append(text, text...)
		got, err := avroLines(avroHeader(schema, "").block(t, "", 2, text))
		line := `{"A":` + tt.want + `,"Z":"z"}` + "\n"
		if got != line+line || err != nil {
			t.Errorf("%s: got %s, %v\nwant %s", tt.name, got, err, line)
		}
	}
}

// Which records are events.
func TestAvroEvents(t *testing.T) {
	body := `{"name":"body","type":"bytes"}`
	for schema, want := range map[string]string{
		`"bytes"`: `{"x":1}`,
		`string`:  `{"x":1}`,
		`{"type":"record","name":"e","fields":[{"name":"headers","type":{"type":"map","values":"string"}},` + body + `]}`: `{"x":1}`,
		`{"type":"record","name":"e","fields":[{"name":"Subject","type":{"type":"map","values":"string"}},` + body + `]}`: `{"Subject":{},"body":"{\"x\":1}"}`,
	} {
		var text avroText
		if strings.HasPrefix(schema, "{") {
			text = text.long(0)
		}
		got, err := avroLines(avroHeader(schema, "").block(t, "", 1, text.text(`{"x":1}`)))
		if got != want+"\n" || err != nil {
			t.Errorf("%s: got %s, %v", schema, got, err)
		}
	}
}

// What was whole of a damaged file is read, behind the damage as well, and the damage is
// an error with its place.
func TestAvroDamage(t *testing.T) {
	const schema, a, b, c = `"string"`, `{"n":1}`, `{"n":2}`, `{"n":3}`
	for _, codec := range []string{"", "deflate", "snappy", "zstandard"} {
		header := avroHeader(schema, codec)
		one := header.block(t, codec, 2, avroText{}.text(a, a))
		two := one.block(t, codec, 2, avroText{}.text(b, b))
		three := two.block(t, codec, 1, avroText{}.text(c))
		damaged := func(at int) []byte {
			file := bytes.Clone(three)
			file[at] ^= 0x55
			return file
		}
		for _, tt := range []struct {
			name string
			file []byte
			want string
			err  error
			text string
		}{
			{"whole", three, a + a + b + b + c, nil, ""},
			{"cut in the last block", three[:len(three)-avroSync-1], "", ErrTruncated, fmt.Sprint("block at byte ", len(two))},
			{"cut in the sync mark", three[:len(three)-1], a + a + b + b + c, ErrTruncated, fmt.Sprint("block at byte ", len(two))},
			{"cut behind a count", three[:len(two)+1], a + a + b + b, ErrTruncated, fmt.Sprint("block at byte ", len(two))},
			{"cut in the header", three[:len(header)-3], "", ErrTruncated, "header at byte 0"},
			{"sync mark", damaged(len(two) - 1), a + a + b + b, ErrCorrupt, fmt.Sprint("block at byte ", len(one))},
			{"count", damaged(len(one)), a + a + c, ErrCorrupt, fmt.Sprint("block at byte ", len(one))},
			{"size", damaged(len(header) + 1), "", ErrCorrupt, fmt.Sprint("block at byte ", len(header))},
			{"more than the records", header.block(t, codec, 1, avroText{}.text(a, a)).block(t, codec, 1, avroText{}.text(c)), a + c, ErrCorrupt,
				"it holds more than its records"},
			{"fewer than the records", header.block(t, codec, 9, avroText{}.text(a, a)).block(t, codec, 1, avroText{}.text(c)), a + a + c, ErrCorrupt,
				"it ends within a record"},
			{"text behind", append(bytes.Clone(one), "x"...), a + a, ErrTruncated, ""},
			{"zeros behind", append(bytes.Clone(one), make([]byte, 100_000)...), a + a, ErrCorrupt, ""},
			{"damage, and cut", damaged(len(one))[:len(three)-1], a + a + c, ErrCorrupt, ""},
		} {
			got, err := avroLines(tt.file)
			got = strings.ReplaceAll(got, "\n", "")
			if tt.want != "" && got != tt.want || !errors.Is(err, tt.err) || err != nil && !strings.Contains(err.Error(), tt.text) {
				t.Errorf("%q, %s: got %s, %v", codec, tt.name, got, err)
			}
		}
	}
	snap := avroHeader(schema, "snappy").block(t, "snappy", 1, avroText{}.text(a))
	snap[len(snap)-avroSync-1]++
	snap = snap.block(t, "snappy", 1, avroText{}.text(c))
	if got, err := avroLines(snap); got != c+"\n" || !errors.Is(err, ErrCorrupt) || !strings.Contains(err.Error(), "check sum") {
		t.Errorf("check sum: got %q, %v", got, err)
	}
}

// Behind a container whose header cannot be read the next one is.
func TestAvroHeaders(t *testing.T) {
	container := func(mark, codec, text string) []byte {
		f := avroHeader(`"string"`, codec).block(t, codec, 1, avroText{}.text(text))
		return bytes.ReplaceAll(f, []byte(avroMark), []byte(mark))
	}
	const a, b, c = `{"n":1}`, `{"n":2}`, `{"n":3}`
	for _, codec := range []string{"null", "deflate"} {
		one, two, three := container("0123456789abcdef", codec, a), container("ABCDEFGHIJKLMNOP", codec, b), container("qrstuvwxyzQRSTUV", codec, c)
		all := slices.Concat(one, two, three)
		header := fmt.Sprint("avro: the header at byte ", len(one))
		damaged := func(what string) []byte {
			at := bytes.Index(all[len(one):], []byte(what))
			file := bytes.Clone(all)
			file[len(one)+at] ^= 0x55
			return file
		}
		for _, tt := range []struct {
			name string
			file []byte
			want string
			err  error
			text string
		}{
			{"whole", all, a + b + c, nil, ""},
			{"magic", damaged(avroMagic), a + c, ErrCorrupt, ""},
			{"schema", damaged(`"string"`), a + c, ErrCorrupt, header},
			{"name of the schema", damaged("avro.schema"), a + c, ErrCorrupt, header},
			{"codec", damaged(codec), a + c, ErrPacked, "packed by"},
			{"sync mark", damaged("ABCDEFGHIJKLMNOP"), a + b + c, ErrCorrupt, "its sync mark"},
			{"cut in the magic", all[:len(one)+2], a, ErrCorrupt, ""},
			{"cut", all[:len(one)+30], a, ErrTruncated, header},
		} {
			got, err := avroLines(tt.file)
			if got = strings.ReplaceAll(got, "\n", ""); got != tt.want || !errors.Is(err, tt.err) || err != nil && !strings.Contains(err.Error(), tt.text) {
				t.Errorf("%s, %s: got %s, %v", codec, tt.name, got, err)
			}
		}
	}
	// A text in a damaged block is no container.
	file := avroHeader(`"string"`, "").block(t, "", 9, avroText{}.text(avroMagic)).block(t, "", 1, avroText{}.text(c))
	if got, err := avroLines(file); !strings.HasSuffix(got, c+"\n") || !errors.Is(err, ErrCorrupt) {
		t.Errorf("magic in a text: got %q, %v", got, err)
	}
}

// What a file says of itself costs neither time nor memory.
func TestAvroHostile(t *testing.T) {
	const many = 1 << 62
	nulls := `{"type":"array","items":"null"}`
	nested := strings.Repeat(`{"type":"array","items":`, 10_000) + `"long"` + strings.Repeat("}", 10_000)
	wide := `{"type":"record","name":"R0","fields":[]}`
	for i := range 5 {
		wide = fmt.Sprintf(`{"type":"record","name":"R%d","fields":[{"name":"a","type":%s}%s]}`, i+1, wide,
			strings.Repeat(fmt.Sprintf(`,{"name":"b","type":"R%d"}`, i), 100))
	}
	for _, tt := range []struct {
		name, schema string
		count        int64
		text         avroText
		err          error
	}{
		{"records of nothing", `"null"`, many, nil, ErrCorrupt},
		{"arrays of nothing", nulls, 1, avroText{}.long(many), ErrCorrupt},
		{"least count", nulls, 1, avroText{}.long(math.MinInt64, 1), ErrCorrupt},
		{"negative count of records", nulls, -1, nil, ErrCorrupt},
		{"long text", `"string"`, 1, avroText{}.long(many), ErrCorrupt},
		{"text of negative length", `"string"`, 1, avroText{}.long(-1), ErrCorrupt},
		{"long number", `"long"`, 1, bytes.Repeat([]byte{0xff}, 11), ErrCorrupt},
		{"branch", `["null","string"]`, 1, avroText{}.long(7), ErrCorrupt},
		{"symbol", `{"type":"enum","name":"e","symbols":["A"]}`, 1, avroText{}.long(-3), ErrCorrupt},
		{"deep schema", nested, 0, nil, ErrCorrupt},
		{"endless record", `{"type":"record","name":"R","fields":[{"name":"a","type":"R"},{"name":"b","type":"R"}]}`, 1, nil, ErrCorrupt},
		{"deep value", `{"type":"record","name":"R","fields":[{"name":"a","type":["null","R"]}]}`, 1,
			avroText(bytes.Repeat([]byte{2}, 100_000)), ErrCorrupt},
		{"wide record", wide, many, nil, ErrCorrupt},
		{"no schema", "", 0, nil, ErrCorrupt},
		{"no such type", `"strange"`, 0, nil, ErrCorrupt},
		{"type that is none", `{"type":7}`, 0, nil, ErrCorrupt},
		{"record without fields", `{"type":"record","name":"x"}`, 0, nil, ErrCorrupt},
	} {
		file := avroHeader(tt.schema, "").block(t, "", int(tt.count), tt.text)
		if _, err := avroLines(file); !errors.Is(err, tt.err) {
			t.Errorf("%s: got %v", tt.name, err)
		}
	}
	file := avroHeader(nulls, "")
	for range 20_000 {
		file = file.block(t, "", 1, avroText{}.long(many))
	}
	file = file.block(t, "", 1, avroText{}.long(2, 0))
	start := time.Now()
	if got, err := avroLines(file); got != "[null,null]\n" || !errors.Is(err, ErrCorrupt) {
		t.Errorf("many arrays of nothing: got %q, %v", got, err)
	}
	if took := time.Since(start); took > 10*time.Second {
		t.Errorf("many arrays of nothing took %v", took)
	}
	field := avroHeader(`{"type":"record","name":"R","fields":[{"name":"a"}]}`, "")
	if _, err := avroLines(field); !errors.Is(err, ErrCorrupt) || !strings.Contains(err.Error(), "schema: a type is missing") {
		t.Errorf("field without a type: %v", err)
	}
	// What a value says that it has is not what there is: no nulls are free for it.
	file = avroHeader(`{"type":"record","name":"R","fields":[{"name":"a","type":["string",`+nulls+`]}]}`, "")
	for range 3 {
		file = file.block(t, "", 1, avroText{}.long(0, 200_000))
		for range 40 {
			file = file.block(t, "", 1, avroText{}.long(1, 150_000, 0))
		}
	}
	if got, err := avroLines(file); len(got) > 6<<20 || !errors.Is(err, ErrCorrupt) {
		t.Errorf("arrays of nothing behind texts that break off: %d bytes, %v", len(got), err)
	}
	for name, text := range map[string]avroText{
		"many entries": avroText(avroMagic).long(many).text("k", "v"),
		"least":        avroText(avroMagic).long(math.MinInt64, 0).text("k", "v"),
		"long key":     avroText(avroMagic).long(1, many),
	} {
		if _, err := avroLines(text); !errors.Is(err, ErrTruncated) && !errors.Is(err, ErrCorrupt) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	block := avroHeader(`"string"`, "snappy").long(1, 9)
	block = append(append(block, "\xff\xff\xff\xff\x0f...."...), avroMark...)
	if _, err := avroLines(block); !errors.Is(err, ErrTooLarge) {
		t.Errorf("snappy of 4 GiB: %v", err)
	}
}

// The records are those of JSON Lines; they have no lines of a file, and bodies that are
// no JSON are rejects with their place.
func TestAvroRecords(t *testing.T) {
	n, text := events("hello", `{"records":[{"Name":"a.example"},{"Name":"b.example"}]}`, "\xff", "", `{"Name":"c.example"}`)
	for name, first := range map[string]string{
		"lines":    `{"Name":"0.example"}`,
		"document": `{"value":[{"Name":"0.example"}]}`,
	} {
		_, more := events(first)
		src, err := Open(Bytes("x.avro", avroHeader(captureSchema, "deflate").block(t, "deflate", n+1, append(more, text...))), Options{})
		if err != nil {
			t.Fatal(err)
		}
		if info := src.Info(); info.Compression != "avro" || info.Format != "jsonl" && name == "lines" {
			t.Errorf("%s: %+v", name, info)
		}
		r := src.NewReader(Want{Keys: []Column{{"Name", -1}}})
		var got []string
		for {
			b, err := r.Next()
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			for run := range r.Runs() {
				var all []uint32
				for i := range run.Cells {
					all = append(all, uint32(i))
				}
				refs, _ := run.Find(all, nil)
				for _, ref := range refs {
					pos := r.Pos(ref.Row)
					got = append(got, fmt.Sprintf("%s %d %d %d", run.Cell(int(ref.Cell)), pos.Record, pos.Line, pos.Offset))
				}
			}
			for _, bad := range r.Rejects() {
				got = append(got, fmt.Sprintf("%s %d %d %d", bad.Raw, bad.Pos.Record, bad.Pos.Line, bad.Pos.Offset))
			}
			if name == "lines" && b.Records != 7 {
				t.Errorf("%d records", b.Records)
			}
		}
		src.Close()
		if want := `[0.example 0 -1 -1 a.example 2 -1 -1 b.example 3 -1 -1 c.example 6 -1 -1 "hello" 1 -1 -1 "ff" 4 -1 -1]`; name == "lines" && fmt.Sprint(got) != want {
			t.Errorf("got %v\nwant %s", got, want)
		}
		for _, line := range got {
			if !strings.HasSuffix(line, " -1 -1") {
				t.Errorf("%s: %s has a place in the text", name, line)
			}
		}
	}
	// A first event longer than the head shows its records all the same.
	batch := `{"records":[` + strings.Repeat(`{"Name":"a.example"},`, headSize/10) + `{"Name":"b.example"}]}`
	n, text = events("no JSON", batch)
	src, err := Open(Bytes("x.avro", avroHeader(captureSchema, "").block(t, "", n, text)), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	if info := src.Info(); info.Format != "jsonl" || fmt.Sprint(info.Parts[0].Columns) != "[Name]" {
		t.Errorf("long batch: %s of %v", info.Format, info.Parts[0].Columns)
	}
	n, text = events("<134>CEF:0|x", "\xff")
	file := avroHeader(captureSchema, "").block(t, "", n, text)
	if _, err := Open(Bytes("x.avro", file), Options{}); !errors.Is(err, ErrPacked) || !strings.Contains(err.Error(), `"<134>CEF:0|x"`) {
		t.Errorf("without JSON: %v", err)
	}
	if _, err := Open(Bytes("x.avro", avroHeader(captureSchema, "")), Options{}); !errors.Is(err, ErrNoRecords) || !errors.Is(err, ErrEmpty) {
		t.Errorf("without records: %v", err)
	}
}

// Whatever the bytes, reading ends, with an error that callers know, and lines that are
// whole. Blocks that were read are no more than the bytes can hold.
func FuzzAvro(f *testing.F) {
	n, text := events(`{"a":1}`, "{\n\"a\":[1]}", string(gz(`{"a":1}`)), "x")
	for _, codec := range []string{"", "deflate", "snappy", "zstandard"} {
		f.Add([]byte(avroHeader(captureSchema, codec).block(f, codec, n, text).block(f, codec, n, text)))
	}
	f.Add([]byte(avroHeader(`{"type":"record","name":"R","fields":[{"name":"a","type":["null","R"]},{"name":"b","type":{"type":"map","values":
		{"type":"array","items":{"type":"long","logicalType":"date"}}}},{"name":"c","type":{"type":"enum","name":"e","symbols":["A"]}}]}`, "").
		block(f, "", 1, avroText{}.long(1, 0, 0, 0, 1).text("k").long(1, 5, 0, 0, 0))))
	f.Add(append([]byte(avroHeader(`"string"`, "bzip2").long(2, int64(len(avroBzip2)))), avroBzip2+avroMark...))
	f.Fuzz(func(t *testing.T, b []byte) {
		if !bytes.HasPrefix(b, []byte(avroMagic)) {
			b = append([]byte(avroMagic), b...)
		}
		c, err := openContent(Bytes("x", b), Options{MaxRecord: 1 << 16})
		if err == nil {
			defer c.Close()
			var got bytes.Buffer
			_, err = io.Copy(&got, io.LimitReader(c.Stream, 1<<22))
			if text := got.Bytes(); len(text) > 0 && len(text) < 1<<22 && text[len(text)-1] != '\n' && c.Encoding == "" && compressionOf(c.Head) == "" {
				t.Errorf("ends within a line: %q", text[max(0, len(text)-100):])
			}
		}
		if err != nil && !errors.Is(err, ErrTruncated) && !errors.Is(err, ErrCorrupt) && !errors.Is(err, ErrUnknownFormat) &&
			!errors.Is(err, ErrEmpty) {
			t.Fatalf("%v", err)
		}
	})
}

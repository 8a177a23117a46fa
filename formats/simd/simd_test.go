package simd

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unsafe"
)

// eachLevel calls f with each level that the processor has.
func eachLevel(f func(Level)) {
	for _, l := range levels {
		before := Use(l)
		f(l)
		Use(before)
	}
}

// padded makes data a multiple of 64 bytes long.
func padded(data []byte) []byte {
	return append(bytes.Clone(data), make([]byte, -len(data)&63)...)
}

// where sets a bit for each byte that has the property.
func where(data []byte, is func(i int) bool) []uint64 {
	words := make([]uint64, len(data)/64)
	for i := range data {
		if is(i) {
			words[i/64] |= 1 << (i % 64)
		}
	}
	return words
}

// FuzzKernels holds every level against a look at one byte after the other.
func FuzzKernels(f *testing.F) {
	f.Add([]byte("a,\"b\"\n"), byte(','), false)
	f.Add([]byte(`{"a":"\\\"","b":"\\"}`+"\n"), byte(';'), true)
	f.Add(bytes.Repeat([]byte(`\`), 64*3+1), byte('"'), false)
	f.Add(append(bytes.Repeat([]byte(`\`), 63), '"', '\\', '"'), byte('\\'), true)
	f.Add([]byte("\x00\x80\xff\x0a\x8a\xa2\x22\x2c\xac\x2d\x2b"), byte(0xac), false)
	r := rand.New(rand.NewPCG(1, 2))
	for range 20 {
		data := make([]byte, r.IntN(500))
		for i := range data {
			data[i] = `ab",;\\\`[r.IntN(9)%8]
			if r.IntN(9) == 0 {
				data[i] = '\n'
			}
		}
		f.Add(data, byte(';'), len(data)%2 == 0)
	}
	f.Fuzz(func(t *testing.T, data []byte, sep byte, first bool) {
		data = padded(data)
		words := len(data) / 64
		escaped := make([]bool, len(data)+1)
		escaped[0] = first
		for i, b := range data {
			escaped[i+1] = b == '\\' && !escaped[i]
		}
		seps := where(data, func(i int) bool { return data[i] == sep })
		nls := where(data, func(i int) bool { return data[i] == '\n' })
		quotes := where(data, func(i int) bool { return data[i] == '"' })
		crs := where(data, func(i int) bool { return data[i] == '\r' })
		slashes := where(data, func(i int) bool { return data[i] == '\\' })
		unescaped := where(data, func(i int) bool { return data[i] == '"' && !escaped[i] })
		eachLevel(func(l Level) {
			s, n, q, r := make([]uint64, words), make([]uint64, words), make([]uint64, words), make([]uint64, words)
			CSV(data, sep, s, n, q, r)
			if !slices.Equal(s, seps) || !slices.Equal(n, nls) || !slices.Equal(q, quotes) || !slices.Equal(r, crs) {
				t.Errorf("%v: CSV: %x %x %x %x, want %x %x %x %x", l, s, n, q, r, seps, nls, quotes, crs)
			}
			clear(n)
			in := uint64(0)
			if first {
				in = 1
			}
			out := JSON(data, in, q, s, n)
			if !slices.Equal(n, nls) || !slices.Equal(s, slashes) || !slices.Equal(q, unescaped) || out == 1 != escaped[len(data)] {
				t.Errorf("%v: JSON: %x %x %x %d, want %x %x %x %v", l, q, s, n, out, unescaped, slashes, nls, escaped[len(data)])
			}
		})
	})
}

// Nothing is written beyond the words asked for, and nothing allocated.
func TestBounds(t *testing.T) {
	data := bytes.Repeat([]byte(`,"\`+"\n"), 64)
	eachLevel(func(l Level) {
		words := [4][]uint64{}
		for i := range words {
			words[i] = []uint64{1, 2, 3, 4, 5}
		}
		call := func() {
			CSV(data[:128], ',', words[0][1:3], words[1][1:], words[2][1:], words[3][1:])
			JSON(data[:128], 0, words[0][1:3], words[1][1:], words[2][1:])
			CSV(nil, ',', nil, nil, nil, nil)
			JSON(nil, 0, nil, nil, nil)
		}
		if n := testing.AllocsPerRun(10, call); n != 0 {
			t.Errorf("%v: %v allocations", l, n)
		}
		for _, w := range words {
			if w[0] != 1 || w[3] != 4 || w[4] != 5 {
				t.Errorf("%v: written out of bounds: %x", l, w)
			}
		}
	})
}

func TestUse(t *testing.T) {
	before := Use(Go)
	if level != Go || Use(before) != Go || level != before {
		t.Errorf("level %v after %v", level, before)
	}
	if Use(VBMI2 + 1); level != Best() {
		t.Errorf("level %v above the best", level)
	}
	Use(before)
	if UseNamed("go"); level != Go {
		t.Errorf("level %v, not go", level)
	}
	if UseNamed("sse") || level != Go {
		t.Errorf("level %v by an unknown name", level)
	}
	Use(before)
}

func BenchmarkKernels(b *testing.B) {
	data := bytes.Repeat([]byte(`10.0.0.17,"a, b",https://www.example.com/index.html,,,,443,`), 1<<18/60)
	data = data[:len(data)&^63]
	words := len(data) / 64
	s, n, q, r := make([]uint64, words), make([]uint64, words), make([]uint64, words), make([]uint64, words)
	for _, k := range []struct {
		name string
		run  func()
	}{
		{"csv", func() { CSV(data, ',', s, n, q, r) }},
		{"json", func() { JSON(data, 0, q, s, n) }},
	} {
		eachLevel(func(l Level) {
			b.Run(fmt.Sprintf("format=%s/level=%v", k.name, l), func(b *testing.B) {
				Use(l)
				b.SetBytes(int64(len(data)))
				b.ReportAllocs()
				for b.Loop() {
					k.run()
				}
			})
		})
	}
}

// FuzzRows holds every level against a look at one separator after the other.
func FuzzRows(f *testing.F) {
	f.Add([]byte("a,b,c\nd,e,f\n,,\n\nx\n"), uint8(3), uint64(0b101), uint16(0), uint16(100))
	f.Add([]byte(",\n,\n,\n"), uint8(2), uint64(0b11), uint16(2), uint16(4))
	f.Add(append(bytes.Repeat([]byte(","), 149), '\n'), uint8(150), ^uint64(0), uint16(0), uint16(1))
	f.Add(bytes.Repeat([]byte("ab,cdefgh,i\n"), 40), uint8(3), uint64(0b111), uint16(12), uint16(400))
	f.Fuzz(func(t *testing.T, data []byte, width uint8, wanted uint64, at, end uint16) {
		data = padded(data)
		words := len(data) / 64
		seps, nls, quotes := make([]uint64, words), make([]uint64, words), make([]uint64, words)
		CSV(data, ',', seps, nls, quotes, make([]uint64, words))
		var ords []int
		for i := range min(int(width), 200) {
			if wanted>>(i%64)&1 != 0 {
				ords = append(ords, i+1)
			}
		}
		stops := len(ords)

		const most = 20
		var rows []Row
		bounds := make([][]uint32, stops)
		next := int(at)
		for next < int(end) && len(rows) < most && next < len(data) {
			line := bytes.IndexByte(data[next:], '\n')
			if line <= 0 || bytes.Count(data[next:next+line], []byte{','})+1 != int(width) {
				break
			}
			number, k := 0, 0
			for i := next; i <= next+line; i++ {
				if data[i] == ',' || data[i] == '\n' {
					if number++; k < stops && ords[k] == number {
						bounds[k] = append(bounds[k], uint32(i))
						k++
					}
				}
			}
			rows = append(rows, Row{uint32(next), uint32(next + line)})
			next += line + 1
		}
		eachLevel(func(l Level) {
			const stride = most + 3
			wanted := NewStops(ords, int(width))
			room := max(0, (stops-1)*stride+most)
			out, places := make([]Row, most), make([]uint32, room+1)
			n, to := wanted.Rows(seps, nls, int(at), int(end), out, places[:room], stride)
			if n != len(rows) || to != next || !slices.Equal(out[:n], rows) {
				t.Errorf("%v: %d rows up to %d %v, want %d up to %d %v", l, n, to, out[:n], len(rows), next, rows)
			}
			for k := range min(stops, stops*n) {
				if got := places[k*stride:][:n]; !slices.Equal(got, bounds[k]) {
					t.Errorf("%v: separator %d at %v, want %v", l, ords[k], got, bounds[k])
				}
			}
			if places[room] != 0 {
				t.Errorf("%v: written out of bounds", l)
			}
			if few, _ := wanted.Rows(seps, nls, int(at), int(end), out[:2], places, stride); few != min(n, 2) {
				t.Errorf("%v: %d rows where there is room for two", l, few)
			}
			if few, _ := wanted.Rows(seps, nls, int(at), int(end), out, places[:max(0, (stops-1)*stride+2)], stride); stops > 0 && few > 2 {
				t.Errorf("%v: %d rows where there are places for two", l, few)
			}
		})
	})
}

// TestLongRecord: what is longer than the places of separators reach, and what has
// more cells than they have room for, is taken or left, but never misplaced.
func TestLongRecord(t *testing.T) {
	for _, test := range []struct{ cells, size int }{{3, 65000}, {3, 65500}, {3, 65536}, {3, 70000}, {40000, 1}, {65535, 0}, {70000, 1}} {
		line := strings.Repeat(strings.Repeat("x", test.size)+",", test.cells-1) + "end\n"
		data := padded([]byte("a" + strings.Repeat(",", test.cells-1) + "\n" + line))
		words := len(data) / 64
		seps, nls, quotes := make([]uint64, words), make([]uint64, words), make([]uint64, words)
		CSV(data, ',', seps, nls, quotes, make([]uint64, words))
		eachLevel(func(l Level) {
			rows, bounds := make([]Row, 4), make([]uint32, 8)
			n, next := NewStops([]int{test.cells - 1, test.cells}, test.cells).Rows(seps, nls, 0, len(data), rows, bounds, 4)
			first := Row{0, uint32(test.cells)}
			if n < 1 || rows[0] != first || bounds[0] != first.End-1 || bounds[4] != first.End {
				t.Fatalf("%v, %v: %d rows %v %v", l, test, n, rows[:n], bounds)
			}
			end := uint32(test.cells + 1 + len(line) - 1)
			switch {
			case n == 1 && next == test.cells+1 && l >= VBMI2:
			case n != 2 || next != int(end)+1 || rows[1].End != end || bounds[1] != end-4 || bounds[5] != end:
				t.Errorf("%v, %v: %d rows %v %v up to %d", l, test, n, rows[:n], bounds, next)
			}
		})
	}
}

// FuzzCells holds every level against a look at one cell after the other.
func FuzzCells(f *testing.F) {
	f.Add([]byte("a,,\"b\",null,nul,nullx\n"), uint16(100), uint8(0), false)
	f.Add([]byte(strings.Repeat("x,", 100)+"\n"), uint16(0), uint8(3), true)
	f.Add([]byte(strings.Repeat("null,,", 40)+"\n"), uint16(0), uint8(1), false)
	f.Add([]byte(strings.Repeat("\n", 70)+"end"), uint16(70), uint8(40), true)
	f.Fuzz(func(t *testing.T, data []byte, seed uint16, spare uint8, leading bool) {
		if len(data) == 0 {
			return
		}
		data = append(data, make([]byte, spare)...)
		r := rand.New(rand.NewPCG(uint64(seed), 1))
		rows := make([]Row, r.IntN(100))
		starts, ends := make([]uint32, len(rows)), make([]uint32, len(rows))
		var want []Span
		var holders []uint32
		quoted := false
		at := 0
		for i := range rows {
			end := min(at+r.IntN(9), len(data)-int(spare))
			start := min(at+r.IntN(3), end)
			rows[i] = Row{uint32(at), uint32(end)}
			starts[i], ends[i] = uint32(start), uint32(start+r.IntN(9))
			from, to := start+1, min(int(ends[i]), end)
			if leading {
				from = at
			}
			if from < to && string(data[from:to]) != "null" {
				want, holders = append(want, Span{uint32(from), uint32(to - from)}), append(holders, uint32(i))
				quoted = quoted || data[from] == '"'
			}
			at = end
		}
		if leading {
			starts = nil
		}
		eachLevel(func(l Level) {
			cells, of := make([]Span, len(rows)), make([]uint32, len(rows))
			n, q := Cells(data, rows, starts, ends, cells, of)
			if q != quoted || !slices.Equal(cells[:n], want) || !slices.Equal(of[:n], holders) {
				t.Errorf("%v: %v %v %v, want %v %v %v", l, cells[:n], of[:n], q, want, holders, quoted)
			}
		})
	})
}

// FuzzPack holds every level against plain replacement.
func FuzzPack(f *testing.F) {
	for _, s := range []string{`a""b""""c`, `"`, `a"b`, `""`, strings.Repeat(`"`, 129), strings.Repeat(`"`, 128), strings.Repeat("x", 63) + `""y`,
		`a\"b`, `\\`, `\`, `\n`, `\/\\\"`, strings.Repeat(`\`, 127), strings.Repeat(`\`, 128), strings.Repeat("x", 63) + `\"y`, strings.Repeat("x", 64) + `\u`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		const mark = "\x00mark\x00"
		if bytes.Contains(src, []byte(mark)) {
			return
		}
		undoubled := strings.ReplaceAll(string(src), `""`, mark)
		doubled := !strings.Contains(undoubled, `"`)
		undoubled = strings.ReplaceAll(undoubled, mark, `"`)
		unescaped := strings.NewReplacer(`\"`, `"`, `\/`, `/`, `\\`, mark).Replace(string(src))
		simple := !strings.Contains(unescaped, `\`)
		unescaped = strings.ReplaceAll(unescaped, mark, `\`)
		eachLevel(func(l Level) {
			dst := bytes.Repeat([]byte{0xee}, len(src)+Slack+1)
			if n, ok := Undouble(dst, src); ok != doubled || ok && string(dst[:n]) != undoubled {
				t.Errorf("%v: Undouble: %q %v, want %q %v", l, dst[:n], ok, undoubled, doubled)
			}
			if n, ok := Unescape(dst, src); ok != simple || ok && string(dst[:n]) != unescaped {
				t.Errorf("%v: Unescape: %q %v, want %q %v", l, dst[:n], ok, unescaped, simple)
			}
			if dst[len(src)+Slack] != 0xee {
				t.Errorf("%v: written out of bounds", l)
			}
		})
	})
}

func BenchmarkPack(b *testing.B) {
	doubled := []byte(strings.Repeat(`""key"":""value"",`, 12))
	escaped := []byte(strings.Repeat(`\"key\":\"value\",`, 12))
	dst := make([]byte, len(doubled)+Slack)
	eachLevel(func(l Level) {
		b.Run(fmt.Sprintf("what=undouble/level=%v", l), func(b *testing.B) {
			Use(l)
			b.SetBytes(int64(len(doubled)))
			for b.Loop() {
				Undouble(dst, doubled)
			}
		})
		b.Run(fmt.Sprintf("what=unescape/level=%v", l), func(b *testing.B) {
			Use(l)
			b.SetBytes(int64(len(escaped)))
			for b.Loop() {
				Unescape(dst, escaped)
			}
		})
	})
}

// FuzzFields holds the kernel against one byte after the other.
func FuzzFields(f *testing.F) {
	long := strings.Repeat("a text that is longer than one vector, ", 5)
	f.Add("plain\nwith \"quotes\"\n\n"+long+"\nC:\\dir\\x", `,"name":`, uint16(2000), uint8(3))
	f.Add(strings.Repeat("x", 63)+"\n"+strings.Repeat("x", 64)+"\n"+strings.Repeat("x", 65)+"\n"+strings.Repeat(`"`, 31)+"\n"+strings.Repeat(`\`, 33)+"\n"+strings.Repeat(`\`, 65), strings.Repeat("n", 64), uint16(2000), uint8(0))
	f.Add(long+"é\nx\x7f\n~ \n\x1f\n\xff", strings.Repeat("n", 130), uint16(900), uint8(1))
	f.Add("a\nb\nc\nd\ne\nf", "", uint16(17), uint8(200))
	f.Fuzz(func(t *testing.T, lines, before string, room uint16, shift uint8) {
		texts := strings.Split(lines, "\n")
		var fields []Field
		for i := range texts {
			fields = append(fields, Field{before[:min(len(before), i*int(shift)%150)], (i*7 + int(shift)) % (len(texts) + 2)})
		}
		fields[len(fields)/2].At = -1
		var want []byte
		done := 0
		for _, f := range fields {
			text := ""
			if f.At >= 0 && f.At < len(texts) {
				text = texts[f.At]
			}
			odd := strings.IndexFunc(text, func(r rune) bool { return r < ' ' || r > '~' }) >= 0
			if odd || len(want)+len(f.Before)+2*len(text)+2 > int(room) {
				break
			}
			text = strings.ReplaceAll(strings.ReplaceAll(text, `\`, `\\`), `"`, `\"`)
			want = append(append(append(append(want, f.Before...), '"'), text...), '"')
			done++
		}
		eachLevel(func(l Level) {
			dst := bytes.Repeat([]byte{0xee}, int(room)+65)
			n, got := Fields(dst[:room], fields, texts)
			if !packs() && got == 0 && n == 0 {
				return
			}
			if got != done || !bytes.Equal(dst[:n], want) {
				t.Errorf("%v: %d fields, %q, want %d, %q", l, got, dst[:n], done, want)
			}
			if len(bytes.TrimRight(dst[room:], "\xee")) > 0 {
				t.Errorf("%v: written out of bounds", l)
			}
		})
	})
}

// The kernels know Key, Value and Field by their layout.
func TestLayout(t *testing.T) {
	var k Key
	var v Value
	var f Field
	var q Quads
	got := []uintptr{unsafe.Sizeof(k), unsafe.Offsetof(k.glue), unsafe.Offsetof(k.mask), unsafe.Offsetof(k.n), unsafe.Offsetof(k.Slot),
		unsafe.Offsetof(k.follow), uintptr(len(k.follow)), unsafe.Sizeof(v), unsafe.Offsetof(v.Len), unsafe.Offsetof(v.Kind),
		unsafe.Sizeof(f), unsafe.Offsetof(f.Before), unsafe.Offsetof(f.At),
		unsafe.Offsetof(q.Either), unsafe.Offsetof(q.Wide), unsafe.Offsetof(q.Filter), unsafe.Offsetof(q.Shift)}
	if want := []uintptr{96, 0, 64, 72, 76, 80, 4, 12, 4, 8, 24, 0, 16, 0, 8, 16, 40}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v: the generator has to follow", got, want)
	}
}

func TestExpect(t *testing.T) {
	k := NewKey(-1, 0)
	for n := range int32(4) {
		k.Expect(4 - n)
	}
	for _, step := range []struct {
		number int32
		want   [4]int32
	}{{1, [4]int32{1, 2, 3, 4}}, {3, [4]int32{3, 1, 2, 4}}, {9, [4]int32{9, 3, 1, 2}}, {2, [4]int32{2, 9, 3, 1}}} {
		if k.Expect(step.number); k.Followers() != step.want {
			t.Errorf("%d: %v, want %v", step.number, k.Followers(), step.want)
		}
	}
}

// FuzzMembers holds every level against a look at one byte after the other.
func FuzzMembers(f *testing.F) {
	record := `{"a":"x","RemoteIP":"10.0.0.1","RemotePort":443,"n":null,"long":"` + strings.Repeat("y", 200) + `","q":"\\\"","InitiatingProcessVersionInfoOriginalFileName":"a,b","z":0}`
	keys := "\"a\":\n\"RemoteIP\":\n\"RemotePort\":\n\"n\":\n\"long\":\n\"q\":\n\"InitiatingProcessVersionInfoOriginalFileName\":\n\"z\":\n"
	f.Add([]byte(record), keys, uint64(0), uint8(0), uint16(1000))
	f.Add([]byte(strings.Repeat(record, 3)), keys, uint64(1<<40), uint8(0), uint16(300))
	f.Add([]byte(`{"a":"x" ,"a":1234567,"a":12345678,"a":123456789012345,"a":1234567890123456,"a":true,"a":false,"a":falsE,"a":01,"a":012345678,"a":nulL,"a":"unclosed`), keys, uint64(7), uint8(0), uint16(70))
	f.Add([]byte(`{ "a": "x", "b": 7, "a": null, "b": -1}`), "\"a\": \n \"b\": \n \"a\": \n"+strings.Repeat("k", 70)+"\n"+strings.Repeat("k", 64)+"\n\xff", uint64(9), uint8(0), uint16(40))
	r := rand.New(rand.NewPCG(1, 2))
	for range 30 { // records in which one key follows another at random
		var b strings.Builder
		for range 40 {
			b.WriteString("," + []string{`"a":`, `"RemoteIP":`, `"RemotePort":`, `"n":`}[r.IntN(4)] + []string{`"x"`, `null`, `17`, `true`, `false`, `1777680021580`, `"\""`, `"` + strings.Repeat("w", r.IntN(150)) + `"`}[r.IntN(8)])
		}
		f.Add([]byte(b.String()), keys, r.Uint64(), uint8(0), uint16(r.IntN(3000)))
	}
	integer := regexp.MustCompile(`^(0|[1-9][0-9]{0,14})[,}]`)
	f.Fuzz(func(t *testing.T, data []byte, glues string, follow uint64, start uint8, stop uint16) {
		b := padded(data)
		text := len(b)
		b = append(b, make([]byte, beyond)...)
		quotes := make([]uint64, text/64+3)
		JSON(b[:text], 0, quotes[:text/64], make([]uint64, text/64), make([]uint64, text/64))
		var keys []Key
		var texts []string
		for i, glue := range strings.Split(glues, "\n") {
			k := NewKey(int32(i%4)-1, 0)
			k.Stick(glue)
			keys, texts = append(keys, k), append(texts, glue)
		}
		for i := range keys {
			for j := range int32(4) {
				keys[i].follow[j] = int32((follow>>(i*7+int(j)*13%50)+uint64(i*int(j)+int(j)))%uint64(len(keys))) * keySize
			}
		}
		end := min(int(stop), text)

		p, prev := int(start), int32(0)
		want, vals := slices.Clone(keys), make([]Value, 3)
	member:
		for int(start) < end && (p == int(start) || b[p] == ',') {
			follow := want[prev].Followers()
			nth := slices.IndexFunc(follow[:], func(n int32) bool {
				return len(texts[n]) > 0 && len(texts[n]) <= 63 && texts[n][0] != 0xff && bytes.HasPrefix(b[p+1:], []byte(texts[n]))
			})
			if nth < 0 {
				break
			}
			id := follow[nth]
			list := want[prev].follow[:]
			list[0], list[nth] = list[nth], list[0]
			at := p + 1 + len(texts[id])
			var v Value
			var to int
			switch rest := b[min(at, end):end]; {
			case bytes.HasPrefix(rest, []byte(`"`)):
				for to = at + 1; to < end && quotes[to/64]>>(to%64)&1 == 0; to++ {
				}
				if to >= end {
					break member
				}
				v = Value{uint32(at + 1), uint32(to - at - 1), Set | String}
				to++
			case bytes.HasPrefix(rest, []byte("null")):
				v, to = Value{0, 0, Set}, at+4
			case bytes.HasPrefix(rest, []byte("true")):
				v, to = Value{uint32(at), 4, Set}, at+4
			case bytes.HasPrefix(rest, []byte("false")):
				v, to = Value{uint32(at), 5, Set}, at+5
			case integer.Match(rest):
				n := len(integer.Find(rest)) - 1
				v, to = Value{uint32(at), uint32(n), Set}, at+n
			default:
				break member
			}
			if slot := want[id].Slot; slot >= 0 {
				vals[slot] = v
			}
			p, prev = to, id
		}
		eachLevel(func(l Level) {
			have, got := slices.Clone(keys), make([]Value, 3)
			to, last := Members(b, quotes, int(start), end, have, 0, got)
			if to != p || last != prev || !slices.Equal(got, vals) || !slices.Equal(have, want) {
				t.Errorf("%v: at %d behind key %d, %v, want %d behind %d, %v", l, to, last, got, p, prev, vals)
			}
		})
	})
}

// FuzzQuads holds the kernel against plain Go, and that against what texts spell: an
// address of the set, in its normal form or with octets filled up, is never turned
// away, and what is no address is not.
func FuzzQuads(f *testing.F) {
	f.Add([]byte("10.0.0.1,192.168.17.254;8.8.8.8 1.2.3.4"), []byte{10, 0, 0, 1, 192, 168, 17, 254}, uint64(0x123456789), false)
	f.Add([]byte("010.000.000.001, 100.200.100.200, 111.222.111.22 ,;"), []byte{10, 0, 0, 1, 111, 222, 111, 22}, uint64(7), true)
	f.Add([]byte("1.2.3.4.5.6.7.8.9.0.1 12345678 ... 123456789012345 1234567890123456 a1.2.3.4 ::ffff:1.2.3.4"), []byte{1, 2, 3, 4}, uint64(0), false)
	r := rand.New(rand.NewPCG(3, 4))
	for range 20 {
		var text []byte
		var held []byte
		for range 30 {
			a := []byte{byte(r.IntN(256)), byte(r.IntN(3)), byte(r.IntN(256)), byte(r.IntN(256))}
			text = append(fmt.Appendf(text, "%d.%d.%d.%d", a[0], a[1], a[2], a[3]), ", ;"[r.IntN(3)])
			if r.IntN(3) == 0 {
				held = append(held, a...)
			}
		}
		f.Add(text, held, r.Uint64(), r.IntN(2) == 0)
	}
	f.Fuzz(func(t *testing.T, data, held []byte, cuts uint64, wide bool) {
		s := Quads{Either: new(Halves), Wide: new(Halves), Filter: make([]uint64, 16), Shift: 28}
		texts := map[string]bool{}
		for ; len(held) >= 4; held = held[4:] {
			for _, form := range []string{"%d.%d.%d.%d", "%03d.%03d.%03d.%03d"} {
				texts[fmt.Sprintf(form, held[0], held[1], held[2], held[3])] = true
			}
			normal := fmt.Appendf(nil, "%d.%d.%d.%d", held[0], held[1], held[2], held[3])
			q, n := QuadAt(append(normal, make([]byte, 16)...), 0, len(normal))
			if n != len(normal) {
				t.Fatalf("%s: %d bytes", normal, n)
			}
			half, h := q.Half(), q.Hash()
			s.Either[half>>6] |= 1 << (half & 63)
			if wide {
				s.Wide[half>>6] |= 1 << (half & 63)
			}
			s.Filter[uint32(h)>>s.Shift] |= 1<<(h&31) | 1<<32<<(h>>5&31)
		}
		var cells []Span
		for at, i := 0, 0; at < len(data); i++ {
			n := min(int(cuts>>(i%16*4)&15)*int(1+cuts>>60), len(data)-at)
			cells = append(cells, Span{uint32(at), uint32(n)})
			at += n + 1
		}
		cells = append(cells, Span{0, uint32(len(data))})
		for _, list := range []bool{false, true} {
			want := make([]uint32, len(cells))
			want = want[:screenQuadsGo(&s, data, cells, list, want)]
			eachLevel(func(l Level) {
				got := make([]uint32, len(cells))
				if got = got[:s.Screen(data, cells, list, got)]; !slices.Equal(got, want) {
					t.Errorf("%v: list %v: cells %v of %q, want %v", l, list, got, data, want)
				}
			})
			for i, c := range cells {
				cell := string(data[c.Off : c.Off+c.Len])
				members := []string{cell}
				if list {
					members = strings.FieldsFunc(cell, func(r rune) bool { return r == ',' || r == ' ' || r == ';' })
				}
				plain := strings.Trim(cell, "0123456789.") == "" || list
				for _, m := range members {
					if texts[m] && !slices.Contains(want, uint32(i)) {
						t.Errorf("%q is turned away", cell)
					}
					plain = plain && strings.Trim(m, "0123456789.") == ""
				}
				if !plain && !slices.Contains(want, uint32(i)) {
					t.Errorf("%q is no address, and turned away", cell)
				}
			}
		}
	})
}

// FuzzLiterals holds every level against a look at each place, and that against
// the texts entered.
func FuzzLiterals(f *testing.F) {
	f.Add([]byte("http://0xb0418b07/ \\u0031 caf\xc3\xa9 .065 x.miraibotnet.su %c2\xad"), []byte(".065mira0xb0\\u00"), uint8(0))
	f.Add(bytes.Repeat([]byte("abcd"), 40), []byte("abcdbcdacdab"), uint8(3))
	f.Add([]byte("\x00\x80\x0f\xff"), []byte("\x00\x00\x00\x00"), uint8(1))
	f.Fuzz(func(t *testing.T, data, texts []byte, short uint8) {
		var l Literals
		type text struct {
			group int
			bytes []byte
		}
		var all []text
		for i := 0; i+LiteralLen <= len(texts) && i < 40; i += LiteralLen {
			b := bytes.Clone(texts[i : i+LiteralLen])
			for k := range b[:upperLen] {
				b[k] &= 0x7f
			}
			if i == 0 {
				b = b[:upperLen+int(short)%(LiteralLen-upperLen+1)]
			}
			x := text{i / LiteralLen % 8, b}
			for k, c := range b {
				l.Add(x.group, k, c)
			}
			if len(b) < LiteralLen {
				l.Any(x.group, len(b))
			}
			all = append(all, x)
		}
		words := len(data)/64 + 1
		data = append(data, make([]byte, 64*words+LiteralLen-1-len(data))...)
		want := where(data[:64*words], func(i int) bool {
			return data[i] >= 0xC0 || l.Groups((*[LiteralLen]byte)(data[i:])) != 0
		})
		for i := range 64 * words {
			b := data[i : i+LiteralLen]
			for _, x := range all {
				if bytes.HasPrefix(b, x.bytes) && l.Groups((*[LiteralLen]byte)(b))>>x.group&1 == 0 {
					t.Fatalf("%q is not in group %d of %q", b, x.group, texts)
				}
			}
		}
		eachLevel(func(level Level) {
			marks := make([]uint64, words+1)
			marks[words] = 7
			if l.Mark(data, marks[:words]); !slices.Equal(marks[:words], want) || marks[words] != 7 {
				t.Errorf("%v: %x, want %x", level, marks, want)
			}
		})
	})
}

func BenchmarkLiterals(b *testing.B) {
	var l Literals
	for place, c := range []byte("mira") {
		l.Add(0, place, c)
	}
	data := bytes.Repeat([]byte("2025-04-01T02:13:07.4820000Z,10.0.0.5,176.65.139.8,23,allow,TRAFFIC\n"), 1<<20/68)
	marks := make([]uint64, len(data)/64-1)
	eachLevel(func(level Level) {
		b.Run(level.String(), func(b *testing.B) {
			b.SetBytes(int64(64 * len(marks)))
			for b.Loop() {
				l.Mark(data, marks)
			}
		})
	})
}

// FuzzHide holds every level against plain Go, and that against a look at one byte
// after the other.
func FuzzHide(f *testing.F) {
	f.Add([]byte(`a,"b,c",d`+"\n"+`"e""f","g`+"\n"+`h"`+"\n"), uint8(0))
	f.Add(bytes.Repeat([]byte(`"x,""y""",z,`), 40), uint8(1))
	f.Add(append(bytes.Repeat([]byte(`,`), 63), []byte(`"a""b"`+"\n"+`,c"d,`)...), uint8(2))
	f.Add(append(append(bytes.Repeat([]byte(`x`), 62), `,"`...), bytes.Repeat([]byte("\n"), 200)...), uint8(0))
	for n := range 6 { // the line break in the next word, or both
		f.Add([]byte(strings.Repeat(`,`, 58+n)+`"a"`+"\r\n"+strings.Repeat(`,`, 64)), uint8(0))
		f.Add([]byte(strings.Repeat(`,`, 58+n)+`"a"`+"\r,"+strings.Repeat(`,`, 64)), uint8(0))
		f.Add([]byte(strings.Repeat(`,`, 512-6+n)+`"a"`+"\r\n"+strings.Repeat(`,`, 600)), uint8(0))
	}
	r := rand.New(rand.NewPCG(5, 6))
	for i := range 40 { // long enough for several words at once
		var cells []byte
		for len(cells) < 3000 {
			cells = append(cells, [...]string{`,`, `"",`, `"a,b",`, `abc,`, `"x""y",`, "\n", `"` + strings.Repeat("z,", r.IntN(70)) + `",`, "\"\r\n", "\r\n", "\"a\nb\","}[r.IntN(9+i%2)]...)
		}
		f.Add(cells, uint8(4|i%3))
	}
	f.Fuzz(func(t *testing.T, data []byte, start uint8) {
		size := len(data)
		data = append(padded(data), make([]byte, 64)...)
		words := len(data)/64 - 1
		var want []uint64
		var wantAt int
		var wantState Quoting
		first := Quoting{In: -uint64(start & 1), Closed: uint64(start >> 1 & 1), Delim: uint64(start >> 2 & 1), Hidden: -1}
		if first.In != 0 {
			first.Closed = 0
		}
		eachLevel(func(l Level) {
			seps, nls, quotes, crs := make([]uint64, words+1), make([]uint64, words+1), make([]uint64, words+1), make([]uint64, words+1)
			CSV(data, ',', seps, nls, quotes, crs)
			state := first
			at := Hide(seps, nls, quotes, crs, 0, words, &state)
			got := slices.Concat(seps, nls, quotes, crs)
			if l == Go {
				want, wantAt, wantState = got, at, state
				checkHidden(t, data[:size], first, seps, nls, at, state)
			}
			if at != wantAt || state != wantState || !slices.Equal(got, want) {
				t.Errorf("%v: %x %d %+v, want %x %d %+v", l, got, at, state, want, wantAt, wantState)
			}
		})
	})
}

// checkHidden goes through the words that Hide has taken byte by byte.
func checkHidden(t *testing.T, data []byte, q Quoting, seps, nls []uint64, words int, after Quoting) {
	t.Helper()
	in, closed, delim, hidden, breaks := q.In != 0, q.Closed != 0, q.Delim != 0, -1, 0
	at := func(i int) byte {
		if i < len(data) {
			return data[i]
		}
		return 0
	}
	for i := range 64 * words {
		b := at(i)
		isSep, isLine := seps[i/64]>>(i%64)&1 != 0, nls[i/64]>>(i%64)&1 != 0
		if isSep != (b == ',' && !in) || isLine != (b == '\n' && !in) {
			t.Fatalf("%q: byte %d, inside %v: %v %v", data, i, in, isSep, isLine)
		}
		if b == '\n' && in {
			hidden, breaks = i, breaks+1
		}
		was := closed
		closed = false
		if b == '"' {
			next := at(i + 1)
			ends := next == ',' || next == '\n' || next == '"' || next == '\r' && at(i+2) == '\n'
			switch {
			case !in && !delim && !was, in && !ends:
				t.Fatalf("%q: quote %d is not well-formed", data, i)
			}
			closed, in = in, !in
		}
		delim = b == ',' || b == '\n'
	}
	want := Quoting{Hidden: hidden, Breaks: breaks}
	if in {
		want.In = ^uint64(0)
	}
	if closed {
		want.Closed = 1
	}
	if delim {
		want.Delim = 1
	}
	if words > 0 && after != want {
		t.Fatalf("%q: after %d words %+v, want %+v", data, words, after, want)
	}
}

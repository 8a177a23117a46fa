package main

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"compress/gzip"
	"encoding/binary"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// gzipFile packs a file: gzip FILE PACKED
func gzipFile(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: gzip FILE PACKED")
	}
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, err := io.WriteString(w, ts.ReadFile(args[0]))
	ts.Check(err)
	ts.Check(w.Close())
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), b.Bytes(), 0o644))
}

// captureLines makes an Event Hubs capture of a file, an event of each line, packed as
// Avro's deflate has it: avro FILE CAPTURE
func captureLines(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: avro FILE CAPTURE")
	}
	const schema = `{"type":"record","name":"EventData","namespace":"Microsoft.ServiceBus.Messaging","fields":[
		{"name":"SequenceNumber","type":"long"},{"name":"Offset","type":"string"},{"name":"EnqueuedTimeUtc","type":"string"},
		{"name":"SystemProperties","type":{"type":"map","values":["long","double","string","bytes"]}},
		{"name":"Properties","type":{"type":"map","values":["long","double","string","bytes","null"]}},
		{"name":"Body","type":["null","bytes"]}]}`
	long := func(dst []byte, n int) []byte { return binary.AppendVarint(dst, int64(n)) }
	text := func(dst []byte, s string) []byte { return append(long(dst, len(s)), s...) }
	const mark = "a sync mark of it"
	file := text(text(long([]byte("Obj\x01"), 2), "avro.codec"), "deflate")
	file = append(long(text(text(file, "avro.schema"), schema), 0), mark[:16]...)
	lines := strings.Split(strings.TrimSuffix(ts.ReadFile(args[0]), "\n"), "\n")
	for n, line := range lines {
		if line == "" {
			break // of a file without lines
		}
		event := text(text(long(nil, n), "0"), "5/21/2026 8:14:03 AM")
		event = text(long(append(event, 0, 0), 1), line)
		var packed bytes.Buffer
		w, err := flate.NewWriter(&packed, flate.BestCompression)
		ts.Check(err)
		_, err = w.Write(event)
		ts.Check(err)
		ts.Check(w.Close())
		file = append(append(long(long(file, 1), packed.Len()), packed.Bytes()...), mark[:16]...)
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), file, 0o644))
}

// breakOff packs a file's first N lines and half of the next, as a download
// that was broken off: breakoff N FILE PACKED
func breakOff(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: breakoff N FILE PACKED")
	}
	n, err := strconv.Atoi(args[0])
	ts.Check(err)
	lines := strings.SplitAfter(ts.ReadFile(args[1]), "\n")
	if n >= len(lines) || len(lines[n]) < 2 {
		ts.Fatalf("%s: no line to break after line %d", args[1], n)
	}
	text := strings.Join(lines[:n], "") + lines[n][:len(lines[n])/2]
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, err = io.WriteString(w, text)
	ts.Check(err)
	ts.Check(w.Flush()) // and no Close, which would write the end
	ts.Check(os.WriteFile(ts.MkAbs(args[2]), b.Bytes(), 0o644))
}

// zipFiles packs files: zip PACKED FILE...
func zipFiles(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: zip PACKED FILE...")
	}
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, name := range args[1:] {
		w, err := z.Create(name)
		ts.Check(err)
		_, err = io.WriteString(w, ts.ReadFile(name))
		ts.Check(err)
	}
	ts.Check(z.Close())
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), b.Bytes(), 0o644))
}

// cutFile cuts bytes off a file's end: cut FILE N
func cutFile(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: cut FILE N")
	}
	n, err := strconv.Atoi(args[1])
	ts.Check(err)
	text := ts.ReadFile(args[0])
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(text[:len(text)-n]), 0o644))
}

// countLines asks how many lines a file has: lines N stdout
func countLines(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: lines N FILE")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	if got := bytes.Count([]byte(ts.ReadFile(args[1])), []byte{'\n'}); got != want {
		ts.Fatalf("%s has %d lines, want %d", args[1], got, want)
	}
}

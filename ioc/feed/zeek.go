package feed

import (
	"bytes"
	"errors"
	"io"
	"strings"
)

// zeekIntel is a file of Zeek's intelligence framework, with a tab between
// cells:
//
//	#fields	indicator	indicator_type	meta.source	meta.desc
//	evil.example	Intel::DOMAIN	somebody	C2
var zeekIntel = Kind{Name: "zeek-intel", Sniff: sniffZeek, Read: readZeek}

func sniffZeek(head []byte) bool {
	found := false
	sampleLines(head, func(line []byte) bool {
		found = bytes.HasPrefix(line, []byte("#fields")) && bytes.Contains(line, []byte("indicator"))
		return !found && (len(line) == 0 || line[0] == '#')
	})
	return found
}

// zeekTypes are the types of the framework, without Intel::.
var zeekTypes = map[string]string{"ADDR": "ip", "SUBNET": "cidr", "DOMAIN": "domain", "URL": "url", "FILE_HASH": "hash", "CERT_HASH": "certhash",
	"PUBKEY_HASH": "pubkeyhash", "EMAIL": "email"}

func readZeek(r io.Reader, emit func(*Entry)) error {
	words := newInterner()
	var fields []string
	err := newLineReader(r).each(emit, func(line []byte, no int) {
		if names, ok := bytes.CutPrefix(line, []byte("#fields")); ok {
			fields = strings.Split(strings.TrimLeft(string(names), "\t "), "\t")
			return
		}
		if len(bytes.TrimSpace(line)) == 0 || line[0] == '#' {
			return
		}
		e := newEntry(no)
		cells := bytes.Split(line, []byte("\t"))
		for i, name := range fields[:min(len(fields), len(cells))] {
			cell := bytes.TrimSpace(cells[i])
			if string(cell) == "-" {
				continue
			}
			switch name {
			case "indicator":
				e.Value = cell
			case "indicator_type":
				e.Type = string(bytes.TrimPrefix(cell, []byte("Intel::")))
				if t, ok := zeekTypes[e.Type]; ok {
					e.Type = t
				}
			case "meta.source":
				if s := words.word(cell); s != "" {
					e.Tags = append(e.Tags, s)
				}
			}
		}
		if len(e.Value) == 0 {
			reject(emit, no, string(line), "no value")
			return
		}
		emit(&e)
	})
	if err == nil && fields == nil {
		return errors.New("no #fields line that names an indicator")
	}
	return err
}

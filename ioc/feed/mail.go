package feed

import (
	"bytes"
	"encoding/base64"
	"io"
	"mime"
	"strings"
)

// A mail is a message as it was sent, with its headers. What is in its parts of
// text is read once the part's encoding has been undone:
//
//	Content-Type: text/plain
//	Content-Transfer-Encoding: quoted-printable
//
//	The loader asks cnc[.]exam=
//	ple[.]net.
//
// Headers are read as prose. Other parts are attachments: they are named, and
// are for who sends them as feeds of their own.
type mail struct {
	t *prose

	header     string   // the header line at hand with those that go on with it
	headers    bool     // within headers
	boundaries []string // of the parts, with the two hyphens in front

	kind, encoding string // of the part
	name           string // of its file
	body           []byte // of the part
	from           int    // the line on which body begins
	long           bool   // there was more of it
}

// maxPart is the longest part of a mail that is read, in bytes.
const maxPart = 16 << 20

var (
	mailStart = lazily(`\A\s*(?:From [^\n]+\n)?[A-Za-z][A-Za-z0-9-]*:[ \t]`)
	mailPart  = lazily(`(?mi)^Content-(?:Transfer-Encoding|Type):[ \t]`)
)

// isMail reports whether a text begins with the headers of a message that says how it
// is encoded.
func isMail(head []byte) bool {
	top, _, _ := bytes.Cut(bytes.ReplaceAll(head, []byte("\r\n"), []byte("\n")), []byte("\n\n"))
	return mailStart().Match(top) && mailPart().Match(top)
}

func (t *prose) mail(r io.Reader) error {
	m := &mail{t: t, headers: true}
	lines := newLineReader(r)
	err := lines.each(t.emit, m.line)
	m.endHeader()
	m.flush()
	return err
}

func (m *mail) line(line []byte, no int) {
	text := string(line)
	for _, b := range m.boundaries {
		if rest, ok := strings.CutPrefix(strings.TrimRight(text, " \t"), b); ok && (rest == "" || rest == "--") {
			m.endHeader()
			m.flush()
			m.headers, m.kind, m.encoding, m.name = rest == "", "", "", ""
			return
		}
	}
	switch {
	case !m.headers:
		m.append(line, no)
	case strings.TrimSpace(text) == "":
		if m.header == "" {
			return
		}
		m.endHeader()
		if m.kind == "message/rfc822" { // the headers of what was forwarded follow
			m.kind, m.encoding, m.name = "", "", ""
			return
		}
		m.headers = false
	default:
		if text[0] == ' ' || text[0] == '\t' {
			m.header += " " + strings.TrimSpace(text)
		} else {
			m.endHeader()
			m.header = text
		}
		if len(m.header) > maxMeta*10 {
			m.header = m.header[:maxMeta*10]
		}
		// The names in headers are those of relays.
		m.t.quiet = true
		m.t.text(strings.ToValidUTF8(text, "?"), no, false) // the rest of a long header is no item of a list
		m.t.quiet = false
	}
}

// append adds a line to the part.
func (m *mail) append(line []byte, no int) {
	if len(m.body) == 0 {
		m.from = no
	}
	if m.long = m.long || len(m.body)+len(line) > maxPart; !m.long {
		m.body = append(append(m.body, line...), '\n')
	}
}

// endHeader reads a header line that is complete.
func (m *mail) endHeader() {
	name, value, _ := strings.Cut(m.header, ":")
	m.header = ""
	switch value = strings.TrimSpace(value); strings.ToLower(name) {
	case "content-transfer-encoding":
		m.encoding = strings.ToLower(value)
	case "content-type":
		kind, params, _ := mime.ParseMediaType(value) // what cannot be read is text
		m.kind, m.name = kind, params["name"]
		if b := params["boundary"]; b != "" && len(m.boundaries) < 100 {
			m.boundaries = append(m.boundaries, "--"+b)
		}
	}
}

// flush reads the part that has ended.
func (m *mail) flush() {
	body, from := m.body, m.from
	m.body = m.body[:0]
	if m.long {
		m.long = false
		reject(m.t.emit, from, Clip(m.name), "part of a mail longer than 16 MiB")
	}
	switch {
	case len(bytes.TrimSpace(body)) == 0, strings.HasPrefix(m.kind, "multipart/"):
		return
	case m.kind != "" && !strings.HasPrefix(m.kind, "text/") && m.kind != "message/rfc822":
		skipped(m.t.emit, from, m.name, "attachment: "+Clean(m.kind))
		return
	}
	numbered := func(no int) int { return from + no - 1 }
	switch m.encoding {
	case "quoted-printable":
		body = unquotePrintable(body)
	case "base64":
		decoded := make([]byte, base64.StdEncoding.DecodedLen(len(body)))
		n, err := base64.StdEncoding.Decode(decoded, bytes.Join(bytes.Fields(body), nil))
		if err != nil {
			reject(m.t.emit, from, m.name, "part of a mail that is not base64")
		}
		body = decoded[:n]
		numbered = func(int) int { return from } // its lines are not those of the feed
	}
	emit := m.t.emit
	part := &prose{all: m.t.all, emit: func(e *Entry) {
		e.Line = numbered(e.Line)
		emit(e)
	}}
	if m.kind == "text/html" || isHTML(body) {
		part.html(bytes.NewReader(body)) // from memory it has no error but a long token
		return
	}
	part.plain(bytes.NewReader(body))
}

// unquotePrintable undoes quoted-printable. A line that goes on in the next one
// is joined, and the line breaks that were in it follow its end, so that lines
// keep their numbers.
func unquotePrintable(body []byte) []byte {
	out := make([]byte, 0, len(body))
	joined := 0
	for line := range bytes.Lines(body) {
		line = bytes.TrimRight(line, " \t\r\n")
		soft := bytes.HasSuffix(line, []byte("="))
		if soft {
			line = line[:len(line)-1]
		}
		for i := 0; i < len(line); i++ {
			if line[i] == '=' && i+2 < len(line) {
				if hi, lo := unhex(line[i+1]), unhex(line[i+2]); hi < 16 && lo < 16 {
					out = append(out, hi<<4|lo)
					i += 2
					continue
				}
			}
			out = append(out, line[i])
		}
		if soft {
			joined++
			continue
		}
		for ; joined >= 0; joined-- {
			out = append(out, '\n')
		}
		joined = 0
	}
	return out
}

// unhex is the value of a hexadecimal digit, 16 for others.
func unhex(c byte) byte {
	switch {
	case c >= '0' && c <= '9':
		return c - '0'
	case c >= 'A' && c <= 'F':
		return c - 'A' + 10
	case c >= 'a' && c <= 'f':
		return c - 'a' + 10
	}
	return 16
}

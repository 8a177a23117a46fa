package feed

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"

	"golang.org/x/text/encoding/htmlindex"

	"github.com/iocsweep/iocsweep/ioc"
)

// openIOC is OpenIOC 1.0 and 1.1:
//
//	<IndicatorItem condition="is">
//	  <Context document="Network" search="Network/DNS" type="mir"/>
//	  <Content type="string">evil.example</Content>
//	</IndicatorItem>
var openIOC = Kind{Name: "openioc", Sniff: sniffOpenIOC, Read: readOpenIOC}

func sniffOpenIOC(head []byte) bool {
	return startsTag(head) &&
		(bytes.Contains(head, []byte("schemas.mandiant.com")) || bytes.Contains(head, []byte("<OpenIOC")) || bytes.Contains(head, []byte("<IndicatorItem")))
}

// openIOCTerms are the terms that name a party of the network, with the word
// for its type; "" where the value has to say.
var openIOCTerms = map[string]string{
	"Network/DNS": "domain", "DnsEntryItem/Host": "domain", "DnsEntryItem/RecordName": "domain", "DnsEntryItem/RecordData/Host": "domain",
	"UrlHistoryItem/HostName": "domain", "CookieHistoryItem/HostName": "domain", "FormHistoryItem/HostName": "domain",
	"PortItem/remoteIP": "ip", "DnsEntryItem/RecordData/IPv4Address": "ip", "DnsEntryItem/RecordData/IPv6Address": "ip",
	"RouteEntryItem/Destination": "ip", "Network/IP": "ip", "ProcessItem/PortList/PortItem/remoteIP": "ip",
	"Network/URI": "url", "UrlHistoryItem/URL": "url", "FileDownloadHistoryItem/SourceURL": "url", "Network/HTTP_Referr": "url",
	"Network/String": "", "Network/HTTP/Host": "",
}

// An iocItem is one IndicatorItem.
type iocItem struct {
	Condition string `xml:"condition,attr"`
	Negate    string `xml:"negate,attr"`
	Context   struct {
		Search string `xml:"search,attr"`
	} `xml:"Context"`
	Content string `xml:"Content"`
}

var errLongXML = errors.New("XML element longer than 8 MiB")

func readOpenIOC(r io.Reader, emit func(*Entry)) error {
	in := &countingReader{r: r, left: maxObject}
	d := xml.NewDecoder(in)
	d.CharsetReader = func(label string, r io.Reader) (io.Reader, error) {
		if strings.EqualFold(label, "us-ascii") {
			return r, nil
		}
		e, err := htmlindex.Get(label)
		if err != nil {
			return nil, fmt.Errorf("encoding %q: %w", Clip(label), err)
		}
		return e.NewDecoder().Reader(r), nil
	}
	for deep := 0; ; {
		t, err := d.Token()
		line := in.line(d.InputOffset())
		switch {
		case err == io.EOF:
			return nil
		case err == errLongObject:
			return &LineError{line, errLongXML}
		case err != nil:
			return &LineError{line, xmlError(err)}
		}
		in.left = maxObject
		switch t := t.(type) {
		case xml.StartElement:
			if t.Name.Local != "IndicatorItem" {
				if deep++; deep > maxNesting {
					return &LineError{line, errors.New("XML nested more than 100 deep")}
				}
				continue
			}
			var item iocItem
			if err := d.DecodeElement(&item, &t); err != nil {
				return &LineError{in.line(d.InputOffset()), xmlError(err)}
			}
			item.emit(line, emit)
		case xml.EndElement:
			deep--
		}
	}
}

// isSum reports whether a term names a hash of a file, not one of a part of it.
func isSum(term string) bool {
	term = strings.ToLower(term)
	return (strings.HasSuffix(term, "/md5sum") || strings.HasSuffix(term, "/sha1sum") || strings.HasSuffix(term, "/sha256sum")) &&
		!strings.Contains(term, "/peinfo/")
}

// xmlError takes the line off what the decoder says: a LineError has it.
func xmlError(err error) error {
	if e, ok := err.(*xml.SyntaxError); ok {
		return errors.New("XML: " + e.Msg)
	}
	return err
}

func (i *iocItem) emit(line int, emit func(*Entry)) {
	value := strings.TrimSpace(i.Content)
	typ, known := openIOCTerms[i.Context.Search]
	condition := strings.ToLower(i.Condition)
	switch {
	case strings.HasSuffix(condition, "not") || truth(i.Negate) == 1:
		skipped(emit, line, value, "item that excludes")
		return
	case !known && isSum(i.Context.Search):
		typ = "hash"
	case !known:
		skipped(emit, line, value, "item on "+Clean(i.Context.Search))
		return
	case condition != "is" && condition != "contains":
		skipped(emit, line, value, "item with condition "+Clean(i.Condition))
		return
	case typ == "":
		if _, err := ioc.Parse(value); err != nil && notMatched(err) == "" {
			skipped(emit, line, value, "item on "+Clean(i.Context.Search))
			return
		}
	case typ == "url":
		// A host alone, as many write into it, is a name.
		if i, err := ioc.Parse(value); err == nil && i.Type == ioc.Domain {
			typ = ""
		}
	}
	e := newEntry(line)
	e.Type, e.Value = typ, []byte(value)
	emit(&e)
}

package scanner

import "strconv"

// TallyJSONL appends an indicator with what it has of the hits as one line of
// JSON, all keys always present and in this order.
//
//	{"type":"ip","value":"192.0.2.7","malware":null,"listed":true,"hits":2,"beside":0,"suppressed":1,
//	 "first_time":"2026-05-21T08:14:03.0000000Z","last_time":…,"hosts":[{"host":"cam-gw","hits":2}],"more_hosts":false,"feeds":["f.txt:3"]}
func TallyJSONL(dst []byte, x *IndicatorTally) []byte {
	i := &x.Indicator
	dst = appendString(append(dst, `{"type":`...), i.Type.String())
	dst = appendString(append(dst, `,"value":`...), i.Value)
	dst = appendStringOrNull(append(dst, `,"malware":`...), i.Malware)
	dst = strconv.AppendBool(append(dst, `,"listed":`...), x.Listed)
	dst = strconv.AppendInt(append(dst, `,"hits":`...), x.Hits, 10)
	dst = strconv.AppendInt(append(dst, `,"beside":`...), x.Beside, 10)
	dst = strconv.AppendInt(append(dst, `,"suppressed":`...), x.Suppressed, 10)
	if x.Timed {
		dst = x.First.Append(append(dst, `,"first_time":"`...))
		dst = append(x.Last.Append(append(dst, `","last_time":"`...)), '"')
	} else {
		dst = append(dst, `,"first_time":null,"last_time":null`...)
	}
	dst = append(dst, `,"hosts":[`...)
	for n, h := range x.Hosts() {
		if n > 0 {
			dst = append(dst, ',')
		}
		dst = appendString(append(dst, `{"host":`...), h.Host)
		dst = append(strconv.AppendInt(append(dst, `,"hits":`...), h.Hits, 10), '}')
	}
	dst = strconv.AppendBool(append(dst, `],"more_hosts":`...), x.MoreHosts)
	dst = appendStrings(append(dst, `,"feeds":`...), i.Feeds)
	return append(dst, "}\n"...)
}

// TallyCSVHeader is the first line of the CSV format of a tally.
func TallyCSVHeader() []byte {
	return []byte("type,value,malware,listed,hits,beside,suppressed,first_time,last_time,hosts,more_hosts,feeds\r\n")
}

// TallyCSV appends an indicator with what it has of the hits as a CSV record.
// Hosts and feeds are joined by | (a | inside one is \|), and what could drive
// a terminal or a spreadsheet is shown instead.
func TallyCSV(dst []byte, x *IndicatorTally) []byte {
	text := func(s string) { dst = append(appendCSVCell(dst, Printable(s)), ',') }
	number := func(n int64) { dst = append(strconv.AppendInt(dst, n, 10), ',') }
	i := &x.Indicator
	text(i.Type.String())
	text(i.Value)
	text(i.Malware)
	dst = append(strconv.AppendBool(dst, x.Listed), ',')
	number(x.Hits)
	number(x.Beside)
	number(x.Suppressed)
	first, last := "", ""
	if x.Timed {
		first, last = x.First.String(), x.Last.String()
	}
	text(first)
	text(last)
	hosts := x.Hosts()
	text(csvList(len(hosts), func(n int) string { return hosts[n].Host }))
	dst = append(strconv.AppendBool(dst, x.MoreHosts), ',')
	text(csvList(len(i.Feeds), func(n int) string { return i.Feeds[n] }))
	return append(dst[:len(dst)-1], '\r', '\n')
}

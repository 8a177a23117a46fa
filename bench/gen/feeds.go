package gen

import (
	"bufio"
	"io"
	"strconv"
)

// WriteList writes the indicators one a line.
func (f *Feed) WriteList(w io.Writer) error {
	b := bufio.NewWriterSize(w, 1<<20)
	for i := range f.N {
		b.WriteString(f.At(i).Value)
		b.WriteByte('\n')
	}
	return b.Flush()
}

// threatFoxHead and threatFoxFoot stand round the rows of a ThreatFox export.
const (
	threatFoxHead = "################################################################\r\n" +
		"# ThreatFox IOCs: recent additions - CSV format                #\r\n" +
		"# Last updated: 2026-05-22 06:00:00 UTC                        #\r\n" +
		"################################################################\r\n" +
		"#\r\n" +
		`# "first_seen_utc","ioc_id","ioc_value","ioc_type","threat_type","fk_malware","malware_alias","malware_printable",` +
		`"last_seen_utc","confidence_level","is_compromised","reference","tags","anonymous","reporter"` + "\r\n"
	threatFoxFoot = "# Number of entries: "
)

// WriteThreatFox writes the indicators as ThreatFox exports them to CSV.
func (f *Feed) WriteThreatFox(w io.Writer) error {
	b := bufio.NewWriterSize(w, 1<<20)
	b.WriteString(threatFoxHead)
	var line []byte
	for i := range f.N {
		ind := f.At(i)
		h := mix(uint64(i) ^ f.Seed)
		// Newest first, from 2026-05-22 06:00 back.
		t := (int64(1779429600) - int64(i)*7) * ticksPerSecond
		line = AppendTime(append(line[:0], '"'), t, 0)
		line[11] = ' '            // the T
		line = line[:len(line)-1] // the Z
		line = strconv.AppendInt(append(line, `", "`...), int64(1800000+f.N-i), 10)
		line = append(line, `", "`...)
		if ind.Kind == AddrPort { // ThreatFox writes IPv6 without brackets
			line = strconv.AppendInt(append(ind.Addr.AppendTo(line), ':'), int64(ind.Port), 10)
		} else {
			line = append(line, ind.Value...)
		}
		line = append(append(line, `", "`...), ind.Kind.String()...)
		line = append(append(line, `", "`...), [...]string{"payload_delivery", "botnet_cc", "botnet_cc"}[ind.Kind]...)
		m := [...][2]string{{"elf.mirai", "Mirai"}, {"win.cobalt_strike", "Cobalt Strike"}, {"js.clearfake", "ClearFake"}, {"elf.bashlite", "Bashlite"}}[h%4]
		line = append(append(line, `", "`...), m[0]...)
		line = append(append(line, `", "None", "`...), m[1]...)
		line = append(line, `", "", "`...)
		line = strconv.AppendInt(line, int64(50+h>>8%3*25), 10)
		line = append(append(line, `", "`...), pick(h>>16%8 == 0, "True", "False")...)
		line = append(append(line, `", "None", "`...), m[1]...)
		line = append(line, "\", \"0\", \"generated\"\r\n"...)
		b.Write(line)
	}
	b.WriteString(threatFoxFoot)
	b.WriteString(strconv.Itoa(f.N))
	b.WriteString("\r\n")
	return b.Flush()
}

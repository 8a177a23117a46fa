package clock

import (
	_ "embed"
	"strconv"
	"strings"
	"sync"
	"time"
	_ "time/tzdata" // zones are known without help from the machine
)

// zonesFile lists the Windows zones with their display names, as portals
// write them, and the IANA zone that CLDR's windowsZones names first.
//
//go:embed zones.tsv
var zonesFile string

var zoneNames = sync.OnceValue(func() map[string]string {
	m := map[string]string{}
	lines := strings.Split(strings.TrimSpace(zonesFile), "\n")
	for _, line := range lines[1:] {
		f := strings.Split(line, "\t")
		m[plainZone(f[0])] = f[2]
		m[plainZone(f[1])] = f[2]
		// The daylight and the bare form of a name mean the same rules.
		m[plainZone(strings.Replace(f[0], " Standard ", " Daylight ", 1))] = f[2]
		m[plainZone(strings.Replace(f[0], " Standard ", " ", 1))] = f[2]
	}
	return m
})

// plainZone brings the spellings of a zone name together: Pacific Time (US and
// Canada), (UTC-08:00) Pacific Time (US & Canada).
func plainZone(s string) string {
	s = strings.ToLower(strings.TrimSpace(s))
	if strings.HasPrefix(s, "(utc") || strings.HasPrefix(s, "(gmt") {
		if i := strings.IndexByte(s, ')'); i > 0 {
			s = s[i+1:]
		}
	}
	s = strings.NewReplacer("&", " and ", ",", " ", ";", " ").Replace(s)
	return strings.Join(strings.Fields(s), " ")
}

// Zone returns the zone of a name: IANA (Europe/Berlin), Windows (W. Europe
// Standard Time), as portals display it (Pacific Time (US and Canada)), or an
// offset (UTC+02:00). Daylight saving is that of the zone, whichever name is
// used.
func Zone(name string) (*time.Location, bool) {
	name = strings.TrimSpace(name)
	switch strings.ToLower(name) {
	case "":
		return nil, false
	case "utc", "gmt", "z", "etc/utc", "coordinated universal time":
		return time.UTC, true
	case "local": // the zone of this machine is not that of the export
		return nil, false
	}
	names := zoneNames()
	plain := plainZone(name)
	if iana, ok := names[plain]; ok {
		loc, err := time.LoadLocation(iana)
		return loc, err == nil
	}
	if loc, ok := offsetZone(plain); ok {
		return loc, true
	}
	// Portals may name a city behind the zone: Pacific Time (US and Canada) Tijuana.
	if i := strings.LastIndexByte(plain, ')'); i > 0 && i < len(plain)-1 {
		if iana, ok := names[plain[:i+1]]; ok {
			loc, err := time.LoadLocation(iana)
			return loc, err == nil
		}
	}
	if !strings.Contains(name, "/") && !strings.EqualFold(name, "EST5EDT") {
		// Bare abbreviations of the zone database (EST, MST) are fixed offsets
		// that hardly anyone means.
		return nil, false
	}
	loc, err := time.LoadLocation(name)
	return loc, err == nil
}

// offsetZone reads utc+02:00, +0200, gmt-5.
func offsetZone(s string) (*time.Location, bool) {
	s = strings.TrimPrefix(strings.TrimPrefix(s, "utc"), "gmt")
	if len(s) < 2 || s[0] != '+' && s[0] != '-' {
		return nil, false
	}
	h, m, colon := strings.Cut(s[1:], ":")
	if !colon && len(h) > 2 {
		h, m = h[:len(h)-2], h[len(h)-2:]
	}
	if m == "" {
		m = "0"
	}
	hours, err1 := strconv.ParseUint(h, 10, 8)
	minutes, err2 := strconv.ParseUint(m, 10, 8)
	if err1 != nil || err2 != nil || hours > 14 || minutes > 59 {
		return nil, false
	}
	east := int(hours*3600 + minutes*60)
	if s[0] == '-' {
		east = -east
	}
	return time.FixedZone("UTC"+s, east), true
}

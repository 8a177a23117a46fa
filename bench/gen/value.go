package gen

import (
	"encoding/hex"
	"strconv"
	"strings"
	"sync"
)

// col returns the number of a column in a table's list. Fill functions go by
// numbers, worked out once: a name looked up for every cell would cost more
// than the cell.
func col(columns, name string) int {
	for i, f := range strings.Fields(columns) {
		if n, _, _ := strings.Cut(f, ":"); n == name {
			return i
		}
	}
	panic("gen: no column " + name)
}

// set makes a cell of what was appended to the buffer since from.
func (r *Row) set(c, from int) {
	r.cells[c] = span{uint32(from), uint32(len(r.buf))}
}

func (r *Row) str(c int, s string) {
	from := len(r.buf)
	r.buf = append(r.buf, s...)
	r.set(c, from)
}

func (r *Row) num(c int, n int64) {
	from := len(r.buf)
	r.buf = strconv.AppendInt(r.buf, n, 10)
	r.set(c, from)
}

func (r *Row) time(c int, ticks int64) {
	from := len(r.buf)
	r.buf = AppendTime(r.buf, ticks, 7)
	r.set(c, from)
	r.ticks[c] = ticks
}

// real sets a number given in hundredths, in the shortest form that a float64
// prints.
func (r *Row) real(c int, hundredths int) {
	from := len(r.buf)
	r.buf = strconv.AppendFloat(r.buf, float64(hundredths)/100, 'f', -1, 64)
	r.set(c, from)
}

func (r *Row) null(c int) { r.cells[c] = span{} }

// copy gives a cell the text of another.
func (r *Row) copy(to, from int) {
	r.cells[to] = r.cells[from]
	r.ticks[to] = r.ticks[from]
}

const (
	ticksPerSecond = 1e7
	ticksPerDay    = 86400 * ticksPerSecond
)

// AppendTime appends an instant given in ticks of 100 ns since 1970 as
// 2026-05-20T14:02:12.4790551Z with up to seven digits of the fraction. It does
// what time.Time.AppendFormat does, in a fifth of the time.
func AppendTime(dst []byte, ticks int64, digits int) []byte {
	day, t := ticks/ticksPerDay, ticks%ticksPerDay
	y, mo, d := civil(day)
	s := int(t / ticksPerSecond)
	dst = pad(dst, y, 4)
	dst = pad(append(dst, '-'), mo, 2)
	dst = pad(append(dst, '-'), d, 2)
	dst = pad(append(dst, 'T'), s/3600, 2)
	dst = pad(append(dst, ':'), s/60%60, 2)
	dst = pad(append(dst, ':'), s%60, 2)
	if digits > 0 {
		n := len(dst)
		dst = pad(append(dst, '.'), int(t%ticksPerSecond), 7)
		dst = dst[:n+1+digits]
	}
	return append(dst, 'Z')
}

// appendPortalTime appends an instant as the portal exports it to browsers set
// to American English: 5/20/2026, 2:02:12.479 PM.
func appendPortalTime(dst []byte, ticks int64) []byte {
	y, mo, d := civil(ticks / ticksPerDay)
	t := ticks % ticksPerDay
	s := int(t / ticksPerSecond)
	dst = strconv.AppendInt(dst, int64(mo), 10)
	dst = strconv.AppendInt(append(dst, '/'), int64(d), 10)
	dst = strconv.AppendInt(append(dst, '/'), int64(y), 10)
	h := (s/3600 + 11) % 12 // 0, 12 -> 11
	dst = strconv.AppendInt(append(dst, ", "...), int64(h+1), 10)
	dst = pad(append(dst, ':'), s/60%60, 2)
	dst = pad(append(dst, ':'), s%60, 2)
	dst = pad(append(dst, '.'), int(t%ticksPerSecond/1e4), 3)
	if s >= 12*3600 {
		return append(dst, " PM"...)
	}
	return append(dst, " AM"...)
}

// trimFraction cuts the zeros that end a time's fraction, as Defender does.
func trimFraction(iso []byte) []byte {
	n := len(iso) - 1 // the Z
	for iso[n-1] == '0' {
		n--
	}
	if iso[n-1] == '.' {
		n--
	}
	return append(iso[:n], 'Z')
}

func pad(dst []byte, n, width int) []byte {
	at := len(dst)
	for range width {
		dst = append(dst, '0')
	}
	for i := at + width - 1; n > 0; i-- {
		dst[i] = '0' + byte(n%10)
		n /= 10
	}
	return dst
}

// civil is the date of a day counted from 1970, for days after that.
func civil(day int64) (y, m, d int) {
	z := int(day) + 719468 // from 0000-03-01, so that the leap day is a year's last
	era := z / 146097
	doe := z % 146097
	yoe := (doe - doe/1460 + doe/36524 - doe/146096) / 365
	doy := doe - (365*yoe + yoe/4 - yoe/100)
	mp := (5*doy + 2) / 153
	d = doy - (153*mp+2)/5 + 1
	m = mp%12 + 3
	y = yoe + era*400
	if m > 12 {
		m -= 12
	}
	if m <= 2 {
		y++
	}
	return y, m, d
}

// pools are values that repeat. They do not depend on the seed.
type pools struct {
	public  []string // innocent public addresses, by how often they are met
	names   []string // innocent public names
	hosts   []string // machines of the company, full names
	inside  []string // their addresses, by the same number
	users   []string
	sha1    []string
	agents  []string
	servers []string // name servers
}

var newPools = sync.OnceValue(func() *pools {
	p := &pools{
		agents: []string{
			"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/136.0.0.0 Safari/537.36",
			"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/136.0.0.0 Safari/537.36 Edg/136.0.0.0",
			"Mozilla/5.0 (X11; Linux x86_64; rv:138.0) Gecko/20100101 Firefox/138.0",
			"Microsoft-CryptoAPI/10.0", "Microsoft NCSI", "curl/8.5.0", "Wget/1.21.4", "python-requests/2.32.3",
			`Microsoft Office/16.0 (Windows NT 10.0; "Microsoft Outlook" 16.0.18730; Pro)`,
		},
		servers: []string{"dns1.corp.example", "dns2.corp.example", "dc01.corp.example", "dc02.branch.example"},
	}
	first := [...]byte{8, 13, 20, 23, 31, 34, 35, 40, 52, 54, 104, 142, 151, 204, 216}
	for i := range 8192 {
		h := mix(uint64(i) + 1e6)
		if i%16 == 15 {
			b := append([]byte("2600:1f18:"), strconv.FormatUint(h>>48, 16)...)
			b = append(append(b, "::"...), strconv.FormatUint(h&0xffff|1, 16)...)
			p.public = append(p.public, string(b))
			continue
		}
		b := strconv.AppendUint(nil, uint64(first[h%uint64(len(first))]), 10)
		for k := range 3 {
			b = strconv.AppendUint(append(b, '.'), h>>(16+8*k)&0xff, 10)
		}
		p.public = append(p.public, string(b))
	}
	left := [...]string{"blue", "north", "open", "data", "cloud", "green", "fast", "metro", "alpha", "river", "solid", "bright", "prime", "clear", "red", "silver"}
	right := [...]string{"works", "bank", "mail", "store", "news", "media", "soft", "desk", "travel", "pay", "maps", "foods", "care", "grid", "line", "tools"}
	sub := [...]string{"www", "api", "cdn", "login", "static", "img", "edge-7", "r3---sn-4g5e", "telemetry", "_dmarc", "update.eu-west", "a.b"}
	tlds := [...]string{"com", "net", "org", "io", "co.uk", "de", "com", "example"}
	for i := range 4096 {
		h := mix(uint64(i) + 2e6)
		n := sub[h%uint64(len(sub))] + "." + left[h>>8%uint64(len(left))] + right[h>>16%uint64(len(right))] + "." + tlds[h>>24%uint64(len(tlds))]
		p.names = append(p.names, n)
	}
	for i := range 2048 {
		kind := [...]string{"ws", "lt", "srv", "cam", "prn"}[i%5]
		zone := [...]string{"corp.example", "branch.example"}[i/5%2]
		p.hosts = append(p.hosts, kind+"-"+string(pad(nil, i, 4))+"."+zone)
		p.inside = append(p.inside, "10."+strconv.Itoa(i/5%2*20+i%5)+"."+strconv.Itoa(i/250)+"."+strconv.Itoa(i%250+2))
		var sum [20]byte
		for k := range sum {
			sum[k] = byte(mix(uint64(i)<<8 | uint64(k)))
		}
		p.sha1 = append(p.sha1, hex.EncodeToString(sum[:]))
		p.users = append(p.users, "user"+string(pad(nil, i, 4)))
	}
	return p
})

func (m *maker) public() string { return m.pools.public[m.skewed(len(m.pools.public))] }
func (m *maker) domain() string { return m.pools.names[m.skewed(len(m.pools.names))] }
func (m *maker) sum() string    { return m.pools.sha1[m.skewed(len(m.pools.sha1))] }
func (m *maker) host() int      { return m.skewed(len(m.pools.hosts)) }
func (m *maker) port() int64    { return int64(49152 + m.n(16384)) }

// service is a port that innocent servers listen on.
func (m *maker) service() int64 {
	return int64([...]int{443, 443, 443, 443, 443, 80, 80, 53, 123, 22, 25, 389, 445, 3389, 8080, 993}[m.n(16)])
}

// tick moves the clock on to the next record and returns it, cut to units of
// so many ticks.
func (m *maker) tick(unit int64) int64 {
	m.now += int64(m.n(4_000_000)) // 0.2 s on average
	return m.now - m.now%unit
}

// fresh appends a label that is not met twice, as content networks and
// trackers have them: the values that make a dictionary overflow.
func (m *maker) fresh(dst []byte) []byte {
	const letters = "abcdefghijklmnopqrstuvwxyz234567"
	for v, i := m.rnd.Uint64(), 0; i < 12; i++ {
		dst = append(dst, letters[v&31])
		v >>= 5
	}
	return dst
}

// guid appends an identifier worked out from n.
func guid(dst []byte, n uint64) []byte {
	var b [16]byte
	for i, h := 0, mix(n); i < 8; i++ {
		b[i] = byte(h >> (8 * i))
	}
	for i, h := 8, mix(n+1<<40); i < 16; i++ {
		b[i] = byte(h >> (8 * (i - 8)))
	}
	dst = hex.AppendEncode(dst, b[0:4])
	for _, s := range [...][2]int{{4, 6}, {6, 8}, {8, 10}, {10, 16}} {
		dst = hex.AppendEncode(append(dst, '-'), b[s[0]:s[1]])
	}
	return dst
}

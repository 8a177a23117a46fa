package ioc

import (
	"net/netip"
	"reflect"
	"testing"
	"testing/quick"
	"time"

	"github.com/iocsweep/iocsweep/ioc/wire"
)

// What is written is what is read, by a reader that has read others before; a
// piece of it is never taken for the whole.
func TestWire(t *testing.T) {
	var again Indicator
	back := func(typ uint8, value, threat, malware string, addr [16]byte, bits uint8, port uint16, confidence int16, compromised int8, sec int32, nsec uint32, tags, feeds []string) bool {
		want := Indicator{Type: Type(int(typ) % int(types)), Value: value, Port: port, Feeds: feeds, Details: Details{
			ThreatType: threat, Malware: malware, Confidence: int(confidence), Compromised: compromised, Tags: tags,
			FirstSeen: Instant(time.Unix(int64(sec), int64(nsec%1e9))), ValidUntil: Day(time.Unix(int64(sec), 0))}}
		switch bits % 3 {
		case 1:
			want.Prefix = netip.PrefixFrom(netip.AddrFrom16(addr), int(bits)%129)
		case 2:
			want.Prefix = netip.PrefixFrom(netip.AddrFrom4([4]byte(addr[:])), int(bits)%33)
		}
		raw := want.AppendWire(nil)
		var r wire.Reader
		for n := range raw {
			r.Reset(raw[:n])
			if again.ReadWire(&r); !r.Bad() {
				t.Logf("%d of %d bytes are taken for the whole", n, len(raw))
				return false
			}
		}
		r.Reset(raw)
		again.ReadWire(&r)
		got := again
		for _, list := range []*[]string{&got.Tags, &got.Feeds, &want.Tags, &want.Feeds} {
			if len(*list) == 0 {
				*list = nil
			}
		}
		return !r.Bad() && !r.More() && reflect.DeepEqual(got, want)
	}
	if err := quick.Check(back, nil); err != nil {
		t.Error(err)
	}
}

func FuzzReadWire(f *testing.F) {
	i, err := Parse("198.51.100.0/24")
	if err != nil {
		f.Fatal(err)
	}
	i.Tags, i.Feeds = []string{"Mirai"}, []string{"feed.csv:1"}
	f.Add(i.AppendWire(nil))
	f.Fuzz(func(t *testing.T, raw []byte) {
		var r wire.Reader
		r.Reset(raw)
		var i Indicator
		i.ReadWire(&r)
	})
}

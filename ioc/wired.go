package ioc

import (
	"net/netip"

	"github.com/iocsweep/iocsweep/ioc/wire"
)

// AppendWire appends all that the indicator says in the form of package wire.
func (i *Indicator) AppendWire(dst []byte) []byte {
	dst = append(dst, byte(i.Type))
	dst = wire.AppendText(dst, i.Value)
	var addr [16]byte
	raw := addr[:0]
	switch a := i.Prefix.Addr(); {
	case a.Is4():
		four := a.As4()
		raw = append(raw, four[:]...)
	case a.Is6():
		addr = a.As16()
		raw = addr[:]
	}
	dst = append(append(dst, byte(len(raw))), raw...)
	dst = wire.AppendNumber(wire.AppendNumber(dst, int64(i.Prefix.Bits())), int64(i.Port))
	dst = wire.AppendText(wire.AppendText(dst, i.ThreatType), i.Malware)
	dst = wire.AppendNumber(dst, int64(i.Confidence))
	for _, d := range [...]Date{i.FirstSeen, i.LastSeen, i.ValidUntil} {
		if dst = append(dst, byte(d.kind)); d.kind != noDate {
			dst = wire.AppendNumber(wire.AppendNumber(dst, d.sec), int64(d.nsec))
		}
	}
	dst = wire.AppendNumber(dst, int64(i.Compromised))
	return wire.AppendTexts(wire.AppendTexts(dst, i.Tags), i.Feeds)
}

// ReadWire reads what AppendWire wrote, into the memory that the lists have.
// The texts are pieces of what r reads.
func (i *Indicator) ReadWire(r *wire.Reader) {
	if i.Type = Type(r.Byte()); int(i.Type) >= int(types) {
		r.Fail()
	}
	i.Value, i.Prefix = r.Text(), netip.Prefix{}
	raw := r.Text()
	bits := int(r.Number())
	if len(raw) > 0 {
		a, ok := netip.AddrFromSlice([]byte(raw))
		if !ok {
			r.Fail()
		}
		i.Prefix = netip.PrefixFrom(a, bits)
	}
	i.Port = uint16(r.Number())
	i.ThreatType, i.Malware, i.Confidence = r.Text(), r.Text(), int(r.Number())
	for _, d := range [...]*Date{&i.FirstSeen, &i.LastSeen, &i.ValidUntil} {
		*d = Date{}
		if kind := dateKind(r.Byte()); kind != noDate {
			*d = Date{r.Number(), int32(r.Number()), kind}
		}
	}
	i.Compromised = int8(r.Number())
	i.Tags, i.Feeds = r.Texts(i.Tags[:0]), r.Texts(i.Feeds[:0])
}

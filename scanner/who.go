package scanner

import (
	"strconv"

	"github.com/iocsweep/iocsweep/scanner/table"
)

// whoField is one answer of table.Who under its name in the hit record.
type whoField struct {
	name   string
	value  string        // "" is null
	number *table.Number // nil: value counts
}

// whoFields lists the answers in the order of the hit record.
func whoFields(w *table.Who) [13]whoField {
	return [...]whoField{
		{"host", w.Host, nil}, {"ip", w.IP, nil}, {"user", w.User, nil},
		{"process", w.Process, nil}, {"command_line", w.CommandLine, nil},
		{"peer", w.Peer, nil}, {"peer_name", w.PeerName, nil}, {"peer_port", "", &w.PeerPort},
		{"protocol", w.Protocol, nil}, {"bytes_out", "", &w.BytesOut}, {"bytes_in", "", &w.BytesIn},
		{"direction", w.Direction, nil}, {"outcome", w.Outcome, nil},
	}
}

// setWho is the inverse of whoFields for one field.
func setWho(w *table.Who, name, value string) {
	number := func(to *table.Number) {
		if n, err := strconv.ParseInt(value, 10, 64); err == nil {
			*to = table.Number{N: n, Known: true}
		}
	}
	switch name {
	case "host":
		w.Host = value
	case "ip":
		w.IP = value
	case "user":
		w.User = value
	case "process":
		w.Process = value
	case "command_line":
		w.CommandLine = value
	case "peer":
		w.Peer = value
	case "peer_name":
		w.PeerName = value
	case "peer_port":
		number(&w.PeerPort)
	case "protocol":
		w.Protocol = value
	case "bytes_out":
		number(&w.BytesOut)
	case "bytes_in":
		number(&w.BytesIn)
	case "direction":
		w.Direction = value
	case "outcome":
		w.Outcome = value
	}
}

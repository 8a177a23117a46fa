package scanner

import (
	"cmp"
	"context"
	"errors"
	"net/netip"
	"slices"
	"time"

	"github.com/iocsweep/iocsweep/formats"
	"github.com/iocsweep/iocsweep/ioc"
)

// An Estimate says how long a scan will take.
type Estimate struct {
	Kinds   []Kind
	Skipped int           // inputs that are no exports of a known table, or cannot be read, or not twice
	Time    time.Duration // of the sweep; loading indicators is not in it
	Threads int
}

// A Kind is all inputs that are read in the same way.
type Kind struct {
	Format, Compression, Table string

	Files int
	Bytes int64   // on disk
	Rate  float64 // bytes on disk per second, as measured on one of them; 0 if it took too long
	Bare  bool    // the largest of them holds no record: there is no Rate, and they take no time

	sample int // the largest input
	most   int64
}

// sampleTime is how long one input of each kind is swept.
const sampleTime = 500 * time.Millisecond

// Estimate sweeps a part of the largest input of each kind, with the scan's
// threads, and goes by that. An input that has been read not long ago may be
// faster than one that comes from disk. Standard input and pipes are not looked at:
// what is read of them is gone. The error is a usage error or the context's.
func (s *Scan) Estimate(ctx context.Context, inputs []formats.Input) (*Estimate, error) {
	probe := *s
	probe.Indicators = ioc.NewSet([]ioc.Indicator{nowhere})
	probe.Output, probe.Each, probe.Suppressed, probe.Rejects, probe.Groups, probe.Repeats = nil, nil, nil, nil, nil, nil
	probe.Warn, probe.Stats, probe.Strict = nil, nil, false
	r, err := probe.prepare(ctx, inputs)
	if err != nil {
		return nil, err
	}
	defer r.out.close()
	defer r.stop(nil)
	e := &Estimate{Threads: r.threads}
	for n, in := range r.inputs {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if !in.in.Rereadable() {
			e.Skipped++
			continue
		}
		r.openInput(in)
		if in.state != open {
			e.Skipped++
			continue
		}
		table := "several tables"
		if t := in.plan.tableOf(in.src.Info().Parts[0]); t >= 0 {
			table = in.plan.tables[t].Name
		}
		_ = in.src.Close()
		k := e.kind(in.report.Format, in.report.Compression, table)
		size := max(in.report.Bytes, 0)
		if k.Files++; k.Files == 1 || size > k.most {
			k.sample, k.most = n, size
		}
		k.Bytes += size
	}
	for i := range e.Kinds {
		k := &e.Kinds[i]
		if k.Rate, k.Bare, err = probe.rate(ctx, inputs[k.sample]); err != nil {
			return nil, err
		}
		if k.Rate > 0 {
			e.Time += time.Duration(min(float64(k.Bytes)/k.Rate, 1e9) * float64(time.Second))
		}
	}
	slices.SortFunc(e.Kinds, func(a, b Kind) int {
		return cmp.Or(cmp.Compare(a.Table, b.Table), cmp.Compare(a.Format, b.Format), cmp.Compare(a.Compression, b.Compression))
	})
	return e, nil
}

// nowhere is an indicator that no log holds.
var nowhere = ioc.Indicator{Type: ioc.IP, Value: "100::dead", Prefix: netip.MustParsePrefix("100::dead/128")}

func (e *Estimate) kind(format, compression, table string) *Kind {
	for i := range e.Kinds {
		if k := &e.Kinds[i]; k.Format == format && k.Compression == compression && k.Table == table {
			return k
		}
	}
	e.Kinds = append(e.Kinds, Kind{Format: format, Compression: compression, Table: table})
	return &e.Kinds[len(e.Kinds)-1]
}

// rate sweeps an input for a while. It is bare if it was swept to its end and holds no
// record.
func (s *Scan) rate(ctx context.Context, in formats.Input) (rate float64, bare bool, err error) {
	part, stop := context.WithTimeout(ctx, sampleTime)
	defer stop()
	s.Stats = new(Stats)
	start := time.Now()
	sum, err := s.Run(part, []formats.Input{in})
	took := time.Since(start)
	if ctx.Err() != nil {
		return 0, false, ctx.Err()
	}
	if err == nil && sum.Records == 0 {
		return 0, true, nil
	}
	if err != nil && !errors.Is(err, context.DeadlineExceeded) && !errors.Is(err, ErrNothing) {
		return 0, false, err
	}
	return float64(s.Stats.Bytes.Load()) / took.Seconds(), false, nil
}

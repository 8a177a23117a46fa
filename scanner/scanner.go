// Package scanner sweeps exported log tables for indicators of compromise.
//
// A [Scan] holds what to look for and how; [Scan.Run] reads the inputs and writes the
// hits:
//
//	inputs → blocks → cells that may match → rows → hits → output
//
// Run starts the workers. Each claims blocks of the inputs in turn (queue.go), looks up
// the key cells of a block among the indicators (match.go), and makes hits of the rows
// that hold a candidate: exact match with the port, time, exclusion rules (report.go).
// With few indicators, only records that an [ioc.Sieve] lets through are split at all.
// order.go alone decides in which order hits leave. The same inputs give the same
// bytes, whatever the number of workers.
//
// Indicators, tables and rules are immutable and may be shared by any number of scans.
// A Scan belongs to one goroutine; the functions in its fields are called from one
// goroutine at a time.
package scanner

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/iocsweep/iocsweep/formats"
	"github.com/iocsweep/iocsweep/formats/simd"
	"github.com/iocsweep/iocsweep/ioc"
	"github.com/iocsweep/iocsweep/ioc/allow"
	"github.com/iocsweep/iocsweep/scanner/clock"
	"github.com/iocsweep/iocsweep/scanner/rule"
	"github.com/iocsweep/iocsweep/scanner/table"
)

// PortMatch says what an ip:port indicator asks of a row's port.
type PortMatch uint8

// The ways to compare ports.
const (
	PortPrefer PortMatch = iota // report the address with and without the port, classed
	PortStrict                  // only with the port
	PortIgnore                  // as a plain address
)

// RowDetail says which columns a hit shows.
type RowDetail uint8

// The projections.
const (
	RowTriage RowDetail = iota // the hunt's columns, the matched ones and the table's triage columns
	RowHunt                    // the columns that the KQL hunt projects
	RowAll                     // every column of the file that is not empty
)

// Scan is one sweep. Indicators must be set; the zero value of all else is
// the default.
type Scan struct {
	Indicators *ioc.Set
	Tables     []*table.Table  // the tables to know; nil: the embedded ones
	Table      string          // treat every input as this table; "" detects it; generic sweeps those of unknown tables too
	Rules      []*rule.Rule    // exclusions
	Allow      []*allow.List   // what is known to be harmless: suppressed as by a rule
	Label      []*allow.List   // likewise, but only named in Hit.Labels
	Now        time.Time       // what rules expire against; zero: the present
	Columns    Columns         // which columns are matched
	KQL        bool            // match as the KQL operators do, on the hunts' columns only
	Ports      PortMatch       // of ip:port indicators
	From, To   clock.Time      // half-open window on event time
	HasFrom    bool            // From is set
	HasTo      bool            // To is set
	Zone       *time.Location  // for times without a zone; nil: taken as UTC, and said so
	DateOrder  clock.Order     // of d/d/y dates; clock.None: found out per file
	Row        RowDetail       // columns that a hit shows
	Order      Order           // of hits
	Strict     bool            // stop at the first bad record, with one worker
	Threads    int             // 0: all cores
	Memory     int64           // bytes of hits that are sorted or wait, more are spilled to Formats.TempDir; 0: DefaultMemory
	Formats    formats.Options // how inputs are opened

	Encode     Encoder          // of hits; nil: JSONL
	Header     []byte           // written to Output before the first hit, and if there is none
	Output     io.Writer        // where hits go; nil: nowhere
	Suppressed io.Writer        // where hits go that a rule removed, as JSONL; nil: nowhere
	Rejects    io.Writer        // where records go that could not be read, as JSONL; nil: nowhere
	Groups     *Groups          // what the summary counts by; nil: nothing
	Each       func(*Hit) error // called for each kept hit, in output order, in place of Output

	Met           *ioc.Met    // notes the indicators that kept hits show; nil: nobody asks
	MetSuppressed *ioc.Met    // likewise those of suppressed hits; set where Met is
	Repeats       *Repeats    // counts hits that show the same event; nil: nobody asks
	Near          *NearMisses // gathers near misses, at some cost; nil: they are not looked for

	Warn  func(error) // problems of inputs, with their position, in input order; nil: dropped
	Stats *Stats      // counted while the scan runs; nil: not at all

	// CompromisedExact matches the name of a compromised site, and www before
	// it, but not what else is below. It has no effect with KQL.
	CompromisedExact bool
}

// Columns says which columns are matched.
type Columns uint8

// The levels of columns: ColumnsHunt is part of ColumnsWide, and that of ColumnsDeep.
const (
	ColumnsWide Columns = iota // all structured columns
	ColumnsHunt                // those of the KQL hunts
	ColumnsDeep                // free text too
)

// DefaultMemory is what Scan.Memory's zero value stands for.
const DefaultMemory = 256 << 20

// memory is how many bytes of hits are held.
func (s *Scan) memory() int {
	if s.Memory <= 0 {
		return DefaultMemory
	}
	return int(s.Memory)
}

// ErrNothing means that no input could be scanned at all.
var ErrNothing = errors.New("no input could be scanned")

// ErrSpill means that hits beyond their share of Memory could not be put aside in
// Formats.TempDir.
var ErrSpill = errors.New("spill hits")

// Run sweeps the inputs. The error is a usage error found before anything was read,
// ErrNothing, a run-time failure (output cannot be written, disk full) or the context's
// error. The Summary, which says what happened to each input, is nil only after a usage
// error or without inputs; after an interrupt the hits so far have been written in
// order. A panic while an input is opened or read makes that input unreadable or partial,
// and the others are swept.
func (s *Scan) Run(ctx context.Context, inputs []formats.Input) (*Summary, error) {
	r, err := s.prepare(ctx, inputs)
	if err != nil {
		return nil, err
	}
	defer r.out.close()
	defer r.stop(nil)

	var workers sync.WaitGroup
	for range r.threads {
		w := r.newWorker()
		workers.Go(w.work)
	}
	workers.Wait()
	r.interrupted()

	err = r.out.finish()
	sum := r.summary()
	if err != nil {
		return sum, err
	}
	if cause := context.Cause(r.ctx); cause != nil && !errors.Is(cause, errBadRecord) {
		return sum, cause
	}
	if !slices.ContainsFunc(sum.Files, (*FileReport).Scanned) {
		return sum, ErrNothing
	}
	return sum, nil
}

// interrupted reports whether the caller wants no more, and then stops the run: what reads a
// pipe may hear of it before the scan does.
func (r *run) interrupted() bool {
	if r.caller.Err() == nil {
		return false
	}
	r.stop(context.Cause(r.caller))
	return true
}

// errBadRecord stops a strict scan.
var errBadRecord = errors.New("bad record")

// check refuses options that contradict each other.
func (s *Scan) check() error {
	switch {
	case s.KQL && s.Columns == ColumnsDeep:
		return errors.New("matching as KQL does reads the hunts' columns only")
	case s.KQL && s.Near != nil:
		return errors.New("near misses are looked for by parsed addresses and names, not as KQL does")
	case s.HasFrom && s.HasTo && s.From >= s.To:
		return fmt.Errorf("empty time window: %v is not before %v", s.From, s.To)
	case s.Each != nil && s.Output != nil:
		return errors.New("hits go to Output or to Each, not to both")
	}
	return nil
}

// prepare checks the scan before anything is read. The run must be stopped.
func (s *Scan) prepare(ctx context.Context, inputs []formats.Input) (*run, error) {
	if s.Indicators == nil || s.Indicators.Len() == 0 {
		return nil, errors.New("no indicators to look for")
	}
	if len(inputs) == 0 {
		return nil, ErrNothing
	}
	if err := s.check(); err != nil {
		return nil, err
	}
	r, err := s.newRun(ctx, inputs)
	if err != nil {
		return nil, err
	}
	for _, x := range s.Rules {
		if err := x.Check(s.Ruled()); err != nil {
			r.stop(nil)
			return nil, err
		}
	}
	if s.Near != nil {
		r.around = s.Indicators.Neighbourhood()
	} else if simd.MarksQuickly() || siftSlowly {
		r.sieve = s.Indicators.Sieve()
	}
	r.applyRules()
	r.listed = listed{make([]int64, len(s.Allow)), make([]int64, len(s.Label))}
	return r, nil
}

// newRun returns a run with the defaults of what the scan leaves open. Nothing has been
// read. The run ends when ctx does, or when its stop is called, which must happen.
func (s *Scan) newRun(ctx context.Context, inputs []formats.Input) (*run, error) {
	r := &run{Scan: s, tables: s.Tables, threads: s.Threads, encode: s.Encode, warn: s.Warn, stats: s.Stats}
	if r.tables == nil {
		r.tables = table.Builtin()
	}
	if err := r.choose(); err != nil {
		return nil, err
	}
	if r.threads <= 0 {
		r.threads = runtime.GOMAXPROCS(0)
	}
	if r.Strict {
		r.threads = 1 // what is counted, grouped and noted of hits ends at the bad record, too
	}
	if r.encode == nil || s.Each != nil {
		r.encode, r.lines = JSONL, true
	}
	if r.warn == nil {
		r.warn = func(error) {}
	}
	if r.stats == nil {
		r.stats = new(Stats)
	}
	r.cond.L = &r.mu
	r.out = newOutputs(r)
	for i, in := range inputs {
		r.inputs = append(r.inputs, newInput(i, in))
	}
	r.caller = ctx
	r.ctx, r.stop = context.WithCancelCause(ctx)
	return r, nil
}

// siftSlowly makes tests sift without kernels too, where splitting all records is as
// fast.
var siftSlowly bool

// run is the state of one Scan.Run, or of what else reads inputs as it does.
type run struct {
	*Scan
	caller   context.Context         // that it was begun with: done when the caller wants no more
	ctx      context.Context         // of this run: done as well when an error ends it
	stop     context.CancelCauseFunc // of ctx
	tables   []*table.Table
	forced   *table.Table
	generic  bool // tables that are not known are swept as well
	threads  int
	encode   Encoder
	lines    bool // encode is JSONL
	warn     func(error)
	stats    *Stats
	out      *outputs
	rules    []ruleAt           // that apply
	read     sync.Map           // *table.Table to []string: which of its columns rules read
	around   *ioc.Neighbourhood // nil unless near misses are looked for
	sieve    *ioc.Sieve         // nil where all records are split
	lates    recent[madeLate]
	generics recent[madeGeneric]
	sayings  recent[*sayings]

	mu      sync.Mutex // guards what follows, and the state of inputs
	cond    sync.Cond  // an input changed its state
	inputs  []*input
	first   int           // all inputs before it are done
	warned  int           // all inputs before it have had their warnings printed
	ledger  []*RuleReport // of Scan.Rules, and behind them of Scan.Allow
	listed  listed
	bad     *badRecord      // Strict: the first bad record in input order
	headers headersByFolder // of CSV files, for siblings that have none
}

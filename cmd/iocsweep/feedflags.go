package main

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/iocsweep/iocsweep/ioc"
	"github.com/iocsweep/iocsweep/ioc/feed"
)

// feedFlags say where indicators come from.
type feedFlags struct {
	iocs          []string
	values        []string
	format        string
	minConfidence int
	maxAge        int
	activeOnly    bool
	forceBroad    bool
	urlHosts      bool
	where         where
	compromised   string
	verifyKey     string
	forPack       bool // no flag: see feed.Options
}

func (f *feedFlags) register(fs flags) {
	fs.StringArrayVarP(&f.iocs, "iocs", "i", nil, "indicator source `FILE`, or a folder of them, repeatable; - is standard input")
	fs.StringArrayVar(&f.values, "ioc", nil, "one indicator `VALUE`, defanged or not, repeatable")
	f.registerKind(fs)
}

func (f *feedFlags) registerKind(fs flags) {
	fs.StringVar(&f.format, "iocs-format", "", "`KIND` of the sources instead of detecting it: "+strings.Join(feed.Names(), ", "))
	fs.IntVar(&f.minConfidence, "min-confidence", 0, "drop indicators with a confidence below `N`; those without one stay")
	fs.BoolVar(&f.activeOnly, "active-only", false, "drop indicators whose valid_until is past")
	fs.IntVar(&f.maxAge, "max-age", 0, "drop indicators last seen more than `DAYS` days ago; those without dates stay")
	fs.BoolVar(&f.urlHosts, "url-hosts", false, "take the host of each URL indicator too, as a domain or address")
	fs.StringVar(&f.where.text, "iocs-where", "", "only the indicators of which `EXPR` is true, as in \"malware = 'Mirai' AND confidence >= 75\"")
	fs.StringVar(&f.compromised, "compromised", "match", "legitimate sites that were broken into: match (like others), exact (the name and its www, not what is below), skip (leave them out)")
	fs.BoolVar(&f.forceBroad, "force-broad", false, "accept public suffixes and single labels as indicators")
	f.registerVerify(fs)
}

// read loads the indicators.
func (f *feedFlags) read(a *app) (*ioc.List, []feed.Report, error) {
	if err := f.where.parse(); err != nil {
		return nil, nil, err
	}
	var sources []feed.Source
	stdin := 0
	for _, path := range f.iocs {
		if path == "-" {
			stdin++
			sources = append(sources, feed.Source{Path: "-", Open: func() (io.ReadCloser, error) { return io.NopCloser(a.in), nil }})
			continue
		}
		files, err := feed.Files(path)
		if err != nil {
			return nil, nil, err
		}
		sources = append(sources, files...)
	}
	if stdin > 1 {
		return nil, nil, errors.New("standard input can be read only once")
	}
	if len(f.values) > 0 {
		sources = append(sources, feed.FromValues(f.values))
	}
	if len(sources) == 0 {
		return nil, nil, errors.New("no indicators: give a source with -i or a value with --ioc")
	}
	key, err := f.key()
	if err != nil {
		return nil, nil, err
	}
	o := feed.Options{Format: f.format, ForceBroad: f.forceBroad, URLHosts: f.urlHosts, MinConfidence: f.minConfidence, VerifyKey: key, ForPack: f.forPack}
	if f.minConfidence < 0 || f.minConfidence > 100 {
		return nil, nil, fmt.Errorf("--min-confidence %d: a number from 0 to 100 is wanted", f.minConfidence)
	}
	if f.maxAge < 0 {
		return nil, nil, fmt.Errorf("--max-age %d: a number of days is wanted", f.maxAge)
	}
	if err := oneOf("--compromised", f.compromised, "match", "exact", "skip"); err != nil {
		return nil, nil, err
	}
	o.Innocent = f.compromised == "skip"
	now := time.Now()
	o.Now = now
	if f.activeOnly {
		o.Ended = now
	}
	if f.maxAge > 0 {
		o.Since = now.AddDate(0, 0, -f.maxAge)
	}
	list, reports, err := feed.Read(sources, o)
	if err == nil {
		err = f.where.apply(list, reports)
	}
	return list, reports, err
}

// brokenFeeds joins the errors of feeds that broke off half-way.
func brokenFeeds(reports []feed.Report) error {
	var errs []error
	for i := range reports {
		if err := reports[i].Err; err != nil {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

package main

import (
	"slices"
	"testing"

	"github.com/spf13/pflag"
)

// The flags do what those of pflag do.
func TestFlags(t *testing.T) {
	type set interface {
		StringArrayVarP(p *[]string, name, shorthand string, value []string, usage string)
		StringArrayVar(p *[]string, name string, value []string, usage string)
		StringSliceVar(p *[]string, name string, value []string, usage string)
		Parse([]string) error
		FlagUsages() string
	}
	type values struct{ array, long, slice []string }
	run := func(fs set, args []string) (v values, usage, err string) {
		fs.StringArrayVarP(&v.array, "array", "a", nil, "some `FILE`")
		fs.StringArrayVar(&v.long, "long", nil, "more")
		fs.StringSliceVar(&v.slice, "slice", nil, "others")
		if e := fs.Parse(args); e != nil {
			err = e.Error()
		}
		return v, fs.FlagUsages(), err
	}
	for _, args := range [][]string{nil, {"-a", "x"}, {"-a", "x,y", "--array=z", "-a", ""}, {"--long", "", "--long", "b"},
		{"--slice", "a,b", "--slice", "c"}, {"--slice", ""}, {"--slice", `"a,b",c`}, {"--slice", `"a`}, {"--slice", "\n"}, {"-a"}, {"--slices", "a"}} {
		plain := pflag.NewFlagSet("", pflag.ContinueOnError)
		got, gotUsage, gotErr := run(flags{pflag.NewFlagSet("", pflag.ContinueOnError)}, args)
		want, wantUsage, wantErr := run(plain, args)
		if !slices.Equal(got.array, want.array) || !slices.Equal(got.long, want.long) || !slices.Equal(got.slice, want.slice) {
			t.Errorf("%q: %q, want %q", args, got, want)
		}
		if gotErr != wantErr || gotUsage != wantUsage {
			t.Errorf("%q: %s\n%s\nwant %s\n%s", args, gotErr, gotUsage, wantErr, wantUsage)
		}
	}
}

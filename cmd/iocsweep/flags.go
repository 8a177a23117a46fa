package main

import (
	"encoding/csv"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/pflag"
)

// flags registers flags that may be repeated with values of its own: those of
// pflag write their default, which is empty, with a CSV writer each, whose
// buffers are a page of memory apiece.
type flags struct{ *pflag.FlagSet }

// StringArrayVarP is a flag of which every use adds a value.
func (f flags) StringArrayVarP(p *[]string, name, shorthand string, value []string, usage string) {
	*p = value
	f.VarP(&texts{list: p}, name, shorthand, usage)
}

// StringArrayVar is StringArrayVarP without a letter.
func (f flags) StringArrayVar(p *[]string, name string, value []string, usage string) {
	f.StringArrayVarP(p, name, "", value, usage)
}

// StringSliceVar is a flag of which every use adds values with commas between.
func (f flags) StringSliceVar(p *[]string, name string, value []string, usage string) {
	*p = value
	f.Var(&texts{list: p, commas: true}, name, usage)
}

// texts is the value of a flag that may be repeated.
type texts struct {
	list         *[]string
	commas, used bool
}

// Set implements [pflag.Value]. The first use takes the default's place.
func (t *texts) Set(s string) error {
	add := []string{s}
	if t.commas {
		var err error
		if add, err = csv.NewReader(strings.NewReader(s)).Read(); s != "" && err != nil {
			return err
		}
	}
	if !t.used {
		*t.list = []string{}
	}
	t.used = true
	*t.list = append(*t.list, add...)
	return nil
}

// Type implements [pflag.Value]. Help prints it.
func (t *texts) Type() string {
	if t.commas {
		return "stringSlice"
	}
	return "stringArray"
}

// String implements [pflag.Value].
func (t *texts) String() string { return strings.Join(*t.list, ",") }

// oneOf is the error of a flag whose value is none of those allowed, else nil.
func oneOf(flag, value string, allowed ...string) error {
	if slices.Contains(allowed, value) {
		return nil
	}
	return fmt.Errorf("%s %q: want %s", flag, value, strings.Join(allowed, ", "))
}

// choices are the values that a flag may have, by name.
type choices[T any] []struct {
	name  string
	value T
}

// choose sets what a flag's value names. The error is that of oneOf.
func choose[T any](flag, value string, to *T, from choices[T]) error {
	var names []string
	for _, c := range from {
		if c.name == value {
			*to = c.value
			return nil
		}
		names = append(names, c.name)
	}
	return oneOf(flag, value, names...)
}

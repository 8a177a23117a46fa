package rule

import (
	"bytes"
	"embed"
	"fmt"
	"slices"
	"strings"
)

// presetFiles are rule files like any other, each rule with its risk. They are
// off until asked for by name.
//
//go:embed presets/*.yaml
var presetFiles embed.FS

// Presets returns the names of the rule sets that come with the program, sorted.
func Presets() []string {
	entries, err := presetFiles.ReadDir("presets")
	if err != nil {
		panic("rule: " + err.Error())
	}
	var names []string
	for _, e := range entries {
		names = append(names, strings.TrimSuffix(e.Name(), ".yaml"))
	}
	slices.Sort(names)
	return names
}

// Preset returns the rules of a preset. They are the caller's.
func Preset(name string) ([]*Rule, error) {
	names := Presets()
	if !slices.Contains(names, name) {
		return nil, fmt.Errorf("unknown preset %q%s: want one of %s", name, suggest(name, names), strings.Join(names, ", "))
	}
	data, err := presetFiles.ReadFile("presets/" + name + ".yaml")
	if err != nil {
		return nil, err
	}
	return Load(bytes.NewReader(data), "preset "+name)
}

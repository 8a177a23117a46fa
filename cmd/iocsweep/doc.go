/*
Iocsweep sweeps exported log tables for indicators of compromise, offline.

# Usage

	iocsweep scan -i FEED [-x RULES] PATH...

PATH is a file, a folder (walked) or - for standard input: exports of the
Microsoft Sentinel tables CommonSecurityLog, DeviceNetworkEvents and DnsEvents
as CSV, JSON Lines, JSON, Parquet, Arrow IPC or Avro (an Event Hubs capture),
plain or compressed with gzip, zstd, bzip2 or zip. What a file is, is found out
by looking at it.

FEED is an indicator source: a ThreatFox export, a plain list, a CSV file with
a value column, a rule page. RULES is a YAML file of exclusions.

# Commands

	scan        the sweep (alias hunt)
	inspect     what each file is; nothing is matched
	ioc check   what an indicator source holds, and what of it cannot be used
	ioc export  the merged, normalised indicators as JSONL or CSV
	ioc diff    which indicators a newer source has gained and lost
	ioc report  which indicators the hits of an earlier scan show, and which not
	ioc import-rules  the exclusions of rule pages as disabled rules
	ioc pack    indicators in one file that loads fast and can be signed
	ioc verify  what a pack holds, where that came from and who signed it
	ioc keygen  a key to sign packs with
	exclude check  what is wrong with exclusion rules
	exclude test   what they would remove from an earlier result
	exclude presets  rules that come with the program, off until asked for
	explain     which indicators match a value, by which rule, and the near misses;
	            with --row, what becomes of one record and why
	tables      the table definitions in force
	completion  shell completions
	version     version, Go version, commit

# Exit status

	0    everything was read
	1    hits were found (only with --exit-code)
	2    usage, feed or rule error; nothing was scanned
	3    finished, but something could not be read
	4    run-time failure: output cannot be written, disk full
	5    as 3, and with hits (only with --exit-code)
	130  interrupted

Results go to standard output, all else to standard error. Nothing is written
beside the input, and nothing ever touches a network.
*/
package main

import (
	_ "embed"
	"strings"
)

//go:embed doc.go
var docSource string

// manual is what help prints: the comment above, but for its list of commands, which
// help makes itself.
func manual() string {
	text, _, _ := strings.Cut(strings.TrimPrefix(docSource, "/*\n"), "*/")
	before, rest, _ := strings.Cut(text, "# Commands\n")
	_, after, _ := strings.Cut(rest, "# Exit status\n")
	before = strings.Replace(before, "# Usage\n\n", "", 1)
	return strings.TrimSpace(strings.ReplaceAll(before+"Exit status:\n"+after, "\t", "  "))
}

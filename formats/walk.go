package formats

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Walk finds the inputs that paths stand for: files, all files in folders,
// and "-", which is stdin. Zip archives become their members. Paths come in
// the order given, the files of a folder sorted byte by byte, the members of
// an archive in the order of its directory; a file that was found twice comes
// once. What a shell left of a pattern (*.csv) is expanded.
//
// A folder may hold files that are no exports. Those that are known to come
// along with exports (_SUCCESS, .crc, hidden files, Thumbs.db) are left out,
// links to folders are not followed, and devices and pipes are not opened. All
// else is an input, with Named false. Named is true for what was given by
// name, and for the member of an archive given by name if it is the only one;
// of several, one may be a readme.
//
// What cannot be read is reported as an *Error in errs, and the rest stands:
// files and folders that are missing or closed, encrypted members, archives
// cut short, folders without any file.
func Walk(paths []string, stdin io.Reader) (inputs []Input, errs []error) {
	w := &walk{seen: make(map[string]int)}
	for _, p := range paths {
		if p == "-" {
			w.stdin(stdin)
			continue
		}
		w.given(p)
	}
	return w.inputs, w.errs
}

// ErrNothing is the cause of errors about folders and patterns without files.
var ErrNothing = errors.New("no files")

type walk struct {
	inputs []Input
	errs   []error
	seen   map[string]int // by clean path: 1 + index in inputs, 0 for archives
}

func (w *walk) fail(in Input, err error) { w.errs = append(w.errs, inputError(in, err)) }

func (w *walk) stdin(r io.Reader) {
	in := Stdin(r)
	if _, ok := w.seen["-"]; ok {
		return
	}
	w.seen["-"] = 0
	if f, ok := r.(*os.File); ok {
		if at, n, ok := rest(f); ok && isZip(at) {
			w.archive(in, &archive{at: at, size: n})
			return
		}
	}
	w.inputs = append(w.inputs, in)
}

// given takes a path from the command line.
func (w *walk) given(p string) {
	st, err := os.Stat(p)
	if errors.Is(err, fs.ErrNotExist) && strings.ContainsAny(p, "*?[") {
		found, globErr := filepath.Glob(p)
		if globErr == nil && len(found) > 0 {
			slices.Sort(found)
			for _, f := range found {
				w.given(f)
			}
			return
		}
		if globErr == nil {
			err = ErrNothing
		}
	}
	switch {
	case err != nil:
		w.fail(Input{Path: p, Named: true}, err)
	case st.IsDir():
		w.folder(p)
	default:
		w.file(p, true, st.Mode().IsRegular())
	}
}

// folder takes all files below root.
func (w *walk) folder(root string) {
	type found struct{ name, path string }
	var files []found
	failed := len(w.errs)
	// The final slash makes WalkDir enter a root that is a link to a folder.
	top := strings.TrimRight(filepath.ToSlash(root), "/") + "/"
	err := filepath.WalkDir(top, func(p string, d fs.DirEntry, err error) error {
		rel, _ := filepath.Rel(top, p)
		rel = filepath.ToSlash(rel)
		name := joinRoot(root, rel)
		if err != nil {
			w.fail(Input{Path: name}, err)
			return nil
		}
		if rel == "." {
			return nil
		}
		if isCompanion(d.Name()) {
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		mode := d.Type()
		if mode&fs.ModeSymlink != 0 {
			st, err := os.Stat(p)
			if err != nil {
				w.fail(Input{Path: name}, err)
				return nil
			}
			mode = st.Mode().Type()
		}
		if mode.IsRegular() {
			files = append(files, found{name, p})
		}
		return nil
	})
	if err != nil {
		w.fail(Input{Path: root, Named: true}, err)
	}
	slices.SortFunc(files, func(a, b found) int { return strings.Compare(a.name, b.name) })
	for _, f := range files {
		w.file(f.name, false, true)
	}
	if len(files) == 0 && len(w.errs) == failed {
		w.fail(Input{Path: root, Named: true}, ErrNothing)
	}
}

// joinRoot names a file below root as root was given, with forward slashes
// after it.
func joinRoot(root, rel string) string {
	switch {
	case rel == ".":
		return root
	case filepath.Clean(root) == "." && rel != "-":
		return rel
	case strings.HasSuffix(root, "/") || os.PathSeparator == '\\' && strings.HasSuffix(root, `\`):
		return root + rel
	}
	return root + "/" + rel
}

// isCompanion says whether a file or folder only comes along with exports:
// hidden ones, and what Spark, Hadoop, macOS and Windows leave behind.
func isCompanion(name string) bool {
	switch {
	case strings.HasPrefix(name, "."), strings.HasSuffix(name, ".crc"),
		strings.HasPrefix(name, "_started_"), strings.HasPrefix(name, "_committed_"):
		return true
	}
	switch strings.ToLower(name) {
	case "_success", "_metadata", "_common_metadata", "_delta_log", "_spark_metadata", "_temporary",
		"__macosx", "thumbs.db", "desktop.ini":
		return true
	}
	return false
}

// file takes one file; regular says that it can be looked into without taking
// anything off it.
func (w *walk) file(p string, named, regular bool) {
	key := filepath.Clean(p)
	if i, ok := w.seen[key]; ok {
		if i > 0 && named {
			w.inputs[i-1].Named = true
		}
		return
	}
	w.seen[key] = 0
	in := Input{Path: p, Named: named}
	if regular {
		a, err := zipFile(p)
		if err != nil {
			w.fail(in, err)
			return
		}
		if a != nil {
			w.archive(in, a)
			return
		}
	}
	w.inputs = append(w.inputs, in)
	w.seen[key] = len(w.inputs)
}

// zipFile returns the archive that a file is, nil if it is something else.
func zipFile(p string) (*archive, error) {
	f, err := os.Open(p)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !isZip(f) {
		return nil, nil
	}
	return &archive{path: p, size: st.Size()}, nil
}

func isZip(r io.ReaderAt) bool {
	head := make([]byte, 8)
	n, _ := r.ReadAt(head, 0)
	return compressionOf(head[:n]) == "zip"
}

// archive takes the members of a zip archive. One without any stays an input,
// so that opening it says what is wrong, and it counts as what it was given as.
func (w *walk) archive(in Input, a *archive) {
	if err := a.hold(); err != nil {
		w.fail(in, err)
		return
	}
	defer a.release()
	list, err := a.members()
	if errors.Is(err, ErrUnknownFormat) || err == nil && len(list) == 0 {
		w.inputs = append(w.inputs, in)
		return
	}
	if err != nil {
		w.fail(in, err)
	}
	for _, m := range list {
		mem := Input{Path: in.Path, Member: m.name, Named: in.Named && len(list) == 1}
		if m.sealed {
			w.fail(mem, errSealed)
			continue
		}
		mem.open = func() (*Content, error) { return a.open(m) }
		w.inputs = append(w.inputs, mem)
	}
}

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
// once, whatever links and spellings of its path lead to it, under the name by
// which it was found first. What a shell left of a pattern (*.csv) is expanded.
//
// A folder may hold files that are no exports. Those that are known to come
// along with exports (_SUCCESS, .crc, .DS_Store, .git) are left out, and
// devices and pipes are not opened. All other files in it are inputs with Named false,
// hidden ones too. Links to folders are not followed, since one in an image of a
// disk would lead to the machine at hand; those that lead out of the given folders are
// reported. Named is true for files given by name, and for the only member of an archive
// given by name; of several members one may be a readme.
//
// Paths and members that cannot be read are reported as an *Error in errs, and the rest
// stands: files and folders that are missing or may not be opened, encrypted members,
// archives cut short, folders without any file, links to folders elsewhere.
func Walk(paths []string, stdin io.Reader) (inputs []Input, errs []error) {
	w := &walk{seen: make(map[string]int), same: make(map[fileID]int)}
	for _, p := range paths {
		if p == "-" {
			w.stdin(stdin)
			continue
		}
		w.given(p)
	}
	w.leadOut()
	return w.inputs, w.errs
}

// errLinked is about what Walk does not follow.
var errLinked = errors.New("link to a folder outside, not followed: name it to have it read")

// ErrNothing is the cause of errors about folders and patterns without files.
var ErrNothing = errors.New("no files")

// A fileID tells a regular file from all others. Where a file system gives two the
// same number, their sizes or times differ.
type fileID struct {
	dev, ino uint64
	size     int64
	modified int64 // ns
}

type walk struct {
	inputs []Input
	errs   []error
	seen   map[string]int // by clean path: 1 + index in inputs, 0 for archives
	same   map[fileID]int // likewise
	roots  []string       // where the folders lie that were given
	links  []string       // to folders
}

func (w *walk) fail(in Input, err error) { w.errs = append(w.errs, inputError(in, err)) }

func (w *walk) stdin(r io.Reader) {
	in := Stdin(r)
	if _, ok := w.seen["-"]; ok {
		return
	}
	w.seen["-"] = 0
	if f, ok := r.(*os.File); ok {
		if at, n, ok := rest(f); ok {
			packed, err := isZip(at)
			switch {
			case err != nil:
				w.fail(in, err)
				return
			case packed:
				w.archive(in, &archive{at: at, size: n})
				return
			}
		}
	}
	w.inputs = append(w.inputs, in)
}

// given takes a path from the command line.
func (w *walk) given(p string) {
	st, err := os.Stat(p)
	// Whatever the error is: Windows does not call such a name missing, but invalid.
	if err != nil && !errors.Is(err, fs.ErrPermission) && strings.ContainsAny(p, "*?[") {
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
		w.file(p, true, Regular(st.Mode()))
	}
}

// folder takes all files below root.
func (w *walk) folder(root string) {
	type found struct{ name, path string }
	var files []found
	failed, linked := len(w.errs), len(w.links)
	// The final slash makes WalkDir enter a root that is a link to a folder.
	top := strings.TrimRight(filepath.ToSlash(root), "/") + "/"
	if real, err := realPath(root); err == nil {
		w.roots = append(w.roots, real)
	}
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
		if d.IsDir() {
			return nil
		}
		mode := d.Type()
		if mode&(fs.ModeSymlink|fs.ModeIrregular) != 0 { // a junction is a link too
			st, err := os.Stat(p)
			if err != nil {
				w.fail(Input{Path: name}, err)
				return nil
			}
			if st.IsDir() {
				w.links = append(w.links, name)
				return nil
			}
			mode = st.Mode().Type()
		}
		if Regular(mode) {
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
	if len(files) == 0 && len(w.errs) == failed && len(w.links) == linked {
		w.fail(Input{Path: root, Named: true}, ErrNothing)
	}
}

// leadOut reports the links that lead to folders outside those that were walked.
func (w *walk) leadOut() {
	for _, link := range w.links {
		real, err := realPath(link)
		if err != nil {
			w.fail(Input{Path: link}, err)
			continue
		}
		inside := func(root string) bool {
			rel, err := filepath.Rel(root, real)
			return err == nil && filepath.IsLocal(rel)
		}
		if !slices.ContainsFunc(w.roots, inside) {
			w.fail(Input{Path: link}, errLinked)
		}
	}
}

// realPath returns where a path leads, all links followed.
func realPath(p string) (string, error) {
	real, err := filepath.EvalSymlinks(p)
	if err != nil {
		return "", err
	}
	if to, err := os.Readlink(real); err == nil && filepath.IsAbs(to) {
		real = to // a junction of Windows, which EvalSymlinks leaves alone
	}
	return filepath.Abs(real)
}

// joinRoot names a file below root as root was given, with forward slashes
// after it.
func joinRoot(root, rel string) string {
	switch {
	case rel == ".":
		return root
	case filepath.Clean(root) == "." && rel != "-":
		return rel
	case os.PathSeparator == '\\' && strings.HasPrefix(root, `\\?\`):
		// Windows takes such a path as it is: a slash in it parts nothing.
		return strings.TrimRight(root, `\`) + `\` + filepath.FromSlash(rel)
	case strings.HasSuffix(root, "/") || os.PathSeparator == '\\' && strings.HasSuffix(root, `\`):
		return root + rel
	}
	return root + "/" + rel
}

// isCompanion reports whether a file or folder only comes along with exports:
// what Spark, Hadoop, macOS, Windows, editors and version control leave behind.
// A hidden name alone does not make it one.
func isCompanion(name string) bool {
	name = strings.ToLower(name)
	for _, front := range []string{"._", ".~lock.", ".trash", ".fuse_hidden", "_started_", "_committed_"} {
		if strings.HasPrefix(name, front) {
			return true
		}
	}
	switch name {
	case "_success", "_metadata", "_common_metadata", "_delta_log", "_spark_metadata", "_temporary",
		"__macosx", "thumbs.db", "desktop.ini", ".ds_store", ".localized", ".directory", ".spotlight-v100", ".fseventsd",
		".git", ".gitignore", ".gitattributes", ".gitkeep", ".svn", ".hg", ".idea", ".vscode", ".venv":
		return true
	}
	return strings.HasSuffix(name, ".crc") || strings.HasPrefix(name, ".") && strings.HasSuffix(name, ".swp")
}

// file takes one file. regular means that looking into it takes nothing away.
func (w *walk) file(p string, named, regular bool) {
	key := filepath.Clean(p)
	if i, ok := w.seen[key]; ok {
		w.again(i, named)
		return
	}
	w.seen[key] = 0
	in := Input{Path: p, Named: named, pipe: !regular}
	var id fileID
	known := false
	if regular {
		var a *archive
		var err error
		a, id, known, err = zipFile(p)
		if err != nil {
			w.fail(in, err)
			return
		}
		if known {
			if i, ok := w.same[id]; ok {
				w.seen[key] = i
				w.again(i, named)
				return
			}
			w.same[id] = 0
		}
		if a != nil {
			w.archive(in, a)
			return
		}
	}
	w.inputs = append(w.inputs, in)
	w.seen[key] = len(w.inputs)
	if known {
		w.same[id] = len(w.inputs)
	}
}

// again notes that a file was found once more. i is as in walk.seen.
func (w *walk) again(i int, named bool) {
	if i > 0 && named {
		w.inputs[i-1].Named = true
	}
}

// zipFile returns the archive that a file is, nil if it is something else. id tells the
// file from all others if known is true.
func zipFile(p string) (a *archive, id fileID, known bool, err error) {
	f, err := os.Open(p)
	if err != nil {
		return nil, fileID{}, false, err
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		return nil, fileID{}, false, err
	}
	id, known = idOf(f, st)
	packed, err := isZip(f)
	if err != nil {
		return nil, fileID{}, false, err
	}
	if packed {
		a = &archive{path: p, size: st.Size()}
	}
	return a, id, known, nil
}

// Regular reports whether a file of this mode can be read at any position, and again.
// That includes files that Windows calls irregular because a folder in the cloud
// (OneDrive) keeps them on the machine.
func Regular(mode fs.FileMode) bool { return mode.Type()&^fs.ModeIrregular == 0 }

// isZip reports whether the first bytes are those of a zip archive. Bytes that cannot be
// read are an error: an archive that is not recognised would be read as a single file.
func isZip(r io.ReaderAt) (bool, error) {
	head := make([]byte, 8)
	n, err := r.ReadAt(head, 0)
	if err == io.EOF {
		err = nil // a short file
	}
	return compressionOf(head[:n]) == "zip", err
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
		mem.open = func(o Options) (*Content, error) { return a.open(m, o) }
		w.inputs = append(w.inputs, mem)
	}
}

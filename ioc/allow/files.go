package allow

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
)

// Open reads the lists of the given paths, in their order: files, and all files
// in folders and the folders below them, by name. Names that begin with a dot
// are left out. What is no list, or gives nothing, is an error where it was
// named, and in a folder one of left; a list that is broken is an error
// everywhere. Lists of the same name are told apart by their path.
func Open(paths []string) (lists []*List, left []error, err error) { return openAll(paths, false) }

// OpenLined is Open for those who ask for entries: the lists know the line of
// each, which takes memory.
func OpenLined(paths []string) (lists []*List, left []error, err error) { return openAll(paths, true) }

func openAll(paths []string, lined bool) (lists []*List, left []error, err error) {
	names := map[string]bool{}
	for _, path := range paths {
		files, folder, err := filesOf(path)
		if err != nil {
			return nil, nil, err
		}
		before := len(lists)
		for _, file := range files {
			l, err := open(file, lined)
			switch {
			case err == nil:
			case folder && (errors.Is(err, ErrNoList) || errors.Is(err, ErrNothingUsable)):
				left = append(left, err)
				continue
			default:
				return nil, nil, err
			}
			if names[l.Name] {
				l.Name += " (" + l.Path + ")"
			}
			for n := 2; names[l.Name]; n++ {
				l.Name += " " + strconv.Itoa(n)
			}
			names[l.Name] = true
			lists = append(lists, l)
		}
		if folder && len(lists) == before {
			return nil, nil, fmt.Errorf("%s: no allow list in the folder", path)
		}
	}
	return lists, left, nil
}

func open(path string, lined bool) (*List, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	l := &List{Path: path, Skipped: map[string]int{}}
	if lined {
		l.lines = map[string]int{}
	}
	return read(f, l)
}

// filesOf lists the files of a path.
func filesOf(path string) (files []string, folder bool, err error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, false, err
	}
	if !info.IsDir() {
		return []string{path}, false, nil
	}
	err = filepath.WalkDir(path, func(at string, e fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case at == path:
		case e.Name()[0] == '.':
			if e.IsDir() {
				return fs.SkipDir
			}
		case e.IsDir():
		default:
			// A pipe in a folder would be waited for without end. What Windows
			// calls irregular is a file that a folder in the cloud keeps.
			if info, err := os.Stat(at); err != nil {
				return err
			} else if t := info.Mode().Type(); t&^fs.ModeIrregular == 0 {
				files = append(files, filepath.ToSlash(at))
			}
		}
		return nil
	})
	return files, true, err
}

package formats

import (
	"io"
)

// An Input names something that can be opened: a file, a member of a zip
// archive, standard input, or bytes that the caller holds.
type Input struct {
	Path   string // as the user gave it or a walk found it; "-" is standard input
	Member string // name inside a zip archive, "" otherwise
	Named  bool   // given by name, not met by a folder walk

	open func() (*Content, error) // nil: Path is a file
}

// String is the name as messages show it.
func (in Input) String() string {
	if in.Member != "" {
		return in.Path + "/" + in.Member
	}
	return in.Path
}

// Content is an opened input after decompression and transcoding to UTF-8.
// Exactly one of At and Stream is set: At where the bytes lie uncompressed in
// a regular file or in memory, Stream where they come one after the other.
type Content struct {
	Input       Input
	Compression string
	Encoding    string
	Size        int64 // bytes on disk, -1 if unknown
	At          io.ReaderAt
	Len         int64 // length of At
	Stream      io.Reader
	Head        []byte // the first bytes, up to 64 KiB (not taken off Stream)
	// Consumed returns the bytes on disk that Stream has used so far, for
	// progress. Nil with At.
	Consumed func() int64
	Close    func() error
}

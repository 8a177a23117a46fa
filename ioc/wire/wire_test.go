package wire

import (
	"slices"
	"testing"
	"testing/quick"
)

// What is appended is what is read, and a piece of it is not taken for the whole.
func TestBack(t *testing.T) {
	var r Reader
	read := func(raw []byte) (number int64, b byte, yes bool, text string, list, sparse []string) {
		r.Reset(raw)
		return r.Number(), r.Byte(), r.Bool(), r.Text(), r.Texts(nil), r.Sparse(nil)
	}
	back := func(number int64, yes bool, text string, list []string, b byte) bool {
		var sparse []string
		for i, s := range list {
			sparse = append(append(sparse, make([]string, i%7)...), s)
		}
		raw := AppendSparse(AppendTexts(AppendText(AppendBool(append(AppendNumber(nil, number), b), yes), text), list), sparse)
		for n := range raw {
			if read(raw[:n]); !r.Bad() {
				t.Logf("%d of %d bytes are taken for the whole", n, len(raw))
				return false
			}
		}
		gotNumber, gotByte, gotYes, gotText, gotList, gotSparse := read(raw)
		return gotNumber == number && gotByte == b && gotYes == yes && gotText == text && slices.Equal(gotList, list) && slices.Equal(gotSparse, sparse) && !r.More() && !r.Bad()
	}
	if err := quick.Check(back, nil); err != nil {
		t.Error(err)
	}
}

// A reader stays within its bytes, whatever they are.
func FuzzReader(f *testing.F) {
	f.Add([]byte{2, 'a', 'b'}, []byte("tnlc"))
	f.Add([]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1}, []byte("tnlcb"))
	f.Fuzz(func(t *testing.T, raw, asked []byte) {
		var r Reader
		r.Reset(raw)
		read := 0
		for _, what := range asked {
			switch what % 6 {
			case 0:
				read += len(r.Text())
			case 1:
				r.Number()
			case 2:
				for _, s := range r.Texts(nil) {
					read += len(s)
				}
			case 3:
				for _, s := range r.Sparse(nil) {
					read += len(s)
				}
			case 4:
				if n := r.Count(); n > len(raw) {
					t.Fatalf("%d things in %d bytes", n, len(raw))
				}
			default:
				r.Byte()
			}
		}
		if read > len(raw) {
			t.Fatalf("%d bytes of text in %d", read, len(raw))
		}
	})
}

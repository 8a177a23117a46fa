package ioc

import (
	"strings"
	"sync"
	"unicode/utf8"

	"golang.org/x/net/idna"
	"golang.org/x/text/unicode/norm"
)

// lookAlikes lists, by the Latin text that they look like, the lower-case
// letters that names can have. It holds the pairs of the Unicode Consortium's
// confusables.txt (UTS 39, Unicode 13) whose prototype is one or two Latin
// letters or a digit and whose source is a Latin, Greek, Cyrillic or Armenian
// letter that UTS 46 lets into names, and some that UTS 39 has for capitals only
// or not at all, but that names are spelled with to look like others.
const lookAlikes = `
6 б
8 ȣ
a ɑαа
ae æӕ
b в
c ϲсᴄ
d ԁđ
e еҽ
f քẝꞙꬵ
g ƍɡցᶃ
h һհ
i ıɩɪιіӏꙇ
j ϳј
k кκ
l ǀł
m м
n ոռ
o οσоօᴏᴑꬽø
oe œ
oo ꚙꝏ
p ρϱр
q ԛգզ
r гᴦꭇꭈ
s ƽѕꜱ
ss ß
t т
u ʋυսᴜꞟꭎꭒ
v νѵᴠ
w ɯѡԝաᴡω
x х
y ɣʏγуүᶌỿꭚ
z ᴢ
`

// asciiAlikes are those of ASCII itself, of which UTS 39 has three; capitals count
// as small, as in names: 0 looks like O.
var asciiAlikes = strings.NewReplacer("0", "o", "1", "l", "m", "rn")

var prototypes = sync.OnceValue(func() map[rune]string {
	m := map[rune]string{}
	for line := range strings.Lines(lookAlikes) {
		latin, like, _ := strings.Cut(strings.TrimSpace(line), " ")
		for _, r := range like {
			m[r] = latin
		}
	}
	return m
})

// skeleton is what a name looks like: names with equal skeletons can be taken
// for each other. It is that of UTS 39 for the letters in lookAlikes, and goes
// beyond it in one thing: accents are left out, for who reads a log in a
// hurry does not see them. A-labels count as the text that they stand for.
func skeleton(name string) string {
	plain := !strings.Contains(name, "xn--")
	for i := 0; i < len(name) && plain; i++ {
		switch b := name[i]; {
		case b >= utf8.RuneSelf, b == '0', b == '1', b == 'm', b >= 'A' && b <= 'Z':
			plain = false
		}
	}
	if plain {
		return name
	}
	return asciiAlikes.Replace(inLatin(name))
}

// inLatin is what a name looks like in plain Latin letters: without accents, and
// with the letters of other scripts that look the same. Its ASCII stays as it is.
func inLatin(name string) string {
	if strings.Contains(name, "xn--") {
		labels := strings.Split(name, ".")
		for i, l := range labels {
			if u, err := idna.Punycode.ToUnicode(l); err == nil {
				labels[i] = u
			}
		}
		name = strings.Join(labels, ".")
	}
	like := prototypes()
	var b strings.Builder
	for _, r := range norm.NFD.String(strings.ToLower(name)) {
		switch p, ok := like[r]; {
		case ok:
			b.WriteString(p)
		case r >= 0x300 && r < 0x370: // combining accents
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

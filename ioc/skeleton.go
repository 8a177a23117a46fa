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
// letter that UTS 46 lets into names. Of ASCII itself UTS 39 has three, and
// capitals count as small, as in names: 0 looks like O, 1 like l, m like rn.
const lookAlikes = `
6 б
8 ȣ
a ɑαа
ae æӕ
c ϲсᴄ
d ԁ
e еҽ
f քẝꞙꬵ
g ƍɡցᶃ
h һհ
i ıɩɪιіӏꙇ
j ϳј
l ǀ1
n ոռ
o οσоօᴏᴑꬽ0
oe œ
oo ꚙꝏ
p ρϱр
q ԛգզ
r гᴦꭇꭈ
rn m
s ƽѕꜱ
u ʋυսᴜꞟꭎꭒ
v νѵᴠ
w ɯѡԝաᴡ
x х
y ɣʏγуүᶌỿꭚ
z ᴢ
`

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

// Skeleton is what a name looks like: names with equal skeletons can be taken
// for each other. It is that of UTS 39 for the letters in lookAlikes, and goes
// beyond it in one thing: accents are left out, for who reads a log in a
// hurry does not see them. A-labels count as the text that they stand for.
func Skeleton(name string) string {
	plain := true
	for i := range len(name) {
		switch b := name[i]; {
		case b >= utf8.RuneSelf, b == '0', b == '1', b == 'm', b >= 'A' && b <= 'Z':
			plain = false
		}
	}
	if plain && !strings.Contains(name, "xn--") {
		return name
	}
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

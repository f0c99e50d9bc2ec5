// Package line makes texts of others fit into one line of ours: an answer, an
// error, a remark.
package line

import "strings"

// Of returns the text on one line, with one space where there was white space of
// any kind, and without what is not UTF-8.
func Of(text string) string {
	return strings.Join(strings.Fields(strings.ToValidUTF8(text, "")), " ")
}

// Cut returns the text, or the beginning of a longer one with " …" behind it: no
// more than so many bytes in all, and whole characters. There is room for " …".
func Cut(text string, most int) string {
	const more = " …"
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most-len(more)], "") + more
}

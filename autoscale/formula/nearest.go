package formula

// nearest returns the candidate that name was probably meant to be, or "" if
// all of them are too different.
func nearest(name string, candidates []string) string {
	best, within := "", len(name)/3+1
	for _, c := range candidates {
		if d := distance(name, c); d <= within && d < max(len(name), len(c)) {
			best, within = c, d-1
		}
	}
	return best
}

// distance is the number of bytes to insert, delete or replace to make b of a
// (Levenshtein).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			replace := diagonal
			if a[i] != b[j] {
				replace++
			}
			diagonal = row[j+1]
			row[j+1] = min(replace, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}

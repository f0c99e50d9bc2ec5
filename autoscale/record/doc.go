// Package record keeps the rounds of a loop in files, so that what was decided can
// be decided again: by the same policy, in a test, or by another one, to see what it
// would have done.
//
// A [Recorder] takes rounds from [control.Loop.Observe] or [control.Runner.Observe]
// and never holds one up: what cannot be written, because the disk is full or slow,
// is counted and left out, and the next line that is written says how many rounds
// are missing before it.
//
// # The files
//
// Files are named rounds-<UTC time>.jsonl, in the order in which they were written.
// Only the program's user can read them. Each process begins a new one, and so does
// one that has become too large; when there are too many, the oldest is removed.
//
// Each line is a [Round] as a JSON object, with the [Version] of this schema first. A
// line is only ever appended, in one piece. The last line of a file may be torn, by a
// crash or a full disk: reading leaves it out.
//
// A line has readings, targets, errors and remarks, of which none contains a secret
// (see [scalerkit.Scaler]), and the State by which the decision went.
package record

package driver

// Check is what Type.New does with a Config before it opens anything.
func Check(typ string, config any) error {
	p := newProblems(config)
	p.typed = true
	p.complete()
	return p.err(typ, "")
}

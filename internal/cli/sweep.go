package cli

type sweepCommand struct{}

func (*sweepCommand) Run() error { return nil }

// Package cron tells with the parser alone whether a window is open.
package cron

import (
	"context"
	"time"

	"github.com/robfig/cron/v3"
)

// Read is for program.Main.
func Read(_ context.Context, args []string) (any, error) {
	zone, err := time.LoadLocation(args[0])
	if err != nil {
		return nil, err
	}
	opens, err := cron.ParseStandard(args[1])
	if err != nil {
		return nil, err
	}
	closes, err := cron.ParseStandard(args[2])
	if err != nil {
		return nil, err
	}
	now := time.Now().In(zone)
	if opens.Next(now).Before(closes.Next(now)) {
		return 0, nil
	}
	return 1, nil
}

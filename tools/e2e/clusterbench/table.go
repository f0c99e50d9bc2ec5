package main

import (
	"context"
	"fmt"
	"time"

	"github.com/scalerkit/scalerkit/tools/e2e/process"
)

// The phases.
const (
	creation = "create"
	idleness = "idle"
	bursting = "burst"
)

// settling is for how long nothing is written of what follows from the creation before
// the idle phase begins.
const settling = 10 * time.Second

// A peak is the most memory that the operator took, in bytes.
type peak struct {
	resident  uint64
	anonymous uint64 // of the resident memory, what is no file's
}

// watchMemory looks at the operator's memory until ctx ends, and then sends the
// most that it was.
func (b *bench) watchMemory(ctx context.Context) <-chan peak {
	result := make(chan peak, 1)
	go func() {
		var most peak
		for wait(ctx, 100*time.Millisecond) == nil {
			if u, err := b.operator.Usage(); err == nil { // it may have ended, which others tell
				most.resident, most.anonymous = max(most.resident, u.PeakMemory), max(most.anonymous, u.Anonymous)
			}
		}
		result <- most
	}()
	return result
}

func print(floor, ours *bench) {
	fmt.Printf("\n%d ScaledObjects on one Redis, pollingInterval 5, a burst to %d replicas each\n\n%-44s %12s %12s %8s\n",
		ours.objects, ours.replicas, "", "operator", "bare client", "ratio")
	for i, p := range ours.phases {
		var bare phase
		if i < len(floor.phases) {
			bare = floor.phases[i]
		}
		p.print(bare)
	}
	line("memory of the operator, at most", mib(ours.memory.resident), "", "")
	line("  of which its own, and not its program's", mib(ours.memory.anonymous), "", "")
	line("connections to Redis", fmt.Sprint(ours.connections), "", "")
	for _, p := range ours.phases {
		fmt.Printf("\nwhat the operator asked of the API server, %s\n", p.name)
		for _, t := range p.calls {
			fmt.Printf("  %-10s %-44s %6d, %d failed, %d changed nothing\n", t.verb, t.resource, t.made, t.failed, t.idle)
		}
	}
}

// print prints what was measured of the operator, beside the bare client.
func (p phase) print(bare phase) {
	switch p.name {
	case creation:
		line("applied until all HPAs exist", seconds(p.took), seconds(bare.took), ratio(p.took, bare.took))
		line("  of which applying", seconds(p.of), seconds(bare.of), "")
	case bursting:
		line("burst until every Deployment is told its size", seconds(p.took), seconds(bare.took), ratio(p.took, bare.took))
		line("  of which from the first that is told", seconds(p.took-p.of), seconds(bare.took-bare.of), ratio(p.took-p.of, bare.took-bare.of))
	}
	if p.name == idleness {
		line("the rest of statuses and Events written", seconds(p.of), "", "")
		line("CPU of the operator, idle", cores(p.own, p.took), "", "")
		line("CPU of the control plane, idle", cores(p.plane, p.took), cores(bare.plane, bare.took), ratio(p.plane.CPU, bare.plane.CPU))
	} else {
		line("  CPU of the operator", seconds(p.own.CPU), "", "")
		line("  CPU of the control plane", seconds(p.plane.CPU), seconds(bare.plane.CPU), ratio(p.plane.CPU, bare.plane.CPU))
	}
	line("  memory of the control plane", mib(p.plane.Memory), mib(bare.plane.Memory), "")
	if p.name == idleness {
		line("  memory of the operator", mib(p.own.Memory), "", "")
		line("    of which its own", mib(p.own.Anonymous), "", "")
	}
}

func line(what, ours, bare, ratio string) {
	fmt.Printf("%-44s %12s %12s %8s\n", what, ours, bare, ratio)
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.1f s", d.Seconds()) }

func cores(u process.Usage, in time.Duration) string {
	return fmt.Sprintf("%.3f cores", u.CPU.Seconds()/max(in, 1).Seconds())
}

func mib(bytes uint64) string { return fmt.Sprintf("%.0f MiB", float64(bytes)/(1<<20)) }

func ratio(ours, bare time.Duration) string {
	if bare == 0 {
		return ""
	}
	return fmt.Sprintf("%.2f", ours.Seconds()/bare.Seconds())
}

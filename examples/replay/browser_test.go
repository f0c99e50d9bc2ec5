package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/require"
)

// A tab is one of a browser.
type tab struct {
	*testing.T
	ctx context.Context

	mu       sync.Mutex
	problems []string // what the page wrote to the console
	requests []string // what it asked for
}

// browser starts a browser and returns what opens a file in a new tab of it.
func browser(t *testing.T) func(t *testing.T, file string, before ...chromedp.Action[chromedp.Void]) *tab {
	const variable = "SCALERKIT_TEST_CHROMIUM"
	path := os.Getenv(variable)
	if path == "" {
		t.Skip(variable + " is not set: run make test")
	}
	options := append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]), chromedp.ExecPath(path))
	if os.Getuid() == 0 { // for whom the sandbox does not work
		options = append(options, chromedp.NoSandbox)
	}
	parent, cancel := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(cancel)
	parent, cancel = chromedp.NewContext(parent)
	t.Cleanup(cancel)
	require.NoError(t, chromedp.Do(parent))
	return func(t *testing.T, file string, before ...chromedp.Action[chromedp.Void]) *tab {
		ctx, cancel := chromedp.NewContext(parent)
		t.Cleanup(cancel)
		tab := &tab{T: t, ctx: ctx}
		tab.do() // opens it
		require.NoError(t, chromedp.Listen(ctx, tab.hear))
		tab.do(append(before, chromedp.Navigate("file://"+file))...)
		return tab
	}
}

// hear notes what the page does. It has heard all that a page did when an action of it
// is over.
func (t *tab) hear(event any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch e := event.(type) {
	case *runtime.EventConsoleAPICalled:
		t.problems = append(t.problems, fmt.Sprint(e.Type))
	case *runtime.EventExceptionThrown:
		t.problems = append(t.problems, fmt.Sprint(e.ExceptionDetails.Text, e.ExceptionDetails.Exception))
	case *log.EventEntryAdded:
		t.problems = append(t.problems, e.Entry.Text)
	case *network.EventRequestWillBeSent:
		t.requests = append(t.requests, e.Request.URL)
	}
}

func (t *tab) do(actions ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	require.NoError(t, chromedp.Do(t.ctx, actions...))
}

func evaluate[T any](t *tab, script string) T {
	t.Helper()
	result, err := chromedp.Run(t.ctx, chromedp.Evaluate[T](script, chromedp.EvalAwaitPromise))
	require.NoError(t, err)
	return result
}

func (t *tab) text(id string) string {
	t.Helper()
	return evaluate[string](t, "document.getElementById('"+id+"').textContent")
}

// quiet fails if the page has written anything, or asked for anything but itself.
func (t *tab) quiet() {
	t.Helper()
	t.mu.Lock()
	defer t.mu.Unlock()
	require.Empty(t, t.problems)
	require.Len(t, t.requests, 1, "%v", t.requests)
}

// scheme asks for light or dark colours.
func scheme(name string) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		_, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: name}},
		})
		return err
	})
}

// examplePage writes the page of the example, and returns its file and what it shows.
func examplePage(t *testing.T) (file string, r *report) {
	file = filepath.Join(t.TempDir(), "report.html")
	cfg, err := parse([]string{"-html", file})
	require.NoError(t, err)
	r, err = replay(t.Context(), cfg)
	require.NoError(t, err)
	require.NoError(t, r.save(cfg, new(strings.Builder)))
	return file, r
}

// spoken is how a decision is told to a screen reader.
func spoken(t *timeline, name string, d decision) string {
	return fmt.Sprintf("%s, %s %s: %d to %d, %d waiting. %s",
		name, t.clock(d.at), d.by, d.from, d.to, d.waiting, strings.ReplaceAll(d.reasons, "\n", ". "))
}

func TestPageInABrowser(t *testing.T) {
	open := browser(t)
	file, r := examplePage(t)
	changed := make(map[string][]decision)
	for _, tr := range r.timeline.traces {
		changed[tr.name] = slices.DeleteFunc(slices.Clone(tr.decisions.shown), func(d decision) bool { return d.from == d.to })
	}

	t.Run("its policy lets nothing in", func(t *testing.T) {
		tab := open(t, file)
		tab.quiet()
		require.Equal(t, "refused", evaluate[string](tab, "fetch('file:///etc/hostname').then(() => 'fetched', () => 'refused')"))
		require.NotEmpty(t, tab.problems)
		require.Contains(t, tab.problems[0], "Content Security Policy")
	})

	t.Run("arrow keys move between decisions", func(t *testing.T) {
		tab := open(t, file)
		is := func(name string, i int) {
			t.Helper()
			all := changed[name]
			require.Equal(t, spoken(r.timeline, name, all[i]), tab.text("spoken"))
			require.Equal(t, fmt.Sprintf("Decision %d of %d", i+1, len(all)), tab.text("which"))
		}
		tab.do(chromedp.Focus(chromedp.ID("step")), chromedp.KeyEvent(kb.Home))
		is("direct", 0)
		tab.do(chromedp.KeyEvent(kb.ArrowRight), chromedp.KeyEvent(kb.ArrowRight))
		is("direct", 2)
		tab.do(chromedp.KeyEvent(kb.ArrowLeft))
		is("direct", 1)
		tab.do(chromedp.Click(chromedp.CSS("input[name=run]")), chromedp.Focus(chromedp.ID("step")), chromedp.KeyEvent(kb.End), chromedp.KeyEvent(kb.Enter))
		is("KEDA + HPA", len(changed["KEDA + HPA"])-1)
		tab.do(chromedp.Click(chromedp.ID("changes")), chromedp.Focus(chromedp.ID("step")), chromedp.KeyEvent(kb.Home))
		all := r.timeline.traces[0].decisions.shown
		require.Equal(t, spoken(r.timeline, "KEDA + HPA", all[0]), tab.text("spoken"), "those that changed nothing, too")
		tab.quiet()
	})

	t.Run("a pointer shows decisions, and zooms", func(t *testing.T) {
		tab := open(t, file, chromedp.EmulateViewport(1400, 1600)) // so that nothing has to scroll
		type box struct{ X, Y, Width, Height float64 }
		at := evaluate[box](tab, "document.querySelector('.u-over').getBoundingClientRect().toJSON()")
		middle, y := at.X+at.Width/2, at.Y+at.Height/2
		move := func(x float64) {
			tab.do(chromedp.MouseEvent(chromedp.MouseMoved, x+1, y), chromedp.MouseEvent(chromedp.MouseMoved, x, y))
			evaluate[bool](tab, "new Promise(done => requestAnimationFrame(() => setTimeout(() => done(true))))")
		}

		before := tab.text("spoken")
		move(middle)
		require.Regexp(t, "^At (09:59:5|10:00:0)", tab.text("now"))
		require.NotEqual(t, before, tab.text("spoken"))

		tab.do(chromedp.DragAndDropXY(middle, y, middle+at.Width/4, y, 4))
		move(at.X)
		require.Regexp(t, "^At (09:59:5|10:00:0)", tab.text("now"), "the left end is where the middle was")
		tab.quiet()
	})

	t.Run("a worst moment is shown in the charts", func(t *testing.T) {
		tab := open(t, file)
		evaluate[bool](tab, "document.querySelector('details').open = true")
		tab.do(chromedp.Click(chromedp.CSS(".show")))
		require.Equal(t, "At "+r.timeline.clock(r.timeline.traces[0].moments[0].from), tab.text("now"))
		require.Equal(t, "step", evaluate[string](tab, "document.activeElement.id"))
		tab.quiet()
	})

	t.Run("its table is that of the text", func(t *testing.T) {
		tab := open(t, file)
		rows := evaluate[[][]string](tab, "[...document.querySelectorAll('table:not(.assumed) tbody tr')].map(r => [...r.cells].map(c => c.textContent))")
		require.Len(t, rows, len(measures))
		for i, m := range measures {
			require.Equal(t, []string{m.name, m.text(r.Results[0]), m.text(r.Results[1]), m.text(r.Results[2])}, rows[i])
		}
	})

	t.Run("a screen reader gets names and roles", func(t *testing.T) {
		tab := open(t, file)
		tree, err := chromedp.Call(tab.ctx, accessibility.GetFullAXTree, accessibility.GetFullAXTreeParams{})
		require.NoError(t, err)
		names := make(map[string][]string) // by role
		for _, node := range tree.Nodes {
			if !node.Ignored && node.Role != nil && node.Name != nil {
				var role, name string
				require.NoError(t, json.Unmarshal(node.Role.Value, &role))
				require.NoError(t, json.Unmarshal(node.Name.Value, &name))
				names[role] = append(names[role], name)
			}
		}
		require.Subset(t, names["heading"], []string{"Replay of example/series.csv", "At a glance", "Over time", "Figures", "The worst moments", "What was played"})
		require.Len(t, names["image"], 2+len(r.Results))
		require.Contains(t, names["image"][0], "Chart. Load, messages a second: at most 50, at 09:20:00")
		require.Len(t, names["columnheader"], 1+len(r.Results)+4)
		require.Len(t, names["rowheader"], len(measures)+len(assumptions))
		require.Len(t, names["slider"], 1)
		require.Len(t, names["status"], 1)
		require.Equal(t, []string{"KEDA + HPA", "with an HPA", "direct"}, names["radio"])
	})

	t.Run("there is no scrolling sideways on a phone", func(t *testing.T) {
		tab := open(t, file, chromedp.EmulateViewport(360, 740, chromedp.EmulateMobile))
		evaluate[bool](tab, "document.querySelectorAll('details').forEach(d => d.open = true), true")
		require.Equal(t, 360, evaluate[int](tab, "innerWidth"))
		require.Equal(t, 360, evaluate[int](tab, "document.documentElement.scrollWidth"))
		tab.quiet()
	})

	t.Run("what has the focus is seen", func(t *testing.T) {
		tab := open(t, file)
		tab.do(chromedp.KeyEvent(kb.Tab))
		require.Equal(t, "3px", evaluate[string](tab, "getComputedStyle(document.activeElement).outlineWidth"))
	})

	t.Run("nothing moves by itself", func(t *testing.T) {
		tab := open(t, file)
		require.Empty(t, evaluate[[]string](tab, `[...document.querySelectorAll('*')].filter(e => {
			const style = getComputedStyle(e);
			return style.scrollBehavior !== 'auto' || style.transitionDuration !== '0s' || style.animationName !== 'none';
		}).map(e => e.outerHTML)`))
	})

	t.Run("texts can be read, light and dark", func(t *testing.T) {
		var backgrounds []string
		for _, colours := range []string{"light", "dark"} {
			tab := open(t, file, scheme(colours))
			evaluate[bool](tab, "document.querySelectorAll('details').forEach(d => d.open = true), true")
			require.Empty(t, evaluate[[]string](tab, faint), colours)
			backgrounds = append(backgrounds, evaluate[string](tab, "getComputedStyle(document.body).backgroundColor"))
			tab.quiet()
		}
		require.Equal(t, []string{"rgb(255, 255, 255)", "rgb(20, 23, 27)"}, backgrounds)
	})
}

// faint finds texts whose contrast is less than what WCAG asks for (AA).
const faint = `(() => {
	const parts = colour => colour.match(/[\d.]+/g).map(Number);
	const light = colour => {
		const [r, g, b] = parts(colour).map(n => (n /= 255) <= 0.04045 ? n / 12.92 : ((n + 0.055) / 1.055) ** 2.4);
		return 0.2126 * r + 0.7152 * g + 0.0722 * b;
	};
	const behind = e => {
		for (; e; e = e.parentElement) {
			const colour = getComputedStyle(e).backgroundColor;
			if (parts(colour)[3] !== 0) return colour;
		}
	};
	const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), faint = [];
	let seen = 0;
	while (walker.nextNode()) {
		const text = walker.currentNode.data.trim(), e = walker.currentNode.parentElement;
		if (!text || !e.checkVisibility()) continue;
		seen++;
		const [a, b] = [light(getComputedStyle(e).color), light(behind(e))].sort((a, b) => b - a);
		const contrast = (a + 0.05) / (b + 0.05);
		if (contrast < 4.5) faint.push(text.slice(0, 40) + ': ' + contrast);
	}
	return seen < 100 ? ['there are too few texts: ' + seen] : faint;
})()`

func TestHostileNamesDoNoHarmInABrowser(t *testing.T) {
	open := browser(t)
	args := hostileFiles(t)
	page := filepath.Join(t.TempDir(), "report.html")
	code, _, stderr := start(append(args, "-html", page)...)
	require.Zero(t, code, stderr)
	tab := open(t, page)
	tab.quiet()
	require.Equal(t, "Replay of "+strings.ToValidUTF8(args[3], "\ufffd"), evaluate[string](tab, "document.querySelector('h1').textContent"))
	require.NotEqual(t, "harm", evaluate[string](tab, "document.title"))
	require.Contains(t, evaluate[string](tab, "document.body.textContent"), "</script><img src=x onerror=document.title='harm'>")
	require.Equal(t, 0, evaluate[int](tab, "document.querySelectorAll('img, svg').length"))
}

func TestPageOfNothingInABrowser(t *testing.T) {
	open := browser(t)
	page := filepath.Join(t.TempDir(), "report.html")
	t.Chdir(t.TempDir())
	require.NoError(t, os.WriteFile("load.csv", []byte("0,0\n60,0\n"), 0o600))
	require.NoError(t, os.WriteFile("policy.yaml", []byte(object(redisTrigger)), 0o600))
	for _, step := range []string{"1m", "100ms"} { // the second one is a single tick
		code, _, stderr := start("-policy", "policy.yaml", "-load", "load.csv", "-step", step, "-html", page)
		require.Zero(t, code, stderr)
		tab := open(t, page)
		tab.do(chromedp.Click(chromedp.ID("in")), chromedp.Click(chromedp.ID("all")))
		require.Equal(t, "direct: no decision before", tab.text("spoken"))
		tab.quiet()
	}
}

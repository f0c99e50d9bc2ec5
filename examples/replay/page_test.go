package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// drawn runs the program and returns the file that it wrote.
func drawn(t *testing.T, flag string, args ...string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "report."+map[string]string{"-html": "html", "-svg": "svg"}[flag])
	code, _, stderr := start(append(args, flag, file)...)
	require.Zero(t, code, stderr)
	require.Equal(t, "replay: wrote "+file+"\n", stderr)
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	return string(text)
}

func TestWhatIsThereIsReplacedAndThatIsSaid(t *testing.T) {
	file := filepath.Join(t.TempDir(), "report.html")
	require.NoError(t, os.WriteFile(file, []byte("what was there"), 0o644))
	code, _, stderr := start("-html", file)
	require.Zero(t, code)
	require.Equal(t, "replay: replaced "+file+"\n", stderr)
}

func TestPictureOfReadme(t *testing.T) {
	onlyWhereTheGoldenFilesAreFrom(t)
	const file = "../../docs/replay.svg"
	picture := drawn(t, "-svg")
	if *write {
		require.NoError(t, os.WriteFile(file, []byte(picture), 0o644))
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, string(want), picture, "make generate")
}

// hostile is a text that would do harm if it were not escaped.
const hostile = "</script><img src=x onerror=document.title='harm'>]]>&\u0000\u0007"

// hostileFiles writes a policy and a load with names that would do harm.
func hostileFiles(t *testing.T) []string {
	t.Chdir(t.TempDir())
	name, err := json.Marshal(hostile)
	require.NoError(t, err)
	policy := "<img src=x onerror=document.title='harm'>.yaml"
	require.NoError(t, os.Mkdir("<", 0o700)) // for the slash of </script>
	load := "</script><svg \a\xff onload=document.title='harm'>.csv"
	require.NoError(t, os.WriteFile(policy, []byte(object("  - {type: redis, name: "+string(name)+", metadata: {address: 'redis:6379', listName: orders, listLength: '10'}}\n")), 0o600))
	require.NoError(t, os.WriteFile(load, []byte(twoSteps), 0o600))
	return []string{"-policy", policy, "-load", load}
}

func TestPictureIsXML(t *testing.T) {
	picture := drawn(t, "-svg", hostileFiles(t)...)
	d := xml.NewDecoder(strings.NewReader(picture))
	var names []string
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		if e, ok := token.(xml.StartElement); ok {
			names = append(names, e.Name.Local)
		}
	}
	require.Subset(t, []string{"svg", "title", "desc", "style", "rect", "text", "line", "path"}, names)
}

func TestPageEscapes(t *testing.T) {
	page := drawn(t, "-html", hostileFiles(t)...)
	require.NotContains(t, page, "<img")
	require.NotContains(t, page, "<svg")
	require.Equal(t, 3, strings.Count(page, "</script>"), "the data and two scripts")
}

func TestThirdPartiesAreWhatTheySay(t *testing.T) {
	text, err := os.ReadFile("page/uPlot.json")
	require.NoError(t, err)
	var said struct{ SHA256 map[string]string }
	require.NoError(t, json.Unmarshal(text, &said))
	files, err := filepath.Glob("page/uPlot.*")
	require.NoError(t, err)
	are := make(map[string]string)
	for _, file := range files {
		content, err := os.ReadFile(file)
		require.NoError(t, err)
		sum := sha256.Sum256(content)
		are[filepath.Base(file)] = hex.EncodeToString(sum[:])
	}
	delete(are, "uPlot.json")
	require.Equal(t, said.SHA256, are)
}

// A day of a restless policy has more than a page takes: that of a year is as large.
func TestPageOfALongTimeIsSmall(t *testing.T) {
	t.Chdir(t.TempDir())
	var load strings.Builder
	for i := range 24 * 60 * 4 {
		fmt.Fprintf(&load, "%d,%d\n", 15*i, 100+i*7919%13*20)
	}
	require.NoError(t, os.WriteFile("day.csv", []byte(load.String()), 0o600))
	require.NoError(t, os.WriteFile("policy.yaml", []byte(object(redisTrigger, "  pollingInterval: 5\n",
		"  advanced: {horizontalPodAutoscalerConfig: {behavior: {scaleDown: {stabilizationWindowSeconds: 0}}}}\n")), 0o600))
	page := drawn(t, "-html", "-policy", "policy.yaml", "-load", "day.csv")
	require.Less(t, len(page), 1_500_000)
	require.Equal(t, 3, strings.Count(page, ": the 4000 decisions that changed most or belong to the worst moments, of"))
	require.Equal(t, 1, strings.Count(page, "A point stands for 36s"))
}

func TestLinesKeepThePeaks(t *testing.T) {
	of := func(tick int) float64 { return map[int]float64{7: 9, 8: -9, 21: 5}[tick] }
	mean, least, most := thin(40, 4, of, of, of)
	require.Equal(t, []float64{0, 0, 0.5, 0}, mean)
	require.Equal(t, []float64{-9, 0, 0, 0}, least)
	require.Equal(t, []float64{9, 0, 5, 0}, most)
	mean, _, _ = thin(3, 4, of, of, of)
	require.Len(t, mean, 3)

	l := (&timeline{ticks: 40, tick: 2 * time.Second}).line(of)
	require.Equal(t, 9.0, l.peak)
	require.Equal(t, 14*time.Second, l.peakAt)
}

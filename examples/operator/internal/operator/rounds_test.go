package operator

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/autoscale/control"
	"github.com/scalerkit/scalerkit/autoscale/record"
)

func TestRecordFlags(t *testing.T) {
	c, err := Parse([]string{"--record=/rounds", "--record-selector=tier!=test"}, env(nil), &bytes.Buffer{})
	require.NoError(t, err)
	require.Equal(t, "/rounds", c.RecordDir)
	require.True(t, c.RecordSelector.Matches(labels.Set{"tier": "prod"}))
	require.False(t, c.RecordSelector.Matches(labels.Set{"tier": "test"}))
	_, err = Parse([]string{"--record-selector=tier=test"}, env(nil), &bytes.Buffer{})
	require.EqualError(t, err, "--record-selector: --record says in which directory, and is empty")
	_, err = Parse([]string{"--record=/rounds", "--record-selector==="}, env(nil), &bytes.Buffer{})
	require.ErrorContains(t, err, `invalid value "==" for flag -record-selector: `)
}

func TestRecordRounds(t *testing.T) {
	rounds, end, err := recordRounds(Config{}, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	require.Nil(t, rounds)
	end()

	dir := filepath.Join(t.TempDir(), "rounds")
	rounds, end, err = recordRounds(Config{RecordDir: dir}, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	rounds.Record(control.Round{Key: scalerkit.Key{Namespace: "shop", Name: "orders"}, Time: time.Unix(0, 0)})
	end()
	for round, err := range record.ReadDir(dir) {
		require.NoError(t, err)
		require.Equal(t, "shop/orders", round.Key().String())
	}

	file := filepath.Join(dir, "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	_, _, err = recordRounds(Config{RecordDir: file}, slog.New(slog.DiscardHandler))
	require.EqualError(t, err, "--record: record: mkdir "+file+": not a directory")
}

package httpsource_test

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
	"github.com/scalerkit/scalerkit/driver/httpsource"
)

// TestTheTimeOfARequestBeginsWithItsTurn asks more at a time than there are
// connections, of a server that takes two thirds of the time of a request.
func TestTheTimeOfARequestBeginsWithItsTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		serve := func(conn net.Conn) {
			defer conn.Close()
			for in := bufio.NewReader(conn); ; {
				if _, err := http.ReadRequest(in); err != nil {
					return
				}
				time.Sleep(2 * time.Second)
				if _, err := io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"); err != nil {
					return
				}
			}
		}
		c, err := httpsource.New(httpsource.Settings{Connections: 1}, scalerkit.Options{Dial: func(context.Context, string, string) (net.Conn, error) {
			near, far := net.Pipe()
			go serve(far)
			return near, nil
		}})
		require.NoError(t, err)
		defer func() {
			require.NoError(t, c.Close())
			time.Sleep(2 * time.Second) // until the server is done, too
		}()
		ask := func(ctx context.Context, q int) (int, error) {
			_, err := c.Do(ctx, httpsource.Request{URL: "http://source.example.com/"})
			return q, err
		}
		require.Equal(t, []driver.Answer[int]{{Value: 1}, {Value: 2}, {Value: 3}, {Value: 4}},
			driver.Each(t.Context(), 4, []int{1, 2, 3, 4}, ask))

		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		answers := driver.Each(ctx, 2, []int{1, 2}, ask)
		failed := answers[0].Err
		if failed == nil {
			failed = answers[1].Err
		}
		require.ErrorIs(t, failed, context.DeadlineExceeded)
	})
}

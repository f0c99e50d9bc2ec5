// Package beanstalkd reads how many jobs a tube has over a connection alone.
package beanstalkd

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"

	"github.com/scalerkit/scalerkit/tools/weight/program"
)

// Read is for program.Main.
func Read(ctx context.Context, args []string) (any, error) {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", args[0])
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	if _, err := fmt.Fprintf(conn, "stats-tube %s\r\n", program.Name); err != nil {
		return nil, err
	}
	reader := bufio.NewReader(conn)
	line, err := reader.ReadString('\n')
	if err != nil {
		return nil, err
	}
	length, ok := strings.CutPrefix(strings.TrimSpace(line), "OK ")
	size, err := strconv.Atoi(length)
	if !ok || err != nil {
		return nil, fmt.Errorf("the answer is %q", line)
	}
	body := make([]byte, size)
	if _, err := io.ReadFull(reader, body); err != nil {
		return nil, err
	}
	_, after, _ := strings.Cut(string(body), "current-jobs-ready: ")
	number, _, _ := strings.Cut(after, "\n")
	return strconv.Atoi(number)
}

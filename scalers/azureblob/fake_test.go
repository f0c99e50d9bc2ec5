package azureblob_test

import (
	"cmp"
	"encoding/xml"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/scalerkit/scalerkit/internal/azure/storage/storagetest"
)

const pageSize = 50 // smaller than the service's, so that there is more than one page

// A fake speaks as much of the Blob service's REST API as it takes to list blobs.
type fake struct {
	*storagetest.Server
	containers map[string][]string // names of blobs, sorted
}

func newFake(tb testing.TB) *fake {
	f := &fake{containers: make(map[string][]string)}
	f.Server = storagetest.New(tb, "BlobEndpoint", f.serve)
	return f
}

// set makes a container with these blobs.
func (f *fake) set(container string, blobs ...string) {
	f.Do(func() { f.containers[container] = slices.Sorted(slices.Values(blobs)) })
}

func (f *fake) serve(w http.ResponseWriter, r *http.Request, container string) {
	query := r.URL.Query()
	switch blobs, exists := f.containers[container]; {
	case !exists:
		storagetest.Refuse(w, http.StatusNotFound, "ContainerNotFound")
	case query.Get("restype") != "container" || query.Get("comp") != "list":
		storagetest.Refuse(w, http.StatusBadRequest, "InvalidQueryParameterValue")
	default:
		list(w, container, blobs, query.Get("prefix"), query.Get("delimiter"), query.Get("marker"), query.Get("maxresults"))
	}
}

// An entry is a blob or, with Properties left out, a directory.
type entry struct {
	Name       string
	Properties *properties
}

type properties struct {
	ContentLength int    `xml:"Content-Length"`
	ResourceType  string `xml:",omitempty"`
}

// list answers with one page. The marker is the name before its first.
func list(w http.ResponseWriter, container string, blobs []string, prefix, delimiter, marker, maxResults string) {
	size := pageSize
	if n, err := strconv.Atoi(maxResults); err == nil {
		size = min(size, n)
	}
	answer := struct {
		XMLName       xml.Name `xml:"EnumerationResults"`
		ContainerName string   `xml:",attr"`
		Blobs         struct{ Blob, BlobPrefix []entry }
		NextMarker    string
	}{ContainerName: container}
	seen := make(map[string]bool)
	for _, name := range blobs {
		rest, ok := strings.CutPrefix(name, prefix)
		if !ok || name <= marker {
			continue
		}
		directory := ""
		if head, _, inside := strings.Cut(rest, cmp.Or(delimiter, "\x00")); inside {
			directory = prefix + head + delimiter
		}
		if seen[directory] && directory != "" {
			continue
		}
		if len(answer.Blobs.Blob)+len(answer.Blobs.BlobPrefix) == size {
			answer.NextMarker = marker
			break
		}
		marker = name
		switch {
		case directory != "":
			seen[directory] = true
			marker = directory + "\xff"
			answer.Blobs.BlobPrefix = append(answer.Blobs.BlobPrefix, entry{Name: directory})
		case strings.HasSuffix(name, "/"): // of an account with a hierarchical namespace
			answer.Blobs.Blob = append(answer.Blobs.Blob, entry{strings.TrimSuffix(name, "/"), &properties{ResourceType: "directory"}})
		default:
			answer.Blobs.Blob = append(answer.Blobs.Blob, entry{name, new(properties)})
		}
	}
	w.Header().Set("Content-Type", "application/xml")
	text, err := xml.Marshal(answer)
	if err != nil {
		panic(err)
	}
	_, _ = w.Write(append([]byte(xml.Header), text...)) // who does not listen gets no answer
}

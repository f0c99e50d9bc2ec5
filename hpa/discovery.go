package hpa

import "net/http"

func serveDocument(w http.ResponseWriter, r *http.Request, path string) {
	writeFailure(w, r, notFound("there is no %s", path))
}

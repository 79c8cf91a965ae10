package ui

import (
	_ "embed"
	"net/http"
)

// description is the API in OpenAPI 3.1; TestOpenAPI holds it against the handlers.
//
//go:embed openapi.json
var description []byte

// apiDescription answers GET /api/v1/openapi.json.
func (s *site) apiDescription(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	serveVersioned(w, r, description, versionOf(description), "")
}

package cli

import (
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// scriptCommit is the only commit of a script's hub.
const scriptCommit = "89abcdef0123456789abcdef0123456789abcdef"

// startHub is "hub NAME FOLDER": it serves a folder's files as the repository NAME of a Hugging Face hub and names it in
// HF_ENDPOINT. Repositories called gated/… want the token "hf_right".
func startHub(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: hub NAME FOLDER")
	}
	server := httptest.NewServer(scriptHub{args[0], ts.MkAbs(args[1])})
	ts.Defer(server.Close)
	ts.Setenv("HF_ENDPOINT", server.URL)
}

type scriptHub struct{ name, dir string }

func (h scriptHub) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if strings.HasPrefix(h.name, "gated/") && r.Header.Get("Authorization") != "Bearer hf_right" {
		w.Header().Set("X-Error-Code", "GatedRepo")
		w.WriteHeader(http.StatusForbidden)
		return
	}
	if r.URL.Path == "/api/models/"+h.name+"/revision/main" || r.URL.Path == "/api/models/"+h.name+"/revision/"+scriptCommit {
		h.list(w)
		return
	}
	if file, ok := strings.CutPrefix(r.URL.Path, "/"+h.name+"/resolve/"+scriptCommit+"/"); ok {
		http.ServeFile(w, r, filepath.Join(h.dir, filepath.Base(file)))
		return
	}
	w.Header().Set("X-Error-Code", "RepoNotFound")
	w.WriteHeader(http.StatusNotFound)
}

// list answers with all files; the weights are in LFS.
func (h scriptHub) list(w http.ResponseWriter) {
	entries, err := os.ReadDir(h.dir)
	if err != nil {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	var siblings []map[string]any
	for _, entry := range entries {
		content, err := os.ReadFile(filepath.Join(h.dir, entry.Name()))
		if err != nil {
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		git := sha1.New()
		fmt.Fprintf(git, "blob %d\x00%s", len(content), content)
		s := map[string]any{"rfilename": entry.Name(), "size": len(content), "blobId": hex.EncodeToString(git.Sum(nil))}
		if strings.HasSuffix(entry.Name(), ".safetensors") {
			sum := sha256.Sum256(content)
			s["lfs"] = map[string]any{"sha256": hex.EncodeToString(sum[:]), "size": len(content)}
		}
		siblings = append(siblings, s)
	}
	json.NewEncoder(w).Encode(map[string]any{"sha": scriptCommit, "siblings": siblings})
}

package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/dustin/go-humanize"

	"clipsearch/encode/checkpoint"
	"clipsearch/internal/hub"
	"clipsearch/internal/progress"
)

// pullModel downloads a checkpoint into the Hugging Face cache and prints its folder.
func pullModel(ctx context.Context, p Process, opts modelFlags, places places, name string) error {
	repository, err := hub.ParseRepository(name, p.Getenv("HF_ENDPOINT"))
	if err != nil {
		return err
	}
	if opts.revision != "" {
		repository.Revision = opts.revision
	}
	if len(places.models.Hubs) == 0 {
		return withHint(errors.New("there is no folder for downloads: no home directory"), "name one with HF_HUB_CACHE")
	}
	cache := places.models.Hubs[0]
	if isOffline(p.Getenv("HF_HUB_OFFLINE")) {
		return pulledBefore(p, cache, repository)
	}
	meter := new(progress.Meter)
	printer := startPrinter(p.Stderr, meter, opts.quiet)
	pulled, err := hubClient(p, repository).Pull(ctx, hub.Request{Repository: repository, Cache: cache, Choose: checkpoint.Wanted, Meter: meter})
	var id string
	if err == nil {
		meter.Phase("checking " + repository.Name)
		id, err = checkpoint.Record(ctx, pulled.Dir)
	}
	printer.finish()
	if errors.Is(err, context.Canceled) {
		return withHint(err, "run the same command again to go on where it stopped")
	}
	if err != nil {
		return err
	}
	if !opts.quiet {
		fmt.Fprintf(p.Stderr, "clipsearch: %s at %.12s is here, %s of it new; %s\n", repository.Name, pulled.Commit, humanize.Bytes(uint64(pulled.Downloaded)), id)
		fmt.Fprintf(p.Stderr, "%sclipsearch index --model %s DIR\n", hintIndent, nameOf(repository))
	}
	_, err = fmt.Fprintln(p.Stdout, pulled.Dir)
	return err
}

// nameOf returns what --model calls a downloaded repository.
func nameOf(r hub.Repository) string {
	if r.Revision == "main" {
		return r.Name
	}
	return r.Name + "@" + r.Revision
}

// hubClient returns the client for a repository. The token is for the hub that the environment names: an address elsewhere
// does not get it.
func hubClient(p Process, r hub.Repository) *hub.Client {
	c := &hub.Client{Endpoint: p.Getenv("HF_ENDPOINT"), Token: p.Getenv("HF_TOKEN"), Agent: "clipsearch/" + version}
	if c.Endpoint == "" {
		c.Endpoint = hub.DefaultEndpoint
	}
	if r.Endpoint != "" && !strings.EqualFold(r.Endpoint, strings.TrimRight(c.Endpoint, "/")) {
		c.Endpoint, c.Token = r.Endpoint, ""
	}
	return c
}

// isOffline reads $HF_HUB_OFFLINE as Hugging Face's tools do.
func isOffline(value string) bool {
	switch strings.ToUpper(value) {
	case "1", "ON", "YES", "TRUE":
		return true
	}
	return false
}

// pulledBefore is pull without the network: it prints where the checkpoint is, if it is there.
func pulledBefore(p Process, cache string, r hub.Repository) error {
	dir, err := hub.Find(cache, r)
	if err != nil {
		return withHint(fmt.Errorf("%s is not in %s, and HF_HUB_OFFLINE is set: nothing is downloaded", nameOf(r), cache),
			"unset HF_HUB_OFFLINE, or bring a checkpoint in another way and add it with: clipsearch model add DIR")
	}
	_, err = fmt.Fprintln(p.Stdout, dir)
	return err
}

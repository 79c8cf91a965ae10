package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os/exec"
	"runtime"
	"strconv"
	"sync"
	"syscall"

	"clipsearch/assets"
	"clipsearch/explore"
	"clipsearch/index/exchange"
	"clipsearch/internal/progress"
	"clipsearch/ui"
)

const serveHelp = `Usage: clipsearch serve [flags]

Shows the library as a web page on this machine: a search box, pictures, and the way from each to its like. Only this
machine can open it. Where there is no library yet, and none is named, it begins with an empty one: folders are added on
the page. Meanwhile index, search, stats and export work as ever: they run in this process. Beside an index run
serve works, too: in that process until it ends, then by itself.

  --listen ADDR:PORT    where to listen (default 127.0.0.1:7700, or a free port if that is taken). With an
                        address that is not this machine's loopback, other machines can open the page by the
                        link that is printed then; its token is made up, or $CLIPSEARCH_TOKEN
  --token               ask for the link's token on this machine, too: without it all who have an account
                        here can open the page
  --open                open the page in the browser
  --watch               follow the library's folders as index --watch does
` + libraryHelp + modelFlagsHelp + kindHelp + `  --quiet               do not print the address

Exit status: 0 stopped by the user, 1 failed, 2 usage, 4 the library named is not there, 5 library
in use.

  clipsearch serve --open
`

// defaultListen is loopback and a port that nothing well known uses.
const defaultListen = "127.0.0.1:7700"

func runServe(ctx context.Context, p Process, args []string) (err error) {
	var opts common
	f := newFlags("serve")
	opts.libraryFlag(f)
	opts.indexFlag(f)
	opts.modelFlags(f)
	f.BoolVar(&opts.quiet, "quiet", false, "")
	listen, open, watch := f.String("listen", "", ""), f.Bool("open", false, ""), f.Bool("watch", false, "")
	private := f.Bool("token", false, "")
	rest, err := f.parse(args)
	if err != nil {
		return err
	}
	if len(rest) > 0 {
		return usagef("serve takes no arguments")
	}
	token, err := checkListen(p, *listen, *private)
	if err != nil {
		return err
	}
	access := serving
	access.create = opts.library == "" && p.Getenv("CLIPSEARCH_LIBRARY") == "" // the page says how to fill it
	lib, err := openLibrary(ctx, p, opts.library, access)
	if err != nil {
		return err
	}
	lib.searchBy(opts.kind)
	defer func() { err = errors.Join(err, lib.Close()) }()
	engine, err := lib.engine(ctx, p, opts, "")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, engine.Close()) }()
	if lib.store.Model().ID != "" {
		defer engine.encoder.warm()()
	}
	if *watch && !lib.writable {
		return withHint(fmt.Errorf("%s cannot be written to", lib.store.Path()), "leave out --watch to search it as it is")
	}
	defer keepUp(ctx, p, opts, lib, engine, *watch)()
	engine.waitAMoment(ctx)
	listener, err := listenOn(*listen)
	if err != nil {
		return err
	}
	address := listener.Addr().String()
	handler, err := ui.New(ui.Deps{
		Searcher: engine, Library: lib.store, Jobs: lib.jobs, Locator: newLocator(engine.encoder), Static: assets.Static(), Address: address,
		Scaler: newScaler(lib.places.scaledCache(lib.store.LibraryID())), Open: showOutside, Token: token,
		Export: func(ctx context.Context, w io.Writer) error {
			_, err := exchange.ExportArchive(ctx, lib.store, w, "", new(progress.Meter))
			return err
		},
		Missing: newMissing(p, opts, lib), Explorer: explore.New(lib.store), Reports: lib.places.reports,
	})
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	url := announce(p, listener, token, opts.quiet)
	if *open && !lib.returned {
		done, err := openPage(url, token != "")
		if err != nil {
			fmt.Fprintf(p.Stderr, "clipsearch: open %s yourself: %v\n", url, err)
		}
		defer done()
	}
	err = ui.Serve(ctx, listener, handler)
	return errors.Join(err, handedBack(ctx))
}

// keepUp begins to tend the graph of vectors, to do the jobs that the page asks for and, if asked to, to follow the
// library's folders; stop ends all.
func keepUp(ctx context.Context, p Process, opts common, lib *library, engine *engine, watch bool) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	var working sync.WaitGroup
	begin := func(what string, work func() error) {
		working.Go(func() {
			if err := work(); err != nil && ctx.Err() == nil { // the page goes on without
				fmt.Fprintf(p.Stderr, "clipsearch: %s: %s\n", what, describe(err))
			}
		})
	}
	if err := lib.jobs.Remember(lib.places.jobsFile(lib.store.LibraryID())); err != nil {
		fmt.Fprintf(p.Stderr, "clipsearch: what work was interrupted is not known: %s\n", describe(err))
	}
	working.Go(func() { lib.jobs.Run(ctx, &worker{process: p, flags: opts, library: lib}) })
	begin("the list of pictures is not prepared", func() error {
		_, err := engine.Facets(ctx)
		return err
	})
	begin("the graph of vectors is not kept up", func() error { return engine.vectors.Tend(ctx) })
	if watch {
		begin("the folders are not followed any more", func() error { return followFolders(ctx, p, opts, lib) })
	}
	return func() {
		cancel()
		working.Wait()
	}
}

// followFolders indexes what the library's folders have that is new, and again whenever something changed, until ctx ends.
func followFolders(ctx context.Context, p Process, opts common, lib *library) (err error) {
	flags := indexFlags{common: opts}
	options, closeModel, err := indexOptions(p, flags, lib, nil)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeModel()) }()
	return watchFolders(ctx, p, flags, lib, options)
}

// checkListen refuses an address that is malformed, and returns the token that one needs, or that is asked for; "" is the
// default address.
func checkListen(p Process, address string, private bool) (token string, err error) {
	if address == "" {
		address = defaultListen
	}
	host, port, err := net.SplitHostPort(address)
	if err != nil || !isPort(port) {
		return "", usagef("serve: --listen is %q; it is an address and a port, such as %s", address, defaultListen)
	}
	return tokenFor(p, host, private)
}

// listenOn listens on an address; "" means the default one, or any free port beside it.
func listenOn(address string) (net.Listener, error) {
	if address != "" {
		listener, err := net.Listen("tcp", address)
		if errors.Is(err, syscall.EADDRINUSE) {
			return nil, withHint(fmt.Errorf("%s is taken by another program", address), "leave out --listen to have a free port found")
		}
		return listener, err
	}
	listener, err := net.Listen("tcp", defaultListen)
	if errors.Is(err, syscall.EADDRINUSE) {
		return net.Listen("tcp", "127.0.0.1:0")
	}
	return listener, err
}

// isLoopback reports whether a host is this machine only.
func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// isPort reports whether s is a port number.
func isPort(s string) bool {
	n, err := strconv.Atoi(s)
	return err == nil && n >= 0 && n <= 65535
}

// showOutside asks the system to show an address or a file.
func showOutside(what string) error {
	command := "xdg-open"
	if runtime.GOOS == "darwin" {
		command = "open"
	}
	cmd := exec.Command(command, what)
	if err := cmd.Start(); err != nil {
		return err
	}
	go cmd.Wait() // it ends by itself; nobody waits for a browser or viewer
	return nil
}

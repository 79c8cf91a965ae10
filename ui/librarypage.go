package ui

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/dustin/go-humanize"

	"clipsearch/internal/jobs"
	"clipsearch/search"
)

const (
	treeDepth      = 4   // levels of folders that the page shows
	treeWidth      = 500 // folders on one level
	skipsShown     = 50
	jobsShown      = 8
	maxTyped       = 1 << 16 // bytes of a form
	maxFolderTyped = 4096
)

// libraryPage answers GET /library.
func (s *site) libraryPage(w http.ResponseWriter, r *http.Request) {
	s.showLibrary(w, r, http.StatusOK, libraryView{})
}

// showLibrary answers with the library's page; v holds what went wrong before.
func (s *site) showLibrary(w http.ResponseWriter, r *http.Request, status int, v libraryView) {
	if err := s.fillLibrary(r.Context(), &v); err != nil {
		s.fail(w, r, err)
		return
	}
	f := s.frame(r, libraryTitle)
	f.here = "/library"
	s.render(w, r, status, libraryPage(f, v))
}

// fillLibrary reads what the page shows.
func (s *site) fillLibrary(ctx context.Context, v *libraryView) error {
	stats, err := s.counts.get(ctx)
	if err != nil {
		return err
	}
	tops, err := s.folders.get(ctx)
	if err != nil {
		return err
	}
	skipped, skips, err := s.skipped(ctx, "", skipsShown, 0)
	if err != nil {
		return err
	}
	all := asking(search.Query{})
	v.file, v.missing, v.empty, v.work = visible(s.library.Path()), s.missing(), stats.Documents == 0, true
	v.exports = s.export != nil
	v.folders, v.skips = foldersView(tops, treeDepth, all), skips
	for _, file := range skipped {
		v.skipped = append(v.skipped, skippedView{visible(file.Path), visible(file.Reason), visible(file.Detail)})
	}
	v.jobs = s.jobsView()
	number := func(n int) string { return humanize.Comma(int64(n)) }
	v.facts = []detail{
		{label: factPictures, value: number(stats.Documents)}, {label: factVectors, value: number(stats.Vectors)}, {label: factCaptions, value: number(stats.Captions)},
		{label: factHidden, value: number(stats.Hidden)}, {label: factFile, value: humanize.Bytes(uint64(max(0, stats.Bytes)))},
		{label: factThumbs, value: humanize.Bytes(uint64(max(0, stats.ThumbnailBytes)))}, {label: factTypes, value: mostOf(stats.Formats)},
	}
	if stats.Model.ID != "" {
		v.facts = append(v.facts, detail{label: factModel, value: visible(fmt.Sprintf(factModelValue, stats.Model.ID, stats.Model.Dims))})
	} else {
		v.facts = append(v.facts, detail{label: factModel, value: factNoModel})
	}
	return nil
}

// mostOf lists what there is of several things, the most frequent first.
func mostOf(counts map[string]int) string {
	names := slices.SortedFunc(maps.Keys(counts), func(a, b string) int {
		if counts[a] != counts[b] {
			return counts[b] - counts[a]
		}
		return strings.Compare(a, b)
	})
	for i, name := range names {
		names[i] = fmt.Sprintf("%s %s", humanize.Comma(int64(counts[name])), strings.ToUpper(name))
	}
	return strings.Join(names, ", ")
}

// foldersView returns folders with those below them, to a depth; from is what is kept to the folder that is chosen.
func foldersView(tops []*folder, depth int, from request) []folderView {
	views := foldersBelow(tops, depth, from)
	for i := range views { // nothing above them says where they are
		views[i].root = true
	}
	return views
}

func foldersBelow(all []*folder, depth int, from request) []folderView {
	var views []folderView
	for _, f := range all[:min(len(all), treeWidth)] {
		v := folderView{path: visible(f.Path), name: visible(f.Name), pictures: counted(f.Pictures, countsPicture, countsPictures), root: f.Root != nil}
		if f.Root != nil && !f.Root.Scanned.IsZero() {
			v.scanned = fmt.Sprintf(scannedAt, moment(f.Root.Scanned.Local()))
		}
		if depth > 1 {
			v.below = foldersBelow(f.Folders, depth-1, from)
		}
		within := from.at(1)
		within.query.Filter.Folder = f.Path
		v.href = within.address("/")
		views = append(views, v)
	}
	return views
}

// startJob answers POST /library/jobs: it starts the work that a form asks for.
func (s *site) startJob(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxTyped)
	task := jobs.Task{Kind: jobs.Kind(r.PostFormValue("kind")), Exclude: filled(strings.Split(r.PostFormValue("exclude"), ","))}
	typed := strings.TrimSpace(r.PostFormValue("folder"))
	if typed != "" {
		path, err := completedPath(typed)
		if err != nil {
			path = typed // the queue says what is wrong with it
		}
		task.Folders = []string{path}
	}
	if _, err := s.jobs.Start(task); err != nil {
		s.showLibrary(w, r, statusOf(err), libraryView{problem: sentence(err.Error()), typed: typed})
		return
	}
	http.Redirect(w, r, "/library", http.StatusSeeOther)
}

// changeJob answers POST /library/change: it pauses, resumes or cancels work.
func (s *site) changeJob(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxTyped)
	changes := map[string]func(uint64) (jobs.Job, error){"pause": s.jobs.Pause, "resume": s.jobs.Resume, "cancel": s.jobs.Cancel}
	id, err := strconv.ParseUint(r.PostFormValue("job"), 10, 64)
	change := changes[r.PostFormValue("do")]
	if err != nil || change == nil {
		s.message(w, r, http.StatusBadRequest, unknownChange)
		return
	}
	if _, err := change(id); err != nil && !errors.Is(err, jobs.ErrState) { // it has ended meanwhile: the page shows that
		s.showLibrary(w, r, statusOf(err), libraryView{problem: sentence(err.Error())})
		return
	}
	http.Redirect(w, r, "/library", http.StatusSeeOther)
}

// jobsPage answers GET /library/jobs.
func (s *site) jobsPage(w http.ResponseWriter, r *http.Request) {
	f := s.frame(r, jobsTitle)
	f.here = "/library"
	s.render(w, r, http.StatusOK, jobsPage(f, s.jobsView()))
}

// foldersPage answers GET /folders: the folders to which the search of the address can be kept.
func (s *site) foldersPage(w http.ResponseWriter, r *http.Request) {
	from, err := parseRequest(r.URL.Query(), pageSize, maxPageSize)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	tops, err := s.folders.get(r.Context())
	if err != nil {
		s.fail(w, r, err)
		return
	}
	s.render(w, r, http.StatusOK, foldersPage(s.frame(r, chooseFolder), foldersView(tops, treeDepth, from)))
}

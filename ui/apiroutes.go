package ui

import "net/http"

// route is an address of the API.
type route struct {
	pattern string // of http.ServeMux
	handler http.HandlerFunc
}

// apiRoutes returns the addresses of the API; openapi.json describes them.
func (s *site) apiRoutes() []route {
	return []route{
		{"GET /api/v1/search", s.apiSearch},
		{"GET /api/v1/openapi.json", s.apiDescription},
		{"POST /api/v1/uploads", s.apiUpload},
		{"GET /api/v1/stats", s.apiStats},
		{"GET /api/v1/documents/{id}", s.apiDocument},
		{"GET /api/v1/documents/{id}/thumbnail", s.apiThumbnail},
		{"GET /api/v1/documents/{id}/original", s.apiOriginal},
		{"GET /api/v1/documents/{id}/similar", s.apiSimilar},
		{"GET /api/v1/documents/{id}/labels", s.apiLabels},
		{"GET /api/v1/documents/{id}/locate", s.apiLocate},
		{"GET /api/v1/documents/{id}/locate.png", s.apiLocateLayer},
		{"GET /api/v1/documents/{id}/locate-sheet.png", s.apiLocateSheet},
		{"GET /api/v1/folders", s.apiFolders},
		{"GET /api/v1/tags", s.apiTags},
		{"GET /api/v1/export", s.apiExport},
		{"GET /api/v1/complete", s.apiComplete},
		{"GET /api/v1/skipped", s.apiSkipped},
		{"GET /api/v1/jobs", s.apiJobs},
		{"POST /api/v1/jobs", s.apiStartJob},
		{"GET /api/v1/jobs/events", s.apiJobEvents},
		{"GET /api/v1/jobs/{id}", s.apiJob},
		{"POST /api/v1/jobs/{id}/pause", s.apiChangeJob(s.jobs.Pause)},
		{"POST /api/v1/jobs/{id}/resume", s.apiChangeJob(s.jobs.Resume)},
		{"POST /api/v1/jobs/{id}/cancel", s.apiChangeJob(s.jobs.Cancel)},
		{"GET /api/", s.apiNotFound},
	}
}

// Package ui serves the web pages and the JSON API of one library, on loopback.
//
// New makes the handler, Serve runs it on a listener until its context ends. Pages are rendered on the server by templ and
// work without JavaScript.
//
//	GET  /                  search page; its whole state is in the address. Without a question it lists pictures
//	GET  /picture/{id}      one picture with its captions and its like; the rest of the address is that of the results
//	POST /picture/{id}/open shows the file in the system's viewer; for requests of this machine only
//	GET  /original/{id}     the file itself, or its thumbnail where browsers cannot show the format; download=1 to be kept
//	GET  /thumb/{id}        the stored thumbnail; s=768 or s=1600 for a larger one
//	POST /search-by-picture a picture to search by (form field "picture"); answers with the address of its search page
//	GET  /upload/{token}    that picture
//	GET  /folders           the folders to which the search of the rest of the address can be kept
//	GET  /explore           groups of pictures, some by chance (seed), those of this day
//	GET  /library           folders, counts, work; forms send to /library/jobs and /library/change
//	GET  /evaluate          saved reports; /evaluate/{name} is one
//	GET  /help              keys and ways to ask
//	POST /theme             keeps the choice of colours (form field "theme": light, dark, system) in a cookie
//	GET  /static/{file}     style sheet, script, icons
//	GET  /api/v1/search     {"hits":[…],"total":…,"more":…,"took_ms":…,"notes":[…]}
//	GET  /api/v1/stats      the counts of the library
//	GET  /api/v1/documents/{id}…  a picture, its like, its labels, where in it things are
//	GET  /api/v1/tags       the tags of the library, with counts
//	GET  /api/v1/folders    the folders of the library, with counts
//	GET  /api/v1/skipped    the files that could not be read
//	GET  /api/v1/complete   folders of this computer, to name one
//	GET  /api/v1/export     the library as an archive of plain files
//	     /api/v1/jobs…      long work: see doc/api.md
//
// The search page and the API read the same parameters; see request.
//
// It does not search, encode or decode: that is behind the Searcher. It writes nothing, and reads no files but the
// originals of indexed documents, each through its folder's os.Root. It lists folders, for who names one to be indexed; what
// is done then is the jobs' Worker's.
//
// # Safety
//
// Every request must name a host that this server is (a web site that points its own name at 127.0.0.1 gets 403), and
// every write must come from one of its own pages, as must every request to the API that a browser makes. All answers forbid code and styles from anywhere but /static.
package ui

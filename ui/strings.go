package ui

import "clipsearch/internal/jobs"

// All English that the pages show, in one place for translation. Those with a verb are formats.
const (
	siteName    = "clipsearch"
	searchTitle = "%s – clipsearch"
	homeHeading = "Search your pictures"
	homeLead    = "By what their captions say, by what they show, or by another picture. Nothing leaves this computer."

	homeNewest    = "Newest"
	placeAll      = "All pictures"
	aboveLabel    = "Folders above"
	belowLabel    = "Folders in it"
	moreFolders   = "more folders"
	noPicturesFor = "No picture passes these filters."

	skipToContent   = "Skip to the pictures"
	placesLabel     = "Places"
	placesLabelFoot = "Places, again"
	placeSearch     = "Search"
	placeExplore    = "Explore"
	placeLibrary    = "Library"
	placeEvaluate   = "Evaluate"
	themeLabel      = "Colours: follow the system, dark, light"
	helpLabel       = "Help and keys (?)"
	helpTitle       = "Help"

	queryLabel   = "Words to search for"
	queryHint    = "Search your pictures"
	searchButton = "Search"
	applyButton  = "Apply"

	modeLegend = "Look at"
	modeHybrid = "Both"
	modeText   = "Captions"
	modeVector = "Pictures"
	blendMeans = "What captions and pictures count for"

	viewDetails = "details" // in addresses
	detailsName = "Details"
	detailsShow = "Show captions, scores and ranks (d)"
	detailsHide = "Hide captions, scores and ranks (d)"

	filtersSummary = "Filters"
	filtersActive  = "Filters (%d)"
	filtersSet     = "Filters that are set"
	sortLabel      = "Order"
	sortRelevance  = "Best first"
	sortDate       = "Newest first"
	sortName       = "File name"
	sortFolder     = "Folder"
	sortRandom     = "Random"
	typeLabel      = "File type"
	typeAny        = "Any"
	sinceLabel     = "From"
	untilLabel     = "Until"
	dateHint       = "2019 or 2019-05-31"
	folderLabel    = "Folder"
	chooseFolder   = "Choose a folder"
	foldersInside  = "Folders in %s"
	folderHint     = "2019/italy"
	sizeLabel      = "Size"
	sizeAny        = "Any"
	sizeSmall      = "At least 640 px"
	sizeMedium     = "At least 1080 px"
	sizeLarge      = "At least 2160 px"
	sizeTyped      = "At least %s px"
	sizeAtMost     = "At most %s px"
	shapeLabel     = "Shape"
	shapeAny       = "Any"
	shapeLandscape = "Landscape"
	shapePortrait  = "Portrait"
	shapeSquare    = "Square"
	tagLabel       = "Tag"
	langLabel      = "Caption language"
	langHint       = "de"
	captionLabel   = "With a caption"
	dedupeLabel    = "Hide near-duplicates"
	notLabel       = "Not %s"

	uploadSummary = "Search by a picture"
	uploadLabel   = "A picture on this computer"
	uploadButton  = "Search by it"
	uploadHint    = "It is looked at and not kept beyond this session."

	likeChip    = "Like"
	uploadChip  = "Like the picture you chose"
	removeChip  = "Remove"
	likeTitle   = "Like %s"
	uploadTitle = "Like a picture"

	foundNone        = "No pictures found"
	foundOne         = "1 picture"
	foundAll         = "%s pictures"
	foundMore        = "More than %s pictures"
	tookNothing      = "in less than 1 ms"
	tookMilliseconds = "in %d ms"
	tookSeconds      = "in %.1f s"

	weakerOne   = "1 weaker result hidden"
	weakerMany  = "%s weaker results hidden"
	weakerOver  = "More than %s weaker results hidden"
	weakerShow  = "show"
	weakerShown = "Weaker results are shown"
	weakerHide  = "hide"

	noResults    = "Nothing matches. Fewer or other words may find more; so may looking at captions and pictures both."
	noResultsFor = "Nothing matches with these filters. They may leave out what you look for."
	pastTheEnd   = "There are no results this far down."

	scoreMeans      = "Score: comparable within this search"
	rankText        = "captions #%d"
	rankTextMeans   = "Place %d by its captions"
	rankVector      = "look #%d"
	rankVectorMeans = "Place %d by what it shows"
	whyTitle        = "Why it matched"
	whyBar          = "How much captions and pictures add to the score"
	whyScore        = "Score %.4f"
	whyText         = "place %d, score %.2f"
	whyVector       = "place %d, similarity %.3f"
	whyAdds         = "adds %.3f"
	whySimilarity   = "similarity %.3f"
	pullsTitle      = "Words that draw it here"
	moreLikeThis    = "More like this"
	hiddenOne       = "1 near-duplicate hidden"
	hiddenMany      = "%s near-duplicates hidden"
	pagesLabel      = "Pages of results"
	previousPage    = "Previous"
	nextPage        = "Next"
	pageRange       = "Page %d: pictures %s to %s"

	// tileSizes is how wide a tile is before the script knows better.
	tileSizes  = "(max-width: 40em) 50vw, 360px"
	stageSizes = "(max-width: 46rem) 100vw, calc(100vw - 23rem)" // the same of a picture in the viewer

	emptyTitle  = "This library is empty"
	emptyText   = "Name a folder, and its pictures can be found by their captions, by what they show, or by another picture."
	noModelNote = "The library was made without a model: captions, names and tags can be searched, what the pictures show cannot. Index again with --model to change that."

	tipsTitle = "Ways to ask"

	countsPicture  = "1 picture"
	countsPictures = "%s pictures"

	backToResults   = "Back to the results (Esc)"
	captionsTitle   = "Captions"
	captionMore     = "1 more"
	captionsMore    = "%s more"
	noCaptions      = "This picture has no captions."
	detailsTitle    = "Details"
	detailFile      = "File"
	detailFolder    = "Folder"
	detailSize      = "Size"
	detailTaken     = "Taken"
	detailModified  = "File dated"
	detailCamera    = "Camera"
	detailPlace     = "Place"
	detailAt        = "Coordinates"
	detailTags      = "Tags"
	detailType      = "Type"
	detailSizeValue = "%d × %d px, %s"
	positionOf      = "%s of %s"
	previousPicture = "Previous picture (←)"
	nextPicture     = "Next picture (→)"
	openButton      = "Open"
	openMeans       = "Open the file in this computer's own viewer"
	openRefused     = "Files can be opened only on the computer that the pictures are on."
	openFailed      = "the system's viewer could not be started: %v"
	copyButton      = "Copy path"
	copyMeans       = "Copy where the file is"
	copyDone        = "Copied"
	downloadLink    = "Download"
	findTitle       = "Find in this picture"
	findHint        = "a red car"
	findButton      = "Find"
	findClear       = "Clear"
	findBusy        = "Looking closely. Clear stops that."
	heatAlt         = "Where it is: the brighter, the likelier"
	similarTitle    = "Similar pictures"

	exploreTitle = "Explore"
	groupsTitle  = "Pictures that look alike"
	noGroups     = "There are too few pictures that can be searched by what they show to put them into groups."
	groupNumber  = "Group %d"
	groupShare   = "%.0f %% of the library"
	randomTitle  = "By chance"
	randomMore   = "others"
	dayTitle     = "On this day"

	evaluateTitle    = "Evaluate"
	noReportsTitle   = "No reports yet"
	noReportsText    = "A report says how well a model, and the search that uses it, find what they should. It is made in a terminal from pictures with captions:"
	noReportsCommand = "clipsearch eval PICTURES --captions FILE --save"
	figureInterval   = "%.3f to %.3f"

	libraryTitle     = "Library"
	factPictures     = "Pictures"
	factVectors      = "Searchable by what they show"
	factCaptions     = "Captions"
	factHidden       = "Gone for now"
	factFile         = "Library file"
	factThumbs       = "of it thumbnails"
	factTypes        = "File types"
	factModel        = "Model"
	factModelValue   = "%s, %d dimensions"
	factNoModel      = "none: captions, names and tags can be searched"
	foldersTitle     = "Folders"
	scannedAt        = "looked at %s"
	firstFolderTitle = "Choose a folder of pictures"
	firstFolderText  = "They are looked at where they are: nothing is copied, moved or changed. You can search while it goes on, and go on later where it stopped."
	addFolderTitle   = "Add a folder"
	addFolderLabel   = "Folder on this computer"
	addFolderButton  = "Index"
	folderExample    = "~/Pictures"
	excludeSummary   = "Leave something out"
	excludeLabel     = "Patterns, with commas between them"
	excludeExample   = "*.gif, private/"
	refreshButton    = "Look again"
	refreshMeans     = "Take in what is new or changed in all folders"
	verifyButton     = "Verify"
	verifyMeans      = "Check every record of the library"
	rebuildButton    = "Rebuild"
	rebuildMeans     = "Make anew what is derived from the records: the caption index and the graph of vectors"
	compactButton    = "Compact"
	compactMeans     = "Forget the pictures that are gone, and make the library's file as small as it can be"
	exportButton     = "Export"
	exportMeans      = "Download documents, captions and vectors as plain files; clipsearch import reads them once they are unpacked"
	skippedOne       = "1 file could not be read"
	skippedMany      = "%s files could not be read"
	outsideTitle     = "In a terminal"
	outsideText      = "These need the library for themselves, or write outside of it. Stop this server first."
	unknownChange    = "That cannot be done with a piece of work."

	jobsTitle    = "Work on the library"
	jobIndex     = "Indexing %s"
	jobIndexAll  = "Looking at all folders again"
	jobVerify    = "Verifying the library"
	jobRebuild   = "Rebuilding what is derived"
	jobCompact   = "Compacting the library"
	jobCount     = "%s of %s"
	jobFailed    = "%s could not be read"
	jobRate      = "%.1f a second"
	jobLeft      = "%s left"
	jobElapsed   = "%s so far"
	jobSplit     = "reading %s, looking %s"
	pauseButton  = "Pause"
	resumeButton = "Resume"
	cancelButton = "Cancel"

	lostText = "The server does not answer. Is clipsearch serve still running?"
	dropText = "Drop a picture to search by it"

	errorHint        = "Back to the search page"
	badRequestTitle  = "That does not work"
	notFoundTitle    = "Not found"
	notFoundText     = "There is no page at this address."
	noPictureText    = "There is no picture %s in this library."
	gonePictureText  = "This picture is gone: its file was not there when the folder was last looked at."
	originalGoneText = "The file %s cannot be opened. It may have been moved or deleted since it was indexed."
	busyText         = "too much is asked at once; try again in a moment"
	uploadGoneText   = "the picture you searched by is no longer held: please choose it again"
	uploadNoneText   = "No picture was sent. Please choose a file first."
	uploadBigText    = "This file is larger than %s, the most that can be searched by."
	uploadBrokenText = "The upload broke off. Please try again."
	wrongHost        = "This server does not go by the name %s. Open it at the address that clipsearch serve printed."
	noToken          = "This server lets in only who opens the link that it printed when it was started."
	wrongOrigin      = "This request came from another site and was refused."
	forbiddenTitle   = "Refused"
	serverErrorTitle = "Something went wrong"
	unavailableTitle = "Not possible right now"
	badNumber        = "%s: %q is not a number from %d to %d"
	tooManyOf        = "%s: %d are too many; at most %d"
	unknownChoice    = "%s: there is no %q; it is %s"
	unknownSwitch    = "%s: %q is neither 1 nor 0"
)

// outsideCommands returns what is done in a terminal, with what it does.
func outsideCommands() []detail {
	return []detail{
		{label: "clipsearch compact --older-than 30d", value: "forgets only pictures that have been gone for so long"},
		{label: "clipsearch verify --repair", value: "mends a damaged library"},
		{label: "clipsearch export FOLDER", value: "writes documents, captions and vectors into plain files; import reads them back"},
	}
}

// jobStates returns what states are called.
func jobStates() map[jobs.State]string {
	return map[jobs.State]string{
		jobs.Waiting: "waiting", jobs.Running: "running", jobs.Pausing: "pausing", jobs.Paused: "paused",
		jobs.Interrupted: "interrupted when clipsearch ended", jobs.Cancelling: "stopping",
		jobs.Done: "done", jobs.Failed: "failed", jobs.Cancelled: "cancelled",
	}
}

// destination is a part of the site that the bar leads to.
type destination struct{ name, href string }

// places returns them in order.
func places() []destination {
	return []destination{{placeSearch, "/"}, {placeExplore, "/explore"}, {placeLibrary, "/library"}, {placeEvaluate, "/evaluate"}}
}

// keyGroups returns what the keys do, for the help.
func keyGroups() []keyGroup {
	return []keyGroup{
		{"Anywhere", []keyHelp{
			{[]string{"/"}, "Search: go to the box"},
			{[]string{"?"}, "Show or hide this help"},
			{[]string{"t"}, "Other colours"},
			{[]string{"Esc"}, "Close what is open"},
		}},
		{"Results", []keyHelp{
			{[]string{"←", "→", "↑", "↓"}, "Go from picture to picture"},
			{[]string{"Enter"}, "Open the picture"},
			{[]string{"m"}, "More like this"},
			{[]string{"d"}, "Captions, scores and ranks"},
			{[]string{"f"}, "Filters"},
			{[]string{"1", "2", "3"}, "Both, captions, pictures"},
			{[]string{"u"}, "Search by a picture; or drop or paste one anywhere"},
		}},
		{"One picture", []keyHelp{
			{[]string{"←", "→"}, "Previous and next picture"},
			{[]string{"+", "−", "0"}, "Larger, smaller, whole; the wheel, a click and two fingers do the same"},
			{[]string{"l"}, "Find in this picture"},
			{[]string{"o"}, "Open in this computer's own viewer"},
			{[]string{"c"}, "Copy where the file is"},
			{[]string{"m"}, "More like this"},
		}},
	}
}

// tip is an example of the query grammar.
type tip struct{ query, means string }

// tips returns what the start page teaches.
func tips() []tip {
	return []tip{
		{"dogs in the snow", "words, in captions and in what pictures show"},
		{`"red car" street`, "the words in quotes stand next to each other in a caption"},
		{"beach -people", "no picture whose captions say people"},
		{"2:beach + dog - people", "more beach than dog, away from people"},
	}
}

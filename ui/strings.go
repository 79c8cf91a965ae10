package ui

// All English that the pages show, in one place for translation. Those with a verb are formats.
const (
	siteName    = "clipsearch"
	searchTitle = "%s – clipsearch"
	homeHeading = "Search your pictures"
	homeLead    = "By what their captions say, by what they show, or by another picture. Nothing leaves this computer."

	skipToResults = "Skip to the results"
	queryLabel    = "Words to search for"
	queryHint     = "dogs in the snow"
	searchButton  = "Search"

	modeLegend = "Look at"
	modeHybrid = "Both"
	modeText   = "Captions"
	modeVector = "Pictures"

	filtersSummary = "Filters and order"
	filtersActive  = "Filters and order (%d set)"
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
	folderHint     = "2019/italy"
	tagLabel       = "Tag"
	langLabel      = "Caption language"
	langHint       = "de"
	captionLabel   = "With a caption"
	dedupeLabel    = "Hide near-duplicates"

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
	foundRange       = "Pictures %s to %s of %s"
	foundMore        = "Pictures %s to %s, and more"
	tookNothing      = "in less than 1 ms"
	tookMilliseconds = "in %d ms"
	tookSeconds      = "in %.1f s"

	noResults    = "Nothing matches. Fewer or other words may find more; so may looking at captions and pictures both."
	noResultsFor = "Nothing matches with these filters. They may leave out what you look for."
	pastTheEnd   = "There are no results this far down."

	whyScore      = "score %.4f"
	whyText       = "by caption #%d"
	whyVector     = "by picture #%d"
	whySimilarity = "similarity %.3f"
	moreLikeThis  = "More like this"
	hiddenOne     = "1 near-duplicate hidden"
	hiddenMany    = "%s near-duplicates hidden"
	pagesLabel    = "Pages of results"
	previousPage  = "Previous"
	nextPage      = "Next"
	pageNumber    = "Page %d"

	emptyTitle   = "This library is empty"
	emptyText    = "Fill it with the pictures of a folder, in a terminal:"
	emptyCommand = "clipsearch index DIR"
	noModelNote  = "The library was made without a model: captions, names and tags can be searched, what the pictures show cannot."

	tipsTitle = "Ways to ask"

	countsPicture  = "1 picture"
	countsPictures = "%s pictures"
	countsCaption  = "1 caption"
	countsCaptions = "%s captions"
	countsVector   = "1 searchable by content"
	countsVectors  = "%s searchable by content"

	backToResults   = "Back to the results"
	captionsTitle   = "Captions"
	noCaptions      = "This picture has no captions."
	detailsTitle    = "Details"
	detailFile      = "File"
	detailFolder    = "Folder"
	detailSize      = "Size"
	detailTaken     = "Taken"
	detailModified  = "File dated"
	detailCamera    = "Camera"
	detailPlace     = "Place"
	detailTags      = "Tags"
	detailType      = "Type"
	detailSizeValue = "%d × %d px, %s"
	originalLink    = "Open the original"
	similarTitle    = "Similar pictures"

	errorHint        = "Back to the search page"
	badRequestTitle  = "That does not work"
	notFoundTitle    = "Not found"
	notFoundText     = "There is no page at this address."
	noPictureText    = "There is no picture %s in this library."
	gonePictureText  = "This picture is gone: its file was not there when the folder was last looked at."
	originalGoneText = "The file %s cannot be opened. It may have been moved or deleted since it was indexed."
	uploadGoneText   = "the picture you searched by is no longer held: please choose it again"
	uploadNoneText   = "No picture was sent. Please choose a file first."
	uploadBigText    = "This file is larger than %s, the most that can be searched by."
	uploadBrokenText = "The upload broke off. Please try again."
	wrongHost        = "This server does not go by the name %s. Open it at the address that clipsearch serve printed."
	wrongOrigin      = "This request came from another site and was refused."
	forbiddenTitle   = "Refused"
	serverErrorTitle = "Something went wrong"
	unavailableTitle = "Not possible right now"
	badNumber        = "%s: %q is not a number from %d to %d"
	tooManyOf        = "%s: %d are too many; at most %d"
	unknownSwitch    = "%s: %q is neither 1 nor 0"
)

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

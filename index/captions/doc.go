// Package captions reads the texts that people keep beside pictures and finds the pictures they belong to. Read and
// ReadLabels read a caption or label file, Sidecar the text file beside one picture; a Matcher looks the names of a
// file up among the pictures of a walk. It never opens a picture, and it stores nothing.
//
// # Forms
//
// Read tells the form of a file by its content:
//
//   - a table: one line a caption, "file<TAB>caption" or "file,caption" (several lines a picture), or with a header
//     line that names the columns, then also separated by semicolons or bars. The extension only decides where a first
//     line without header holds both a tab and a comma;
//   - JSON lines or a JSON list: objects with a file and one or several captions;
//   - COCO captions: an object with "images" and "annotations";
//   - Karpathy's splits: an object with "images" that have "sentences", such as dataset_flickr8k.json.
//
// Columns and JSON fields go by the same names, in small or capital letters: file, filename, file_name, filepath,
// file_path, image, image_name, image_file, image_path, img, img_path, path, picture, photo for the file; caption, text,
// title, description, comment, sentence (also with s at the end), raw for captions; label, class, category, tag, keyword
// (also in the plural) for labels; lang, language; split. Of several caption columns each gives a caption.
//
// # Text
//
// Files are UTF-8, or UTF-16 with a byte order mark. White space in a caption is collapsed to single spaces and cut off
// at the ends, captions longer than 64 KiB are cut, empty ones are left out and counted. Bytes that are not UTF-8 become
// U+FFFD in captions, and the captions are counted; in the names of tables they are kept, because file names may hold
// them. "name.jpg#0", as Flickr8k numbers its captions, names name.jpg.
//
// In tables with commas, semicolons or bars a field may stand in double quotes and then hold the separator, line ends
// and doubled quotes. What is left of a line belongs to the last field, so a caption in the last column may hold commas
// without quotes. In tables with tabs quotes are only removed where they enclose a whole field.
package captions

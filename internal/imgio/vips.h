#include <stddef.h>

// Formats that imgio_open knows.
enum { IMGIO_JPEG = 1, IMGIO_PNG, IMGIO_WEBP, IMGIO_TIFF, IMGIO_HEIF };

// An open picture whose rows are read top to bottom. It borrows the bytes it was opened on until imgio_close, and
// belongs to the thread that opened it.
typedef struct {
	void *image;  // VipsImage
	void *region; // VipsRegion
	int width, height;
	int bands; // 1 grey, 2 grey and alpha, 3 RGB, 4 RGB and alpha or CMYK, 5 CMYK and alpha
	int bytes; // a sample: 1, or 2 in the machine's byte order
	int cmyk;
	const void *profile; // ICC, NULL if none
	size_t profile_size;
} imgio_source;

// imgio_start prepares libvips for this process; call it once. 0 is success.
int imgio_start(void);

// imgio_open reads the header of a file in memory, to be decoded reduced by shrink (JPEG: 1, 2, 4 or 8; WebP: any;
// others: 1). A file that ends early is an error, if strict any irregularity. 0 is success; the source is to be closed
// in any case.
int imgio_open(imgio_source *s, int format, const void *data, size_t size, int shrink, int strict);

// imgio_rows writes rows top to top+count-1, packed, to out. 0 is success.
int imgio_rows(imgio_source *s, int top, int count, void *out);

void imgio_close(imgio_source *s);

// imgio_thumb encodes width×height pixels of 1, 3 or 4 (CMYK) bands as a JPEG without metadata, converted from
// profile to sRGB where that works. *out is to be freed with imgio_free. 0 is success.
int imgio_thumb(const void *pixels, int width, int height, int bands, const void *profile, size_t profile_size,
	int quality, void **out, size_t *out_size);

void imgio_free(void *p);

// imgio_error returns what libvips noted about failures since the last call; free it with imgio_free.
char *imgio_error(void);

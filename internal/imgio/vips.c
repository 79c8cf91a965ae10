//go:build native

#include <string.h>
#include <vips/vips.h>

#include "vips.h"

static void
silent(const char *domain, GLogLevelFlags level, const char *message, void *data)
{
}

int
imgio_start(void)
{
	// Loaders that nobody needs here stay shut, whatever libvips was built with: first all, then five are opened.
	static const char *loaders[] = {
		"VipsForeignLoadJpeg", "VipsForeignLoadPng", "VipsForeignLoadWebp", "VipsForeignLoadTiff",
		"VipsForeignLoadHeif",
	};

	if (VIPS_INIT("clipsearch"))
		return -1;
	// Pictures are decoded side by side, one thread each; results are never asked for twice.
	vips_concurrency_set(1);
	vips_cache_set_max(0);
	vips_cache_set_max_mem(0);
	vips_cache_set_max_files(0);
	vips_block_untrusted_set(TRUE);
	vips_operation_block_set("VipsForeignLoad", TRUE);
	for (size_t i = 0; i < sizeof(loaders) / sizeof(loaders[0]); i++)
		vips_operation_block_set(loaders[i], FALSE);
	// What matters comes back as an error.
	g_log_set_handler("VIPS", G_LOG_LEVEL_WARNING | G_LOG_LEVEL_MESSAGE | G_LOG_LEVEL_INFO | G_LOG_LEVEL_DEBUG,
		silent, NULL);
	return 0;
}

// load opens data with the loader of its format, and no other.
static int
load(VipsImage **out, int format, void *data, size_t size, int shrink, int strict)
{
	VipsFailOn fail_on = strict ? VIPS_FAIL_ON_WARNING : VIPS_FAIL_ON_TRUNCATED;

	switch (format) {
	case IMGIO_JPEG:
		return vips_jpegload_buffer(data, size, out, "access", VIPS_ACCESS_SEQUENTIAL,
			"fail_on", fail_on, "shrink", shrink, NULL);
	case IMGIO_PNG:
		return vips_pngload_buffer(data, size, out, "access", VIPS_ACCESS_SEQUENTIAL,
			"fail_on", fail_on, NULL);
	case IMGIO_WEBP:
		return vips_webpload_buffer(data, size, out, "access", VIPS_ACCESS_SEQUENTIAL,
			"fail_on", fail_on, "scale", 1.0 / shrink, NULL);
	case IMGIO_TIFF:
		return vips_tiffload_buffer(data, size, out, "access", VIPS_ACCESS_SEQUENTIAL,
			"fail_on", fail_on, NULL);
	case IMGIO_HEIF:
		return vips_heifload_buffer(data, size, out, "access", VIPS_ACCESS_SEQUENTIAL,
			"fail_on", fail_on, NULL);
	}
	vips_error("imgio", "no loader for format %d", format);
	return -1;
}

// plain reports whether the samples are colours as they lie in the file, 8 or 16 bits each.
static int
plain(VipsImage *image)
{
	if (image->Coding != VIPS_CODING_NONE ||
		(image->BandFmt != VIPS_FORMAT_UCHAR && image->BandFmt != VIPS_FORMAT_USHORT))
		return 0;
	switch (image->Type) {
	case VIPS_INTERPRETATION_MULTIBAND:
	case VIPS_INTERPRETATION_B_W:
	case VIPS_INTERPRETATION_GREY16:
	case VIPS_INTERPRETATION_RGB:
	case VIPS_INTERPRETATION_sRGB:
	case VIPS_INTERPRETATION_RGB16:
	case VIPS_INTERPRETATION_CMYK:
		return 1;
	default:
		return 0;
	}
}

int
imgio_open(imgio_source *s, int format, const void *data, size_t size, int shrink, int strict)
{
	VipsImage *image = NULL;

	vips_error_clear(); // what operations note that then succeed
	memset(s, 0, sizeof(*s));
	if (load(&image, format, (void *) data, size, shrink, strict))
		return -1;
	if (!plain(image)) {
		// L*a*b*, floating point and the like, from TIFF.
		VipsImage *colours = NULL;
		VipsImage *bytes = NULL;
		int failed = vips_colourspace(image, &colours, VIPS_INTERPRETATION_sRGB, NULL) ||
			vips_cast_uchar(colours, &bytes, NULL);
		g_object_unref(image);
		if (colours)
			g_object_unref(colours);
		if (failed)
			return -1;
		image = bytes;
	}
	s->image = image;
	s->region = vips_region_new(image);
	s->width = image->Xsize;
	s->height = image->Ysize;
	s->bands = image->Bands;
	s->bytes = image->BandFmt == VIPS_FORMAT_USHORT ? 2 : 1;
	s->cmyk = image->Type == VIPS_INTERPRETATION_CMYK && image->Bands >= 4;
	if (vips_image_get_typeof(image, VIPS_META_ICC_NAME))
		vips_image_get_blob(image, VIPS_META_ICC_NAME, &s->profile, &s->profile_size);
	return s->region ? 0 : -1;
}

int
imgio_rows(imgio_source *s, int top, int count, void *out)
{
	VipsRect rect = { 0, top, s->width, count };
	size_t row = (size_t) s->width * s->bands * s->bytes;

	if (vips_region_prepare(s->region, &rect))
		return -1;
	for (int y = 0; y < count; y++)
		memcpy((char *) out + y * row, VIPS_REGION_ADDR((VipsRegion *) s->region, 0, top + y), row);
	return 0;
}

void
imgio_close(imgio_source *s)
{
	if (s->region)
		g_object_unref(s->region);
	if (s->image)
		g_object_unref(s->image);
	memset(s, 0, sizeof(*s));
}

int
imgio_thumb(const void *pixels, int width, int height, int bands, const void *profile, size_t profile_size,
	int quality, void **out, size_t *out_size)
{
	static const VipsInterpretation kinds[] = {
		0, VIPS_INTERPRETATION_B_W, 0, VIPS_INTERPRETATION_sRGB, VIPS_INTERPRETATION_CMYK,
	};
	size_t size = (size_t) width * height * bands;
	VipsImage *raw = vips_image_new_from_memory(pixels, size, width, height, bands, VIPS_FORMAT_UCHAR);
	VipsImage *image = NULL;
	VipsImage *colours = NULL;
	int result = -1;

	vips_error_clear();
	if (!raw || vips_copy(raw, &image, "interpretation", kinds[bands], NULL))
		goto end;
	if (profile) {
		vips_image_set_blob_copy(image, VIPS_META_ICC_NAME, profile, profile_size);
		if (vips_icc_transform(image, &colours, "srgb", "embedded", TRUE, NULL))
			goto end;
	}
	result = vips_jpegsave_buffer(colours ? colours : image, out, out_size, "Q", quality, "strip", TRUE, NULL);
end:
	if (colours)
		g_object_unref(colours);
	if (image)
		g_object_unref(image);
	if (raw)
		g_object_unref(raw);
	return result;
}

void
imgio_free(void *p)
{
	g_free(p);
}

char *
imgio_error(void)
{
	return vips_error_buffer_copy();
}

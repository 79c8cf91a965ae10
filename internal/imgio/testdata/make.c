// make.c wrote the pictures beside it, which Go's encoders cannot make. All show the same 48×32 px: red, green /
// blue, yellow quarters; those with alpha are transparent in the yellow one, the animation's second frame is black.
//
//	gcc make.c -o /tmp/make $(pkg-config --cflags --libs vips libheif) && /tmp/make
//
// Made with libvips 8.14.1, libheif 1.15.1, libwebp 1.2.4 and libjpeg-turbo 2.1.5 of Debian 12.
#include <libheif/heif.h>
#include <stdlib.h>
#include <string.h>
#include <vips/vips.h>

#define W 48
#define H 32

static void
must(int failed, const char *what)
{
	if (failed) {
		fprintf(stderr, "%s: %s\n", what, vips_error_buffer());
		exit(1);
	}
}

static VipsImage *
quarters(int alpha, int frames)
{
	static const unsigned char colours[4][3] = { { 220, 30, 30 }, { 30, 200, 40 }, { 30, 40, 210 }, { 230, 220, 40 } };
	int bands = alpha ? 4 : 3;
	unsigned char *p = calloc(W * H * frames, bands);
	VipsImage *memory, *image;

	for (int y = 0; y < H * frames; y++)
		for (int x = 0; x < W; x++) {
			unsigned char *q = p + (y * W + x) * bands;
			int quarter = (y % H >= H / 2) * 2 + (x >= W / 2);
			if (y < H)
				memcpy(q, colours[quarter], 3);
			if (alpha)
				q[3] = quarter == 3 && y < H ? 0 : 255;
		}
	memory = vips_image_new_from_memory(p, W * H * frames * bands, W, H * frames, bands, VIPS_FORMAT_UCHAR);
	must(vips_copy(memory, &image, "interpretation", VIPS_INTERPRETATION_sRGB, NULL), "copy");
	if (frames > 1) {
		int delay[] = { 100, 100 };
		vips_image_set_int(image, "page-height", H);
		vips_image_set_array_int(image, "delay", delay, 2);
	}
	return image;
}

// inks returns the quarters as inks without black, which turn into the same colours naively.
static VipsImage *
inks(void)
{
	VipsImage *inverted, *black, *image;

	must(vips_invert(quarters(0, 1), &inverted, NULL), "invert");
	must(vips_bandjoin_const1(inverted, &black, 0, NULL), "bandjoin");
	must(vips_copy(black, &image, "interpretation", VIPS_INTERPRETATION_CMYK, NULL), "copy");
	return image;
}

// rotated writes a HEIC whose pixels lie on their side and whose irot box turns them upright.
static void
rotated(const char *name)
{
	struct heif_context *context = heif_context_alloc();
	struct heif_encoder *encoder;
	struct heif_encoding_options *options = heif_encoding_options_alloc();
	struct heif_image *picture;
	VipsImage *turned;
	int stride;

	must(vips_rot(quarters(0, 1), &turned, VIPS_ANGLE_D270, NULL), "rot");
	must(heif_context_get_encoder_for_format(context, heif_compression_HEVC, &encoder).code, "hevc");
	heif_encoder_set_lossy_quality(encoder, 90);
	heif_image_create(turned->Xsize, turned->Ysize, heif_colorspace_RGB, heif_chroma_interleaved_RGB, &picture);
	heif_image_add_plane(picture, heif_channel_interleaved, turned->Xsize, turned->Ysize, 8);
	unsigned char *plane = heif_image_get_plane(picture, heif_channel_interleaved, &stride);
	size_t size;
	unsigned char *pixels = vips_image_write_to_memory(turned, &size);
	for (int y = 0; y < turned->Ysize; y++)
		memcpy(plane + y * stride, pixels + y * turned->Xsize * 3, turned->Xsize * 3);
	options->image_orientation = heif_orientation_rotate_90_cw;
	must(heif_context_encode_image(context, picture, encoder, options, NULL).code, "encode");
	must(heif_context_write_to_file(context, name).code, name);
}

int
main(int argc, char **argv)
{
	VipsImage *rgb, *rgba, *film, *described;

	VIPS_INIT(argv[0]);
	rgb = quarters(0, 1);
	rgba = quarters(1, 1);
	film = quarters(1, 2);
	must(vips_webpsave(rgb, "lossy.webp", "Q", 90, NULL), "lossy.webp");
	must(vips_webpsave(rgba, "lossy-alpha.webp", "Q", 90, NULL), "lossy-alpha.webp");
	must(vips_webpsave(rgba, "lossless-alpha.webp", "lossless", TRUE, NULL), "lossless-alpha.webp");
	must(vips_webpsave(film, "animated.webp", "Q", 90, NULL), "animated.webp");
	must(vips_webpsave(film, "animated-lossless.webp", "lossless", TRUE, NULL), "animated-lossless.webp");
	must(vips_copy(rgb, &described, NULL), "copy");
	vips_image_set_string(described, "exif-ifd0-Make", "Kodak");
	vips_image_set_string(described, "exif-ifd0-ImageDescription", "four quarters");
	must(vips_heifsave(described, "quarters.avif", "compression", VIPS_FOREIGN_HEIF_COMPRESSION_AV1, "Q", 80, "effort", 4, NULL), "avif");
	must(vips_heifsave(described, "quarters.heic", "compression", VIPS_FOREIGN_HEIF_COMPRESSION_HEVC, "Q", 80, NULL), "heic");
	rotated("rotated.heic");
	must(vips_jpegsave(inks(), "cmyk.jpg", "Q", 95, "strip", TRUE, NULL), "cmyk.jpg");
	return 0;
}

/* A picture of where two images differ, for people. */
#ifndef SL_IMAGE_DIFF_PICTURE_H
#define SL_IMAGE_DIFF_PICTURE_H

#include "image/compare.h"

/*
 * Makes a new opaque picture, as large as the larger of the two in each direction: equal pixels are
 * the expected ones faded to gray, left-out pixels are tinted blue, differing pixels run from dark
 * red to bright yellow with their difference, and what only one image covers is magenta. mask as
 * for sl_image_compare(); ignored if the sizes differ.
 */
enum sl_status sl_diff_picture(const struct sl_image *expected, const struct sl_image *actual,
                               const struct sl_mask *mask, struct sl_image *picture,
                               struct sl_error *err);

#endif

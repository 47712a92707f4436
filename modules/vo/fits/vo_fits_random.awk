# vo_fits_random.awk: write vo_fits_random.c; FITS 4.0, appendix I.
# SPDX-License-Identifier: GPL-3.0-or-later
BEGIN {
    print "#include \"fits/vo_fits_random.h\""
    print "const float vo_fits_random[VO_FITS_NRANDOM] = {"
    seed = 1
    for (i = 0; i < 10000; ++i) {
        seed = 16807 * seed
        seed -= 2147483647 * int(seed / 2147483647)
        printf "(float)%.17g,\n", seed / 2147483647
    }
    print "};"
    if (seed != 1043618065) # the standard's own check
        exit 1
}

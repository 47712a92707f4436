/* vo_frame.h: celestial frames of FITS headers, turned to ICRS and back. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef VO_FRAME_H
#define VO_FRAME_H

/*
 * FITS WCS paper II (Calabretta & Greisen 2002, A&A 395, 1077, section 3.1)
 * names the frames. Precession of FK5 and the ecliptic is that of IAU 2006
 * (Capitaine et al. 2003), of FK4 that of Newcomb; FK4 to FK5 is after Murray
 * (1989, A&A 218, 325), with E-terms; ICRS to FK5 after USNO circular 179.
 * These are the choices of astropy, with which results agree to 1e-9 degree.
 */
typedef struct vo_frame_t {
    const char *name;      /* "ICRS", "FK5", "FK4", "FK4-NO-E", "GALACTIC",
                            * "ECLIPTIC", "SUPERGALACTIC" */
    double equinox;        /* years; NaN where the frame has none */
    int is_icrs;           /* nothing to do */
    double to_icrs[9];     /* row by row, after the E-terms are removed */
    double from_icrs[9];
    int has_eterms;
    double eterms[3];      /* E-terms of aberration, FK4 */
} vo_frame_t;

/*
 * The frame of a longitude axis called AXIS ("RA", "GLON", "ELON", "SLON")
 * with RADESYS ("" when absent) and EQUINOX (years, NaN when absent; the
 * defaults of paper II apply). MJD_OBS (NaN when absent: the equinox) is the
 * epoch FK4 is rotated for. Returns 0, or -1 for a frame that is not known.
 */
int vo_frame_set(vo_frame_t *frame, const char *axis, const char *radesys,
                 double equinox, double mjd_obs);

/* Turn *LON, *LAT, degrees, to ICRS in [0, 360) and [-90, 90], or back. */
void vo_frame_to_icrs(const vo_frame_t *frame, double *lon, double *lat);
void vo_frame_from_icrs(const vo_frame_t *frame, double *lon, double *lat);

#endif

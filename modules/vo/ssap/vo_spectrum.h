/* vo_spectrum.h: a spectrum as a document. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef VO_SPECTRUM_H
#define VO_SPECTRUM_H

#include "../table/vo_table.h"
#include "vo_photospec.h"

/*
 * Serialisations of the Spectrum Data Model 1.1 (REC 2012-02-10): VOTable with
 * utypes (section 8), and through the same table every other format we write;
 * FITS with one row of vector columns (section 9). Flux densities per frequency
 * come first, per wavelength beside them; the width of a filter is the size of
 * a spectral bin.
 */

#define VO_SPECTRUM_FITS_TYPE "application/fits"

/* What the spectra of SPEC show, for people, in POOL. */
const char *vo_spectrum_title(const vo_photospec_t *spec, const char *target,
                              apr_pool_t *pool);

/* Where a spectrum is: BASE/ssap/RELEASE/spectrum?ID=DID&FORMAT=FORMAT, in
 * POOL; the search does the same in SQL. */
const char *vo_spectrum_url(const char *base, const vo_release_t *rel,
                            const char *did, const char *format,
                            apr_pool_t *pool);

/* Flux density per wavelength (erg s-1 cm-2 Angstrom-1) of what is FLUX at the
 * wavelength of FILTER in the unit of SPEC. */
double vo_spectrum_per_wavelength(const vo_photospec_t *spec,
                                  const vo_filter_t *filter, double flux);

/* Write the spectrum as a table in FMT. */
vo_err_t *vo_spectrum_table(vo_out_t *out, const vo_release_t *rel,
                            const vo_spectrum_t *spectrum,
                            const vo_tablefmt_t *fmt, const char *media_type,
                            apr_pool_t *pool);

/* Write it as FITS. */
vo_err_t *vo_spectrum_fits(vo_out_t *out, const vo_release_t *rel,
                           const vo_spectrum_t *spectrum, apr_pool_t *pool);

#endif

/* sky_motion.c: where a star is at another epoch. */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "sky_int.h"

#include <math.h>

#define MAS (SKY_RAD / 3600000.0)               /* radians */
#define KM_S 4.740470463533349                  /* au/yr in km/s */

static double known(double v)
{
    return isnan(v) ? 0.0 : v;
}

/* ESA SP-1200 (1997), volume 1, section 1.5.5, equations 1.5.18 to 1.5.30:
 * r, p, q is the normal triad (outwards, east, north). */
int sky_epoch_prop(const double in[SKY_ASTROMETRY], double years,
                   double out[SKY_ASTROMETRY])
{
    double p[3], q[3], r[3], m[3], u[3], dm[3];
    double sa = sin(in[0] * SKY_RAD), ca = cos(in[0] * SKY_RAD);
    double sd = sin(in[1] * SKY_RAD), cd = cos(in[1] * SKY_RAD);
    double pma = known(in[3]) * MAS, pmd = known(in[4]) * MAS;
    double zeta = known(in[2]) * MAS * known(in[5]) / KM_S;
    double mm = pma * pma + pmd * pmd, a, f;
    int i;

    if (!isfinite(in[0]) || !(fabs(in[1]) <= 90.0) || !isfinite(years)
        || !isfinite(pma) || !isfinite(pmd) || !isfinite(zeta)) {
        return -1;
    }
    p[0] = -sa, p[1] = ca, p[2] = 0.0;
    q[0] = -sd * ca, q[1] = -sd * sa, q[2] = cd;
    r[0] = cd * ca, r[1] = cd * sa, r[2] = sd;
    a = 1.0 + zeta * years;
    f = a * a + mm * years * years;
    if (!(f > 0.0 && isfinite(f))) {
        return -1;
    }
    f = 1.0 / sqrt(f);
    for (i = 0; i < 3; i++) {
        m[i] = pma * p[i] + pmd * q[i];
        u[i] = (r[i] * a + m[i] * years) * f;
        dm[i] = (m[i] * a - r[i] * mm * years) * f * f * f;
    }
    sky_vec_radec(u, &out[0], &out[1]);
    sa = sin(out[0] * SKY_RAD), ca = cos(out[0] * SKY_RAD);
    sd = sin(out[1] * SKY_RAD), cd = cos(out[1] * SKY_RAD);
    out[2] = in[2] * f;
    out[3] = (ca * dm[1] - sa * dm[0]) / MAS;
    out[4] = (cd * dm[2] - sd * (ca * dm[0] + sa * dm[1])) / MAS;
    zeta = (zeta + (mm + zeta * zeta) * years) * f * f;
    out[5] = in[2] > 0.0 ? zeta * KM_S / (out[2] * MAS) : NAN;
    return 0;
}

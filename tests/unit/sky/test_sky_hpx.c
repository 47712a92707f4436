/* test_sky_hpx.c: cell numbers and geometry, distances, bearings. */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "sky_test.h"

#include "sky/sky_int.h"

/* healpy 1.16: ang2pix(2^29, 2^13, 1, nest=True, lonlat=True) */
static const struct {
    double ra, dec;
    int64_t n29, n13, n0;
} healpy[] = {
    { 0, 0, INT64_C(1369094286720630784), 318767104, 4 },
    { 0, 90, INT64_C(288230376151711743), 67108863, 0 },
    { 0, -90, INT64_C(2305843009213693952), 536870912, 8 },
    { 123.456, -67.89, INT64_C(2635567950134201126), 613640982, 9 },
    { 359.9999999, 1e-9, INT64_C(1321055890695345493), 307582293, 4 },
    { 266.41681662499997, -29.007824972222224, INT64_C(2028740913184682071),
      472353052, 7 },
    { 83.63308333, 22.0145, INT64_C(1701909093095840237), 396256589, 5 },
    { 180, 89.999999, INT64_C(864691128455135162), 201326591, 2 },
    { 10.68470833, 41.26875, INT64_C(190633513587146697), 44385323, 0 }
};

static void numbers_are_healpys(void **state)
{
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(healpy) / sizeof(healpy[0]); i++) {
        double ra = healpy[i].ra, dec = healpy[i].dec;

        assert_true(sky_hpx(ra, dec) == healpy[i].n29);
        assert_true(sky_hpx_at(13, ra, dec) == healpy[i].n13);
        assert_true(sky_hpx_at(0, ra, dec) == healpy[i].n0);
    }
}

static void numbers_of_the_vector_file(void **state)
{
    FILE *f = test_data("healpix/hip_nested_vectors.csv");
    static const int order[8] = { 0, 3, 6, 9, 11, 14, 20, 29 };
    double ra, dec;
    char line[256];
    long long n[8];
    int rows = 0, i;

    (void)state;
    if (f == NULL) {
        skip();
        return;
    }
    while (fgets(line, sizeof(line), f) != NULL) {
        if (sscanf(line, "%lf,%lf,%lld,%lld,%lld,%lld,%lld,%lld,%lld,%lld",
                   &ra, &dec, &n[0], &n[1], &n[2], &n[3], &n[4], &n[5],
                   &n[6], &n[7]) != 10) {
            continue;
        }
        rows++;
        for (i = 0; i < 8; i++) {
            assert_true(sky_hpx_at(order[i], ra, dec) == n[i]);
        }
    }
    fclose(f);
    assert_int_equal(rows, 2000);
}

static void bad_directions_have_no_number(void **state)
{
    double ra, dec;

    (void)state;
    assert_true(sky_hpx(10, 90.0000001) == -1);
    assert_true(sky_hpx(10, -91) == -1);
    assert_true(sky_hpx(NAN, 0) == -1);
    assert_true(sky_hpx(0, NAN) == -1);
    assert_true(sky_hpx(INFINITY, 0) == -1);
    assert_true(sky_hpx_at(30, 0, 0) == -1);
    assert_true(sky_hpx_at(-1, 0, 0) == -1);
    assert_int_equal(sky_cell_center(3, 768, &ra, &dec), -1);
    assert_true(isnan(ra) && isnan(dec));
    assert_int_equal(sky_cell_center(3, -1, &ra, &dec), -1);
    assert_true(sky_cell_radius(30, 0) < 0);
}

static void longitude_wraps(void **state)
{
    int i;

    (void)state;
    for (i = 0; i < 1000; i++) {
        double ra = (double)(int)(360 * uniform()), dec;

        dec = uniform_in(-90, 90);
        assert_true(sky_hpx(ra, dec) == sky_hpx(ra - 720, dec));
        assert_true(sky_hpx(ra, dec) == sky_hpx(ra + 360, dec));
    }
    assert_true(sky_hpx(-1e-20, 5) == sky_hpx(0, 5));
}

static void centers_lie_in_their_cells(void **state)
{
    int i, order;

    (void)state;
    for (i = 0; i < 30000; i++) {
        double ra, dec, r;
        int64_t p;

        order = i % 30;
        p = (int64_t)(uniform() * 12.0 * ldexp(1.0, 2 * order));
        assert_int_equal(sky_cell_center(order, p, &ra, &dec), 0);
        assert_true(sky_hpx_at(order, ra, dec) == p);
        r = sky_cell_radius(order, p);
        /* side of a square of the cell's area: 58.6 deg / 2^order */
        assert_true(r > 0.6 * 58.6 * ldexp(0.7, -order));
        assert_true(r < 58.6 * ldexp(1.3, -order));
    }
}

static void corners_meet_neighbours(void **state)
{
    double c[8], ra, dec;
    int i, k, order;

    (void)state;
    /* the northern corner of base cell 0 is the pole, its southern one lies
     * on the equator, the others at z = 2/3 */
    assert_int_equal(sky_cell_corners(0, 0, c), 0);
    assert_near(c[1], 0.0, 1e-12);
    assert_near(c[0], 45.0, 1e-12);
    assert_near(c[3], asin(2.0 / 3.0) / RAD, 1e-12);
    assert_near(c[2], 90.0, 1e-12);
    assert_near(c[5], 90.0, 1e-12);
    assert_near(c[7], asin(2.0 / 3.0) / RAD, 1e-12);
    /* a step from a corner to the centre stays in the cell, a step away
     * from it leaves */
    for (i = 0; i < 20000; i++) {
        int64_t p;

        order = i % 14;
        p = (int64_t)(uniform() * 12.0 * ldexp(1.0, 2 * order));
        sky_cell_corners(order, p, c);
        sky_cell_center(order, p, &ra, &dec);
        for (k = 0; k < 8; k += 2) {
            double pa = sky_bearing(c[k], c[k + 1], ra, dec), ra2, dec2;
            double d = sky_distance(c[k], c[k + 1], ra, dec);

            offset(c[k], c[k + 1], 1e-3 * d, pa, &ra2, &dec2);
            assert_true(sky_hpx_at(order, ra2, dec2) == p);
            offset(c[k], c[k + 1], 1e-3 * d, pa + 180, &ra2, &dec2);
            assert_true(sky_hpx_at(order, ra2, dec2) != p);
        }
    }
}

/* Coverage trusts that true cell edges stray from great circles by no more
 * than sag. */
static void edges_stay_within_sag(void **state)
{
    static const double sx[5] = { 0, 1, 1, 0, 0 }, sy[5] = { 0, 0, 1, 1, 0 };
    int i, e, k;

    (void)state;
    for (i = 0; i < 60000; i++) {
        int order = i % 20;
        uint32_t m = (UINT32_C(1) << order) - 1;
        double side = ldexp(1.0, -order);
        sky_cell_t cell;

        /* half of them near a pole, where edges bend most */
        if (i % 2) {
            uint32_t near = (uint32_t)(m * pow(uniform(), 8));
            uint32_t far = (uint32_t)(m * pow(uniform(), 8));

            sky_cell_make_xy(&cell, order, i % 12, i % 4 > 1 ? m - near
                             : near, i % 4 > 1 ? m - far : far);
        }
        else {
            sky_cell_make_xy(&cell, order, i % 12, (uint32_t)(m * uniform()),
                             (uint32_t)(m * uniform()));
        }
        for (e = 0; e < 4; e++) {
            double n[3], v[3];

            sky_edge_normal(cell.v[e], cell.v[(e + 1) & 3], n);
            for (k = 1; k < 8; k++) {
                double t = k / 8.0;

                sky_face_vec(cell.face,
                             (cell.x + sx[e] + (sx[e + 1] - sx[e]) * t)
                             * side,
                             (cell.y + sy[e] + (sy[e + 1] - sy[e]) * t)
                             * side, v);
                assert_true(sky_arc_distance(v, cell.v[e],
                                             cell.v[(e + 1) & 3], n)
                            <= cell.sag + 4e-16);
            }
        }
    }
}

/* mpmath, 50 digits: distance and position angle */
static const struct {
    double ra1, dec1, ra2, dec2, dist, pa;
} pairs[] = {
    { 10, 20, 10.000000999999999, 20, 9.39692620082642e-7,
      89.9999998289899285 },
    { 10, 20, 190.000001, -20, 179.999999060307382, 269.999999828989929 },
    { 0, 89.999999, 180, 89.999999, 1.99999999495048542e-6, 0 },
    { 1, 2, 200, -45, 133.856373813493489, 198.618162692668786 },
    { 359.99, 0, 0.01, 0, 0.0199999999999909053, 90 },
    { 266.39999999999998, -29, 266.40000000010002, -29.000000000099998,
      1.32876031281552445e-10, 138.813307065338719 },
    { 12, -33, 191.9, 33.05, 179.902379844264497, 59.1629909260549116 }
};

static void distance_and_bearing(void **state)
{
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        double d = sky_distance(pairs[i].ra1, pairs[i].dec1, pairs[i].ra2,
                                pairs[i].dec2);

        /* positions themselves are rounded to 3e-14 degrees */
        assert_near(d, pairs[i].dist, 5e-14 + 1e-15 * pairs[i].dist);
        d = sky_bearing(pairs[i].ra1, pairs[i].dec1, pairs[i].ra2,
                        pairs[i].dec2);
        d = fabs(d - pairs[i].pa);
        /* over a distance x the bearing cannot be better than 1e-14 / x */
        assert_true((d > 180 ? 360 - d : d)
                    < 1e-9 + 1e-12 / pairs[i].dist
                      + 1e-12 / (180.0 - pairs[i].dist));
    }
    assert_true(sky_distance(10, 19, 370, 20) == 1.0);
    assert_true(sky_distance(0, 90, 77, -90) == 180.0);
    assert_true(sky_distance(10, 20, 190, -20) == 180.0);
    assert_true(sky_bearing(5, 5, 5, 5) == 0.0);
    assert_true(isnan(sky_distance(NAN, 0, 1, 1)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_healpys),
        cmocka_unit_test(numbers_of_the_vector_file),
        cmocka_unit_test(bad_directions_have_no_number),
        cmocka_unit_test(longitude_wraps),
        cmocka_unit_test(centers_lie_in_their_cells),
        cmocka_unit_test(corners_meet_neighbours),
        cmocka_unit_test(edges_stay_within_sag),
        cmocka_unit_test(distance_and_bearing)
    };

    return cmocka_run_group_tests(tests, NULL, free_all);
}

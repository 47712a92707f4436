# Unit tests of the sky line.
UNIT_TESTS += test_sky_hpx test_sky_cover test_sky_shape test_sky_moc \
    test_sky_text test_sky_frames

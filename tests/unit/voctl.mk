# Unit tests of voctl's own parts, which are not in libvo.a.
UNIT_TESTS += test_voctl_conv test_voctl_truth test_voctl_paint
test_voctl_conv_SRCS := modules/voctl/voctl_conv.c
test_voctl_truth_SRCS := modules/voctl/voctl_truth.c \
    modules/voctl/voctl_profile.c
test_voctl_paint_SRCS := modules/voctl/voctl_paint.c \
    modules/voctl/voctl_truth.c modules/voctl/voctl_profile.c

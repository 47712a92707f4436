# voctl: the operator's tool; one file per verb, voctl_main.c has the table.
VOCTL_SRCS += $(addprefix modules/voctl/, voctl_main.c voctl_db.c \
    voctl_progress.c voctl_init.c voctl_release.c voctl_filters.c \
    voctl_conv.c voctl_metafile.c voctl_plan.c voctl_fold.c voctl_load.c \
    voctl_load_verb.c voctl_copy.c voctl_ddl.c voctl_publish.c \
    voctl_check.c voctl_profile.c voctl_truth.c voctl_tycho.c voctl_demo.c \
    voctl_demo_tables.c voctl_demo_examples.c voctl_examples.c voctl_paint.c \
    voctl_render.c voctl_render_fits.c voctl_render_picture.c voctl_photospec.c)
# voctl images
VOCTL_SRCS += $(addprefix modules/voctl/, voctl_images.c voctl_imgmap.c \
    voctl_imgwalk.c voctl_imgwork.c voctl_imgread.c voctl_imgfield.c \
    voctl_imgshape.c voctl_imgtable.c voctl_imgstore.c voctl_imgrelate.c \
    voctl_imgpack.c voctl_imgrepack.c voctl_check_images.c)
LIB_LIBS += -lcrypto
DEB_PACKAGES_BUILD += libssl-dev

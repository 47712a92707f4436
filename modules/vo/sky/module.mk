# The sky line: plain C99, built into libvo and into the extension pgsky.
SKY_SRCS := $(addprefix modules/vo/sky/, sky_arc.c sky_cell.c sky_cover.c \
              sky_cover_moc.c sky_frames.c sky_geom.c sky_hpx.c sky_measure.c sky_moc.c sky_moc_text.c \
              sky_motion.c sky_parse.c sky_poly.c sky_rel.c sky_sexagesimal.c sky_shape.c sky_text.c)
VO_SRCS += $(SKY_SRCS)

# Tables: writers and readers
VO_SRCS += modules/vo/vo_num.c
VO_SRCS += $(addprefix modules/vo/table/,vo_wire.c vo_text_cells.c \
    vo_binary_cells.c vo_tablefmt.c vo_base64.c vo_fits_head.c \
    vo_write_votable.c vo_write_binary.c vo_write_csv.c vo_write_json.c \
    vo_write_html.c vo_write_text.c vo_write_fits.c)

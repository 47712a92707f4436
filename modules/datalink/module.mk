MODULES += datalink
datalink_SRCS := modules/datalink/mod_datalink.c

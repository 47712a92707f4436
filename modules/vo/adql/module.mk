# ADQL: re2c lexer and Lemon grammar are generated below build/gen/adql/
ADQL_GEN := $(BUILD)/gen/adql
VO_SRCS += $(addprefix modules/vo/adql/,vo_adql.c vo_adql_array.c \
    vo_adql_ast.c vo_adql_check.c vo_adql_cover.c vo_adql_func.c \
    vo_adql_geom.c vo_adql_gfunc.c vo_adql_match.c vo_adql_print.c \
    vo_adql_query.c vo_adql_reprint.c vo_adql_scope.c vo_adql_select.c \
    vo_adql_shape.c vo_adql_suggest.c vo_adql_types.c vo_adql_udf.c \
    vo_adql_unit.c vo_adql_unnest.c vo_adql_words.c vo_adql_zone.c)
VO_GEN_SRCS += $(ADQL_GEN)/adql.c $(ADQL_GEN)/vo_adql_lex.c
GENERATED += $(ADQL_GEN)/adql.h
# Lemon's template has helpers that this grammar does not call, and a trace kept
# in writable statics unless NDEBUG is there
# NDEBUG leaves out its trace, which would be a writable static
CFLAGS_adql := -DNDEBUG -DNDEBUG -Wno-unused-function -Wno-unused-parameter -Wno-unused-variable

$(ADQL_GEN)/adql.c $(ADQL_GEN)/adql.h &: modules/vo/adql/adql.lemon
	@mkdir -p $(ADQL_GEN)
	$(Q)echo "  LEMON $<"; lemon -l -q -T/usr/share/lemon/lempar.c \
	    -d$(ADQL_GEN) $<; touch $(ADQL_GEN)/adql.c $(ADQL_GEN)/adql.h
$(ADQL_GEN)/vo_adql_lex.c: modules/vo/adql/vo_adql_lex.re
	@mkdir -p $(ADQL_GEN)
	$(Q)echo "  RE2C $<"; re2c -i -W -o $@ $<
$(BUILD)/obj/gen/adql/vo_adql_lex.o: | $(ADQL_GEN)/adql.h

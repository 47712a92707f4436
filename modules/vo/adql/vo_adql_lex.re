/* vo_adql_lex.re: bytes to tokens (ADQL 2.1 section 2.1). */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "adql/vo_adql_ast.h"

#include <string.h>

#include <apr_strings.h>

#include "adql/adql.h"

/* A quoted piece without its quotes; a doubled quote stands for one. */
static const char *unquote(adql_ctx_t *c, const char *p, const char *end)
{
    char quote = *p;
    char *out = apr_palloc(c->pool, (apr_size_t)(end - p));
    char *w = out;

    for (++p; p < end - 1; ++p) {
        *w++ = *p;
        if (*p == quote) {
            ++p;
        }
    }
    *w = '\0';
    return out;
}

static int bad_char(adql_ctx_t *c, const char *p)
{
    int off = (int)(p - c->text);
    const unsigned char *u = (const unsigned char *)p;

    if (u[0] == 0xE2 && u[1] == 0x80 && u[2] >= 0x98 && u[2] <= 0x9F) {
        int is_single = u[2] <= 0x9B;

        adql_fail(c, off, "A typographic (curly) quote is not ADQL.");
        adql_hint(c, is_single ? "Use the straight quote ' for strings."
                               : "Use the straight quote \" for names and ' "
                                 "for strings.");
    }
    else if (u[0] == 0xC2 && u[1] == 0xA0) {
        adql_fail(c, off, "A no-break space is not ADQL white space.");
        adql_hint(c, "Replace it by an ordinary space.");
    }
    else if (u[0] >= 0x80) {
        adql_fail(c, off, "A character outside ASCII can stand only in a "
                  "string or in a delimited name.");
        adql_hint(c, "Put the name in double quotes.");
    }
    else if (*p == '_') {
        adql_fail(c, off, "A name cannot begin with an underscore.");
        adql_hint(c, "Put the name in double quotes.");
    }
    else if (*p == '`') {
        adql_fail(c, off, "The back-quote ` is not ADQL.");
        adql_hint(c, "Use double quotes for names.");
    }
    else if (*p == '%') {
        adql_fail(c, off, "The operator %% is not ADQL.");
        adql_hint(c, "Write MOD(x, y).");
    }
    else if (strchr("&|^~", *p)) {
        adql_fail(c, off, "The operator %c is not ADQL.", *p);
        adql_hint(c, *p == '^' ? "Write POWER(x, y), or bitwise_xor(x, y)."
                  : *p == '&' ? "Write bitwise_and(x, y), or AND between "
                                "conditions."
                  : *p == '|' ? "Write bitwise_or(x, y), OR between "
                                "conditions, || between strings."
                  : "Write bitwise_not(x).");
    }
    else if (*p == '!') {
        adql_fail(c, off, "A lone ! is not ADQL.");
        adql_hint(c, "Write NOT, <> or !=.");
    }
    else if ((unsigned char)*p < ' ' || *p == 127) {
        adql_fail(c, off, "A control character (code %d) is not ADQL.", *p);
    }
    else {
        adql_fail(c, off, "The character %c is not ADQL.", *p);
    }
    return -1;
}

static int unclosed(adql_ctx_t *c, const char *p)
{
    adql_fail(c, (int)(p - c->text),
              *p == '\'' ? "This string is not closed by a quote '."
                         : "This name is not closed by a double quote.");
    adql_hint(c, "A quote inside is written twice.");
    return -1;
}

int adql_lex(adql_ctx_t *c, int *pos, adql_tok_t *tok)
{
    const char *YYCURSOR = c->text + *pos;
    const char *YYMARKER = NULL;
    const char *s;
    int tk;

#define OPER(code, oper) \
    do { tk = (code); tok->op = (oper); goto done; } while (0)
#define TOKEN(code) do { tk = (code); goto done; } while (0)

    tok->text = NULL;
    tok->op = 0;
again:
    s = YYCURSOR;
    tok->off = (int)(s - c->text);
    /*!re2c
    re2c:define:YYCTYPE = "unsigned char";
    re2c:yyfill:enable = 0;
    re2c:flags:tags = 0;

    ident  = [a-zA-Z][a-zA-Z0-9_]*;
    digits = [0-9]+;
    expo   = [eE][+-]?[0-9]+;
    string = ['] ([^'\x00] | "''")* ['];
    dident = ["] ([^"\x00] | ["]["])* ["];

    "\x00"               { tok->end = tok->off; *pos = tok->off; return 0; }
    [ \t\r\n\f\v]+       { goto again; }
    "--" [^\n\x00]*      { goto again; }
    "/*"                 {
        adql_fail(c, tok->off, "ADQL has no /* */ comments.");
        adql_hint(c, "A comment begins with -- and ends with the line.");
        return -1;
    }
    ident                {
        tk = adql_word(s, (size_t)(YYCURSOR - s));
        if (!tk) {
            tk = TK_IDENT;
        }
        tok->text = apr_pstrmemdup(c->pool, s, (apr_size_t)(YYCURSOR - s));
        goto done;
    }
    dident               {
        tok->text = unquote(c, s, YYCURSOR);
        tok->op = 1;
        if (!*tok->text) {
            adql_fail(c, tok->off, "A name cannot be empty.");
            return -1;
        }
        TOKEN(TK_QIDENT);
    }
    string               { tok->text = unquote(c, s, YYCURSOR);
                           TOKEN(TK_STRING); }
    ['] ([^'\x00] | "''")*     { return unclosed(c, s); }
    ["] ([^"\x00] | ["]["])*   { return unclosed(c, s); }
    "0" [xX] [0-9a-fA-F]+ {
        adql_fail(c, tok->off, "ADQL 2.1 has no hexadecimal numbers.");
        return -1;
    }
    digits               { TOKEN(TK_UINT); }
    (digits "." [0-9]* | "." digits) expo? | digits expo { TOKEN(TK_NUM); }
    "=="                 {
        adql_fail(c, tok->off, "The operator == is not ADQL.");
        adql_hint(c, "Equality is a single =.");
        return -1;
    }
    "="                  { OPER(TK_CMP, OP_EQ); }
    "<>" | "!="          { OPER(TK_CMP, OP_NE); }
    "<="                 { OPER(TK_CMP, OP_LE); }
    "<"                  { OPER(TK_CMP, OP_LT); }
    ">="                 { OPER(TK_CMP, OP_GE); }
    ">"                  { OPER(TK_CMP, OP_GT); }
    "||"                 { TOKEN(TK_CONCAT); }
    "+"                  { TOKEN(TK_PLUS); }
    "-"                  { TOKEN(TK_MINUS); }
    "*"                  { TOKEN(TK_STAR); }
    "/"                  { TOKEN(TK_SLASH); }
    "("                  { TOKEN(TK_LP); }
    ")"                  { TOKEN(TK_RP); }
    "["                  { TOKEN(TK_LB); }
    "]"                  { TOKEN(TK_RB); }
    ","                  { TOKEN(TK_COMMA); }
    "."                  { TOKEN(TK_DOT); }
    "::"                 { TOKEN(TK_DCOLON); }
    ":"                  { TOKEN(TK_COLON); }
    ";"                  { TOKEN(TK_SEMI); }
    *                    { return bad_char(c, s); }
    */
done:
    tok->end = (int)(YYCURSOR - c->text);
    *pos = tok->end;
    return tk;
}

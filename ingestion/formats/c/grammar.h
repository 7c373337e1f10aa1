/* What may stand in a line of JSON, byte by byte.

   Knows: texts, numbers and words as JSON and UTF-8 have them. Must not know: lines, rows or Python.

   Every loop ends at a newline at the latest, as none may stand inside of anything; nothing is read behind it. Each
   function gives the place behind what it is named for, or NULL where that is no good. */

#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum {
    LONG_NUMBER = 200, /* characters of a number that is no more than a double holds, with an exponent of two digits */
    EXACT_DIGITS = 18  /* that a whole number keeps in every reader */
};

#define EACH_BYTE(byte) (0x0101010101010101ull * (byte))

/* Not zero where one of eight bytes does not stand for itself inside of a text. */
static uint64_t odd_among(const uint8_t *text) {
    uint64_t word, quote, backslash;
    memcpy(&word, text, 8);
    quote = word ^ EACH_BYTE('"');
    backslash = word ^ EACH_BYTE('\\');
    return (((quote - EACH_BYTE(1)) & ~quote) | ((backslash - EACH_BYTE(1)) & ~backslash) |
            ((word - EACH_BYTE(' ')) & ~word) | word) & EACH_BYTE(0x80);
}

/* The next byte that does not stand for itself inside of a text. */
static const uint8_t *behind_plain(const uint8_t *at, const uint8_t *end) {
    while (end - at >= 8 && !odd_among(at)) at += 8;
    while (*at != '"' && *at != '\\' && *at >= ' ' && *at < 0x80) at++;
    return at;
}

static const uint8_t *behind_blanks(const uint8_t *at) {
    while (*at == ' ' || *at == '\t' || *at == '\r') at++;
    return at;
}

/* The place behind a character of two to four bytes (Unicode, table 3-7); NULL where it is not UTF-8. */
static const uint8_t *behind_wide(const uint8_t *at) {
    uint8_t low = 0x80, high = 0xBF;
    int size = *at < 0xE0 ? 2 : *at < 0xF0 ? 3 : 4;
    if (*at < 0xC2 || *at > 0xF4) return NULL;
    if (*at == 0xE0) low = 0xA0;
    if (*at == 0xED) high = 0x9F;
    if (*at == 0xF0) low = 0x90;
    if (*at == 0xF4) high = 0x8F;
    if (at[1] < low || at[1] > high) return NULL;
    for (int place = 2; place < size; place++)
        if ((at[place] & 0xC0) != 0x80) return NULL;
    return at + size;
}

/* The four digits of an escape as a number; -1 where they are none. */
static int32_t hex_of(const uint8_t *at) {
    int32_t value = 0;
    for (int place = 0; place < 4; place++) {
        uint8_t low = at[place] | 0x20;
        if (at[place] >= '0' && at[place] <= '9') value = value * 16 + at[place] - '0';
        else if (low >= 'a' && low <= 'f') value = value * 16 + low - 'a' + 10;
        else return -1;
    }
    return value;
}

/* The place behind the escape at a backslash, with its character; NULL for none, for half of one and for zero. */
static const uint8_t *behind_escape(const uint8_t *at, int32_t *character) {
    static const char plain[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
    int32_t value, low;
    if (at[1] != 'u') {
        const char *found = at[1] ? strchr(plain, at[1]) : NULL;
        if (found) *character = meant[found - plain];
        return found ? at + 2 : NULL;
    }
    value = hex_of(at + 2);
    if (value <= 0 || (value >= 0xDC00 && value < 0xE000)) return NULL;
    at += 6;
    if (value >= 0xD800 && value < 0xDC00) {
        low = at[0] == '\\' && at[1] == 'u' ? hex_of(at + 2) : -1;
        if (low < 0xDC00 || low > 0xDFFF) return NULL;
        value = 0x10000 + ((value - 0xD800) << 10) + (low - 0xDC00);
        at += 6;
    }
    *character = value;
    return at;
}

/* The quote that ends the text which begins at `at`; NULL where the text is no good. */
static const uint8_t *end_of_text(const uint8_t *at, const uint8_t *end, bool *has_escapes) {
    int32_t character;
    *has_escapes = false;
    for (;;) {
        at = behind_plain(at, end);
        if (*at == '"') return at;
        if (*at == '\\') {
            *has_escapes = true;
            at = behind_escape(at, &character);
        } else {
            at = behind_wide(at);
        }
        if (!at) return NULL;
    }
}

/* Writes the character in UTF-8; its bytes. */
static int64_t write_character(uint8_t *to, int32_t character) {
    if (character < 0x80) {
        to[0] = (uint8_t)character;
        return 1;
    }
    if (character < 0x800) {
        to[0] = (uint8_t)(0xC0 | character >> 6);
        to[1] = (uint8_t)(0x80 | (character & 0x3F));
        return 2;
    }
    if (character < 0x10000) {
        to[0] = (uint8_t)(0xE0 | character >> 12);
        to[1] = (uint8_t)(0x80 | (character >> 6 & 0x3F));
        to[2] = (uint8_t)(0x80 | (character & 0x3F));
        return 3;
    }
    to[0] = (uint8_t)(0xF0 | character >> 18);
    to[1] = (uint8_t)(0x80 | (character >> 12 & 0x3F));
    to[2] = (uint8_t)(0x80 | (character >> 6 & 0x3F));
    to[3] = (uint8_t)(0x80 | (character & 0x3F));
    return 4;
}

static bool is_digit(uint8_t byte) { return byte >= '0' && byte <= '9'; }

/* The place behind the number; NULL where it is none, or where it could be too large. */
static const uint8_t *behind_number(const uint8_t *at, bool *is_whole) {
    const uint8_t *start = at, *begin;
    at += *at == '-';
    begin = at;
    while (is_digit(*at)) at++;
    if (at == begin || (*begin == '0' && at - begin > 1)) return NULL;
    *is_whole = *at != '.' && (*at | 0x20) != 'e' && at - start <= EXACT_DIGITS;
    *is_whole = *is_whole && !(*start == '-' && *begin == '0');
    if (*at == '.') {
        begin = ++at;
        while (is_digit(*at)) at++;
        if (at == begin) return NULL;
    }
    if ((*at | 0x20) == 'e') {
        bool is_small = *++at == '-';
        at += is_small || *at == '+';
        begin = at;
        while (is_digit(*at)) at++;
        if (at == begin || (at - begin > 2 && !is_small)) return NULL;
    }
    return at - start <= LONG_NUMBER ? at : NULL;
}

static const uint8_t *behind_word(const uint8_t *at) {
    const char *word = *at == 'n' ? "null" : *at == 't' ? "true" : "false";
    for (; *word; word++, at++)
        if (*at != (uint8_t)*word) return NULL;
    return at;
}

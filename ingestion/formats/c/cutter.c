/* Proves lines of JSON strict, and cuts the wanted values out of them, in one pass over their bytes.

   Knows: what a line is made of, and which of it is wanted. Must not know: sources, files or tables.

   A line is simple when it is one strict JSON object, no key is given twice in any object of it, and every wanted value
   can be taken as it stands. What is not simple is only named: strict.check_line says what is wrong, if anything is.
   Lines are read without the interpreter's lock. */

#include "rows.h"

#include "grammar.h"

enum {
    MOST_DEPTH = 1024,
    SLOTS = 1024, /* of wanted names, by their hash; a power of two */
    MOST_COLUMNS = 256,
    KEYS = 2048, /* places for the keys of one line, by their hash; a power of two */
    MOST_KEYS = KEYS / 2
};

/* The wanted names as they are looked up. */
typedef struct {
    const uint8_t *text[MOST_COLUMNS];
    int64_t size[MOST_COLUMNS];
    int16_t slots[SLOTS];
    bool are_json[MOST_COLUMNS];
} Names;

/* What is known while one line after the other is read. */
typedef struct {
    Cut *cut;
    const Names *names;
    const uint8_t *text;
    int32_t buffer;                    /* number of the text among all */
    uint64_t keys[KEYS];               /* hashes of the keys of the line */
    int64_t owners[KEYS];              /* the line whose key stands there */
    int64_t objects[MOST_DEPTH + 1];   /* containers that are open have numbers, so that an object's keys are its own */
    bool are_arrays[MOST_DEPTH + 1];
    int most_depth;
    bool is_out_of_memory;
} Reading;

/* ---- keys ---- */

static uint64_t hash_of(const uint8_t *text, int64_t size) {
    uint64_t hash = 14695981039346656037ull ^ (uint64_t)size, word;
    for (; size > 0; text += 8, size -= 8) {
        word = 0;
        memcpy(&word, text, size < 8 ? (size_t)size : 8);
        hash = (hash ^ word) * 0x9E3779B97F4A7C15ull;
        hash ^= hash >> 29;
    }
    return hash;
}

/* The wanted column of that name, or -1. */
static int column_of(const Names *names, const uint8_t *text, int64_t size, uint64_t hash) {
    int slot = hash & (SLOTS - 1);
    for (; names->slots[slot] >= 0; slot = (slot + 1) & (SLOTS - 1)) {
        int column = names->slots[slot];
        if (names->size[column] == size && !memcmp(names->text[column], text, (size_t)size)) return column;
    }
    return -1;
}

/* Notes a key of the line; false where it may have been there. */
static bool is_new(Reading *reading, uint64_t hash, int64_t line) {
    int slot = hash & (KEYS - 1);
    for (; reading->owners[slot] == line; slot = (slot + 1) & (KEYS - 1))
        if (reading->keys[slot] == hash) return false;
    reading->owners[slot] = line;
    reading->keys[slot] = hash;
    return true;
}

/* ---- values ---- */

/* Takes the bytes from `start` to `end` as they were delivered. */
static void take(Reading *reading, int column, const uint8_t *start, const uint8_t *end) {
    note(reading->cut, column, reading->buffer, reading->text, start, end - start);
}

/* Takes a good text without its escapes; false where there is no room. No escape is shorter than its character. */
static bool take_escaped(Reading *reading, int column, const uint8_t *at, const uint8_t *end) {
    Cut *cut = reading->cut;
    int64_t needed = cut->written_size + (end - at), start = cut->written_size;
    int32_t character;
    if (needed > INT32_MAX) return false;
    if (needed > cut->written_room) {
        int64_t room = needed * 2;
        uint8_t *larger = realloc(cut->written, (size_t)room);
        if (!larger) {
            reading->is_out_of_memory = true;
            return false;
        }
        cut->written = larger;
        cut->written_room = room;
    }
    while (at < end) {
        if (*at == '\\') {
            at = behind_escape(at, &character);
            cut->written_size += write_character(cut->written + cut->written_size, character);
        } else {
            cut->written[cut->written_size++] = *at++;
        }
    }
    note(cut, column, (int32_t)PyTuple_GET_SIZE(cut->texts), cut->written, cut->written + start,
         cut->written_size - start);
    return true;
}

/* ---- lines ---- */

/* The place of the newline when the line is simple, and its values in the next row; NULL when it is not. */
static const uint8_t *end_of_simple(Reading *reading, const uint8_t *at, const uint8_t *end, int64_t line) {
    const Names *names = reading->names;
    const uint8_t *begin, *bag_begin = NULL;
    int depth = -1, column = -1, bag = -1, many = 0;
    int64_t numbered = 0;
    bool wants_key = false, has_escapes, is_whole;

    note_nothing(reading->cut);
    at = behind_blanks(at);
    if (*at != '{') return NULL;
    for (;;) {
        if (wants_key) {
            uint64_t hash;
            begin = behind_blanks(at);
            if (*begin != '"' || ++many > MOST_KEYS) return NULL;
            at = end_of_text(begin + 1, end, &has_escapes);
            if (!at || has_escapes) return NULL;
            hash = hash_of(begin + 1, at - begin - 1);
            column = depth == 0 ? column_of(names, begin + 1, at - begin - 1, hash) : -1;
            hash ^= (uint64_t)reading->objects[depth] * 0xD6E8FEB86659FD93ull;
            if (!is_new(reading, hash, line)) return NULL;
            at = behind_blanks(at + 1);
            if (*at++ != ':') return NULL;
        }
        begin = at = behind_blanks(at);
        switch (*at) {
        case '"':
            at = end_of_text(at + 1, end, &has_escapes);
            if (!at) return NULL;
            at++;
            if (column < 0) break;
            if (names->are_json[column]) take(reading, column, begin, at);
            else if (!has_escapes) take(reading, column, begin + 1, at - 1);
            else if (!take_escaped(reading, column, begin + 1, at - 1)) return NULL;
            break;
        case '{':
        case '[':
            if (column >= 0) {
                if (!names->are_json[column]) return NULL;
                bag = column;
                bag_begin = at;
                column = -1;
            }
            if (++depth >= reading->most_depth) return NULL;
            reading->objects[depth] = ++numbered;
            reading->are_arrays[depth] = *begin == '[';
            at = behind_blanks(at + 1);
            wants_key = *begin == '{';
            if (*at != *begin + 2) continue; /* in ASCII the closing bracket */
            break;
        case 'n':
        case 't':
        case 'f':
            at = behind_word(at);
            if (!at) return NULL;
            if (column >= 0 && *begin != 'n') take(reading, column, begin, at);
            break;
        default:
            at = behind_number(at, &is_whole);
            if (!at) return NULL;
            if (column < 0) break;
            if (!is_whole && !names->are_json[column]) return NULL;
            take(reading, column, begin, at);
        }
        column = -1;
        for (;;) {
            at = behind_blanks(at);
            if (*at == ',') break;
            if (*at != (reading->are_arrays[depth] ? ']' : '}')) return NULL;
            at++;
            if (--depth == 0 && bag >= 0) {
                take(reading, bag, bag_begin, at);
                bag = -1;
            }
            if (depth < 0) {
                at = behind_blanks(at);
                return *at == '\n' ? at : NULL;
            }
        }
        at++;
        wants_key = !reading->are_arrays[depth];
    }
}

/* Reads the text; the places in it of lines that are not simple go to `others`. The number of lines, -1 for more. */
static int64_t read_text(Reading *reading, int64_t size, int32_t draft, int64_t before, int64_t most, int64_t *others,
                         int64_t *many) {
    Cut *cut = reading->cut;
    const uint8_t *at = reading->text, *end = at + size;
    int64_t line = 0;
    for (; at < end && line < most; line++) {
        int64_t written = cut->written_size;
        const uint8_t *behind = end_of_simple(reading, at, end, before + line);
        if (behind) {
            cut->lines[cut->rows] = before + line + 1;
            cut->drafts[cut->rows++] = draft;
        } else {
            cut->written_size = written;
            others[(*many)++] = line;
            behind = memchr(at, '\n', (size_t)(end - at));
        }
        at = behind + 1;
    }
    return at == end ? line : -1;
}

/* ---- the module ---- */

/* Fills in the names; -1 with an exception. */
static int look_up(Names *names, PyObject *columns, const char *are_json) {
    memset(names->slots, 0xFF, sizeof names->slots);
    for (int column = 0; column < PyTuple_GET_SIZE(columns); column++) {
        Py_ssize_t size;
        const char *text = PyUnicode_AsUTF8AndSize(PyTuple_GET_ITEM(columns, column), &size);
        int slot;
        if (!text) return -1;
        names->text[column] = (const uint8_t *)text;
        names->size[column] = size;
        names->are_json[column] = are_json[column] != 0;
        slot = hash_of(names->text[column], size) & (SLOTS - 1);
        while (names->slots[slot] >= 0) slot = (slot + 1) & (SLOTS - 1);
        names->slots[slot] = (int16_t)column;
    }
    return 0;
}

/* The texts and their sizes, and room for all of their rows; -1 with an exception. */
static int make_room(Cut *cut, PyObject *pieces) {
    Py_ssize_t many = PyTuple_GET_SIZE(pieces);
    cut->texts = PyTuple_New(many);
    cut->sizes = calloc((size_t)many + 1, sizeof(int64_t));
    if (!cut->texts || !cut->sizes) goto failed;
    for (Py_ssize_t piece = 0; piece < many; piece++) {
        int draft;
        PyObject *text;
        long long lines;
        Py_ssize_t size;
        if (!PyArg_ParseTuple(PyTuple_GET_ITEM(pieces, piece), "iSL", &draft, &text, &lines)) return -1;
        size = PyBytes_GET_SIZE(text);
        if (!size || size > INT32_MAX || PyBytes_AS_STRING(text)[size - 1] != '\n' || lines < 1 || lines > size) {
            PyErr_SetString(PyExc_ValueError, "a piece is lines, each with its newline, and how many they are");
            return -1;
        }
        PyTuple_SET_ITEM(cut->texts, piece, Py_NewRef(text));
        cut->sizes[piece] = size;
        cut->room += lines;
    }
    cut->views = malloc((size_t)(cut->columns * cut->room + 1) * sizeof(View));
    cut->held = calloc((size_t)(cut->columns * held_size(cut) + 1), 1);
    cut->lines = malloc((size_t)(cut->room + 1) * sizeof(int64_t));
    cut->drafts = malloc((size_t)(cut->room + 1) * sizeof(int32_t));
    if (cut->views && cut->held && cut->lines && cut->drafts) return 0;
failed:
    PyErr_NoMemory();
    return -1;
}

/* Reads one text; the places of lines that are not simple, or NULL with an exception. */
static PyObject *read_piece(Reading *reading, PyObject *text, int draft, int64_t before, int64_t lines) {
    int64_t *others = malloc((size_t)lines * sizeof(int64_t)), many = 0, found;
    PyObject *listed = NULL;
    if (!others) return PyErr_NoMemory();
    reading->text = (const uint8_t *)PyBytes_AS_STRING(text);
    Py_BEGIN_ALLOW_THREADS
    found = read_text(reading, PyBytes_GET_SIZE(text), draft, before, lines, others, &many);
    Py_END_ALLOW_THREADS
    if (reading->is_out_of_memory) {
        PyErr_NoMemory();
    } else if (found != lines) {
        PyErr_SetString(PyExc_ValueError, "a piece has another number of lines");
    } else {
        listed = PyList_New(many);
        for (int64_t each = 0; listed && each < many; each++)
            PyList_SET_ITEM(listed, each, PyLong_FromLongLong(others[each]));
    }
    free(others);
    return listed;
}

PyDoc_STRVAR(cut_doc,
             "cut(columns, are_json, most_depth, pieces) -> (rows, others)\n\n"
             "Cuts columns (a tuple of names, a byte for each that is 1 for JSON) out of the lines of pieces, a tuple of (number of a\n"
             "draft, bytes, number of lines). A text comes without its escapes, all of a JSON column as it was delivered. `rows` gives\n"
             "an Arrow stream of the columns, of __row (the line among all, from 1) and of __draft; `others` for each piece the lines\n"
             "from 0 that are not simple. ValueError where a piece is not what it says.");

static PyObject *cut(PyObject *module, PyObject *args) {
    PyObject *columns, *pieces, *others = NULL;
    const char *are_json;
    Py_ssize_t many_json;
    int most_depth;
    int64_t before = 0;
    Names names;
    Reading *reading = NULL;
    Cut *made;
    (void)module;
    if (!PyArg_ParseTuple(args, "O!y#iO!", &PyTuple_Type, &columns, &are_json, &many_json, &most_depth, &PyTuple_Type,
                          &pieces))
        return NULL;
    if (PyTuple_GET_SIZE(columns) != many_json || many_json > MOST_COLUMNS || most_depth < 1 ||
        most_depth > MOST_DEPTH) {
        PyErr_SetString(PyExc_ValueError, "as many flags as columns, at most 256, and a depth of 1 to 1024");
        return NULL;
    }
    made = PyObject_New(Cut, cut_type);
    if (!made) return NULL;
    memset((char *)made + sizeof(PyObject), 0, sizeof *made - sizeof(PyObject));
    made->columns = (int)many_json;
    made->names = Py_NewRef(columns);
    if (look_up(&names, columns, are_json) || make_room(made, pieces)) goto failed;
    reading = malloc(sizeof *reading);
    others = PyList_New(0);
    if (!reading || !others) {
        PyErr_NoMemory();
        goto failed;
    }
    *reading = (Reading){.cut = made, .names = &names, .most_depth = most_depth};
    memset(reading->owners, 0xFF, sizeof reading->owners);
    for (Py_ssize_t piece = 0; piece < PyTuple_GET_SIZE(pieces); piece++) {
        int draft;
        PyObject *text, *found;
        long long lines;
        int failed;
        if (!PyArg_ParseTuple(PyTuple_GET_ITEM(pieces, piece), "iSL", &draft, &text, &lines)) goto failed;
        reading->buffer = (int32_t)piece;
        found = read_piece(reading, text, draft, before, lines);
        if (!found) goto failed;
        failed = PyList_Append(others, found);
        Py_DECREF(found);
        if (failed) goto failed;
        before += lines;
    }
    made->sizes[PyTuple_GET_SIZE(pieces)] = made->written_size;
    free(reading);
    return Py_BuildValue("NN", made, others);
failed:
    free(reading);
    Py_XDECREF(others);
    Py_DECREF(made);
    return NULL;
}

PyDoc_STRVAR(count_doc,
             "count(data, wanted) -> int\n\n"
             "How often one byte, or three that follow each other, are there; ValueError for any other number of them.");

static PyObject *count(PyObject *module, PyObject *args) {
    const char *data, *wanted, *at, *end;
    Py_ssize_t size, many;
    int64_t found = 0;
    (void)module;
    if (!PyArg_ParseTuple(args, "y#y#", &data, &size, &wanted, &many)) return NULL;
    if (many != 1 && many != 3) {
        PyErr_SetString(PyExc_ValueError, "one byte or three");
        return NULL;
    }
    Py_BEGIN_ALLOW_THREADS
    /* the middle one of three is looked for */
    end = data + size - (many == 3);
    for (at = data + (many == 3); at < end && (at = memchr(at, wanted[many / 2], (size_t)(end - at))); at++)
        found += many == 1 || (at[-1] == wanted[0] && at[1] == wanted[2]);
    Py_END_ALLOW_THREADS
    return PyLong_FromLongLong(found);
}

static PyMethodDef methods[] = {
    {"cut", cut, METH_VARARGS, cut_doc}, {"count", count, METH_VARARGS, count_doc}, {NULL, NULL, 0, NULL}};
static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, "_cutter", NULL, -1, methods, NULL, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit__cutter(void) {
    cut_type = (PyTypeObject *)PyType_FromSpec(&cut_spec);
    return cut_type ? PyModule_Create(&definition) : NULL;
}

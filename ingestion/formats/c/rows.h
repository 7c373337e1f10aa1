/* Rows of texts, and how they are handed over.

   Knows: Arrow's C data and C stream interfaces, its views of texts, and whose memory it is. Must not know: JSON. */

#pragma once

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* ---- Arrow's C data interface, as its specification gives it ---- */

struct ArrowSchema {
    const char *format, *name, *metadata;
    int64_t flags, n_children;
    struct ArrowSchema **children, *dictionary;
    void (*release)(struct ArrowSchema *);
    void *private_data;
};

struct ArrowArray {
    int64_t length, null_count, offset, n_buffers, n_children;
    const void **buffers;
    struct ArrowArray **children, *dictionary;
    void (*release)(struct ArrowArray *);
    void *private_data;
};

struct ArrowArrayStream {
    int (*get_schema)(struct ArrowArrayStream *, struct ArrowSchema *);
    int (*get_next)(struct ArrowArrayStream *, struct ArrowArray *);
    const char *(*get_last_error)(struct ArrowArrayStream *);
    void (*release)(struct ArrowArrayStream *);
    void *private_data;
};

enum { NULLABLE = 2 };

/* ---- what is made ---- */

/* Arrow's view of a text: a short one stands in it as a whole, of a long one its first bytes and where it is. */
typedef struct {
    int32_t size;
    union {
        uint8_t whole[12];
        struct {
            uint8_t first[4];
            int32_t buffer, start;
        } place;
    } text;
} View;

typedef struct {
    PyObject_HEAD
    PyObject *names;       /* tuple of str */
    PyObject *texts;       /* tuple of bytes; views point into them */
    int columns;
    int64_t room, rows;    /* of `room` rows that there could be, `rows` are there */
    View *views;           /* columns by room */
    uint8_t *held;         /* columns by room: a bit is set where there is a value */
    int64_t *lines;        /* by row: its line among all, from 1 */
    int32_t *drafts;       /* by row: the number given with its text */
    int64_t *sizes;        /* of the buffers that views point into: the texts, then `written` */
    uint8_t *written;      /* texts that stand with escapes where they were delivered */
    int64_t written_size, written_room;
} Cut;

static int64_t held_size(const Cut *cut) { return (cut->room + 7) / 8; }

/* Notes the value of a column in the row that is made: so many bytes at `start` in a buffer that begins at `base`. */
static void note(Cut *cut, int column, int32_t buffer, const uint8_t *base, const uint8_t *start, int64_t size) {
    View *view = &cut->views[column * cut->room + cut->rows];
    view->size = (int32_t)size;
    if (size <= 12) {
        memset(view->text.whole, 0, 12);
        memcpy(view->text.whole, start, (size_t)size);
    } else {
        memcpy(view->text.place.first, start, 4);
        view->text.place.buffer = buffer;
        view->text.place.start = (int32_t)(start - base);
    }
    cut->held[column * held_size(cut) + cut->rows / 8] |= (uint8_t)(1 << (cut->rows & 7));
}

/* The row that is made has no value yet; a line that turned out not to be simple may have left some. */
static void note_nothing(Cut *cut) {
    for (int column = 0; column < cut->columns; column++)
        cut->held[column * held_size(cut) + cut->rows / 8] &= (uint8_t)~(1 << (cut->rows & 7));
}

/* ---- handing over; whoever takes a part of it may release it on its own, on any thread ---- */

static void let_go(void *held) {
    PyGILState_STATE state = PyGILState_Ensure();
    Py_DECREF((PyObject *)held);
    PyGILState_Release(state);
}

static void *hold(Cut *cut) {
    PyGILState_STATE state = PyGILState_Ensure();
    Py_INCREF(cut);
    PyGILState_Release(state);
    return cut;
}

static void release_schema(struct ArrowSchema *schema) {
    for (int64_t child = 0; child < schema->n_children; child++)
        if (schema->children[child]->release) schema->children[child]->release(schema->children[child]);
    free(schema->children);
    schema->release = NULL;
    let_go(schema->private_data);
}

static void release_array(struct ArrowArray *array) {
    for (int64_t child = 0; child < array->n_children; child++)
        if (array->children[child]->release) array->children[child]->release(array->children[child]);
    free(array->children);
    free((void *)array->buffers);
    array->release = NULL;
    let_go(array->private_data);
}

/* What one stream still has to give. */
typedef struct {
    Cut *cut;
    bool is_done;
} Offer;

/* Room for pointers to structs and for the structs themselves behind them. */
static void *room_for(int64_t many, size_t size) {
    char *room = calloc((size_t)many, sizeof(void *) + size);
    for (int64_t each = 0; room && each < many; each++)
        ((char **)room)[each] = room + (size_t)many * sizeof(void *) + (size_t)each * size;
    return room;
}

static int give_schema(struct ArrowArrayStream *stream, struct ArrowSchema *schema) {
    Cut *cut = ((Offer *)stream->private_data)->cut;
    int64_t many = cut->columns + 2;
    memset(schema, 0, sizeof *schema);
    schema->children = room_for(many, sizeof(struct ArrowSchema));
    if (!schema->children) return ENOMEM;
    for (int64_t column = 0; column < many; column++) {
        struct ArrowSchema *child = schema->children[column];
        bool is_text = column < cut->columns;
        child->format = is_text ? "vu" : column == cut->columns ? "l" : "i";
        child->name = column == cut->columns ? "__row" : "__draft";
        if (is_text) child->name = PyUnicode_AsUTF8(PyTuple_GET_ITEM(cut->names, column)); /* kept since look_up */
        child->flags = is_text ? NULLABLE : 0;
        child->release = release_schema;
        child->private_data = hold(cut);
    }
    schema->format = "+s";
    schema->name = "";
    schema->n_children = many;
    schema->release = release_schema;
    schema->private_data = hold(cut);
    return 0;
}

/* The arrays, once; then the end, which is an array that is released already. */
static int give_next(struct ArrowArrayStream *stream, struct ArrowArray *array) {
    Offer *offer = stream->private_data;
    Cut *cut = offer->cut;
    int64_t many = cut->columns + 2, texts = PyTuple_GET_SIZE(cut->texts);
    memset(array, 0, sizeof *array);
    if (offer->is_done) return 0;
    array->children = room_for(many, sizeof(struct ArrowArray));
    array->buffers = calloc(1, sizeof(void *));
    if (!array->children || !array->buffers) goto failed;
    array->length = cut->rows;
    array->n_buffers = 1;
    array->release = release_array;
    array->private_data = hold(cut);
    for (; array->n_children < many; array->n_children++) {
        int64_t column = array->n_children;
        struct ArrowArray *child = array->children[column];
        bool is_text = column < cut->columns;
        child->n_buffers = is_text ? texts + 4 : 2;
        child->buffers = calloc((size_t)child->n_buffers, sizeof(void *));
        if (!child->buffers) goto failed;
        child->length = cut->rows;
        child->null_count = is_text ? -1 : 0;
        if (is_text) {
            child->buffers[0] = cut->held + column * held_size(cut);
            child->buffers[1] = cut->views + column * cut->room;
            for (int64_t text = 0; text < texts; text++)
                child->buffers[2 + text] = PyBytes_AS_STRING(PyTuple_GET_ITEM(cut->texts, text));
            child->buffers[2 + texts] = cut->written ? (void *)cut->written : (void *)"";
            child->buffers[3 + texts] = cut->sizes;
        } else {
            child->buffers[1] = column == cut->columns ? (void *)cut->lines : (void *)cut->drafts;
        }
        child->release = release_array;
        child->private_data = hold(cut);
    }
    offer->is_done = true;
    return 0;
failed:
    if (array->release) {
        release_array(array);
    } else {
        free(array->children);
        free((void *)array->buffers);
    }
    return ENOMEM;
}

static const char *last_error(struct ArrowArrayStream *stream) {
    (void)stream;
    return "no memory";
}

static void release_stream(struct ArrowArrayStream *stream) {
    Offer *offer = stream->private_data;
    let_go(offer->cut);
    free(offer);
    stream->release = NULL;
}

static void drop_capsule(PyObject *capsule) {
    struct ArrowArrayStream *stream = PyCapsule_GetPointer(capsule, "arrow_array_stream");
    if (stream->release) stream->release(stream);
    free(stream);
}

PyDoc_STRVAR(stream_doc, "stream() -> capsule\n\nThe rows as an Arrow stream, to be read once; ask again to read again.");

static PyObject *cut_stream(PyObject *self, PyObject *nothing) {
    struct ArrowArrayStream *stream = calloc(1, sizeof *stream);
    Offer *offer = calloc(1, sizeof *offer);
    PyObject *capsule = NULL;
    (void)nothing;
    if (stream && offer) capsule = PyCapsule_New(stream, "arrow_array_stream", drop_capsule);
    else PyErr_NoMemory();
    if (!capsule) {
        free(stream);
        free(offer);
        return NULL;
    }
    offer->cut = hold((Cut *)self);
    *stream = (struct ArrowArrayStream){give_schema, give_next, last_error, release_stream, offer};
    return capsule;
}

static void cut_dealloc(PyObject *self) {
    Cut *cut = (Cut *)self;
    PyTypeObject *type = Py_TYPE(self);
    Py_XDECREF(cut->names);
    Py_XDECREF(cut->texts);
    free(cut->views);
    free(cut->held);
    free(cut->lines);
    free(cut->drafts);
    free(cut->sizes);
    free(cut->written);
    type->tp_free(self);
    Py_DECREF(type);
}

static PyMethodDef cut_methods[] = {{"stream", cut_stream, METH_NOARGS, stream_doc}, {NULL, NULL, 0, NULL}};
static PyType_Slot cut_slots[] = {{Py_tp_dealloc, cut_dealloc}, {Py_tp_methods, cut_methods}, {0, NULL}};
static PyType_Spec cut_spec = {"ingestion.formats._cutter.Rows", sizeof(Cut), 0,
                               Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION, cut_slots};
static PyTypeObject *cut_type;

/* Python binding: one type, Engine; every call but interrupt() belongs to one thread. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <string.h>

#include "board.h"
#include "operations.h"

typedef struct {
    PyObject_HEAD
    board_t *board;
} Engine;

static PyObject *BusError;

static int engine_init(Engine *self, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"chips", "threads", "window", "branch_cost", "memory_cost", "dma_setup",
                            "dma_word_eighths", "fifo_limit", "router_timeout", NULL};
    int chips, threads = 1;
    long long window = 2000, timeout = 0;
    timing_t t;
    memset(&t, 0, sizeof t);
    t.dma_setup = 100;
    t.dma_word_eighths = 8;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "i|iLIIIIIL", names, &chips, &threads, &window,
                                     &t.branch_cost, &t.memory_cost, &t.dma_setup,
                                     &t.dma_word_eighths, &t.fifo_limit, &timeout))
        return -1;
    if (chips < 1 || chips > 4096 || threads < 1 || threads > 256 || window < 1) {
        PyErr_Format(PyExc_ValueError, "chips %d, threads %d, window %lld: out of range", chips, threads,
                     window);
        return -1;
    }
    t.window = window;
    t.router_timeout = timeout;
    board_free(self->board);
    self->board = board_new(chips, threads, &t);
    if (!self->board) {
        PyErr_NoMemory();
        return -1;
    }
    return 0;
}

static void engine_dealloc(Engine *self)
{
    board_free(self->board);
    Py_TYPE(self)->tp_free((PyObject *)self);
}

static chip_t *chip_at(Engine *self, int chip)
{
    if (self->board && chip >= 0 && chip < self->board->chip_count) return &self->board->chips[chip];
    PyErr_Format(PyExc_IndexError, "no chip %d", chip);
    return NULL;
}

static core_t *core_at(Engine *self, int chip, int core)
{
    chip_t *c = chip_at(self, chip);
    if (c && core >= 0 && core < CORES) return &c->core[core];
    if (c) PyErr_Format(PyExc_IndexError, "no core %d", core);
    return NULL;
}

static PyObject *bus_error(uint32_t address, Py_ssize_t length)
{
    return PyErr_Format(BusError, "nothing answers at 0x%08x (%zd bytes)", address, length);
}

static PyObject *engine_link(Engine *self, PyObject *args)
{
    int chip, link, other;
    if (!PyArg_ParseTuple(args, "iii", &chip, &link, &other)) return NULL;
    chip_t *c = chip_at(self, chip);
    if (!c || !chip_at(self, other)) return NULL;
    if (link < 0 || link >= LINKS) return PyErr_Format(PyExc_IndexError, "no link %d", link);
    c->neighbour[link] = other;
    Py_RETURN_NONE;
}

static PyObject *engine_read(Engine *self, PyObject *args)
{
    int chip, core;
    unsigned long address;
    Py_ssize_t length;
    if (!PyArg_ParseTuple(args, "iikn", &chip, &core, &address, &length)) return NULL;
    core_t *c = core_at(self, chip, core);
    if (!c) return NULL;
    uint32_t start = (uint32_t)address;
    if (length < 0 || length > 0x8000000) return bus_error(start, length);
    const uint8_t *m = bus_memory(c->chip, c, start, (uint32_t)length);
    if (m) return PyBytes_FromStringAndSize((const char *)m, length);
    PyObject *result = PyBytes_FromStringAndSize(NULL, length);
    if (!result) return NULL;
    char *out = PyBytes_AS_STRING(result);
    for (Py_ssize_t i = 0; i < length; i++) {
        uint32_t a = start + (uint32_t)i;
        int missing = 0;
        uint32_t word = bus_shared_load(c->chip, a & ~3u, &missing);
        if (missing) {
            Py_DECREF(result);
            return bus_error(a, length);
        }
        out[i] = (char)(word >> (8 * (a & 3)));
        if ((a & 3) == 0 && i + 3 < length) {
            memcpy(out + i, &word, 4);
            i += 3;
        }
    }
    return result;
}

static PyObject *engine_write(Engine *self, PyObject *args)
{
    int chip, core;
    unsigned long address;
    Py_buffer data;
    if (!PyArg_ParseTuple(args, "iiky*", &chip, &core, &address, &data)) return NULL;
    core_t *c = core_at(self, chip, core);
    PyObject *result = NULL;
    uint32_t start = (uint32_t)address;
    if (!c) goto done;
    if (data.len > 0x8000000) {
        bus_error(start, data.len);
        goto done;
    }
    uint8_t *m = bus_memory(c->chip, c, start, (uint32_t)data.len);
    if (m) {
        memcpy(m, data.buf, (size_t)data.len);
        if (start < ITCM_BYTES) processor_forget(&c->cpu, start, (uint32_t)data.len);
    } else {
        const uint8_t *in = data.buf;
        if ((start & 3) || (data.len & 3)) {
            bus_error(start, data.len);
            goto done;
        }
        for (Py_ssize_t i = 0; i < data.len; i += 4) {
            uint32_t word;
            int missing = 0;
            memcpy(&word, in + i, 4);
            bus_shared_store(c->chip, start + (uint32_t)i, word, &missing);
            if (missing) {
                bus_error(start + (uint32_t)i, data.len);
                goto done;
            }
        }
    }
    result = Py_None;
    Py_INCREF(result);
done:
    PyBuffer_Release(&data);
    return result;
}

static PyObject *engine_prepare(Engine *self, PyObject *args)
{
    int chip, core;
    if (!PyArg_ParseTuple(args, "ii", &chip, &core)) return NULL;
    core_t *c = core_at(self, chip, core);
    if (!c) return NULL;
    core_stop(c);
    if (!core_memory(c)) return PyErr_NoMemory();
    Py_RETURN_NONE;
}

static PyObject *engine_start(Engine *self, PyObject *args)
{
    int chip, core;
    unsigned long r0;
    if (!PyArg_ParseTuple(args, "iik", &chip, &core, &r0)) return NULL;
    core_t *c = core_at(self, chip, core);
    if (!c) return NULL;
    if (!core_start(c, (uint32_t)r0)) return PyErr_NoMemory();
    Py_RETURN_NONE;
}

static PyObject *engine_stop(Engine *self, PyObject *args)
{
    int chip, core;
    if (!PyArg_ParseTuple(args, "ii", &chip, &core)) return NULL;
    core_t *c = core_at(self, chip, core);
    if (!c) return NULL;
    core_stop(c);
    Py_RETURN_NONE;
}

static PyObject *engine_run(Engine *self, PyObject *args)
{
    long long windows, until = NEVER;
    enum run_result result;
    if (!PyArg_ParseTuple(args, "L|L", &windows, &until)) return NULL;
    Py_BEGIN_ALLOW_THREADS
    result = board_run(self->board, windows, until);
    Py_END_ALLOW_THREADS
    return PyLong_FromLong(result);
}

static PyObject *engine_pool_seconds(Engine *self, PyObject *unused)
{
    (void)unused;
    return PyFloat_FromDouble(pool_seconds(self->board->pool));
}

static PyObject *engine_interrupt(Engine *self, PyObject *unused)
{
    (void)unused;
    self->board->interrupt = 1;
    Py_RETURN_NONE;
}

static PyObject *engine_messages(Engine *self, PyObject *unused)
{
    (void)unused;
    board_t *b = self->board;
    PyObject *list = PyList_New(0);
    for (size_t i = 0; list && i < b->message_count; i++) {
        message_t *m = &b->messages[i];
        Py_ssize_t length = m->length <= 280 ? (Py_ssize_t)m->length : 280;
        PyObject *item = Py_BuildValue("iiy#", m->chip, m->core, (char *)m->bytes + 8, length);
        if (!item || PyList_Append(list, item)) {
            Py_XDECREF(item);
            Py_CLEAR(list);
            break;
        }
        Py_DECREF(item);
    }
    b->message_count = 0;
    return list;
}

static PyObject *engine_core(Engine *self, PyObject *args)
{
    int chip, core;
    if (!PyArg_ParseTuple(args, "ii", &chip, &core)) return NULL;
    core_t *c = core_at(self, chip, core);
    if (!c) return NULL;
    PyObject *registers = PyTuple_New(16);
    if (!registers) return NULL;
    for (int i = 0; i < 16; i++)
        PyTuple_SET_ITEM(registers, i, PyLong_FromUnsignedLong(i == 15 ? c->cpu.pc : c->cpu.r[i]));
    return Py_BuildValue("{s:i,s:N,s:k,s:k,s:L,s:K,s:K,s:K,s:K,s:K}", "state", (int)c->state, "registers",
                         registers, "psr", (unsigned long)processor_psr(&c->cpu), "spsr",
                         (unsigned long)processor_spsr(&c->cpu), "time",
                         (long long)c->cpu.time, "instructions",
                         (unsigned long long)c->cpu.instructions, "packets_sent",
                         (unsigned long long)c->packets_sent, "packets_received",
                         (unsigned long long)c->packets_received, "packets_dropped",
                         (unsigned long long)c->packets_dropped, "dma_transfers",
                         (unsigned long long)c->dma_transfers);
}

/* For tests and tools: sets the registers and status word of a stopped core and runs it. */
static PyObject *engine_set_core(Engine *self, PyObject *args)
{
    int chip, core;
    unsigned long psr;
    PyObject *registers;
    if (!PyArg_ParseTuple(args, "iikO!", &chip, &core, &psr, &PyTuple_Type, &registers)) return NULL;
    core_t *c = core_at(self, chip, core);
    if (!c) return NULL;
    if (PyTuple_GET_SIZE(registers) != 16) return PyErr_Format(PyExc_ValueError, "16 registers wanted");
    if (!core_start(c, 0)) return PyErr_NoMemory();
    processor_set_psr(&c->cpu, (uint32_t)psr);
    for (int i = 0; i < 16; i++) {
        unsigned long value = PyLong_AsUnsignedLongMask(PyTuple_GET_ITEM(registers, i));
        if (i == 15) c->cpu.pc = (uint32_t)value;
        else c->cpu.r[i] = (uint32_t)value;
    }
    if (PyErr_Occurred()) return NULL;
    Py_RETURN_NONE;
}

static PyObject *engine_step(Engine *self, PyObject *args)
{
    int chip, core, cycles;
    if (!PyArg_ParseTuple(args, "iii", &chip, &core, &cycles)) return NULL;
    core_t *c = core_at(self, chip, core);
    if (!c) return NULL;
    if (!core_memory(c)) return PyErr_NoMemory();
    c->cpu.slice_end = c->cpu.time + cycles;
    return PyLong_FromLong(processor_execute(&c->cpu));
}

static PyObject *engine_figures(Engine *self, PyObject *unused)
{
    (void)unused;
    board_t *b = self->board;
    uint64_t instructions = 0, sent = 0, received = 0;
    int active = 0;
    for (int i = 0; i < b->chip_count; i++)
        for (int k = 0; k < CORES; k++) {
            core_t *c = &b->chips[i].core[k];
            instructions += c->cpu.instructions;
            sent += c->packets_sent;
            received += c->packets_received;
            active += c->state != RUN_OFF;
        }
    return Py_BuildValue("{s:L,s:K,s:K,s:K,s:K,s:K,s:K,s:K,s:i}", "time", (long long)b->time,
                         "instructions", (unsigned long long)instructions, "packets_sent",
                         (unsigned long long)sent, "packets_received", (unsigned long long)received,
                         "packets_dropped", (unsigned long long)b->dropped, "packets_unrouted",
                         (unsigned long long)b->unrouted, "fifo_peak",
                         (unsigned long long)b->fifo_peak, "windows", (unsigned long long)b->windows,
                         "cores", active);
}

static PyObject *engine_monitor_waiting(Engine *self, PyObject *args)
{
    int chip;
    if (!PyArg_ParseTuple(args, "i", &chip)) return NULL;
    chip_t *c = chip_at(self, chip);
    return c ? PyLong_FromUnsignedLong(c->locks) : NULL;
}

static PyObject *decode(PyObject *module, PyObject *args)
{
    unsigned long word, address;
    int thumb;
    instruction_t out;
    char name[16], inner[16] = "";
    (void)module;
    if (!PyArg_ParseTuple(args, "kpk", &word, &thumb, &address)) return NULL;
    if (thumb) decode_thumb(&out, (uint32_t)word, (uint32_t)address);
    else decode_arm(&out, (uint32_t)word, (uint32_t)address);
    operation_name(out.op, name, sizeof name);
    if (out.op >= OP_PRE_EQ && out.op <= OP_PRE_PC) operation_name(out.op2, inner, sizeof inner);
    return Py_BuildValue("(ss)", name, inner);
}

static PyObject *operations(PyObject *module, PyObject *unused)
{
    (void)module, (void)unused;
    PyObject *list = PyList_New(OPERATION_COUNT);
    for (unsigned op = 0; list && op < OPERATION_COUNT; op++) {
        char name[16];
        operation_name(op, name, sizeof name);
        PyObject *text = PyUnicode_FromString(name);
        if (text) PyList_SET_ITEM(list, op, text);
        else Py_CLEAR(list);
    }
    return list;
}

static PyMethodDef functions[] = {
    {"decode", decode, METH_VARARGS,
     "decode(word, thumb, address) -> (operation, operation behind a condition or '')"},
    {"operations", operations, METH_NOARGS, "operations() -> names of all operations"},
    {NULL, NULL, 0, NULL},
};

static PyMethodDef methods[] = {
    {"link", (PyCFunction)engine_link, METH_VARARGS, "link(chip, link, other)"},
    {"read", (PyCFunction)engine_read, METH_VARARGS, "read(chip, core, address, length) -> bytes"},
    {"write", (PyCFunction)engine_write, METH_VARARGS, "write(chip, core, address, data)"},
    {"prepare", (PyCFunction)engine_prepare, METH_VARARGS, "prepare(chip, core): stopped, with memory"},
    {"start", (PyCFunction)engine_start, METH_VARARGS, "start(chip, core, r0): from the reset vector"},
    {"stop", (PyCFunction)engine_stop, METH_VARARGS, "stop(chip, core)"},
    {"run", (PyCFunction)engine_run, METH_VARARGS,
     "run(windows, until=...) -> 0 idle, 1 limit, 2 messages, 3 interrupted"},
    {"pool_seconds", (PyCFunction)engine_pool_seconds, METH_NOARGS,
     "pool_seconds() -> CPU time of run() that was spent on other threads than the caller's"},
    {"interrupt", (PyCFunction)engine_interrupt, METH_NOARGS, "ends run() soon; from any thread"},
    {"messages", (PyCFunction)engine_messages, METH_NOARGS, "messages() -> [(chip, core, bytes)]"},
    {"core", (PyCFunction)engine_core, METH_VARARGS, "core(chip, core) -> dict"},
    {"set_core", (PyCFunction)engine_set_core, METH_VARARGS, "set_core(chip, core, psr, registers)"},
    {"step", (PyCFunction)engine_step, METH_VARARGS, "step(chip, core, cycles) -> reason"},
    {"figures", (PyCFunction)engine_figures, METH_NOARGS, "figures() -> dict"},
    {"locks", (PyCFunction)engine_monitor_waiting, METH_VARARGS, "locks(chip) -> bits held"},
    {NULL, NULL, 0, NULL},
};

static PyTypeObject EngineType = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "neuroport_spinnaker.board._engine.Engine",
    .tp_basicsize = sizeof(Engine),
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_doc = "Processors, devices and routers of an emulated board.",
    .tp_methods = methods,
    .tp_init = (initproc)engine_init,
    .tp_dealloc = (destructor)engine_dealloc,
    .tp_new = PyType_GenericNew,
};

static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "_engine", NULL, -1, functions,
                                    NULL, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit__engine(void)
{
    if (PyType_Ready(&EngineType) < 0) return NULL;
    PyObject *m = PyModule_Create(&module);
    if (!m) return NULL;
    BusError = PyErr_NewException("neuroport_spinnaker.board._engine.BusError", PyExc_LookupError, NULL);
    Py_INCREF(&EngineType);
    if (PyModule_AddObject(m, "Engine", (PyObject *)&EngineType) < 0 ||
        PyModule_AddObject(m, "BusError", BusError) < 0) {
        Py_DECREF(m);
        return NULL;
    }
    return m;
}

"""The student's side: run cells, and answer what the student's functions return.

This process holds no check, no solution and no points. It is started by `session`, shuts itself in
and then does what it is asked, one request at a time. Whatever a student does to it, it can only
give wrong answers or none.
"""

import contextlib
import io
import json
import pickle
import re
import socket
import sys
import warnings

from celltoken.coursework import cage

LONGEST_OUTPUT = 8_000
COLOURS = re.compile(r"\x1b\[[0-9;]*m")


def main() -> None:
    orders = json.loads(sys.argv[1])
    connection = socket.socket(fileno=orders["connection"])
    # Before anything large is loaded, so that the limits hold for all of it.
    inside = cage.enclose(orders["scratch"], orders["readable"], orders["limits"], orders["user"])
    from celltoken.coursework import wire

    with contextlib.suppress(EOFError):
        Worker(wire.Line(connection), inside).serve()


class Printed(io.StringIO):
    """What is printed, up to a length."""

    def write(self, text):
        left = LONGEST_OUTPUT - self.tell()
        if left > 0:
            super().write(text[:left] if len(text) <= left else text[:left] + "\n[cut short]")
        return len(text)


@contextlib.contextmanager
def printed():
    into = Printed()
    with contextlib.redirect_stdout(into), contextlib.redirect_stderr(into):
        yield into


class Worker:
    def __init__(self, line, inside):
        from celltoken.coursework import wire

        self.wire, self.line, self.inside, self.shell = wire, line, inside, None

    def serve(self):
        while True:
            request = pickle.loads(self.line.receive())  # from the examiner, who is trusted
            reply = getattr(self, request.pop("do"))(**request)
            self.line.send(self.wire.encode(reply))

    def hello(self):
        """Make a shell in which cells run as in a notebook: magics, displays, tracebacks."""
        from IPython.core.history import HistoryManager
        from IPython.core.interactiveshell import InteractiveShell

        HistoryManager.enabled = False  # it writes a file from a thread
        self.shell = InteractiveShell.instance()
        self.shell.run_line_magic("colors", "nocolor")
        self.shell.displayhook.write_output_prompt = lambda: None
        return {"inside": self.inside}

    def run(self, source):
        with printed() as into:
            result = self.shell.run_cell(source, store_history=False)
        return {"ok": bool(result.success), "output": COLOURS.sub("", into.getvalue())}

    def get(self, name):
        """What a name stands for: a function with its signature, a value, or nothing."""
        import inspect

        if name not in self.shell.user_ns:
            return {"kind": "nothing"}
        value = self.shell.user_ns[name]
        if not callable(value):
            return {"kind": "value", "value": value}
        try:
            parameters = inspect.signature(value).parameters.values()
            taken = [[p.name, int(p.kind), p.default is not p.empty] for p in parameters]
        except (TypeError, ValueError):
            taken = None
        return {"kind": "function", "signature": taken}

    def call(self, name, arguments, options):
        """What a function of the student's returns, or how it fails."""
        import copy

        import numpy as np

        from celltoken.checks import _core

        function = self.shell.user_ns[name]
        try:
            arguments = _Unpickler(io.BytesIO(arguments), self).load()
            before = [each if callable(each) else copy.deepcopy(each) for each in arguments]
            with printed(), warnings.catch_warnings(), np.errstate(all="ignore"):
                warnings.simplefilter("ignore")
                result = function(*arguments, **options)
        except BaseException as problem:
            return {
                "kind": "error",
                "type": type(problem).__name__,
                "text": str(problem)[:500],
                "line": _line_of(problem, function),
            }
        changed = False
        with contextlib.suppress(Exception):
            pairs = zip(arguments, before, strict=True)
            changed = not all(_core._same(a, b) for a, b in pairs)
        return {"kind": "result", "value": result, "changed": changed}


class _Unpickler(pickle.Unpickler):
    """Reads arguments; a function that stays with the examiner is called across the line."""

    def __init__(self, file, worker):
        super().__init__(file)
        self.worker = worker

    def persistent_load(self, number):
        worker = self.worker

        def lent(*arguments, **options):
            asked = {"kind": "callback", "number": number, "arguments": arguments}
            worker.line.send(worker.wire.encode(asked | {"options": options}))
            answer = pickle.loads(worker.line.receive())
            if "error" in answer:
                raise _error(*answer["error"])
            return answer["value"]

        return lent


def _error(name, text):
    import builtins

    kind = getattr(builtins, name, None)
    if isinstance(kind, type) and issubclass(kind, Exception):
        with contextlib.suppress(TypeError):
            return kind(text)
    return RuntimeError(text)


def _line_of(problem, function):
    code, line = getattr(function, "__code__", None), None
    step = problem.__traceback__
    while step:
        if step.tb_frame.f_code is code:
            line = step.tb_lineno - code.co_firstlineno + 1
        step = step.tb_next
    return line


if __name__ == "__main__":
    main()

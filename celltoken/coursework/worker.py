"""The student's side: run cells, and answer what the student's functions return.

This process holds no check, no solution and no points. It is started by `session`, shuts itself in
and then does what it is asked, one request at a time. Cells run in the shell of a Jupyter kernel.
Whatever a student does to this process, it can only give wrong answers or none.
"""

import asyncio
import contextlib
import io
import json
import os
import pickle
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import traceback
import types
import warnings
from multiprocessing.connection import Connection

import celltoken
from celltoken.coursework import sandbox

LONGEST_OUTPUT = 8_000
COLOURS = re.compile(r"\x1b\[[0-9;]*m")


def main() -> None:
    orders = json.loads(sys.argv[1])
    connection = Connection(orders.pop("connection"))
    # Before anything large is loaded, so that the limits hold for all of it.
    inside = sandbox.enclose(**orders)
    with contextlib.suppress(OSError, shutil.Error):  # it may be that nothing is compiled yet
        shutil.copytree(os.environ.pop("COMPILED"), os.environ["NUMBA_CACHE_DIR"])
    sys.modules["celltoken.checks"] = celltoken.checks = Silent("celltoken.checks")
    sys.path.insert(0, "")  # as in a notebook: what a cell has written can be imported
    from celltoken.coursework import wire

    with contextlib.suppress(EOFError):
        Worker(connection, inside, wire).serve()


class Silent(types.ModuleType):
    """Stands for the checks, which hold the solutions: here each does nothing, so that a student's
    cell that calls one goes on."""

    CheckError = NotAttempted = AssertionError

    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError(name)
        return Silent(f"{self.__name__}.{name}")

    def __call__(self, *_, **__):
        return None


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


def kernel():
    """A Jupyter kernel without a front end: what it would send is printed, and nobody types."""
    from ipykernel.inprocess.ipkernel import InProcessInteractiveShell, InProcessKernel
    from IPython.core.displayhook import DisplayHook
    from IPython.core.displaypub import DisplayPublisher
    from IPython.core.history import HistoryManager
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets import Type

    HistoryManager.enabled = False  # it writes a file from a thread

    class Shell(InProcessInteractiveShell):
        displayhook_class, display_pub_class = Type(DisplayHook), Type(DisplayPublisher)
        _showtraceback = InteractiveShell._showtraceback

        def system(self, command):
            """Run a ``!`` line, without the terminal that is not there."""
            command = self.var_expand(command, depth=1)
            with tempfile.TemporaryFile() as output:
                into = {"stdin": subprocess.DEVNULL, "stdout": output, "stderr": output}
                try:
                    code = subprocess.run(["/bin/sh", "-c", command], **into).returncode
                except OSError as problem:
                    code = 127
                    print(problem)
                output.seek(0)
                print(output.read(LONGEST_OUTPUT).decode(errors="replace"), end="")
            self.user_ns["_exit_code"] = code

        system_piped = system_raw = system

    made = InProcessKernel(shell_class=Shell)
    made.shell.extension_manager.load_extension("storemagic")  # as in every notebook
    made.shell.run_line_magic("colors", "nocolor")
    made.shell.displayhook.write_output_prompt = lambda: None
    made._input_request = lambda *_, **__: ""
    return made


class Late(KeyboardInterrupt):
    """Time is up: for a cell and for a function as if somebody pressed *Interrupt*."""


class Worker:
    def __init__(self, line, inside, wire):
        self.wire, self.line, self.inside = wire, line, inside
        self.kernel, self.loop, self.late = None, asyncio.new_event_loop(), False

    def serve(self):
        asyncio.set_event_loop(self.loop)
        own = os.getpid()
        while True:
            request = pickle.loads(self.line.recv_bytes())  # from the autograder, who is trusted
            self._until(request.pop("seconds"), request.pop("wall"))
            try:
                reply = getattr(self, request.pop("do"))(**request)
                self._until(0, 0)
            except Late:
                reply = {"ok": False}
            if os.getpid() != own:
                os._exit(0)  # a process that the student's code has made, and did not end
            self.line.send_bytes(self.wire.encode(reply | {"late": self.late}))

    def _until(self, seconds, wall):
        """Interrupt this process when it has worked so long, or when the clock says so."""
        self.late = False if seconds else self.late
        signal.signal(signal.SIGPROF, self._interrupt)
        signal.signal(signal.SIGALRM, self._interrupt)
        signal.setitimer(signal.ITIMER_PROF, seconds)
        signal.setitimer(signal.ITIMER_REAL, wall)

    def _interrupt(self, *_):
        self.late = True
        raise Late("it ran too long")

    def hello(self):
        self.kernel = kernel()
        self.shell = self.kernel.shell
        return {"inside": self.inside}

    def run(self, source):
        with printed() as into:
            work = self.kernel.do_execute(source, silent=False, allow_stdin=True)
            reply = self.loop.run_until_complete(work)
        return {"ok": reply["status"] == "ok", "output": COLOURS.sub("", into.getvalue())}

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
        import numpy as np

        function = self.shell.user_ns[name]
        try:
            arguments = _Unpickler(io.BytesIO(arguments), self).load()
            before = self.wire.encode(arguments)
            with printed(), warnings.catch_warnings(), np.errstate(all="ignore"):
                warnings.simplefilter("ignore")
                result = function(*arguments, **options)
        except BaseException as problem:
            code = getattr(function, "__code__", None)
            steps = traceback.walk_tb(problem.__traceback__)
            lines = [at - code.co_firstlineno + 1 for frame, at in steps if frame.f_code is code]
            said = {"type": type(problem).__name__, "text": str(problem)[:500]}
            return {"kind": "error", "line": lines[-1] if lines else None} | said
        changed = True
        with contextlib.suppress(Exception):
            changed = self.wire.encode(arguments) != before
        return {"kind": "result", "value": result, "changed": changed}


class _Unpickler(pickle.Unpickler):
    """Reads arguments; a function that stays with the autograder is called across the line."""

    def __init__(self, file, worker):
        super().__init__(file)
        self.worker = worker

    def persistent_load(self, number):
        worker = self.worker

        def lent(*arguments, **options):
            asked = {"kind": "callback", "number": number, "arguments": arguments}
            worker.line.send_bytes(worker.wire.encode(asked | {"options": options}))
            answer = pickle.loads(worker.line.recv_bytes())
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


if __name__ == "__main__":
    main()

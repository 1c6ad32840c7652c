"""The autograder's side of a student's process: start it, ask it, end it.

`Session.name` gives what a student's name stands for: a value, or an `Answer`, which looks like the
student's function and asks the process at each call. The checks of the course take an `Answer` for
the function itself.
"""

import builtins
import contextlib
import functools
import inspect
import io
import json
import math
import os
import pickle
import socket
import subprocess
import sys
import tempfile
import threading
import time
import types
from multiprocessing.connection import Connection
from pathlib import Path

import psutil

from celltoken import data
from celltoken.checks import CheckError
from celltoken.coursework import CourseworkError, sandbox, wire
from celltoken.coursework.assignment import writable

LIBRARY = Path(__file__).resolve().parents[1]
LENDABLE = (types.FunctionType, types.MethodType, functools.partial)
GRACE = 3  # seconds of a processor in which what is interrupted may answer
# The library is this one, whichever is installed; `-I` takes none from the folder or environment.
START = """
import importlib.util as tools, sys
found = tools.spec_from_file_location("celltoken", sys.argv.pop(1) + "/__init__.py")
sys.modules["celltoken"] = package = tools.module_from_spec(found)
found.loader.exec_module(package)
from celltoken.coursework import worker
worker.main()
"""
KEPT = ("PATH", "CELLTOKEN_DATA", "CELLTOKEN_CACHE", "LD_LIBRARY_PATH")


class WorkerDied(BaseException):
    """The student's process is no more. No check may take this for an error of a function."""


class TooSlow(WorkerDied):
    """What was asked was interrupted; the process goes on."""


class Session(contextlib.AbstractContextManager):
    """A process in which a student's cells run, within limits as :data:`sandbox.LIMITS`.

    CourseworkError if no such process can be started here, whoever's code is to run in it.
    """

    def __init__(self, limits: dict):
        self.limits = limits
        self.budget = limits["exercise"]  # seconds of a processor that are left for what is asked
        self.folder = tempfile.TemporaryDirectory(prefix="celltoken-scratch-")
        scratch = os.path.realpath(self.folder.name)
        user = sandbox.USERS[os.getpid() % len(sandbox.USERS)] if os.geteuid() == 0 else None
        if user is not None:
            os.chown(scratch, user, user)
        orders = {"scratch": scratch, "readable": readable(), "hidden": str(LIBRARY / "checks")}
        orders |= {"limits": limits, "user": user}
        shut_in, measures = sandbox.namespaces(**orders)
        self.group = sandbox.Group(limits)
        ours, theirs = socket.socketpair()
        orders |= {"connection": theirs.fileno(), "held": measures}
        worker = [sys.executable, "-I", "-c", START, str(LIBRARY), json.dumps(orders)]
        self.process = subprocess.Popen(
            [*self.group.words(), *shut_in, *worker],
            env=_environment(scratch),
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
            start_new_session=True,
        )
        theirs.close()
        self.socket, self.line = ours, Connection(os.dup(ours.fileno()))
        self.ended, self.closed, self.most = "", threading.Event(), (math.inf, math.inf)
        threading.Thread(target=self._watch, daemon=True).start()
        try:
            reply = self._ask({"do": "hello"}, 60)
        except WorkerDied as problem:
            raise CourseworkError(
                "The process for a student's code does not start here "
                f"({problem}): install bubblewrap, or put the course and its Python where every "
                "account may read them."
            ) from None
        self.inside = sorted({*reply["inside"], *self.group.holds})

    def run(self, source: str) -> tuple[bool, str]:
        """Run a cell; return whether it ended well, and what it printed."""
        reply = self.ask({"do": "run", "source": source})
        return bool(reply.get("ok")), writable(str(reply.get("output", ""))[:20_000])

    def name(self, name: str):
        """What a name stands for; LookupError if for nothing."""
        reply = self.ask({"do": "get", "name": name})
        if reply.get("kind") == "value":
            return reply.get("value")
        if reply.get("kind") == "function":
            return Answer(self, name, reply.get("signature"))
        raise LookupError(name)

    def ask(self, request: dict, lend=None) -> dict:
        """The reply to a request; WorkerDied if there is none, or none in time. When the student's
        function calls a function that it was given, ``lend`` answers."""
        most = min(self.limits["cell"], self.budget)
        if most <= 0:
            raise TooSlow(f"its exercise ran longer than {self.limits['exercise']} seconds")
        before, began = self.spent(), time.monotonic()
        try:
            return self._ask(request, most, lend)
        finally:  # of a process that is no more only the clock can tell
            took = time.monotonic() - began
            self.budget -= took if self.closed.is_set() else self.spent() - before

    def _ask(self, request, seconds, lend=None):
        wall = seconds * self.limits["wall"]
        self.most = self.spent() + seconds + GRACE, time.monotonic() + wall + GRACE
        self.slow = f"it ran longer than {seconds:.0f} seconds"
        try:
            self.line.send_bytes(pickle.dumps(request | {"seconds": seconds, "wall": wall}))
            while True:
                reply = wire.decode(self.line.recv_bytes(wire.LARGEST_MESSAGE))
                if not isinstance(reply, dict):
                    raise wire.WireError("not a reply")
                if reply.get("late"):
                    raise TooSlow(self.slow)
                if reply.get("kind") != "callback" or lend is None:
                    return reply
                self.line.send_bytes(lend(reply))
        except wire.WireError as problem:
            reason = f"what it returns cannot be read: {problem}"
        except (EOFError, OSError) as problem:
            reason = self.ended or "it ended the process in which it runs"
            if self.group.was_full():
                reason = self._too_large()
            elif type(problem) is OSError and problem.errno is None:
                reason = "what it returns cannot be read: it is too large"
        finally:
            self.most = math.inf, math.inf
        self.close()
        raise WorkerDied(reason)

    def _too_large(self):
        return f"it used more than {self.limits['memory'] / 2**30:.3g} GB of memory"

    def _watch(self):
        """End a process that takes too long or, where no group counts it, too much memory, alone or
        with its children."""
        while not self.closed.wait(0.5):
            time_of_a_processor, time_of_the_clock = self.most
            if self.spent() > time_of_a_processor or time.monotonic() > time_of_the_clock:
                return self._end(self.slow)
            if "memory" not in self.group.holds:
                if sum(map(_memory, self._processes())) > self.limits["memory"]:
                    return self._end(self._too_large())

    def _end(self, reason):
        self.ended = reason
        self._kill()
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)  # whoever still holds the other end

    def spent(self):
        """Seconds for which processors have worked for the process and all that it has started."""
        worked = self.group.worked()
        return sum(map(_work, self._processes())) if worked is None else worked

    def _processes(self, recursive=True):
        with contextlib.suppress(psutil.Error):
            return psutil.Process(self.process.pid).children(recursive)
        return []

    def _kill(self):
        """End the child of what we have started: its namespace of processes ends with it, at once;
        without one, what we have started ends what the child leaves behind, and then itself.

        psutil ends no process that has only got the number of one that is gone.
        """
        for each in self._processes(recursive=False):
            with contextlib.suppress(psutil.Error):
                each.kill()

    def close(self) -> None:
        """End the process and all that it has started."""
        self.closed.set()
        self.line.close()
        self.socket.close()
        ending = time.monotonic() + 10
        while self.process.poll() is None and time.monotonic() < ending:
            self._kill()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(0.05)
        self.process.kill()
        self.process.wait()
        self.folder.cleanup()
        self.group.close()

    def __exit__(self, *_):
        self.close()


def _work(process):
    """Seconds of a processor that a process and its children that have ended took."""
    with contextlib.suppress(psutil.Error):
        return sum(process.cpu_times()[:4])  # own and children's, in Python and in the kernel
    return 0


def _memory(process):
    """Bytes that a process uses, of what it shares with others its part."""
    try:
        with contextlib.suppress(psutil.AccessDenied, AttributeError):  # not everywhere
            return process.memory_full_info().pss
        return process.memory_info().rss
    except psutil.Error:
        return 0


class Answer:
    """A function of the student's, called in the student's process."""

    def __init__(self, session, name, signature):
        self._session, self.__name__ = session, name
        with contextlib.suppress(ValueError, TypeError, KeyError):
            self.__signature__ = _signature(signature)

    def __call__(self, *arguments, **options):
        lent = []
        packed = io.BytesIO()
        _Pickler(packed, lent).dump(arguments)
        request = {"do": "call", "name": self.__name__, "options": options}
        refused = []

        def lend(reply):
            """Call one of the functions that the student's was given."""
            try:
                function = lent[reply["number"]]
                value = function(*reply["arguments"], **reply["options"])
                return pickle.dumps({"value": value})
            except CheckError as problem:
                refused.append(problem)
                return pickle.dumps({"error": ("RuntimeError", str(problem))})
            except Exception as problem:
                return pickle.dumps({"error": (type(problem).__name__, str(problem)[:500])})

        reply = self._session.ask(request | {"arguments": packed.getvalue()}, lend)
        if reply.get("kind") == "error":
            if refused:  # the check has said already what is wrong
                raise refused[-1]
            self._stop(reply)
        value = reply.get("value")
        if reply.get("changed") and value is not None:
            raise CheckError(
                f"{self.__name__}: your function changes the data it is given; work on a copy."
            )
        return value

    def _stop(self, reply):
        """Raise the student's error as if from the line of the student's function."""
        name, line = str(reply.get("type")), reply.get("line")
        known = getattr(builtins, name, None)
        kind = NotImplementedError if known is NotImplementedError else None
        if kind is None:
            kind = type(wire.unknown(name).__class__.__name__, (Exception,), {})
        problem = kind(str(reply.get("text", ""))[:500])
        if type(line) is not int or not 1 <= line <= 500:
            raise problem
        # A check finds the line in the traceback, by the code of the function that it called.
        variables = {}
        exec("def stop(problem):" + "\n" * (line - 1) + " raise problem", variables)
        self.__code__ = variables["stop"].__code__
        variables["stop"](problem)


class _Pickler(pickle.Pickler):
    """Writes arguments for the student's process. What can be called only here stays here."""

    def __init__(self, file, lent):
        super().__init__(file)
        self.lent = lent

    def persistent_id(self, value):
        if not callable(value) or isinstance(value, type):
            return None
        home = sys.modules.get(getattr(value, "__module__", None) or "")
        own = value.__module__.startswith("celltoken.checks") if home else False
        if getattr(home, getattr(value, "__qualname__", ""), None) is value and not own:
            return None  # a function of a library: the process has it too
        if isinstance(value, LENDABLE) or hasattr(type(value).__call__, "__code__"):
            self.lent.append(value)
            return len(self.lent) - 1
        return None


def _signature(parameters):
    if not isinstance(parameters, list) or len(parameters) > 100:
        raise ValueError("no signature")
    kinds, default = list(inspect._ParameterKind), {True: ..., False: inspect.Parameter.empty}
    return inspect.Signature(
        [inspect.Parameter(name, kinds[at], default=default[has]) for name, at, has in parameters]
    )


def readable() -> list[str]:
    """Folders that the student's process needs: Python, this library, its data, its models."""
    places = [sys.prefix, sys.base_prefix, LIBRARY, data.data_folder(), data.cache_folder()]
    return [os.path.realpath(each) for each in places]


def compiled() -> Path:
    """Where Numba's code of trusted cells is kept and Matplotlib's list of fonts; it may not exist
    yet."""
    return data.cache_folder() / "compiled"


def caches(folder: Path) -> dict[str, str]:
    """The part of an environment that makes Numba and Matplotlib keep such things in a folder."""
    return {"NUMBA_CACHE_DIR": str(folder), "MPLCONFIGDIR": str(folder / "matplotlib")}


def _environment(scratch):
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    kept.setdefault("CELLTOKEN_CACHE", str(data.cache_folder()))  # before HOME changes
    folders = ("HOME", "TMPDIR", "IPYTHONDIR", "XDG_CACHE_HOME")
    kept |= {"COMPILED": str(compiled())} | caches(Path(scratch, ".compiled"))
    fixed = {"LANG": "C.UTF-8", "USER": "student", "PYTHONHASHSEED": "0", "LOKY_MAX_CPU_COUNT": "2"}
    fixed |= {"MPLBACKEND": "module://matplotlib_inline.backend_inline"}
    fixed |= {"PIP_RETRIES": "0", "PIP_NO_INPUT": "1"}  # without a network it would only wait
    threads = {f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS", "MKL", "NUMBA")}
    return kept | dict.fromkeys(folders, scratch) | fixed | threads

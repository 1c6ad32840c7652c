"""Shut a student's process in, as far as the system allows, before a student's code runs in it.

`namespaces` is the start of a command: bubblewrap's, where it is installed and may make namespaces,
else, for root, unshare's. `enclose` is called in the new process and does the rest. Nothing is
taken for granted: each measure is tried, and `enclose` returns the list of those in force.

* **files**: read the Python environment, the library without its checks, and the data; write the
  scratch folder; nothing else is there (bubblewrap, else Landlock);
* **network**: no socket that leads out, without namespaces none at all (a filter of system calls);
* **processes**, **scratch**: no other process is seen, and the disk is not filled (namespaces);
* **memory**, **cpu**: the kernel's own limits on all processes together (a control group);
* **user**: where the grader is root, a user number that no account has;
* **limits** on memory, file size and number of processes.
"""

import contextlib
import ctypes
import errno
import itertools
import os
import resource
import shlex
import shutil
import signal
import socket
import struct
import subprocess
import sys
import time
from functools import lru_cache
from pathlib import Path

import psutil

LIMITS = {
    "cell": 90,  # seconds of a processor for a cell, and for a check
    "exercise": 180,  # the same for all cells and checks of one exercise
    "wall": 4,  # times as long may it take by the clock, asleep or on a machine that is busy
    "memory": 3 * 2**30,  # bytes, of one process and of all of a submission together
    "file": 64 * 2**20,  # bytes of one file
    "scratch": 256 * 2**20,  # bytes of all files
    "processes": 160,  # and threads, of all that run at once
}

# systemd sets these user numbers aside for services of the moment: no account has them.
USERS = range(61184, 65520)

READABLE = [
    "/usr", "/lib", "/lib64", "/bin", "/etc/alternatives", "/etc/ld.so.cache", "/etc/localtime",
    "/etc/fonts", "/sys/devices/system/cpu",
]  # fmt: skip
OF_THE_SYSTEM = [
    "/proc/cpuinfo", "/proc/meminfo", "/proc/filesystems", "/proc/self", "/sys/fs/cgroup",
    "/dev/urandom", "/dev/random", "/dev/zero",
]  # fmt: skip

DIE_WITH_PARENT, NO_NEW_PRIVILEGES, ADOPT_ORPHANS, SET_SECCOMP = 1, 38, 36, 22

_libc = ctypes.CDLL(None, use_errno=True)


def namespaces(
    scratch: str, readable: list[str], hidden: str, limits: dict, user: int | None
) -> tuple[list[str], list[str]]:
    """The words that start a command in namespaces of its own, and the measures that this means;
    none if they cannot be made here. Of what is ``readable``, the folder ``hidden`` is not."""
    kept = ["processes", "scratch", "namespaces"]
    if sys.platform == "linux":
        words = _bubblewrap(scratch, readable, hidden, limits)
        if words and _works(tuple(words)):
            return words, [*kept, "bubblewrap", "files", "user"]
        words = _unshare(scratch, readable, limits, user) if user is not None else []
        if words and _works(tuple(words)):
            return words, kept
    return [], []


def _bubblewrap(scratch, readable, hidden, limits):
    program = shutil.which("bwrap")
    if program is None:
        return []
    words = [program, "--die-with-parent", "--new-session", "--unshare-ipc", "--unshare-pid"]
    words += ["--unshare-net", "--unshare-uts", "--cap-drop", "ALL"]
    if os.geteuid() == 0:  # the process changes its user itself
        words += ["--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
    else:
        words += ["--unshare-user"]
    above = {*READABLE, *readable, scratch}
    above = {str(each) for path in above for each in Path(path).parents} - {"/"}
    bound = [word for path in sorted(above) for word in ("--perms", "0711", "--dir", path)]
    bound += [word for path in (*READABLE, *readable) for word in ("--ro-bind-try", path, path)]

    def empty(path, size):
        return ["--perms", "1777", "--size", str(size), "--tmpfs", path]

    words += ["--proc", "/proc", "--dev", "/dev", "--remount-ro", "/dev"]
    words += [*empty("/dev/shm", 64 * 2**20), *empty("/tmp", 64 * 2**20), *bound]
    words += [*empty(scratch, limits["scratch"]), "--tmpfs", hidden, "--remount-ro", hidden]
    return [*words, "--remount-ro", "/", "--"]


def _unshare(scratch, readable, limits, user):
    """For root without bubblewrap: namespaces by the tools that every Linux has. Landlock must keep
    files; folders that only root may enter, as /root is, are opened to what must be read in them.
    """
    empty = "mount -t tmpfs -o nosuid,nodev,{} tmpfs {}".format
    steps = [empty("size=1m", "/run"), empty("size=64m,mode=1777", "/dev/shm")]  # /run: services
    steps += [empty(f"size={limits['scratch']},mode=0700,uid={user},gid={user}", scratch)]
    closed = {}
    for path in filter(os.path.exists, readable):
        for above in reversed(Path(path).parents):
            if not above.stat().st_mode & 1:
                closed.setdefault(shlex.quote(str(above)), []).append(shlex.quote(path))
                break
    for above, paths in closed.items():
        held = list(zip((f"/run/{number}" for number in range(99)), paths, strict=False))
        steps += [f"mkdir {place} && mount --rbind {path} {place}" for place, path in held]
        steps += [empty("size=1m,mode=0755", above)]
        steps += [f"mkdir -p {path} && mount --rbind {place} {path}" for place, path in held]
        steps += [f"umount -l {place} && rmdir {place}" for place, _ in held]
    words = ["setpriv", "--pdeathsig", "KILL", "unshare", "--mount", "--pid", "--fork"]
    words += ["--kill-child", "--mount-proc", "--net", "--ipc", "--uts", "/bin/sh", "-ec"]
    return [*words, "; ".join([*steps, '"$@"']), "sandbox"]


@lru_cache
def _works(words):
    try:
        return subprocess.run([*words, "true"], capture_output=True, timeout=20).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def enclose(
    held: list[str], scratch: str, readable: list[str], hidden: str, limits: dict, user: int | None
) -> list[str]:
    """Shut in this process, or without namespaces a new child of it; return, there only, the
    measures that are in force, with those ``held`` already."""
    inside, linux = list(held), sys.platform == "linux"
    if linux and not held:
        die_with_parent()
        _libc.prctl(ADOPT_ORPHANS, 1, 0, 0, 0)
        if child := os.fork():
            os.waitpid(child, 0)
            _end_orphans()
            os._exit(0)
    os.chdir(scratch)
    os.nice(5)  # whoever watches comes first, even beside hundreds of its processes
    _limit(limits)
    if user is not None:
        os.setgroups([])
        os.setresgid(user, user, user)
        os.setresuid(user, user, user)
        inside.append("user")
    if linux:
        _libc.prctl(NO_NEW_PRIVILEGES, 1, 0, 0, 0)
        if "files" not in held:
            inside += _landlock(scratch, readable, hidden, bool(held))
        # Namespaces have a network of their own, without a way out.
        within = ("AF_UNIX", "AF_INET", "AF_INET6", "AF_NETLINK") if held else ()
        inside += _filter([getattr(socket, each) for each in within])
        die_with_parent()  # the kernel forgets this when a process changes its user
    return sorted(set(inside))


def die_with_parent() -> None:
    """End this process when the one that started it ends."""
    if sys.platform == "linux":
        _libc.prctl(DIE_WITH_PARENT, signal.SIGKILL, 0, 0, 0)


@contextlib.contextmanager
def bounded(more: int):
    """At most so many more bytes for this process: what needs more fails with a MemoryError."""
    kind = resource.RLIMIT_DATA
    before, most = resource.getrlimit(kind)
    has = psutil.Process().memory_info()
    wanted = getattr(has, "data", has.rss) + more
    held = [each for each in (wanted, before, most) if each != resource.RLIM_INFINITY]
    resource.setrlimit(kind, (min(held), most))
    try:
        yield
    finally:
        resource.setrlimit(kind, (before, most))


def _end_orphans():
    """End what the child has left behind where no namespace ends with it."""
    while True:
        for each in psutil.Process().children(recursive=True):
            with contextlib.suppress(psutil.Error):
                each.kill()
        try:
            os.waitpid(-1, 0)
        except ChildProcessError:
            return


def _limit(limits):
    processes = limits["processes"]
    if os.geteuid() != 0:
        processes += _own_processes()  # the limit counts all that the user runs
    wanted = {
        resource.RLIMIT_FSIZE: limits["file"],
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_NOFILE: 1024,
        resource.RLIMIT_NPROC: processes,
        resource.RLIMIT_DATA: limits["memory"],
    }
    for kind, value in wanted.items():
        _, most = resource.getrlimit(kind)
        value = value if most == resource.RLIM_INFINITY else min(value, most)
        resource.setrlimit(kind, (value, value))


def _own_processes():
    own, threads = os.getuid(), 0
    for each in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            threads += each.num_threads() if each.uids().real == own else 0
    return threads


# -- all processes together -----------------------------------------------------------------------


class Group:
    """The kernel's own bounds on all processes of a submission together: control groups below this
    process's own (version 1, one for each kind of bound) or one beside it (version 2, where a group
    that holds processes may have none below). What cannot be bounded here is missing in ``holds``.
    """

    numbers = itertools.count()

    def __init__(self, limits: dict):
        self.folders, self.holds = [], set()
        memory, tenth = limits["memory"], 100_000  # microseconds: one processor, all the time
        wanted = {"memory.max": memory, "memory.limit_in_bytes": memory}
        wanted |= {"memory.swap.max": 0, "memory.memsw.limit_in_bytes": memory}
        wanted |= {"pids.max": limits["processes"]}
        wanted |= {"cpu.max": f"{tenth} {tenth}", "cpu.cfs_quota_us": tenth}
        for folder in _places(f"celltoken-{os.getpid()}-{next(self.numbers)}"):
            with contextlib.suppress(OSError):
                folder.mkdir()
                self.folders.append(folder)
                for name in filter(lambda each: (folder / each).exists(), wanted):
                    (folder / name).write_text(str(wanted[name]))
                    self.holds.add(name.split(".")[0])
        if not _works(tuple(self.words())):  # made, and not to be entered
            self.close()

    def words(self) -> list[str]:
        """The words that start a command in it: all that the command starts is in it too."""
        enter = [f"echo $$ > {shlex.quote(str(each))}/cgroup.procs; " for each in self.folders]
        return ["/bin/sh", "-ec", f'{"".join(enter)}exec "$@"', "group"]

    def worked(self) -> float | None:
        """Seconds of a processor that all in it have taken, also those that are gone."""
        for folder in self.folders:
            with contextlib.suppress(OSError, KeyError, ValueError):
                return _counts(folder / "cpu.stat")["usage_usec"] / 1e6
            with contextlib.suppress(OSError):
                return int((folder / "cpuacct.usage").read_text()) / 1e9
        return None

    def was_full(self) -> bool:
        """Whether the kernel has ended a process in it for want of memory."""
        for folder in self.folders:
            for name in ("memory.events", "memory.oom_control"):
                with contextlib.suppress(OSError, KeyError, ValueError):
                    return _counts(folder / name)["oom_kill"] > 0
        return False

    def close(self) -> None:
        """Remove it, when what was in it is gone."""
        self.holds = set()
        while self.folders:
            folder = self.folders.pop()
            with contextlib.suppress(OSError):
                (folder / "cgroup.kill").write_text("1")  # version 2
            for _ in range(200):
                with contextlib.suppress(OSError):
                    folder.rmdir()
                    break
                time.sleep(0.02)


def _places(name):
    """The folders of a new control group, in version 1 or 2; none where there are none."""
    with contextlib.suppress(OSError, KeyError):
        lines = [line.split(":", 2) for line in Path("/proc/self/cgroup").read_text().splitlines()]
        own = {each: path.strip("/") for _, kinds, path in lines for each in kinds.split(",")}
        if "memory" not in own:
            return [Path("/sys/fs/cgroup", own[""]).parent / name]
        kinds = [each for each in ("memory", "pids", "cpu", "cpuacct") if each in own]
        folders = {Path("/sys/fs/cgroup", each, own[each], name).resolve() for each in kinds}
        return sorted(folders)  # two kinds may share one
    return []


def _counts(path):
    return {name: int(count) for name, count in map(str.split, path.read_text().splitlines())}


# -- system calls ---------------------------------------------------------------------------------

# Numbers of: the machine, socket, keyctl, and what is refused (keys of others, io_uring, which
# opens sockets of its own).
MACHINES = {
    "x86_64": (0xC000003E, 41, 250, (248, 249, 250, 425)),
    "aarch64": (0xC00000B7, 198, 219, (217, 218, 219, 425)),
}
LOAD, EQUAL, AT_LEAST, RETURN = 0x20, 0x15, 0x35, 0x06
ALLOW, REFUSE = 0x7FFF0000, 0x00050000 | errno.EPERM


def _filter(families):
    """Leave the grader's keyring; refuse keyrings and sockets of any but these families."""
    machine = MACHINES.get(os.uname().machine)
    if machine is None:
        return []
    kind, opens, keys, refused = machine
    _libc.syscall(keys, 1, None)
    # A test is (operation, value, where to go if so, else), by label; without labels: to the next.
    steps = [(LOAD, 4), (EQUAL, kind, None, "refuse"), (LOAD, 0)]
    steps += [(AT_LEAST, 0x40000000, "refuse", None)]
    steps += [(EQUAL, number, "refuse", None) for number in refused]
    steps += [(EQUAL, opens, None, "allow"), (LOAD, 16)]
    steps += [(EQUAL, int(family), "allow", None) for family in families]
    ends = {"refuse": len(steps), "allow": len(steps) + 1}
    steps += [(RETURN, REFUSE), (RETURN, ALLOW)]
    code = b""
    for place, (operation, value, *where) in enumerate(steps):
        jumps = [ends[each] - place - 1 if each else 0 for each in where] or [0, 0]
        code += struct.pack("=HBBI", operation, *jumps, value)
    held = ctypes.create_string_buffer(code)
    program = struct.pack("@HP", len(steps), ctypes.addressof(held))
    return ["network"] * (not _libc.prctl(SET_SECCOMP, 2, program, 0, 0))


# -- Landlock -------------------------------------------------------------------------------------

CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446
EXECUTE, WRITE, READ, LIST = 1, 2, 4, 8
OF_FILES = EXECUTE | WRITE | READ | 1 << 14 | 1 << 15  # the rights that a rule on a file may give


def _landlock(scratch, readable, hidden, in_namespaces):
    version = _libc.syscall(CREATE_RULESET, None, ctypes.c_size_t(0), 1)
    if version < 1:
        return []
    rights = (1 << {1: 13, 2: 14, 3: 15, 4: 15}.get(version, 16)) - 1
    # An older kernel takes the longer form if what it does not know is zero.
    form = struct.pack("=QQQ", rights, 3 * (version >= 4), 3 * (version >= 6))
    rules = _libc.syscall(CREATE_RULESET, form, ctypes.c_size_t(len(form)), 0)
    if rules < 0:
        return []
    for path in {*READABLE, *OF_THE_SYSTEM, *readable}:
        _allow_all_but(hidden, rules, path, rights & (EXECUTE | READ | LIST))
    _allow(rules, "/dev/null", rights & (READ | WRITE))
    _allow(rules, scratch, rights)
    if in_namespaces:  # these are its own there
        _allow(rules, "/dev/shm", rights)
        _allow(rules, "/proc", rights & (READ | LIST))
    if _libc.syscall(RESTRICT_SELF, rules, 0):
        return []
    os.close(rules)
    return ["files"]


def _allow_all_but(hidden, rules, path, rights):
    """A rule holds for all below a folder, so a folder that holds the hidden one gets the right to
    be listed, and what is in it each its own rule."""
    path = os.path.realpath(path)
    if path == hidden:
        return
    if not hidden.startswith(os.path.join(path, "")):
        return _allow(rules, path, rights)
    _allow(rules, path, rights & LIST)
    for name in os.listdir(path):
        _allow_all_but(hidden, rules, os.path.join(path, name), rights)


def _allow(rules, path, rights):
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return  # not on this system
    if not os.path.isdir(path):
        rights &= OF_FILES
    _libc.syscall(ADD_RULE, rules, 1, struct.pack("=Qi", rights, place), 0)
    os.close(place)

"""Shut this process in, as far as the system allows, before a student's code runs in it.

Nothing here needs an installation or a privilege, and nothing is taken for granted: each measure is
tried, and `enclose` returns the list of those in force. On Linux 5.13 and later that is, even for
an ordinary user:

* **files** (Landlock): read the Python environment, the library and the data; write the scratch
  folder; nothing else is there, neither the master nor another submission nor the results;
* **network**: a network namespace without any device, or Landlock's ban on TCP;
* **processes** (a namespace): no other process is seen or signalled, and all end with the first;
* **user**: where the grader is root, a user number that no account has;
* **limits** on memory, file size, number of processes and time.
"""

import contextlib
import ctypes
import os
import resource
import signal
import struct
import sys
from pathlib import Path

import psutil

LIMITS = {
    "cell": 90,  # seconds for a cell or for a check
    "submission": 300,  # seconds for all cells and checks of one notebook
    "memory": 3 * 2**30,  # bytes, of one process and of all of a submission together
    "file": 64 * 2**20,  # bytes of one file
    "scratch": 256 * 2**20,  # bytes of all files
    "processes": 32,  # and threads
}

# systemd sets these user numbers aside for services of the moment: no account has them.
USERS = range(61184, 65520)

READABLE = [
    "/usr", "/lib", "/lib64", "/bin", "/etc/ld.so.cache", "/etc/localtime", "/etc/fonts",
    "/sys/devices/system/cpu", "/proc/cpuinfo", "/proc/meminfo", "/proc/filesystems",
    "/dev/urandom", "/dev/random", "/dev/zero",
]  # fmt: skip

NEW_MOUNTS, NEW_IPC, NEW_USER, NEW_PIDS, NEW_NETWORK = (
    0x00020000, 0x08000000, 0x10000000, 0x20000000, 0x40000000,
)  # fmt: skip
MS_NOSUID, MS_NODEV, MS_BIND, MS_REC, MS_PRIVATE = 2, 4, 0x1000, 0x4000, 1 << 18
DIE_WITH_PARENT, NO_NEW_PRIVILEGES, ADOPT_ORPHANS = 1, 38, 36

_libc = ctypes.CDLL(None, use_errno=True)


def enclose(scratch: str, readable: list[str], limits: dict, user: int | None) -> list[str]:
    """Shut in a new child of this process; return, there only, the measures that are in force."""
    inside = []
    if sys.platform == "linux":
        _die_with_parent()
        _libc.prctl(ADOPT_ORPHANS, 1, 0, 0, 0)
        inside += _namespaces(scratch, readable, limits, user)
        if child := os.fork():  # only a child is in the new namespace of processes
            os.waitpid(child, 0)
            if "processes" not in inside:
                _end_orphans()
            os._exit(0)
        if "processes" in inside:
            _mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV)  # else it would show the others
    os.chdir(scratch)
    _limit(limits)
    if user is not None:
        os.setgroups([])
        os.setresgid(user, user, user)
        os.setresuid(user, user, user)
        inside.append("user")
    if sys.platform == "linux":
        _libc.prctl(NO_NEW_PRIVILEGES, 1, 0, 0, 0)
        inside += _landlock(scratch, readable, inside)
        _drop_capabilities()
        _die_with_parent()  # the kernel forgets this when a process changes its user
    return inside


def die_with_parent() -> None:
    """End this process when the one that started it ends."""
    if sys.platform == "linux":
        _die_with_parent()


def _die_with_parent():
    _libc.prctl(DIE_WITH_PARENT, signal.SIGKILL, 0, 0, 0)


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
        resource.RLIMIT_NOFILE: 256,
        resource.RLIMIT_NPROC: processes,
        resource.RLIMIT_CPU: limits["submission"] + 60,
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


# -- namespaces -----------------------------------------------------------------------------------


def _namespaces(scratch, readable, limits, user):
    uid, gid = os.getuid(), os.getgid()
    if uid != 0:
        if _libc.unshare(NEW_USER):
            return []
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"{uid} {uid} 1")
        Path("/proc/self/gid_map").write_text(f"{gid} {gid} 1")
    inside = []
    if not _libc.unshare(NEW_MOUNTS) and not _mount(None, "/", None, MS_REC | MS_PRIVATE):
        owner = uid if user is None else user
        options = f"size={limits['scratch']},nr_inodes=4096,mode=0700,uid={owner},gid={owner}"
        if uid != 0:
            options = f"size={limits['scratch']},nr_inodes=4096,mode=0700"
        if not _mount("tmpfs", scratch, "tmpfs", MS_NOSUID | MS_NODEV, options):
            inside.append("scratch")
        if user is not None:
            _open_up(readable)
        _mount("tmpfs", "/run", "tmpfs", MS_NOSUID | MS_NODEV, "size=1m")  # sockets of services
        if not _mount("tmpfs", "/dev/shm", "tmpfs", MS_NOSUID | MS_NODEV, "size=64m,mode=1777"):
            inside.append("memory")
    _libc.unshare(NEW_IPC)
    if not _libc.unshare(NEW_NETWORK):
        inside.append("network")
    if not _libc.unshare(NEW_PIDS):
        inside.append("processes")
    return inside


def _open_up(readable):
    """Let another user reach what it must read, though a folder above is closed, as /root is."""
    held = {path: os.open(path, os.O_PATH) for path in readable if os.path.exists(path)}
    closed = {
        path: [each for each in reversed(Path(path).parents) if not each.stat().st_mode & 1][:1]
        for path in held
    }
    for folder in {each for found in closed.values() for each in found}:
        _mount("tmpfs", str(folder), "tmpfs", MS_NOSUID | MS_NODEV, "size=1m,mode=0755")
    for path, place in held.items():
        if closed[path]:
            os.makedirs(path, exist_ok=True)
            _mount(f"/proc/self/fd/{place}", path, None, MS_BIND | MS_REC)
        os.close(place)


def _mount(source, target, kind, flags, options=None):
    given = [each.encode() if each is not None else None for each in (source, target, kind)]
    options = options.encode() if options is not None else None
    return _libc.mount(*given, ctypes.c_ulong(flags), options)


def _drop_capabilities():
    # A user namespace makes its founder mighty inside it; root is gone already.
    header, nothing = struct.pack("=Ii", 0x20080522, 0), bytes(24)
    _libc.capset(header, nothing)


# -- Landlock -------------------------------------------------------------------------------------

CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446
EXECUTE, WRITE, READ, LIST = 1, 2, 4, 8
OF_FILES = EXECUTE | WRITE | READ | 1 << 14 | 1 << 15  # the rights that a rule on a file may give


def _landlock(scratch, readable, inside):
    version = _libc.syscall(CREATE_RULESET, None, ctypes.c_size_t(0), 1)
    if version < 1:
        return []
    rights = (1 << {1: 13, 2: 14, 3: 15, 4: 15}.get(version, 16)) - 1
    tcp, signals = 3 * (version >= 4), 3 * (version >= 6)
    form = struct.pack("=QQQ", rights, tcp, signals)[: 8 if not tcp else 16 if not signals else 24]
    rules = _libc.syscall(CREATE_RULESET, form, ctypes.c_size_t(len(form)), 0)
    if rules < 0:
        return []
    for path in {*READABLE, *readable}:
        _allow(rules, path, rights & (EXECUTE | READ | LIST))
    _allow(rules, "/dev/null", rights & (READ | WRITE))
    _allow(rules, scratch, rights)
    if "memory" in inside:
        _allow(rules, "/dev/shm", rights)
    _allow(rules, "/proc" if "processes" in inside else "/proc/self", rights & (READ | LIST))
    if _libc.syscall(RESTRICT_SELF, rules, 0):
        return []
    os.close(rules)
    return ["files"] + ["tcp"] * bool(tcp)


def _allow(rules, path, rights):
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return  # not on this system
    if not os.path.isdir(path):
        rights &= OF_FILES
    _libc.syscall(ADD_RULE, rules, 1, struct.pack("=Qi", rights, place), 0)
    os.close(place)

"""Starts a command on a leash: when the process that started it dies, however it dies, it gets a signal.

    python leash.py SIGNAL PARENT IDENTITY COMMAND...

This is a little program rather than a `preexec_fn` of subprocess, because hardly anything is safe to do
between fork and exec in a process that has threads. It becomes the command, so the process id stays.
"""

import ctypes
import errno
import os
import pwd
import signal
import sys

# Who runs the command: whoever starts it, or, for PostgreSQL, which refuses to run as root and does not
# know a user without an account, either the same user under another number or the user "nobody".
OWN, NAMESPACE, NOBODY = "own", "namespace", "nobody"

# From <linux/prctl.h> and <linux/sched.h>; Python 3.11 has no names for them.
PR_SET_PDEATHSIG = 1
CLONE_NEWUSER = 0x10000000


def leashed(command, *, on_death=signal.SIGTERM, identity=OWN):
    """Return the arguments that start `command` on a leash held by this process.

    Start it from a thread that lives as long as the command should, best the main one: to Linux the
    parent is the thread.

    Arguments:
        command: the program and its arguments.
        on_death: the signal that it gets when this process dies.
        identity: OWN, NAMESPACE (root appears to the command as nobody; no file changes hands) or
            NOBODY (it is nobody).
    """
    leash = [sys.executable, "-I", "-S", os.path.abspath(__file__)]
    return [*leash, str(int(on_death)), str(os.getpid()), identity, *map(str, command)]


def be(identity):
    """Take on the identity; raises OSError where this machine does not allow it."""
    if identity == OWN:
        return
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError:
        raise OSError(errno.ENOENT, "there is no user nobody") from None
    if identity == NOBODY:
        os.setgroups([])
        os.setgid(nobody.pw_gid)
        os.setuid(nobody.pw_uid)
        return
    user, group = os.geteuid(), os.getegid()
    system_call("unshare", CLONE_NEWUSER)
    maps = {
        "setgroups": "deny",
        "gid_map": f"{nobody.pw_gid} {group} 1",
        "uid_map": f"{nobody.pw_uid} {user} 1",
    }
    for name, text in maps.items():
        with open(f"/proc/self/{name}", "w") as file:
            file.write(text)


def system_call(name, *arguments):
    """Call a function of the C library; raises OSError when it says that it failed."""
    if getattr(ctypes.CDLL(None, use_errno=True), name)(*arguments):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def main(on_death, parent, identity, *command):
    """Become the command; returns only if that fails."""
    try:
        be(identity)
        # After the change of identity, which would clear it.
        system_call("prctl", PR_SET_PDEATHSIG, int(on_death))
        if os.getppid() != int(parent):
            return f"{command[0]}: the process that should hold the leash has died"
        # Python ignores these two, and what is ignored stays so in the command.
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
        signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
        os.execvp(command[0], command)  # noqa: S606 - without a shell on purpose
    except OSError as error:
        return f"{command[0]}: cannot be started: {error.strerror}"


if __name__ == "__main__":
    print(main(*sys.argv[1:]), file=sys.stderr, flush=True)
    sys.exit(126)

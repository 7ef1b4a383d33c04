"""The script that a shell runs in another place, and what it reports. Pure.

The script works in any POSIX shell, without mktemp, Python or scp. It makes a private folder,
reports what it found, receives a file and starts it, and removes the folder whenever it ends. Each
of its lines begins with a token of the run, because a login there may print other text. Nothing is
sent before the script asks for it, so that no program reads too far.

A file is started from the first folder that allows it. If none does, the script says so, and a
Python outside can still read an archive there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from mongoping.escape import printable
from mongoping.record import Record

JOB = "_job"  # the hidden first argument with which mongoping reads a job from standard input
MIN_PYTHON = (3, 11)
MAX_PYTHONS = 8
MAX_WORD = 400  # characters of a fact

PYTHON_FACTS = (
    "import sys,sysconfig,ssl,zlib,select;"
    'print("%d.%d %s"%(sys.version_info[0],sys.version_info[1],'
    'sysconfig.get_config_var("EXT_SUFFIX")))'
)

SCRIPT = r"""{
t=@TOKEN@
say() { printf '%s %s\n' "$t" "$*"; }
for p in head mkdir rm wc; do command -v "$p" >/dev/null 2>&1 || { say lacks "$p"; lacks=1; }; done
if [ -n "$lacks" ]; then say unfit; exit 1; fi
good= bad= new=
leave() {
  trap '' HUP INT TERM PIPE
  cd / || :
  for d in "$good" "$bad" "$new"; do [ -n "$d" ] && rm -rf "$d"; done
  [ -n "$good" ] && [ ! -e "$good" ] && say removed
}
trap leave 0
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 141' PIPE
trap 'exit 143' TERM
umask 077
for b in "${TMPDIR:-/tmp}" /tmp /var/tmp "${HOME:-/tmp}" /dev/shm; do
  new=$b/.mongoping-@FOLDER@
  if [ ! -d "$b" ] || ! mkdir -m 700 "$new" 2>/dev/null; then new=; continue; fi
  if ! printf '#!/bin/sh\nexit 0\n' 2>/dev/null >"$new/try"; then
    say full "$b"; rm -rf "$new"; new=; continue
  fi
  chmod 700 "$new/try"
  if "$new/try" </dev/null >/dev/null 2>&1; then good=$new; break; fi
  if [ -z "$bad" ]; then bad=$new; else rm -rf "$new"; fi
  new=
done
new=
runs=yes
if [ -z "$good" ]; then good=$bad; bad=; runs=no; fi
if [ -z "$good" ] || ! cd "$good"; then say unfit; exit 1; fi
if [ -n "$bad" ]; then rm -rf "$bad"; bad=; fi
say folder "$good"
say runs "$runs"
say system "$(uname -s 2>/dev/null)"
say machine "$(uname -m 2>/dev/null)"
say libc "$(getconf GNU_LIBC_VERSION 2>/dev/null || ls /lib/ld-musl-* 2>/dev/null)"
say free "$(df -Pk "$good" 2>/dev/null | tail -n 1)"
for p in @PYTHONS@; do
  q=$(command -v "$p" 2>/dev/null) || continue
  v=$("$q" -I -c '@FACTS@' </dev/null 2>/dev/null) || {
    say unsuitable "$("$q" -V 2>&1 </dev/null | head -n 1)"
    continue
  }
  say python "$v $q"
  case $v in *@SUFFIX@) break ;; esac
done
say ready
read -r size q || exit 1
head -c "$size" >"$good/mongoping"
say got "$(wc -c <"$good/mongoping")"
read -r go || exit 1
export TMPDIR="$good" SHIV_ROOT="$good/site"
if [ -n "$q" ]; then "$q" -I "$good/mongoping" @JOB@ "$t"; else
  chmod 700 "$good/mongoping"
  "$good/mongoping" @JOB@ "$t"
fi
say ended "$?"
exit 0
}
"""


def script(token: str, folder: str, minor: int, suffix: str) -> str:
    """Return the script for a run.

    Args:
        token: begins every line of the script; letters and digits.
        folder: makes the name of the folder unique; letters and digits that are hard to guess.
        minor: the minor version of this Python, which is tried first.
        suffix: the suffix of this Python's compiled modules.
    """
    newest = [f"python3.{other}" for other in range(15, MIN_PYTHON[1] - 1, -1)]
    names = dict.fromkeys((f"python3.{minor}", "python3", *newest, "python"))
    values = {
        "TOKEN": token,
        "FOLDER": folder,
        "PYTHONS": " ".join(names),
        "FACTS": PYTHON_FACTS,
        "SUFFIX": suffix,
        "JOB": JOB,
    }
    return re.sub(r"@([A-Z]+)@", lambda match: values[match[1]], SCRIPT)


class Python(Record):
    """A Python in the other place: its version, the suffix of its compiled modules, its path."""

    version: tuple[int, int]
    suffix: str
    path: str


class Facts(Record):
    """The facts about another place.

    Attributes:
        folder: the private folder.
        runs: whether a program in it can be started.
        libc: the version of the GNU C library; None if it is another one, or not known.
        musl: whether its C library is musl.
        free_bytes: the room in the folder, if known.
        pythons: every suitable Python, the first one first.
        unsuitable: the versions of those that are too old or lack a module.
        lacks: programs that the script needs.
        full: a folder that has no room for a single line, if there is no other.
    """

    folder: str = ""
    runs: bool = False
    system: str = ""
    machine: str = ""
    libc: tuple[int, ...] | None = None
    musl: bool = False
    free_bytes: int | None = None
    pythons: tuple[Python, ...] = ()
    unsuitable: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()
    full: str = ""


def facts_of(lines: Sequence[tuple[str, str]]) -> Facts:
    """Return the facts in the lines of the script, each a word and the rest of the line."""
    single: Mapping[str, str] = {word: rest[:MAX_WORD] for word, rest in lines}
    libc = single.get("libc", "")
    pythons = [_python(rest[:MAX_WORD]) for word, rest in lines if word == "python"]
    columns = single.get("free", "").split()
    room = columns[3] if len(columns) > 4 else ""
    return Facts(
        folder=printable(single.get("folder", ""), most=200),
        runs=single.get("runs") == "yes",
        system=printable(single.get("system", ""), most=40),
        machine=printable(single.get("machine", ""), most=40),
        libc=version_of(libc) if "glibc" in libc else None,
        musl="musl" in libc,
        free_bytes=int(room) * 1024 if room.isdecimal() and len(room) < 16 else None,
        pythons=tuple(row for row in pythons if row is not None)[:MAX_PYTHONS],
        unsuitable=tuple(
            printable(rest, most=60) for word, rest in lines if word == "unsuitable" and rest
        )[:MAX_PYTHONS],
        lacks=tuple(printable(rest, most=20) for word, rest in lines if word == "lacks")[:4],
        full=printable(single.get("full", ""), most=100),
    )


def version_of(text: str) -> tuple[int, ...]:
    """Return the first version in a text, such as (2, 36); empty if there is none."""
    match = re.search(r"\d{1,4}(\.\d{1,4})+", text)
    return tuple(map(int, match[0].split("."))) if match else ()


def _python(text: str) -> Python | None:
    version, _, rest = text.partition(" ")
    suffix, _, path = rest.partition(" ")
    version_pair = version_of(version)[:2]
    if len(version_pair) < 2 or version_pair < MIN_PYTHON or not path.startswith("/"):
        return None
    return Python((version_pair[0], version_pair[1]), suffix, path)

"""Real shells on a terminal of their own: somebody types, and the Tab key does what it does."""

from __future__ import annotations

import contextlib
import os
import pty
import re
import select
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ROOT = Path(__file__).parents[2]
PROGRAMS = Path(sys.executable).parent
PATIENCE_S = 60.0
READY = "ready-for-keys"
TELL = "\x07"  # Ctrl-G, bound to what prints the line as it stands
RESET = "\x15"  # Ctrl-U


def documented(shell: str) -> str:
    """The line of docs/shell.md that turns completion on."""
    text = (ROOT / "docs" / "shell.md").read_text("utf-8")
    lines = re.findall(rf"^.*_MONGOPING_COMPLETE={shell}_source mongoping.*$", text, re.MULTILINE)
    assert len(lines) == 1, lines
    return str(lines[0])


BASH = f"""\
PS1='$ '
bind 'set enable-bracketed-paste off'
bind -x '"\\C-g": printf "line[%s]line\\n" "$READLINE_LINE"'
COMPLETION
echo {READY}
"""
ZSH = f"""\
PS1='%% '
autoload -Uz compinit && compinit -D -u
tell() {{ print -r -- "line[$BUFFER]line" }}
zle -N tell
bindkey '^G' tell
bindkey '^U' kill-whole-line
unset zle_bracketed_paste
COMPLETION
echo {READY}
"""


class Shell:
    """An interactive shell; ``line(keys)`` is its command line after these were pressed."""

    def __init__(self, args: Sequence[str], env: Mapping[str, str], cwd: Path) -> None:
        self.name = args[0]
        self._master, slave = pty.openpty()
        self._process = subprocess.Popen(
            args,
            env=dict(env),
            cwd=cwd,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
        )
        os.close(slave)
        self._seen = ""
        self._until(re.compile(rf"^{READY}", re.MULTILINE))

    def __enter__(self) -> Shell:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._master)

    def line(self, keys: str) -> str:
        """Press keys on an empty line, and read what stands there then."""
        self._seen = ""
        os.write(self._master, (RESET + keys + TELL).encode())
        return self._until(re.compile(r"line\[(.*?)\]line", re.DOTALL))[1]

    def _until(self, wanted: re.Pattern[str]) -> re.Match[str]:
        limit = time.monotonic() + PATIENCE_S
        while (found := wanted.search(self._seen)) is None:
            assert time.monotonic() < limit, f"the shell shows {self._seen!r}"
            if select.select([self._master], [], [], 0.1)[0]:
                with contextlib.suppress(OSError):
                    self._seen += os.read(self._master, 65_536).decode(errors="replace")
        return found


def environment(home: Path) -> dict[str, str]:
    """A home of its own, and mongoping on PATH."""
    return {
        "HOME": str(home),
        "ZDOTDIR": str(home),
        "XDG_CONFIG_HOME": str(home / ".config"),
        "XDG_DATA_HOME": str(home / ".local"),
        "INPUTRC": os.devnull,
        "TERM": "xterm",
        "LC_ALL": "C.UTF-8",
        "PATH": os.pathsep.join([str(PROGRAMS), os.environ["PATH"]]),
    }


def bash(home: Path) -> Shell:
    """Bash, with the documented line in its start-up file."""
    file = home / "bashrc"
    file.write_text(BASH.replace("COMPLETION", documented("bash")))
    return Shell(["bash", "--noprofile", "--rcfile", str(file), "-i"], environment(home), home)


def zsh(home: Path) -> Shell:
    """Zsh, with the documented line in its start-up file."""
    (home / ".zshrc").write_text(ZSH.replace("COMPLETION", documented("zsh")))
    return Shell(["zsh", "-i"], environment(home), home)


def fish(home: Path, line: str) -> list[str]:
    """What fish offers for a line, by its own builtin: values without their descriptions."""
    program = shutil.which("fish") or "fish"
    done = subprocess.run(
        [program, "-c", f"{documented('fish')}; complete --do-complete '{line}'"],
        env=environment(home),
        cwd=home,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=PATIENCE_S,
        check=True,
    )
    return [row.partition("\t")[0] for row in done.stdout.splitlines()]

"""Run real shells on a pseudoterminal, and press keys in them."""

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

from tests.marks import require

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ROOT = Path(__file__).parents[2]
PROGRAMS = Path(sys.executable).parent
SHELL_TIMEOUT_S = 60.0
READY = "ready-for-keys"
PRINT_LINE = "\x07"  # Ctrl-G, bound to a command that prints the current line
CLEAR_LINE = "\x15"  # Ctrl-U


def documented_code(shell: str) -> str:
    """Return the line of docs/shell.md that turns completion on."""
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
print-line() {{ print -r -- "line[$BUFFER]line" }}
zle -N print-line
bindkey '^G' print-line
bindkey '^U' kill-whole-line
unset zle_bracketed_paste
COMPLETION
echo {READY}
"""


class Shell:
    """An interactive shell on a pseudoterminal."""

    def __init__(self, args: Sequence[str], env: Mapping[str, str], cwd: Path) -> None:
        require("shell")
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
        self._output = ""
        self._wait_for(re.compile(rf"^{READY}", re.MULTILINE))

    def __enter__(self) -> Shell:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._master)

    def line(self, keys: str) -> str:
        """Press keys on an empty command line, and return the line that results."""
        self._output = ""
        os.write(self._master, (CLEAR_LINE + keys + PRINT_LINE).encode())
        return self._wait_for(re.compile(r"line\[(.*?)\]line", re.DOTALL))[1]

    def _wait_for(self, pattern: re.Pattern[str]) -> re.Match[str]:
        deadline = time.monotonic() + SHELL_TIMEOUT_S
        while (match := pattern.search(self._output)) is None:
            assert time.monotonic() < deadline, f"the shell shows {self._output!r}"
            if select.select([self._master], [], [], 0.1)[0]:
                with contextlib.suppress(OSError):
                    self._output += os.read(self._master, 65_536).decode(errors="replace")
        return match


def environment(home: Path) -> dict[str, str]:
    """Return an environment with its own home folder, and mongoping on PATH."""
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
    """Start bash with the documented line in its start-up file."""
    file = home / "bashrc"
    file.write_text(BASH.replace("COMPLETION", documented_code("bash")))
    return Shell(["bash", "--noprofile", "--rcfile", str(file), "-i"], environment(home), home)


def zsh(home: Path) -> Shell:
    """Start zsh with the documented line in its start-up file."""
    (home / ".zshrc").write_text(ZSH.replace("COMPLETION", documented_code("zsh")))
    return Shell(["zsh", "-i"], environment(home), home)


def fish(home: Path, line: str) -> list[str]:
    """Return what fish offers for a line, by its own builtin, without descriptions."""
    program = shutil.which("fish") or "fish"
    process = subprocess.run(
        [program, "-c", f"{documented_code('fish')}; complete --do-complete '{line}'"],
        env=environment(home),
        cwd=home,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=SHELL_TIMEOUT_S,
        check=True,
    )
    return [row.partition("\t")[0] for row in process.stdout.splitlines()]

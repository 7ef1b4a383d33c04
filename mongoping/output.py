"""The single point that all output passes: standard output, standard error, and report files.

A runner obeys lines of a log, and a terminal obeys control characters; text from a server must
reach neither in a form that they obey, wherever wrapping put it. Formats escape what they know;
`Output` is the guard behind them. It also keeps an error in writing until the command has ended,
so that a full disk cannot hide the verdict.

Source of the commands: GitHub's documentation of workflow commands, Azure's of logging commands,
TeamCity's of service messages.
"""

from __future__ import annotations

import codecs
import errno
import io
import os
import sys
from typing import TYPE_CHECKING, Any, TextIO

from mongoping.escape import escape, printable
from mongoping.exit_codes import EXIT_USAGE
from mongoping.lazy_re import lazy_compile

if TYPE_CHECKING:
    from collections.abc import Mapping

OBEYING = ("GITHUB_ACTIONS", "TF_BUILD", "TEAMCITY_VERSION")  # variables of the CI systems
OFF = ("", "0", "false", "no")
MAX_LOST = 1000  # writes after an error, until a command that goes on is stopped
JSON_FORMS, XML_FORMS = ("json", "sarif"), ("junit", "html", "svg")
_GAP = r"(?:[^\S\n]|\x1b\[[0-9;:]*m)"  # a runner skips blanks; colours are no text
# Both match up to the place where a blank makes a command a text.
_COMMAND = lazy_compile(rf"(?m)^{_GAP}*+:(?=:)|#(?=#\w{{0,20}}\[)")
_JSON_COMMAND = lazy_compile(r"#(#)(?=\w{0,20}\[)")
_XML_COMMAND = lazy_compile(r"(?m)^([^\S\n]*+):(?=:)|#(?=#\w{0,20}\[)")
_START = lazy_compile(rf"{_GAP}*+(:?)\Z")
_HASHES = lazy_compile(r"##?\w{0,20}\Z")
_CONTROLS = (
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e007f]"
)
_FOR_FILES = lazy_compile(rf"(\x1b\[[0-9;:]*m)|{_CONTROLS}")
_FOR_TERMINALS = lazy_compile(rf"(\r|\x1b\[[0-9;:?]*[A-Za-z])|{_CONTROLS}")


PLAIN: Mapping[str, str] = {
    **dict(zip("▁▂▃▄▅▆▇█", "_.,-=+*#", strict=True)),
    **dict.fromkeys("▏▎▍▌▋▊▉", "#"),
    **dict.fromkeys("─\u2013\u2014╌", "-"),
    **dict.fromkeys("│├", "|"),
    **dict.fromkeys("╭╰┌└✓", "+"),
    **dict.fromkeys("\u00d7✗", "x"),
    **dict.fromkeys("░·", "."),
    **dict.fromkeys("\u2018\u2019", "'"),
    **dict.fromkeys("\u201c\u201d", '"'),
    "○": "o",
    "…": "...",
    "→": "->",
    "≥": ">=",
    "≤": "<=",
    "␛": "^",
}
"""What mongoping draws with, for streams that have ASCII or another small set of characters."""
FALLBACK = "mongoping.plain"


def _plain(error: UnicodeError) -> tuple[str, int]:
    """Replace characters that a stream cannot show: drawings by ASCII, all others by escapes."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    part = error.object[error.start : error.end]
    shown = (PLAIN.get(char) or char.encode("ascii", "backslashreplace").decode() for char in part)
    return "".join(shown), error.end


codecs.register_error(FALLBACK, _plain)


class Output(io.TextIOWrapper):
    """A stream of text that is safe to show and does not raise when it cannot be written.

    Attributes:
        label: what it is called in a message, such as ``standard output``.
        error: why it could not be written, else None.
        strict: raise errors at once, for commands that go on until they are stopped.
        form: the format of what is written; each has escapes of its own.
    """

    buffer = None  # type: ignore[assignment]  # or click would write past the guard

    def __init__(self, binary: Any, label: str, *, obeyed: bool, **options: Any) -> None:
        super().__init__(binary, errors=FALLBACK, **options)
        self.label = label
        self.error: OSError | None = None
        self.strict = False
        self._lost = 0
        self._obeyed = obeyed
        self._tail = ""  # the end of what was written, if a command could go on from there
        self.form = "text"

    def write(self, text: str | bytes) -> int:
        """Write text in a form that no reader obeys; bytes are UTF-8, as click passes them."""
        if isinstance(text, bytes):
            text = text.decode("utf-8", "replace")
        if self.error is not None:
            self._lost += 1
            if self.strict or self._lost > MAX_LOST:
                raise self.error
            return len(text)
        shown = self._guard(text)
        self._attempt(lambda: super(Output, self).write(shown))
        return len(text)

    def flush(self) -> None:
        """Write what is buffered."""
        if self.error is None and not self.closed:
            self._attempt(super().flush)

    def close(self) -> None:
        """Close the file; an error is kept like that of a write."""
        try:
            super().close()
        except OSError as error:
            self.error = self.error or error

    def _attempt(self, action: Any) -> None:
        try:
            action()
        except OSError as error:
            self.error = error
            if self.strict:
                raise

    def _guard(self, text: str) -> str:
        if self.form == "text" or self.isatty():
            pattern = _FOR_TERMINALS if self.isatty() else _FOR_FILES
            text = pattern.sub(lambda found: found[1] or escape(found[0]), text)
        if not self._obeyed or not text:
            return text
        tail, self._tail = self._tail, _tail_of(self._tail + text)
        return _inert_text(text, tail) if self.form == "text" else inert(text, self.form)


def _inert_text(text: str, before: str = "") -> str:
    """Return ``text`` with a blank in each command; ``before`` is already written."""
    pieces: list[str] = []
    position, both = len(before), before + text
    for match in _COMMAND.finditer(both):
        place = max(match.end(), len(before))
        pieces += [both[position:place], " "]
        position = place
    return "".join([*pieces, both[position:]])


def _tail_of(text: str) -> str:
    """Return what of the last line decides whether a command can go on from there."""
    last = text.rpartition("\n")[2]
    if (start := _START.match(last)) is not None:
        return start[1]
    hashes = _HASHES.search(last[-30:])
    return hashes[0] if hashes else "x"


def inert(text: str, form: str = "text") -> str:
    """Return a document in which no line is a command, with the same meaning for programs.

    The lines of GitHub's own format are meant to be commands.
    """
    if form == "github":
        return text
    if form in JSON_FORMS:
        return _JSON_COMMAND.sub(r"#\\u0023", text)
    if form in XML_FORMS:
        return _XML_COMMAND.sub(
            lambda found: "&#35;" if found[0] == "#" else f"{found[1]}&#58;", text
        )
    return _inert_text(text)


class _Closed(io.RawIOBase):
    """A stream that was closed before the process began: nothing can be written to it."""

    def writable(self) -> bool:
        """Claim to be open; `write` says otherwise."""
        return True

    def write(self, data: Any) -> int:
        """Raise OSError, as the system would."""
        raise OSError(errno.EBADF, os.strerror(errno.EBADF))


class _Outputs:
    """Every stream of this process, and the verdict to repeat where one cannot be written."""

    def __init__(self) -> None:
        self.opened: list[Output] = []
        self.verdict: str | None = None


_OUTPUTS = _Outputs()


def is_obeyed(environ: Mapping[str, str]) -> bool:
    """Decide whether a runner reads the output and obeys commands in it."""
    return any(environ.get(name, "").strip().lower() not in OFF for name in OBEYING)


def protect() -> None:
    """Put the guard in place of standard output and standard error.

    One that was closed by the parent process is an output that cannot be written.
    """
    sys.stdout = _protected(sys.stdout, "standard output")
    sys.stderr = _protected(sys.stderr, "standard error")
    _OUTPUTS.opened.append(sys.stdout)


def _protected(stream: TextIO | None, label: str) -> Output:
    obeyed = is_obeyed(os.environ)
    if not isinstance(stream, io.TextIOWrapper):
        return Output(io.BufferedWriter(_Closed()), label, obeyed=obeyed, encoding="utf-8")
    stream.flush()
    return Output(
        stream.buffer,
        label,
        obeyed=obeyed,
        encoding=stream.encoding,
        line_buffering=stream.line_buffering,
    )


def open_file(path: str, label: str, *, append: bool = False) -> Output:
    """Open a file for a report. Raises OSError if that fails; later errors are kept."""
    binary = open(path, "ab" if append else "wb")  # noqa: PTH123, SIM115 - the caller closes it
    stream = Output(binary, label, obeyed=False, encoding="utf-8")
    _OUTPUTS.opened.append(stream)
    return stream


def write_form(stream: TextIO, text: str, form: str) -> None:
    """Write a document of a format to a stream."""
    set_form(stream, form)
    stream.write(text)
    stream.flush()
    set_form(stream, "text")


def set_form(stream: TextIO, form: str) -> None:
    """Announce the format of what follows; programs read UTF-8, whatever the locale is."""
    if isinstance(stream, Output):
        stream.form = form
        if form != "text":
            stream.reconfigure(encoding="utf-8")


def note_verdict(words: str) -> None:
    """Keep the verdict in words, for `finish`."""
    _OUTPUTS.verdict = words


def is_lost(error: OSError) -> bool:
    """Decide whether an error came from writing an output."""
    return any(stream.error is error for stream in _OUTPUTS.opened)


def finish(code: int) -> int:
    """Flush everything and return the exit code, or that of a usage error if an output is lost.

    Then standard error has a sentence for each lost output, and the verdict. A reader that has
    seen enough and left is no error.
    """
    lost = []
    for stream in _OUTPUTS.opened:
        stream.strict = False
        stream.flush()
        if stream.error is not None and not isinstance(stream.error, BrokenPipeError):
            reason = stream.error.strerror or "an error of the system"
            lost.append(f"{stream.label} cannot be written: {reason}.")
    verdict, _OUTPUTS.verdict = _OUTPUTS.verdict, None
    _OUTPUTS.opened = [stream for stream in _OUTPUTS.opened if stream is sys.stdout]
    if not lost:
        return code
    for words in lost:
        print(f"Error: {printable(words[0].upper() + words[1:])}", file=sys.stderr)
    if verdict is not None:
        print(f"The verdict is: {printable(verdict)} (exit code {code}).", file=sys.stderr)
    elif code:
        print(f"Without that, the exit code is {code}.", file=sys.stderr)
    return EXIT_USAGE

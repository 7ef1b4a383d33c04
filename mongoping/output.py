"""Guard all output: standard output, standard error, and report files.

CI runners execute commands in log lines, and terminals execute control characters. Text from a
server must trigger neither, however lines are wrapped. Formats escape what they know about;
`Output` protects against the rest. It also keeps a write error until the command has ended, so
that a full disk cannot hide the verdict.

Source of the commands: GitHub's documentation of workflow commands, Azure's of logging commands,
TeamCity's of service messages.
"""

from __future__ import annotations

import codecs
import contextlib
import errno
import io
import os
import sys
from typing import TYPE_CHECKING, Any, TextIO

from mongoping import signals
from mongoping.columns import to_ascii
from mongoping.escape import escape, printable
from mongoping.exit_codes import EXIT_USAGE
from mongoping.lazy_re import lazy_compile

if TYPE_CHECKING:
    from collections.abc import Mapping

CI_VARIABLES = (
    "GITHUB_ACTIONS",
    "TF_BUILD",
    "TEAMCITY_VERSION",
)  # set by CI systems whose runners execute commands in logs
OFF = ("", "0", "false", "no")
MAX_LOST = 1000  # failed writes before a command that keeps writing is stopped
JSON_FORMS, XML_FORMS = ("json", "sarif"), ("junit", "html", "svg")
_GAP = r"(?:[^\S\n]|\x1b\[[0-9;:]*m)"  # runners ignore blanks; colors are not text
# Both match up to the position where a blank turns a command into text.
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
# a terminal also gets carriage returns, cursor movements and hyperlinks (OSC 8)
_FOR_TERMINALS = lazy_compile(
    rf"(\r|\x1b\[[0-9;:?]*[A-Za-z]|\x1b\]8;;(?:https://[!-~]{{1,500}})?\x1b\\)|{_CONTROLS}"
)

FALLBACK = "mongoping.plain"


def _plain(error: UnicodeError) -> tuple[str, int]:
    """Replace characters that a stream cannot encode: drawings by ASCII, others by escapes."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return to_ascii(error.object[error.start : error.end]), error.end


codecs.register_error(FALLBACK, _plain)


class Output(io.TextIOWrapper):
    """A text stream that neutralises commands and control characters, and keeps write errors.

    Attributes:
        label: its name in a message, such as ``standard output``.
        error: the first write error, else None.
        strict: raise errors at once, for commands that run until they are stopped.
        form: the format of the text, which decides how it is escaped.
    """

    buffer = None  # type: ignore[assignment]  # otherwise click would bypass the guard

    def __init__(self, binary: Any, label: str, *, in_ci: bool, **options: Any) -> None:
        super().__init__(binary, errors=FALLBACK, **options)
        self.label = label
        self.error: OSError | None = None
        self.strict = False
        self._lost = 0
        self._in_ci = in_ci
        self._tail = ""  # the end of the last write, if a command could continue it
        self.form = "text"

    def write(self, text: str | bytes) -> int:
        """Write text so that no reader executes it.

        Raises TypeError for empty bytes, with which click finds out whether it has to encode text
        itself: it would write a question mark for each character that the stream lacks. Scripts
        for shells are bytes in UTF-8 all the same.
        """
        if isinstance(text, bytes):
            if not text:
                raise TypeError("write() argument must be str")
            text = text.decode("utf-8", "replace")
        if self.error is not None:
            self._lost += 1
            if self.strict or self._lost > MAX_LOST:
                raise self.error
            return len(text)
        safe_text = self._guard(text)
        self._attempt(lambda: super(Output, self).write(safe_text))
        return len(text)

    def flush(self) -> None:
        """Write the buffered text."""
        if self.error is None and not self.closed:
            self._attempt(super().flush)

    def close(self) -> None:
        """Close the file; keep an error as for a write."""
        try:
            super().close()
        except OSError as error:
            self.error = self.error or error

    def _attempt(self, action: Any) -> None:
        try:
            action()
        except OSError as error:
            self.error = pipe_error(error)
            if self.strict:
                raise self.error from None

    def _guard(self, text: str) -> str:
        if self.form == "text" or self.isatty():
            pattern = _FOR_TERMINALS if self.isatty() else _FOR_FILES
            text = pattern.sub(lambda match: match[1] or escape(match[0]), text)
        if not self._in_ci or not text:
            return text
        tail, self._tail = self._tail, _tail_of(self._tail + text)
        return _inert_text(text, tail) if self.form == "text" else inert(text, self.form)


def pipe_error(error: OSError) -> OSError:
    """Return the error of a closed pipe as BrokenPipeError, and any other error unchanged.

    Windows reports EINVAL for a pipe whose reader has gone.
    """
    if sys.platform == "win32" and error.errno == errno.EINVAL:
        return BrokenPipeError(errno.EPIPE, os.strerror(errno.EPIPE))
    return error


def _inert_text(text: str, before: str = "") -> str:
    """Return ``text`` with a blank inserted in each command; ``before`` was written already."""
    pieces: list[str] = []
    position, both = len(before), before + text
    for match in _COMMAND.finditer(both):
        place = max(match.end(), len(before))
        pieces += [both[position:place], " "]
        position = place
    return "".join([*pieces, both[position:]])


def _tail_of(text: str) -> str:
    """Return the end of the last line that decides whether a command can continue it."""
    last = text.rpartition("\n")[2]
    if (start := _START.match(last)) is not None:
        return start[1]
    hashes = _HASHES.search(last[-30:])
    return hashes[0] if hashes else "x"


def inert(text: str, form: str = "text") -> str:
    """Return a document in which no line is a CI command, with the same meaning for programs.

    GitHub's own format stays as it is, because its lines are commands on purpose.
    """
    if form == "github":
        return text
    if form in JSON_FORMS:
        return _JSON_COMMAND.sub(r"#\\u0023", text)
    if form in XML_FORMS:
        return _XML_COMMAND.sub(
            lambda match: "&#35;" if match[0] == "#" else f"{match[1]}&#58;", text
        )
    return _inert_text(text)


class WholeFile(Output):
    """A file that appears under its name only when it is complete.

    Until then, it has another name in the same folder, which ends in ``.tmp``: programs that read
    a folder at any time, such as the node exporter's textfile collector, see the former file or
    the new one. It is removed if writing it fails.

    Attributes:
        complete: whether the text was written; closing an incomplete file removes it.
    """

    def __init__(self, path: str, label: str) -> None:
        self._path = os.path.realpath(path)
        self._draft = f"{self._path}.{os.getpid()}.tmp"
        super().__init__(open(self._draft, "wb"), label, in_ci=False, encoding="utf-8")  # noqa: PTH123, SIM115
        self._removal = signals.Removal(self._remove)
        self.complete = False

    def close(self) -> None:
        """Close the file and give it its name; keep an error as for a write."""
        if self.closed:
            return
        super().close()
        with signals.defer():
            if self.error is None and self.complete:
                self._attempt(lambda: os.replace(self._draft, self._path))  # noqa: PTH105
            self._remove()
            self._removal.cancel()

    def _remove(self) -> None:
        with contextlib.suppress(OSError):
            os.unlink(self._draft)  # noqa: PTH108


class _ClosedStream(io.RawIOBase):
    """A stream that was closed before the process started; every write fails."""

    def writable(self) -> bool:
        """Return True; only `write` reports the error."""
        return True

    def write(self, data: Any) -> int:
        """Raise the OSError of a closed file descriptor."""
        raise OSError(errno.EBADF, os.strerror(errno.EBADF))


class _Outputs:
    """All open outputs of this process, and the verdict to repeat if one cannot be written."""

    def __init__(self) -> None:
        self.opened: list[Output] = []
        self.verdict: str | None = None


_OUTPUTS = _Outputs()


def runs_in_ci(environ: Mapping[str, str]) -> bool:
    """Return whether a CI runner reads the output and executes commands in it."""
    return any(environ.get(name, "").strip().lower() not in OFF for name in CI_VARIABLES)


def protect() -> None:
    """Replace standard output and standard error by guarded streams.

    A stream that the parent process has closed becomes an output that cannot be written.
    """
    sys.stdout = _protect(sys.stdout, "standard output")
    sys.stderr = _protect(sys.stderr, "standard error")
    _OUTPUTS.opened.append(sys.stdout)


def _protect(stream: TextIO | None, label: str) -> Output:
    in_ci = runs_in_ci(os.environ)
    if not isinstance(stream, io.TextIOWrapper):
        return Output(io.BufferedWriter(_ClosedStream()), label, in_ci=in_ci, encoding="utf-8")
    stream.flush()
    return Output(
        stream.buffer,
        label,
        in_ci=in_ci,
        encoding=stream.encoding,
        line_buffering=stream.line_buffering,
    )


def open_file(path: str, label: str, *, append: bool = False, form: str = "text") -> Output:
    """Open a file for a report. Raise OSError if that fails; keep later errors.

    A file of metrics is read by other programs at any time, so it is replaced as a whole.
    """
    if form == "prometheus" and (os.path.isfile(path) or not os.path.exists(path)):  # noqa: PTH110, PTH113
        whole = WholeFile(path, label)
        _OUTPUTS.opened.append(whole)
        return whole
    binary = open(path, "ab" if append else "wb")  # noqa: PTH123, SIM115 - the caller closes it
    stream = Output(binary, label, in_ci=False, encoding="utf-8")
    _OUTPUTS.opened.append(stream)
    return stream


def write_form(stream: TextIO, text: str, form: str) -> None:
    """Write a document in the format ``form`` to a stream."""
    set_form(stream, form)
    stream.write(text)
    stream.flush()
    set_form(stream, "text")
    if isinstance(stream, WholeFile):
        stream.complete = True


def set_form(stream: TextIO, form: str) -> None:
    """Set the format of the next writes; documents for programs are UTF-8 with LF everywhere."""
    if isinstance(stream, Output):
        stream.form = form
        if form != "text":
            stream.reconfigure(encoding="utf-8", newline="\n")


def note_verdict(sentence: str) -> None:
    """Keep the verdict as a sentence, for `finish`."""
    _OUTPUTS.verdict = sentence


def is_lost(error: OSError) -> bool:
    """Return whether an error came from writing an output."""
    return any(stream.error is error for stream in _OUTPUTS.opened)


def finish(code: int) -> int:
    """Flush all outputs; return ``code``, or the code of a usage error if an output was lost.

    Print a sentence for each lost output, and the verdict, to standard error. A reader that
    closes the pipe early is not an error.
    """
    lost_streams = []
    for stream in _OUTPUTS.opened:
        stream.strict = False
        stream.flush()
        if isinstance(stream, WholeFile):
            stream.close()
        if stream.error is not None and not isinstance(stream.error, BrokenPipeError):
            reason = stream.error.strerror or "unknown system error"
            lost_streams.append(f"{stream.label} cannot be written: {reason}.")
    verdict, _OUTPUTS.verdict = _OUTPUTS.verdict, None
    _OUTPUTS.opened = [stream for stream in _OUTPUTS.opened if stream is sys.stdout]
    if not lost_streams:
        return code
    for sentence in lost_streams:
        print(f"Error: {printable(sentence[0].upper() + sentence[1:])}", file=sys.stderr)
    if verdict is not None:
        print(f"Verdict: {printable(verdict)} (exit code {code}).", file=sys.stderr)
    elif code:
        print(f"Otherwise the exit code would be {code}.", file=sys.stderr)
    return EXIT_USAGE

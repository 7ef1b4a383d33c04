"""Read message templates out of source code of any language. Pure.

A language is described by the text before a message (``throw new X(``), its string literals and
its placeholders. No grammar: the first run of literals within the brackets is the message.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

MAX_LENGTH = 1500  # characters from the opening bracket to the end of a message
MIN_LETTERS = 6  # in a message without placeholders: shorter ones are separators and names

DOUBLE = r'(?P<raw>[$@brf]{0,2})(?:"""(?P<c>.*?)"""|"(?P<a>(?:[^"\\\n]|\\.)*)")'
GO = r'(?P<raw>)(?:"(?P<a>(?:[^"\\\n]|\\.)*)"|`(?P<c>[^`]*)`)'
ANY = (
    r'(?P<raw>\b[rRbBfF]{1,2}|[$@]{0,2})(?:"""(?P<c>.*?)"""|"(?P<a>(?:[^"\\\n]|\\.)*)"'
    r"|'(?P<b>(?:[^'\\\n]|\\.)*)'|`(?P<d>(?:[^`\\]|\\.)*)`)"
)
ESCAPES = {"n": "\n", "t": "\t", "r": "", "0": ""}


@dataclass(frozen=True)
class Language:
    """How messages are written in a language.

    ``opener`` matches everything up to the message's first argument; its group ``kind`` is the
    class of the error. ``hole`` matches a placeholder, its first group being an expression. With
    ``behind``, expressions follow the message, one for each placeholder without its own. ``inner``
    matches an argument with a low-level error, which is printed behind the message. ``classes``
    have the class around a message that has none before it, and its full name.
    """

    suffixes: str
    opener: str
    literal: str
    hole: str
    by_line: bool = False  # statements end with their line
    behind: bool = False
    inner: str = ""
    classes: tuple[tuple[str, str], ...] = ()


PYTHON = Language(
    r"\.py$",
    r"\braise (?P<kind>\w+)\(|\b_raise_\w+\(|\breturn (?P<kind2>\w+Error)\("
    r"|^_[A-Z_]+_MSG = \(?(?=\s*[\"'])",
    ANY,
    r"%(?:\((\w+)\))?[-\d.]*[sdrif]|\{([^{}]*)\}",
)
SCRIPT = Language(r"\.[jt]s$", r"\bnew (?P<kind>\w*Error)\(", ANY, r"\$\{((?:[^{}]|\{[^{}]*\})*)\}")
JAVA = Language(
    r"\.java$",
    r"\bnew (?P<kind>\w+(?:Exception|Error))\(|\bisTrue(?P<state>Argument)?\(",
    DOUBLE,
    r"%(?:\d\$)?[sd]",
)
GOLANG = Language(
    r"(?<!_test)\.go$",
    r"\berrors\.New\(|\bErrorf\(|\b[nN]ew\w*Error\(|\b[mM]essage:\s*(?=[\"`])|\b[eE]rrorMessage:\s*"
    r"|\breturn fmt\.Sprintf\(|\b\w*[mM]s?g :?= (?:fmt\.Sprintf\(|(?=\"))",
    GO,
    r"%[+#]?[-\d.]*[vsqdwxT]",
    behind=True,
    inner=r"^(?:(?:inner|Wrapped):\s*(?!nil)|(?:err|e|inner|\w+Err)(?:\.Error\(\))?$)",
)
CSHARP = Language(
    r"\.cs$",
    r"\bnew (?P<kind>\w+Exception)\(|\bmessage = (?=\$?\")",
    DOUBLE,
    r"\{([^{}]*)\}",
)
C = Language(
    r"\.c$",
    r"\b_?(?:mongoc|bson)_set_error\w*\s*\(|\b[A-Z_]*(?:URI|DNS)_ERROR\s*\("
    r"|\b(?P<kind2>MONGOC_(?:ERROR|WARNING))\s*\(|\bphongo_throw_exception\s*\(\s*(?P<kind>\w+),?",
    DOUBLE,
    r"%(?:\.\*)?[-\d.]*(?:ll?|z|h)?[sdiuxc]|%$",
    behind=True,
)
RUBY = Language(
    r"\.rb$",
    r"\braise(?:\(|[ ]+)(?P<kind>[A-Z][\w:]+)(?:\.new\(|,\s*)|\b(?:msg|message) = (?=[\"'])"
    r"|\bsuper\(\s*(?:msg \|\| )?(?=[\"'])|^\s+[A-Z_]{6,} = (?=[\"'])",
    ANY,
    r"#\{((?:[^{}]|\{[^{}]*\})*)\}|%s",
    by_line=True,
    classes=(
        (r"\bclass (\w+) < (?:Mongo::)?Error\b(?!::)", r"Error::\1"),
        (r"\bclass (\w+) < (?:InvalidConfiguration|Mongo::Error::AuthError)\b", r"Auth::\1"),
    ),
)
RUST = Language(
    r"\.rs$",
    r"\bErrorKind::(?P<kind>\w+)\s*[({]|\bError::(?P<kind2>[a-z]\w+)\(|#\[error\((?=\")",
    DOUBLE,
    r"\{([^{}]*)\}",
    behind=True,
)
DART = Language(
    r"\.dart$",
    r"\b(?:throw|completeError\()\s*(?:const )?(?P<kind>\w+)\(",
    ANY,
    r"\$\{([^{}]*)\}|\$(\w+)",
)
ELIXIR = Language(
    r"\.exs?$",
    r"\bMongo\.Error\.exception\(|\bMongo\.Error\{|\braise[( ]\s*(?P<kind>[A-Z][\w.]*),\s*"
    r"|\braise[( ](?=\")|\{:error, (?=\")|\bLogger\.(?P<kind2>error|warning)\(",
    DOUBLE,
    r"#\{((?:[^{}]|\{[^{}]*\})*)\}",
)
SCALA = Language(
    r"\.scala$",
    r"\bnew (?P<kind>\w+(?:Exception|Error))\(|\bval \w*(?:Msg|message)\s*=\s*(?=s?\")"
    r"|\blogger\.(?P<kind2>error|warn)\(",
    DOUBLE.replace("[$@brf]", "[sf]"),
    r"\$\{([^{}]*)\}|\$(\w+)",
)


@dataclass(frozen=True)
class Template:
    """A message with its holes: the literals at even places, expressions between them."""

    kind: str
    parts: tuple[str, ...]


def templates(source: str, language: Language) -> Iterator[Template]:
    """Yield the message templates of a source file."""
    for opener in re.finditer(language.opener, source, re.MULTILINE):
        line = source[source.rfind("\n", 0, opener.start()) + 1 : opener.start()].strip()
        if line.startswith(("//", "#", "*", "/*")) and not opener[0].startswith("#["):
            continue
        groups = opener.groupdict()
        kind = groups.get("kind") or groups.get("kind2") or ""
        if opener[0].startswith("isTrue"):
            kind = "isTrue"
        kind = kind or _enclosing(source[: opener.start()], language)
        by_line = language.by_line or opener[0].rstrip().endswith("=")
        parts, end = _message(source, opener.end(), language, by_line=by_line)
        if language.behind:
            parts = _complete(parts, *_arguments(source, opener, end, language), language)
        if _is_message(parts):
            yield Template(kind, parts)


def _enclosing(before: str, language: Language) -> str:
    """Return the last class that begins before a message; empty if none does."""
    openers = [
        (match.start(), match.expand(name))
        for pattern, name in language.classes
        for match in re.finditer(pattern, before)
    ]
    return max(openers, default=(0, ""))[1]


def _complete(
    parts: tuple[str, ...], arguments: list[str], others: list[str], language: Language
) -> tuple[str, ...]:
    """Return a message whose placeholders have the expressions that follow it."""
    expressions = iter(arguments)
    texts = [
        part if place % 2 == 0 or part else next(expressions, "")
        for place, part in enumerate(parts)
    ]
    if language.inner and any(re.match(language.inner, other) for other in (*expressions, *others)):
        texts[-1] += ": "
        texts += ["err", ""]
    return tuple(texts)


def _arguments(
    source: str, opener: re.Match[str], end: int, language: Language
) -> tuple[list[str], list[str]]:
    """Return the arguments behind a message, and those around the call that formats it."""
    literal = re.compile(language.literal, re.DOTALL)
    groups: list[list[str]] = [[""]]
    depth, place = 0, end
    while place < min(end + MAX_LENGTH, len(source)):
        string = literal.match(source, place)
        letter = string[0] if string else source[place]
        place += len(letter)
        if letter in (")", "}") and depth == 0:
            if len(groups) > 1 or source[place : place + 1] not in (",", ")"):
                break
            groups.append([""])
        elif letter == "," and depth == 0:
            groups[-1].append("")
        elif letter == ";":
            break
        else:
            depth += (letter in ("(", "[", "{")) - (letter in (")", "]", "}"))
            groups[-1][-1] += letter
    rows = [[argument.strip() for argument in row if argument.strip()] for row in groups]
    start = max(source.rfind("{", 0, opener.start()) + 1, opener.start() - 120, 0)
    fields = source[start : opener.start()].split(",")
    around = [argument for row in rows[1:] for argument in row]
    return rows[0], [*around, *(field.strip() for field in fields if ":" in field)]


def _is_message(parts: tuple[str, ...]) -> bool:
    """Return whether parts are a sentence: not a name, an option or a separator."""
    text = "".join(parts[::2])
    letters = sum(map(str.isalpha, text))
    return (
        " " in text.strip("- ")
        and not text.startswith("--")
        and letters >= (MIN_LETTERS if len(parts) == 1 else MIN_LETTERS // 2)
    )


def _message(
    source: str, start: int, language: Language, *, by_line: bool
) -> tuple[tuple[str, ...], int]:
    """Return literals and, between two of them, the expression that separates them; and the end."""
    parts: list[str] = []
    literal = re.compile(language.literal, re.DOTALL)
    depth, level, between, text = 0, -1, "", ""
    place, end = start, start + MAX_LENGTH
    while place < min(end, len(source)):
        match = literal.match(source, place)
        if match and level < 0 and between.rstrip().endswith(("%", "% (")):
            break  # an argument of a message in a constant
        if match:
            inner = between.strip(" \n\t+.\\")
            if not text and re.fullmatch(r"[A-Z]\w+", inner):
                inner = ""  # a macro with the letters of a placeholder
            if level >= 0 and inner:
                parts += (text, inner)
                text = ""
            level, between = (depth if level < 0 else level), ""
            for part, hole in _holes(_content(match), language):
                text += part
                if hole is not None:
                    parts += (text, hole)
                    text = ""
            place = match.end()
            continue
        letter = source[place]
        if letter in ")]};" and depth <= 0:
            break
        if letter == "," and depth == max(level, 0):
            if level >= 0:
                break
            between = ""
        elif letter == "\n" and level >= 0 and by_line and _ends(between):
            break
        depth += (letter in "([{") - (letter in ")]}")
        between += letter
        place += 1
    parts.append(text)
    if between.lstrip().startswith("+"):
        parts += (between.strip(" \n\t+"), "")
    return tuple(parts), place


def _ends(between: str) -> bool:
    return not between.rstrip().endswith(("\\", ",", "+"))


def _content(match: re.Match[str]) -> str:
    """Return the text of a literal without its escapes."""
    groups = match.groupdict()
    text = next((groups[name] for name in "abcd" if groups.get(name) is not None), "")
    return re.sub(r"\\(\n\s*|.)", lambda each: ESCAPES.get(each[1], each[1].strip()), text)


def _holes(text: str, language: Language) -> Iterator[tuple[str, str | None]]:
    """Yield each part of a literal with the expression behind it, None behind the last one."""
    place = 0
    for hole in re.finditer(language.hole, text):
        yield text[place : hole.start()], next(filter(None, hole.groups()), "")
        place = hole.end()
    yield text[place:], None

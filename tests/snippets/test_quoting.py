"""String literals: no value can break out of one, and each one has the original value."""

from __future__ import annotations

import ast
import json
import re
import shutil
import subprocess
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mongoping.snippets import quoting
from tests.snippets import syntax

if TYPE_CHECKING:
    from pathlib import Path

QUOTES = {
    ".cs": quoting.csharp,
    ".go": quoting.go,
    ".java": quoting.java,
    ".js": quoting.javascript,
    ".php": quoting.php,
    ".py": quoting.python,
    ".rb": quoting.ruby,
    ".rs": quoting.rust,
}
FRAMES = {
    ".cs": "var uri = {};",
    ".go": "package main\nvar uri = {}\n",
    ".java": "class A {{ String uri = {}; }}",
    ".js": "const uri = {};",
    ".php": "<?php\n$uri = {};",
    ".py": "uri = {}\n",
    ".rb": "uri = {}\n",
    ".rs": "static URI: &str = {};",
}
INTERPOLATIONS = {
    "interpolation",
    "template_substitution",
    "variable_name",
    "dynamic_variable_name",
}
HOSTILE = [
    "",
    'mongodb://a:b@c/?x="); import os; os.system("true"); ("',
    "mongodb://u:'p'@h/",
    'a"b\\',
    "\\",
    '\\"',
    "\\u0022+1+\\u0022",
    "\\x22",
    "line\nfeed\r\ttab\x00\x0b\x1b[31m\x7f",
    "${process.exit()} #{exit} #$0 {$x} $x `id` %s {0} {{}}",
    "*/ // # <!-- ?> </script> '''\"\"\"",
    "ünïcödé 日本 😀 \u2028\u2029\u202e\ufeff",
    "\x85\xa0",
    "012 \x0012 \x003",
]


@st.composite
def hostile(draw: st.DrawFn) -> str:
    """Draw text with special characters of some language and any others."""
    piece = st.sampled_from(
        ["\\", '"', "'", "`", "$", "#", "{", "}", "\n", "\r", "u0022", "?>", "0"]
    )
    anything = st.text(st.characters(exclude_categories=["Cs"]), max_size=5)
    return "".join(draw(st.lists(piece | anything, max_size=12)))


@settings(deadline=None)
@given(value=hostile())
def test_a_literal_is_one_line_of_printable_ascii(value: str) -> None:
    """It has no unescaped quote except the first and the last character."""
    for quote in QUOTES.values():
        assert re.fullmatch(r'"(?:[ !#-\[\]-~]|\\[ -~])*"', quote(value))


@settings(deadline=None)
@given(value=hostile())
def test_no_value_ends_or_interpolates_a_literal(value: str) -> None:
    """The syntax tree around the literal is the same as around a plain word."""
    for suffix, quote in QUOTES.items():
        frame = FRAMES[suffix]
        text = frame.format(quote(value))
        assert not syntax.tree(suffix, text).has_error, text
        assert syntax.literals(suffix, text) == [quote(value)]
        assert syntax.shape(suffix, text) == syntax.shape(suffix, frame.format('"plain"'))
        assert not syntax.inside_literals(suffix, text) & INTERPOLATIONS


@settings(deadline=None)
@given(value=hostile())
def test_python_returns_the_original_value(value: str) -> None:
    assert ast.literal_eval(quoting.python(value)) == value


@pytest.mark.parametrize("quote", QUOTES.values())
def test_a_lone_surrogate_is_refused(quote: object) -> None:
    """Most languages cannot express it, and no URI contains it."""
    assert callable(quote)
    with pytest.raises(quoting.NotTextError):
        quote("mongodb://\ud800/")


def javascript() -> str:
    values = ",".join(map(quoting.javascript, HOSTILE))
    return f"console.log(JSON.stringify([{values}].map(s => [...s].map(c => c.codePointAt(0)))))"


def java() -> str:
    """Java decodes Unicode escapes before it parses literals."""
    values = ",".join(map(quoting.java, HOSTILE))
    return (
        "class Read { public static void main(String[] a) {"
        " var all = new java.util.ArrayList<String>();"
        f" for (String s : new String[] {{{values}}}) all.add(java.util.Arrays.toString("
        "s.codePoints().toArray())); System.out.println(all); } }"
    )


def php() -> str:
    values = ",".join(map(quoting.php, HOSTILE))
    codes = "fn($s) => array_map('mb_ord', mb_str_split($s))"
    return f"<?php echo json_encode(array_map({codes}, [{values}]));"


def ruby() -> str:
    return f"p [{','.join(map(quoting.ruby, HOSTILE))}].map(&:codepoints)"


def rust() -> str:
    values = ",".join(map(quoting.rust, HOSTILE))
    return (
        f"fn main() {{ let all: Vec<Vec<u32>> = [{values}].iter()"
        '.map(|s| s.chars().map(|c| c as u32).collect()).collect(); println!("{:?}", all); }'
    )


READERS: dict[str, tuple[str, Callable[[], str]]] = {  # the programs print lists of code points
    "node": (".js", javascript),
    "java": (".java", java),
    "php": (".php", php),
    "ruby": (".rb", ruby),
    "rustc": (".rs", rust),
}


@pytest.mark.parametrize("command", [command for command in READERS if shutil.which(command)])
def test_languages_that_are_installed_return_the_original_value(
    command: str, tmp_path: Path
) -> None:
    suffix, program = READERS[command]
    file = tmp_path / f"program{suffix}"
    file.write_text(program(), encoding="ascii")
    words = [command, str(file)]
    if command == "rustc":
        subprocess.run([*words, "-o", str(tmp_path / "read")], check=True, capture_output=True)
        words = [str(tmp_path / "read")]
    process = subprocess.run(words, capture_output=True, text=True, check=True, timeout=60)
    assert ["".join(map(chr, points)) for points in json.loads(process.stdout)] == HOSTILE

"""The style, the script and the head of an HTML page that fetches nothing.

The page works without the script, which only adds buttons that copy. Its hash in the
Content-Security-Policy keeps any other script from running, in case foreign text should find a
way past the escaping.
"""

from __future__ import annotations

import base64
import hashlib

CSS = """\
:root { color-scheme: light dark; --ok: #1a7f37; --warn: #9a6700; --fail: #cf222e;
  --skip: #59636e; --line: #d0d7de; --soft: #f6f8fa; --text: #1f2328; --back: #ffffff;
  --names: #8250df; --tcp: #0969da; --tls: #0e7490; --hello: #1a7f37; --auth: #9a6700; }
@media (prefers-color-scheme: dark) { :root { --ok: #3fb950; --warn: #d29922; --fail: #f85149;
  --skip: #9198a1; --line: #30363d; --soft: #161b22; --text: #e6edf3; --back: #0d1117;
  --names: #a371f7; --tcp: #58a6ff; --tls: #39c5cf; --hello: #3fb950; --auth: #d29922; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 62rem; padding: 1.5rem; color: var(--text);
  background: var(--back); font: 15px/1.5 system-ui, "DejaVu Sans", Arial, sans-serif;
  overflow-wrap: break-word; }
h1 { font-size: 1.4rem; margin: 0 0 .5rem; } h2 { font-size: 1.1rem; margin: 1.5rem 0 .5rem; }
h3 { font-size: 1rem; margin: 0 0 .3rem; }
code, pre, .mono { font-family: ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace;
  font-size: .92em; overflow-wrap: anywhere; }
a { color: var(--tcp); overflow-wrap: anywhere; }
table { border-collapse: collapse; width: 100%; } caption { text-align: left; color: var(--skip); }
th, td { text-align: left; vertical-align: top; padding: .35rem .6rem;
  border-bottom: 1px solid var(--line); overflow-wrap: anywhere; }
td.time, th.time { width: 1%; text-align: right; white-space: nowrap; color: var(--skip); }
td.name { width: 6.5rem; white-space: nowrap; }
td.mark { width: 4.2rem; white-space: nowrap; font-weight: 600; }
.ok { color: var(--ok); } .warn { color: var(--warn); } .fail { color: var(--fail); }
.skip { color: var(--skip); }
article { margin-bottom: 2.5rem; }
.target { margin: .2rem 0; color: var(--skip); }
section.verdict, section.finding { border-left: 4px solid var(--fail); background: var(--soft);
  padding: .8rem 1rem; margin: .8rem 0; }
section.finding { border-left-color: var(--warn); }
section.finding.error { border-left-color: var(--fail); }
section h2 { margin: 0 0 .4rem; } section p { margin: .3rem 0; }
.label { color: var(--skip); font-weight: 600; margin-right: .3rem; }
.paste { display: flex; align-items: flex-start; gap: .5rem; margin: .3rem 0 .6rem; }
pre { flex: 1; min-width: 0; margin: 0; padding: .5rem .7rem; white-space: pre-wrap;
  background: var(--back); border: 1px solid var(--line); border-radius: 4px; user-select: all; }
button { font: inherit; font-size: .85rem; padding: .35rem .7rem; cursor: pointer;
  color: var(--text); background: var(--back); border: 1px solid var(--line); border-radius: 4px; }
.detail { color: var(--skip); } ul.lines { list-style: none; margin: 0; padding: 0; }
td.bar { width: 60%; vertical-align: middle; } td.bar svg { display: block; width: 100%;
  height: .9rem; background: var(--soft); }
.waterfall th { padding-top: .8rem; } .waterfall td { border-bottom: 0; padding: .1rem .6rem; }
rect { fill: var(--hello); } rect.srv, rect.txt, rect.dns { fill: var(--names); }
rect.tcp { fill: var(--tcp); } rect.tls { fill: var(--tls); } rect.auth { fill: var(--auth); }
rect.discover, rect.first-ping { fill: var(--skip); }
footer { color: var(--skip); font-size: .85rem; }
@media (max-width: 40rem) { body { padding: 1rem .8rem; }
  table.stack, .stack tbody { display: block; } .stack tr.head { display: none; }
  .stack caption { display: block; }
  .stack tr { display: flex; flex-wrap: wrap; gap: 0 .7rem; padding: .4rem 0;
    border-bottom: 1px solid var(--line); }
  .stack td { border: 0; padding: 0; width: auto; } .stack td.time { margin-left: auto; }
  .stack td.wide { flex-basis: 100%; order: 1; } .stack td:empty { display: none; }
  .waterfall td, .waterfall th { padding-left: 0; padding-right: .3rem; }
  td.bar { width: 45%; } .paste { flex-direction: column; } pre { width: 100%; } }
@media print { body { max-width: none; } button { display: none; } }
"""

SCRIPT = """\
for (const block of document.querySelectorAll(".paste pre")) {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = "Copy";
  button.addEventListener("click", async () => {
    const range = document.createRange();
    range.selectNodeContents(block);
    getSelection().removeAllRanges();
    getSelection().addRange(range);
    try { await navigator.clipboard.writeText(block.textContent); }
    catch { document.execCommand("copy"); }
    button.textContent = "Copied";
    setTimeout(() => { button.textContent = "Copy"; }, 2000);
  });
  block.after(button);
}
"""

_HEAD = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
{refresh}<title>{title}</title>
<style>
{css}</style>
</head>
<body>
"""


def policy(script: str = SCRIPT) -> str:
    """Return the Content-Security-Policy: nothing is loaded, and no other script runs."""
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'"


def page(
    title: str, body: str, *, script: str = SCRIPT, css: str = "", refresh_s: int | None = None
) -> str:
    """Return the document; ``title`` and ``body`` are HTML, and ``css`` adds to the style.

    With ``refresh_s``, a browser loads it again after this many seconds.
    """
    refresh_tag = (
        "" if refresh_s is None else f'<meta http-equiv="refresh" content="{refresh_s}">\n'
    )
    head = _HEAD.format(policy=policy(script), title=title, css=CSS + css, refresh=refresh_tag)
    return f"{head}{body}\n<script>{script}</script>\n</body>\n</html>\n"

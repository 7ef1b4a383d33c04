"""Check the connection strings in files: source code, configuration, notebooks.

The data flow: `files` lists and reads files, `strings` finds the connection strings in a text,
`judge` checks one, `baseline` removes what is known, and `render` writes the result. Only `files`
does I/O.
"""

"""Current servers for the sandbox: choose, download, verify and keep MongoDB's own archives."""

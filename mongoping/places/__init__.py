"""Check a deployment from other places: over ssh, in a container, or in a pod.

mongoping copies itself there with the user's own ssh, docker or kubectl, runs, and removes itself.
`place` reads ``--from``, `shell` is what runs there first, and `choose` decides which file to copy.
`connection` and `session` talk to the shell, `job` says what to check, and `there` checks it.
"""

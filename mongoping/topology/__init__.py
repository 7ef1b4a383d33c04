"""The deployment as a tree: members, their names, and the ones a read preference selects."""

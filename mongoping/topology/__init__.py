"""The deployment as a tree: who is in it, under which names, and whom a driver would choose."""

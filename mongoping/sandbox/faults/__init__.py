"""What can be broken on purpose, one file a layer."""

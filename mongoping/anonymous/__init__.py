"""Replace names in reports by pseudonyms, so that people can post them. Pure."""

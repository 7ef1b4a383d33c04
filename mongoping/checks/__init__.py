"""What mongoping looks at: one file a check, found by its name."""

"""One module a revision, numbered 0001 upwards: a higher number is a newer schema."""

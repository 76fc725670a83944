"""Recommenders written to be read. Each is a frozen specification; fitting it returns a scorer."""

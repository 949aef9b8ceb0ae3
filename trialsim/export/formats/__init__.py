"""One file a format: each writes a trial, or a part of it, into a folder."""

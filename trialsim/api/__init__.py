"""The public functions, by the work they do. ``import trialsim as ts`` names them; the command line calls only these."""

"""The public functions, by their purpose. ``import trialsim as ts`` has them; the command line calls only these."""

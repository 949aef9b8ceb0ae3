"""trialsim: a flight simulator for small bedside trials."""

__version__ = "0.1.0"

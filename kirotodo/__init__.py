"""A to-do list you talk to, in your terminal."""

__version__ = "0.1.0"

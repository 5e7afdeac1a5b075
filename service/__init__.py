"""Runs a regency's hybrid workshops, from invitation to proof of attendance and delivered data."""

__version__ = "0.1.0"

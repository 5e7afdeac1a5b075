"""Reactions to domain events. A subscriber registers itself when its module is imported."""

from importlib import import_module
from pkgutil import iter_modules


def load() -> None:
    """Imports every subscriber."""
    for found in iter_modules(__path__):
        import_module(f"{__name__}.{found.name}")

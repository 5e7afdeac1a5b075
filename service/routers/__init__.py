"""HTTP and JSON, one file per noun. Each file has one `router`; adding a file is all it takes."""

from importlib import import_module
from pkgutil import iter_modules

from fastapi import APIRouter

BUSY = ("checkins", "registrations", "workshops", "calendars")
"""Asked most often: routes are tried one after the other, so these stand first."""


def all_routers() -> list[APIRouter]:
    """The router of every noun, the busy ones first, the others in alphabetical order."""
    names = [found.name for found in iter_modules(__path__)]
    ordered = sorted(names, key=lambda name: (BUSY.index(name) if name in BUSY else len(BUSY), name))
    modules = [import_module(f"{__name__}.{name}") for name in ordered]
    return [module.router for module in modules if hasattr(module, "router")]

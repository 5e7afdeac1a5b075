"""HTTP and JSON, one file per noun. Each file has one `router`; adding a file is all it takes."""

from importlib import import_module
from pkgutil import iter_modules

from fastapi import APIRouter


def all_routers() -> list[APIRouter]:
    """The router of every noun, in alphabetical order."""
    modules = [import_module(f"{__name__}.{found.name}") for found in iter_modules(__path__)]
    return [module.router for module in modules if hasattr(module, "router")]

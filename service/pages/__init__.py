"""What people see: routes, templates and static files, self-hosted. Each file with routes has one `router`."""

from importlib import import_module
from pkgutil import iter_modules

from fastapi import APIRouter


def all_routers() -> list[APIRouter]:
    """The router of every page, in alphabetical order."""
    modules = [import_module(f"{__name__}.{found.name}") for found in iter_modules(__path__)]
    return [module.router for module in modules if hasattr(module, "router")]

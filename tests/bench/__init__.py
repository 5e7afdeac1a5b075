"""How fast, and at what cost of CPU: `python -m tests.bench`."""

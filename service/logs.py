"""Log lines as JSON on standard error. Addresses with secrets in them are never logged, only route templates."""

import logging
import sys

import structlog


def configure(level: str) -> None:
    """Writes lines of at least this level (debug, info, warning, error)."""
    # It names whole addresses, with the secrets in them, wherever somebody turns on the standard library's logging.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )

"""Counters for Prometheus. Labels are route templates, never addresses with secrets in them."""

from prometheus_client import CollectorRegistry, Counter, generate_latest

REGISTRY = CollectorRegistry()
REQUESTS = Counter("bimtek_requests", "Answered requests", ["method", "route", "status"], registry=REGISTRY)
DELIVERIES = Counter("bimtek_deliveries", "Settled deliveries", ["subscriber", "outcome"], registry=REGISTRY)


def render() -> bytes:
    """The text exposition format."""
    return generate_latest(REGISTRY)

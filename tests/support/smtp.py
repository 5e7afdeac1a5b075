"""The SMTP server of the tests; it stands among the simulators."""

from tests.simulators.smtp import SmtpSink

__all__ = ["SmtpSink"]

"""Every kind of event says how its personal data goes."""

import pytest

from service import asyncapi
from service.events import REGISTRY, Event, RegistrationEvent, Trace, WorkshopEvent


def test_an_event_that_does_not_say_how_its_personal_data_goes_cannot_be_defined() -> None:
    for base in (Event, WorkshopEvent):
        with pytest.raises(TypeError, match="personal data"):
            type("SomethingHappened", (base,), {})
    assert "something.happened" not in REGISTRY


def test_what_names_a_registration_leaves_a_trace_of_it() -> None:
    for kind, cls in REGISTRY.items():
        names = "registration_id" in cls.__dataclass_fields__ or issubclass(cls, RegistrationEvent)
        assert (cls.person is Trace.REGISTRATION) == names, kind


def test_the_published_document_says_it_for_every_event() -> None:
    components = asyncapi.document()["components"]
    assert isinstance(components, dict)
    messages = components["messages"]
    assert isinstance(messages, dict)
    for kind, message in messages.items():
        assert isinstance(message, dict)
        trace = REGISTRY[kind].person
        assert message["x-personal-data"] == {"trace": trace.value, "erasure": trace.erased}

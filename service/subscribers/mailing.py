"""A letter as mail: its words, and the calendar entries that come with it."""

from collections.abc import Sequence
from urllib.parse import urlsplit

from service import i18n
from service.clients import mail
from service.documents import ics
from service.documents.mail import compose
from service.domain.letters import Facts
from service.i18n import gettext as _
from service.models.messages import Occasion
from service.models.workshops import AttendanceBlock, Mode, Workshop
from service.settings import Settings

_WITH_CALENDAR = frozenset(
    {Occasion.CONFIRMATION, Occasion.PROMOTED, Occasion.SUBSTITUTE, Occasion.SWITCHED, Occasion.LINKS_RENEWED}
)


def mail_of(facts: Facts, settings: Settings) -> mail.Mail:
    """The mail, in the language of the facts."""
    i18n.use(facts.language)
    letter = compose(facts)
    return mail.Mail(
        id=str(facts.message_id),
        to=facts.to,
        sender_name=facts.organizer,
        subject=letter.subject,
        text=letter.text,
        html=letter.html,
        host=urlsplit(settings.base_url).hostname or "localhost",
        attachments=_calendar(facts) if facts.occasion in _WITH_CALENDAR else (),
    )


def _calendar(facts: Facts) -> list[mail.Attachment]:
    """The half-days as a file to import; the same UIDs as in the feeds, so that nothing stands there twice."""
    if facts.registration is None or facts.workshop is None or facts.calendar_url is None:
        return []
    enters = facts.join_url if facts.mode == Mode.ONLINE else None
    spans: Sequence[AttendanceBlock | Workshop] = facts.blocks or [facts.workshop]
    entries = [
        ics.Entry(
            uid=str(span.id),
            summary=f"{facts.title} · {span.label}" if isinstance(span, AttendanceBlock) else facts.title,
            starts_at=span.starts_at,
            ends_at=span.ends_at,
            changed_at=max(facts.workshop.updated_at, facts.registration.updated_at),
            sequence=facts.workshop.sequence + facts.registration.sequence,
            location=_("Daring") if enters else facts.venue or "",
            url=None if enters else facts.my_url,
            conference=(_("Ruang daring"), enters) if enters else None,
        )
        for span in spans
    ]
    feed = ics.Feed(name=facts.title, source_url=facts.calendar_url, timezone=facts.timezone, entries=entries)
    return [mail.Attachment("bimtek.ics", 'text/calendar; charset="utf-8"', ics.render(feed))]

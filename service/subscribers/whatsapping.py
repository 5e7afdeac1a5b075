"""A letter as WhatsApp sends it: an approved template, filled in."""

from textwrap import shorten

from service import clock, i18n
from service.clients.whatsapp import Template
from service.documents import mail, mail_commitments
from service.domain.announcements import LONGEST_BY_WHATSAPP
from service.domain.letters_facts import Facts
from service.models.messages import Occasion
from service.settings import Settings


def template_of(facts: Facts, settings: Settings) -> Template:
    """The template of the occasion, in the language of the facts; see clients.whatsapp for its variables.

    A message without a personal link (a cancellation) names the service's own address. What the committee announces
    stands where other messages have their time.
    """
    i18n.use(facts.language)
    links = (facts.my_url, facts.join_url, facts.invitation_url, facts.portal_url, facts.confirm_url)
    return Template(
        id=str(facts.message_id),
        to=facts.phones[0],
        name=settings.whatsapp_templates[facts.occasion],
        language=facts.language,
        parameters=(
            facts.recipient,
            facts.title,
            _said(facts) if facts.occasion == Occasion.ANNOUNCEMENT else _when(facts),
            next((link for link in links if link), settings.base_url),
        ),
    )


def _said(facts: Facts) -> str:
    return shorten(mail.own_words(facts), LONGEST_BY_WHATSAPP, placeholder=" ...") or _when(facts)


def _when(facts: Facts) -> str:
    """The beginning; of a reminder that of its day, or when what is owed is due."""
    due = mail_commitments.first_due(facts.owed)
    if due is not None:
        return due
    if facts.day is None:
        return i18n.speak_instant(facts.starts_at, facts.timezone)
    starts = (start for _label, start, _end in facts.schedule)
    start = next(starts, facts.starts_at)
    on_that_day = clock.local_date(start, facts.timezone) == facts.day
    return i18n.speak_instant(start, facts.timezone) if on_that_day else i18n.speak_date(facts.day)

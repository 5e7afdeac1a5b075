"""A letter as WhatsApp sends it: an approved template, filled in."""

from service import i18n
from service.clients.whatsapp import Template
from service.domain.letters import Facts
from service.settings import Settings


def template_of(facts: Facts, settings: Settings) -> Template:
    """The template of the occasion, in the language of the facts; see clients.whatsapp for its variables.

    A message without a personal link (a cancellation) names the service's own address.
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
            i18n.speak_instant(facts.starts_at, facts.timezone),
            next((link for link in links if link), settings.base_url),
        ),
    )

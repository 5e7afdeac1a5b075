"""What tests of WhatsApp begin with: settings that lead to the simulator, and people who prefer it."""

from typing import Any

from pydantic import SecretStr

from service.models.messages import Channel, Occasion
from service.settings import Settings
from tests.simulators.whatsapp import WhatsApp

PHONE = "+6281100000000"
DIGITS = "6281100000000"


def connect(settings: Settings, simulator: WhatsApp) -> None:
    """Leads to the simulator; there is an approved template for every occasion, in both languages."""
    settings.whatsapp_api_url = simulator.url
    settings.whatsapp_phone_number_id = simulator.phone_number_id
    settings.whatsapp_token = SecretStr(simulator.token)
    settings.whatsapp_app_secret = SecretStr(simulator.app_secret)
    settings.whatsapp_verify_token = SecretStr("kata-sandi-webhook")
    settings.whatsapp_templates = {occasion.value: f"bimtek_{occasion}" for occasion in Occasion}
    simulator.templates = {(name, code) for name in settings.whatsapp_templates.values() for code in ("id", "en")}


def prefers_whatsapp(**values: Any) -> dict[str, Any]:
    """Somebody who can be reached by mail too."""
    return {"phone": PHONE, "channel": Channel.WHATSAPP} | values

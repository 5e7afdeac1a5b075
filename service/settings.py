"""Every setting of the service: environment variables named BIMTEK_*, documented in README.md."""

import contextlib
import os
import secrets
from functools import cached_property
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Literal

from pydantic import AwareDatetime, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from service.tokens import Keyring


class Settings(BaseSettings):
    """Read once at start. Raises pydantic.ValidationError naming the variable that is wrong."""

    model_config = SettingsConfigDict(env_prefix="BIMTEK_", extra="ignore")

    data_dir: Path = Field(Path("data"), description="Folder of the database, the secret key, files and demo mail")
    database_url: SecretStr | None = Field(None, description="postgresql://user:password@host/name; empty means SQLite")
    base_url: str = Field("http://127.0.0.1:8000", description="Address under which people reach the service")
    secret_key: SecretStr | None = Field(None, description="Signs links; empty means DATA_DIR/secret.key, made once")
    former_secret_keys: list[SecretStr] = Field([], description="Keys under which older links were issued")
    now: AwareDatetime | None = Field(None, description="Domain clock of the demo starts here")

    max_body_bytes: int = Field(1_048_576, ge=1024, description="Largest request body, uploads excepted")
    max_upload_bytes: int = Field(52_428_800, ge=1024, description="Largest uploaded file")
    pool_size: int = Field(10, ge=1, description="PostgreSQL connections per process")
    worker: bool = Field(True, description="Run the outbox worker inside `serve`")
    trusted_proxies: list[str] = Field([], description="Addresses whose X-Forwarded-For and -Proto are believed")
    allowed_hosts: list[str] = Field([], description="Host names answered; empty means BASE_URL's and loopback")
    metrics_key: SecretStr | None = Field(None, description="Bearer key for /metrics from other machines")
    session_hours: int = Field(12, ge=1, le=720, description="Life of a staff session")
    sign_in_attempts: int = Field(10, ge=1, description="Failed sign-ins per account and address in 15 minutes")
    registrations_per_address: int = Field(2000, ge=1, description="Public registrations per address in 10 minutes")
    failed_links: int = Field(2000, ge=1, description="Wrong links and keys per address in 10 minutes")
    form_seconds: int = Field(2, ge=0, description="Least seconds between a public form and its answer")
    backup_dir: Path | None = Field(None, description="Folder of backups; empty means DATA_DIR/backups")

    smtp_host: str | None = Field(None, description="Mail server; empty writes mail to DATA_DIR/mail/*.eml")
    smtp_port: int = Field(587, ge=1, le=65535, description="Mail server's port")
    smtp_user: str | None = Field(None, description="Mail account")
    smtp_password: SecretStr | None = Field(None, description="Its password")
    smtp_security: Literal["starttls", "tls", "none"] = Field("starttls", description="How the mail line is encrypted")
    mail_from: str = Field("bimtek@localhost", description="Sender address of all mail")

    mail_per_minute: int = Field(600, ge=1, description="Mails sent per minute, all processes together")

    zoom_account_id: str | None = Field(None, description="Zoom account (Server-to-Server OAuth); empty: no Zoom")
    zoom_client_id: str | None = Field(None, description="Client id of the Zoom app")
    zoom_client_secret: SecretStr | None = Field(None, description="Its secret")
    zoom_webhook_secret: SecretStr | None = Field(None, description="Secret token that signs Zoom's webhooks")
    zoom_user_id: str = Field("me", description="Zoom user (id or e-mail address) who hosts the meetings")
    zoom_api_url: str = Field("https://api.zoom.us/v2", description="Base address of Zoom's API")
    zoom_oauth_url: str = Field("https://zoom.us", description="Base address of Zoom's sign-in")
    zoom_per_second: int = Field(10, ge=1, description="Calls to Zoom per second and process")
    zoom_daily_writes: int = Field(100, ge=1, description="Meetings created or changed per day (UTC) and host")

    whatsapp_phone_number_id: str | None = Field(None, description="WhatsApp Cloud API sender; empty: no API")
    whatsapp_token: SecretStr | None = Field(None, description="Its access token")
    whatsapp_account_id: str | None = Field(None, description="WhatsApp Business account, to look up its templates")
    whatsapp_app_secret: SecretStr | None = Field(None, description="Signs WhatsApp's webhooks")
    whatsapp_verify_token: SecretStr | None = Field(None, description="Word for WhatsApp's webhook challenge")
    whatsapp_templates: dict[str, str] = Field({}, description="Approved template by occasion, as a JSON object")
    whatsapp_per_minute: int = Field(60, ge=1, description="WhatsApp messages per minute, all processes together")
    whatsapp_api_url: str = Field("https://graph.facebook.com", description="Base address of the Cloud API")
    whatsapp_api_version: str = Field("v23.0", description="Version of the Cloud API")

    webhook_networks: list[IPv4Network | IPv6Network] = Field(
        [], description="Private networks (CIDR) that webhooks may reach all the same"
    )

    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="Least severe log line written")

    @property
    def sqlite_path(self) -> Path:
        """The SQLite file, used when no database_url is set."""
        return self.data_dir / "bimtek.sqlite3"

    @property
    def on_postgresql(self) -> bool:
        """Whether a PostgreSQL address was given."""
        return self.database_url is not None

    @property
    def secure(self) -> bool:
        """Whether people reach us by https, so that cookies are Secure and HSTS is sent."""
        return self.base_url.startswith("https://")

    @cached_property
    def keyring(self) -> Keyring:
        """The signing keys; the first one is made and kept in the data folder when none is configured."""
        current = self.secret_key.get_secret_value() if self.secret_key else _kept_key(self.data_dir / "secret.key")
        return Keyring([current, *(key.get_secret_value() for key in self.former_secret_keys)])


def _kept_key(path: Path) -> str:
    """Reads the key file, or makes it. Of two processes starting at once one links its key first; both read that."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        mine = path.with_name(f".{path.name}.{os.getpid()}")
        descriptor = os.open(mine, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(48))
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(mine, path)
        mine.unlink()
    return path.read_text(encoding="ascii").strip()

"""Personal links by a provider, messages over several channels, reminders, webhooks."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")

REMINDERS = '["week", "day", "hour", "each_day", "thanks", "commitments_week", "commitments_day"]'

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "provider_calls",
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("subject", "day", name=op.f("pk_provider_calls")),
    )
    op.create_table(
        "message_wordings",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organizer_id", sa.Uuid(), nullable=False),
        sa.Column("occasion", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=True),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["organizer_id"], ["organizers.id"], name=op.f("fk_message_wordings_organizer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message_wordings")),
        sa.UniqueConstraint(
            "organizer_id", "occasion", "language", name=op.f("uq_message_wordings_organizer_id_occasion_language")
        ),
    )
    op.create_table(
        "unsubscriptions",
        sa.Column("organizer_id", sa.Uuid(), nullable=False),
        sa.Column("contact_key", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["organizer_id"], ["organizers.id"], name=op.f("fk_unsubscriptions_organizer_id")),
        sa.PrimaryKeyConstraint("organizer_id", "contact_key", name=op.f("pk_unsubscriptions")),
    )
    op.create_table(
        "webhooks",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organizer_id", sa.Uuid(), nullable=False),
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("description", sa.String(), nullable=True),
        sa.Column("types", JSON, nullable=False),
        sa.Column(
            "status", sa.Enum("active", "disabled", name="webhookstatus", native_enum=False, length=32), nullable=False
        ),
        sa.Column("disabled_reason", sa.String(), nullable=True),
        sa.Column("secret_version", sa.Integer(), nullable=False),
        sa.Column("former_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("key_id", sa.String(), nullable=False),
        sa.Column("former_key_id", sa.String(), nullable=True),
        sa.Column("failing_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["organizer_id"], ["organizers.id"], name=op.f("fk_webhooks_organizer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhooks")),
    )
    with op.batch_alter_table("webhooks", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_webhooks_organizer_id"), ["organizer_id"], unique=False)

    op.create_table(
        "reminders",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organizer_id", sa.Uuid(), nullable=False),
        sa.Column("workshop_id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "week",
                "day",
                "hour",
                "each_day",
                "thanks",
                "commitments_week",
                "commitments_day",
                name="reminderkind",
                native_enum=False,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("about", sa.Date(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("stale_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "status",
            sa.Enum("planned", "fired", "dropped", name="reminderstatus", native_enum=False, length=32),
            nullable=False,
        ),
        sa.Column("fired_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["organizer_id"], ["organizers.id"], name=op.f("fk_reminders_organizer_id")),
        sa.ForeignKeyConstraint(["workshop_id"], ["workshops.id"], name=op.f("fk_reminders_workshop_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reminders")),
        sa.UniqueConstraint("workshop_id", "kind", "about", name=op.f("uq_reminders_workshop_id_kind_about")),
    )
    with op.batch_alter_table("reminders", schema=None) as batch_op:
        batch_op.create_index("ix_reminders_due", ["status", "due_at"], unique=False)

    op.create_table(
        "room_notices",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organizer_id", sa.Uuid(), nullable=False),
        sa.Column("room_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("started", "ended", "joined", "left", name="noticekind", native_enum=False, length=32),
            nullable=False,
        ),
        sa.Column("sitting", sa.String(), nullable=False),
        sa.Column("connection", sa.String(), nullable=True),
        sa.Column("registrant", sa.String(), nullable=True),
        sa.Column("display_name", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["organizer_id"], ["organizers.id"], name=op.f("fk_room_notices_organizer_id")),
        sa.ForeignKeyConstraint(["room_id"], ["rooms.id"], name=op.f("fk_room_notices_room_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_room_notices")),
        sa.UniqueConstraint("room_id", "key", name=op.f("uq_room_notices_room_id_key")),
    )
    with op.batch_alter_table("room_notices", schema=None) as batch_op:
        batch_op.create_index("ix_room_notices_connection", ["room_id", "sitting", "connection"], unique=False)

    op.create_table(
        "join_uses",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("registration_id", sa.Uuid(), nullable=False),
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["registration_id"], ["registrations.id"], name=op.f("fk_join_uses_registration_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_join_uses")),
    )
    with op.batch_alter_table("join_uses", schema=None) as batch_op:
        batch_op.create_index("ix_join_uses_registration", ["registration_id", "at"], unique=False)

    op.create_table(
        "former_links",
        sa.Column("room_id", sa.Uuid(), nullable=False),
        sa.Column("external_id", sa.String(), nullable=False),
        sa.Column("registration_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["registration_id"], ["registrations.id"], name=op.f("fk_former_links_registration_id")),
        sa.ForeignKeyConstraint(["room_id"], ["rooms.id"], name=op.f("fk_former_links_room_id")),
        sa.PrimaryKeyConstraint("room_id", "external_id", name=op.f("pk_former_links")),
    )
    with op.batch_alter_table("deliveries", schema=None) as batch_op:
        batch_op.add_column(sa.Column("target", sa.String(), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("response_status", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("response_ms", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("response_excerpt", sa.String(), nullable=True))
        batch_op.drop_constraint(batch_op.f("uq_deliveries_event_id_subscriber"), type_="unique")
        batch_op.create_index(
            "ix_deliveries_target",
            ["target", "id"],
            unique=False,
            sqlite_where=sa.text("target <> ''"),
            postgresql_where=sa.text("target <> ''"),
        )
        batch_op.create_unique_constraint(
            batch_op.f("uq_deliveries_event_id_subscriber_target"), ["event_id", "subscriber", "target"]
        )

    with op.batch_alter_table("memberships", schema=None) as batch_op:
        batch_op.add_column(sa.Column("calendar_version", sa.Integer(), nullable=False, server_default="0"))
        batch_op.add_column(sa.Column("calendar_key_id", sa.String(), nullable=True))

    with op.batch_alter_table("messages", schema=None) as batch_op:
        batch_op.add_column(sa.Column("organisation_id", sa.Uuid(), nullable=True))
        batch_op.add_column(sa.Column("reminder_id", sa.Uuid(), nullable=True))
        batch_op.add_column(sa.Column("to_committee", sa.Boolean(), nullable=False, server_default=sa.false()))
        batch_op.add_column(sa.Column("rehearsal", sa.Boolean(), nullable=False, server_default=sa.false()))
        batch_op.add_column(sa.Column("what", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("external_id", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("read_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("stale_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.create_index("ix_messages_external", ["external_id"], unique=False)
        batch_op.create_index("ix_messages_of_workshop", ["workshop_id", "status"], unique=False)
        batch_op.create_foreign_key(
            batch_op.f("fk_messages_organisation_id"), "organisations", ["organisation_id"], ["id"]
        )
        batch_op.create_foreign_key(batch_op.f("fk_messages_reminder_id"), "reminders", ["reminder_id"], ["id"])

    with op.batch_alter_table("organizers", schema=None) as batch_op:
        batch_op.add_column(sa.Column("committee_emails", JSON, nullable=False, server_default="[]"))

    with op.batch_alter_table("registrations", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column(
                "channel",
                sa.Enum("mail", "whatsapp", "send_list", "none", name="channel", native_enum=False, length=32),
                nullable=True,
            )
        )
        batch_op.add_column(sa.Column("language", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("link_requested_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("link_shared_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.create_index("ix_registrations_contact", ["contact_key", "name_key"], unique=False)

    with op.batch_alter_table("room_links", schema=None) as batch_op:
        batch_op.add_column(sa.Column("email", sa.String(), nullable=True))
        batch_op.add_column(
            sa.Column(
                "asked_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.current_timestamp()
            )
        )
        batch_op.add_column(sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("error", sa.String(), nullable=True))
        batch_op.alter_column("url", existing_type=sa.VARCHAR(), nullable=True)
        batch_op.create_index("ix_room_links_external", ["external_id"], unique=False)
        batch_op.create_unique_constraint(batch_op.f("uq_room_links_room_id_email"), ["room_id", "email"])

    with op.batch_alter_table("rooms", schema=None) as batch_op:
        batch_op.add_column(sa.Column("plan", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("replaces_id", sa.Uuid(), nullable=True))
        batch_op.add_column(sa.Column("checked_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("repaired", sa.Integer(), nullable=False, server_default="0"))
        batch_op.add_column(sa.Column("check_due_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("report_due_at", sa.DateTime(timezone=True), nullable=True))

    with op.batch_alter_table("workshops", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column(
                "hall_links",
                sa.Enum("never", "on_request", "always", name="halllinks", native_enum=False, length=32),
                nullable=False,
                server_default="on_request",
            )
        )
        batch_op.add_column(sa.Column("reminders", JSON, nullable=False, server_default=REMINDERS))
        batch_op.add_column(sa.Column("rehearsal", sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade() -> None:
    # What only the newer schema can say.
    op.execute("DELETE FROM deliveries WHERE target <> ''")
    op.execute("DELETE FROM room_links WHERE url IS NULL OR revoked_at IS NOT NULL")
    with op.batch_alter_table("workshops", schema=None) as batch_op:
        batch_op.drop_column("rehearsal")
        batch_op.drop_column("reminders")
        batch_op.drop_column("hall_links")

    with op.batch_alter_table("rooms", schema=None) as batch_op:
        batch_op.drop_column("report_due_at")
        batch_op.drop_column("check_due_at")
        batch_op.drop_column("repaired")
        batch_op.drop_column("checked_at")
        batch_op.drop_column("replaces_id")
        batch_op.drop_column("plan")

    with op.batch_alter_table("room_links", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("uq_room_links_room_id_email"), type_="unique")
        batch_op.drop_index("ix_room_links_external")
        batch_op.alter_column("url", existing_type=sa.VARCHAR(), nullable=False)
        batch_op.drop_column("error")
        batch_op.drop_column("revoked_at")
        batch_op.drop_column("asked_at")
        batch_op.drop_column("email")

    with op.batch_alter_table("registrations", schema=None) as batch_op:
        batch_op.drop_index("ix_registrations_contact")
        batch_op.drop_column("link_shared_at")
        batch_op.drop_column("link_requested_at")
        batch_op.drop_column("language")
        batch_op.drop_column("channel")

    with op.batch_alter_table("organizers", schema=None) as batch_op:
        batch_op.drop_column("committee_emails")

    with op.batch_alter_table("messages", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_messages_reminder_id"), type_="foreignkey")
        batch_op.drop_constraint(batch_op.f("fk_messages_organisation_id"), type_="foreignkey")
        batch_op.drop_index("ix_messages_of_workshop")
        batch_op.drop_index("ix_messages_external")
        batch_op.drop_column("stale_at")
        batch_op.drop_column("read_at")
        batch_op.drop_column("delivered_at")
        batch_op.drop_column("external_id")
        batch_op.drop_column("what")
        batch_op.drop_column("rehearsal")
        batch_op.drop_column("to_committee")
        batch_op.drop_column("reminder_id")
        batch_op.drop_column("organisation_id")

    with op.batch_alter_table("memberships", schema=None) as batch_op:
        batch_op.drop_column("calendar_key_id")
        batch_op.drop_column("calendar_version")

    with op.batch_alter_table("deliveries", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("uq_deliveries_event_id_subscriber_target"), type_="unique")
        batch_op.drop_index(
            "ix_deliveries_target", sqlite_where=sa.text("target <> ''"), postgresql_where=sa.text("target <> ''")
        )
        batch_op.create_unique_constraint(batch_op.f("uq_deliveries_event_id_subscriber"), ["event_id", "subscriber"])
        batch_op.drop_column("response_excerpt")
        batch_op.drop_column("response_ms")
        batch_op.drop_column("response_status")
        batch_op.drop_column("target")

    with op.batch_alter_table("join_uses", schema=None) as batch_op:
        batch_op.drop_index("ix_join_uses_registration")

    op.drop_table("join_uses")
    op.drop_table("former_links")
    with op.batch_alter_table("room_notices", schema=None) as batch_op:
        batch_op.drop_index("ix_room_notices_connection")

    op.drop_table("room_notices")
    with op.batch_alter_table("reminders", schema=None) as batch_op:
        batch_op.drop_index("ix_reminders_due")

    op.drop_table("reminders")
    with op.batch_alter_table("webhooks", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_webhooks_organizer_id"))

    op.drop_table("webhooks")
    op.drop_table("unsubscriptions")
    op.drop_table("message_wordings")
    op.drop_table("provider_calls")

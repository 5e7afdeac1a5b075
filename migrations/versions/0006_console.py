"""The committee's console: accounts by invitation, second factors, minutes, materials, announcements, checks."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)


def _added() -> dict[str, list[sa.Column[object]]]:
    """New columns by table; made anew, since a column belongs to one table only."""
    return {
        "organizers": [sa.Column("second_factor", sa.Boolean(), nullable=False, server_default=sa.false())],
        "staff": [
            sa.Column("totp_key", sa.String(), nullable=True),
            sa.Column("totp_since", INSTANT, nullable=True),
            sa.Column("totp_step", sa.Integer(), nullable=True),
            sa.Column("reset_version", sa.Integer(), nullable=False, server_default="0"),
            sa.Column("reset_key_id", sa.String(), nullable=True),
            sa.Column("reset_expires_at", INSTANT, nullable=True),
        ],
        "staff_sessions": [
            sa.Column("browser", sa.String(), nullable=False, server_default=""),
            sa.Column("seen_at", INSTANT, nullable=True),
        ],
        "api_keys": [sa.Column("used_at", INSTANT, nullable=True)],
    }


OF_PEOPLE = sa.text("registration_id IS NOT NULL")
SAID = {
    "postgresql": "CAST(data ->> 'registration_id' AS uuid)",
    "sqlite": "replace(json_extract(data, '$.registration_id'), '-', '')",
}
"""Whose registration an event is about, by what it says."""
REFERENCES = [("announcement_id", "announcements"), ("staff_invitation_id", "staff_invitations"), ("staff_id", "staff")]
"""New columns of messages that point to another table: (column, table)."""


def upgrade() -> None:
    for table, columns in _added().items():
        with op.batch_alter_table(table, schema=None) as batch_op:
            for column in columns:
                batch_op.add_column(column)
    op.create_table(
        "staff_invitations",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("organizer_id", sa.Uuid(), sa.ForeignKey("organizers.id"), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("email_key", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("role", sa.String(length=32), nullable=False),
        sa.Column("workshops", JSON, nullable=False),
        sa.Column("invited_by", sa.Uuid(), sa.ForeignKey("staff.id"), nullable=True),
        sa.Column("link_version", sa.Integer(), nullable=False),
        sa.Column("key_id", sa.String(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("accepted_at", INSTANT, nullable=True),
        sa.Column("revoked_at", INSTANT, nullable=True),
    )
    op.create_index(op.f("ix_staff_invitations_organizer_id"), "staff_invitations", ["organizer_id"])
    op.create_table(
        "recovery_codes",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("staff_id", sa.Uuid(), sa.ForeignKey("staff.id"), nullable=False),
        sa.Column("code_hash", sa.String(), nullable=False),
        sa.Column("used_at", INSTANT, nullable=True),
    )
    op.create_index(op.f("ix_recovery_codes_staff_id"), "recovery_codes", ["staff_id"])
    op.create_table(
        "minutes",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("organizer_id", sa.Uuid(), sa.ForeignKey("organizers.id"), nullable=False),
        sa.Column("workshop_id", sa.Uuid(), sa.ForeignKey("workshops.id"), nullable=False, unique=True),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("chaired_by", sa.String(), nullable=True),
        sa.Column("written_by", sa.String(), nullable=True),
        sa.Column("audience", sa.String(length=32), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
    )
    op.create_table(
        "follow_ups",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("organizer_id", sa.Uuid(), sa.ForeignKey("organizers.id"), nullable=False),
        sa.Column("workshop_id", sa.Uuid(), sa.ForeignKey("workshops.id"), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), sa.ForeignKey("organisations.id"), nullable=True),
        sa.Column("due_date", sa.Date(), nullable=True),
        sa.Column("data_item_id", sa.Uuid(), sa.ForeignKey("data_items.id"), nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
    )
    op.create_index(op.f("ix_follow_ups_workshop_id"), "follow_ups", ["workshop_id"])
    op.create_table(
        "materials",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("organizer_id", sa.Uuid(), sa.ForeignKey("organizers.id"), nullable=False),
        sa.Column("workshop_id", sa.Uuid(), sa.ForeignKey("workshops.id"), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("audience", sa.String(length=32), nullable=False),
        sa.Column("file", JSON, nullable=False),
        sa.Column("url", sa.String(), nullable=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("removed_at", INSTANT, nullable=True),
    )
    op.create_index(op.f("ix_materials_workshop_id"), "materials", ["workshop_id"])
    op.create_table(
        "announcements",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("organizer_id", sa.Uuid(), sa.ForeignKey("organizers.id"), nullable=False),
        sa.Column("workshop_id", sa.Uuid(), sa.ForeignKey("workshops.id"), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
    )
    op.create_index(op.f("ix_announcements_workshop_id"), "announcements", ["workshop_id"])
    op.create_table(
        "checks",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("organizer_id", sa.Uuid(), sa.ForeignKey("organizers.id"), nullable=False),
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("started_at", INSTANT, nullable=False),
        sa.Column("finished_at", INSTANT, nullable=True),
        sa.Column("result", JSON, nullable=False),
        sa.UniqueConstraint("organizer_id", "name"),
    )
    with op.batch_alter_table("messages", schema=None) as batch_op:
        for name, target in REFERENCES:
            batch_op.add_column(sa.Column(name, sa.Uuid(), nullable=True))
            batch_op.create_foreign_key(op.f(f"fk_messages_{name}"), target, [name], ["id"])
    about = sa.text("invitation_id IS NOT NULL")
    op.create_index(
        "ix_messages_invitation", "messages", ["invitation_id"], sqlite_where=about, postgresql_where=about
    )
    with op.batch_alter_table("devices", schema=None) as batch_op:
        batch_op.add_column(sa.Column("staff_id", sa.Uuid(), nullable=True))
        batch_op.create_foreign_key(op.f("fk_devices_staff_id"), "staff", ["staff_id"], ["id"])

    _name_people()


def _name_people() -> None:
    """Events say in a column whose registration they are about; scans are found by rows of their own."""
    op.add_column("events", sa.Column("registration_id", sa.Uuid(), nullable=True))
    of_people = "type LIKE 'registration.%' OR type LIKE 'link.%' OR type LIKE 'certificate.%'"
    op.execute(sa.text(f"UPDATE events SET registration_id = {SAID[op.get_bind().dialect.name]} WHERE {of_people}"))
    op.create_index(
        "ix_events_registration", "events", ["registration_id"], sqlite_where=OF_PEOPLE, postgresql_where=OF_PEOPLE
    )


def downgrade() -> None:
    op.drop_index("ix_events_registration", table_name="events")
    op.drop_column("events", "registration_id")
    with op.batch_alter_table("devices", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("fk_devices_staff_id"), type_="foreignkey")
        batch_op.drop_column("staff_id")
    op.drop_index("ix_messages_invitation", "messages")
    with op.batch_alter_table("messages", schema=None) as batch_op:
        for name, _target in REFERENCES:
            batch_op.drop_constraint(op.f(f"fk_messages_{name}"), type_="foreignkey")
            batch_op.drop_column(name)
    for table in (
        "checks",
        "announcements",
        "materials",
        "follow_ups",
        "minutes",
        "recovery_codes",
        "staff_invitations",
    ):
        op.drop_table(table)
    for table, columns in _added().items():
        with op.batch_alter_table(table, schema=None) as batch_op:
            for column in columns:
                batch_op.drop_column(column.name)

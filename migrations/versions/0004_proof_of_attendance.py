"""Screens with rotating codes, certificates, what a device's last upload told of its clock, and who corrected what."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)


# Waits at the workshop's door (shared, as long as the transaction lasts), then looks whether the scan was undone before
# it arrived. Being volatile, it sees what was committed while it waited; the statement that calls it does not.
ENTER_DOOR = """
CREATE FUNCTION enter_door(door bigint, workshop uuid, scan uuid) RETURNS boolean LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared(door);
    RETURN NOT EXISTS (SELECT FROM annulments WHERE workshop_id = workshop AND target = scan);
END
$$
"""


def _added() -> dict[str, list[sa.Column[object]]]:
    """New columns by table; made anew, since a column belongs to one table only."""
    return {
        "workshops": [
            sa.Column("self_checkin", sa.Boolean(), nullable=False, server_default=sa.false()),
            sa.Column("certificate", JSON, nullable=False, server_default="{}"),
        ],
        "devices": [
            sa.Column("synced_at", INSTANT, nullable=True),
            sa.Column("skew_seconds", sa.Float(), nullable=True),
        ],
        "presences": [sa.Column("email", sa.String(), nullable=True)],
        "checkins": [sa.Column("note", sa.String(), nullable=True)],
        "annulments": [sa.Column("happened_at", INSTANT, nullable=True)],
    }


def upgrade() -> None:
    for table, columns in _added().items():
        with op.batch_alter_table(table, schema=None) as batch_op:
            for column in columns:
                batch_op.add_column(column)
    op.create_table(
        "screens",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("organizer_id", sa.Uuid(), sa.ForeignKey("organizers.id"), nullable=False),
        sa.Column("workshop_id", sa.Uuid(), sa.ForeignKey("workshops.id"), nullable=False),
        sa.Column("audience", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("link_version", sa.Integer(), nullable=False),
        sa.Column("key_id", sa.String(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("revoked_at", INSTANT, nullable=True),
    )
    op.create_index(op.f("ix_screens_workshop_id"), "screens", ["workshop_id"])
    op.create_table(
        "certificates",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("organizer_id", sa.Uuid(), sa.ForeignKey("organizers.id"), nullable=False),
        sa.Column("workshop_id", sa.Uuid(), sa.ForeignKey("workshops.id"), nullable=False),
        sa.Column("registration_id", sa.Uuid(), sa.ForeignKey("registrations.id"), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("hours", sa.Integer(), nullable=False),
        sa.Column("total_hours", sa.Integer(), nullable=False),
        sa.Column("holder", JSON, nullable=False),
        sa.Column("wording", JSON, nullable=False),
        sa.Column("replaces_id", sa.Uuid(), sa.ForeignKey("certificates.id"), nullable=True),
        sa.Column("link_version", sa.Integer(), nullable=False),
        sa.Column("key_id", sa.String(), nullable=False),
        sa.Column("issued_at", INSTANT, nullable=False),
        sa.Column("issued_by", sa.String(), nullable=False),
        sa.Column("revoked_at", INSTANT, nullable=True),
        sa.Column("revoked_by", sa.String(), nullable=True),
        sa.Column("revocation_reason", sa.String(), nullable=True),
        sa.Column("revoked_by_hand", sa.Boolean(), nullable=False),
        sa.UniqueConstraint("workshop_id", "sequence"),
    )
    op.create_index(op.f("ix_certificates_registration_id"), "certificates", ["registration_id"])
    op.create_index(
        "ix_certificates_valid",
        "certificates",
        ["registration_id"],
        unique=True,
        sqlite_where=sa.text("revoked_at IS NULL"),
        postgresql_where=sa.text("revoked_at IS NULL"),
    )

    with op.batch_alter_table("checkins", schema=None) as batch_op:
        batch_op.add_column(sa.Column("api_key_id", sa.Uuid(), nullable=True))
        batch_op.create_foreign_key(op.f("fk_checkins_api_key_id"), "api_keys", ["api_key_id"], ["id"])
    op.create_table(
        "match_decisions",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("organizer_id", sa.Uuid(), sa.ForeignKey("organizers.id"), nullable=False),
        sa.Column("workshop_id", sa.Uuid(), sa.ForeignKey("workshops.id"), nullable=False),
        sa.Column("presence_id", sa.Uuid(), sa.ForeignKey("presences.id"), nullable=False),
        sa.Column("registration_id", sa.Uuid(), sa.ForeignKey("registrations.id"), nullable=True),
        sa.Column("matched", sa.Boolean(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
    )
    op.create_index("ix_match_decisions_workshop", "match_decisions", ["workshop_id", "id"])
    if op.get_bind().dialect.name == "postgresql":
        op.execute(ENTER_DOOR)


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION enter_door(bigint, uuid, uuid)")
    op.drop_table("match_decisions")
    with op.batch_alter_table("checkins", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("fk_checkins_api_key_id"), type_="foreignkey")
        batch_op.drop_column("api_key_id")
    op.drop_table("certificates")
    op.drop_table("screens")
    for table, columns in _added().items():
        with op.batch_alter_table(table, schema=None) as batch_op:
            for column in columns:
                batch_op.drop_column(column.name)

"""Screens with rotating codes, certificates, and what a device's last upload told of its clock."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)


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
        sa.Column("replaces_id", sa.Uuid(), sa.ForeignKey("certificates.id"), nullable=True),
        sa.Column("link_version", sa.Integer(), nullable=False),
        sa.Column("key_id", sa.String(), nullable=False),
        sa.Column("issued_at", INSTANT, nullable=False),
        sa.Column("issued_by", sa.String(), nullable=False),
        sa.Column("revoked_at", INSTANT, nullable=True),
        sa.Column("revoked_by", sa.String(), nullable=True),
        sa.Column("revocation_reason", sa.String(), nullable=True),
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


def downgrade() -> None:
    op.drop_table("certificates")
    op.drop_table("screens")
    for table, columns in _added().items():
        with op.batch_alter_table(table, schema=None) as batch_op:
            for column in columns:
                batch_op.drop_column(column.name)

"""Seats held for invited organisations, letters, former questions, retention of personal data, embedding."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)


def _count(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), nullable=False, server_default="0")


def _flag(name: str) -> sa.Column[bool]:
    return sa.Column(name, sa.Boolean(), nullable=False, server_default=sa.false())


def _json(name: str, default: str) -> sa.Column[object]:
    return sa.Column(name, JSON, nullable=False, server_default=default)


def _added() -> dict[str, list[sa.Column[object]]]:
    """New columns by table; made anew, since a column belongs to one table only."""
    return {
        "capacities": [
            _count("offline_reserved"),
            _count("online_reserved"),
            sa.Column("release_due_at", INSTANT, nullable=True),
        ],
        "workshops": [
            _json("letter", "{}"),
            sa.Column("purpose", sa.String(), nullable=True),
            sa.Column("retention_days", sa.Integer(), nullable=True),
            sa.Column("anonymised_at", INSTANT, nullable=True),
            _json("former_questions", "[]"),
        ],
        "organizers": [
            _json("letterhead", "{}"),
            sa.Column("logo_key", sa.String(), nullable=True),
            sa.Column("purpose", sa.String(), nullable=True),
            sa.Column("retention_days", sa.Integer(), nullable=False, server_default="730"),
            _json("embed_origins", "[]"),
        ],
        "invitations": [
            _count("held_offline"),
            _count("held_online"),
            sa.Column("released_at", INSTANT, nullable=True),
            _flag("all_or_none"),
            sa.Column("addressee", sa.String(), nullable=True),
        ],
        "registrations": [
            _flag("quota_seat"),
            sa.Column("withdrawn_at", INSTANT, nullable=True),
            sa.Column("erasure_due_at", INSTANT, nullable=True),
            sa.Column("anonymised_at", INSTANT, nullable=True),
        ],
    }


def upgrade() -> None:
    for table, columns in _added().items():
        with op.batch_alter_table(table, schema=None) as batch_op:
            for column in columns:
                batch_op.add_column(column)
    op.create_index(op.f("ix_capacities_release_due_at"), "capacities", ["release_due_at"])
    op.create_index(op.f("ix_registrations_erasure_due_at"), "registrations", ["erasure_due_at"])


def downgrade() -> None:
    op.drop_index(op.f("ix_registrations_erasure_due_at"), "registrations")
    op.drop_index(op.f("ix_capacities_release_due_at"), "capacities")
    for table, columns in _added().items():
        with op.batch_alter_table(table, schema=None) as batch_op:
            for column in columns:
                batch_op.drop_column(column.name)

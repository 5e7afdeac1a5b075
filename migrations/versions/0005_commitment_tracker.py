"""Who promised which data: due dates that follow, formal agreements, remarks, links of contacts, escalation, screens."""

from collections.abc import Callable

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)


def _added() -> dict[str, list[sa.Column[object]]]:
    """New columns by table; made anew, since a column belongs to one table only."""
    return {
        "organizers": [
            sa.Column("escalation", JSON, nullable=False, server_default="{}"),
            sa.Column("public_progress", JSON, nullable=False, server_default="{}"),
        ],
        "programmes": [sa.Column("shared", sa.Boolean(), nullable=False, server_default=sa.false())],
        "data_items": [
            sa.Column("due_stage", sa.String(), nullable=True),
            sa.Column("due_days", sa.Integer(), nullable=True),
        ],
        "commitments": [
            sa.Column("due_rule", sa.String(length=32), nullable=False, server_default="fixed"),
            sa.Column("pledged_agenda_item", sa.String(), nullable=True),
            sa.Column("evidence_at", INSTANT, nullable=True),
        ],
        "submissions": [sa.Column("remarks", JSON, nullable=False, server_default="{}")],
    }


def _references() -> dict[str, list[tuple[str, str]]]:
    """New columns that point to another table: (column, table)."""
    return {
        "commitments": [("pledged_workshop_id", "workshops"), ("agreement_id", "agreements")],
        "messages": [
            ("commitment_id", "commitments"),
            ("escalation_id", "escalations"),
            ("portal_link_id", "portal_links"),
        ],
    }


# What was proven before is dated by the promise it came with.
EVIDENCE_AT = """
UPDATE commitments SET evidence_at = (
    SELECT max(at) FROM commitment_history
    WHERE commitment_id = commitments.id AND axis = 'commitment' AND after = 'committed'
) WHERE CAST(evidence AS text) <> '[]'
"""


SINCE_THEN = ["commitments_overdue", "review", "escalation"]
WORKSHOPS = sa.table("workshops", sa.column("id", sa.Uuid()), sa.column("reminders", JSON), sa.column("ends_at"))
REMINDERS = sa.table("reminders", sa.column("workshop_id", sa.Uuid()), sa.column("status"))
PLANNED = sa.select(REMINDERS.c.workshop_id).where(REMINDERS.c.status == "planned")
# Nobody is to be written to, out of the blue, about what was owed years ago.
GOING_ON = (WORKSHOPS.c.ends_at > sa.func.current_timestamp()) | WORKSHOPS.c.id.in_(PLANNED)


def _remind(change: Callable[[list[str]], list[str]], where: sa.ColumnElement[bool]) -> None:
    """Changes the kinds of reminders of workshops."""
    connection = op.get_bind()
    for row in connection.execute(sa.select(WORKSHOPS.c.id, WORKSHOPS.c.reminders).where(where)).all():
        kinds = change(row.reminders)
        if kinds != row.reminders:
            connection.execute(sa.update(WORKSHOPS).where(WORKSHOPS.c.id == row.id).values(reminders=kinds))


def _with_new_kinds(kinds: list[str]) -> list[str]:
    return [*kinds, *SINCE_THEN] if "commitments_day" in kinds else kinds


def _without_new_kinds(kinds: list[str]) -> list[str]:
    return [kind for kind in kinds if kind not in SINCE_THEN]


def upgrade() -> None:
    for table, columns in _added().items():
        with op.batch_alter_table(table, schema=None) as batch_op:
            for column in columns:
                batch_op.add_column(column)
    op.create_table(
        "agreements",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("organizer_id", sa.Uuid(), sa.ForeignKey("organizers.id"), nullable=False),
        sa.Column("workshop_id", sa.Uuid(), sa.ForeignKey("workshops.id"), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("number", sa.String(), nullable=True),
        sa.Column("signed_on", sa.Date(), nullable=True),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.UniqueConstraint("organizer_id", "code"),
    )
    op.create_index(op.f("ix_agreements_workshop_id"), "agreements", ["workshop_id"])
    op.create_table(
        "agreement_signatures",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("agreement_id", sa.Uuid(), sa.ForeignKey("agreements.id"), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), sa.ForeignKey("organisations.id"), nullable=False),
        sa.Column("signatory_office", sa.String(), nullable=False),
        sa.Column("evidence", JSON, nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("signed_at", INSTANT, nullable=False),
        sa.UniqueConstraint("agreement_id", "organisation_id"),
    )
    op.create_table(
        "commitment_remarks",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("organizer_id", sa.Uuid(), sa.ForeignKey("organizers.id"), nullable=False),
        sa.Column("commitment_id", sa.Uuid(), sa.ForeignKey("commitments.id"), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
    )
    op.create_index("ix_commitment_remarks_at", "commitment_remarks", ["commitment_id", "at", "id"])
    op.create_table(
        "portal_links",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("organizer_id", sa.Uuid(), sa.ForeignKey("organizers.id"), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), sa.ForeignKey("organisations.id"), nullable=False),
        sa.Column("label", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=True),
        sa.Column("link_version", sa.Integer(), nullable=False),
        sa.Column("key_id", sa.String(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("revoked_at", INSTANT, nullable=True),
    )
    op.create_index(op.f("ix_portal_links_organisation_id"), "portal_links", ["organisation_id"])
    op.create_table(
        "escalations",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("organizer_id", sa.Uuid(), sa.ForeignKey("organizers.id"), nullable=False),
        sa.Column("workshop_id", sa.Uuid(), sa.ForeignKey("workshops.id"), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), sa.ForeignKey("organisations.id"), nullable=False),
        sa.Column("level", sa.String(length=32), nullable=False),
        sa.Column("due_date", sa.Date(), nullable=False),
        sa.Column("letter_number", sa.String(), nullable=True),
        sa.Column("note", sa.String(), nullable=True),
        sa.Column("raised_at", INSTANT, nullable=False),
        sa.Column("handled_at", INSTANT, nullable=True),
        sa.Column("handled_by", sa.String(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False, server_default="1"),
        sa.UniqueConstraint("workshop_id", "organisation_id", "level", "due_date"),
    )
    op.create_table(
        "dashboard_links",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("organizer_id", sa.Uuid(), sa.ForeignKey("organizers.id"), nullable=False),
        sa.Column("workshop_id", sa.Uuid(), sa.ForeignKey("workshops.id"), nullable=True),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("link_version", sa.Integer(), nullable=False),
        sa.Column("key_id", sa.String(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("revoked_at", INSTANT, nullable=True),
    )
    op.create_index(op.f("ix_dashboard_links_organizer_id"), "dashboard_links", ["organizer_id"])
    for table, columns in _references().items():
        with op.batch_alter_table(table, schema=None) as batch_op:
            for name, target in columns:
                batch_op.add_column(sa.Column(name, sa.Uuid(), nullable=True))
                batch_op.create_foreign_key(op.f(f"fk_{table}_{name}"), target, [name], ["id"])
    op.create_index(op.f("ix_commitments_agreement_id"), "commitments", ["agreement_id"])
    op.create_index("ix_submissions_queue", "submissions", ["organizer_id", "status", "submitted_at", "id"])
    op.create_index("ix_commitments_house_changed", "commitments", ["organizer_id", "changed_at"])
    op.execute(EVIDENCE_AT)
    _remind(_with_new_kinds, GOING_ON)


def downgrade() -> None:
    _remind(_without_new_kinds, sa.true())
    op.drop_index("ix_commitments_house_changed", "commitments")
    op.drop_index("ix_submissions_queue", "submissions")
    op.drop_index(op.f("ix_commitments_agreement_id"), "commitments")
    for table, columns in _references().items():
        with op.batch_alter_table(table, schema=None) as batch_op:
            for name, _target in columns:
                batch_op.drop_constraint(op.f(f"fk_{table}_{name}"), type_="foreignkey")
                batch_op.drop_column(name)
    for table in (
        "dashboard_links",
        "escalations",
        "portal_links",
        "commitment_remarks",
        "agreement_signatures",
        "agreements",
    ):
        op.drop_table(table)
    for table, columns in _added().items():
        with op.batch_alter_table(table, schema=None) as batch_op:
            for column in columns:
                batch_op.drop_column(column.name)

"""A database that is used again is as good as a new one."""

import os
from collections.abc import Iterator

import pytest

from tests.support.databases import Databases
from tests.support.postgres import Postgres

TABLES = ("rows", "seats")


@pytest.fixture
def databases(postgres: Postgres) -> Iterator[Databases]:
    hall = f"hall_{os.getpid()}"
    postgres.create_database(hall)
    postgres.execute("CREATE TABLE version (id text)", hall)
    postgres.execute("INSERT INTO version VALUES ('one')", hall)
    postgres.execute("CREATE TABLE rows (id int PRIMARY KEY)", hall)
    postgres.execute("CREATE TABLE seats (row_id int REFERENCES rows, number int UNIQUE)", hall)
    made = Databases(postgres, hall)
    yield made
    made.close()
    postgres.drop_database(hall)


def test_it_comes_back_empty_with_what_its_template_holds(databases: Databases, postgres: Postgres) -> None:
    name = databases.take().rpartition("/")[2]
    postgres.execute("INSERT INTO rows SELECT generate_series(1, 5000)", name)
    postgres.execute("INSERT INTO seats SELECT id, id FROM rows", name)
    databases.give_back()
    assert databases.take().endswith(name)
    found = [
        postgres.execute(f"SELECT count(*), pg_relation_size('{table}') FROM {table}", name)[0] for table in TABLES
    ]
    assert [tuple(row) for row in found] == [(0, 0), (0, 0)]
    assert postgres.execute("SELECT id FROM version", name)[0][0] == "one"
    assert databases.copies == 1


@pytest.mark.parametrize(
    "change",
    [
        "CREATE TABLE more (id int)",
        "ALTER TABLE seats ALTER row_id SET NOT NULL",
        "ALTER TABLE seats DROP CONSTRAINT seats_number_key",
        "DROP TABLE seats",
        "CREATE INDEX seats_row ON seats (row_id)",
        "CREATE FUNCTION one() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "UPDATE version SET id = 'two'",
        "DELETE FROM version",
    ],
)
def test_one_that_was_changed_is_not_used_again(databases: Databases, postgres: Postgres, change: str) -> None:
    name = databases.take().rpartition("/")[2]
    postgres.execute(change, name)
    databases.give_back()
    assert not databases.take().endswith(name)
    assert databases.copies == 2

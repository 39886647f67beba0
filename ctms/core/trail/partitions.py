"""Yearly partitions of the tables that only grow: history of big tables, the access log."""

from typing import Any

from ctms.core.trail import install

FIRST_YEAR = 2020  # what is older, or further off than anybody made a partition for, lands in the default partition


def partition(cursor: Any, table: str, *, key: str, time: str) -> None:
    """Rebuilds the empty `table` as one partitioned by year of its column `time`, with a default partition.

    Raises ValueError when the table has rows. Indexes and constraints that the schema editor deferred to the end of
    the same migration find the new table by its name.
    """
    cursor.execute(f"select exists (select from {table})")  # noqa: S608 - a name of our own model
    if cursor.fetchone()[0]:
        raise ValueError(f"{table} has rows already: a table is partitioned before its first one.")
    cursor.execute(
        """select format('alter table %%s add constraint %%I %%s', %s, conname, pg_get_constraintdef(oid))
           from pg_constraint where conrelid = to_regclass(%s) and contype = 'f'
           union all
           select indexdef from pg_indexes
           where tablename = %s and indexname not in (select conname from pg_constraint where contype in ('p', 'u'))""",
        [table, table, table],
    )
    rebuild = ";".join(statement for (statement,) in cursor.fetchall())
    cursor.execute(f"""
        alter table {table} rename to {table}_plain;
        create table {table} (like {table}_plain including defaults including constraints including identity)
            partition by range ({time});
        drop table {table}_plain;
        alter table {table} add primary key ({key}, {time});
        {rebuild};
        create table {table}_default partition of {table} default;
    """)
    install.protect(cursor, table)


def years_missing(cursor: Any, *, through: int) -> list[tuple[str, int]]:
    """(table, year) for which a partition should exist by the end of year `through` and does not."""
    cursor.execute(
        """select parent.relname, year from pg_partitioned_table p join pg_class parent on parent.oid = p.partrelid,
                  generate_series(%s::int, %s::int) year
           where to_regclass(format('public.%%I', parent.relname || '_y' || year)) is null order by 1, 2""",
        [FIRST_YEAR, through],
    )
    return [(table, year) for table, year in cursor.fetchall()]


def add_years(cursor: Any, *, through: int) -> list[tuple[str, int]]:
    """Makes what is missing, through a function that may; tells which (table, year) it made."""
    made = []
    for table, year in years_missing(cursor, through=through):
        cursor.execute("select ctms_add_partition(%s, %s)", [table, year])
        if cursor.fetchone()[0]:
            made.append((table, year))
    return made

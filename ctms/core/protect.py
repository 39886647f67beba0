"""Brings the database to what the models declare: trail, guards, policies, grants. The last step of a migration."""

from typing import Any

from django.apps import apps

from ctms.core import grants
from ctms.core.trail import install, partitions
from ctms.core.trail.history import regulated_models


def everything(cursor: Any) -> None:
    """Idempotent; run as the owner. Needs the current models, so it runs after the last migration."""
    install.frame(cursor)
    for model in regulated_models():
        install.protect(cursor, model._meta.db_table, person_reason_if=getattr(model, "person_reason", ""))
    for model in apps.get_models():
        if getattr(model, "only_grows", False):
            install.guard(cursor, model._meta.db_table, "events")
            install.protect(cursor, model._meta.db_table)
    cursor.execute("select extract(year from ctms_now())::int")
    partitions.add_years(cursor, through=cursor.fetchone()[0] + 1)
    grants.apply(cursor)

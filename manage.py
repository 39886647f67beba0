#!/usr/bin/env python
"""Django's commands, with the embedded servers up for their duration (or joined) unless DATABASE_URL says otherwise."""

import os
import sys

# Commands that change the schema or look across sponsors connect as the owner; everything else as the app.
OWNER_COMMANDS = {"audit_gaps", "makemigrations", "migrate", "showmigrations", "sqlmigrate"}
SERVERLESS_COMMANDS = {"help", "version", "--help", "--version", "collectstatic", "assets", "docs"}


def main() -> None:
    command = sys.argv[1] if len(sys.argv) > 1 else "help"
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ctms.settings")
    os.environ.setdefault("CTMS_DB_LOGIN", "owner" if command in OWNER_COMMANDS else "app")

    from django.core.management import execute_from_command_line

    if command in SERVERLESS_COMMANDS or os.environ.get("CTMS_PROCESS"):  # a process of the list has its servers
        execute_from_command_line(sys.argv)
        return

    from ctms.run import embedded

    with embedded.servers():
        if command not in OWNER_COMMANDS:
            embedded.migrate_if_needed()
        execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()

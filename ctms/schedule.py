"""What beat starts, and when. Composition only: each entry names a task of a room or of the frame."""

from datetime import timedelta
from typing import Any

from celery.schedules import crontab

SCHEDULE: dict[str, dict[str, Any]] = {
    "look into outboxes": {
        "task": "ctms.desk.tasks.look_into_outboxes",
        "schedule": timedelta(seconds=10),
        "options": {"expires": 10},
    },
    "tell of failed sign-ins": {
        "task": "ctms.accounts.tasks.tell_of_failed_sign_ins",
        "schedule": timedelta(seconds=10),
        "options": {"expires": 10},
    },
    "send digests": {
        "task": "ctms.accounts.tasks.for_each_sponsor",
        "args": ["ctms.desk.tasks.send_digests"],
        "schedule": timedelta(minutes=10),
        "options": {"expires": 600},
    },
    "remove what has expired": {
        "task": "ctms.accounts.tasks.for_each_sponsor",
        "args": ["ctms.desk.tasks.tidy_up"],
        "schedule": crontab(hour=2, minute=40),
    },
    "compare records with their trail": {
        "task": "ctms.accounts.tasks.for_each_sponsor",
        "args": ["audit.tasks.compare_with_trail"],
        "schedule": crontab(hour=2, minute=10),
    },
    "forget tables that were never applied": {
        "task": "ctms.accounts.tasks.for_each_sponsor",
        "args": ["sites.tasks.drop_expired_uploads"],
        "schedule": crontab(hour=2, minute=40),
    },
    "read other systems": {
        "task": "ctms.accounts.tasks.for_each_sponsor",
        "args": ["ctms.integrations.tasks.read_connections"],
        "schedule": timedelta(minutes=5),
        "options": {"expires": 300},
    },
    "fold counts of subjects": {
        "task": "ctms.accounts.tasks.for_each_sponsor",
        "args": ["enrollment.tasks.fold_counts"],
        "schedule": timedelta(hours=1),
        "options": {"expires": 3600},
    },
    "compare systems, for what is due by now": {
        "task": "ctms.accounts.tasks.for_each_sponsor",
        "args": ["enrollment.tasks.reconcile"],
        "schedule": crontab(minute=50, hour="*/6"),
        "options": {"expires": 3600},
    },
    "make next year's partitions": {
        "task": "audit.tasks.add_partitions",
        "schedule": crontab(day_of_month=1, hour=3, minute=0),
    },
    "take stock of milestones": {
        "task": "ctms.accounts.tasks.for_each_sponsor",
        "args": ["ctms.milestones.tasks.take_stock_of_studies"],
        "schedule": timedelta(minutes=1),
        "options": {"expires": 60},
    },
    "find visits outside their windows": {
        "task": "ctms.accounts.tasks.for_each_sponsor",
        "args": ["monitoring.tasks.find_deviation_candidates"],
        "schedule": timedelta(minutes=10),
        "options": {"expires": 600},
    },
    "drop sessions that ended": {
        "task": "ctms.accounts.tasks.drop_ended_sessions",
        "schedule": crontab(hour=3, minute=30),
    },
}

"""Empty so far. The room for what each person's desk needs: jobs, notifications, outbox, saved views."""

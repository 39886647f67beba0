"""What each person's desk needs: jobs, notifications, outbox, saved views, idempotency keys."""

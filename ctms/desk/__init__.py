"""What each person's desk needs: work, jobs, notifications, mail, saved views, a calendar; and the outbox."""

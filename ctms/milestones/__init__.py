"""Empty so far. The room for plan, baseline, forecast and actual dates, which asks the rooms below for facts."""

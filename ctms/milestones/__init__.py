"""Templates, plan, baseline, forecast and actual dates; asks the rooms for facts."""

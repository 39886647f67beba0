"""Who people are, for which sponsor they work, and what they may do where."""

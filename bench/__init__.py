"""Speed as ratios: arms of one interleaved run on one database, as the app's login, with raw Postgres beside them."""

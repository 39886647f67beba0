"""Start-up: what has to be settled before a site may open, by configuration; plain rules without a database."""

"""Pages of start-up: the study's board and list of items, one item, a site's checklist, the configuration."""

"""What we do with subjects beside reading feeds: say what counts as enrolled, fold counts."""

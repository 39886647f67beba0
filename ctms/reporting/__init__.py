"""Cross-room queries, dashboards, lineage, exports; no tables of record."""

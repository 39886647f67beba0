"""The life of a site: feasibility, selection, start-up, contracts, activation, closure."""

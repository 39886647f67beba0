"""Servers that speak other systems' wire formats over one simulated world. For trying out; never in production.

They know nothing of the CTMS but what it publishes over REST, as the real systems would. They invent only what those
own: subjects, their days and visits, queries, documents. Every payload says SIMULATOR.
"""

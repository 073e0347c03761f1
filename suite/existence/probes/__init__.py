"""Probes: each file looks at one way in which the best point of the ascents may not be a maximum."""

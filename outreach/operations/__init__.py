"""The desk of the background work: what runs, how far it is, what failed."""

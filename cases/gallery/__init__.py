"""The public case gallery: published cases whose companies agreed to be shown on the web, readable by anyone."""

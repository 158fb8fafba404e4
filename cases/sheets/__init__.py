"""Case sheets: one best-practice case on two pages."""

"""Brochures: one campaign on eight pages."""

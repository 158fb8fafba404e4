"""Keeping personal data no longer than was said: the daily erasure and the public page that tells of it."""

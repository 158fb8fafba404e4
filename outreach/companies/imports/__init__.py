"""Bringing an office's company list into the database: upload, mapping, dry run, import, rejects.

plan (how one file is read) < bundles (its companies) < matching, planning, consents (what each means for the
database) < store (SQL) < engine (the run in chunks) < service < routes, jobs, commands.
"""

"""Blocks: the pieces that mails and web pages are made of. A card names a record, so that it says the same wherever it
is shown."""

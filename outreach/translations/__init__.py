"""The wording in languages other than Korean, and what finds the words to be translated."""

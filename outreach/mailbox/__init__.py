"""The embedded mailbox of the demo and of development: a real SMTP server on the loopback that keeps what
it receives and never relays, and pages that show it. Not part of any other installation."""

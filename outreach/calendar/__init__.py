"""When may be sent: working days in Korea, and the hours of each kind of message."""

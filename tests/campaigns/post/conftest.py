"""A campaign of a centre with an audience, and companies without e-mail."""

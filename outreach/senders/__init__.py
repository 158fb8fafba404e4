"""The set-up of the domains we send from: SPF, DKIM and DMARC as the world's DNS shows them."""

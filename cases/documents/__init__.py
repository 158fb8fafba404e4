"""Documents (원고): what partners hand out, of whatever kind: brochures, leaflets, posters and so on."""

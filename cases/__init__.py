"""What we show: best-practice cases, case sheets, brochures, the material library."""

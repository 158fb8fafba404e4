"""Charts: from a few rows that a person wrote to one SVG for paper and page.

``spec`` says what a chart is and checks it, ``lines`` reads one that a person typed, ``drawing`` has it drawn by
``child``, a process of its own (Altair and vl-convert never enter the web process), and ``svg`` lets nothing through
but shapes and text.
"""

"""Paper: HTML to accessible PDF, outside the web process.

``templates`` makes the HTML, ``worker`` renders it in a process of its own (``render`` does the work there),
``inspect`` re-opens what came out, ``pictures`` makes uploaded logos and photos safe to print.
"""

"""Pages for those who check what was done: the access log. (The records themselves are outreach.audit,
far below, since everything writes them.)"""

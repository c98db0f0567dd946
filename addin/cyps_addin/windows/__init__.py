"""Excel on Windows: a narrow COM server over the registry, for this user only.

Only `com_server`, `processes` and `registration` need Windows, and only when they are run; the
rest is plain Python and is tested everywhere.
"""

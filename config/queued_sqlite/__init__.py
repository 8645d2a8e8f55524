"""A database engine: SQLite, whose writers stand in a queue. `settings.DATABASES` names it."""

"""Critical results: what can't wait is told to a person, and the log says so in six fields."""

"""The JSON of every record and outcome, as commands print it and programs read it."""

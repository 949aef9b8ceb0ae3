"""Analysis scripts: one table of recipes a language, by test and what it compares."""

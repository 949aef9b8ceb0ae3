"""The kinds of things, as data: tests, estimands and the choices of a design, one frozen record for each kind.

A record holds everything that any room asks about its kind, has no defaults that could hide a forgotten answer, and holds no
function. Every list, word of the schema, refusal and dispatch elsewhere follows from these tables; rooms above keep one table
each by the names of the records (how a test runs, its words, the truth of an estimand). ``tests/kinds/test_complete.py``
compares their keys with these tables, both ways. The rooms import nothing of trialsim from here but errors.
"""

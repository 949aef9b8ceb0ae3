"""What kinds there are, as data: tests, estimands and the choices of a design, one frozen record a kind.

A record says everything that is asked of its kind anywhere, has no defaults that stand for a forgotten answer, and holds no
function. Every list, word of the schema, refusal and dispatch elsewhere follows from these tables; rooms above keep one table
each by the names of the records (how a test runs, its words, the truth of an estimand). ``tests/kinds/test_complete.py``
compares their keys with these tables, both ways. The rooms import nothing of trialsim from here but errors.
"""

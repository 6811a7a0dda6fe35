"""Finds the bad query before the crowd does: every named statement planned and run at production size.

What is looked at, each in a file of its own: the statements (catalogue.py), what they say (reading.py), the rows they
are run on (ground.py), the values they are given (values.py), their plans (plans.py), the verdict (budget.py) with its
reason (reasons.py), indexes (indexes.py), migrations (migrations.py), and the code around the statements (code.py).
Other people's statements come in by others.py.

Promises: measures first and explains second, so that a statement that is quick at size is not scolded for its looks;
every finding carries what to do; every write is rolled back and has a time limit, on any server.
Never: changes a database that it was pointed at.
"""

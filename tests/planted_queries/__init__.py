"""Known mistakes, planted one at a time into statements, indexes, migrations and code; the review has to name each.

`python -m tests.planted_queries` plants all of them, prints the table and writes out/review.json.
"""

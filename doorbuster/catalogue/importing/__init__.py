"""Bring catalogues and order histories in from files, a batch at a time, whatever their size.

Promises: memory doesn't grow with the file; a run can be repeated and then changes nothing; every row that doesn't go
in is named with its line and the reason; nothing is merged silently.
Never: loads a picture or anything else from the network.

How a file travels: `files.py` opens and decodes it, a reader (`shopify.py`, `retail_demo.py`, `online_retail.py`,
`price_list.py`) turns rows into drafts and rejections, `writing.py` writes a batch in one transaction, `report.py`
counts.
"""

"""What every page stands on: the application builder, rendering, forms, security headers, styles and scripts.

Promises: a page works without JavaScript and asks nobody but this shop for anything; a mistake in a form loses
nothing that was typed; a fault shows a request id and never a stack trace.
Never: knows a product, a sale or an order. Rooms bring their own `templates/` and `scripts/` folders and use
`show()`, `read_form()` and the components of `templates/parts.html`.
"""

"""Work for later: the outbox, its relay to the queue, the worker and the mails.

Promises: what was asked for in a committed transaction is done at least once, and each effect (a mail, a refund)
takes place once; a job that keeps failing is parked where an operator sees it.
Never: notifies anybody inside a shopper's transaction, and never decides about shops: the handlers are handed over
by the job plane.
"""

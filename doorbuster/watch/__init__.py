"""What the house feels: every process pushes its metrics each second, the control plane adds them up.

Promises: a pushing process never waits for the control plane; counters survive the worker that counted them;
memory and label sets are bounded.
Never: touches PostgreSQL on behalf of a metric that the application can count by itself.
"""

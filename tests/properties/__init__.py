"""Random histories of the whole engine, each step compared with a model small enough to be believed.

`make test` plays a thirty histories; `DOORBUSTER_HISTORIES=2000 make test` as many as you like.
"""

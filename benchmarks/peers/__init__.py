"""The contenders of `compare.py`, one module for each library, and what measures them in a process of its own.

Peers are imported by name (`importlib.import_module`): a type checker need not have them all, and they are untyped.
"""

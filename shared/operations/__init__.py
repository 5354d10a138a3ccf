"""Everything that a person or a program can ask or decide, one module for each kind of record.

``view…(store, …)`` answers a question with frozen values, inside ``store.reading()``.
``plan_…(store, …)`` returns a frozen plan of a decision: what would happen, to which records,
and what must be confirmed before. ``deciding.carry_out(by, plan, confirmed)`` carries it out.
A front end parses, asks and draws; it never reads or writes the store by another way.
"""

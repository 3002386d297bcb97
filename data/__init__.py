"""Data sets and models that come with atomtug; :mod:`atomtug.core.shipped` finds them."""

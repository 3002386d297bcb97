"""The wire: what servers and clients say to each other, and how it is encoded. This package is its only home.

- :mod:`~atomtug.wire.frame_keys`, :mod:`~atomtug.wire.state_keys`, :mod:`~atomtug.wire.command_names`: every key and
  command with its type, unit and meaning; docs/protocol.md shows the same lists.
  :mod:`~atomtug.wire.specification` is what is said of each.
- :mod:`~atomtug.wire.interactions`: the fields of an interaction, which is what a hand writes;
  :mod:`~atomtug.wire.suggestions`: what headset apps should do.
- :mod:`~atomtug.wire.frames`: from a :class:`~atomtug.core.frame.Frame` to keys and values, with
  :mod:`~atomtug.wire.colors` of unsure atoms.
- :mod:`~atomtug.wire.struct_codec`, :mod:`~atomtug.wire.packing`: values as protobuf and as MessagePack.

Units on the wire are Narupa's: nm, ps, kJ/mol, K.
"""

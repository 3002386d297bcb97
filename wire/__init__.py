"""What goes over the wire: the keys of frames and of the shared state, the commands, and how values are encoded.

Units here are Narupa's: nm, ps, kJ/mol.
"""

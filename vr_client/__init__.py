"""Hands: clients that pull on atoms, by script, from a browser or from a headset."""

"""Scripted hands: plans that are given frames and yield interactions, and the runner that carries them out."""

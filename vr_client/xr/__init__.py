"""Hands in a headset: the OpenXR client, ``atomtug vr``.

In layers, each of which can be tried without the one below:

- arithmetic: :mod:`poses`, :mod:`box`, :mod:`grab`, :mod:`blend`
- what hands mean: :mod:`controls`, :mod:`wearer`, :mod:`panel`, :mod:`haptics`, :mod:`avatars`
- the network, in threads: :mod:`seen`, :mod:`link`, :mod:`messenger`, :mod:`commander`
- what is seen: :mod:`tableau`, :mod:`figures`, :mod:`paint`, :mod:`view`, :mod:`renderer`
- OpenXR and OpenGL: :mod:`runtime`, :mod:`actions`, :mod:`clock`, :mod:`headset`, :mod:`contexts`, :mod:`eyes`
- all together: :mod:`app`
"""

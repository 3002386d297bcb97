"""The headset client, ``atomtug vr``, on OpenXR.

In layers, each of which can be used and tested without the ones below it:

- arithmetic: :mod:`poses`, :mod:`box`, :mod:`grab`, :mod:`interpolation`
- from controllers to requests: :mod:`controls`, :mod:`controllers`, :mod:`panel`, :mod:`haptics`, :mod:`avatars`
- the network, in threads: :mod:`snapshot`, :mod:`connection`, :mod:`update_sender`, :mod:`command_worker`
- drawing: :mod:`draw_list`, :mod:`shapes`, :mod:`paint`, :mod:`view`, :mod:`renderer`
- OpenXR and OpenGL: :mod:`runtime`, :mod:`actions`, :mod:`clock`, :mod:`headset`, :mod:`contexts`, :mod:`stereo`
- the whole client: :mod:`app`
"""

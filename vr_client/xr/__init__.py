"""The headset client, ``atomtug vr``, on OpenXR.

In layers, each of which can be used and tested without the ones below it:

- arithmetic: :mod:`poses`, :mod:`box`, :mod:`grips`, :mod:`grab`, :mod:`interpolation`
- from controllers to requests: :mod:`controls`, :mod:`controllers`, :mod:`placement`, :mod:`panel`, :mod:`measure`,
  :mod:`haptics`, :mod:`avatars`
- the network, in threads: :mod:`snapshot`, :mod:`connection`, :mod:`update_sender`, :mod:`command_worker`
- drawing: :mod:`draw_list`, :mod:`shapes`, :mod:`history`, :mod:`paint`, :mod:`panel_picture`,
  :mod:`bond_styles`, :mod:`electrons`, :mod:`view`, :mod:`renderer`
- OpenXR and OpenGL: :mod:`runtime`, :mod:`signals`, :mod:`controller_profiles`, :mod:`actions`,
  :mod:`hand_tracking`, :mod:`display`, :mod:`clock`, :mod:`screen`, :mod:`headset`, :mod:`contexts`, :mod:`stereo`
- the whole client: :mod:`status_report`, :mod:`app`
"""

"""What clients share: state, frames, commands, who holds what, and the recording. No sockets.

- every session: :mod:`session`, with :mod:`state`, :mod:`frame_stream`, :mod:`commands`, :mod:`clients` and
  :mod:`scene`
- what a client may write, and who wrote what: :mod:`rights`, :mod:`quota`, :mod:`ledger`, :mod:`refusals`
- a live session: :mod:`live`; :mod:`live_frames` is what its clients get, :mod:`interactions` and
  :mod:`interaction_registry` what their hands do
- its commands: :mod:`simulation_control` (with :mod:`checkpoints`), :mod:`engine_control` (with
  :mod:`engine_loading` and :mod:`engine_fallback`), :mod:`dynamics_control`, :mod:`learning_control`,
  :mod:`recording_control`, :mod:`system_choice`, :mod:`system_loading` (with :mod:`system_reader`), :mod:`menu`;
  :mod:`speed_warning` and :mod:`log` are for the server's owner
- recording: :mod:`recorder` and :mod:`recording_thread`, :mod:`last_minute`, :mod:`people`, :mod:`recording_names`
- recordings that are there: :mod:`stored_recordings`, :mod:`recording_overview`, :mod:`recording_export`; played by
  :mod:`playback`, for one client alone by :mod:`recording_viewers`
"""

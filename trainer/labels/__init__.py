"""Labels: which frames are chosen, and the jobs that compute their energies and forces."""

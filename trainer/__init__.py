"""The trainer: from recordings to labels, data sets and networks."""

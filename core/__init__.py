"""What every other package shares: systems, frames, units and errors. It imports none of them."""

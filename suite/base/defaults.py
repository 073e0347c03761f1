"""How much is sampled unless asked otherwise, as PyMC documents it."""

DRAWS = 1000
# nutpie by itself takes 400, and PyMC with it: after so few a chain of a centred hierarchy may stand still in its neck.
TUNE = 1000
CHAINS = 4

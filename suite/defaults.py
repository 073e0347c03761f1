"""How much is sampled unless asked otherwise: PyMC's draws and chains, and the tuning steps of its sampler."""

DRAWS = 1000
# What nutpie takes and `pm.sample` with it: its adaptation follows the gradients, and the gate tries again with more.
TUNE = 400
CHAINS = 4

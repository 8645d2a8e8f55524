"""An invented year, for measurements and for checking the reports: random, and the same again for the same seed."""

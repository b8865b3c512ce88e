"""Published figures beside our own, and claims with a number each, from the runs' own records."""

"""The command line: help, jobs, sweeps, signals, and what is printed to the terminal."""

"""Tests of faults: wrong configurations, bad or hostile data, killed processes, lack of disk, memory or a server."""

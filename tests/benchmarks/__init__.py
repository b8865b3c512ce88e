"""How fast this project is beside its peers, on one machine: `python -m tests.benchmarks`.

Every row has arms that do the same work, ours and the peers', carried out in turn in processes of their own. What
counts is the ratio of their medians in one run on one machine. `python -m tests.benchmarks.peers` compares accuracy.
"""

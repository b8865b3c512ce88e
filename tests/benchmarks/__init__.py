"""Speed of this project compared with other libraries on one machine: `python -m tests.benchmarks`.

Every row has arms that do the same work, this project's and the other libraries', measured in turn in processes of
their own. The result is the ratio of their medians. `python -m tests.benchmarks.peers` compares accuracy, and
`python -m tests.benchmarks.growth` measures time and memory against the number of images.
"""

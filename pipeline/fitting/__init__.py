"""How a clusterer is fitted: where it starts, how it leaves a local optimum, and which of its results is kept."""

"""How many clusters: five indices over a range of k, none of which sees a label."""

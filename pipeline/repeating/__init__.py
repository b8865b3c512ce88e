"""The same run again with other seeds: how far its clusters stay, and from where the variation comes."""

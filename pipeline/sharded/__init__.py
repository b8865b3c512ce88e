"""More images than one machine should see: pieces of them (shards), and an engine that works on one after the other."""

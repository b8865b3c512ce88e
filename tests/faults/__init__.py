"""Everything that goes wrong: what a person mistypes, hands in or receives, and what must happen then."""

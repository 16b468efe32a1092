"""The journals: one contract, one conformance suite."""
